//! How a channel wants to be used.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::Quiet;

/// What the outbox must know of a channel before it sends anything through it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Terms {
    /// How much may be sent in which time, by all instances together; `None`: no limit.
    pub rate: Option<Rate>,
    /// How many sends may run at once in one instance; at least one.
    pub concurrency: usize,
    /// The limit of one whole exchange. A send that takes longer is ended, its outcome unknown.
    pub limit: Duration,
    /// What is done when nobody can say whether a notification arrived.
    pub guarantee: Guarantee,
    /// Whether the service itself drops a notification that it is given twice with one delivery
    /// id; then an unknown outcome is always tried again.
    pub takes_id: bool,
    /// Whether the channel shows [`super::Notification::link`] itself; otherwise it is put below
    /// the body.
    pub takes_link: bool,
    /// The channels to try, in order, once this one refuses for good.
    pub fallback: Vec<String>,
    /// Whether a fallback is also taken where the outcome is unknown.
    pub falls_back_on_unknown: bool,
    /// The hours in which it keeps back what can wait.
    pub quiet: Option<Quiet>,
    /// It is not there, and what it is given is put off for so long; then it is refused.
    pub waits_for_channel: Option<Duration>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            rate: None,
            concurrency: 16,
            limit: Duration::from_secs(30),
            guarantee: Guarantee::AtLeastOnce,
            takes_id: false,
            takes_link: false,
            fallback: Vec::new(),
            falls_back_on_unknown: false,
            quiet: None,
            waits_for_channel: None,
        }
    }
}

/// A channel's `delivery`: what follows a send of which nobody knows whether it arrived.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Guarantee {
    /// It is sent again, and may arrive twice.
    #[default]
    AtLeastOnce,
    /// It is kept for a person to decide, and may not have arrived.
    AtMostOnce,
}

/// So many in a time: `20/m`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Rate {
    /// How many; at least one.
    pub count: u32,
    /// In any stretch of time this long.
    pub per: Duration,
}

/// The units of a rate.
const UNITS: [(&str, u64); 4] = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];

/// What is not a rate.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("write a number and `s`, `m`, `h` or `d`, such as `20/m`")]
pub struct RateError;

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (count, unit) = text.split_once('/').ok_or(RateError)?;
        let is_number = count.bytes().all(|it| it.is_ascii_digit());
        let count = if is_number { count.parse().map_err(|_| RateError)? } else { 0 };
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(RateError)?;
        match count {
            0 => Err(RateError),
            count => Ok(Self { count, per: Duration::from_secs(*seconds) }),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS.iter().find(|(_, seconds)| *seconds == self.per.as_secs());
        match unit {
            Some((name, _)) => write!(out, "{}/{name}", self.count),
            None => write!(out, "{} in {:?}", self.count, self.per),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Rate;

    #[test]
    fn a_rate_is_a_count_and_a_unit_of_time() {
        let rate: Rate = "20/m".parse().unwrap();
        assert_eq!(rate, Rate { count: 20, per: Duration::from_mins(1) });
        assert_eq!(rate.to_string(), "20/m");
        assert_eq!("5/s".parse::<Rate>().unwrap().per, Duration::from_secs(1));
        assert_eq!("200/d".parse::<Rate>().unwrap().per, Duration::from_hours(24));
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in ["", "20", "0/m", "-1/s", "+1/s", "20/min", "/m", "1.5/s", "99999999999/s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
