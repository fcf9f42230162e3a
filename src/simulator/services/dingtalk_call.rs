//! DINGs of DingTalk's robots: in the app, as a short message, as a call (钉电话). Source: DingTalk,
//! "robots send DING messages". A no has an HTTP status of its own.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::text;
use super::asked::texts;
use super::desk::Desk;
use super::provoke::is_flood;
use super::provoke::is_nobody;
use super::provoke::is_poor;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "dingtalk-call", answer, hook: None };

/// How long a token is good.
const TOKEN: Duration = Duration::from_hours(2);

/// The most who are told in the app, and in any other way.
const IN_APP: usize = 200;
const OTHERWISE: usize = 20;

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let said = match (asked.method.as_str(), asked.path.as_str(), asked.object()) {
        ("POST", "/v1.0/oauth2/accessToken", Some(given)) => token(desk, &given),
        ("POST", "/v1.0/robot/ding/send", Some(given)) => send(desk, asked, &given),
        _ => Err((404, "InvalidAction.NotFound", "指定的接口不存在")),
    };
    match said {
        Ok(said) => Answer::good(&said),
        Err((status, code, message)) => {
            let request = "00000000-0000-0000-0000-000000000001";
            let said = json!({"code": code, "message": message, "requestid": request});
            Answer::json(status, &said)
        }
    }
}

/// The answer; HTTP status, code and message of a no.
type Said = Result<Value, (u16, &'static str, &'static str)>;

fn token(desk: &mut Desk<'_>, given: &Value) -> Said {
    let (key, secret) = (text(given, "appKey"), desk.key(text(given, "appSecret")));
    if is_wrong(&key) || is_wrong(&secret) {
        return Err((400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret"));
    }
    let number = desk.number();
    let token = desk.key(format!("token-{key}-{number}"));
    desk.hold(&token, TOKEN);
    Ok(json!({"accessToken": token, "expireIn": TOKEN.as_secs()}))
}

fn send(desk: &mut Desk<'_>, asked: &Asked, given: &Value) -> Said {
    let token = desk.key(asked.header("x-acs-dingtalk-access-token"));
    if desk.held(&token).is_none() {
        return Err((400, "InvalidAuthentication", "不合法的access_token"));
    }
    let to = texts(given, "receiverUserIdList");
    let way = given["remindType"].as_u64().unwrap_or(0);
    let most = if way == 1 { IN_APP } else { OTHERWISE };
    match () {
        () if is_wrong(&text(given, "robotCode")) => {
            return Err((400, "invalid.chatbotId", "robotCode不存在"));
        }
        () if !(1..=3).contains(&way) || text(given, "content").is_empty() => {
            return Err((400, "invalidParameter.param.invalid", "参数错误"));
        }
        () if to.len() > most => {
            return Err((400, "ding.receivercount.limit", "接收人数超过限制"));
        }
        () if to.iter().all(|it| is_nobody(it)) => {
            return Err((400, "miss.staffId", "staffId不存在"));
        }
        () if way > 1 && is_poor(&token) => {
            return Err((400, "ding.serverquota.insufficient", "套餐余量不足"));
        }
        () if is_flood(&token) => return Err((400, "toomuch.msg", "发送过于频繁")),
        () => {}
    }
    let failed: Vec<&String> = to.iter().filter(|it| is_nobody(it)).collect();
    let failed = if failed.is_empty() { json!({}) } else { json!({"staffId不存在": failed}) };
    Ok(json!({"openDingId": format!("ding{:04}", desk.number()), "failedList": failed}))
}
