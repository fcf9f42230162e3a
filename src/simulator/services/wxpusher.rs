//! WxPusher. Source: WxPusher's documentation of 2026-07-11.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::text;
use super::asked::texts;
use super::desk::Desk;
use super::letter::Letter;
use super::letter::Saying;
use super::letter::Teller;
use super::provoke::is_lost;
use super::provoke::is_nobody;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "wxpusher", answer, hook: Some(&HOOK) };

/// What is written to the application, whose number stands in front.
const HOOK: Teller = Teller { says, tells: None, is_yes: str::is_empty };

fn says(saying: &Saying<'_>) -> Letter {
    let data = json!({"uid": saying.writer("UID_a"), "appId": 30, "appKey": "AK_x",
        "appName": "simulated", "userName": "", "time": saying.now.as_millis(),
        "content": format!("#30 {}", saying.text)});
    Letter::by_word(saying, &json!({"action": "send_up_cmd", "data": data}))
}

/// What the interface takes. Source: the same, "limits".
const CONTENT: usize = 40_000;
const SUMMARY: usize = 100;
const URL: usize = 1_000;
const USERS: usize = 2_000;
const TOPICS: usize = 5;
const SIMPLE: usize = 10;

/// About so many calls of one application are let through in [`PER`].
const CALLS: usize = 20;
const PER: Duration = Duration::from_secs(10);

/// How long it can be asked for what became of a message.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// The first number of each of its three kinds.
const MESSAGES: u64 = 900;
const CONTENTS: u64 = 500;
const RECORDS: u64 = 7_000;

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let path = asked.path.trim_end_matches('/');
    let said = match (asked.method.as_str(), path) {
        ("POST", "/api/send/message") => asked.object().map(|it| send(desk, &it)),
        ("GET", "/api/send/message") => Some(send(desk, &from_query(&asked.given()))),
        ("POST", "/api/send/message/simple-push") => asked.object().map(|it| simple(desk, &it)),
        ("DELETE", "/api/send/message") => Some(delete(desk, asked)),
        ("GET", "/api/send/query/status") => Some(status(desk, &asked.param("sendRecordId"))),
        ("GET", path) if path.starts_with("/api/send/message/") => Some(in_path(desk, asked)),
        _ => Some(Err((1004, "接口不存在".to_owned()))),
    };
    // What is no JSON is its own fault, it says.
    let said = said.unwrap_or_else(|| Err((1005, "系统异常".to_owned())));
    Answer::good(&match said {
        Ok((msg, data)) => json!({"code": 1000, "msg": msg, "data": data, "success": true}),
        Err((code, msg)) => json!({"code": code, "msg": msg, "data": null, "success": false}),
    })
}

