//! sre24, and the hosts that took its place.

use serde_json::json;

use super::Answer;
use super::Call;
use super::Dialect;
use super::Message;
use super::Reading;
use super::Refusal;
use super::Told;

/// The dialect.
pub(super) const DIALECT: Dialect = Dialect {
    name: "sre24",
    doc: "sre24, and the hosts that took its place.",
    base: "/as/sre24",
    read,
    answer,
    ..Dialect::USUAL
};

fn read(call: &Call) -> Reading {
    match call.segments().as_slice() {
        ["api", "v1", "push"] | ["to"] => message(call),
        _ => said(404, "没有这个接口").into(),
    }
}

fn message(call: &Call) -> Reading {
    let body = call.text(&["msg", "txt"]);
    if body.is_empty() {
        return said(400, "msg 不能为空").into();
    }
    let message = Message { title: call.text(&["topic"]), body, ..Message::default() };
    Reading::send(call.text(&["token"]), message)
}

fn answer(_: &Call, told: &Told<'_>) -> Answer {
    let Told::Sent { outcomes, .. } = told else {
        return said(404, "没有这个接口");
    };
    match outcomes.first() {
        Some(Ok(_)) => Answer::json(200, &json!({ "code": 202, "msg": "已加入发送队列" })),
        Some(Err(refusal)) => said(code(refusal), refusal.words()),
        None => said(401, Refusal::Key.words()),
    }
}

fn code(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::Key => 401,
        Refusal::Channel(_) => 403,
        Refusal::Message(_) => 400,
        Refusal::TooMany => 429,
        Refusal::Unavailable => 503,
        Refusal::Upstream { .. } => 502,
    }
}

/// The code is in the body; the status says the same, for clients that look only there.
fn said(code: u16, words: &str) -> Answer {
    Answer::json(code, &json!({ "code": code, "msg": words }))
}
