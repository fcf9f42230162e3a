//! What happened, in order: every call of the API and every callback with its tries. Secrets are
//! replaced before anything is kept, and what is kept is bounded.

use std::collections::VecDeque;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// The most entries kept; older ones go first.
pub const ENTRIES: usize = 10_000;

/// The most bytes kept over all entries, counted as they are written.
pub const BYTES: usize = 32 << 20;

/// The longest text kept of one entry's field, in bytes.
pub const TEXT_BYTES: usize = 8 << 10;

/// The most entries in one answer.
pub const PAGE: usize = 1_000;

/// Members and parameters whose values are secrets.
const SECRETS: &[&str] = &[
    "access_token",
    "appsecret",
    "authorizer_access_token",
    "authorizer_refresh_token",
    "component_access_token",
    "component_appsecret",
    "component_secret",
    "component_verify_ticket",
    "corpsecret",
    "jsapi_ticket",
    "pre_auth_code",
    "refresh_token",
    "secret",
    "session_key",
    "suite_access_token",
];

/// The newest entries.
#[derive(Debug, Default)]
pub struct Transcript {
    entries: VecDeque<(u64, usize, Value)>,
    bytes: usize,
    last: u64,
    dropped: u64,
}

impl Transcript {
    /// Adds what happened at `at_ms` under the next number.
    pub fn add(&mut self, at_ms: i64, kind: &str, fields: Map<String, Value>) {
        self.last += 1;
        let mut entry = Map::new();
        entry.insert("seq".to_owned(), self.last.into());
        entry.insert("at_ms".to_owned(), at_ms.into());
        entry.insert("kind".to_owned(), kind.into());
        entry.extend(fields.into_iter().map(|(name, value)| (name, shortened(value))));
        let entry = Value::Object(entry);
        let bytes = entry.to_string().len();
        self.bytes += bytes;
        self.entries.push_back((self.last, bytes, entry));
        while self.entries.len() > ENTRIES || self.bytes > BYTES {
            let Some((_, bytes, _)) = self.entries.pop_front() else { break };
            self.bytes -= bytes;
            self.dropped += 1;
        }
    }

    /// The newest entry that `is_it` is true of.
    pub(super) fn find(&self, is_it: impl Fn(&Value) -> bool) -> Option<&Value> {
        self.entries.iter().rev().map(|(.., entry)| entry).find(|entry| is_it(entry))
    }

    /// `{"entries":[…],"next":N,"dropped":N}`: at most `limit` entries after number `since`, of
    /// one kind if it is given. `next` is the `since` of the next question; `dropped` counts what
    /// was forgotten since the start.
    pub fn since(&self, since: u64, limit: usize, kind: Option<&str>) -> Value {
        let later = self.entries.iter().filter(|(number, ..)| *number > since);
        let wanted = later.filter(|(.., it)| kind.is_none_or(|kind| it["kind"] == kind));
        let found: Vec<_> = wanted.take(limit.min(PAGE)).collect();
        let next = match found.last() {
            Some((number, ..)) if found.len() == limit.min(PAGE) => *number,
            _ => self.last.max(since),
        };
        let entries: Vec<&Value> = found.into_iter().map(|(.., entry)| entry).collect();
        json!({"entries": entries, "next": next, "dropped": self.dropped})
    }
}

/// `value` with every secret in it replaced, at any depth.
pub fn redact(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let is_secret = SECRETS.contains(&name.as_str()) && member.is_string();
                let taken = std::mem::take(member);
                *member = if is_secret { "(hidden)".into() } else { redact(taken) };
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = redact(std::mem::take(item));
            }
        }
        _ => {}
    }
    value
}

/// A value too large to keep becomes its beginning, as text.
fn shortened(value: Value) -> Value {
    let text = match &value {
        Value::String(text) if text.len() > TEXT_BYTES => text.clone(),
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            if text.len() <= TEXT_BYTES {
                return value;
            }
            text
        }
        _ => return value,
    };
    let kept = &text[..text.floor_char_boundary(TEXT_BYTES)];
    format!("{kept}… ({} bytes)", text.len()).into()
}

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use serde_json::Value;
    use serde_json::json;

    use super::ENTRIES;
    use super::TEXT_BYTES;
    use super::Transcript;
    use super::redact;

    fn fields(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(fields) => fields,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn secrets_are_replaced_at_any_depth() {
        let given = json!({"a": [{"access_token": "84_x"}], "key": "ok", "n": {"secret": 7}});
        let expected = json!({"a": [{"access_token": "(hidden)"}], "key": "ok",
            "n": {"secret": 7}});
        assert_eq!(redact(given), expected);
    }

    #[test]
    fn entries_are_numbered_and_read_page_by_page() {
        let mut transcript = Transcript::default();
        for kind in ["api", "callback", "api"] {
            transcript.add(5, kind, fields(json!({"path": "/x"})));
        }
        let page = transcript.since(0, 1, Some("api"));
        let entry = json!({"seq": 1, "at_ms": 5, "kind": "api", "path": "/x"});
        assert_eq!(page, json!({"entries": [entry], "next": 1, "dropped": 0}));
        let page = transcript.since(1, 10, Some("api"));
        assert_eq!(page["entries"].as_array().unwrap().len(), 1);
        assert_eq!(page["next"], 3);
        assert_eq!(transcript.since(3, 10, None), json!({"entries": [], "next": 3, "dropped": 0}));
    }

    #[test]
    fn the_oldest_entries_go_and_are_counted() {
        let mut transcript = Transcript::default();
        for _ in 0..ENTRIES + 5 {
            transcript.add(0, "api", Map::new());
        }
        let page = transcript.since(0, 1, None);
        assert_eq!((&page["entries"][0]["seq"], &page["dropped"]), (&json!(6), &json!(5)));
    }

    #[test]
    fn a_text_too_long_keeps_its_beginning() {
        let mut transcript = Transcript::default();
        transcript.add(0, "api", fields(json!({"body": "字".repeat(TEXT_BYTES)})));
        let page = transcript.since(0, 1, None);
        let body = page["entries"][0]["body"].as_str().unwrap();
        assert!(body.ends_with("字… (24576 bytes)"), "{}", &body[body.len() - 40..]);
        assert!(body.len() < TEXT_BYTES + 40);
    }
}