/// `msg` and `data` of a yes; `code` and `msg` of a no.
type Said = Result<(&'static str, Value), (u16, String)>;

fn no(msg: &str) -> Said {
    Err((1001, msg.to_owned()))
}

/// One receiver, text alone: the words of a `POST` for what a `GET` says.
fn from_query(given: &Value) -> Value {
    let mut message = given.clone();
    message["contentType"] = 1.into();
    message["uids"] = given["uid"].as_str().into_iter().collect();
    let topic = given["topicId"].as_str().and_then(|it| it.parse::<u64>().ok());
    message["topicIds"] = topic.into_iter().collect();
    message
}

fn send(desk: &mut Desk<'_>, message: &Value) -> Said {
    let token = desk.key(text(message, "appToken"));
    if is_wrong(&token) || !token.starts_with("AT_") {
        return Err((1002, "appToken不正确".to_owned()));
    }
    if desk.count(&token, CALLS, PER).is_err() {
        return no("发送过于频繁，请稍后再试");
    }
    check(message)?;
    let (users, topics) = (texts(message, "uids"), texts(message, "topicIds"));
    match (users.len(), topics.len()) {
        (0, 0) => return no("uids和topicIds不能同时为空"),
        (users, topics) if users > USERS || topics > TOPICS => return no("一次发送的对象过多"),
        _ => {}
    }
    let users = users.into_iter().map(|id| (id, Value::Null));
    let topics = topics.into_iter().map(|id| (id.clone(), id.parse::<u64>().unwrap_or(0).into()));
    Ok(tasks(desk, users.chain(topics).collect()))
}

fn simple(desk: &mut Desk<'_>, message: &Value) -> Said {
    check(message)?;
    let one = desk.key(text(message, "spt"));
    let mut people = texts(message, "sptList");
    for person in &people {
        desk.key(person);
    }
    people.extend(Some(one).filter(|it| !it.is_empty()));
    to_people(desk, people)
}

/// `/api/send/message/{SPT}/{content}`
fn in_path(desk: &mut Desk<'_>, asked: &Asked) -> Said {
    let steps = asked.steps();
    let [_, _, _, spt, content] = steps.as_slice() else {
        return Err((1004, "接口不存在".to_owned()));
    };
    let spt = desk.key(spt);
    check(&json!({ "content": content }))?;
    to_people(desk, vec![spt])
}

fn to_people(desk: &mut Desk<'_>, people: Vec<String>) -> Said {
    if people.is_empty() || people.len() > SIMPLE {
        return no("SPT数量不正确");
    }
    if people.iter().any(|it| is_wrong(it) || !it.starts_with("SPT_")) {
        return Err((1002, "SPT不正确".to_owned()));
    }
    Ok(tasks(desk, people.into_iter().map(|_| (String::new(), Value::Null)).collect()))
}

fn check(message: &Value) -> Result<(), (u16, String)> {
    let longer = |name: &str, most| text(message, name).chars().count() > most;
    let fault = match () {
        () if text(message, "content").is_empty() => "content不能为空",
        () if longer("content", CONTENT) => "content长度不能超过40000",
        () if longer("summary", SUMMARY) => "summary长度不能超过100",
        () if longer("url", URL) => "url长度不能超过1000",
        () => return Ok(()),
    };
    Err((1001, fault.to_owned()))
}

/// One element for each receiver, in order, each with a verdict of its own.
fn tasks(desk: &mut Desk<'_>, targets: Vec<(String, Value)>) -> (&'static str, Value) {
    let content = CONTENTS + desk.number();
    let mut data = Vec::new();
    for (who, topic) in targets {
        let uid = if topic.is_null() && !who.is_empty() { Some(&who) } else { None };
        let is_nobody = is_nobody(&who);
        let (code, status) = match is_nobody {
            true => (1001, "用户没有关注应用"),
            false => (1000, "创建发送任务成功"),
        };
        let (mut message, mut record) = (None, None);
        if !is_nobody {
            let number = desk.number();
            (message, record) = (Some(MESSAGES + number), Some(RECORDS + number));
            let id = (RECORDS + number).to_string();
            desk.take(id, &who, json!({ "content": content }));
        }
        data.push(json!({
            "uid": uid,
            "topicId": topic,
            "messageId": message,
            "messageContentId": content,
            "sendRecordId": record,
            "code": code,
            "status": status,
        }));
    }
    ("处理成功", data.into())
}

fn status(desk: &Desk<'_>, record: &str) -> Said {
    let found = desk.taken(record).filter(|it| desk.now < it.at + KEPT);
    Ok(match found {
        None => return no("发送记录不存在"),
        Some(taken) if !desk.is_through(taken) => ("等待发送", 1.into()),
        Some(taken) if is_lost(&taken.to) => ("发送失败", 3.into()),
        Some(_) => ("发送成功", 2.into()),
    })
}

/// What lies behind the link goes; what is on the phones stays.
fn delete(desk: &mut Desk<'_>, asked: &Asked) -> Said {
    if is_wrong(&desk.key(asked.param("appToken"))) {
        return Err((1002, "appToken不正确".to_owned()));
    }
    let content = asked.param("messageContentId").parse::<u64>().ok();
    let is_it = |it: &super::desk::Taken| it.more["content"].as_u64() == content;
    match content.is_some() && desk.all_taken().any(is_it) {
        true => Ok(("处理成功", "删除成功".into())),
        false => no("消息不存在"),
    }
}
