//! Robots in DingTalk's groups. Source: DingTalk, "custom robots". Whatever happens, the HTTP status
//! is 200.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::text;
use super::desk::Desk;
use super::digest;
use super::letter::Letter;
use super::letter::Saying;
use super::letter::Teller;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "dingtalk", answer, hook: Some(&HOOK) };

/// What is said to a robot of the company's own, signed with its application's secret.
const HOOK: Teller = Teller { says, tells: None, is_yes: super::letter::anything };

fn says(saying: &Saying<'_>) -> Letter {
    let timestamp = saying.now.as_millis().to_string();
    let session = format!("session-{}", saying.number);
    let ends = saying.now.as_millis() + 5_400_000;
    let body = json!({
        "conversationId": "cid1",
        "conversationType": "2",
        "msgId": format!("msg{}", saying.number),
        "msgtype": "text",
        // A blank is left of the robot's name in front.
        "text": {"content": format!(" {}", saying.text)},
        "senderStaffId": saying.writer("manager4220"),
        "senderNick": "Li",
        "createAt": saying.now.as_millis(),
        "sessionWebhook": format!("https://oapi.dingtalk.com/robot/sendBySession?session={session}"),
        "sessionWebhookExpiredTime": ends,
    });
    let sign = signature(&timestamp, saying.secret);
    Letter::json(&body).with("timestamp", timestamp).with("sign", sign)
}

/// The secret of every robot that demands signatures.
pub(super) const SECRET: &str = "SECsimulated";

/// The largest message, in bytes.
const BODY: usize = 20_000;

/// So many messages a minute; who sends more is mute for a while.
const A_MINUTE: usize = 20;
const MUTE: Duration = Duration::from_mins(10);

/// How far the clocks may be apart.
const TOLERANCE: Duration = Duration::from_hours(1);

/// Each type of message, and what must stand in it.
const TYPES: &[(&str, &[&str])] = &[
    ("text", &["content"]),
    ("link", &["title", "text", "messageUrl"]),
    ("markdown", &["title", "text"]),
    ("actionCard", &["title", "text"]),
    ("feedCard", &["links"]),
];

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let said = match asked.path.as_str() {
        "/robot/send" => send(asked, desk),
        "/robot/sendBySession" => {
            let session = desk.key(asked.param("session"));
            if is_wrong(&session) { Err(no_robot()) } else { message(asked).map(|_| ()) }
        }
        _ => return Answer::page(404),
    };
    match said {
        Ok(()) => Answer::good(&json!({"errcode": 0, "errmsg": "ok"})),
        Err(answer) => answer,
    }
}

fn no(code: i64, msg: &str) -> Answer {
    Answer::good(&json!({"errcode": code, "errmsg": msg}))
}

fn no_robot() -> Answer {
    no(300_005, "token is not exist")
}

fn send(asked: &Asked, desk: &mut Desk<'_>) -> Result<(), Answer> {
    let token = desk.key(asked.param("access_token"));
    if is_wrong(&token) {
        return Err(no_robot());
    }
    let message = message(asked)?;
    check_security(asked, desk, &token, &message)?;
    let mute = format!("mute {token}");
    if desk.held(&mute).is_some() {
        let punished = json!({"status": 1111, "wait": 5, "source": "x5", "punish": "deny",
            "uuid": "00000000000000000000000000000001"});
        return Err(Answer::good(&punished));
    }
    if desk.count(&token, A_MINUTE, Duration::from_mins(1)).is_err() {
        desk.hold(&mute, MUTE);
        return Err(no(130_101, "send too fast, exceed 20 times per minute"));
    }
    Ok(())
}

fn message(asked: &Asked) -> Result<Value, Answer> {
    if asked.method != "POST" {
        return Err(no(43002, "不合法的请求方式，需要POST请求"));
    }
    if !asked.is_json() {
        return Err(no(43004, "无效的HTTP HEADER Content-Type"));
    }
    if asked.body.len() > BODY {
        return Err(no(460_101, "message too long, exceed 20000 bytes"));
    }
    let message = asked.object().ok_or_else(|| no(40035, "缺少参数 json"))?;
    let name = text(&message, "msgtype");
    let Some((_, needed)) = TYPES.iter().find(|(it, _)| *it == name) else {
        return Err(no(400_105, "不支持的消息类型"));
    };
    let is_there = |it: &&&str| match &message[&name][**it] {
        Value::String(text) => !text.is_empty(),
        other => !other.is_null(),
    };
    match needed.iter().find(|it| !is_there(it)) {
        Some(missing) => Err(no(40035, &format!("缺少参数 {name}.{missing}"))),
        None => Ok(message),
    }
}

/// What the robot demands: a signature where `signed` stands in its token, the word 提醒 where
/// `keyword` does. A signature is checked wherever it is given.
fn check_security(
    asked: &Asked,
    desk: &mut Desk<'_>,
    token: &str,
    message: &Value,
) -> Result<(), Answer> {
    let sign = desk.key(asked.param("sign"));
    if token.contains("keyword") && !message.to_string().contains("提醒") {
        return Err(no(310_000, "keywords not in content"));
    }
    if sign.is_empty() && !token.contains("signed") {
        return Ok(());
    }
    let timestamp = asked.param("timestamp");
    let time = timestamp.parse().ok().map(Duration::from_millis);
    let is_near = time.is_some_and(|time| time.abs_diff(desk.signed) <= TOLERANCE);
    match is_near && sign == signature(&timestamp, SECRET) {
        true => Ok(()),
        false => Err(no(310_000, "sign not match")),
    }
}

/// Key: the secret. Message: time and secret. Base64, which stands percent-encoded in the URL.
fn signature(timestamp: &str, secret: &str) -> String {
    let signed = format!("{timestamp}\n{secret}");
    digest::base64(&digest::hmac(secret.as_bytes(), signed.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_signature_is_that_of_the_known_examples() {
        let time = "1700000000000";
        assert_eq!(signature(time, "SECexample"), "uroalHrWHORz59talE1o26b8HuX2kOp8WlAN91F9Pj0=");
        let signed = signature(time, "SEC000000000000000000000");
        assert_eq!(signed, "1zJ/w34EOSVAYr7cu7Vo8LnebmK2/GrCgegtr8mQrqM=");
    }
}
