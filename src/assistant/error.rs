//! Why an assistant gave no answer.

use std::time::Duration;

use crate::exchange::ExchangeError;

/// Why an assistant gave no answer. Carries nothing that a user wrote, and no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssistantError {
    /// The config has none of this name any more.
    #[error("the config has no assistant `{0}` any more")]
    Unknown(String),
    /// The user has used up what one may in a day; what is said to them.
    #[error("its user has used up the tokens of a day (`daily_tokens`)")]
    OverBudget(String),
    /// There is no answer, or only a piece of one.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The whole of it took longer than the assistant's `timeout`.
    #[error("it took longer than {0:?} (`timeout`)")]
    TimedOut(Duration),
    /// The model's server refused.
    #[error("its server answered with status {status}{}: {advice}", told(.code.as_deref()))]
    Refused {
        /// The status.
        status: u16,
        /// The `code` or `type` of the error, as the server names it.
        code: Option<String>,
        /// What to do.
        advice: &'static str,
    },
    /// The answer is not in the shape of the API; what is wrong with it.
    #[error("its answer is not that of `/chat/completions`: {0}")]
    Shape(&'static str),
    /// The answer has no word for the user.
    #[error("its answer is empty")]
    Empty,
    /// It goes on calling tools.
    #[error("it called tools {0} times in a row and said nothing")]
    TooManyCalls(u32),
}

fn told(code: Option<&str>) -> String {
    code.map_or_else(String::new, |code| format!(" ({code})"))
}

impl AssistantError {
    /// What `status` means. `code` is kept only if it reads like one: a server may put anything
    /// there.
    pub(super) fn refused(status: u16, code: Option<&str>) -> Self {
        let is_code = |it: &&str| {
            (1..=64).contains(&it.len())
                && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-.".contains(&it))
        };
        let advice = match status {
            401 | 403 => "see `api_key`",
            404 => "see `base_url` and `model`",
            400 | 413 | 422 => "see `model`, and whether `memory_tokens` fits it",
            429 => "its limit is reached, or its account is empty",
            500.. => "its server is in trouble",
            _ => "see `base_url`",
        };
        Self::Refused { status, code: code.filter(is_code).map(str::to_owned), advice }
    }

    /// Whether the same may work a moment later.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Self::Exchange(error) => {
                matches!(error, ExchangeError::Connect { .. } | ExchangeError::Broken { .. })
            }
            _ => false,
        }
    }
}
