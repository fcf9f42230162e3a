//! Work notices (工作通知) of DingTalk's applications. Source: DingTalk, "work notices". Whatever
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
use super::provoke::is_flood;
use super::provoke::is_lost;
use super::provoke::is_nobody;
use super::provoke::is_poor;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "dingtalk-notice", answer, hook: None };

/// How long a token is good.
const TOKEN: Duration = Duration::from_hours(2);

const DAY: Duration = Duration::from_hours(24);

/// The largest `msg`, in bytes, and the most receivers.
const MESSAGE: usize = 2_048;
const USERS: usize = 100;
const DEPARTMENTS: usize = 20;

const TYPES: &[&str] = &["text", "image", "voice", "file", "link", "oa", "markdown", "action_card"];

/// The first number of a notice.
const TASKS: u64 = 256_271_667_000;

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let way = "/topapi/message/corpconversation/";
    if asked.path == "/gettoken" {
        return token(asked, desk);
    }
    let Some(call) = asked.path.strip_prefix(way) else { return Answer::page(404) };
    let token = desk.key(asked.param("access_token"));
    let said = match (desk.held(&token), desk.was_held(&token)) {
        (None, true) => Err((42001, "access_token已过期")),
        (None, false) => Err((40014, "不合法的access_token")),
        _ => match call {
            "asyncsend_v2" => send(desk, &token, &asked.given()),
            "getsendresult" => result(desk, &asked.given()),
            _ => Err((22, "不合法的接口")),
        },
    };
    Answer::good(&match said {
        Ok(more) => {
            let mut said = json!({"errcode": 0, "errmsg": "ok"});
            if let (Value::Object(said), Value::Object(more)) = (&mut said, more) {
                said.extend(more);
            }
            said
        }
        // What is really wrong is wrapped.
        Err((code, msg)) => json!({
            "errcode": 88,
            "errmsg": format!("ding talk error[subcode={code},submsg={msg}]"),
            "sub_code": code.to_string(),
            "sub_msg": msg,
        }),
    })
}

/// What is said beside `ok`; the inner code and text of a no.
type Said = Result<Value, (u32, &'static str)>;

/// A token, in which what is special about the application stands, so that it can be seen later.
fn token(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let (key, secret) = (asked.param("appkey"), desk.key(asked.param("appsecret")));
    if is_wrong(&key) || is_wrong(&secret) {
        let said = json!({"errcode": 40089, "errmsg": "不合法的corpid或者corpsecret"});
        return Answer::good(&said);
    }
    let number = desk.number();
    let token = desk.key(format!("token-{key}-{number}"));
    desk.hold(&token, TOKEN);
    let (lasts, token) = (TOKEN.as_secs(), token.as_str());
    Answer::good(&json!({"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": lasts}))
}

fn send(desk: &mut Desk<'_>, token: &str, given: &Value) -> Said {
    let users = listed(&text(given, "userid_list"));
    let departments = listed(&text(given, "dept_id_list"));
    let is_all = given["to_all_user"] == true;
    let message = &given["msg"];
    let kind = text(message, "msgtype");
    match () {
        () if given["agent_id"].as_u64().is_none() => return Err((40035, "缺少参数 agent_id")),
        () if !TYPES.contains(&kind.as_str()) => return Err((40035, "不合法的参数 msg.msgtype")),
        () if !message[&kind].is_object() => return Err((40035, "缺少参数 msg")),
        () if message.to_string().len() > MESSAGE => return Err((40035, "msg长度超过2048")),
        () if users.is_empty() && departments.is_empty() && !is_all => {
            return Err((40035, "缺少参数 userid_list"));
        }
        () if users.len() > USERS || departments.len() > DEPARTMENTS => {
            return Err((40035, "接收者过多"));
        }
        () if is_poor(token) => return Err((143_105, "企业当日发送消息数量超过限制")),
        () if is_flood(token) => {
            return Err((90018, "您的服务器调用钉钉开放平台所有接口的请求都被暂时禁用了"));
        }
        () => {}
    }
    let (mut invalid, mut forbidden) = (Vec::new(), Vec::new());
    for user in &users {
        // The same words reach the same user once a day.
        let same = format!("{user} {message}");
        if is_nobody(user) {
            invalid.push(user.clone());
        } else if desk.count(&same, 1, DAY).is_err() {
            forbidden.push(user.clone());
        }
    }
    let id = TASKS + desk.number();
    let more = json!({"users": users, "invalid": invalid, "forbidden": forbidden});
    desk.take(id.to_string(), "", more);
    Ok(json!({"task_id": id, "request_id": format!("r{id}")}))
}

fn result(desk: &Desk<'_>, given: &Value) -> Said {
    let taken = desk.taken(&text(given, "task_id")).ok_or((40035, "不合法的参数 task_id"))?;
    let list = |name: &str| super::asked::texts(&taken.more, name);
    let (invalid, forbidden) = (list("invalid"), list("forbidden"));
    let rest = list("users").into_iter();
    let rest = rest.filter(|it| !invalid.contains(it) && !forbidden.contains(it));
    let (failed, unread): (Vec<String>, Vec<String>) = rest.partition(|it| is_lost(it));
    let result = match desk.is_through(taken) {
        false => json!({}),
        true => json!({
            "invalid_user_id_list": invalid,
            "forbidden_user_id_list": forbidden,
            "failed_user_id_list": failed,
            "read_user_id_list": [],
            "unread_user_id_list": unread,
            "invalid_dept_id_list": [],
        }),
    };
    Ok(json!({"send_result": result}))
}
