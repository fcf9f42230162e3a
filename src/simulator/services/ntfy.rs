//! ntfy. Sources: docs.ntfy.sh, "Publishing"; github.com/binwiederhier/ntfy, `server/errors.go`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::listed;
use super::asked::text;
use super::asked::texts;
use super::desk::Desk;
use super::digest;
use super::provoke::is_flood;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "ntfy", answer, hook: None };

/// What is longer becomes a file; in bytes.
const MESSAGE: usize = 4_096;

/// How long messages are kept, in seconds.
const KEPT: u64 = 43_200;

/// 60 requests at once, then one each five seconds; by the window of a minute that is the same.
const REQUESTS: usize = 60;
const PER: Duration = Duration::from_mins(5);

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let steps = asked.steps();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let message = match (asked.method.as_str(), steps.as_slice()) {
        ("GET", ["v1", "health"]) => return Answer::good(&json!({"healthy": true})),
        ("POST" | "PUT", [""]) => match asked.object() {
            Some(message) => message,
            None => {
                let why = "invalid request: request body must be message JSON";
                return no(40017, why, "publish-as-json");
            }
        },
        ("POST" | "PUT", [topic]) => by_headers(asked, topic),
        ("GET", [topic, "publish" | "send" | "trigger"]) => {
            let mut message = asked.query_object();
            message["topic"] = (*topic).into();
            message
        }
        _ => return no(40401, "page not found", ""),
    };
    let topic = desk.key(text(&message, "topic"));
    publish(asked, desk, &topic, &message)
}

/// The body is the message, the rest stands in headers, each of which has other names too.
fn by_headers(asked: &Asked, topic: &str) -> Value {
    let header = |names: &[&str]| {
        let found = names.iter().map(|name| asked.header(name)).find(|it| !it.is_empty());
        found.unwrap_or_default().to_owned()
    };
    let mut message = json!({
        "topic": topic,
        "message": String::from_utf8_lossy(&asked.body),
        "title": header(&["x-title", "title", "t"]),
        "tags": listed(&header(&["x-tags", "tags", "tag", "ta"])),
    });
    let priority = header(&["x-priority", "priority", "prio", "p"]);
    if !priority.is_empty() {
        message["priority"] = priority.parse::<u64>().map_or_else(|_| priority.into(), Value::from);
    }
    message
}

/// The code begins with the HTTP status.
fn no(code: u32, why: &str, anchor: &str) -> Answer {
    let status = u16::try_from(code / 100).unwrap_or(500);
    let link = format!("https://ntfy.sh/docs/publish/#{anchor}");
    Answer::json(status, &json!({"code": code, "http": status, "error": why, "link": link}))
}

fn publish(asked: &Asked, desk: &mut Desk<'_>, topic: &str, message: &Value) -> Answer {
    let is_allowed = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_');
    if !(1..=64).contains(&topic.len()) || !topic.bytes().all(is_allowed) {
        return no(40009, "invalid request: topic invalid", "");
    }
    let who = desk.key(asked.header("authorization"));
    let pair = who.strip_prefix("Basic ").and_then(|it| STANDARD.decode(it).ok());
    let pair = pair.map(|it| String::from_utf8_lossy(&it).into_owned());
    if !who.is_empty() && is_wrong(pair.as_ref().unwrap_or(&who)) {
        return no(40101, "unauthorized", "authentication");
    }
    if is_wrong(topic) || (topic.contains("private") && who.is_empty()) {
        return no(40301, "forbidden", "authentication");
    }
    if is_flood(topic) {
        return no(42908, "limit reached: daily message quota reached", "limitations");
    }
    let priority = message.get("priority").map(|it| it.as_u64().filter(|it| (1..=5).contains(it)));
    if priority == Some(None) {
        return no(40007, "invalid request: priority invalid", "message-priority");
    }
    // By address, it counts; here every topic is called from one of its own.
    if desk.count(topic, REQUESTS, PER).is_err() {
        return no(42901, "limit reached: too many requests", "limitations");
    }
    taken(desk, topic, message)
}

fn taken(desk: &mut Desk<'_>, topic: &str, message: &Value) -> Answer {
    let number = desk.number();
    let id = digest::base64(&digest::hmac(b"ntfy", &number.to_be_bytes()));
    let id: String = id.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
    let now = desk.now.as_secs();
    let mut said = json!({"id": id, "time": now, "expires": now + KEPT, "event": "message",
        "topic": topic});
    let (title, words) = (text(message, "title"), text(message, "message"));
    if !title.is_empty() {
        said["title"] = title.into();
    }
    said["message"] = match words.as_str() {
        "" => "triggered".into(),
        _ if words.len() > MESSAGE => "You received a file: attachment.txt".into(),
        _ => words.as_str().into(),
    };
    if words.len() > MESSAGE {
        said["attachment"] = json!({"name": "attachment.txt", "size": words.len()});
    }
    if message["priority"].is_u64() {
        said["priority"] = message["priority"].clone();
    }
    let tags = texts(message, "tags");
    if !tags.is_empty() {
        said["tags"] = json!(tags);
    }
    Answer::good(&said)
}
