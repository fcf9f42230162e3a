//! sre24, as its clients know it: it has no public documentation. Its codes are those of HTTP, and the
//! status is 200 beside them.

use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::text;
use super::desk::Desk;
use super::provoke::is_flood;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "sre24", answer, hook: None };

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    if !matches!(asked.path.trim_end_matches('/'), "/api/v1/push" | "/to") {
        return Answer::page(404);
    }
    let given = asked.given();
    let token = desk.key(text(&given, "token"));
    let (code, msg) = match () {
        () if is_wrong(&token) => (401, "invalid token"),
        () if text(&given, "msg").is_empty() => (400, "msg is empty"),
        () if is_flood(&token) => (429, "too many requests"),
        () => (202, "accepted"),
    };
    Answer::good(&json!({"code": code, "msg": msg}))
}
