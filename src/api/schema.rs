//! The shapes of answers, for the OpenAPI.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::field::Shape;

/// An object of exactly these members, all of them there.
pub(super) fn object(members: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> =
        members.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let required: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A list.
pub(super) fn list(of: &Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// A text.
pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

/// A text, or nothing.
pub(super) fn maybe_text() -> Value {
    json!({ "type": ["string", "null"] })
}

/// A moment.
pub(super) fn moment() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

/// A moment, or nothing.
pub(super) fn maybe_moment() -> Value {
    json!({ "type": ["string", "null"], "format": "date-time" })
}

/// A count.
pub(super) fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

/// An id of ours.
pub(super) fn id() -> Value {
    Shape::Id.schema()
}

/// One of some words.
pub(super) fn word(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// What sending answers.
pub(super) fn sent() -> Value {
    let part =
        object(&[("id", id()), ("channel", text()), ("folded", json!({ "type": "boolean" }))]);
    object(&[("id", id()), ("deliveries", list(&part))])
}

/// The life of one notification.
pub(super) fn life() -> Value {
    let states = ["waiting", "folded", "unknown", "refused", "expired", "delivered", "forgotten"];
    let attempt = object(&[
        ("at", moment()),
        ("took_ms", count()),
        ("channel", text()),
        ("outcome", text()),
        ("code", text()),
        ("advice", text()),
        ("detail", text()),
    ]);
    let receipt = object(&[
        ("at", moment()),
        ("channel", text()),
        ("outcome", word(&["confirmed", "failed"])),
        ("detail", text()),
    ]);
    let mut part = object(&[
        ("id", id()),
        ("channel", text()),
        ("state", word(&states)),
        ("attempts", list(&attempt)),
        ("receipts", list(&receipt)),
    ]);
    for (name, schema) in
        [("due", maybe_moment()), ("ended", maybe_moment()), ("code", text()), ("note", text())]
    {
        part["properties"][name] = schema;
    }
    let mut said = object(&[
        ("by", maybe_text()),
        ("to", list(&text())),
        ("title", text()),
        ("body", text()),
        ("link", maybe_text()),
        ("format", text()),
        ("urgency", text()),
    ]);
    said["type"] = json!(["object", "null"]);
    object(&[
        ("id", id()),
        ("state", word(&states)),
        ("accepted", moment()),
        ("said", said),
        ("deliveries", list(&part)),
    ])
}

/// A page of notifications.
pub(super) fn page() -> Value {
    let row = object(&[
        ("id", id()),
        ("channel", text()),
        ("state", word(&["waiting", "delivered", "refused", "expired", "unknown"])),
        ("accepted", moment()),
        ("due", maybe_moment()),
        ("ended", maybe_moment()),
        ("by", maybe_text()),
        ("title", text()),
        ("attempts", count()),
        ("code", text()),
        ("note", text()),
    ]);
    object(&[("notifications", list(&row)), ("next", maybe_text())])
}

/// A document of another standard.
pub(super) fn anything() -> Value {
    json!({ "type": "object" })
}

/// An error.
pub(super) fn error() -> Value {
    object(&[("error", object(&[("code", text()), ("message", text()), ("advice", text())]))])
}

/// A file that WeChat has.
pub(super) fn media() -> Value {
    object(&[("media_id", text()), ("account", text()), ("type", text()), ("ends", moment())])
}

/// What became of a message that was sent once more.
pub(super) fn replayed() -> Value {
    let mut reply = object(&[("type", text()), ("text", text())]);
    reply["type"] = json!(["object", "null"]);
    let answered = json!({ "type": "boolean" });
    object(&[("type", text()), ("answered", answered), ("reply", reply), ("ms", count())])
}

/// The callbacks that are kept.
pub(super) fn messages() -> Value {
    let message = object(&[("file", text()), ("at", moment()), ("what", text())]);
    object(&[
        ("kept", json!({ "type": "boolean" })),
        ("messages", list(&message)),
        ("next", maybe_text()),
    ])
}

/// The accounts.
pub(super) fn accounts() -> Value {
    let account = object(&[
        ("name", text()),
        ("platform", text()),
        ("app_id", text()),
        ("mode", text()),
        ("may_push", json!({ "type": "boolean" })),
    ]);
    object(&[("accounts", list(&account))])
}

/// The channels.
pub(super) fn channels() -> Value {
    let channel = object(&[
        ("name", text()),
        ("kind", maybe_text()),
        ("waiting_since", maybe_moment()),
        ("may_send", json!({ "type": "boolean" })),
    ]);
    let topic = object(&[("name", text()), ("channels", list(&text()))]);
    object(&[("channels", list(&channel)), ("topics", list(&topic))])
}

/// The rules.
pub(super) fn rules() -> Value {
    object(&[("rules", list(&text())), ("faults", list(&text()))])
}
