//! The services over HTTP, and what goes wrong on the way to them.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web;
use jiff::Timestamp;
use serde_json::json;

use super::Answer;
use super::Asked;
use super::PATH;
use super::Worked;
use crate::clock::Clock as _;
use crate::simulator::Seats;
use crate::simulator::fault::Kind;
use crate::simulator::route::Breaking;
use crate::simulator::services;

/// The largest request.
const REQUEST_BYTES: usize = 1 << 20;

pub(in crate::simulator) fn routes(config: &mut web::ServiceConfig) {
    for path in ["/services/{kind}", "/services/{kind}/{rest:.*}"] {
        let limit = web::PayloadConfig::new(REQUEST_BYTES);
        config.service(web::resource(path).app_data(limit).to(answer));
    }
}

async fn answer(http: HttpRequest, body: web::Bytes, seats: web::Data<Seats>) -> HttpResponse {
    let Some(simulator) = seats.find(None).map(|seat| &seat.simulator) else {
        return HttpResponse::ServiceUnavailable().finish();
    };
    let kind = http.match_info().query("kind").to_owned();
    let path = http.uri().path();
    let behind = path.strip_prefix(PATH).and_then(|it| it.strip_prefix(kind.as_str()));
    let asked = Asked {
        method: http.method().as_str().to_owned(),
        path: behind.filter(|it| !it.is_empty()).unwrap_or("/").to_owned(),
        query: http.query_string().to_owned(),
        headers: headers(&http),
        body: body.to_vec(),
    };
    let fault = seats.services.strike(path);
    if let Some(pause) = fault.as_ref().and_then(|it| it.slow_ms) {
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    let now = simulator.virtual_clock.since_epoch();
    let at = simulator.virtual_clock.milliseconds();
    let Some(service) = services::find(&kind) else {
        return HttpResponse::NotFound().body("docs/simulate.md lists the services\n");
    };
    let work = || seats.services.answer(service, &asked, now, simulator.clock.since_epoch());
    let mut worked = match fault.as_ref().map(|it| it.kind) {
        Some(Kind::Lost | Kind::Status) => Worked::nothing(service),
        _ => work(),
    };
    let mut is_broken = false;
    if let Some(fault) = fault {
        worked.noted.insert("fault".to_owned(), json!(fault.kind));
        match (fault.status, fault.body) {
            (Some(status), _) => worked.answer = Answer::page(status),
            (_, Some(body)) => worked.answer = Answer::text(200, &body),
            _ => is_broken = matches!(fault.kind, Kind::Lost | Kind::Cut),
        }
    }
    simulator.world().transcript.add(at, "service", worked.noted);
    match is_broken {
        true => HttpResponse::Ok().body(Breaking),
        false => respond(worked.answer, now),
    }
}

fn headers(http: &HttpRequest) -> Vec<(String, String)> {
    let pairs = http.headers().iter();
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    pairs.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// The answer with the service's own time: who is told to wait until midnight counts from it.
fn respond(answer: Answer, now: Duration) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut builder = HttpResponse::build(status);
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if let Ok(now) = Timestamp::from_second(seconds) {
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        builder.insert_header((header::DATE, date));
    }
    if !answer.content_type.is_empty() {
        builder.content_type(answer.content_type);
    }
    for (name, value) in answer.headers {
        builder.insert_header((name, value));
    }
    builder.body(answer.body)
}
