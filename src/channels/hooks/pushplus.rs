//! pushplus: what became of a message, and who joined a group or became a friend.
//!
//! Source: pushplus, "Callbacks". Nothing is signed. The event's name is misspelt there.

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
use crate::channels::common;
use crate::notification::Fate;
use crate::notification::Report;

pub(super) const HOOK: HookKind = HookKind {
    kind: "pushplus",
    secret: "any word, which also stands behind ?secret= in the callback address",
    other: "",
    tells: true,
    verify: proof::by_query,
    read,
    ready: Answer::EMPTY,
};

fn read(_: &Hook, arrived: &Arrived) -> Result<Heard, HookError> {
    let fields = json::object(arrived)?;
    let event = json::text(&fields, "event");
    match event.as_str() {
        "message_complate" => match fields.get("messageInfo").and_then(Value::as_object) {
            Some(info) => told(info),
            None => Err(HookError::Unreadable),
        },
        // Before version 1.7 it was flat.
        "" => told(&fields),
        _ => Ok(Heard::upstream(Answer::EMPTY, vec![happened(event, fields)])),
    }
}

fn told(info: &Map<String, Value>) -> Result<Heard, HookError> {
    let id = json::text(info, "shortCode");
    let status = json::number(info, "sendStatus").ok_or(HookError::Unreadable)?;
    if id.is_empty() {
        return Err(HookError::Unreadable);
    }
    let fate = match status {
        2 => Fate::Confirmed,
        3 => Fate::Failed,
        // On its way.
        _ => return Ok(Heard::nothing(Answer::EMPTY)),
    };
    let detail = common::line(&json::text(info, "message"));
    Ok(Heard::reports(Answer::EMPTY, vec![Report { id, fate, detail }]))
}

/// `add_topic_user`, `add_friend`, and what comes tomorrow.
fn happened(event: String, fields: Map<String, Value>) -> Upstream {
    let friend = json::text(&fields, "friendInfo.token");
    let from = match friend.is_empty() {
        true => json::text(&fields, "topicUserInfo.openId"),
        false => friend.clone(),
    };
    let key = match json::text(&fields, "qrCode") {
        code if code.is_empty() => json::text(&fields, "topicUserInfo.topicCode"),
        code => code,
    };
    Upstream {
        said: Said::Event { name: event, key },
        from,
        reply_to: friend,
        id: String::new(),
        at: std::time::Duration::ZERO,
        fields,
        inline: None,
    }
}
