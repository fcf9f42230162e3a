//! What a call takes, as a table: the same lines check what arrives and make the schema.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use regex::Regex;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::refusal::Refusal;
use crate::config::fault::did_you_mean;
use crate::config::measure;

/// One member of a body, or one parameter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) doc: &'static str,
    /// Whether a parameter must be there.
    pub(super) is_required: bool,
}

impl Field {
    /// One that may be left out.
    pub(super) const fn may(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self { name, shape, doc, is_required: false }
    }

    /// One that must be there.
    pub(super) const fn must(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self { name, shape, doc, is_required: true }
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// A text of at most so many characters.
    Text(usize),
    /// A name of the config: 1 to 64 letters, digits, `-` and `_`.
    Name,
    /// At most so many names.
    Names(usize),
    /// A text of at most so many characters, or a list of up to so many.
    Texts(usize, usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A number from the first to the second.
    Count(u64, u64),
    /// A moment: RFC 3339.
    Time,
    /// A stretch of time: `90s`, `10m`, `2h`.
    Span,
    /// How long something is kept: a minute to 90 days.
    Keep,
    /// An http address.
    Link,
    /// An id of ours.
    Id,
    /// Any JSON object.
    Object,
}

const NAME: &str = "^[A-Za-z0-9_-]{1,64}$";
const SPAN: &str = "^[0-9]{1,5}(ms|s|m|h|d)$";
const KEEP: &str = "^([1-9][0-9]{0,4}m|[1-9][0-9]{0,2}h|[1-8]?[1-9]d|[1-9]0d)$";
const LINK: &str = "^https?://[!-~]{1,2000}$";
const ID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
const TIME: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$";

static NAMED: LazyLock<Regex> = LazyLock::new(|| compiled(NAME));
static SPANNED: LazyLock<Regex> = LazyLock::new(|| compiled(SPAN));
static KEPT: LazyLock<Regex> = LazyLock::new(|| compiled(KEEP));
static LINKED: LazyLock<Regex> = LazyLock::new(|| compiled(LINK));
static IDENTIFIED: LazyLock<Regex> = LazyLock::new(|| compiled(ID));
static TIMED: LazyLock<Regex> = LazyLock::new(|| compiled(TIME));

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns of the API are good ones, as a test says")
}

impl Shape {
    /// Whether `value` is one, and otherwise what it must be.
    fn check(self, value: &Value) -> Result<(), String> {
        let text = value.as_str();
        let list = value.as_array();
        let is = |pattern: &LazyLock<Regex>| text.is_some_and(|it| pattern.is_match(it));
        let is_short = |it: &Value, most| it.as_str().is_some_and(|it| it.chars().count() <= most);
        let is_good = match self {
            Self::Text(most) => is_short(value, most),
            Self::Name => is(&NAMED),
            Self::Names(most) => list.is_some_and(|list| {
                let is_name = |it: &Value| it.as_str().is_some_and(|it| NAMED.is_match(it));
                (1..=most).contains(&list.len()) && list.iter().all(is_name)
            }),
            Self::Texts(most, count) => match list {
                Some(list) => list.len() <= count && list.iter().all(|it| is_short(it, most)),
                None => is_short(value, most),
            },
            Self::Word(words) => text.is_some_and(|it| words.contains(&it)),
            Self::Count(least, most) => {
                value.as_u64().is_some_and(|it| (least..=most).contains(&it))
            }
            Self::Time => text.is_some_and(|it| time(it).is_some()),
            Self::Span => is(&SPANNED),
            Self::Keep => is(&KEPT),
            Self::Link => is(&LINKED),
            Self::Id => is(&IDENTIFIED),
            Self::Object => value.is_object(),
        };
        if is_good { Ok(()) } else { Err(self.words()) }
    }

