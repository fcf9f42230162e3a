//! Gotify: sending messages. Source: gotify.net, "REST-API".

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use super::Answer;
use super::Call;
use super::Dialect;
use super::Message;
use super::Own;
use super::Reading;
use super::Refusal;
use super::Told;
use super::ids;
use crate::notification::Format;
use crate::notification::Urgency;

/// The dialect.
pub(super) const DIALECT: Dialect = Dialect {
    name: "gotify",
    doc: "Gotify: sending messages.",
    base: "/as/gotify",
    read,
    answer,
    ..Dialect::USUAL
};

/// The version whose interface this is.
const VERSION: &str = "2.6.1";

fn read(call: &Call) -> Reading {
    match (call.method.as_str(), call.segments().as_slice()) {
        ("POST", ["message"]) => message(call),
        ("GET", ["version"]) => {
            let body = json!({ "version": VERSION, "commit": "yizhan", "buildDate": "" });
            Answer::json(200, &body).into()
        }
        ("GET", ["health"]) => {
            Answer::json(200, &json!({ "health": "green", "database": "green" })).into()
        }
        _ => error(404, "Not Found", "page not found").into(),
    }
}

fn message(call: &Call) -> Reading {
    if call.fields.is_broken {
        return error(400, "Bad Request", "the body is no JSON object").into();
    }
    let body = call.text(&["message"]);
    if body.is_empty() {
        return error(400, "Bad Request", "Field 'message' is required").into();
    }
    let extras = call.value("extras");
    let shown = extras["client::display"]["contentType"].as_str();
    let click = extras["client::notification"]["click"]["url"].as_str();
    let is_markdown = shown == Some("text/markdown");
    let mut native = call.pick(&["extras", "priority"]);
    if !extras.is_object() {
        native.shift_remove("extras");
    }
    Reading::send(
        token(call),
        Message {
            title: call.text(&["title"]),
            body,
            format: if is_markdown { Format::Markdown } else { Format::Text },
            urgency: urgency(call),
            link: click.unwrap_or_default().to_owned(),
            own: Own {
                kinds: &["gotify"],
                to: Vec::new(),
                native: (!native.is_empty()).then(|| Value::Object(native)),
            },
            ..Message::default()
        },
    )
}

/// Query, header, bearer: in this order.
fn token(call: &Call) -> String {
    let of_header = || call.header("x-gotify-key").filter(|it| !it.is_empty()).map(str::to_owned);
    call.query_text(&["token"]).or_else(of_header).or_else(|| call.bearer()).unwrap_or_default()
}

/// Below 4 the app makes no sound, from 8 on it pops up. Source: gotify/android, "Priorities".
fn urgency(call: &Call) -> Urgency {
    match call.text(&["priority"]).parse::<i64>() {
        Ok(..=3) => Urgency::Low,
        Ok(4..=7) | Err(_) => Urgency::Normal,
        Ok(_) => Urgency::High,
    }
}

fn answer(call: &Call, told: &Told<'_>) -> Answer {
    let Told::Sent { message, outcomes } = told else {
        return error(404, "Not Found", "page not found");
    };
    let sent = match outcomes.first() {
        Some(Ok(sent)) => sent,
        Some(Err(refusal)) => return refused(refusal),
        None => return refused(&Refusal::Key),
    };
    // An application's name is the title of a message that has none.
    let title = if message.title.is_empty() { &sent.key } else { &message.title };
    let millis = i64::try_from(sent.id.time().as_millis()).unwrap_or_default();
    let date = Timestamp::from_millisecond(millis).unwrap_or_default();
    let mut body = json!({
        "id": ids::number(sent.id), "appid": 1, "message": message.body, "title": title,
        "priority": call.text(&["priority"]).parse::<i64>().unwrap_or_default(),
        "date": date.to_string(),
    });
    if call.value("extras").is_object() {
        body["extras"] = call.value("extras").clone();
    }
    Answer::json(200, &body)
}

fn refused(refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::Key => error(
            401,
            "Unauthorized",
            "you need to provide a valid access token or user credentials to access this api",
        ),
        Refusal::Channel(_) => error(403, "Forbidden", refusal.words()),
        Refusal::Message(_) => error(400, "Bad Request", refusal.words()),
        Refusal::TooMany => error(429, "Too Many Requests", refusal.words()),
        Refusal::Unavailable => error(500, "Internal Server Error", refusal.words()),
        Refusal::Upstream { .. } => error(502, "Bad Gateway", refusal.words()),
    }
}

fn error(status: u16, name: &str, words: &str) -> Answer {
    let body = json!({ "error": name, "errorCode": status, "errorDescription": words });
    Answer::json(status, &body)
}
