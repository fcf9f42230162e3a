//! WxPusher: standard push, simple push, and the status of a message.

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
use super::ids;
use crate::notification::Format;
use crate::store::DeliveryId;

/// The dialect.
pub(super) const DIALECT: Dialect = Dialect {
    name: "wxpusher",
    doc: "WxPusher: standard and simple push, and the status of a message.",
    base: "/as/wxpusher",
    numbers: true,
    read,
    answer,
    ..Dialect::USUAL
};

/// What only WxPusher understands, given to a WxPusher channel.
const NATIVE: &[&str] = &["verifyPay", "verifyPayType"];

fn read(call: &Call) -> Reading {
    let segments = call.segments();
    match (call.method.as_str(), segments.strip_prefix(&["api"]).unwrap_or_default()) {
        ("GET" | "POST", ["send", "message"]) => standard(call),
        ("DELETE", ["send", "message"]) => Reading::Withdraw {
            key: call.text(&["appToken"]),
            question: number(&call.text(&["messageContentId"])),
        },
        ("POST", ["send", "message", "simple-push"]) => simple(call),
        ("GET", ["send", "message", key, content @ ..]) if !content.is_empty() => {
            // A slash in the text that was not encoded splits it.
            let content = content.join("/");
            Reading::send(*key, text(call, content))
        }
        ("GET", ["send", "query", "status"]) => Reading::Ask(number(&call.text(&["sendRecordId"]))),
        ("GET", ["send", "query", id]) => Reading::Ask(number(id)),
        (_, ["fun", "create", "qrcode"]) => no(1001, "驿站没有关注者，不提供二维码").into(),
        (_, ["fun", "scan-qrcode-uid"]) => no(1001, "暂无用户扫描").into(),
        (_, ["fun", "wxuser"] | ["fun", "wxuser", "v2"]) => {
            let token = call.text(&["appToken"]);
            Reading::Check { key: token }
        }
        (_, ["fun", "remove" | "reject"]) => no(1001, "驿站没有关注者").into(),
        _ => no(1004, "接口不存在").into(),
    }
}

fn standard(call: &Call) -> Reading {
    if call.fields.is_broken {
        return no(1005, "请求体不是有效的 JSON").into();
    }
    let content = call.text(&["content"]);
    if content.is_empty() {
        return no(1001, "content 不能为空").into();
    }
    Reading::send(call.text(&["appToken"]), text(call, content))
}

fn simple(call: &Call) -> Reading {
    if call.fields.is_broken {
        return no(1005, "请求体不是有效的 JSON").into();
    }
    let content = call.text(&["content"]);
    if content.is_empty() {
        return no(1001, "content 不能为空").into();
    }
    let mut keys = call.list("sptList", &[',']);
    let one = call.text(&["spt"]);
    if !one.is_empty() && !keys.contains(&one) {
        keys.insert(0, one);
    }
    if keys.is_empty() {
        return no(1001, "spt 和 sptList 不能同时为空").into();
    }
    Reading::Send { keys, message: Box::new(text(call, content)) }
}

fn text(call: &Call, content: String) -> Message {
    let format = match call.text(&["contentType"]).as_str() {
        "2" => Format::Html,
        "3" => Format::Markdown,
        _ => Format::Text,
    };
    let native = call.pick(NATIVE);
    Message {
        title: call.text(&["summary"]),
        body: content,
        format,
        link: call.text(&["url"]),
        own: Own {
            kinds: &["wxpusher"],
            to: targets(call),
            native: (!native.is_empty()).then(|| Value::Object(native)),
        },
        ..Message::default()
    }
}

/// People, then topics, as a WxPusher channel tells them apart: by `UID_`.
fn targets(call: &Call) -> Vec<String> {
    let people = [call.list("uids", &[',']), call.list("uid", &[','])].concat();
    let topics = [call.list("topicIds", &[',']), call.list("topicId", &[','])].concat();
    [people, topics].concat()
}

fn number(text: &str) -> Question {
    text.parse().map_or(Question::Nothing, Question::Number)
}

fn answer(call: &Call, told: &Told<'_>) -> Answer {
    match told {
        Told::Sent { message, outcomes } => sent(message, outcomes),
        Told::Fate(Some(fate)) => status(fate),
        Told::Withdrawn(Ok(0)) => no(1001, "已发出的消息不能撤回"),
        Told::Withdrawn(Ok(_)) => yes(&"删除成功".into()),
        Told::Fate(None) => no(1001, "发送记录不存在"),
        Told::Key(Ok(_)) => {
            let page = call.text(&["page"]).parse::<u32>().unwrap_or(1);
            let size = call.text(&["pageSize"]).parse::<u32>().unwrap_or(20);
            yes(&json!({ "total": 0, "page": page, "pageSize": size, "records": [] }))
        }
        Told::Key(Err(refusal)) | Told::Withdrawn(Err(refusal)) => refused(refusal),
    }
}

/// One element for each target or simple key, in their order; the call is refused only if all are.
fn sent(message: &Message, outcomes: &[Result<super::Sent, Refusal>]) -> Answer {
    let first_no = outcomes.iter().find_map(|outcome| outcome.as_ref().err());
    let is_accepted = outcomes.iter().any(Result::is_ok);
    if let (Some(refusal), false) = (first_no, is_accepted) {
        return refused(refusal);
    }
    let mut elements = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(sent) if message.own.to.is_empty() => elements.push(element(None, sent.id)),
            Ok(sent) => {
                let targets = message.own.to.iter();
                elements.extend(targets.map(|target| element(Some(target), sent.id)));
            }
            Err(refusal) => elements.push(json!({
                "uid": null, "topicId": null, "messageId": null, "messageContentId": null,
                "sendRecordId": null, "code": code(refusal), "status": refusal.words(),
            })),
        }
    }
    yes(&Value::Array(elements))
}

fn element(target: Option<&String>, id: DeliveryId) -> Value {
    let number = ids::number(id);
    let topic = target.and_then(|it| it.parse::<u64>().ok());
    let uid = target.filter(|_| topic.is_none());
    json!({
        "uid": uid, "topicId": topic, "messageId": number, "messageContentId": number,
        "sendRecordId": number, "code": 1000, "status": "创建发送任务成功",
    })
}

fn status(fate: &Fate) -> Answer {
    let (words, data) = match &fate.state {
        FateState::Waiting => ("等待发送".to_owned(), 1),
        FateState::Delivered => ("发送成功".to_owned(), 2),
        FateState::Failed(why) => (format!("发送失败：{why}"), 3),
    };
    Answer::json(200, &json!({ "code": 1000, "msg": words, "data": data, "success": true }))
}

fn refused(refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::Key => no(1002, "appToken 或 SPT 无效"),
        refusal => no(code(refusal), refusal.words()),
    }
}

fn code(refusal: &Refusal) -> u32 {
    match refusal {
        Refusal::Key => 1002,
        Refusal::Channel(_) | Refusal::Message(_) | Refusal::TooMany => 1001,
        Refusal::Unavailable => 1005,
        Refusal::Upstream { .. } => 1006,
    }
}

/// The status is always 200.
fn yes(data: &Value) -> Answer {
    let answer = json!({ "code": 1000, "msg": "处理成功", "data": data, "success": true });
    Answer::json(200, &answer)
}

fn no(code: u32, message: &str) -> Answer {
    let answer = json!({ "code": code, "msg": message, "data": null, "success": false });
    Answer::json(200, &answer)
}
