//! Channels that are one HTTP exchange, as nearly all are.

use std::sync::Arc;
use std::time::Duration;

use jiff::fmt::rfc2822;
use serde_json::Value;

use super::Asking;
use super::Channel;
use super::Parcel;
use super::Sending;
use super::Sent;
use super::Told;
use super::asking;
use crate::code;
use crate::config::secret::Secret;
use crate::exchange::Exchange;
use crate::exchange::ExchangeError;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Receipt;
use crate::notification::Terms;

/// The largest answer that is read, in bytes. A service says yes or no in a few hundred.
pub const LARGEST_ANSWER: usize = 64 << 10;

/// From how many bytes on a secret is looked for in a whole answer.
const COVERED: usize = 8;

/// How much of an answer is kept for a person to read, in characters.
const SHOWN: usize = 300;

/// A channel that is one HTTP exchange. Neither method does any I/O.
pub trait HttpChannel: Send + Sync {
    /// The request that carries the parcel. Its time limit is set to the channel's by whoever
    /// sends it.
    ///
    /// # Errors
    ///
    /// A notification that this service cannot be given, with [`Blame::Request`].
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure>;

    /// What the service's answer means.
    ///
    /// # Errors
    ///
    /// Its no, and whose fault that is.
    fn receipt(&self, response: &Response) -> Result<Receipt, Failure>;

    /// What the service is not given of the parcel, such as an end that is too much for it; empty:
    /// nothing. It joins the receipt's detail.
    fn remark(&self, _: &Parcel) -> String {
        String::new()
    }

    /// Whether [`HttpChannel::ask`] asks.
    fn asks(&self) -> bool {
        false
    }

    /// The request that asks what became of a notification that the service took.
    fn ask(&self, _: &Sent) -> Option<Request> {
        None
    }

    /// What the service's answer to that means.
    ///
    /// # Errors
    ///
    /// It does not say. It is asked again.
    fn fate(&self, _: &Sent, _: &Response) -> Result<Told, Failure> {
        Ok(Told::NotYet)
    }

    /// What must not stand in a receipt or a failure, should the service repeat it.
    fn secrets(&self) -> Vec<&Secret> {
        Vec::new()
    }
}

/// Sends the requests of an [`HttpChannel`].
pub(super) struct Http<C> {
    pub(super) channel: C,
    pub(super) exchange: Arc<Exchange>,
    pub(super) terms: Terms,
}

impl<C: HttpChannel> Channel for Http<C> {
    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        Box::pin(async move {
            let request = self.channel.request(parcel)?;
            let request = Request { timeout: self.terms.limit, ..request };
            let response = self.exchange.send(request).await.map_err(|error| broken(&error))?;
            let secrets = self.channel.secrets();
            let response = covered(response, &secrets);
            told(self.channel.receipt(&response), &secrets, self.channel.remark(parcel))
        })
    }

    fn asks(&self) -> bool {
        self.channel.asks()
    }

    fn ask<'a>(&'a self, sent: &'a Sent) -> Asking<'a> {
        Box::pin(async move {
            let Some(request) = self.channel.ask(sent) else { return Ok(None) };
            let read = |response: &Response| self.channel.fate(sent, response);
            let request = (request, self.terms.limit);
            asking::ask(&self.exchange, sent, request, &self.channel.secrets(), read).await
        })
    }
}

/// A request for what is at `url`.
pub(super) fn get(url: String) -> Request {
    Request { method: Method::Get, headers: Vec::new(), ..post(url, "", String::new()) }
}

/// A request that posts `body`.
pub(super) fn post_json(url: String, body: &Value) -> Request {
    post(url, "application/json; charset=utf-8", body.to_string())
}

/// A request that posts `fields` as a form.
pub(super) fn post_form(url: String, fields: &[(&str, &str)]) -> Request {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
    post(url, "application/x-www-form-urlencoded; charset=utf-8", form.finish())
}

fn post(url: String, content_type: &str, body: String) -> Request {
    Request {
        method: Method::Post,
        url,
        headers: vec![("content-type".to_owned(), content_type.to_owned())],
        body: body.into(),
        timeout: Terms::default().limit,
        max_answer: LARGEST_ANSWER,
    }
}

/// An answer without the secrets, for services that repeat what they were asked: before anything is
/// cut out of it, since half a key is a key too. Where a secret is so short that it is also a word of
/// the answer, it stays, and [`told`] hides it.
pub(super) fn covered(response: Response, secrets: &[&Secret]) -> Response {
    let long: Vec<&Secret> =
        secrets.iter().copied().filter(|it| it.expose().len() >= COVERED).collect();
    let text = String::from_utf8_lossy(&response.body);
    match long.iter().any(|it| text.contains(it.expose())) {
        true => Response { body: hide(text.into_owned(), &long).into(), ..response },
        false => response,
    }
}

/// A verdict without the secrets, and with what the service was not given.
pub(super) fn told(
    verdict: Result<Receipt, Failure>,
    secrets: &[&Secret],
    remark: String,
) -> Result<Receipt, Failure> {
    match verdict {
        Ok(receipt) => {
            let parts = [hide(receipt.detail, secrets), remark];
            let parts: Vec<String> = parts.into_iter().filter(|it| !it.is_empty()).collect();
            Ok(Receipt { detail: parts.join("; "), ..receipt })
        }
        Err(failure) => Err(hidden(failure, secrets)),
    }
}

