//! Why a program's request is refused, and what it is told.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::forms::TemplateError;
use crate::code;
use crate::code::Code;
use crate::outbox::OutboxError;
use crate::store::StoreError;

/// Why a form was not sent out. Nothing of it was.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// The API is off.
    #[error("the API is off")]
    Off,
    /// No key, or none that is good.
    #[error("the request shows no key that is good")]
    Key,
    /// The key may not do that.
    #[error("the key may not `{0}`")]
    Scope(String),
    /// No form has that name, or nothing that was sent out that id.
    #[error("there is no form `{0}`")]
    Unknown(String),
    /// The body is no JSON, or not the JSON that is taken.
    #[error("{0}")]
    Invalid(String),
    /// The form's template does not take the data.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The body is larger than is taken.
    #[error("the body is larger than {} KiB", super::LARGEST_BODY >> 10)]
    TooLarge,
    /// The same idempotency key came before with another content.
    #[error("the idempotency key was used for another form")]
    Conflict,
    /// A notification with the link was not accepted.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FormError {
    fn code(&self) -> Code {
        match self {
            Self::Off => code::API_OFF,
            Self::Key => code::API_KEY,
            Self::Scope(_) => code::API_SCOPE,
            Self::Unknown(_) => code::API_NOT_FOUND,
            Self::Invalid(_) | Self::Template(_) | Self::Outbox(OutboxError::Channel { .. }) => {
                code::API_INVALID
            }
            Self::TooLarge | Self::Outbox(OutboxError::TooLarge(_)) => code::API_TOO_LARGE,
            Self::Conflict => code::API_CONFLICT,
            Self::Outbox(_) | Self::Store(_) => code::STORE_FAILED,
        }
    }

    /// `{"error":{"code","message","advice"}}`, with the code's status.
    pub(super) fn answer(&self) -> HttpResponse {
        let code = self.code();
        // What the store says names files of this machine; the log has it.
        let message = match code {
            code::STORE_FAILED => {
                tracing::error!(code = code.name, "a form was not sent out: {self}");
                code.meaning.to_owned()
            }
            _ => self.to_string(),
        };
        let status = StatusCode::from_u16(code.status).unwrap_or(StatusCode::BAD_REQUEST);
        HttpResponse::build(status).json(serde_json::json!({
            "error": { "code": code.name, "message": message, "advice": code.advice }
        }))
    }
}
