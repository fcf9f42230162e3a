//! `call`: one HTTP request whose answer the templates behind it can name.

use std::time::Duration;

use bytes::Bytes;
use minijinja::value::Serde;
use minijinja::value::Value;
use serde_json::Value as Json;
use url::Url;

use super::reader::Leaf;
use super::reader::Reader;
use super::template::Escape;
use super::template::RenderError;
use super::template::Template;
use crate::config::table::Table;
use crate::config::tree::Text;
use crate::exchange::Allowed;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::exchange::Response;

/// How long a call may take unless it says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest a call or a forward may take; an answer after that has no reader.
pub(super) const LONGEST: Duration = Duration::from_mins(5);

/// The largest answer that is read, in bytes.
pub(super) const LARGEST_ANSWER: usize = 1 << 20;

const KEYS: [&str; 8] = ["method", "url", "headers", "json", "form", "body", "matches", "timeout"];

/// What a call may send; one of them at most.
const BODIES: [&str; 4] = ["json", "form", "body", "matches"];

/// A call, as its templates.
#[derive(Debug)]
pub(super) struct Call {
    method: Method,
    url: Template,
    headers: Vec<(String, Template)>,
    body: Body,
    timeout: Duration,
}

#[derive(Debug)]
enum Body {
    None,
    Json(Leaf),
    Form(Vec<(String, Template)>),
    Text(Template),
    /// The list of the regex's matches, as JSON.
    Matches,
}

impl Call {
    /// Reads `call`.
    pub(super) fn read(reader: &Reader<'_>, allowed: &Allowed) -> Option<Self> {
        let table = reader.table.table("call")?;
        table.finish(&KEYS);
        let url = read_url(reader, &table, "url", allowed);
        let given: Vec<&str> = BODIES.into_iter().filter(|key| table.has(key)).collect();
        if let [first, other, ..] = given.as_slice() {
            let message = format!("`{other}` beside `{first}`: a call sends one of them");
            table.fault(other, message, None);
        }
        let body = match given.first() {
            Some(&"json") => Body::Json(reader.leaf(table.value("json")?)?),
            Some(&"form") => Body::Form(reader.texts(&table.table("form")?)),
            Some(&"matches") => read_matches(reader, &table)?,
            Some(_) => Body::Text(reader.template(&table, "body", Escape::None)?),
            None => Body::None,
        };
        let default = if matches!(body, Body::None) { Method::Get } else { Method::Post };
        let headers = table.table("headers").map(|it| reader.texts(&it)).unwrap_or_default();
        Some(Self {
            method: table.one_of("method", &Method::ALL).unwrap_or(default),
            url: url?,
            headers,
            body,
            timeout: read_timeout(&table, TIMEOUT),
        })
    }

    /// The request, its templates rendered by `render`; `matches` gives what the rule's regex found.
    pub(super) fn request(
        &self,
        render: &impl Fn(&Template) -> Result<String, RenderError>,
        matches: impl FnOnce() -> Option<Json>,
    ) -> Result<Request, RenderError> {
        let mut headers = Vec::with_capacity(self.headers.len() + 1);
        for (name, value) in &self.headers {
            headers.push((name.clone(), render(value)?));
        }
        let (kind, body) = match &self.body {
            Body::None => ("", String::new()),
            Body::Json(leaf) => ("application/json", leaf.render(render)?.to_string()),
            Body::Matches => {
                let matches = matches().ok_or_else(|| RenderError::new("too many matches"))?;
                ("application/json", matches.to_string())
            }
            Body::Text(template) => ("text/plain; charset=utf-8", render(template)?),
            Body::Form(fields) => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                for (name, value) in fields {
                    form.append_pair(name, &render(value)?);
                }
                ("application/x-www-form-urlencoded", form.finish())
            }
        };
        let is_typed = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if !kind.is_empty() && !is_typed {
            headers.push(("content-type".to_owned(), kind.to_owned()));
        }
        Ok(Request {
            method: self.method,
            url: render_url(&self.url, render)?,
            headers,
            body: Bytes::from(body),
            timeout: self.timeout,
            max_answer: LARGEST_ANSWER,
        })
    }
}

/// `matches = true` sends what only a regex has.
fn read_matches(reader: &Reader<'_>, table: &Table<'_>) -> Option<Body> {
    let is_wanted = table.boolean("matches")?;
    if is_wanted && !reader.table.has("regex") {
        let advice = "give the rule a `regex`, or write the body as `json`".to_owned();
        table.fault("matches", "`matches` without a `regex`", Some(advice));
    }
    Some(if is_wanted { Body::Matches } else { Body::None })
}

/// A URL with its values. They are percent-encoded, but for dots that means nothing: a value `..`
/// between two slashes would lead to another path than the rule's owner meant.
pub(super) fn render_url(
    url: &Template,
    render: &impl Fn(&Template) -> Result<String, RenderError>,
) -> Result<String, RenderError> {
    let url = render(url)?;
    let path = url.split(['?', '#']).next().unwrap_or_default();
    match path.split(['/', '\\']).any(|part| matches!(part, "." | "..")) {
        true => Err(RenderError::new("its URL would have `..` as a part of the path")),
        false => Ok(url),
    }
}

/// `call` in templates: `status`, `text`, and `json`, which is empty if the answer is none.
pub(super) fn result(response: &Response) -> Value {
    let json: serde_json::Value = serde_json::from_slice(&response.body).unwrap_or_default();
    Value::from_pairs([
        ("status", Value::from(response.status)),
        ("text", Value::from(String::from_utf8_lossy(&response.body).as_ref())),
        ("json", Value::from(Serde(&json))),
    ])
}

/// Reads a URL, and checks as much of it as is known before a message arrives.
pub(super) fn read_url(
    reader: &Reader<'_>,
    table: &Table<'_>,
    key: &str,
    allowed: &Allowed,
) -> Option<Template> {
    let text = table.filled_text(key)?;
    let template = reader.text(&text, Escape::Url)?;
    check_url(table, &text, &template, allowed);
    Some(template)
}

fn check_url(table: &Table<'_>, text: &Text<'_>, template: &Template, allowed: &Allowed) {
    let begins = |scheme| text.value.starts_with(scheme);
    let is_open = text.value.starts_with("{{") || text.value.starts_with("{%");
    if !is_open && !begins("http://") && !begins("https://") {
        let advice = Some("it begins with `http://` or `https://`".to_owned());
        table.fault_at(text.place, format!("`{}` is no URL", text.value), advice);
        return;
    }
    let Template::Fixed(url) = template else { return };
    let Ok(url) = Url::parse(url) else {
        table.fault_at(text.place, "the URL is broken", None);
        return;
    };
    if !allowed.may_reach(&url) {
        let host = url.host_str().unwrap_or_default();
        let message = format!("`{host}` is inside a private network");
        let advice = format!("list it in `server.private_hosts`: `private_hosts = [\"{host}\"]`");
        table.fault_at(text.place, message, Some(advice));
    }
}

pub(super) fn read_timeout(table: &Table<'_>, default: Duration) -> Duration {
    let timeout = table.duration("timeout").unwrap_or(default);
    if timeout.is_zero() || timeout > LONGEST {
        table.value_fault("timeout", "`timeout` must be more than 0 and at most 5 minutes", None);
    }
    timeout
}
