//! Robots in groups of Feishu and Lark. Source: Feishu, "custom bot guide".

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

pub(super) const SERVICE: Service = Service { kind: "feishu", answer, hook: Some(&HOOK) };

/// What is written to an app's bot.
const HOOK: Teller = Teller { says, tells: None, is_yes: |body| body.trim() == "{}" };

/// The app's Verification Token stands in the event; with an Encrypt Key it is sealed and signed.
fn says(saying: &Saying<'_>) -> Letter {
    let content = json!({"text": format!("@_user_1 {}", saying.text)}).to_string();
    let event = json!({
        "schema": "2.0",
        "header": {
            "event_id": format!("event{}", saying.number),
            "event_type": "im.message.receive_v1",
            "create_time": saying.now.as_millis().to_string(),
            "token": saying.secret,
        },
        "event": {
            "sender": {"sender_id": {"open_id": saying.writer("ou_simulated")}},
            "message": {
                "message_id": format!("om_{}", saying.number),
                "chat_type": "group",
                "message_type": "text",
                "content": content,
            },
        },
    });
    if saying.encrypt_key.is_empty() {
        return Letter::json(&event);
    }
    let iv = digest::iv(saying.number);
    let sealed = digest::seal(saying.encrypt_key, iv, event.to_string().as_bytes());
    let letter = Letter::json(&json!({"encrypt": digest::base64(&sealed)}));
    let (timestamp, nonce) = (saying.now.as_secs().to_string(), saying.number.to_string());
    let signed = [&timestamp, &nonce, saying.encrypt_key, &letter.body].concat();
    letter
        .with("X-Lark-Request-Timestamp", timestamp)
        .with("X-Lark-Request-Nonce", nonce)
        .with("X-Lark-Signature", digest::sha256(signed.as_bytes()))
}

/// The secret of every robot that demands signatures.
const SECRET: &str = "simulated";

/// The largest message, in bytes.
const BODY: usize = 20 << 10;

/// How many messages are taken, and in what time.
const RATES: [(&str, usize, Duration); 2] =
    [("second", 5, Duration::from_secs(1)), ("minute", 100, Duration::from_mins(1))];

/// How far the clocks may be apart.
const TOLERANCE: Duration = Duration::from_hours(1);

/// Each type of message, and where its content stands.
const TYPES: &[(&str, &str)] = &[
    ("text", "/content/text"),
    ("post", "/content/post"),
    ("image", "/content/image_key"),
    ("share_chat", "/content/share_chat_id"),
    ("interactive", "/card"),
];

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let steps = asked.steps();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let (is_old, token) = match (asked.method.as_str(), steps.as_slice()) {
        ("POST", ["open-apis", "bot", "v2", "hook", token]) => (false, desk.key(*token)),
        ("POST", ["open-apis", "bot", "hook", token]) => (true, desk.key(*token)),
        _ => return Answer::page(404),
    };
    match fault(asked, desk, &token, is_old) {
        None if is_old => {
            Answer::good(&json!({"Extra": null, "StatusCode": 0, "StatusMessage": "success"}))
        }
        None => Answer::good(&json!({"code": 0, "msg": "success", "data": {}, "StatusCode": 0,
            "StatusMessage": "success", "Extra": null})),
        // What it cannot read is the only no with a status of its own.
        Some((code @ 9499, msg)) => {
            Answer::json(400, &json!({"code": code, "msg": msg, "data": {}}))
        }
        Some((code, msg)) => Answer::good(&json!({"code": code, "msg": msg, "data": {}})),
    }
}

fn fault(
    asked: &Asked,
    desk: &mut Desk<'_>,
    token: &str,
    is_old: bool,
) -> Option<(u32, &'static str)> {
    if is_wrong(token) {
        return Some((19001, "param invalid: incoming webhook access token invalid"));
    }
    let Some(message) = asked.object().filter(|_| asked.body.len() <= BODY) else {
        return Some((9499, "Bad Request"));
    };
    let content = match is_old {
        true => message.pointer("/text"),
        false => {
            let kind = text(&message, "msg_type");
            TYPES.iter().find(|(it, _)| *it == kind).and_then(|(_, at)| message.pointer(at))
        }
    };
    if content.is_none_or(|it| it.is_null() || *it == "") {
        return Some((9499, "Bad Request"));
    }
    if token.contains("keyword") && !message.to_string().contains("提醒") {
        return Some((19024, "Key Words Not Found"));
    }
    if !is_signed(desk, token, &message) {
        let msg = "sign match fail or timestamp is not within one hour from current time";
        return Some((19021, msg));
    }
    for (name, most, per) in RATES {
        if desk.count(&format!("{token} in a {name}"), most, per).is_err() {
            return Some((11232, "frequency limited"));
        }
    }
    None
}

/// Signed where `signed` stands in the robot's token; right wherever a signature is given.
fn is_signed(desk: &mut Desk<'_>, token: &str, message: &Value) -> bool {
    let (timestamp, sign) = (text(message, "timestamp"), desk.key(text(message, "sign")));
    if sign.is_empty() {
        return !token.contains("signed");
    }
    let time = timestamp.parse().ok().map(Duration::from_secs);
    let is_near = time.is_some_and(|time| time.abs_diff(desk.signed) <= TOLERANCE);
    // The time is a text, says the guide.
    is_near && message["timestamp"].is_string() && sign == signature(&timestamp, SECRET)
}

/// Key: time and secret. Message: none.
fn signature(timestamp: &str, secret: &str) -> String {
    digest::base64(&digest::hmac(format!("{timestamp}\n{secret}").as_bytes(), b""))
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_signature_is_that_of_the_known_examples() {
        let signed = signature("1700000000", "SECexample");
        assert_eq!(signed, "giaCP81WKcKmxS0uSLlrqVVwRIDJGES6GpFgEr4g4C4=");
        let signed = signature("1599360473", "demo");
        assert_eq!(signed, "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=");
    }
}
