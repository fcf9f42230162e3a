//! Bark's server, and Apple's behind it. Source: github.com/Finb/bark-server, `route_push.go`,
//! `route_misc.go`.

use serde_json::Value;
use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::listed;
use super::asked::text;
use super::asked::texts;
use super::desk::Desk;
use super::provoke::is_flood;
use super::provoke::is_lost;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "bark", answer, hook: None };

/// What Apple takes, in bytes.
const PAYLOAD: usize = 4_096;

/// Paths that are no key.
const OWN: &[&str] = &["push", "ping", "healthz", "info", "register"];

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let steps = asked.steps();
    let now = desk.now.as_secs();
    match (steps[0].as_str(), steps.len()) {
        ("ping", 1) => say(200, "pong", now),
        ("healthz", 1) => Answer::text(200, "ok"),
        ("info", 1) => Answer::good(&json!({"version": "v2.1.5", "devices": 1})),
        ("push", 1) if asked.method == "POST" => push(desk, asked, &asked.given()),
        (key, 1..=4) if !OWN.contains(&key) && !key.is_empty() => {
            let mut message = asked.given();
            let names: &[&str] = match steps.len() {
                1 => &["device_key"],
                2 => &["device_key", "body"],
                3 => &["device_key", "title", "body"],
                _ => &["device_key", "title", "subtitle", "body"],
            };
            for (name, step) in names.iter().zip(&steps) {
                message[*name] = step.as_str().into();
            }
            push(desk, asked, &message)
        }
        _ => say(404, &format!("Cannot {} {}", asked.method, "/…"), now),
    }
}

fn say(code: u16, message: &str, now: u64) -> Answer {
    Answer::json(code, &json!({"code": code, "message": message, "timestamp": now}))
}

fn push(desk: &mut Desk<'_>, asked: &Asked, message: &Value) -> Answer {
    let now = desk.now.as_secs();
    let mut keys = match &message["device_keys"] {
        Value::String(several) => listed(several),
        _ => texts(message, "device_keys"),
    };
    let is_batch = !keys.is_empty();
    let one = text(message, "device_key");
    if !is_batch {
        keys.push(one);
    }
    for key in &keys {
        desk.key(key.as_str());
    }
    // A server of one's own may want a user and a password.
    if keys.iter().any(|it| it.contains("teapot")) && asked.header("authorization").is_empty() {
        return Answer::text(418, "I'm a teapot");
    }
    let verdict = |key: &String| verdict(key, message);
    if !is_batch {
        let (code, why) = verdict(&keys[0]);
        return say(code, &why, now);
    }
    let each = keys.iter().map(|key| match verdict(key) {
        (200, _) => json!({"code": 200, "device_key": key}),
        (code, why) => json!({"code": code, "device_key": key, "message": why}),
    });
    let data: Value = each.collect();
    Answer::good(&json!({"code": 200, "message": "success", "data": data, "timestamp": now}))
}

/// The key stands in the words of a no.
fn verdict(key: &str, message: &Value) -> (u16, String) {
    match () {
        () if key.is_empty() => (400, "device key is empty".to_owned()),
        () if is_wrong(key) => {
            let why = format!("failed to get [{key}] device token from database");
            (400, format!("failed to get device token: {why}"))
        }
        () if message.to_string().len() > PAYLOAD => {
            (500, "push failed: PayloadTooLarge".to_owned())
        }
        () if is_lost(key) => (500, "push failed: Unregistered".to_owned()),
        () if is_flood(key) => (500, "push failed: TooManyRequests".to_owned()),
        () => (200, "success".to_owned()),
    }
}
