//! `push`: what goes out through channels beside the reply. Nothing is sent here; it becomes part of
//! the outcome.

use serde_json::Value as Json;

use super::outlets::Outlets;
use super::reader::Leaf;
use super::reader::Reader;
use super::template::RenderError;
use super::template::Template;
use crate::config::fault::did_you_mean;
use crate::config::table::Table;
use crate::notification::Format;
use crate::notification::Notification;
use crate::notification::Urgency;

/// The most notifications of one rule, or of one answer of an external handler.
const MOST: usize = 100;

/// The members of a notification.
const MEMBERS: [&str; 8] =
    ["channel", "to", "title", "body", "format", "urgency", "native", "fallback"];

const FORMATS: [(Format, &str); 3] =
    [(Format::Text, "text"), (Format::Markdown, "markdown"), (Format::Html, "html")];

const URGENCIES: [(Urgency, &str); 3] =
    [(Urgency::Low, "low"), (Urgency::Normal, "normal"), (Urgency::High, "high")];

/// The notifications of a rule, as their templates.
#[derive(Debug, Default)]
pub(super) struct Push(Vec<Leaf>);

impl Push {
    /// Reads `push` of a rule for `accounts`.
    pub(super) fn read(reader: &Reader<'_>, outlets: &Outlets, accounts: &[&str]) -> Self {
        let tables = reader.table.tables("push");
        if tables.len() > MOST {
            let message = format!("{} notifications; a rule takes {MOST}", tables.len());
            reader.table.value_fault("push", message, None);
        }
        let leaves = tables.iter().filter_map(|table| {
            check(table, outlets, accounts);
            let members = table.entries().iter().map(|entry| {
                let leaf = reader.leaf(&entry.node)?;
                Some((entry.key.clone(), leaf))
            });
            members.collect::<Option<Vec<_>>>().map(Leaf::Object)
        });
        Self(leaves.collect())
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The notifications, their templates rendered by `render`. One whose texts come out empty
    /// is left out, so that a template can decide.
    pub(super) fn render(
        &self,
        account: &str,
        render: &impl Fn(&Template) -> Result<String, RenderError>,
    ) -> Result<Vec<Notification>, PushError> {
        let mut all = Vec::with_capacity(self.0.len());
        for leaf in &self.0 {
            let notification = one(&leaf.render(render)?, account).map_err(PushError::Shape)?;
            all.extend(notification);
        }
        Ok(all)
    }
}

/// Why there is no notification.
#[derive(Debug, thiserror::Error)]
pub(super) enum PushError {
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("{0}")]
    Shape(String),
}

/// Notes what is wrong with one notification of a rule.
fn check(table: &Table<'_>, outlets: &Outlets, accounts: &[&str]) {
    table.finish(&MEMBERS);
    let named = table.filled_text("channel").into_iter();
    for channel in named.chain(table.texts("fallback").unwrap_or_default()) {
        if let Some((message, advice)) = outlets.fault(channel.value, accounts) {
            table.fault_at(channel.place, message, Some(advice));
        }
    }
    table.texts("to");
    table.text("title");
    table.text("body");
    table.one_of("format", &FORMATS);
    table.one_of("urgency", &URGENCIES);
    table.table("native");
    if !["title", "body", "native"].iter().any(|key| table.has(key)) {
        let advice = "give it a `title`, a `body`, or both".to_owned();
        table.fault_at(table.place(), "the notification says nothing", Some(advice));
    }
}

/// The notifications in an external handler's answer.
pub(super) fn from_json(
    value: &Json,
    account: &str,
    outlets: &Outlets,
) -> Result<Vec<Notification>, String> {
    let items = match value {
        Json::Null => return Ok(Vec::new()),
        Json::Array(items) if items.len() <= MOST => items,
        Json::Array(items) => return Err(format!("{} notifications are too many", items.len())),
        _ => return Err("`push` is a list".to_owned()),
    };
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        let Some(notification) = one(item, account)? else { continue };
        if let Some((what, _)) = notification.route().find_map(|it| outlets.fault(it, &[account])) {
            return Err(what);
        }
        all.push(notification);
    }
    Ok(all)
}

