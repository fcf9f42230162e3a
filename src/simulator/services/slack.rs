//! Slack: incoming webhooks, and `chat.postMessage` of a bot. Source: docs.slack.dev, "Sending
//! messages using incoming webhooks", "chat.postMessage", "Rate limits".

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::text;
use super::asked::whole_seconds;
use super::desk::Desk;
use super::digest;
use super::letter::Letter;
use super::letter::Saying;
use super::letter::Teller;
use super::provoke::is_nobody;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "slack", answer, hook: Some(&HOOK) };

/// What is written to an app.
const HOOK: Teller = Teller { says, tells: None, is_yes: super::letter::anything };

fn says(saying: &Saying<'_>) -> Letter {
    let seconds = saying.now.as_secs();
    let event = json!({
        "type": "app_mention",
        "user": saying.writer("U1"),
        "text": format!("<@U0LAN0Z89> {}", saying.text),
        "ts": format!("{seconds}.{:06}", saying.number),
        "channel": "C1",
    });
    let letter = Letter::json(&json!({
        "type": "event_callback",
        "event_id": format!("Ev{}", saying.number),
        "event_time": seconds,
        "event": event,
    }));
    let signed = format!("v0:{seconds}:{}", letter.body);
    let signature = digest::hex(&digest::hmac(saying.secret.as_bytes(), signed.as_bytes()));
    letter
        .with("X-Slack-Request-Timestamp", seconds.to_string())
        .with("X-Slack-Signature", format!("v0={signature}"))
}

/// One message a second; a few at once are let through.
const BURST: usize = 5;
const PER: Duration = Duration::from_secs(5);

/// What a text is cut to, in characters.
const LONGEST: usize = 40_000;

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    if let Some(path) = asked.path.strip_prefix("/services/") {
        let path = desk.key(path);
        return webhook(asked, desk, &path);
    }
    match asked.path.as_str() {
        "/api/chat.postMessage" => post_message(asked, desk),
        _ => Answer::page(404),
    }
}

/// Words in plain text, with a status of their own.
fn webhook(asked: &Asked, desk: &mut Desk<'_>, path: &str) -> Answer {
    if is_wrong(path) {
        return Answer::text(404, "no_service");
    }
    if path.contains("archived") {
        return Answer::text(410, "channel_is_archived");
    }
    // A form has the same JSON as its field `payload`.
    let payload = match asked.is_json() {
        true => asked.object(),
        false => serde_json::from_str(&text(&asked.given(), "payload")).ok(),
    };
    let Some(message) = payload.filter(Value::is_object) else {
        return Answer::text(400, "invalid_payload");
    };
    if is_silent(&message) {
        return Answer::text(400, "no_text");
    }
    match desk.count(path, BURST, PER) {
        Ok(()) => Answer::text(200, "ok"),
        Err(wait) => {
            Answer::text(429, "rate_limited").with("retry-after", whole_seconds(wait).to_string())
        }
    }
}

fn is_silent(message: &Value) -> bool {
    let has = |name: &str| message[name].as_array().is_some_and(|it| !it.is_empty());
    text(message, "text").is_empty() && !has("blocks") && !has("attachments")
}

fn post_message(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let no = |word: &str| Answer::good(&json!({"ok": false, "error": word}));
    let token = asked.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
    let token = desk.key(token);
    let message = asked.given();
    let channel = text(&message, "channel");
    match () {
        () if token.is_empty() => return no("not_authed"),
        () if is_wrong(&token) || !token.starts_with("xox") => return no("invalid_auth"),
        () if channel.is_empty() || is_nobody(&channel) => return no("channel_not_found"),
        () if channel.contains("archived") => return no("is_archived"),
        () if channel.contains("outside") => return no("not_in_channel"),
        () if is_silent(&message) => return no("no_text"),
        () => {}
    }
    if let Err(wait) = desk.count(&channel, BURST, PER) {
        let said = json!({"ok": false, "error": "ratelimited"});
        return Answer::json(429, &said).with("retry-after", whole_seconds(wait).to_string());
    }
    let said: String = text(&message, "text").chars().take(LONGEST).collect();
    let ts = format!("{}.{:06}", desk.now.as_secs(), desk.number() * 100);
    let message = json!({"text": said, "type": "message", "ts": ts});
    Answer::good(&json!({"ok": true, "channel": channel, "ts": ts, "message": message}))
}
