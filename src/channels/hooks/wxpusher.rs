//! WxPusher: who follows an application, pays for it, or writes to it.
//!
//! Source: WxPusher, "Callbacks". Nothing is signed.

use serde_json::Map;
use serde_json::Value;

use super::Answer;
use super::Arrived;
use super::Heard;
use super::Hook;
use super::HookError;
use super::HookKind;
use super::Said;
use super::Upstream;
use super::json;
use super::proof;

pub(super) const HOOK: HookKind = HookKind {
    kind: "wxpusher",
    secret: "any word, which also stands behind ?secret= in the callback address",
    other: "",
    tells: false,
    verify: proof::by_query,
    read,
    ready: Answer::EMPTY,
};

fn read(_: &Hook, arrived: &Arrived) -> Result<Heard, HookError> {
    let fields = json::object(arrived)?;
    let action = json::text(&fields, "action");
    let data = fields.get("data").and_then(Value::as_object).ok_or(HookError::Unreadable)?;
    let said = match action.as_str() {
        "send_up_cmd" => Said::Text(words(data)),
        // What is not documented yet is an event too: it reaches whoever asks for its name.
        _ => Said::Event { key: key(&action, data), name: action },
    };
    let uid = json::text(data, "uid");
    let at = match json::millis(data, "time") {
        time if time.is_zero() => json::millis(data, "createTime"),
        time => time,
    };
    // It has no id; what is sent once more is the same to the last byte.
    let id = String::new();
    let upstream =
        Upstream { said, from: uid.clone(), reply_to: uid, id, at, inline: None, fields };
    Ok(Heard::upstream(Answer::EMPTY, vec![upstream]))
}

/// What was written, without `#97 ` in front, by which people choose the application.
fn words(data: &Map<String, Value>) -> String {
    let content = json::text(data, "content");
    let mark = format!("#{} ", json::text(data, "appId"));
    content.strip_prefix(&mark).map(str::to_owned).unwrap_or(content)
}

/// What an event is about: the QR code's own word, or the order.
fn key(action: &str, data: &Map<String, Value>) -> String {
    json::text(data, if action == "order_pay" { "tradeNo" } else { "extra" })
}
