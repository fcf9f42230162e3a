//! Why a form was not sent out.

use super::catalog::TemplateError;
use crate::code;
use crate::code::Code;
use crate::config::access::Scope;
use crate::outbox::OutboxError;
use crate::store::StoreError;

/// Why a form was not sent out. Nothing of it was.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// No form has that name.
    #[error("there is no form `{0}`")]
    Unknown(String),
    /// The key may not do that.
    #[error("the key `{key}` may not `{missing}`")]
    Scope {
        /// The key's name.
        key: String,
        /// The right that it lacks.
        missing: Scope,
    },
    /// It is not what the form takes.
    #[error("{0}")]
    Invalid(String),
    /// The form's template does not take the data.
    #[error(transparent)]
    Template(#[from] TemplateError),
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
    /// Our code for it.
    pub fn code(&self) -> Code {
        match self {
            Self::Unknown(_) => code::API_NOT_FOUND,
            Self::Scope { .. } => code::API_SCOPE,
            Self::Invalid(_) | Self::Template(_) | Self::Outbox(OutboxError::Channel { .. }) => {
                code::API_INVALID
            }
            Self::Outbox(OutboxError::TooLarge(_)) => code::API_TOO_LARGE,
            Self::Conflict => code::API_CONFLICT,
            Self::Outbox(_) | Self::Store(_) => code::STORE_FAILED,
        }
    }
}
