//! pushplus (推送加). Source: pushplus, "API", "interface return codes", "open API". Whatever happens,
//! the HTTP status is 200.

use std::time::Duration;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::listed;
use super::asked::text;
use super::desk::Desk;
use super::desk::Taken;
use super::letter::Letter;
use super::letter::Saying;
use super::letter::Teller;
use super::provoke::is_anonymous;
use super::provoke::is_lost;
use super::provoke::is_nobody;
use super::provoke::is_poor;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "pushplus", answer, hook: Some(&HOOK) };

/// A friend who came by a QR code, and what became of messages. The name is misspelt there.
const HOOK: Teller =
    Teller { says: befriends, tells: Some(tells), is_yes: super::letter::anything };

fn befriends(saying: &Saying<'_>) -> Letter {
    let friend = json!({"token": saying.writer("friend1"), "friendId": saying.number,
        "isFollow": 1, "nickName": "", "havePhone": 0, "emailStatus": 0});
    let event = json!({"event": "add_friend", "qrCode": saying.text, "friendInfo": friend});
    Letter::by_word(saying, &event)
}

fn tells(saying: &Saying<'_>, taken: &Taken, is_through: bool) -> Letter {
    let (status, message) = if is_through { (2, "") } else { (3, "用户未关注公众号") };
    let info = json!({"message": message, "shortCode": taken.id, "sendStatus": status});
    Letter::by_word(saying, &json!({"event": "message_complate", "messageInfo": info}))
}

/// Of an account without membership, in characters.
const TITLE: usize = 100;
const CONTENT: usize = 20_000;
const FRIENDS: usize = 10;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// How long who asked too often is shut out.
const SHUT_OUT: Duration = Duration::from_hours(48);

/// How long an access key is good.
const ACCESS: Duration = Duration::from_hours(2);

/// What a request may say. Anything else in a body, with the template in the URL, is a message.
const FIELDS: &[&str] =
    &["token", "title", "content", "topic", "channel", "to", "webhook", "option"];

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let steps = asked.steps();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let is_post = asked.method == "POST";
    let said = match steps.as_slice() {
        ["send"] => send(desk, &message(asked, "")),
        ["send", token] => send(desk, &message(asked, token)),
        ["batchSend"] if is_post => send_batch(desk, &message(asked, "")),
        ["api", "common", "openApi", "getAccessKey"] if is_post => access(desk, &asked.given()),
        ["api", "open", "message", "sendMessageResult"] => result(desk, asked),
        ["api", "open", "message", "deleteMessage"] => delete(desk, asked),
        _ => Err((404, "接口不存在")),
    };
    Answer::good(&match said {
        Ok(data) => json!({"code": 200, "msg": "请求成功", "data": data}),
        Err((code, msg)) => json!({"code": code, "msg": msg, "data": null}),
    })
}

