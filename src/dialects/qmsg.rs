//! Qmsg酱, version 1 and 3.

use serde_json::json;

use super::Answer;
use super::Call;
use super::Dialect;
use super::Message;
use super::Own;
use super::Reading;
use super::Refusal;
use super::Told;
use super::call::split;
use super::ids;

/// The dialect.
pub(super) const DIALECT: Dialect = Dialect {
    name: "qmsg",
    doc: "Qmsg酱, version 1 and 3.",
    base: "/as/qmsg",
    read,
    answer,
    ..Dialect::USUAL
};

fn read(call: &Call) -> Reading {
    let segments = call.segments();
    match segments.strip_prefix(&["v3"]).unwrap_or(&segments) {
        ["send" | "group" | "psend" | "pgroup" | "jsend" | "jgroup", key] => message(call, key),
        _ => no(404, "没有这个接口").into(),
    }
}

fn message(call: &Call, key: &str) -> Reading {
    let body = call.text(&["msg"]);
    if body.is_empty() {
        return no(200, "消息内容不能为空").into();
    }
    let to = split(&call.text(&["qq", "group"]), &[',']);
    let own = Own { kinds: &["qmsg"], to, native: None };
    Reading::send(key, Message { body, own, ..Message::default() })
}

/// Some scripts look at `success`, most at `code`; version 3 has a number as `data`.
fn answer(_: &Call, told: &Told<'_>) -> Answer {
    let Told::Sent { outcomes, .. } = told else {
        return no(404, "没有这个接口");
    };
    match outcomes.first() {
        Some(Ok(sent)) => Answer::json(
            200,
            &json!({
                "success": true, "reason": "操作成功", "code": 0, "info": {},
                "data": ids::number(sent.id),
            }),
        ),
        Some(Err(Refusal::Key)) | None => no(200, "您的KEY不存在"),
        Some(Err(refusal)) => no(200, refusal.words()),
    }
}

fn no(status: u16, reason: &str) -> Answer {
    Answer::json(
        status,
        &json!({
            "success": false, "reason": reason, "message": reason, "code": 500, "data": null,
            "info": {},
        }),
    )
}
