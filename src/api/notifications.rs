//! `/api/v1/notifications`: send, look, list, call back.

use jiff::Timestamp;
use serde_json::Map;
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
use crate::code;
use crate::notification::Format;
use crate::notification::Notification;
use crate::notification::Urgency;
use crate::store::Attempt;
use crate::store::Delivery;
use crate::store::DeliveryId;
use crate::store::Filter;
use crate::store::Reason;
use crate::store::Reported;
use crate::store::State;
use crate::submission::Found;
use crate::submission::Life;
use crate::submission::MOST_CHANNELS;
use crate::submission::Part;
use crate::submission::Submission;
use crate::submission::word;

/// The most receivers of one notification.
const MOST_RECEIVERS: usize = 1_000;

/// How many notifications a page has unless the caller says otherwise.
const PAGE: u64 = 50;

/// What `POST` takes.
pub(super) const FIELDS: &[Field] = &[
    Field::may("channel", Shape::Name, "The channel's name in the config."),
    Field::may(
        "channels",
        Shape::Names(MOST_CHANNELS),
        "Several channels; it goes out through each once.",
    ),
    Field::may("topic", Shape::Name, "A `[[topic]]`, which stands for its channels."),
    Field::may("account", Shape::Name, "The account, for the channel `wechat-customer`."),
    Field::may(
        "to",
        Shape::Texts(256, MOST_RECEIVERS),
        "Whom it is for, as the channel's service names people. Empty: the channel's own.",
    ),
    Field::may("title", Shape::Text(1_000), "One line."),
    Field::may("body", Shape::Text(200_000), "The text."),
    Field::may(
        "format",
        Shape::Word(&["text", "markdown", "html"]),
        "How the body is to be read: `text` unless it says otherwise.",
    ),
    Field::may(
        "page",
        Shape::Keep,
        "Keep it as a page for so long (1m to 90d); what goes out is its beginning and a link.",
    ),
    Field::may("link", Shape::Link, "An address to go on to."),
    Field::may(
        "urgency",
        Shape::Word(&["low", "normal", "high"]),
        "How much it may disturb. `high` goes out in quiet hours too.",
    ),
    Field::may("delay", Shape::Span, "Not to be sent earlier than so long from now."),
    Field::may("not_before", Shape::Time, "Not to be sent earlier."),
    Field::may("expires", Shape::Time, "Of no use any more from then on."),
    Field::may("lifetime", Shape::Span, "Of no use any more after so long from now."),
    Field::may(
        "fallback",
        Shape::Names(MOST_CHANNELS),
        "Channels to try, in order, when one gives it up; instead of the channel's own.",
    ),
    Field::may(
        "native",
        Shape::Object,
        "The service's own form of a message, handed to the channel as it is.",
    ),
];

/// The parameter of one notification's path.
pub(super) const ID: &[Field] = &[Field::may("id", Shape::Id, "What sending answered.")];

/// What narrows the list.
pub(super) const QUERY: &[Field] = &[
    Field::may(
        "state",
        Shape::Word(&["waiting", "delivered", "refused", "expired", "unknown"]),
        "Only what is in this state.",
    ),
    Field::may("channel", Shape::Text(140), "Only what waits in, or left, this channel's queue."),
    Field::may("since", Shape::Time, "Only what was accepted then or later."),
    Field::may("until", Shape::Time, "Only what was accepted before."),
    Field::may("limit", Shape::Count(1, 200), "How many at most; 50 unless it says otherwise."),
    Field::may("cursor", Shape::Id, "The `next` of the page before."),
];

/// What the schema says beside the fields.
pub(super) fn rule() -> Value {
    let filled =
        |name: &str| json!({ "required": [name], "properties": { name: { "minLength": 1 } } });
    json!({ "allOf": [
        { "anyOf": [{ "required": ["channel"] }, { "required": ["channels"] }, { "required": ["topic"] }] },
        { "anyOf": [filled("title"), filled("body"), { "required": ["native"] }] },
    ] })
}

/// What could be sent.
pub(super) fn example() -> Value {
    json!({ "channel": "ops", "title": "Backup", "body": "**done** in 12 s", "format": "markdown" })
}

/// `POST`.
pub(super) fn send(api: &Api, call: Call) -> Answering<'_> {
    Box::pin(async move {
        let submitted = api.submissions.accept(call.key()?, submission(&call)).await?;
        let parts = submitted.parts.iter().map(
            |part| json!({ "id": part.id, "channel": part.channel, "folded": part.is_folded }),
        );
        let deliveries: Vec<Value> = parts.collect();
        Ok(Answer::Json(202, json!({ "id": submitted.id, "deliveries": deliveries })))
    })
}

fn submission(call: &Call) -> Submission {
    let body = &call.body;
    let word = |name: &str| body.get(name).cloned().unwrap_or(Value::Null);
    let span = |name: &str| field::span(&field::text(body, name));
    let time = |name: &str| field::time(&field::text(body, name));
    let filled = |name: &str| Some(field::text(body, name)).filter(|it| !it.is_empty());
    let native = body.get("native").cloned();
    let notification = Notification {
        account: filled("account"),
        to: field::texts(body, "to").into_iter().filter(|it| !it.is_empty()).collect(),
        title: field::text(body, "title"),
        body: field::text(body, "body"),
        link: filled("link"),
        format: serde_json::from_value::<Format>(word("format")).unwrap_or_default(),
        urgency: serde_json::from_value::<Urgency>(word("urgency")).unwrap_or_default(),
        native,
        not_before: time("not_before"),
        expires: time("expires"),
        fallback: field::texts(body, "fallback"),
        idempotency_key: call.idempotency_key.clone(),
        ..Notification::default()
    };
    let mut channels: Vec<String> = filled("channel").into_iter().collect();
    channels.extend(field::texts(body, "channels"));
    let (delay, lifetime, page) = (span("delay"), span("lifetime"), span("page"));
    let topics = filled("topic").into_iter().collect();
    Submission { channels, topics, notification, delay, lifetime, page }
}

