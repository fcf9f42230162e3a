//! ntfy: publishing. Source: docs.ntfy.sh, "Sending messages"; github.com/binwiederhier/ntfy,
//! `server/server.go`.

mod delay;
mod fields;

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use self::fields::Fields;
use super::Answer;
use super::Call;
use super::Dialect;
use super::Message;
use super::Own;
use super::Reading;
use super::Refusal;
use super::Through;
use super::Told;
use super::decode;
use super::ids;
use crate::notification::Format;
use crate::notification::Urgency;

/// The dialect.
pub(super) const DIALECT: Dialect = Dialect {
    name: "ntfy",
    doc: "ntfy: publishing in all its forms.",
    base: "/as/ntfy",
    read,
    answer,
    ..Dialect::USUAL
};

/// How long ntfy keeps a message, unless it is told otherwise.
const KEPT: Duration = Duration::from_hours(12);

/// The ways to write priorities, from 1 to 5.
const PRIORITIES: &[(&str, u8)] =
    &[("min", 1), ("low", 2), ("default", 3), ("high", 4), ("max", 5), ("urgent", 5)];

fn read(call: &Call) -> Reading {
    match (call.method.as_str(), call.segments().as_slice()) {
        ("POST" | "PUT", []) => message_in_json(call),
        (_, ["v1", "health"]) => Answer::json(200, &json!({ "healthy": true })).into(),
        ("GET", [topic, "auth"]) => Reading::Check { key: key(call, topic) },
        ("POST" | "PUT", [topic])
        | ("GET" | "POST" | "PUT", [topic, "publish" | "send" | "trigger"]) => {
            message(call, topic, &Fields::of_request(call))
        }
        _ => error(40401, "page not found", "").into(),
    }
}

fn message_in_json(call: &Call) -> Reading {
    let topic = call.value("topic").as_str().unwrap_or_default();
    if call.fields.object.is_empty() || topic.is_empty() {
        return error(
            40017,
            "invalid request: request body must be message JSON",
            "#publish-as-json",
        )
        .into();
    }
    message(call, topic, &Fields::of_json(call))
}

fn message(call: &Call, topic: &str, fields: &Fields) -> Reading {
    if !is_topic(topic) {
        return error(40009, "invalid request: topic invalid", "").into();
    }
    if fields.is_attachment {
        return error(40014, "invalid request: attachments not allowed", "#attachments").into();
    }
    let Some(priority) = priority(&fields.priority) else {
        return error(40007, "invalid request: priority invalid", "#message-priority").into();
    };
    let not_before = match fields.delay.as_str() {
        "" => None,
        text => match delay::parse(text, call.now) {
            Some(time) => Some(time),
            None => {
                let words = "invalid delay parameter: unable to parse delay";
                return error(40004, words, "#scheduled-delivery").into();
            }
        },
    };
    let credential = credential(call);
    let (through, to) = match &credential {
        Some(_) => (Through::NamedOrAll(topic.to_owned()), vec![topic.to_owned()]),
        None => (Through::All, Vec::new()),
    };
    Reading::send(
        credential.unwrap_or_else(|| topic.to_owned()),
        Message {
            title: fields.title.clone(),
            body: fields.message.clone(),
            format: if fields.is_markdown { Format::Markdown } else { Format::Text },
            urgency: match priority {
                ..=2 => Urgency::Low,
                3 => Urgency::Normal,
                _ => Urgency::High,
            },
            link: if fields.click.is_empty() {
                fields.attach.clone()
            } else {
                fields.click.clone()
            },
            not_before,
            through,
            own: Own { kinds: &["ntfy"], to, native: Some(fields.native()) },
            ..Message::default()
        },
    )
}

/// Source: `server.go`, `topicRegex`.
fn is_topic(topic: &str) -> bool {
    let is_letter = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
    (1..=64).contains(&topic.len()) && topic.bytes().all(is_letter)
}

