//! Error → code, status, JSON body.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use serde_json::json;

use crate::code;
use crate::code::Code;
use crate::config::access::Scope;
use crate::forms::FormError;
use crate::outbox::OutboxError;
use crate::store::StoreError;
use crate::submission::SubmissionError;

/// Why a call was not done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: Code,
    /// What is wrong with this one call.
    pub(super) message: String,
    /// What to do, where that is more than the code's own advice.
    pub(super) advice: Option<String>,
}

impl Refusal {
    /// What the code says of itself.
    pub(super) fn of(code: Code) -> Self {
        Self::new(code, code.meaning)
    }

    /// One with words of its own.
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), advice: None }
    }

    /// A request that is not what the interface takes.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(code::API_INVALID, message)
    }

    /// The same with advice, if there is any.
    pub(super) fn advise(self, advice: Option<String>) -> Self {
        Self { advice, ..self }
    }

    /// A key that lacks a right.
    pub(super) fn lacks(key: &str, scope: &Scope) -> Self {
        let message = format!("the key `{key}` may not `{scope}`");
        let advice = format!("add \"{scope}\" to the `may` of the `[[key]]`");
        Self::new(code::API_SCOPE, message).advise(Some(advice))
    }

    /// As an answer.
    pub(super) fn response(&self) -> HttpResponse {
        let status = StatusCode::from_u16(self.code.status);
        let mut response = HttpResponse::build(status.unwrap_or(StatusCode::BAD_REQUEST));
        if self.code == code::API_KEY {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"yizhan\""));
        }
        let advice = self.advice.as_deref().unwrap_or(self.code.advice);
        response.json(json!({
            "error": { "code": self.code.name, "message": self.message, "advice": advice }
        }))
    }
}

impl From<SubmissionError> for Refusal {
    fn from(error: SubmissionError) -> Self {
        match error {
            SubmissionError::Scope { key, missing } => Self::lacks(&key, &missing),
            SubmissionError::Store(error) => Self::from(error),
            error => Self::new(error.code(), error.to_string()),
        }
    }
}

impl From<FormError> for Refusal {
    fn from(error: FormError) -> Self {
        match error {
            FormError::Scope { key, missing } => Self::lacks(&key, &missing),
            FormError::Store(error) | FormError::Outbox(OutboxError::Store(error)) => {
                Self::from(error)
            }
            error => Self::new(error.code(), error.to_string()),
        }
    }
}

impl From<StoreError> for Refusal {
    /// The caller learns that it failed; why is for the log.
    fn from(error: StoreError) -> Self {
        let error: &dyn std::error::Error = &error;
        tracing::error!(code = code::STORE_FAILED.name, error, "the API could not use the store");
        Self::of(code::STORE_FAILED)
    }
}
