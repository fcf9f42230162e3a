//! `/api/v1/messages`: the callbacks that `[server] capture` keeps as files.

use serde_json::Value;
use serde_json::json;

use super::Api;
use super::endpoint::Answer;
use super::endpoint::Answering;
use super::endpoint::Call;
use super::field;
use super::field::Field;
use super::field::Shape;
use super::notifications::moment;
use super::refusal::Refusal;
use crate::capture;
use crate::code;

/// How many a page has unless the caller says otherwise.
const PAGE: usize = 50;

/// Which page.
pub(super) const QUERY: &[Field] = &[
    Field::may("limit", Shape::Count(1, 200), "How many at most; 50 unless it says otherwise."),
    Field::may("cursor", Shape::Text(200), "The `next` of the page before."),
];

/// `GET`, the newest first. What they say stays in the files.
pub(super) fn list(api: &Api, call: Call) -> Answering<'_> {
    Box::pin(async move {
        let Some(folder) = api.captures.clone() else {
            return Ok(Answer::Json(200, json!({ "kept": false, "messages": [], "next": null })));
        };
        let names = tokio::task::spawn_blocking(move || capture::names(&folder)).await;
        let mut names = names.ok().and_then(Result::ok).ok_or_else(|| {
            Refusal::new(code::STORE_FAILED, "the folder of captures cannot be read")
        })?;
        let cursor = field::text(&call.query, "cursor");
        names.retain(|name| cursor.is_empty() || *name < cursor);
        names.sort_by(|a, b| b.cmp(a));
        let limit = call.query.get("limit").and_then(Value::as_u64);
        let limit = limit.and_then(|it| usize::try_from(it).ok()).unwrap_or(PAGE);
        let next = names.get(limit).and(names.get(limit - 1)).cloned();
        let rows: Vec<Value> = names.iter().take(limit).filter_map(|name| row(name)).collect();
        Ok(Answer::Json(200, json!({ "kept": true, "messages": rows, "next": next })))
    })
}

/// `1767225600000-0007-shop-text.http`
fn row(name: &str) -> Option<Value> {
    let mut parts = name.splitn(3, '-');
    let millis = parts.next()?.parse().ok()?;
    let what = parts.nth(1)?.strip_suffix(".http")?;
    let at = moment(std::time::Duration::from_millis(millis));
    Some(json!({ "file": name, "at": at, "what": what }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::row;

    #[test]
    fn the_name_of_a_file_says_when_and_what() {
        let expected = json!({
            "file": "1767225600000-0007-my-shop-text.http",
            "at": "2026-01-01T00:00:00Z",
            "what": "my-shop-text",
        });
        assert_eq!(row("1767225600000-0007-my-shop-text.http"), Some(expected));
        assert_eq!(row("accounts.toml"), None);
    }
}
