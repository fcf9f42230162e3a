//! Bark. Source: github.com/Finb/bark-server, `route_push.go`, `route_register.go`, `route_misc.go`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::Answer;
use super::Call;
use super::Dialect;
use super::Message;
use super::Own;
use super::Reading;
use super::Refusal;
use super::Sent;
use super::Through;
use super::Told;
use super::call::said;
use super::call::split;
use crate::notification::Format;
use crate::notification::Urgency;

/// The dialect.
pub(super) const DIALECT: Dialect = Dialect {
    name: "bark",
    doc: "Bark: every way to push, batches, and what its app asks of a server.",
    base: "/as/bark",
    read,
    answer,
    ..Dialect::USUAL
};

/// The version whose interface this is.
const VERSION: &str = "v2.2.6";

/// What a message of ours says by itself; the rest only a Bark channel understands.
const COMMON: &[&str] = &[
    "device_key",
    "device_keys",
    "key",
    "title",
    "subtitle",
    "body",
    "markdown",
    "level",
    "ttl",
    "url",
];

/// The names as the server spells them: they are compared in lower case.
const SPELLED: &[&str] = &["autoCopy", "isArchive"];

fn read(call: &Call) -> Reading {
    let path: Vec<&str> = call.form_path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["ping"] => said_at(call, 200, "pong").into(),
        ["healthz"] => Answer::text(200, "ok").into(),
        ["info"] => info().into(),
        ["register"] => Reading::Check { key: call.text(&["key", "device_key"]) },
        ["register", key] => Reading::Check { key: (*key).to_owned() },
        ["push"] => message(call, &[]),
        [] => said_at(call, 404, "Cannot GET /").into(),
        [_] | [_, _] | [_, _, _] | [_, _, _, _] => message(call, &path),
        _ => said_at(call, 404, "Cannot find this path").into(),
    }
}

/// The fields by their names in lower case. JSON: body, query, path; otherwise: query, body, path;
/// what comes later counts.
fn fields(call: &Call, path: &[&str]) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    let mut put = |name: &str, value: &Value| {
        if said(value).is_some() {
            fields.insert(name.to_ascii_lowercase(), value.clone());
        }
    };
    let of_query = call.query.iter().map(|(name, value)| (name, Value::String(value.clone())));
    let of_body = call.fields.object.iter().map(|(name, value)| (name, value.clone()));
    match call.fields.is_json {
        true => of_body.chain(of_query).for_each(|(name, value)| put(name, &value)),
        false => of_query.chain(of_body).for_each(|(name, value)| put(name, &value)),
    }
    let names: &[&str] = match path.len() {
        0 | 1 => &["device_key"],
        2 => &["device_key", "body"],
        3 => &["device_key", "title", "body"],
        _ => &["device_key", "title", "subtitle", "body"],
    };
    for (name, value) in names.iter().zip(path) {
        put(name, &Value::String((*value).to_owned()));
    }
    fields
}

fn message(call: &Call, path: &[&str]) -> Reading {
    if call.fields.is_broken {
        return said_at(call, 400, "request bind failed: the body is no JSON object").into();
    }
    let fields = fields(call, path);
    let text = |name: &str| fields.get(name).and_then(said).unwrap_or_default();
    if text("delete") == "1" {
        return said_at(call, 400, "push failed: what was sent cannot be deleted here").into();
    }
    let keys = keys(&fields);
    if keys.is_empty() {
        return said_at(call, 400, "device key is empty").into();
    }
    let is_sealed = !text("ciphertext").is_empty();
    let (body, format) = body(&text, is_sealed);
    let ttl = text("ttl").parse().ok().filter(|it| *it > 0).map(Duration::from_secs);
    let message = Message {
        title: text("title"),
        body,
        format,
        urgency: match text("level").as_str() {
            "passive" => Urgency::Low,
            "timeSensitive" | "timesensitive" | "critical" => Urgency::High,
            _ => Urgency::Normal,
        },
        link: text("url"),
        expires: ttl.map(|ttl| call.now.saturating_add(ttl)),
        // Only the phone can open what was sealed for it.
        through: if is_sealed { Through::Kinds(&["bark"]) } else { Through::All },
        own: Own { kinds: &["bark"], to: Vec::new(), native: native(&fields) },
        ..Message::default()
    };
    Reading::Send { keys, message: Box::new(message) }
}

