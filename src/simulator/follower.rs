//! Somebody who writes to the account, and what they can do.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use super::Exchange;
use super::Simulator;
use super::document;
use super::document::Fields;
use crate::wechat::Platform;
use crate::wechat::id::OpenId;

/// A user of a 公众号 or 小程序, or a member of a company.
#[derive(Clone)]
pub struct Follower {
    simulator: Arc<Simulator>,
    open_id: OpenId,
}

impl Follower {
    pub(super) fn new(simulator: Arc<Simulator>, open_id: OpenId) -> Self {
        Self { simulator, open_id }
    }

    /// Their OpenID or UserID.
    pub fn open_id(&self) -> &OpenId {
        &self.open_id
    }

    /// Writes a text.
    pub async fn says(&self, text: &str) -> Exchange {
        self.sends(match self.is_talking_to_a_robot() {
            true => json!({"msgtype": "text", "text": {"content": text}}),
            false => json!({"MsgType": "text", "Content": text}),
        })
        .await
    }

    /// Sends a picture.
    pub async fn sends_image(&self, media_id: &str) -> Exchange {
        let pic_url = format!("http://mmbiz.qpic.cn/simulated/{media_id}");
        self.sends(json!({"MsgType": "image", "PicUrl": pic_url, "MediaId": media_id})).await
    }

    /// Speaks; `words` is what the platform recognised, and empty where recognition is off.
    pub async fn speaks(&self, media_id: &str, words: &str) -> Exchange {
        if self.is_talking_to_a_robot() {
            return self.sends(json!({"msgtype": "voice", "voice": {"content": words}})).await;
        }
        let mut voice = json!({"MsgType": "voice", "MediaId": media_id, "Format": "amr"});
        if !words.is_empty() {
            voice["Recognition"] = words.into();
        }
        self.sends(voice).await
    }

    /// Sends a place.
    pub async fn sends_location(&self, latitude: f64, longitude: f64, label: &str) -> Exchange {
        self.sends(json!({
            "MsgType": "location",
            "Location_X": format!("{latitude:.6}"),
            "Location_Y": format!("{longitude:.6}"),
            "Scale": "15",
            "Label": label,
        }))
        .await
    }

    /// Presses a button of the menu.
    pub async fn clicks(&self, key: &str) -> Exchange {
        let name = if self.platform() == Platform::Wecom { "click" } else { "CLICK" };
        self.sends(json!({"MsgType": "event", "Event": name, "EventKey": key})).await
    }

    /// Presses a button that leads to a page.
    pub async fn views(&self, url: &str) -> Exchange {
        let name = if self.platform() == Platform::Wecom { "view" } else { "VIEW" };
        self.sends(json!({"MsgType": "event", "Event": name, "EventKey": url})).await
    }

    /// Scans a QR code of an account they follow already.
    pub async fn scans(&self, scene: &str) -> Exchange {
        let ticket = self.simulator.entropy.alphanumeric(64);
        self.sends(
            json!({"MsgType": "event", "Event": "SCAN", "EventKey": scene, "Ticket": ticket}),
        )
        .await
    }

    /// Follows; by a QR code if there is a `scene`. With a robot: opens the chat.
    pub async fn subscribes(&self, scene: Option<&str>) -> Exchange {
        if self.is_talking_to_a_robot() {
            let event = json!({"eventtype": "enter_chat"});
            return self.sends(json!({"msgtype": "event", "event": event})).await;
        }
        let mut event = json!({"MsgType": "event", "Event": "subscribe", "EventKey": ""});
        if let Some(scene) = scene {
            event["EventKey"] = format!("qrscene_{scene}").into();
            event["Ticket"] = self.simulator.entropy.alphanumeric(64).into();
        }
        self.sends(event).await
    }

    /// Stops following.
    pub async fn unsubscribes(&self) -> Exchange {
        self.sends(json!({"MsgType": "event", "Event": "unsubscribe", "EventKey": ""})).await
    }

    /// Sends any message: fields, to which is added what the platform adds to every message and
    /// is missing (a `null` leaves it out), or a text that is the whole document.
    pub async fn sends(&self, message: Value) -> Exchange {
        self.simulator.deliver(&self.document(message)).await
    }

    /// The document of a message, as [`Follower::sends`] takes one.
    pub fn document(&self, message: Value) -> String {
        document(&self.simulator, self.open_id.as_str(), message)
    }

    fn platform(&self) -> Platform {
        self.simulator.account.platform
    }

    fn is_talking_to_a_robot(&self) -> bool {
        self.platform() == Platform::WecomBot
    }
}

/// The document of a message from `from`.
pub(super) fn document(simulator: &Simulator, from: &str, message: Value) -> String {
    let own = match message {
        Value::Object(own) => own,
        Value::String(document) => return document,
        other => return other.to_string(),
    };
    let account = &simulator.account;
    let mut fields = Fields::new();
    let is_notice = own.contains_key("InfoType");
    let is_of_robot = account.platform == Platform::WecomBot;
    if is_of_robot {
        begin_for_a_robot(simulator, from, &mut fields);
    } else if is_notice {
        fields.insert("AppId".to_owned(), account.app_id.as_str().into());
        fields.insert("CreateTime".to_owned(), simulator.clock.unix().into());
    } else {
        fields.insert("ToUserName".to_owned(), account.original_id.clone().into());
        fields.insert("FromUserName".to_owned(), from.into());
        fields.insert("CreateTime".to_owned(), simulator.clock.unix().into());
    }
    let is_event = own.get("MsgType").is_some_and(|kind| kind == "event");
    let has_id = own.contains_key("MsgId");
    fields.extend(own);
    if !is_notice && !is_of_robot {
        if !is_event && !has_id {
            fields.insert("MsgId".to_owned(), simulator.msg_id().into());
        }
        if let Some(agent_id) = account.agent_id {
            fields.entry("AgentID").or_insert_with(|| agent_id.into());
        }
    }
    fields.retain(|_, value| !value.is_null());
    document::write(&fields, account.format)
}

fn begin_for_a_robot(simulator: &Simulator, from: &str, fields: &mut Fields) {
    let msg_id = format!("SIMULATED{}", simulator.msg_id());
    fields.insert("msgid".to_owned(), msg_id.into());
    fields.insert("aibotid".to_owned(), simulator.account.original_id.clone().into());
    fields.insert("chattype".to_owned(), "single".into());
    fields.insert("from".to_owned(), json!({"userid": from}));
    fields.insert("response_url".to_owned(), simulator.response_url(from).into());
}
