//! Why a submission was not accepted.

use crate::code;
use crate::code::Code;
use crate::config::access::Scope;
use crate::outbox::OutboxError;
use crate::store::DeliveryId;
use crate::store::StoreError;

/// Why a submission was not accepted. None of it was.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmissionError {
    /// It names no channel and no topic.
    #[error("it names no channel and no topic")]
    Nowhere,
    /// It has neither title nor body.
    #[error("it says nothing: title and body are empty")]
    Empty,
    /// It goes out through more channels than [`super::MOST_CHANNELS`].
    #[error("it goes out through {0} channels; at most {most} are accepted", most = super::MOST_CHANNELS)]
    TooMany(usize),
    /// No topic has that name.
    #[error("there is no topic `{0}`")]
    Topic(String),
    /// No channel has that name.
    #[error("there is no channel `{0}`")]
    Channel(String),
    /// It is to be a page, and there are none.
    #[error("there are no pages: `[server] public_url` is not set")]
    Pageless,
    /// It is to be a page for too short or too long.
    #[error("a page is kept for 1m to 90d")]
    Page,
    /// The key may not do that.
    #[error("the key `{key}` may not `{missing}`")]
    Scope {
        /// The key's name.
        key: String,
        /// The right that it lacks.
        missing: Scope,
    },
    /// The idempotency key is empty, too long, or not of visible ASCII.
    #[error("an idempotency key has 1 to {most} visible ASCII characters", most = super::LONGEST_IDEMPOTENCY_KEY)]
    IdempotencyKey,
    /// The same idempotency key came before with another content.
    #[error("the idempotency key was used for another notification, {0}")]
    Conflict(DeliveryId),
    /// It is larger than the outbox accepts.
    #[error("{0} bytes are more than {most}", most = crate::outbox::LARGEST)]
    TooLarge(usize),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SubmissionError {
    /// Our code for it.
    pub fn code(&self) -> Code {
        match self {
            Self::Nowhere
            | Self::Empty
            | Self::TooMany(_)
            | Self::Pageless
            | Self::Page
            | Self::IdempotencyKey => code::API_INVALID,
            Self::Topic(_) | Self::Channel(_) => code::API_UNKNOWN,
            Self::Scope { .. } => code::API_SCOPE,
            Self::Conflict(_) => code::API_CONFLICT,
            Self::TooLarge(_) => code::API_TOO_LARGE,
            Self::Store(_) => code::STORE_FAILED,
        }
    }
}

impl From<OutboxError> for SubmissionError {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::Channel { name, .. } => Self::Channel(name),
            OutboxError::TooLarge(size) => Self::TooLarge(size),
            OutboxError::Store(error) => Self::Store(error),
        }
    }
}