/// `markdown` or `body`, below the subtitle.
fn body(text: &dyn Fn(&str) -> String, is_sealed: bool) -> (String, Format) {
    let (markdown, plain, subtitle) = (text("markdown"), text("body"), text("subtitle"));
    let (body, format) = match markdown.is_empty() {
        true => (plain, Format::Text),
        false => (markdown, Format::Markdown),
    };
    let gap = if format == Format::Text { "\n" } else { "\n\n" };
    let parts = [subtitle, body].into_iter().filter(|it| !it.is_empty());
    let body = parts.collect::<Vec<_>>().join(gap);
    let is_empty = body.is_empty() && text("title").is_empty() && !is_sealed;
    (if is_empty { "Empty Message".to_owned() } else { body }, format)
}

/// The keys that are pushed to; each once.
fn keys(fields: &BTreeMap<String, Value>) -> Vec<String> {
    let mut keys = match fields.get("device_keys") {
        Some(Value::Array(items)) => items.iter().filter_map(said).collect(),
        Some(value) => split(&said(value).unwrap_or_default(), &[',']),
        None => Vec::new(),
    };
    let one = fields.get("device_key").and_then(said);
    if keys.is_empty() {
        keys.extend(one);
    }
    let mut seen = std::collections::HashSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    keys
}

fn native(fields: &BTreeMap<String, Value>) -> Option<Value> {
    let own = fields.iter().filter(|(name, _)| !COMMON.contains(&name.as_str()));
    let own: Map<String, Value> = own
        .map(|(name, value)| {
            let spelled = SPELLED.iter().find(|it| it.eq_ignore_ascii_case(name));
            (spelled.map_or_else(|| name.clone(), |it| (*it).to_owned()), value.clone())
        })
        .collect();
    (!own.is_empty()).then_some(Value::Object(own))
}

fn answer(call: &Call, told: &Told<'_>) -> Answer {
    match told {
        Told::Sent { outcomes, .. } if is_batch(call) => batch(call, outcomes),
        Told::Sent { outcomes, .. } => match outcomes.first() {
            Some(Ok(_)) => said_at(call, 200, "success"),
            Some(Err(refusal)) => said_at(call, status(refusal), &words(refusal)),
            None => said_at(call, 400, "device key is empty"),
        },
        Told::Key(Ok(_)) => registered(call),
        Told::Key(Err(refusal)) => said_at(call, 400, &words(refusal)),
        Told::Fate(_) | Told::Withdrawn(_) => said_at(call, 404, "Cannot find this path"),
    }
}

fn is_batch(call: &Call) -> bool {
    fields(call, &[]).contains_key("device_keys")
}

fn batch(call: &Call, outcomes: &[Result<Sent, Refusal>]) -> Answer {
    let keys = keys(&fields(call, &[]));
    let data = keys.iter().zip(outcomes).map(|(key, outcome)| match outcome {
        Ok(_) => json!({ "code": 200, "device_key": key }),
        Err(refusal) => {
            json!({ "code": status(refusal), "device_key": key, "message": words(refusal) })
        }
    });
    let data: Value = data.collect();
    let timestamp = call.now.as_secs();
    let body = json!({ "code": 200, "message": "success", "timestamp": timestamp, "data": data });
    Answer::json(200, &body)
}

/// What the app is told that adds this server: the key it asked about, which is its own from then
/// on. Where the phone is is of no interest here.
fn registered(call: &Call) -> Answer {
    let of_path = call.form_path.get(1).cloned();
    let key = of_path.unwrap_or_else(|| call.text(&["key", "device_key"]));
    let token = call.text(&["devicetoken", "device_token"]);
    Answer::json(
        200,
        &json!({
            "code": 200, "message": "success", "timestamp": call.now.as_secs(),
            "data": { "key": key, "device_key": key, "device_token": token },
        }),
    )
}

fn status(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::Key | Refusal::Channel(_) | Refusal::Message(_) => 400,
        Refusal::TooMany => 429,
        Refusal::Unavailable | Refusal::Upstream { .. } => 500,
    }
}

fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Key => "failed to get device token: key not found in `[[key]]`".to_owned(),
        refusal => format!("push failed: {}", refusal.words()),
    }
}

fn info() -> Answer {
    let body = json!({
        "version": VERSION, "build": "yizhan", "arch": std::env::consts::ARCH, "commit": "",
        "devices": 0,
    });
    Answer::json(200, &body)
}

fn said_at(call: &Call, code: u16, message: &str) -> Answer {
    let timestamp = call.now.as_secs();
    Answer::json(code, &json!({ "code": code, "message": message, "timestamp": timestamp }))
}
