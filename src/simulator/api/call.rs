//! One call while it is worked on: what it may read, and what it answers.

use serde_json::Value;
use serde_json::json;

use super::multipart::Part;
use super::refusal::Refusal;
use super::refusal::refuse;
use super::refusal::refuse_with;
use super::request::Params;
use crate::entropy::Entropy;
use crate::simulator::Account;
use crate::simulator::world::World;
use crate::simulator::world::user::Pushed;
use crate::simulator::world::user::User;

/// One call, past the checks that all endpoints share.
pub(in crate::simulator) struct Call<'a> {
    pub(super) account: &'a Account,
    pub(super) world: &'a mut World,
    pub(super) entropy: &'a dyn Entropy,
    /// Seconds since 1970 by the simulator's clock.
    pub(super) now: i64,
    pub(super) path: &'static str,
    pub(super) query: &'a Params,
    /// The JSON body; null for a `GET` and for an upload.
    pub(super) body: Value,
    /// Whether the body was written with `\uXXXX` for letters outside of ASCII.
    pub(super) has_escapes: bool,
    /// The parts of an upload.
    pub(super) parts: Vec<Part>,
}

/// What a call is answered with.
pub(in crate::simulator) type Outcome = Result<Answer, Refusal>;

/// An answer that is no refusal.
#[derive(Debug)]
pub(in crate::simulator) enum Answer {
    /// JSON.
    Json(Value),
    /// A file.
    File {
        /// Its `Content-Type`.
        content_type: String,
        /// Its name.
        name: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// JSON as it is.
#[expect(clippy::unnecessary_wraps, reason = "the last line of an endpoint")]
pub(super) fn answer(value: Value) -> Outcome {
    Ok(Answer::Json(value))
}

/// `{"errcode":0,"errmsg":"ok"}`.
pub(super) fn done() -> Outcome {
    answer(json!({"errcode": 0, "errmsg": "ok"}))
}

/// The same with these members.
pub(super) fn done_with(more: Value) -> Outcome {
    let mut value = json!({"errcode": 0, "errmsg": "ok"});
    if let (Value::Object(members), Value::Object(more)) = (&mut value, more) {
        members.extend(more);
    }
    answer(value)
}

/// The text of a member; empty for none.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// The items of a member; none for none.
pub(super) fn items<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// A whole number, also one written as text, as some libraries send them.
pub(super) fn number(value: &Value, name: &str) -> Option<i64> {
    let member = &value[name];
    member.as_i64().or_else(|| member.as_str().and_then(|text| text.parse().ok()))
}

impl Call<'_> {
    /// A text of the body, or this errcode if it is missing or empty.
    pub(super) fn text(&self, name: &str, code: i64) -> Result<String, Refusal> {
        match text(&self.body, name) {
            "" => Err(missing(name, code)),
            found => Ok(found.to_owned()),
        }
    }

    /// A whole number of the body, or this errcode.
    pub(super) fn number(&self, name: &str, code: i64) -> Result<i64, Refusal> {
        number(&self.body, name).ok_or_else(|| missing(name, code))
    }

    /// The texts of a list of the body, or this errcode if there is none.
    pub(super) fn texts(&self, name: &str, code: i64) -> Result<Vec<String>, Refusal> {
        let found: Vec<String> =
            items(&self.body, name).iter().filter_map(Value::as_str).map(str::to_owned).collect();
        match found.is_empty() {
            true => Err(missing(name, code)),
            false => Ok(found),
        }
    }

    /// A user the account knows, or 40003.
    pub(super) fn user(&mut self, id: &str) -> Result<&mut User, Refusal> {
        self.world.users.all.get_mut(id).ok_or_else(|| refuse(40003))
    }

    /// A user who follows the account, or 43004. Users of a 小程序 need not follow. Who refuses
    /// messages does so with their own errcode.
    pub(super) fn follower(&mut self, id: &str) -> Result<&mut User, Refusal> {
        let is_mini = self.account.platform == crate::wechat::Platform::MiniProgram;
        let user = self.user(id)?;
        if let Some(code) = user.refuses {
            return Err(refuse(code));
        }
        match user.is_following || is_mini {
            true => Ok(user),
            false => Err(refuse(43004)),
        }
    }

    /// An id of the platform's making.
    pub(super) fn id(&self, length: usize) -> String {
        self.entropy.alphanumeric(length)
    }

    /// Shows `message` to the user `id`.
    pub(super) fn push(&mut self, id: &str, kind: &str, text: &str, message: Value) {
        let pushed = Pushed {
            seq: 0,
            at: self.now,
            via: self.path,
            kind: kind.to_owned(),
            text: text.to_owned(),
            message,
        };
        self.world.users.push(id, pushed);
    }

    /// Refuses a media id that is missing, unknown, over, or of another kind.
    pub(super) fn check_media(&self, id: &str, kinds: &[&str]) -> Result<(), Refusal> {
        if id.is_empty() {
            return Err(refuse(41006));
        }
        match self.world.media.find(id, self.now) {
            Some(file) if kinds.is_empty() || kinds.contains(&file.kind.as_str()) => Ok(()),
            _ => Err(refuse(40007)),
        }
    }
}

/// The refusal of a member that is not there. Where the code is a general one, the text names it.
fn missing(name: &str, code: i64) -> Refusal {
    match code {
        40035 | 40058 | 40063 | 47001 => refuse_with(code, format!("invalid parameter: {name}")),
        _ => refuse(code),
    }
}
