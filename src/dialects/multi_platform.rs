//! The interface of a multi-platform alert SDK, at its own paths: one for each platform. It let
//! anybody in; we want a key, as bearer or as `?key=`.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Answer;
use super::Call;
use super::Dialect;
use super::Message;
use super::Own;
use super::Reading;
use super::Refusal;
use super::Through;
use super::Told;
use super::call::said;
use super::call::split;
use crate::notification::Format;

/// The dialect.
pub(super) const DIALECT: Dialect = Dialect {
    name: "multi-platform",
    doc: "A multi-platform alert SDK, at its own paths.",
    paths: PATHS,
    // As long as the original waited for an answer.
    patience: Duration::from_secs(10),
    read,
    answer,
    ..Dialect::USUAL
};

const PATHS: &[&str] = &[
    "/email/send/message",
    "/slack/send/message",
    "/dingding/send/message",
    "/dingding/call",
    "/wx/apps/send",
    "/sms/send",
    "/vms/send",
];

const MISSING: &str = "参数缺失，请检查";
const NO_SUCH_CHANNEL: &str = "channel 有误或不存在，请检查";
const NO_BOOL: &str = "isAtAll 不是 bool 类型，请检查";
const NOT_IMPLEMENTED: &str = "not implemented";

fn read(call: &Call) -> Reading {
    let segments = call.segments();
    let is_post = call.method == "POST";
    // The original's Slack route took GET alone, with JSON behind it.
    if !is_post && (call.method != "GET" || segments.first() != Some(&"slack")) {
        return failed(405, "请使用 POST").into();
    }
    let message = match segments.as_slice() {
        ["email", ..] => email(call),
        ["slack", ..] => slack(call),
        ["dingding", "send", ..] => dingtalk(call),
        ["dingding", ..] => dingtalk_call(call),
        ["wx", ..] => wecom(call),
        ["sms", ..] => template(call, "mobiles", &["sms-tencent", "sms-aliyun"]),
        _ => template(call, "mobile", &["voice-tencent", "voice-aliyun"]),
    };
    match message {
        Ok(message) => {
            let key = call.bearer().or_else(|| call.query_text(&["key"]));
            Reading::send(key.unwrap_or_default(), message)
        }
        Err(words) => failed(200, words).into(),
    }
}

/// Fields that must be there.
fn required<const N: usize>(call: &Call, names: [&str; N]) -> Result<[String; N], &'static str> {
    let texts = names.map(|name| said(call.value(name)).unwrap_or_default());
    if texts.iter().any(String::is_empty) { Err(MISSING) } else { Ok(texts) }
}

/// `from` must be there, and is not used: a mailbox sends in its own name.
fn email(call: &Call) -> Result<Message, &'static str> {
    let [title, _, _, body] = required(call, ["subject", "from", "to", "content"])?;
    let to = [call.list("to", &[',', ';']), call.list("cc", &[',', ';'])].concat();
    if to.is_empty() {
        return Err(MISSING);
    }
    let own = Own { kinds: &["email"], to, native: None };
    let through = Through::KindsOrAll(&["email"]);
    Ok(Message { title, body, through, own, ..Message::default() })
}

/// The original looked `channel` up among its webhooks; here it is the name of a channel.
fn slack(call: &Call) -> Result<Message, &'static str> {
    let [channel, body] = required(call, ["channel", "content"])?;
    let section = json!({ "type": "section", "text": { "type": "mrkdwn", "text": body } });
    let native = Some(json!({ "text": body, "blocks": [section] }));
    let own = Own { kinds: &["slack"], to: Vec::new(), native };
    let through = Through::Named(channel);
    Ok(Message { body, format: Format::Markdown, through, own, ..Message::default() })
}

fn dingtalk(call: &Call) -> Result<Message, &'static str> {
    let [body] = required(call, ["content"])?;
    let Value::Bool(is_at_all) = call.value("isAtAll") else {
        return Err(NO_BOOL);
    };
    if !is_at_all && !call.value("atMobiles").is_array() {
        return Err(MISSING);
    }
    let to = if *is_at_all { vec!["all".to_owned()] } else { call.list("atMobiles", &[',']) };
    let own = Own { kinds: &["dingtalk"], to, native: None };
    let through = Through::KindsOrAll(&["dingtalk"]);
    Ok(Message { body, through, own, ..Message::default() })
}

fn wecom(call: &Call) -> Result<Message, &'static str> {
    let [touser, _, body] = required(call, ["touser", "agentid", "content"])?;
    let own = Own { kinds: &["wecom-app"], to: split(&touser, &['|']), native: None };
    let through = Through::KindsOrAll(&["wecom-app"]);
    Ok(Message { body, through, own, ..Message::default() })
}

fn dingtalk_call(call: &Call) -> Result<Message, &'static str> {
    let [_, body] = required(call, ["userIds", "content"])?;
    let kinds = &["dingtalk-call"];
    let own = Own { kinds, to: call.list("userIds", &[',']), native: None };
    Ok(Message { body, through: Through::Kinds(kinds), own, ..Message::default() })
}

/// A text message or a call: only a channel of such a kind has a template for it. `params` are its
/// values; without them it is the channel that puts `content` into it.
fn template(
    call: &Call,
    to: &str,
    kinds: &'static [&'static str],
) -> Result<Message, &'static str> {
    let to = call.list(to, &[',']);
    let params = Some(call.value("params")).filter(|it| it.is_array() || it.is_object());
    let content = said(call.value("content"));
    let body = content.or_else(|| params.map(ToString::to_string)).ok_or(MISSING)?;
    if to.is_empty() {
        return Err(MISSING);
    }
    let own = Own { kinds, to, native: params.cloned() };
    Ok(Message { body, through: Through::Kinds(kinds), own, ..Message::default() })
}

fn answer(call: &Call, told: &Told<'_>) -> Answer {
    let Told::Sent { outcomes, .. } = told else {
        return failed(404, NOT_IMPLEMENTED);
    };
    match outcomes.first() {
        Some(Ok(_)) => Answer::json(200, &json!({ "code": 0 })),
        Some(Err(Refusal::Key)) | None => failed(200, Refusal::Key.words()),
        Some(Err(Refusal::Channel(words))) => match call.segments().as_slice() {
            ["slack", ..] => failed(200, NO_SUCH_CHANNEL),
            ["sms" | "vms", ..] | ["dingding", "call"] => failed(200, NOT_IMPLEMENTED),
            _ => failed(200, words),
        },
        Some(Err(Refusal::Upstream { code, detail })) => failed(200, &upstream(code, detail)),
        Some(Err(refusal)) => failed(200, refusal.words()),
    }
}

/// What the service behind said, as it said it: JSON within a string.
fn upstream(code: &str, detail: &str) -> String {
    let number = code.rsplit('.').next().and_then(|it| it.parse::<i64>().ok());
    match number {
        Some(number) => json!({ "errcode": number, "errmsg": detail }).to_string(),
        None => detail.to_owned(),
    }
}

fn failed(status: u16, words: &str) -> Answer {
    Answer::json(status, &json!({ "code": 1, "message": words }))
}
