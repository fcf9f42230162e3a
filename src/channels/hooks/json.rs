//! JSON as services send it, read without trust.

use std::time::Duration;

use serde_json::Map;
use serde_json::Value;

use super::Arrived;
use super::HookError;

/// The object that arrived.
pub(super) fn object(arrived: &Arrived) -> Result<Map<String, Value>, HookError> {
    match value(arrived)? {
        Value::Object(object) => Ok(object),
        _ => Err(HookError::Unreadable),
    }
}

/// The objects that arrived: a list of them, or one alone.
pub(super) fn objects(arrived: &Arrived) -> Result<Vec<Map<String, Value>>, HookError> {
    let items = match value(arrived)? {
        Value::Array(items) => items,
        item => vec![item],
    };
    let object = |item| match item {
        Value::Object(object) => Ok(object),
        _ => Err(HookError::Unreadable),
    };
    items.into_iter().map(object).collect()
}

fn value(arrived: &Arrived) -> Result<Value, HookError> {
    serde_json::from_slice(&arrived.body).map_err(|_| HookError::Unreadable)
}

/// What stands at `path`, names joined by dots.
pub(super) fn at<'v>(object: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
    let value = object.get(first)?;
    match rest {
        None => Some(value),
        Some(rest) => at(value.as_object()?, rest),
    }
}

/// The text or number at `path`; empty where there is none.
pub(super) fn text(object: &Map<String, Value>, path: &str) -> String {
    match at(object, path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The number at `path`; some services write numbers as strings.
pub(super) fn number(object: &Map<String, Value>, path: &str) -> Option<i64> {
    text(object, path).parse().ok()
}

/// The time at `path`, in milliseconds since 1970; zero where there is none.
pub(super) fn millis(object: &Map<String, Value>, path: &str) -> Duration {
    let millis = number(object, path).and_then(|it| u64::try_from(it).ok());
    Duration::from_millis(millis.unwrap_or(0))
}

/// The same in seconds; a fraction is dropped.
pub(super) fn seconds(object: &Map<String, Value>, path: &str) -> Duration {
    let text = text(object, path);
    let whole = text.split('.').next().unwrap_or_default();
    Duration::from_secs(whole.parse().unwrap_or(0))
}
