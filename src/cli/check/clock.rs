//! The clock of this machine beside that of WeChat's API.

use std::time::Duration;

use bytes::Bytes;

use super::online::Said;
use super::online::Setup;
use crate::clock::Clock;
use crate::exchange::Exchange;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::exchange::Response;

/// How long the answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The largest answer that is read; only its head matters.
const LARGEST_ANSWER: usize = 64 << 10;

/// Clocks that differ by less do no harm, in seconds.
const TOLERANCE_S: i64 = 60;

/// What came of it.
pub(super) struct Compared {
    /// Whether anybody answered at all.
    pub(super) is_reached: bool,
    pub(super) said: Said,
}

/// Compares the clocks. That nobody answers is a fault only where the account `is_caller`.
pub(super) async fn compare(setup: &Setup<'_>, is_caller: bool, clock: &dyn Clock) -> Compared {
    let base = &setup.account.api_base;
    let request = Request {
        method: Method::Get,
        url: format!("{base}/"),
        headers: Vec::new(),
        body: Bytes::new(),
        timeout: TIMEOUT,
        max_answer: LARGEST_ANSWER,
    };
    let asked_at = clock.since_epoch();
    let answer = Exchange::to(base).send(request).await;
    // What it showed when the other side wrote its own time, as near as can be told.
    let middle = (asked_at + clock.since_epoch()) / 2;
    let (is_reached, said) = match answer {
        Ok(response) => (true, judge(setup, &response, middle)),
        Err(error) => {
            let message = format!("WeChat's API does not answer: {error}");
            let advice = "let this machine reach it, or correct `api_base`";
            let finding = match is_caller {
                true => setup.fault("api_base", &message, advice),
                false => {
                    let advice = "the clock was not compared; without an `app_secret` the API is \
                                  not needed otherwise";
                    setup.warning("api_base", &message, advice)
                }
            };
            (false, Err(Box::new(finding)))
        }
    };
    Compared { is_reached, said }
}

fn judge(setup: &Setup<'_>, response: &Response, now: Duration) -> Said {
    let base = &setup.account.api_base;
    let date = response.headers.iter().find(|(name, _)| name == "date");
    let Some(theirs) = date.and_then(|(_, value)| seconds(value)) else {
        let message = format!("{base} does not say what time it is");
        let advice = "the clock was not compared; see whether a proxy stands in front of the API";
        return Err(Box::new(setup.warning("api_base", &message, advice)));
    };
    let ours = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let ahead = ours.saturating_sub(theirs);
    if ahead.abs() <= TOLERANCE_S {
        return Ok(format!("the clock agrees with that of {base}"));
    }
    let direction = if ahead > 0 { "ahead of" } else { "behind" };
    let message =
        format!("this machine's clock is {} s {direction} that of {base}", ahead.unsigned_abs());
    let max_age = setup.account.max_age;
    let advice = "set the clock by NTP, such as with `timedatectl set-ntp true`";
    Err(Box::new(match max_age.is_zero() {
        true => setup.warning("max_age", &message, advice),
        false => {
            let limit = max_age.as_secs();
            let advice = format!("{advice}; callbacks older than {limit} s (`max_age`) are refused");
            setup.fault("max_age", &message, &advice)
        }
    }))
}

/// A `Date` in seconds since 1970.
fn seconds(date: &str) -> Option<i64> {
    jiff::fmt::rfc2822::parse(date).ok().map(|it| it.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn the_date_of_http_is_read() {
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds("yesterday"), None);
    }
}
