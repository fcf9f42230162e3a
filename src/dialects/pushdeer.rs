//! PushDeer.

use serde_json::json;

use super::Answer;
use super::Call;
use super::Dialect;
use super::Message;
use super::Reading;
use super::Refusal;
use super::Told;
use super::call::split;
use crate::notification::Format;

/// The dialect.
pub(super) const DIALECT: Dialect = Dialect {
    name: "pushdeer",
    doc: "PushDeer: sending messages.",
    base: "/as/pushdeer",
    read,
    answer,
    ..Dialect::USUAL
};

fn read(call: &Call) -> Reading {
    match call.segments().as_slice() {
        ["message", "push"] => message(call),
        _ => no(404, 80999, "没有这个接口").into(),
    }
}

fn message(call: &Call) -> Reading {
    let (text, desp) = (call.text(&["text"]), call.text(&["desp"]));
    if text.is_empty() {
        return no(200, 80501, "text 不能为空").into();
    }
    let mut keys = split(&call.text(&["pushkey"]), &[',']);
    let mut seen = std::collections::HashSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    if keys.is_empty() {
        return no(200, 80501, "pushkey 不能为空").into();
    }
    let (title, body, format) = match (call.text(&["type"]).as_str(), desp.as_str()) {
        ("image", _) => (desp, format!("![]({text})"), Format::Markdown),
        ("text", "") => (String::new(), text, Format::Text),
        ("text", _) => (text, desp, Format::Text),
        (_, "") => (String::new(), text, Format::Markdown),
        (_, _) => (text, desp, Format::Markdown),
    };
    let message = Message { title, body, format, ..Message::default() };
    Reading::Send { keys, message: Box::new(message) }
}

/// One result for each key that took it; scripts read their number.
fn answer(_: &Call, told: &Told<'_>) -> Answer {
    let Told::Sent { outcomes, .. } = told else {
        return no(404, 80999, "没有这个接口");
    };
    let taken = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    match outcomes.iter().find_map(|outcome| outcome.as_ref().err()) {
        Some(refusal) if taken == 0 => no(200, code(refusal), refusal.words()),
        _ => {
            let one = json!({ "counts": 1, "logs": [], "success": "ok" }).to_string();
            Answer::json(200, &json!({ "code": 0, "content": { "result": vec![one; taken] } }))
        }
    }
}

fn code(refusal: &Refusal) -> u32 {
    match refusal {
        Refusal::Key | Refusal::Channel(_) => 80403,
        Refusal::Message(_) => 80501,
        Refusal::TooMany | Refusal::Unavailable => 80999,
        Refusal::Upstream { .. } => 80502,
    }
}

/// The empty result is there because scripts count it without looking at the code.
fn no(status: u16, code: u32, words: &str) -> Answer {
    Answer::json(status, &json!({ "code": code, "error": words, "content": { "result": [] } }))
}
