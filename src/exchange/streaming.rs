//! An answer whose body is read as it comes.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::error::ExchangeError;
use super::error::explain;

/// What an answer may take.
pub(super) struct Bounds {
    pub(super) origin: String,
    /// When the whole exchange must be over.
    pub(super) until: Instant,
    /// The same, as its owner wrote it.
    pub(super) after: Duration,
    /// In bytes.
    pub(super) limit: usize,
}

/// An answer whose body is read as it comes; any status, since what it means is the caller's to
/// know.
pub struct Streaming {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values; a value that is not text is left out.
    pub headers: Vec<(String, String)>,
    answer: reqwest::Response,
    bounds: Bounds,
    read: usize,
}

impl fmt::Debug for Streaming {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Streaming({}, {} bytes so far)", self.status, self.read)
    }
}

impl Streaming {
    pub(super) fn begin(answer: reqwest::Response, bounds: Bounds) -> Result<Self, ExchangeError> {
        if answer.content_length().is_some_and(|it| it > bounds.limit as u64) {
            let Bounds { origin, limit, .. } = bounds;
            return Err(ExchangeError::TooLarge { origin, limit });
        }
        let headers = answer.headers().iter().filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        let (status, headers) = (answer.status().as_u16(), headers.collect());
        Ok(Self { status, headers, answer, bounds, read: 0 })
    }

    /// The next piece of the body; none at its end.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`]: the time is over, the answer is larger than wanted, or it broke off.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ExchangeError> {
        let Bounds { origin, until, after, limit } = &self.bounds;
        let part = match tokio::time::timeout_at(*until, self.answer.chunk()).await {
            Ok(part) => part.map_err(|error| explain(error, origin.clone()))?,
            Err(_) => {
                let (origin, after) = (origin.clone(), *after);
                return Err(ExchangeError::TimedOut { origin, after, may_have_arrived: true });
            }
        };
        self.read += part.as_ref().map_or(0, Bytes::len);
        if self.read > *limit {
            return Err(ExchangeError::TooLarge { origin: origin.clone(), limit: *limit });
        }
        Ok(part)
    }
}
