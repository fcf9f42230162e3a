//! Answers of services that say in a JSON object whether they took the notification, often with
//! the status 200 for a no.

use std::time::Duration;

use serde_json::Value;

use super::http::excerpt;
use super::refusal;
use crate::exchange::Response;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Notification;

/// The service, for now.
pub(super) const LATER: Blame = Blame::Service { retry_after: None };

/// What a code means, and what to do about it.
pub(super) type Meaning = (i64, Blame, &'static str);

/// We have sent as much as we may; there is room again in so many seconds.
pub(super) const fn wait(seconds: u64) -> Blame {
    Blame::Quota { retry_after: Some(Duration::from_secs(seconds)) }
}

/// The object that was answered, whatever the status.
///
/// # Errors
///
/// The status, if it is a no; otherwise nobody knows what the answer means.
pub(super) fn object(response: &Response) -> Result<Value, Failure> {
    match serde_json::from_slice(&response.body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(refusal(response).unwrap_or_else(|| unreadable(response))),
    }
}

/// The code at `key`; some services write numbers as strings.
///
/// # Errors
///
/// As [`object`] has them, if there is none.
pub(super) fn code(answer: &Value, key: &str, response: &Response) -> Result<i64, Failure> {
    let code = match &answer[key] {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    code.ok_or_else(|| refusal(response).unwrap_or_else(|| unreadable(response)))
}

/// An id, be it a number or a string.
pub(super) fn id(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() => Some(excerpt(text.as_bytes())),
        _ => None,
    }
}

/// The service's no, with what `known` says of its code. An unknown code means what the status
/// means; with a status of success, that the request is at fault.
pub(super) fn refused(
    kind: &str,
    code: i64,
    message: &Value,
    known: &[Meaning],
    response: &Response,
) -> Failure {
    let found = known.iter().find(|(it, _, _)| *it == code);
    let (blame, advice) = match found {
        Some((_, blame, advice)) => (*blame, (*advice).to_owned()),
        None => {
            refusal(response).map_or((Blame::Request, String::new()), |it| (it.blame, it.advice))
        }
    };
    let detail = excerpt(message.as_str().unwrap_or_default().as_bytes());
    Failure { blame, code: format!("{kind}.{code}"), advice, detail }
}

/// A notification that the service cannot be given.
pub(super) fn unfit(code: &str, detail: &str, advice: &str) -> Failure {
    let (advice, detail) = (advice.to_owned(), detail.to_owned());
    Failure { advice, detail, ..Failure::new(Blame::Request, code) }
}

/// A notification without a word.
pub(super) fn empty() -> Failure {
    let advice = "Give the notification a title or a body.";
    unfit("channel.empty", "there is nothing to show", advice)
}

/// The service's own form of the message, if the notification brings one.
pub(super) fn native(notification: &Notification) -> Option<Value> {
    notification.native.clone().filter(Value::is_object)
}

/// Puts what the notification brings in the service's own form over `message`.
pub(super) fn overlay(message: &mut Value, notification: &Notification) {
    if let (Some(Value::Object(native)), Value::Object(message)) = (&notification.native, message) {
        message.extend(native.clone());
    }
}

/// A success that says nothing this service would say: nobody knows who took the notification.
pub(super) fn unreadable(response: &Response) -> Failure {
    let advice = "Compare `base_url` with the service's address.".to_owned();
    let detail = excerpt(&response.body);
    Failure { advice, detail, ..Failure::new(Blame::Unknown, "channel.answer") }
}
