//! message-pusher, the self-hosted service whose public instance closes.

use serde_json::json;

use super::Answer;
use super::Call;
use super::Dialect;
use super::FateState;
use super::Message;
use super::Own;
use super::Question;
use super::Reading;
use super::Refusal;
use super::Through;
use super::Told;
use super::call::split;
use super::ids;
use crate::notification::Format;

/// The dialect.
pub(super) const DIALECT: Dialect = Dialect {
    name: "message-pusher",
    doc: "message-pusher: /push/USER, and the status of a message.",
    base: "/as/message-pusher",
    read,
    answer,
    ..Dialect::USUAL
};

/// The kinds whose receivers are written as they were there, with a bar between them.
const KINDS: &[&str] = &["email", "telegram", "wechat-template", "wecom-app", "wecom-robot"];

fn read(call: &Call) -> Reading {
    match call.segments().as_slice() {
        ["push", _] => message(call),
        ["api", "message", "status", link] => {
            Reading::Ask(link.parse().map_or(Question::Nothing, Question::Id))
        }
        _ => no(404, "没有这个接口").into(),
    }
}

/// The user in the path is not looked at: the key says whose it is.
fn message(call: &Call) -> Reading {
    if call.fields.is_broken {
        return no(200, "无法解析请求体，请检查其是否为合法 JSON").into();
    }
    let content = call.text(&["content", "desp"]);
    let description = call.text(&["description", "short"]);
    let title = call.text(&["title"]);
    if [&title, &content, &description].iter().all(|it| it.is_empty()) {
        let words =
            "请求体为空，如果使用 JSON 请设置 Content-Type 为 application/json，否则请使用表单提交";
        return no(200, words).into();
    }
    let token = call.text(&["token"]);
    let token = if token.is_empty() { call.bearer().unwrap_or_default() } else { token };
    let format = match (content.is_empty(), call.text(&["render_mode"]).as_str()) {
        (false, "" | "markdown") => Format::Markdown,
        (false, "raw") => Format::Html,
        _ => Format::Text,
    };
    let channel = call.text(&["channel"]);
    let through = if channel.is_empty() { Through::All } else { Through::Named(channel) };
    let to = split(&call.text(&["to", "openid"]), &['|']);
    Reading::send(
        token,
        Message {
            title,
            body: if content.is_empty() { description } else { content },
            format,
            link: call.text(&["url"]),
            through,
            own: Own { kinds: KINDS, to, native: None },
            ..Message::default()
        },
    )
}

fn answer(call: &Call, told: &Told<'_>) -> Answer {
    match told {
        Told::Sent { outcomes, .. } => match outcomes.first() {
            Some(Ok(sent)) => {
                let body = json!({ "success": true, "message": "ok", "uuid": ids::hex(sent.id) });
                Answer::json(200, &body)
            }
            Some(Err(refusal)) => refused(call, refusal),
            None => refused(call, &Refusal::Key),
        },
        Told::Fate(Some(fate)) => {
            // Source: its `common/constants.go`: 1 pending, 2 sent, 3 failed.
            let status = match fate.state {
                FateState::Waiting => 1,
                FateState::Delivered => 2,
                FateState::Failed(_) => 3,
            };
            Answer::json(200, &json!({ "success": true, "message": "", "status": status }))
        }
        Told::Fate(None) => no(200, "record not found"),
        Told::Key(_) | Told::Withdrawn(_) => no(404, "没有这个接口"),
    }
}

fn refused(call: &Call, refusal: &Refusal) -> Answer {
    let has_token = !call.text(&["token"]).is_empty() || call.bearer().is_some();
    match refusal {
        Refusal::Key if has_token => no(401, "无效的 token"),
        Refusal::Key => no(401, "通道维度或用户维度设置了鉴权令牌，需要提供鉴权令牌"),
        Refusal::Channel(_) => match call.text(&["channel"]).as_str() {
            "" => no(200, refusal.words()),
            channel => no(200, &format!("无效的渠道名称：{channel}")),
        },
        _ => no(200, refusal.words()),
    }
}

fn no(status: u16, words: &str) -> Answer {
    Answer::json(status, &json!({ "success": false, "message": words }))
}