/// A failure without the secrets.
pub(super) fn hidden(failure: Failure, secrets: &[&Secret]) -> Failure {
    let Failure { blame, code, advice, detail } = failure;
    let (code, detail) = (hide(code, secrets), hide(detail, secrets));
    Failure { blame, code, advice, detail }
}

/// `text` without the secrets.
pub(super) fn hide(text: String, secrets: &[&Secret]) -> String {
    let secrets = secrets.iter().map(|secret| secret.expose()).filter(|it| !it.is_empty());
    secrets.fold(text, |text, secret| text.replace(secret, "***"))
}

/// What an exchange without an answer means.
pub(super) fn broken(error: &ExchangeError) -> Failure {
    let (blame, code) = match error {
        ExchangeError::TimedOut { may_have_arrived: true, .. } => {
            (Blame::Unknown, code::CHANNEL_TIMED_OUT)
        }
        error if error.may_have_arrived() => (Blame::Unknown, code::CHANNEL_UNKNOWN),
        ExchangeError::Url | ExchangeError::Header(_) => (Blame::Request, code::CHANNEL_REQUEST),
        ExchangeError::Refused(_) => (Blame::Request, code::CHANNEL_PRIVATE),
        _ => (Blame::Service { retry_after: None }, code::CHANNEL_UNREACHABLE),
    };
    let advice = code.advice.to_owned();
    Failure { blame, code: code.name.to_owned(), advice, detail: error.to_string() }
}

/// What a status that is no success means; the code is `http.STATUS`. None for a success (2xx).
///
/// A service that was too slow for its own proxy (502, 504) may have taken the notification.
pub fn refusal(response: &Response) -> Option<Failure> {
    let retry_after = retry_after(response);
    let blame = match response.status {
        200..=299 => return None,
        429 => Blame::Quota { retry_after },
        502 | 504 => Blame::Unknown,
        408 | 425 | 500..=599 => Blame::Service { retry_after },
        _ => Blame::Request,
    };
    let advice = match response.status {
        300..=399 => "Redirects are not followed: give the address it leads to.",
        401 | 403 => "Compare the channel's secrets with the service's.",
        404 | 410 => "Compare the channel's address with the service's.",
        _ => "",
    };
    Some(Failure {
        blame,
        code: format!("http.{}", response.status),
        advice: advice.to_owned(),
        detail: excerpt(&response.body),
    })
}

/// The service's own time, by the answer's `Date`, since 1970.
pub(super) fn date(response: &Response) -> Option<Duration> {
    let (_, text) = response.headers.iter().find(|(name, _)| name == "date")?;
    let time = rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    u64::try_from(time.as_second()).ok().map(Duration::from_secs)
}

/// How long the service wants to be left alone: `Retry-After` in seconds or, against the
/// answer's own `Date`, as a time. Source: RFC 9110, 10.2.3.
fn retry_after(response: &Response) -> Option<Duration> {
    let header = |wanted: &str| {
        let found = response.headers.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.trim())
    };
    let text = header("retry-after")?;
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let time = |text: &str| rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
    let wait = time(text)?.duration_since(time(header("date")?)?);
    Duration::try_from(wait).ok()
}

/// The beginning of an answer, on one line.
pub(super) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN)]);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|it| !it.is_control()).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::refusal;
    use super::retry_after;
    use crate::exchange::Response;
    use crate::notification::Blame;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Response { status, headers: headers.collect(), body: "no\n  room".into() }
    }

    #[test]
    fn a_status_says_whose_fault_it_is() {
        let none = None;
        for (status, blame) in [
            (301, Blame::Request),
            (400, Blame::Request),
            (404, Blame::Request),
            (408, Blame::Service { retry_after: none }),
            (429, Blame::Quota { retry_after: none }),
            (500, Blame::Service { retry_after: none }),
            (502, Blame::Unknown),
            (503, Blame::Service { retry_after: none }),
            (504, Blame::Unknown),
        ] {
            assert_eq!(refusal(&answer(status, &[])).map(|it| it.blame), Some(blame), "{status}");
        }
        assert_eq!(refusal(&answer(204, &[])), None);
        let failure = refusal(&answer(500, &[])).unwrap();
        assert_eq!(failure.to_string(), "http.500: no room");
    }

    #[test]
    fn the_service_says_how_long_to_wait_in_seconds_or_as_a_time() {
        let wait = |headers: &[(&str, &str)]| retry_after(&answer(503, headers));
        assert_eq!(wait(&[("retry-after", "120")]), Some(Duration::from_mins(2)));
        let date = ("date", "Wed, 25 Nov 2026 08:00:00 GMT");
        let later = ("retry-after", "Wed, 25 Nov 2026 08:00:30 GMT");
        assert_eq!(wait(&[date, later]), Some(Duration::from_secs(30)));
        assert_eq!(wait(&[later]), None);
        assert_eq!(wait(&[("date", later.1), ("retry-after", date.1)]), None);
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[("retry-after", "-1")]), None);
    }
}
