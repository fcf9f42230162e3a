//! `/sim/…`: what a test tells the platform to do, and asks of it.
//!
//! For `demo` and `simulate` only: whoever reaches it can write to the accounts behind it.

mod act;
mod hook;
mod world;

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::error::InternalError;
use actix_web::guard;
use actix_web::guard::GuardContext;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::Seats;
use super::document::Fields;
use super::fault::Fault;
use super::seats::Seat;
use super::services;
use super::transcript;
use crate::clock::Clock as _;
use crate::wechat::id::OpenId;

#[cfg(test)]
mod tests;

/// The largest request.
const REQUEST_BYTES: usize = 1 << 20;

/// Serves `/sim/…`.
pub fn routes(config: &mut web::ServiceConfig, seats: &web::Data<Seats>) {
    let query = web::QueryConfig::default().error_handler(|error, _| {
        refusal(StatusCode::BAD_REQUEST, &error.to_string(), "docs/simulate.md has the parameters.")
    });
    let scope = web::scope("/sim")
        .guard(guard::fn_guard(is_no_other_site))
        .app_data(seats.clone())
        .app_data(json_config(REQUEST_BYTES).content_type(|_| true).content_type_required(false))
        .app_data(query)
        .route("/say", web::post().to(say))
        .route("/fault", web::post().to(add_fault))
        .route("/fault", web::get().to(show_faults))
        .route("/fault", web::delete().to(clear_faults))
        .route("/clock", web::post().to(set_clock))
        .route("/clock", web::get().to(show_clock))
        .route("/transcript", web::get().to(show_transcript))
        .route("/inbox", web::get().to(show_inbox))
        .route("/hook", web::post().to(hook::write))
        .configure(act::routes)
        .configure(world::routes)
        .configure(services::route::routes);
    config.service(scope);
}

/// Whether a request comes from a program or from our own page. A page of somebody else may let a
/// browser post as well, but only with its `Origin`.
fn is_no_other_site(context: &GuardContext<'_>) -> bool {
    let headers = context.head().headers();
    let text = |name| headers.get(name).and_then(|it: &header::HeaderValue| it.to_str().ok());
    match text(header::ORIGIN) {
        None => true,
        Some(origin) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text(header::HOST)
        }
    }
}

/// Bodies of at most `limit` bytes, and refusals in our own shape.
pub(super) fn json_config(limit: usize) -> web::JsonConfig {
    web::JsonConfig::default().limit(limit).error_handler(|error, _| {
        let advice = "POST a JSON object as `application/json`; docs/simulate.md has them.";
        refusal(StatusCode::BAD_REQUEST, &error.to_string(), advice)
    })
}

/// What is answered, or the refusal that ends a handler early.
type Told = actix_web::Result<HttpResponse>;

#[expect(clippy::unnecessary_wraps, reason = "the last line of a handler")]
fn tell(value: &Value) -> Told {
    Ok(HttpResponse::Ok().json(value))
}

/// A refusal in our own shape.
fn refusal(status: StatusCode, message: &str, advice: &str) -> actix_web::Error {
    let error = json!({"code": "simulator.request", "message": message, "advice": advice});
    let response = HttpResponse::build(status).json(json!({"error": error}));
    InternalError::from_response(message.to_owned(), response).into()
}

fn bad(message: &str, advice: &str) -> actix_web::Error {
    refusal(StatusCode::BAD_REQUEST, message, advice)
}

/// The account that is meant.
fn seat<'s>(seats: &'s Seats, account: Option<&str>) -> actix_web::Result<&'s Seat> {
    let advice = "`/playground/accounts` lists them; without `account` the first is meant.";
    let absent = || refusal(StatusCode::NOT_FOUND, "no such account", advice);
    seats.find(account).ok_or_else(absent)
}

/// Who does something: `from`, or the follower that is there from the start.
fn actor(seat: &Seat, from: Option<&str>) -> actix_web::Result<OpenId> {
    let Some(from) = from else { return Ok(seat.simulator.first_follower()) };
    OpenId::parse(from)
        .map_err(|_| bad("`from` has a blank", "Use an OpenID such as `oFollower1`."))
}

/// Which account, where there are several.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    account: Option<String>,
}

/// `{"from","text"}` or `{"from","message":{…}}`, and perhaps `account`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saying {
    account: Option<String>,
    from: Option<String>,
    text: Option<String>,
    message: Option<Fields>,
}

