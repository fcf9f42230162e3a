//! QR codes with parameters (带参数的二维码): who scans one comes as `subscribe` or `SCAN` with them.
//!
//! Source: "QR codes with parameters", reference section 9.6.

use std::time::Duration;

use serde::Serialize;

use super::api::answers;
use super::api::api;
use super::limit;

/// The longest life of a temporary code, in seconds.
pub const LONGEST_LIFE_S: u64 = 2_592_000;

/// What a code says.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scene {
    /// A number; for a permanent code 1 to 100,000.
    SceneId(u32),
    /// A text of 1 to 64 characters.
    SceneStr(String),
}

/// Where the scene stands in the request.
#[derive(Clone, Debug, Serialize)]
pub struct ActionInfo {
    scene: Scene,
}

api! {
    /// Makes a code; see [`temporary`] and [`permanent`].
    Post "/cgi-bin/qrcode/create", Create {
        /// How long it works; only of a temporary one.
        expire_seconds: Option<u64>,
        /// Which kind of code.
        action_name: &'static str,
        /// What it says.
        action_info: ActionInfo,
    } -> Ticket, check: |it, _| {
        let life = it.expire_seconds.unwrap_or(1);
        limit::value("expire_seconds", (1..=LONGEST_LIFE_S).contains(&life), "1 to 2592000")?;
        let length = match &it.action_info.scene {
            Scene::SceneStr(text) => text.chars().count(),
            Scene::SceneId(_) => 1,
        };
        limit::between("scene_str", length, 1..=64, "characters")
    };
}

/// A code that works for `life`, in whole seconds, at most 30 days.
pub fn temporary(scene: Scene, life: Duration) -> Create {
    let action_name = match scene {
        Scene::SceneId(_) => "QR_SCENE",
        Scene::SceneStr(_) => "QR_STR_SCENE",
    };
    let action_info = ActionInfo { scene };
    Create { expire_seconds: Some(life.as_secs()), action_name, action_info }
}

/// A code that works for ever; an account has 100,000 of them.
pub fn permanent(scene: Scene) -> Create {
    let action_name = match scene {
        Scene::SceneId(_) => "QR_LIMIT_SCENE",
        Scene::SceneStr(_) => "QR_LIMIT_STR_SCENE",
    };
    Create { expire_seconds: None, action_name, action_info: ActionInfo { scene } }
}

answers! {
    /// A new code.
    Ticket {
        /// What its picture is fetched with.
        ticket: String,
        /// How long it works, in seconds.
        expire_seconds: u64,
        /// What the picture says, for drawing it oneself.
        url: String,
    }
}

impl Ticket {
    /// Where the picture is; needs no token.
    pub fn picture(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let query = query.append_pair("ticket", &self.ticket).finish();
        format!("https://mp.weixin.qq.com/cgi-bin/showqrcode?{query}")
    }
}
