//! Webhooks of Discord's channels. Source: discord.com/developers/docs, "Execute Webhook", "Rate
//! Limits", "Opcodes and Status Codes".

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::text;
use super::asked::whole_seconds;
use super::desk::Desk;
use super::provoke::is_nobody;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "discord", answer, hook: None };

/// The longest text, in characters, and the most embeds.
const CONTENT: usize = 2_000;
const EMBEDS: usize = 10;

/// Messages a minute into one channel.
const A_MINUTE: usize = 30;

/// The first id of a message.
const IDS: u64 = 1_300_000_000_000_000_000;

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let steps = asked.steps();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let ("POST", ["api", "webhooks", id, token]) = (asked.method.as_str(), steps.as_slice()) else {
        return no(404, 0, "404: Not Found");
    };
    let token = desk.key(*token);
    let thread = asked.param("thread_id");
    match () {
        () if is_nobody(id) => return no(404, 10015, "Unknown Webhook"),
        () if is_wrong(&token) => return no(401, 50027, "Invalid Webhook Token"),
        () if is_nobody(&thread) => return no(404, 10003, "Unknown Channel"),
        () => {}
    }
    let Some(message) = asked.object() else {
        return no(400, 50109, "The request body contains invalid JSON.");
    };
    let (content, embeds) = (text(&message, "content"), message["embeds"].as_array());
    match () {
        () if content.is_empty() && embeds.is_none_or(Vec::is_empty) => {
            return no(400, 50006, "Cannot send an empty message");
        }
        () if content.chars().count() > CONTENT => {
            return malformed("content", "Must be 2000 or fewer in length.");
        }
        () if embeds.is_some_and(|it| it.len() > EMBEDS) => {
            return malformed("embeds", "Must be 10 or fewer in length.");
        }
        () => {}
    }
    if let Err(wait) = desk.count(id, A_MINUTE, Duration::from_mins(1)) {
        return slow_down(wait);
    }
    let number = desk.number();
    match asked.param("wait").as_str() {
        "true" => {
            let id = (IDS + number).to_string();
            Answer::good(&json!({"id": id, "type": 0, "content": content, "webhook_id": steps[2]}))
        }
        _ => Answer { content_type: "", ..Answer::text(204, "") },
    }
}

fn no(status: u16, code: u32, message: &str) -> Answer {
    Answer::json(status, &json!({"message": message, "code": code}))
}

fn malformed(field: &str, why: &str) -> Answer {
    let mut errors = json!({});
    errors[field] = json!({"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": why}]});
    let said = json!({"message": "Invalid Form Body", "code": 50035, "errors": errors});
    Answer::json(400, &said)
}

fn slow_down(wait: Duration) -> Answer {
    let seconds = Value::from(wait.as_secs_f64());
    let said = json!({"message": "You are being rate limited.", "retry_after": seconds,
        "global": false});
    Answer::json(429, &said)
        .with("retry-after", whole_seconds(wait).to_string())
        .with("x-ratelimit-limit", A_MINUTE.to_string())
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-reset-after", whole_seconds(wait).to_string())
}
