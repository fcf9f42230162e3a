//! `/api/v1/forms/{name}`: send a form out, and see what was decided.

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use super::Api;
use super::endpoint::Answer;
use super::endpoint::Answering;
use super::endpoint::Call;
use super::field;
use super::field::Field;
use super::field::Shape;
use super::refusal::Refusal;
use super::schema;
use crate::code;
use crate::forms::Link;
use crate::forms::MOST_RECEIVERS;
use crate::forms::Request;

/// What `POST` takes.
pub(super) const FIELDS: &[Field] = &[
    Field::may("data", Shape::Object, "What the form's template puts in; its hook gets it back."),
    Field::may(
        "to",
        Shape::Texts(256, MOST_RECEIVERS),
        "Whom the link is sent to, each a link of their own. Empty: whoever the channels are for.",
    ),
    Field::may("title", Shape::Text(200), "What stands above it, instead of the form's own."),
    Field::may("expires", Shape::Span, "How long the links are good: at most as the form says."),
];

/// The form's name.
pub(super) const NAME: &[Field] =
    &[Field::may("name", Shape::Name, "The form's name in the config.")];

/// The form's name, and the id of what was sent out.
pub(super) const SENT: &[Field] = &[NAME[0], Field::may("id", Shape::Id, "What sending answered.")];

/// Nothing must be there.
pub(super) fn rule() -> Value {
    json!({})
}

/// What could be sent.
pub(super) fn example() -> Value {
    json!({ "to": ["anna"], "data": { "joke": "两个字节走进酒吧" }, "expires": "1d" })
}

/// `POST`.
pub(super) fn send(api: &Api, call: Call) -> Answering<'_> {
    Box::pin(async move {
        let Some(Value::String(name)) = call.path.get("name") else {
            return Err(Refusal::of(code::API_NOT_FOUND));
        };
        let data = call.body.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
        let request = Request {
            data,
            to: field::texts(&call.body, "to"),
            title: field::text(&call.body, "title"),
            lifetime: field::span(&field::text(&call.body, "expires")),
        };
        let given = call.idempotency_key.as_deref();
        let accepted = api.forms.accept(call.key()?, name, given, request).await?;
        let link = |it: &Link| json!({ "to": it.to, "channel": it.channel, "link": it.url, "delivery": it.delivery });
        Ok(Answer::Json(
            202,
            json!({
                "id": accepted.id, "form": name, "expires": moment(accepted.expires),
                "link": accepted.links.first().map(|it| &it.url),
                "links": accepted.links.iter().map(link).collect::<Vec<_>>(),
            }),
        ))
    })
}

/// `GET`.
pub(super) fn show(api: &Api, call: Call) -> Answering<'_> {
    Box::pin(async move {
        let (name, id) = (field::text(&call.path, "name"), field::text(&call.path, "id"));
        let sent = api.forms.sent(&id).await?.filter(|sent| sent.form == name);
        let sent = sent.ok_or_else(|| Refusal::of(code::API_NOT_FOUND))?;
        let decision = sent.decision.as_ref().map(|decision| {
            json!({
                "action": decision.action, "by": decision.by, "channel": decision.channel,
                "at": moment(decision.at), "fields": decision.values(),
            })
        });
        Ok(Answer::Json(
            200,
            json!({
                "id": id, "form": name, "state": sent.state(api.forms.now()),
                "expires": moment(sent.expires), "data": sent.data, "decision": decision,
            }),
        ))
    })
}

/// What sending answers.
pub(super) fn sent_schema() -> Value {
    let link = schema::object(&[
        ("to", schema::text()),
        ("channel", schema::text()),
        ("link", schema::text()),
        ("delivery", schema::id()),
    ]);
    schema::object(&[
        ("id", schema::id()),
        ("form", schema::text()),
        ("expires", schema::moment()),
        ("link", schema::maybe_text()),
        ("links", schema::list(&link)),
    ])
}

/// What became of it.
pub(super) fn state_schema() -> Value {
    let mut decision = schema::object(&[
        ("action", schema::text()),
        ("by", schema::text()),
        ("channel", schema::text()),
        ("at", schema::moment()),
        ("fields", json!({ "type": "object" })),
    ]);
    decision["type"] = json!(["object", "null"]);
    schema::object(&[
        ("id", schema::id()),
        ("form", schema::text()),
        ("state", schema::word(&["open", "decided", "expired"])),
        ("expires", schema::moment()),
        ("data", json!({ "type": "object" })),
        ("decision", decision),
    ])
}

/// A time in milliseconds since 1970, as programs read it.
fn moment(at: u64) -> String {
    let at = i64::try_from(at).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
    at.unwrap_or_default().to_string()
}
