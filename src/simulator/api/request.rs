//! One request to the API as it came, and what goes back.

use std::net::IpAddr;

use serde_json::Map;
use serde_json::Value;
use url::form_urlencoded;

/// The largest request: Cloud Run's limit, and more than any upload may have.
pub(in crate::simulator) const REQUEST_BYTES: usize = 32 << 20;

/// The largest JSON. Source: "draft/add", content below 1 MB; some room around it.
pub(super) const JSON_BYTES: usize = 2 << 20;

/// One request to the API.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: String,
    /// The path.
    pub path: String,
    /// What stands behind the `?`.
    pub query: String,
    /// `Content-Type`; empty for none.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
    /// Who calls.
    pub peer: Option<IpAddr>,
}

impl Request {
    /// A `GET` of path and query.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target, "", Vec::new())
    }

    /// A `POST` of JSON.
    pub fn post(target: &str, body: &Value) -> Self {
        Self::new("POST", target, "application/json", body.to_string().into_bytes())
    }

    /// Any request, from nowhere.
    pub fn new(method: &str, target: &str, content_type: &str, body: Vec<u8>) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            content_type: content_type.to_owned(),
            body,
            peer: None,
        }
    }
}

/// What goes back.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// An answer.
    Whole(Response),
    /// None: the connection is closed.
    Broken,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// Other headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// JSON with status 200.
    pub(super) fn json(value: &Value) -> Self {
        Self {
            status: 200,
            content_type: "application/json; encoding=utf-8".to_owned(),
            headers: Vec::new(),
            body: value.to_string().into_bytes(),
        }
    }

    /// The body as JSON; null if it is none.
    pub fn to_json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// The parameters of a query.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    pub(super) fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The first value of this name; empty for none.
    pub(super) fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(it, _)| it == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    pub(super) fn to_json(&self) -> Value {
        let pairs = self.0.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        Value::Object(pairs.collect::<Map<_, _>>())
    }
}
