//! Qmsg酱, both of its interfaces. Source: `qmsg.zendee.cn/api`, and what clients of v3 read. Whatever
//! happens, the HTTP status is 200.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::listed;
use super::asked::text;
use super::desk::Desk;
use super::provoke::is_nobody;
use super::provoke::is_risky;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "qmsg", answer, hook: None };

/// The longest message, in characters.
const FIRST: usize = 1_800;
const THIRD: usize = 1_000;

/// About one message in so long.
const PACE: Duration = Duration::from_secs(5);

/// The first number of a message of v3.
const NUMBERS: u64 = 63_000;

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let steps = asked.steps();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let (is_third, way, key) = match steps.as_slice() {
        ["v3", way @ ("send" | "jsend"), key] => (true, *way, *key),
        [way @ ("send" | "group" | "psend" | "pgroup" | "jsend" | "jgroup"), key] => {
            (false, *way, *key)
        }
        _ => return Answer::page(404),
    };
    let message = match way.starts_with('j') {
        true => asked.object().unwrap_or_default(),
        false => asked.given(),
    };
    let key = desk.key(key);
    match (fault(desk, &key, &message, is_third), is_third) {
        (None, true) => {
            let number = NUMBERS + desk.number();
            Answer::good(&json!({"success": true, "code": 0, "data": number}))
        }
        (None, false) => {
            let said = json!({"success": true, "reason": "操作成功", "code": 0, "info": {}});
            Answer::good(&said)
        }
        (Some(why), true) => Answer::good(&json!({"success": false, "code": 500, "message": why})),
        // Its own checks answer in another shape than what stands behind them.
        (Some(why), false) if why.contains("不能超过") => Answer::good(&json!({
            "success": false, "message": why, "code": 500, "data": null, "info": {}, "reason": why,
        })),
        (Some(why), false) => {
            Answer::good(&json!({"success": false, "reason": why, "code": 500, "info": {}}))
        }
    }
}

fn fault(desk: &mut Desk<'_>, key: &str, message: &Value, is_third: bool) -> Option<&'static str> {
    let said = text(message, "msg");
    let length = said.chars().count();
    let receivers = if is_third { text(message, "group") } else { text(message, "qq") };
    match () {
        () if is_wrong(key) => Some("key不存在"),
        () if length == 0 => Some("消息内容不能为空"),
        () if is_third && length > THIRD => Some("消息长度不能超过1000个字"),
        () if length > FIRST => Some("消息长度不能超过1800个字"),
        () if listed(&receivers).iter().any(|it| is_nobody(it)) => Some("QQ号不在列表中"),
        () if !is_third && is_nobody(&text(message, "bot")) => {
            Some("您选择的Qmsg不在线，请选择其他Qmsg酱")
        }
        () if is_risky(&said) => Some("消息内容包含敏感词"),
        () => desk.count(key, 1, PACE).is_err().then_some("发送过于频繁"),
    }
}
