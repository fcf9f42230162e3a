//! DingTalk: what is said to a robot of the company's own.
//!
//! Source: DingTalk, "Robots: receiving messages", HTTP mode. Signed with the application's secret.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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
    kind: "dingtalk",
    secret: "the AppSecret of the application that the robot belongs to",
    other: "",
    tells: false,
    verify,
    read,
    ready: Answer::EMPTY,
};

/// DingTalk allows an hour between its clock and ours; less is enough, and leaves less to replay.
fn verify(hook: &Hook, arrived: &Arrived, now: Duration) -> Result<(), HookError> {
    let (timestamp, secret) = (arrived.header("timestamp"), hook.secret.expose());
    let expected = proof::mac(secret, &[timestamp.as_bytes(), b"\n", secret.as_bytes()]);
    if !proof::is_same(arrived.header("sign"), &STANDARD.encode(expected)) {
        return Err(HookError::Signature);
    }
    proof::check_time(timestamp.parse().ok().map(Duration::from_millis), now)
}

fn read(_: &Hook, arrived: &Arrived) -> Result<Heard, HookError> {
    let fields = json::object(arrived)?;
    let id = json::text(&fields, "msgId");
    if id.is_empty() {
        return Err(HookError::Unreadable);
    }
    let from = match json::text(&fields, "senderStaffId") {
        // Who is not of this company has no number in it.
        staff if staff.is_empty() => json::text(&fields, "senderId"),
        staff => staff,
    };
    let upstream = Upstream {
        said: said(&fields),
        from,
        reply_to: session(&json::text(&fields, "sessionWebhook")),
        id,
        at: json::millis(&fields, "createAt"),
        inline: None,
        fields,
    };
    Ok(Heard::upstream(Answer::EMPTY, vec![upstream]))
}

fn said(fields: &Map<String, Value>) -> Said {
    match json::text(fields, "msgtype").as_str() {
        "text" => Said::Text(json::text(fields, "text.content").trim().to_owned()),
        "audio" => Said::Spoken(json::text(fields, "content.recognition")),
        "picture" => Said::Other("image".to_owned()),
        other => Said::Other(other.to_owned()),
    }
}

/// The conversation to answer into, as `to` of this kind names it. Only its id: where it is sent
/// to is ours to say.
fn session(webhook: &str) -> String {
    let (_, query) = webhook.split_once('?').unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let session = pairs.find(|(name, _)| name == "session");
    session.map_or(String::new(), |(_, session)| format!("session:{session}"))
}
