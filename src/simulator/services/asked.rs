//! One request to a service as it came, and what goes back.

use std::time::Duration;

use serde_json::Map;
use serde_json::Value;
use url::form_urlencoded;

/// A request, without the part of its path that says which service it is for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// `GET`, `POST` …
    pub method: String,
    /// The path as the service would see it, still percent-encoded: it begins with `/`.
    pub path: String,
    /// What stands behind the `?`, as it came.
    pub query: String,
    /// Names in small letters, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Asked {
    /// The value of a header; empty where there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(it, _)| it == name);
        found.map_or("", |(_, value)| value)
    }

    /// The steps of the path, decoded; a slash at the end is no step.
    pub(super) fn steps(&self) -> Vec<String> {
        let path = self.path.trim_start_matches('/').trim_end_matches('/');
        path.split('/').map(decoded).collect()
    }

    /// A parameter of the query; empty where there is none.
    pub(super) fn param(&self, name: &str) -> String {
        value(&self.query, name)
    }

    /// Whether the body says that it is JSON.
    pub(super) fn is_json(&self) -> bool {
        self.header("content-type").to_ascii_lowercase().contains("json")
    }

    /// The body as a JSON object; none if it is anything else.
    pub(super) fn object(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok().filter(Value::is_object)
    }

    /// The parameters of the query.
    pub(super) fn query_object(&self) -> Value {
        Value::Object(pairs(&self.query))
    }

    /// The fields of a form in the body.
    pub(super) fn form(&self) -> Value {
        Value::Object(pairs(&String::from_utf8_lossy(&self.body)))
    }

    /// What is given, whichever way: the query, and over it the body, be it JSON or a form. Values
    /// of query and form are texts.
    pub(super) fn given(&self) -> Value {
        let mut given = pairs(&self.query);
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(body)) => given.extend(body),
            _ => given.extend(pairs(&String::from_utf8_lossy(&self.body))),
        }
        Value::Object(given)
    }
}

/// One step of a path without its percent signs.
fn decoded(step: &str) -> String {
    // A plus stands for itself in a path.
    value(&format!("it={}", step.replace('+', "%2B").replace('&', "%26")), "it")
}

fn value(query: &str, name: &str) -> String {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(it, _)| it == name).map_or_else(String::new, |(_, value)| value.into_owned())
}

fn pairs(query: &str) -> Map<String, Value> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    pairs.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect()
}

/// A member's text, also of a number; empty where there is neither.
pub(super) fn text(value: &Value, name: &str) -> String {
    match &value[name] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The texts and numbers of a list; none where there is no list.
pub(super) fn texts(value: &Value, name: &str) -> Vec<String> {
    let items = value[name].as_array().map_or(&[][..], Vec::as_slice);
    let of = |item: &Value| match item {
        Value::Number(number) => number.to_string(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    items.iter().map(of).collect()
}

/// How long to wait, in whole seconds: whoever waits so long has waited enough.
pub(super) fn whole_seconds(wait: Duration) -> u128 {
    wait.as_millis().div_ceil(1_000)
}

/// What is listed in one text, with commas between.
pub(super) fn listed(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// What a service answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type`; empty for none.
    pub content_type: &'static str,
    /// Other headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// JSON with a status.
    pub(super) fn json(status: u16, value: &Value) -> Self {
        let content_type = "application/json";
        Self { status, content_type, headers: Vec::new(), body: value.to_string() }
    }

    /// JSON with the status 200, as most of these services say even no.
    pub(super) fn good(value: &Value) -> Self {
        Self::json(200, value)
    }

    /// A text with a status.
    pub(super) fn text(status: u16, text: &str) -> Self {
        let content_type = "text/plain; charset=utf-8";
        Self { status, content_type, headers: Vec::new(), body: text.to_owned() }
    }

    /// A page with a status, as what stands before a service answers.
    pub(super) fn page(status: u16) -> Self {
        let content_type = "text/html";
        let body = format!("<html><body><h1>{status}</h1></body></html>");
        Self { status, content_type, headers: Vec::new(), body }
    }

    /// The same with one header more.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