/// `GET` of one.
pub(super) fn show(api: &Api, call: Call) -> Answering<'_> {
    Box::pin(async move { Ok(Answer::Json(200, life(&find(api, &call.path).await?))) })
}

/// `POST …/cancel`: gives up what has not been sent. Not `DELETE`, since its life stays to be seen.
pub(super) fn cancel(api: &Api, call: Call) -> Answering<'_> {
    Box::pin(async move {
        let key = call.key()?;
        let found = find(api, &call.path).await?;
        if !key.is_admin() && !found.is_by(&key.name) {
            // What belongs to others is not there, for who may not read.
            return Err(Refusal::of(code::API_NOT_FOUND));
        }
        let note = format!("called back by `{}`", key.name);
        let reason = Reason { code: code::API_CANCELLED.name.to_owned(), note };
        match api.submissions.cancel(&found, reason).await? {
            0 => Err(Refusal::of(code::API_SENT)),
            _ => Ok(Answer::Json(200, life(&find(api, &call.path).await?))),
        }
    })
}

/// `GET` of many, the newest first: one row for each delivery.
pub(super) fn list(api: &Api, call: Call) -> Answering<'_> {
    Box::pin(async move {
        let text = |name: &str| Some(field::text(&call.query, name)).filter(|it| !it.is_empty());
        let time = |name: &str| text(name).and_then(|it| field::time(&it));
        let filter = Filter {
            state: text("state").and_then(|it| State::parse(&it)),
            lane: text("channel"),
            since: time("since"),
            until: time("until"),
            ..Filter::default()
        };
        let cursor = text("cursor").and_then(|it| it.parse().ok());
        let limit = call.query.get("limit").and_then(Value::as_u64).unwrap_or(PAGE);
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let store = api.submissions.outbox().store();
        let page = store.query(filter, cursor, limit).await?;
        let rows: Vec<Value> = page.deliveries.iter().map(row).collect();
        Ok(Answer::Json(200, json!({ "notifications": rows, "next": page.next })))
    })
}

async fn find(api: &Api, path: &Map<String, Value>) -> Result<Life, Refusal> {
    let id = field::text(path, "id").parse::<DeliveryId>();
    let id = id.map_err(|error| Refusal::new(code::API_NOT_FOUND, error.to_string()))?;
    let found = api.submissions.find(id).await?;
    found.ok_or_else(|| Refusal::of(code::API_NOT_FOUND))
}

fn life(life: &Life) -> Value {
    let deliveries: Vec<Value> =
        life.parts.iter().map(|(part, found)| of_part(part, found.as_ref())).collect();
    let said = life.parts.iter().find_map(|(_, found)| found.as_ref());
    let said = said.map_or(Value::Null, |found| said_by(&found.delivery.notification));
    json!({
        "id": life.id,
        "state": life.state(),
        "accepted": moment(life.id.time()),
        "said": said,
        "deliveries": deliveries,
    })
}

fn of_part(part: &Part, found: Option<&Found>) -> Value {
    let state = word(part, found);
    let mut shown = json!({ "id": part.id, "channel": part.channel, "state": state });
    let attempts: Vec<Value> = found.iter().flat_map(|it| &it.attempts).map(attempt).collect();
    let receipts: Vec<Value> = found.iter().flat_map(|it| &it.reports).map(receipt).collect();
    if let Some(Found { delivery, .. }) = found {
        shown["due"] = json!(due(delivery));
        shown["ended"] = json!(delivery.ended.map(moment));
        shown["code"] = json!(delivery.reason.code);
        shown["note"] = json!(delivery.reason.note);
    }
    shown["attempts"] = json!(attempts);
    shown["receipts"] = json!(receipts);
    shown
}

/// What is sent, for who asks for it.
fn said_by(notification: &Notification) -> Value {
    let Notification { by, to, title, body, link, format, urgency, .. } = notification;
    json!({
        "by": by, "to": to, "title": title, "body": body, "link": link, "format": format,
        "urgency": urgency,
    })
}

fn attempt(attempt: &Attempt) -> Value {
    json!({
        "at": moment(attempt.at),
        "took_ms": u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
        "channel": attempt.channel,
        "outcome": attempt.blame.as_deref().unwrap_or("delivered"),
        "code": attempt.code,
        "advice": attempt.advice,
        "detail": attempt.detail,
    })
}

/// When it is to leave, while it waits; while it is being sent that is the end of the lease.
fn due(delivery: &Delivery) -> Option<String> {
    (delivery.state == State::Waiting).then(|| moment(delivery.due))
}

/// What the service told later.
fn receipt(reported: &Reported) -> Value {
    json!({
        "at": moment(reported.at),
        "channel": reported.channel,
        "outcome": reported.report.fate.word(),
        "detail": reported.report.detail,
    })
}

fn row(delivery: &Delivery) -> Value {
    json!({
        "id": delivery.id,
        "channel": delivery.notification.channel,
        "state": delivery.state.word(),
        "accepted": moment(delivery.accepted),
        "due": due(delivery),
        "ended": delivery.ended.map(moment),
        "by": delivery.notification.by,
        "title": delivery.notification.title,
        "attempts": delivery.attempts,
        "code": delivery.reason.code,
        "note": delivery.reason.note,
    })
}

/// A time since 1970 as RFC 3339 in UTC; one beyond our calendar is its end.
pub(super) fn moment(time: std::time::Duration) -> String {
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX).to_string()
}