    /// What it must be, for a person.
    pub(super) fn words(self) -> String {
        match self {
            Self::Text(most) => format!("a string of at most {most} characters"),
            Self::Name => "1 to 64 letters, digits, `-` and `_`".to_owned(),
            Self::Names(most) => format!("a list of 1 to {most} names"),
            Self::Texts(most, count) => {
                format!("a string of at most {most} characters, or a list of at most {count}")
            }
            Self::Word(words) => format!("one of `{}`", words.join("`, `")),
            Self::Count(least, most) => format!("a number from {least} to {most}"),
            Self::Time => "a time such as `2026-11-26T22:00:00+08:00`".to_owned(),
            Self::Span => "a duration such as `90s`, `10m` or `2h`".to_owned(),
            Self::Keep => "a duration from `1m` to `90d`, such as `12h`".to_owned(),
            Self::Link => "an http or https address of at most 2000 characters".to_owned(),
            Self::Id => "an id such as `019b76da-a800-7000-8000-000000000000`".to_owned(),
            Self::Object => "an object".to_owned(),
        }
    }

    /// The same as a JSON schema.
    pub(super) fn schema(self) -> Value {
        match self {
            Self::Text(most) => json!({ "type": "string", "maxLength": most }),
            Self::Name => json!({ "type": "string", "pattern": NAME }),
            Self::Names(most) => json!({
                "type": "array", "minItems": 1, "maxItems": most, "items": Self::Name.schema(),
            }),
            Self::Texts(most, count) => {
                let one = Self::Text(most).schema();
                json!({ "anyOf": [one, { "type": "array", "maxItems": count, "items": one }] })
            }
            Self::Word(words) => json!({ "type": "string", "enum": words }),
            Self::Count(least, most) => {
                json!({ "type": "integer", "minimum": least, "maximum": most })
            }
            Self::Time => json!({ "type": "string", "format": "date-time" }),
            Self::Span => json!({ "type": "string", "pattern": SPAN }),
            Self::Keep => json!({ "type": "string", "pattern": KEEP }),
            Self::Link => json!({ "type": "string", "pattern": LINK }),
            Self::Id => json!({ "type": "string", "pattern": ID }),
            Self::Object => json!({ "type": "object" }),
        }
    }

