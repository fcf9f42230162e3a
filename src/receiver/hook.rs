//! `/hook/{channel}`: what services send by themselves. GET: somebody looks whether the address is
//! right.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web;

use super::Receiver;
use super::body;
use super::body::Unread;
use super::error;
use crate::channels::Arrived;
use crate::code;
use crate::code::Code;
use crate::intake::IntakeError;

/// A header longer than this is none that a hook reads.
const LONGEST_HEADER: usize = 1_024;

pub(super) async fn receive(
    receiver: web::Data<Receiver>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let channel = request.match_info().query("channel");
    if receiver.intake.hooks.find(channel).is_none() {
        return receiver.refuse_hook(channel, code::HOOK_CHANNEL, &IntakeError::UnknownHook);
    }
    let body = match body::read(payload, request.headers(), receiver.body_limit).await {
        Ok(body) => body,
        Err(Unread::TooLarge(how)) => {
            return receiver.refuse_hook(channel, code::HOOK_TOO_LARGE, &how);
        }
        Err(unread) => return unread.answer(),
    };
    match receiver.intake.hook(channel, &arrived(&request, body)).await {
        Ok(answer) if answer.body.is_empty() => HttpResponse::Ok().finish(),
        Ok(answer) => {
            HttpResponse::Ok().content_type(answer.content_type).body(answer.body.into_owned())
        }
        Err(IntakeError::Busy) => receiver.refuse_hook(channel, code::HOOK_BUSY, &"busy"),
        Err(error) => receiver.refuse_hook(channel, error.code(), &error),
    }
}

fn arrived(request: &HttpRequest, body: Vec<u8>) -> Arrived {
    let headers = request.headers().iter().filter_map(|(name, value)| {
        let value = value.to_str().ok().filter(|it| it.len() <= LONGEST_HEADER)?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    Arrived {
        is_check: request.method() == Method::GET,
        query: request.query_string().to_owned(),
        headers: headers.collect(),
        body,
    }
}

impl Receiver {
    /// Counts and logs it, and says which code it has.
    fn refuse_hook(&self, channel: &str, code: Code, why: &dyn std::fmt::Display) -> HttpResponse {
        let is_known = self.intake.hooks.find(channel).is_some();
        let channel = if is_known { channel } else { "" };
        self.intake.metrics.count_refused(channel, code.name);
        if let Some(unlogged) = self.refusals.admit() {
            let (advice, code) = (code.advice, code.name);
            tracing::warn!(code, channel, unlogged, advice, "refused what came to a hook: {why}");
        }
        error::answer(code)
    }
}
