//! Gotify. Source: gotify.net, "API documentation", and its server.

use jiff::Timestamp;
use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::text;
use super::desk::Desk;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "gotify", answer, hook: None };

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/version") => Answer::good(&json!({"version": "2.9.1"})),
        ("GET", "/health") => Answer::good(&json!({"health": "green", "database": "green"})),
        ("POST", "/message") => message(asked, desk),
        _ => no(404, "Not Found", "page not found"),
    }
}

fn no(status: u16, error: &str, why: &str) -> Answer {
    let said = json!({"error": error, "errorCode": status, "errorDescription": why});
    Answer::json(status, &said)
}

fn message(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let bearer = asked.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
    let given = [asked.param("token"), asked.header("x-gotify-key").to_owned(), bearer.to_owned()];
    let token = desk.key(given.into_iter().find(|it| !it.is_empty()).unwrap_or_default());
    if is_wrong(&token) {
        let why = "you need to provide a valid access token or user credentials to access this api";
        return no(401, "Unauthorized", why);
    }
    if asked.is_json() && asked.object().is_none() {
        return no(400, "Bad Request", "invalid character");
    }
    let given = asked.given();
    let said = text(&given, "message");
    if said.is_empty() {
        return no(400, "Bad Request", "Field 'message' is required");
    }
    let title = match text(&given, "title") {
        title if title.is_empty() => "simulated".to_owned(),
        title => title,
    };
    let priority = text(&given, "priority").parse::<i64>().unwrap_or(0);
    let seconds = i64::try_from(desk.now.as_secs()).unwrap_or(i64::MAX);
    let date = Timestamp::from_second(seconds).unwrap_or_default().to_string();
    let mut answer = json!({"id": desk.number(), "appid": 5, "message": said, "title": title,
        "priority": priority, "date": date});
    if given["extras"].is_object() {
        answer["extras"] = given["extras"].clone();
    }
    Answer::good(&answer)
}
