//! `/callback/{account}`. GET: the URL check; POST: bytes → intake → bytes. The only actix code on
//! this path.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::http::header::HeaderName;
use actix_web::http::header::HeaderValue;
use actix_web::web;
use tokio::time::Instant;

use super::Receiver;
use super::body;
use super::body::Unread;
use crate::account::RawCallback;
use crate::capture::has_header;
use crate::code;
use crate::code::Code;
use crate::config::secret::Secret;
use crate::wechat::id::AppId;

/// Cloud Run's documentation spells it both ways, in one paragraph.
static SOURCE_HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("x-wx-source"), HeaderName::from_static("x-wx-sources")];

pub(super) async fn check_url(receiver: web::Data<Receiver>, request: HttpRequest) -> HttpResponse {
    let account = request.match_info().query("account");
    match receiver.intake.check_url(account, request.query_string()) {
        Ok(echo) => ok(echo),
        Err(error) => receiver.refuse(account, error.code(), &error),
    }
}

pub(super) async fn receive(
    receiver: web::Data<Receiver>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let account = request.match_info().query("account");
    let served = match request.match_info().get("app_id").map(AppId::parse).transpose() {
        Ok(served) => served,
        Err(error) => return receiver.refuse(account, code::CALLBACK_ACCOUNT, &error),
    };
    let body = match body::read(payload, request.headers(), receiver.body_limit).await {
        Ok(body) => body,
        Err(Unread::TooLarge(how)) => {
            return receiver.refuse(account, code::CALLBACK_TOO_LARGE, &how);
        }
        Err(unread) => return unread.answer(),
    };
    let callback = RawCallback { served, ..callback(&receiver, &request, body) };
    match receiver.intake.answer(account, callback).await {
        Ok(body) => ok(body),
        Err(error) => receiver.refuse(account, error.code(), &error),
    }
}

fn callback(receiver: &Receiver, request: &HttpRequest, body: Vec<u8>) -> RawCallback {
    let headers = request.headers();
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned).ok();
    let kept = match receiver.intake.captures {
        None => Vec::new(),
        Some(_) => {
            let kept = headers.iter().filter(|(name, _)| has_header(name.as_str()));
            kept.filter_map(|(name, it)| Some((name.to_string(), text(it)?))).collect()
        }
    };
    RawCallback {
        query: request.query_string().to_owned(),
        body,
        has_source: SOURCE_HEADERS.iter().any(|name| headers.contains_key(name)),
        authorization: headers.get(header::AUTHORIZATION).and_then(text).map(Secret::new),
        served: None,
        headers: kept,
    }
}

fn ok(body: String) -> HttpResponse {
    let content_type = HeaderValue::from_static(content_type(&body));
    let mut response = HttpResponse::with_body(StatusCode::OK, BoxBody::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// WeChat looks at the body; people with a debugging tool look at this.
fn content_type(body: &str) -> &'static str {
    match body.as_bytes().first() {
        Some(b'<') => "text/xml; charset=utf-8",
        Some(b'{') => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}

impl Receiver {
    /// Counts and logs it; the sender learns the status and nothing else.
    fn refuse(&self, account: &str, code: Code, why: &dyn std::fmt::Display) -> HttpResponse {
        let is_known = self.intake.accounts.contains_key(account);
        let account = if is_known { account } else { "" };
        self.intake.metrics.count_refused(account, code.name);
        if let Some(unlogged) = self.refusals.admit() {
            let advice = code.advice;
            let code = code.name;
            tracing::warn!(code, account, unlogged, advice, "refused a callback: {why}");
        }
        let status = StatusCode::from_u16(code.status).unwrap_or(StatusCode::BAD_REQUEST);
        HttpResponse::build(status).finish()
    }
}

/// Lets a few refusals a second into the log: anybody can send what is refused.
#[derive(Debug)]
pub struct RefusalLog(Mutex<Second>);

#[derive(Debug)]
struct Second {
    since: Instant,
    logged: u32,
    unlogged: u64,
}

impl RefusalLog {
    const A_SECOND: u32 = 10;

    /// Nothing was logged yet.
    pub fn new() -> Self {
        Self(Mutex::new(Second { since: Instant::now(), logged: 0, unlogged: 0 }))
    }

    /// Whether this one may be logged, and how many before it were not.
    pub(super) fn admit(&self) -> Option<u64> {
        let mut second = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if second.since.elapsed() >= Duration::from_secs(1) {
            second.since = Instant::now();
            second.logged = 0;
        }
        if second.logged >= Self::A_SECOND {
            second.unlogged += 1;
            return None;
        }
        second.logged += 1;
        Some(std::mem::take(&mut second.unlogged))
    }
}

impl Default for RefusalLog {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::RefusalLog;

    #[tokio::test(start_paused = true)]
    async fn ten_refusals_a_second_are_logged_and_the_rest_counted() {
        let log = RefusalLog::new();
        let admitted = (0..25).filter(|_| log.admit().is_some()).count();
        assert_eq!(admitted, 10);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(log.admit(), Some(15));
        assert_eq!(log.admit(), Some(0));
    }
}
