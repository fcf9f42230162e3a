//! wecomchan (Server酱's self-hosted sibling): its PHP, Go and serverless editions.

use serde_json::Value;
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
use crate::notification::Format;

/// The dialect.
pub(super) const DIALECT: Dialect = Dialect {
    name: "wecomchan",
    doc: "wecomchan: a message to one's own 企业微信.",
    base: "/as/wecomchan",
    read,
    answer,
    ..Dialect::USUAL
};

/// The editions are served at paths of their owner's choice, so each path below ours is it.
fn read(call: &Call) -> Reading {
    let body = call.text(&["msg"]);
    let format = match call.text(&["msg_type"]).as_str() {
        "" | "text" => Format::Text,
        "markdown" => Format::Markdown,
        _ => return no(40008, -1, "只支持 text 和 markdown").into(),
    };
    if call.fields.has_file || body.is_empty() {
        return no(44004, -1, "bad params").into();
    }
    let to = split(&call.text(&["to_user"]), &['|']);
    let own = Own { kinds: &["wecom-app"], to, native: None };
    let message = Message { body, format, own, ..Message::default() };
    Reading::send(call.text(&["sendkey"]), message)
}

/// 企业微信's own answer, as the PHP and Go editions hand it on, and the serverless one's beside it.
fn answer(_: &Call, told: &Told<'_>) -> Answer {
    let Told::Sent { outcomes, .. } = told else {
        return no(404, -1, "bad params");
    };
    match outcomes.first() {
        Some(Ok(sent)) => {
            let mut body = said(0, "ok", 0, "success");
            body["msgid"] = ids::hex(sent.id).into();
            Answer::json(200, &body)
        }
        Some(Err(Refusal::Key)) | None => no(40014, -1, "sendkey error"),
        Some(Err(Refusal::TooMany)) => no(45009, -1, Refusal::TooMany.words()),
        Some(Err(refusal)) => no(-1, -1, refusal.words()),
    }
}

fn no(errcode: i64, code: i64, words: &str) -> Answer {
    Answer::json(200, &said(errcode, words, code, words))
}

fn said(errcode: i64, errmsg: &str, code: i64, msg: &str) -> Value {
    json!({ "errcode": errcode, "errmsg": errmsg, "code": code, "msg": msg })
}