/// From 1 to 5; 3 where nothing is said. A browser's own `Priority: u=1` says nothing.
fn priority(text: &str) -> Option<u8> {
    let text = text.trim().to_ascii_lowercase();
    match text.as_str() {
        "" => Some(3),
        text if text.starts_with("u=") => Some(3),
        text => {
            let word = PRIORITIES.iter().find(|(word, _)| *word == text).map(|(_, number)| *number);
            word.or_else(|| text.parse().ok().filter(|it| (1..=5).contains(it)))
        }
    }
}

/// The key: a bearer's, or the password of Basic, in the header or in `?auth=`; none where there is
/// no such thing, and then the topic is it.
fn credential(call: &Call) -> Option<String> {
    let auth = call.query_text(&["auth", "authorization"]).and_then(|it| decode::base64(it.trim()));
    let value = auth.or_else(|| call.header("authorization").map(str::to_owned))?;
    let (scheme, rest) = value.trim().split_once(' ')?;
    let credential = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => rest.trim().to_owned(),
        "basic" => {
            let pair = decode::base64(rest.trim())?;
            pair.split_once(':').map_or_else(|| pair.clone(), |(_, password)| password.to_owned())
        }
        _ => return None,
    };
    Some(credential)
}

/// The key of a call for `topic`.
fn key(call: &Call, topic: &str) -> String {
    credential(call).unwrap_or_else(|| topic.to_owned())
}

fn answer(call: &Call, told: &Told<'_>) -> Answer {
    match told {
        Told::Sent { message, outcomes } => match outcomes.first() {
            Some(Ok(sent)) => {
                let segments = call.segments();
                let of_json = call.value("topic").as_str().unwrap_or_default();
                let topic = segments.first().copied().unwrap_or(of_json);
                Answer::json(200, &event(message, topic, &ids::word(sent.id, 12), sent.id.time()))
            }
            Some(Err(refusal)) => refused(call, refusal),
            None => refused(call, &Refusal::Key),
        },
        Told::Key(Ok(_)) => Answer::json(200, &json!({ "success": true })),
        Told::Key(Err(refusal)) => refused(call, refusal),
        Told::Fate(_) | Told::Withdrawn(_) => error(40401, "page not found", ""),
    }
}

/// The message as its subscribers would see it.
fn event(message: &Message, topic: &str, id: &str, accepted: Duration) -> Value {
    let time = message.not_before.unwrap_or(accepted);
    let mut event = json!({
        "id": id, "time": time.as_secs(), "expires": (time + KEPT).as_secs(), "event": "message",
        "topic": topic,
    });
    if !message.title.is_empty() {
        event["title"] = message.title.as_str().into();
    }
    event["message"] = message.body.as_str().into();
    let native = message.own.native.as_ref().and_then(Value::as_object);
    for (name, value) in native.into_iter().flatten() {
        match name.as_str() {
            "message" | "delay" => {}
            "markdown" => event["content_type"] = "text/markdown".into(),
            name => event[name] = value.clone(),
        }
    }
    event
}

fn refused(call: &Call, refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::Key if credential(call).is_some() => error(40101, "unauthorized", AUTHENTICATION),
        Refusal::Key | Refusal::Channel(_) => error(40301, "forbidden", AUTHENTICATION),
        Refusal::Message(words) => error(40000, &format!("bad request: {words}"), ""),
        Refusal::TooMany => error(42901, "limit reached: too many requests", "#limitations"),
        Refusal::Unavailable => error(50001, "internal server error", ""),
        Refusal::Upstream { detail, .. } => error(50001, detail, ""),
    }
}

const AUTHENTICATION: &str = "#authentication";

/// The first three digits of a code are the status.
fn error(code: u32, words: &str, anchor: &str) -> Answer {
    let status = u16::try_from(code / 100).unwrap_or(500);
    let mut body = json!({ "code": code, "http": status, "error": words });
    if !anchor.is_empty() {
        body["link"] = format!("https://ntfy.sh/docs/publish/{anchor}").into();
    }
    Answer::json(status, &body)
}
