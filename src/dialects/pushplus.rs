//! pushplus (推送加).

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Answer;
use super::Call;
use super::Dialect;
use super::Fate;
use super::FateState;
use super::Message;
use super::Own;
use super::Question;
use super::Reading;
use super::Refusal;
use super::Told;
use super::call::said;
use super::call::split;
use super::ids;
use crate::notification::Format;

/// The dialect.
pub(super) const DIALECT: Dialect = Dialect {
    name: "pushplus",
    doc: "pushplus: sending, and asking for the result.",
    base: "/as/pushplus",
    read,
    answer,
    report,
    ..Dialect::USUAL
};

/// What only pushplus understands, given to a pushplus channel.
const NATIVE: &[&str] = &["topic", "template", "channel", "option", "webhook", "pre"];

fn read(call: &Call) -> Reading {
    match call.segments().as_slice() {
        ["send" | "batchSend"] => message(call, &call.text(&["token"])),
        ["send" | "batchSend", token] => message(call, token),
        ["api", "common", "openApi", "getAccessKey"] => {
            Reading::Check { key: call.text(&["token"]) }
        }
        ["api", "open", "message", "sendMessageResult"] => {
            let id = call.text(&["shortCode"]).parse();
            Reading::Ask(id.map_or(Question::Nothing, Question::Id))
        }
        ["api", "open", "message", "deleteMessage"] => Reading::Withdraw {
            key: call.header("access-key").unwrap_or_default().to_owned(),
            question: call.text(&["shortCode"]).parse().map_or(Question::Nothing, Question::Id),
        },
        _ => no(999, "没有这个接口").into(),
    }
}

fn message(call: &Call, token: &str) -> Reading {
    if call.fields.is_broken {
        return no(999, "请求体不是有效的 JSON").into();
    }
    let template = call.text(&["template"]);
    let content = content(call);
    if content.is_empty() {
        return no(999, "content不能为空").into();
    }
    let format = match template.as_str() {
        "" | "html" => Format::Html,
        "markdown" => Format::Markdown,
        _ => Format::Text,
    };
    // The service drops a message that it is given after this time.
    let expires = call.text(&["timestamp"]).parse().ok().map(Duration::from_millis);
    let mut native = call.pick(NATIVE);
    if call.segments().first() == Some(&"batchSend") {
        // Lists, for all of its channels at once: each of ours goes out through its own.
        for name in ["channel", "option", "webhook"] {
            native.shift_remove(name);
        }
    }
    Reading::send(
        token,
        Message {
            title: call.text(&["title"]),
            body: content,
            format,
            expires,
            own: Own {
                kinds: &["pushplus"],
                to: split(&call.text(&["to"]), &[',']),
                native: (!native.is_empty()).then(|| Value::Object(native)),
            },
            report_to: call.text(&["callbackUrl"]),
            ..Message::default()
        },
    )
}

/// `content`; or the whole body, if the template is named in the URL and the body is somebody
/// else's: so webhooks of other services are sent on.
fn content(call: &Call) -> String {
    if let Some(content) = said(call.value("content")) {
        return content;
    }
    let body = String::from_utf8_lossy(&call.body);
    let is_foreign =
        call.query_text(&["template"]).is_some() && call.body_text(&["token"]).is_none();
    match call.query_text(&["content"]) {
        Some(content) => content,
        None if is_foreign => body.trim().to_owned(),
        None => String::new(),
    }
}

fn answer(call: &Call, told: &Told<'_>) -> Answer {
    match told {
        Told::Sent { outcomes, .. } => match outcomes.first() {
            Some(Ok(sent)) => yes(&sent_data(call, &ids::hex(sent.id))),
            Some(Err(refusal)) => refused(refusal),
            None => refused(&Refusal::Key),
        },
        Told::Fate(Some(fate)) => yes(&result(fate)),
        Told::Withdrawn(Ok(0)) => no(600, "已发出的消息不能撤回"),
        Told::Withdrawn(Ok(_)) => yes(&"删除成功".into()),
        Told::Withdrawn(Err(Refusal::Key)) => no(401, "access-key 无效"),
        Told::Withdrawn(Err(_)) | Told::Fate(None) => no(600, "消息不存在"),
        // The token itself is the access key: it is as secret, and nothing has to be remembered.
        Told::Key(Ok(_)) => yes(&json!({ "accessKey": call.text(&["token"]), "expiresIn": 7200 })),
        Told::Key(Err(_)) => no(401, "token 或 secretKey 错误"),
    }
}

/// A serial number; for `/batchSend` one for each of the channels that it names.
fn sent_data(call: &Call, code: &str) -> Value {
    if call.segments().first() != Some(&"batchSend") {
        return code.into();
    }
    let channel = call.text(&["channel"]);
    let channels = channel.split(',').map(str::trim);
    let one = |channel: &str| {
        let channel = if channel.is_empty() { "wechat" } else { channel };
        json!({ "shortCode": code, "message": "", "code": 200, "channel": channel })
    };
    channels.map(one).collect()
}

/// 0 not delivered, 1 sending, 2 sent, 3 failed; and why.
fn status(fate: &Fate) -> (u8, &str) {
    match &fate.state {
        FateState::Waiting => (1, ""),
        FateState::Delivered => (2, ""),
        FateState::Failed(why) => (3, why),
    }
}

/// The callback: the shape of 1.7 and the flat one before it, each reader finds its own. The name
/// of the event is misspelt in the protocol.
fn report(fate: &Fate) -> Value {
    let (status, message) = status(fate);
    let code = ids::hex(fate.id);
    json!({
        "event": "message_complate",
        "messageInfo": { "message": message, "shortCode": code, "sendStatus": status },
        "shortCode": code, "sendStatus": status, "message": message,
    })
}

fn result(fate: &Fate) -> Value {
    let (status, why) = status(fate);
    let time = super::serverchan::beijing(fate.changed);
    json!({ "status": status, "errorMessage": why, "updateTime": time })
}

/// Scripts stop at 900, 903, 905 and 999 and try any other code again elsewhere.
fn refused(refusal: &Refusal) -> Answer {
    let code = match refusal {
        Refusal::Key => return no(903, "无效的用户token"),
        Refusal::Channel(_) => 905,
        Refusal::Message(_) => 999,
        Refusal::TooMany => 900,
        Refusal::Unavailable | Refusal::Upstream { .. } => 500,
    };
    no(code, refusal.words())
}

/// The status is always 200.
fn yes(data: &Value) -> Answer {
    Answer::json(200, &json!({ "code": 200, "msg": "请求成功", "data": data }))
}

fn no(code: u32, message: &str) -> Answer {
    Answer::json(200, &json!({ "code": code, "msg": message, "data": null }))
}