/// `data` of a yes; `code` and `msg` of a no.
type Said = Result<Value, (u16, &'static str)>;

/// Body before URL. Where the template stands in the URL and the body is something else than a
/// request, the body is what is shown.
fn message(asked: &Asked, token: &str) -> Value {
    let body = asked.object();
    let is_request = |it: &Value| {
        FIELDS.iter().any(|name| it.as_object().is_some_and(|it| it.contains_key(*name)))
    };
    let is_foreign = !asked.param("template").is_empty() && !body.as_ref().is_some_and(is_request);
    let mut message = match is_foreign && !asked.body.is_empty() {
        true => {
            let mut fields = asked.query_object();
            fields["content"] = String::from_utf8_lossy(&asked.body).into();
            fields
        }
        false => asked.given(),
    };
    if !token.is_empty() {
        message["token"] = token.into();
    }
    message
}

fn send(desk: &mut Desk<'_>, message: &Value) -> Said {
    let token = user(desk, message)?;
    check(message)?;
    let way = text(message, "channel");
    if matches!(way.as_str(), "sms" | "voice") && is_poor(&token) {
        return Err((888, "积分不足"));
    }
    let to = format!("{}{}", text(message, "to"), text(message, "topic"));
    Ok(take(desk, message, &to).into())
}

fn send_batch(desk: &mut Desk<'_>, message: &Value) -> Said {
    let token = user(desk, message)?;
    check(message)?;
    let (ways, options) = (text(message, "channel"), text(message, "option"));
    let ways: Vec<&str> = ways.split(',').collect();
    if ways.len() != options.split(',').count() {
        return Err((999, "channel和option数量不一致"));
    }
    let each = |way: &str| {
        let is_refused = matches!(way, "sms" | "voice") && is_poor(&token);
        let (code, message_of, id) = match is_refused {
            true => (888, "积分不足", Value::Null),
            false => (200, "", take(desk, message, way).into()),
        };
        json!({"shortCode": id, "message": message_of, "code": code, "channel": way})
    };
    Ok(ways.into_iter().map(each).collect())
}

/// Whose message it is, if they may send one now. Whoever asks too often is shut out for two days.
fn user(desk: &mut Desk<'_>, message: &Value) -> Result<String, (u16, &'static str)> {
    let token = desk.key(text(message, "token"));
    let shut_out = format!("shut out {token}");
    if desk.held(&shut_out).is_some() {
        return Err((900, TOO_MANY));
    }
    if desk.count(&token, 5, MINUTE).is_err() {
        desk.hold(&shut_out, SHUT_OUT);
        return Err((900, TOO_MANY));
    }
    match () {
        () if is_wrong(&token) => Err((903, "无效的用户令牌")),
        () if is_anonymous(&token) => Err((905, "账户未进行实名认证")),
        () => Ok(token),
    }
}

const TOO_MANY: &str = "请求次数过多,减少请求后2天恢复正常";

fn check(message: &Value) -> Result<(), (u16, &'static str)> {
    let length = |name: &str| text(message, name).chars().count();
    let friends = listed(&text(message, "to"));
    let fault = match () {
        () if length("content") == 0 => "content不能为空",
        () if length("title") > TITLE => "title长度不能超过100",
        () if length("content") > CONTENT => "content长度不能超过20000",
        () if is_nobody(&text(message, "topic")) => "群组不存在",
        () if friends.len() > FRIENDS => "好友令牌过多",
        () if friends.iter().any(|it| is_nobody(it)) => "好友令牌不存在",
        () => return Ok(()),
    };
    Err((999, fault))
}

/// The message's number: 32 hexadecimal digits. What is too late, and what was said three times
/// within an hour, is taken and goes nowhere.
fn take(desk: &mut Desk<'_>, message: &Value, to: &str) -> String {
    let id = format!("{:032x}", (0x5f0c_u128 << 112) + u128::from(desk.number()));
    let said = format!("said {}{}", text(message, "token"), text(message, "content"));
    let end = message["timestamp"].as_u64().map(Duration::from_millis);
    let failed = match () {
        () if end.is_some_and(|end| end < desk.now) => "消息已过期",
        () if desk.count(&said, 3, HOUR).is_err() => "相同内容一小时内最多发送3次",
        () if is_lost(to) => "用户未关注公众号",
        () => "",
    };
    desk.take(&id, to, json!({ "failed": failed }));
    id
}

fn access(desk: &mut Desk<'_>, given: &Value) -> Said {
    let (token, secret) = (desk.key(text(given, "token")), desk.key(text(given, "secretKey")));
    if is_wrong(&token) || is_wrong(&secret) {
        return Err((401, "请求未授权"));
    }
    let number = desk.number();
    let key = desk.key(format!("access-{number}"));
    desk.hold(&key, ACCESS);
    Ok(json!({"accessKey": key, "expiresIn": ACCESS.as_secs()}))
}

fn check_access(desk: &mut Desk<'_>, asked: &Asked) -> Result<(), (u16, &'static str)> {
    let key = desk.key(asked.header("access-key"));
    desk.held(&key).map(|_| ()).ok_or((401, "请求未授权"))
}

fn result(desk: &mut Desk<'_>, asked: &Asked) -> Said {
    check_access(desk, asked)?;
    let id = asked.param("shortCode");
    let taken = desk.taken(&id).ok_or((600, "数据不存在"))?;
    let failed = text(&taken.more, "failed");
    let (status, message) = match (desk.is_through(taken), failed.as_str()) {
        (false, _) => (1, ""),
        (true, "") => (2, ""),
        (true, failed) => (3, failed),
    };
    let mut data = Map::new();
    data.insert("status".to_owned(), status.into());
    data.insert("errorMessage".to_owned(), message.into());
    data.insert("shortCode".to_owned(), id.into());
    Ok(data.into())
}

fn delete(desk: &mut Desk<'_>, asked: &Asked) -> Said {
    check_access(desk, asked)?;
    match desk.taken(&asked.param("shortCode")) {
        Some(_) => Ok("删除成功".into()),
        None => Err((600, "数据不存在")),
    }
}
