//! The whole body of a request, within a limit on size and time.

use actix_web::HttpResponse;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::http::header::HeaderMap;
use actix_web::web;
use futures_util::StreamExt as _;

use super::SLOW_REQUEST;

/// Bodies up to this are read into one piece of memory, whatever length is announced.
const USUAL_BODY: usize = 64 << 10;

/// Why a body was not read to its end.
pub(super) enum Unread {
    /// It is longer than it may be; whether that was announced or received.
    TooLarge(&'static str),
    /// The client has ended it, or broken it.
    Broken,
    /// It took too long.
    Slow,
}

impl Unread {
    /// What a client is answered of whom nothing was read; no word of why.
    pub(super) fn answer(self) -> HttpResponse {
        match self {
            Self::TooLarge(_) => HttpResponse::PayloadTooLarge().finish(),
            Self::Broken => HttpResponse::BadRequest().finish(),
            Self::Slow => HttpResponse::RequestTimeout().force_close().finish(),
        }
    }
}

/// Reads up to `limit` bytes.
pub(super) async fn read(
    payload: web::Payload,
    headers: &HeaderMap,
    limit: usize,
) -> Result<Vec<u8>, Unread> {
    let announced = length(headers).unwrap_or(0);
    if announced > limit {
        return Err(Unread::TooLarge("announced"));
    }
    let reading = collect(payload, announced, limit);
    // The server hands out a body that came along with its head only once we have waited for it:
    // now it is there, and nearly no request starts the timer.
    tokio::task::yield_now().await;
    match tokio::time::timeout(SLOW_REQUEST, reading).await {
        Ok(Ok(Some(body))) => Ok(body),
        Ok(Ok(None)) => Err(Unread::TooLarge("received")),
        Ok(Err(_)) => Err(Unread::Broken),
        Err(_) => Err(Unread::Slow),
    }
}

/// The whole body; `None` if it is longer than `limit`.
async fn collect(
    mut payload: web::Payload,
    announced: usize,
    limit: usize,
) -> Result<Option<Vec<u8>>, PayloadError> {
    let mut body = Vec::with_capacity(announced.min(USUAL_BODY));
    while let Some(part) = payload.next().await {
        let part = part?;
        if part.len() > limit - body.len() {
            return Ok(None);
        }
        body.extend_from_slice(&part);
    }
    Ok(Some(body))
}

fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
