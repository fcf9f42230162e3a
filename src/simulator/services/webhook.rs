//! Somebody's own receiver of webhooks, which checks signatures by the Standard Webhooks scheme.
//! Source: github.com/standard-webhooks, `spec/standard-webhooks.md`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::desk::Desk;
use super::digest;
use super::provoke::is_flood;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "webhook", answer, hook: None };

/// What everything is signed with.
const SECRET: &str = "whsec_c2ltdWxhdGVkLXNlY3JldC1vZi15aXpoYW4=";

/// How far the clocks may be apart, and how long an id is remembered.
const TOLERANCE: Duration = Duration::from_mins(5);
const REMEMBERED: Duration = Duration::from_hours(24);

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let no = |status: u16, why: &str| Answer::json(status, &json!({"error": why}));
    // Whatever stands in the query of an address may be what it is known by.
    desk.key("");
    if let Some(query) = asked.query_object().as_object() {
        for value in query.values() {
            desk.key(value.as_str().unwrap_or_default());
        }
    }
    let path = asked.path.as_str();
    match () {
        () if !matches!(asked.method.as_str(), "POST" | "PUT" | "PATCH") => {
            return no(405, "method not allowed");
        }
        () if is_wrong(path) => return no(401, "unauthorized"),
        () if path.contains("gone") => return no(410, "gone"),
        () if is_flood(path) => return no(429, "too many requests").with("retry-after", "30"),
        () => {}
    }
    let id = asked.header("webhook-id").to_owned();
    let given = desk.key(asked.header("webhook-signature"));
    if given.is_empty() && path.contains("signed") {
        return no(401, "no signature");
    }
    if !given.is_empty() {
        let timestamp = asked.header("webhook-timestamp");
        let time = timestamp.parse().ok().map(Duration::from_secs);
        if time.is_none_or(|time| time.abs_diff(desk.signed) > TOLERANCE) {
            return no(401, "timestamp out of tolerance");
        }
        let expected = signature(SECRET, &id, timestamp, &asked.body);
        if !given.split(' ').any(|it| Some(it) == expected.as_deref()) {
            return no(401, "signature mismatch");
        }
    }
    // What comes again is taken again and worked on once.
    let is_new = id.is_empty() || desk.held(&id).is_none();
    if is_new {
        desk.hold(&id, REMEMBERED);
    }
    Answer::good(&json!({"taken": is_new}))
}

/// `v1,` and base64 of id, time and body, with a dot between; none: the secret is none.
fn signature(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    let signed = [id.as_bytes(), timestamp.as_bytes(), body].join(&b'.');
    Some(format!("v1,{}", digest::base64(&digest::hmac(&key, &signed))))
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_signature_is_that_of_the_published_example() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = br#"{"test": 2432232314}"#;
        let signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body);
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signed.as_deref(), Some(expected));
    }
}