/// Delivers a message; answers with every try and what came back.
pub(super) async fn say(saying: web::Json<Saying>, seats: web::Data<Seats>) -> Told {
    let Saying { account, from, text, message } = saying.into_inner();
    let seat = seat(&seats, account.as_deref())?;
    let follower = seat.simulator.follower(actor(seat, from.as_deref())?);
    let exchange = match (text, message) {
        (Some(text), None) => follower.says(&text).await,
        (None, Some(message)) => follower.sends(Value::Object(message)).await,
        _ => return Err(bad("neither `text` nor `message`", "Give one of the two.")),
    };
    tell(&exchange.to_json())
}

async fn add_fault(
    which: web::Query<Which>,
    fault: web::Json<Fault>,
    seats: web::Data<Seats>,
) -> Told {
    let seat = seat(&seats, which.account.as_deref())?;
    let fault = fault.into_inner();
    let added = match fault.path.starts_with(services::PATH) {
        true => seats.services.fault(fault),
        false => seat.simulator.fault(fault),
    };
    added.map_err(|reason| bad(&reason, "docs/simulate.md has every kind of fault."))?;
    faults_of(&seats, seat)
}

async fn show_faults(which: web::Query<Which>, seats: web::Data<Seats>) -> Told {
    faults_of(&seats, seat(&seats, which.account.as_deref())?)
}

async fn clear_faults(which: web::Query<Which>, seats: web::Data<Seats>) -> Told {
    let seat = seat(&seats, which.account.as_deref())?;
    seat.simulator.world().faults.clear();
    seats.services.clear_faults();
    faults_of(&seats, seat)
}

/// `{"waiting":[…]}`: those of the account, and those of the services.
fn faults_of(seats: &Seats, seat: &Seat) -> Told {
    let mut waiting: Vec<Fault> = seat.simulator.world().faults.waiting().cloned().collect();
    waiting.extend(seats.services.waiting());
    tell(&json!({"waiting": waiting}))
}

/// `{"advance":7200}`, `{"advance":"2h"}`, `{"freeze":true}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    account: Option<String>,
    advance: Option<Span>,
    freeze: Option<bool>,
}

/// A number of seconds, or a text with its unit: `90s`, `5m`, `2h`, `3d`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Span {
    Seconds(u64),
    Text(String),
}

impl Span {
    fn read(&self) -> Option<Duration> {
        let text = match self {
            Self::Seconds(seconds) => return Some(Duration::from_secs(*seconds)),
            Self::Text(text) => text,
        };
        let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
        let (unit, seconds) = units.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
        let count: u64 = text.trim_end_matches(unit).parse().ok()?;
        count.checked_mul(seconds).map(Duration::from_secs)
    }
}

async fn set_clock(setting: web::Json<Setting>, seats: web::Data<Seats>) -> Told {
    let advance = setting.advance.as_ref().map(Span::read);
    if advance == Some(None) {
        let advice = "Write seconds, or a text such as `90s`, `2h`, `3d`.";
        return Err(bad("`advance` is no time", advice));
    }
    let seat = seat(&seats, setting.account.as_deref())?;
    let clock = seat.simulator.virtual_clock();
    match setting.freeze {
        Some(true) => clock.freeze(),
        Some(false) => clock.run(),
        None => {}
    }
    if let Some(span) = advance.flatten() {
        clock.advance(span);
    }
    clock_of(seat)
}

async fn show_clock(which: web::Query<Which>, seats: web::Data<Seats>) -> Told {
    clock_of(seat(&seats, which.account.as_deref())?)
}

/// `{"now":1767225600,"frozen":false}`
fn clock_of(seat: &Seat) -> Told {
    let clock = seat.simulator.virtual_clock();
    tell(&json!({"now": clock.unix(), "frozen": clock.is_frozen()}))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reading {
    account: Option<String>,
    since: Option<u64>,
    limit: Option<usize>,
    kind: Option<String>,
    from: Option<String>,
}

async fn show_transcript(reading: web::Query<Reading>, seats: web::Data<Seats>) -> Told {
    let seat = seat(&seats, reading.account.as_deref())?;
    let (since, limit) = (reading.since.unwrap_or(0), reading.limit.unwrap_or(transcript::PAGE));
    tell(&seat.simulator.transcript(since, limit, reading.kind.as_deref()))
}

/// What the account sent to somebody through the API: `{"messages":[…]}`.
pub(super) async fn show_inbox(reading: web::Query<Reading>, seats: web::Data<Seats>) -> Told {
    let seat = seat(&seats, reading.account.as_deref())?;
    let of = actor(seat, reading.from.as_deref())?;
    tell(&json!({"messages": seat.simulator.pushed(&of, reading.since.unwrap_or(0))}))
}
