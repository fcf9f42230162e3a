//! Why a request has no answer.

use std::error::Error as StdError;
use std::time::Duration;

use super::NothingPermitted;

/// Why there is no answer. Names scheme, host and port only: paths and queries hold secrets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// Not a URL, or not one of HTTP.
    #[error("the URL is not an address of `http` or `https`")]
    Url,
    /// A header's name or value has a character that headers cannot have, such as a line feed.
    #[error("the header `{0}` has a character that no header may have")]
    Header(String),
    /// It leads into a private network that the config does not list.
    #[error("{0} is inside a private network; list it in `server.private_hosts` to allow it")]
    Refused(String),
    /// The host's name has no address.
    #[error("cannot find the address of {0}")]
    Resolve(String),
    /// Nobody accepts the connection.
    #[error("cannot connect to {origin}")]
    Connect {
        /// Where to.
        origin: String,
        /// Why.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The certificate is not good, or the other side speaks no TLS.
    #[error("no secure connection to {origin}: {reason}")]
    Tls {
        /// Where to.
        origin: String,
        /// What TLS says.
        reason: String,
    },
    /// Not done in time.
    #[error("{origin} did not answer within {after:?}")]
    TimedOut {
        /// Whom we asked.
        origin: String,
        /// The limit.
        after: Duration,
        /// `false` only if it is certain that the body of the request never left.
        may_have_arrived: bool,
    },
    /// The answer is larger than was wanted.
    #[error("the answer of {origin} is larger than {limit} bytes")]
    TooLarge {
        /// Who answered.
        origin: String,
        /// The limit.
        limit: usize,
    },
    /// The connection broke, or what came is no HTTP.
    #[error("the exchange with {origin} broke off")]
    Broken {
        /// With whom.
        origin: String,
        /// Why.
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl ExchangeError {
    /// Whether the other side may have got the request, so that asking again could do it twice.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::TimedOut { may_have_arrived, .. } => *may_have_arrived,
            other => matches!(other, Self::TooLarge { .. } | Self::Broken { .. }),
        }
    }
}

/// What a failure of the client means.
pub(super) fn explain(error: reqwest::Error, origin: String) -> ExchangeError {
    let error = error.without_url();
    if let Some(refused) = cause::<NothingPermitted>(&error) {
        return match refused.is_known {
            true => ExchangeError::Refused(refused.host.clone()),
            false => ExchangeError::Resolve(refused.host.clone()),
        };
    }
    if let Some(tls) = cause::<rustls::Error>(&error) {
        return ExchangeError::Tls { reason: tls.to_string(), origin };
    }
    match error.is_connect() {
        true => ExchangeError::Connect { origin, source: Box::new(error) },
        false => ExchangeError::Broken { origin, source: Box::new(error) },
    }
}

/// The first error of type `E` in the chain. An `io::Error` hides what it wraps from `source`.
fn cause<'e, E: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}
