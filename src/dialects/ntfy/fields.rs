//! What a publisher says in headers, parameters or JSON: each under several names.

use serde_json::Value;
use serde_json::json;

use crate::dialects::call::Call;
use crate::dialects::call::said;
use crate::dialects::call::split;
use crate::dialects::decode;

/// The text of a message without one.
const TRIGGERED: &str = "triggered";

/// What a publisher said; empty where nothing was said.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) title: String,
    pub(super) message: String,
    pub(super) priority: String,
    pub(super) delay: String,
    pub(super) click: String,
    pub(super) attach: String,
    pub(super) is_markdown: bool,
    /// The body is a file, which no notification carries.
    pub(super) is_attachment: bool,
    tags: Vec<String>,
    /// Those that no other service has, by their names in JSON.
    others: Vec<(&'static str, Value)>,
}

/// What no other service has: its name in JSON, and its other names, in lower case.
const OTHERS: &[(&str, &[&str])] = &[
    ("actions", &["x-actions", "actions", "action"]),
    ("filename", &["x-filename", "filename", "file", "f"]),
    ("icon", &["x-icon", "icon"]),
    ("email", &["x-email", "x-e-mail", "email", "e-mail", "mail", "e"]),
    ("call", &["x-call", "call"]),
    ("cache", &["x-cache", "cache"]),
    ("firebase", &["x-firebase", "firebase"]),
    ("sequence_id", &["x-sequence-id", "sequence-id", "sid"]),
];

impl Fields {
    /// Of a message whose body is its text, and whose headers or parameters say the rest.
    pub(super) fn of_request(call: &Call) -> Self {
        let one = |names: &[&str]| one(call, names);
        let said = one(&["x-message", "message", "m"]).replace("\\n", "\n");
        let body = std::str::from_utf8(&call.body).ok();
        let has_name = !one(&["x-filename", "filename", "file", "f"]).is_empty();
        let attach = one(&["x-attach", "attach", "a"]);
        // With a name, or beside a message, the body is a file, unless the file is elsewhere.
        let is_named = has_name && attach.is_empty();
        let is_file = (is_named || !said.is_empty()) && !call.body.is_empty();
        let message = if said.is_empty() { body.unwrap_or_default().to_owned() } else { said };
        let content_type = call.header("content-type").unwrap_or_default();
        let others = OTHERS.iter().map(|(name, names)| (*name, Value::String(one(names))));
        Self {
            title: one(&["x-title", "title", "t"]).replace("\\n", "\n"),
            message: if message.is_empty() { TRIGGERED.to_owned() } else { message },
            priority: one(&["x-priority", "priority", "prio", "p"]),
            delay: one(&["x-delay", "delay", "x-at", "at", "x-in", "in"]),
            click: one(&["x-click", "click"]),
            is_markdown: is_yes(&one(&["x-markdown", "markdown", "md"]))
                || content_type.trim().eq_ignore_ascii_case("text/markdown"),
            is_attachment: is_file || body.is_none(),
            attach,
            tags: split(&one(&["x-tags", "tags", "tag", "ta"]), &[',']),
            others: others.filter(|(_, value)| *value != "").collect(),
        }
    }

    /// Of a message that is one JSON object; headers say what the object does not.
    pub(super) fn of_json(call: &Call) -> Self {
        let text =
            |name: &str, names: &[&str]| said(call.value(name)).unwrap_or_else(|| one(call, names));
        let message = text("message", &["x-message", "m"]);
        let tags = call.list("tags", &[',']);
        let others = OTHERS.iter().map(|(name, names)| match call.value(name) {
            Value::Null => (*name, Value::String(one(call, names))),
            value => (*name, value.clone()),
        });
        let markdown = text("markdown", &["x-markdown", "md"]);
        Self {
            title: text("title", &["x-title", "t"]),
            message: if message.is_empty() { TRIGGERED.to_owned() } else { message },
            priority: text("priority", &["x-priority", "prio", "p"]),
            delay: text("delay", &["x-delay", "x-at", "x-in"]),
            click: text("click", &["x-click"]),
            attach: text("attach", &["x-attach"]),
            is_markdown: is_yes(&markdown),
            is_attachment: false,
            tags: if tags.is_empty() { split(&one(call, &["x-tags", "ta"]), &[',']) } else { tags },
            others: others.filter(|(_, value)| *value != "").collect(),
        }
    }

    /// All of it but the title, as ntfy's JSON: what an ntfy channel is given.
    pub(super) fn native(&self) -> Value {
        let mut native = json!({ "message": self.message });
        if self.is_markdown {
            native["markdown"] = true.into();
        }
        if let Some(priority @ 1..=5) = super::priority(&self.priority).filter(|it| *it != 3) {
            native["priority"] = priority.into();
        }
        if !self.tags.is_empty() {
            native["tags"] = json!(self.tags);
        }
        for (name, value) in [("click", &self.click), ("attach", &self.attach)] {
            if !value.is_empty() {
                native[name] = value.as_str().into();
            }
        }
        for (name, value) in &self.others {
            match (*name, value) {
                // In a header they may have a short form, which JSON has not.
                ("actions", Value::String(text)) => {
                    if let Ok(actions @ Value::Array(_)) = serde_json::from_str(text) {
                        native["actions"] = actions;
                    }
                }
                (name, value) => native[name] = value.clone(),
            }
        }
        native
    }
}

/// The first of these names that says something, as a header or else as a parameter.
fn one(call: &Call, names: &[&str]) -> String {
    let of_header = names.iter().find_map(|name| call.header(name).filter(|it| !it.is_empty()));
    if let Some(value) = of_header {
        return decode::words(value).trim().to_owned();
    }
    let of_query = call.query.iter().find(|(name, value)| {
        !value.is_empty() && names.contains(&name.to_ascii_lowercase().as_str())
    });
    of_query.map(|(_, value)| value.clone()).unwrap_or_default()
}

fn is_yes(text: &str) -> bool {
    ["1", "yes", "true"].iter().any(|it| text.eq_ignore_ascii_case(it))
}
