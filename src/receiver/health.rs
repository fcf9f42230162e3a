//! Probes, and the metrics.

use std::sync::atomic::Ordering;

use actix_web::HttpResponse;
use actix_web::web;

use super::Receiver;

/// Source: OpenMetrics 1.0, "Content-Type".
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The process answers.
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// It can work; not any more once it is told to stop.
pub(super) async fn ready(receiver: web::Data<Receiver>) -> HttpResponse {
    match receiver.is_ready.load(Ordering::Acquire) {
        true => HttpResponse::Ok().content_type("text/plain").body("ready\n"),
        false => HttpResponse::ServiceUnavailable().content_type("text/plain").body("stopping\n"),
    }
}

pub(super) async fn metrics(receiver: web::Data<Receiver>) -> HttpResponse {
    match receiver.intake.metrics.encode() {
        Ok(text) => HttpResponse::Ok().content_type(OPEN_METRICS).body(text),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
