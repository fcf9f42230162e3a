//! What a channel says of one attempt, and its service later.

use std::time::Duration;

/// The service's yes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Receipt {
    /// What the service calls the message, for its own receipts and for asking it.
    pub id: Option<String>,
    /// What else it said that a person may want to read.
    pub detail: String,
}

impl Receipt {
    /// Each of the service's ids: where there were several receivers, one for each, joined by
    /// commas.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.id.iter().flat_map(|ids| ids.split(',')).filter(|id| !id.is_empty())
    }
}

/// What a service tells later of a notification that it took: by itself, or when it is asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// What the service calls the message, as in [`Receipt::ids`].
    pub id: String,
    /// What became of it.
    pub fate: Fate,
    /// What else it said that a person may want to read: whom it reached, or why not.
    pub detail: String,
}

/// What became of a notification that a service took.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fate {
    /// It has arrived.
    Confirmed,
    /// It did not arrive, and will not.
    Failed,
}

impl Fate {
    /// Each fate with the word for it; in the order of their numbers in the store.
    pub const ALL: [(Self, &'static str); 2] =
        [(Self::Confirmed, "confirmed"), (Self::Failed, "failed")];

    /// The word that is shown.
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// Why one attempt did not deliver.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Failure {
    /// Whose fault it is, and so what follows.
    pub blame: Blame,
    /// The service's error code, or one of ours.
    pub code: String,
    /// What to do about it, in a sentence; may be empty.
    pub advice: String,
    /// What the service answered, cut to what a person reads. Never a secret.
    pub detail: String,
}

impl Failure {
    /// A failure with a code and without words.
    pub fn new(blame: Blame, code: impl Into<String>) -> Self {
        Self { blame, code: code.into(), advice: String::new(), detail: String::new() }
    }
}

/// Whose fault a failure is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Blame {
    /// The notification or the channel's settings: the same again would be refused again.
    Request,
    /// The service, for now, or the way there; it certainly did not take the notification.
    Service {
        /// When the service asks to be tried again (`Retry-After`), from now.
        retry_after: Option<Duration>,
    },
    /// We have sent as much as we may; nothing more goes through this channel until then.
    Quota {
        /// When there is room again, from now, if that is known.
        retry_after: Option<Duration>,
    },
    /// Nobody knows whether it arrived: the connection ended after the request had left.
    Unknown,
}

impl Blame {
    /// The word that is stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Service { .. } => "service",
            Self::Quota { .. } => "quota",
            Self::Unknown => "unknown",
        }
    }
}
