//! Error → code, status, JSON body.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use crate::code;
use crate::code::Code;

pub(super) async fn not_found() -> HttpResponse {
    answer(code::HTTP_NOT_FOUND)
}

pub(super) async fn method() -> HttpResponse {
    answer(code::HTTP_METHOD)
}

/// `{"error":{"code","message","advice"}}`, with the code's status.
pub(super) fn answer(code: Code) -> HttpResponse {
    let status = StatusCode::from_u16(code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).json(serde_json::json!({
        "error": { "code": code.name, "message": code.meaning, "advice": code.advice }
    }))
}
