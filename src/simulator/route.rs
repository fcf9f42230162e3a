//! The API over HTTP: which account a request is for, and connections that are to break.

use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::body::BodySize;
use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web;
use serde_json::Value;
use url::form_urlencoded;

use super::Seats;
use super::Simulator;
use super::api;
use super::api::Reply;
use super::api::Request;
use super::api::request::REQUEST_BYTES;
use super::seats::Seat;
use crate::clock::Clock as _;

/// Serves every path of the API.
pub fn routes(config: &mut web::ServiceConfig, seats: &web::Data<Seats>) {
    let mut paths: Vec<&str> = api::all().map(|endpoint| endpoint.path).collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        config.service(resource(path, seats));
    }
}

/// The same for everything that has no route: the platform knows no such path, and says so.
pub fn unknown_paths(config: &mut web::ServiceConfig, seats: &web::Data<Seats>) {
    config.service(resource("/cgi-bin/{rest:.*}", seats));
}

fn resource(path: &str, seats: &web::Data<Seats>) -> actix_web::Resource {
    let limit = web::PayloadConfig::new(REQUEST_BYTES);
    web::resource(path).app_data(seats.clone()).app_data(limit).to(answer)
}

async fn answer(http: HttpRequest, body: web::Bytes, seats: web::Data<Seats>) -> HttpResponse {
    let content_type = http.headers().get(header::CONTENT_TYPE);
    let request = Request {
        method: http.method().as_str().to_owned(),
        path: http.path().to_owned(),
        query: http.query_string().to_owned(),
        content_type: content_type.and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned(),
        body: body.to_vec(),
        peer: http.peer_addr().map(|address| address.ip()),
    };
    let Some(seat) = addressee(&seats, &request) else {
        return HttpResponse::ServiceUnavailable().finish();
    };
    match seat.simulator.answer(&request).await {
        Reply::Broken => HttpResponse::Ok().body(Breaking),
        Reply::Whole(response) => {
            let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::BAD_GATEWAY);
            let mut builder = HttpResponse::build(status);
            builder.content_type(response.content_type);
            for (name, value) in response.headers {
                builder.insert_header((name, value));
            }
            builder.body(response.body)
        }
    }
}

/// The account a request is for: the one that issued its token or is called as it says; else the
/// first that has such a path.
fn addressee<'s>(seats: &'s Seats, request: &Request) -> Option<&'s Seat> {
    let parameters: Vec<_> = form_urlencoded::parse(request.query.as_bytes()).collect();
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let of = |name: &str| {
        let found = parameters.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.as_ref()).or_else(|| body[name].as_str())
    };
    let token = of("access_token").or_else(|| of("component_access_token"));
    let id = ["appid", "corpid", "component_appid", "from_appid"].into_iter().find_map(of);
    let issued = |seat: &&Seat| token.is_some_and(|token| seat.simulator.has_issued(token));
    let is_called =
        |seat: &&Seat| id.is_some_and(|id| seat.simulator.account.app_id.as_str() == id);
    let serves = |seat: &&Seat| seat.simulator.serves(&request.path);
    let found = seats.iter().find(issued).or_else(|| seats.iter().find(is_called));
    found.or_else(|| seats.iter().find(serves)).or_else(|| seats.find(None))
}

impl Simulator {
    fn has_issued(&self, token: &str) -> bool {
        let now = self.virtual_clock.unix();
        self.world().tokens.standing(token, now).0 != super::world::token::Standing::Unknown
    }

    fn serves(&self, path: &str) -> bool {
        api::find(path, self.account.platform).is_some()
    }
}

/// A body that fails before its first byte, at which actix closes the connection.
pub(super) struct Breaking;

impl MessageBody for Breaking {
    type Error = std::io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(1)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<web::Bytes, Self::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionAborted.into())))
    }
}