    /// The value that a parameter's text stands for.
    fn of_text(self, text: &str) -> Value {
        match self {
            Self::Count(..) => text.parse::<u64>().map_or_else(|_| json!(text), |it| json!(it)),
            _ => json!(text),
        }
    }
}

/// The moment that an RFC 3339 text names, since 1970. One that our calendar does not reach is the
/// nearest that it does.
pub(super) fn time(text: &str) -> Option<Duration> {
    if !TIMED.is_match(text) {
        return None;
    }
    let millis = text.parse::<Timestamp>().ok()?.as_millisecond();
    Some(u64::try_from(millis).map_or(Duration::ZERO, Duration::from_millis))
}

/// The stretch of time that a text names.
pub(super) fn span(text: &str) -> Option<Duration> {
    measure::duration(text)
}

/// Checks a JSON object.
///
/// # Errors
///
/// A member that is not in `fields`, with the nearest that is, or one of another shape.
pub(super) fn check(object: &Map<String, Value>, fields: &[Field]) -> Result<(), Refusal> {
    for (name, value) in object {
        let Some(field) = fields.iter().find(|it| it.name == name) else {
            let advice = did_you_mean(name, fields.iter().map(|it| it.name));
            let shown: String = name.chars().take(100).collect();
            return Err(Refusal::invalid(format!("`{shown}` is unknown")).advise(advice));
        };
        if let Err(wanted) = field.shape.check(value) {
            return Err(Refusal::invalid(format!("`{name}` must be {wanted}")));
        }
    }
    Ok(())
}

/// Reads parameters, each at most once.
///
/// # Errors
///
/// As [`check`]; a parameter that is there twice.
pub(super) fn parameters(
    pairs: impl Iterator<Item = (String, String)>,
    fields: &[Field],
) -> Result<Map<String, Value>, Refusal> {
    let mut read = Map::new();
    for (name, text) in pairs {
        let field = fields.iter().find(|it| it.name == name);
        let value = field.map_or_else(|| json!(text), |it| it.shape.of_text(&text));
        if read.insert(name.clone(), value).is_some() {
            return Err(Refusal::invalid(format!("`{name}` is there twice")));
        }
    }
    if let Some(field) = fields.iter().find(|it| it.is_required && !read.contains_key(it.name)) {
        return Err(Refusal::invalid(format!("`{}` is missing", field.name)));
    }
    check(&read, fields)?;
    Ok(read)
}

/// A text; empty if it is not there.
pub(super) fn text(object: &Map<String, Value>, name: &str) -> String {
    object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A text or a list of texts; empty if it is not there.
pub(super) fn texts(object: &Map<String, Value>, name: &str) -> Vec<String> {
    match object.get(name) {
        Some(Value::Array(list)) => {
            list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        Some(Value::String(text)) => vec![text.clone()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;
    use serde_json::json;

    use super::Field;
    use super::Shape;
    use super::check;
    use super::parameters;
    use super::time;

    const FIELDS: &[Field] = &[
        Field::may("title", Shape::Text(3), ""),
        Field::may("channels", Shape::Names(2), ""),
        Field::may("to", Shape::Texts(3, 2), ""),
        Field::may("format", Shape::Word(&["text", "html"]), ""),
        Field::may("delay", Shape::Span, ""),
        Field::may("link", Shape::Link, ""),
        Field::may("limit", Shape::Count(1, 9), ""),
        Field::may("not_before", Shape::Time, ""),
    ];

    fn said(value: &Value) -> String {
        match check(value.as_object().unwrap(), FIELDS) {
            Ok(()) => String::new(),
            Err(refusal) => match refusal.advice {
                Some(advice) => format!("{}; {advice}", refusal.message),
                None => refusal.message,
            },
        }
    }

    #[test]
    fn what_fits_the_table_passes() {
        let body = json!({
            "title": "部署了", "channels": ["ops", "mail"], "to": ["a", "b"], "format": "html",
            "delay": "90s", "link": "https://a.example/?b=1", "not_before": "2026-11-26T22:00:00+08:00",
        });
        assert_eq!(said(&body), "");
        assert_eq!(said(&json!({ "to": "a" })), "");
    }

    #[test]
    fn what_does_not_fit_is_named_with_what_would() {
        for (body, expected) in [
            (json!({ "titel": "" }), "`titel` is unknown; did you mean `title`?"),
            (json!({ "title": "four" }), "`title` must be a string of at most 3 characters"),
            (json!({ "title": null }), "`title` must be a string of at most 3 characters"),
            (json!({ "channels": [] }), "`channels` must be a list of 1 to 2 names"),
            (json!({ "channels": ["a b"] }), "`channels` must be a list of 1 to 2 names"),
            (json!({ "format": "md" }), "`format` must be one of `text`, `html`"),
            (json!({ "delay": "soon" }), "`delay` must be a duration such as `90s`, `10m` or `2h`"),
            (
                json!({ "link": "javascript:a" }),
                "`link` must be an http or https address of at most 2000 characters",
            ),
            (
                json!({ "not_before": "tomorrow" }),
                "`not_before` must be a time such as `2026-11-26T22:00:00+08:00`",
            ),
        ] {
            assert_eq!(said(&body), expected, "{body}");
        }
    }

    #[test]
    fn parameters_are_read_by_their_shape_and_come_once() {
        let read = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
            parameters(pairs, FIELDS).map_err(|refusal| refusal.message)
        };
        assert_eq!(read(&[("limit", "9")]).unwrap()["limit"], 9);
        let expected = "`limit` must be a number from 1 to 9".to_owned();
        assert_eq!(read(&[("limit", "10")]).unwrap_err(), expected);
        assert_eq!(read(&[("limit", "-1")]).unwrap_err(), expected);
        let twice = read(&[("limit", "1"), ("limit", "2")]).unwrap_err();
        assert_eq!(twice, "`limit` is there twice");
    }

    #[test]
    fn what_is_kept_is_kept_for_a_minute_to_90_days() {
        let is_good = |text: &str| Shape::Keep.check(&json!(text)).is_ok();
        for text in ["1m", "90m", "99999m", "1h", "999h", "1d", "9d", "10d", "89d", "90d"] {
            assert!(is_good(text), "{text}");
        }
        for text in ["0m", "59s", "0d", "91d", "99d", "100d", "1000h", "1.5d", ""] {
            assert!(!is_good(text), "{text}");
        }
    }

    #[test]
    fn a_time_is_one_of_rfc_3339() {
        assert_eq!(time("1970-01-01T08:00:01.5+08:00"), Some(Duration::from_millis(1_500)));
        assert_eq!(time("1960-01-01T00:00:00Z"), Some(Duration::ZERO));
        assert_eq!(time("1970-01-01"), None);
        assert_eq!(time("1970-01-01T00:00:00"), None);
    }
}