/// One notification, or none if it says nothing.
fn one(value: &Json, account: &str) -> Result<Option<Notification>, String> {
    let members = value.as_object().ok_or("a notification is an object")?;
    if let Some(name) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        let advice = did_you_mean(name, MEMBERS).unwrap_or_default();
        return Err(format!("a notification has no `{name}`; {advice}")
            .trim_end_matches("; ")
            .to_owned());
    }
    let notification = Notification {
        channel: text(value, "channel")?,
        account: Some(account.to_owned()),
        to: texts(value, "to")?,
        title: text(value, "title")?,
        body: text(value, "body")?,
        format: word(value, "format", &FORMATS)?,
        urgency: word(value, "urgency", &URGENCIES)?,
        native: match &value["native"] {
            Json::Null => None,
            native @ Json::Object(_) => Some(native.clone()),
            _ => return Err("`native` is an object".to_owned()),
        },
        fallback: texts(value, "fallback")?,
        ..Notification::default()
    };
    if notification.channel.is_empty() {
        return Err("a notification needs a `channel`".to_owned());
    }
    let is_empty = notification.title.is_empty()
        && notification.body.is_empty()
        && notification.native.is_none();
    Ok((!is_empty).then_some(notification))
}

fn text(value: &Json, name: &str) -> Result<String, String> {
    match &value[name] {
        Json::Null => Ok(String::new()),
        Json::String(text) => Ok(text.clone()),
        _ => Err(format!("`{name}` is a string")),
    }
}

/// A string or a list of strings; empty ones are left out.
fn texts(value: &Json, name: &str) -> Result<Vec<String>, String> {
    let items = match &value[name] {
        Json::Null => &[],
        Json::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let texts: Option<Vec<&str>> = items.iter().map(Json::as_str).collect();
    let texts = texts.ok_or_else(|| format!("`{name}` is a string or a list of strings"))?;
    Ok(texts.into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect())
}

fn word<T: Copy + Default>(value: &Json, name: &str, words: &[(T, &str)]) -> Result<T, String> {
    let given = text(value, name)?;
    if given.is_empty() {
        return Ok(T::default());
    }
    let found = words.iter().find(|(_, word)| *word == given).map(|(meaning, _)| *meaning);
    found.ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
        format!("`{name}` is one of `{}`", words.join("`, `"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::from_json;
    use crate::dispatch::rules::Outlets;
    use crate::notification::Format;
    use crate::notification::Notification;
    use crate::notification::Urgency;

    fn outlets() -> Outlets {
        let channels = vec!["ops".to_owned(), "mail".to_owned()];
        Outlets { channels, ..Outlets::default() }
    }

    #[test]
    fn the_push_of_an_external_handler_becomes_notifications_of_the_account() {
        let push = json!([
            {"channel": "ops", "title": "t", "body": "b", "to": "anna", "format": "markdown",
             "urgency": "high", "fallback": ["mail"]},
            {"channel": "mail", "native": {"a": 1}, "to": ["anna", "", "ben"]},
            {"channel": "mail", "body": ""},
        ]);
        let first = Notification {
            channel: "ops".to_owned(),
            account: Some("shop".to_owned()),
            to: vec!["anna".to_owned()],
            title: "t".to_owned(),
            body: "b".to_owned(),
            format: Format::Markdown,
            urgency: Urgency::High,
            fallback: vec!["mail".to_owned()],
            ..Notification::default()
        };
        let second = Notification {
            channel: "mail".to_owned(),
            account: Some("shop".to_owned()),
            to: vec!["anna".to_owned(), "ben".to_owned()],
            native: Some(json!({"a": 1})),
            ..Notification::default()
        };
        assert_eq!(from_json(&push, "shop", &outlets()), Ok(vec![first, second]));
        assert_eq!(from_json(&json!(null), "shop", &outlets()), Ok(Vec::new()));
    }

    #[test]
    fn a_push_that_is_none_is_refused_with_the_reason() {
        let table = [
            (json!({}), "`push` is a list"),
            (json!([7]), "a notification is an object"),
            (json!([{"body": "x"}]), "a notification needs a `channel`"),
            (json!([{"channel": "opps", "body": "x"}]), "no channel is called `opps`"),
            (
                json!([{"channel": "wechat-customer", "body": "x"}]),
                "`shop` may not write to its users",
            ),
            (
                json!([{"channel": "ops", "body": "x", "fallback": "sms"}]),
                "no channel is called `sms`",
            ),
            (
                json!([{"channel": "ops", "bodi": "x"}]),
                "a notification has no `bodi`; did you mean `body`?",
            ),
            (json!([{"channel": "ops", "body": 7}]), "`body` is a string"),
            (json!([{"channel": "ops", "to": [7]}]), "`to` is a string or a list of strings"),
            (
                json!([{"channel": "ops", "body": "x", "urgency": "hi"}]),
                "`urgency` is one of `low`, `normal`, `high`",
            ),
        ];
        for (push, expected) in table {
            assert_eq!(from_json(&push, "shop", &outlets()), Err(expected.to_owned()), "{push}");
        }
    }
}
