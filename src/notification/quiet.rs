//! The hours in which a channel disturbs nobody.

use std::time::Duration;

use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Time;
use jiff::tz::TimeZone;

/// Hours of every day in which a channel keeps back what can wait: `22:00-07:00`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quiet {
    from: Time,
    to: Time,
    zone: TimeZone,
}

/// What is no stretch of the day.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("write two times of the day, such as `22:00-07:00`")]
pub struct QuietError;

impl Quiet {
    /// Reads `22:00-07:00`, times of the day in `zone`.
    ///
    /// # Errors
    ///
    /// Anything else, and two equal times.
    pub fn parse(text: &str, zone: TimeZone) -> Result<Self, QuietError> {
        let (from, to) = text.split_once('-').ok_or(QuietError)?;
        let (from, to) = (time(from)?, time(to)?);
        if from == to {
            return Err(QuietError);
        }
        Ok(Self { from, to, zone })
    }

    /// The first moment from `at` on, a time since 1970, that is not quiet.
    pub fn after(&self, at: Duration) -> Duration {
        self.end(at).unwrap_or(at)
    }

    /// When the quiet hours end that `at` lies in; none where it lies in none.
    fn end(&self, at: Duration) -> Option<Duration> {
        let at = Timestamp::from_millisecond(i64::try_from(at.as_millis()).ok()?).ok()?;
        let local = at.to_zoned(self.zone.clone()).datetime();
        let (time, date) = (local.time(), local.date());
        let date = match self.from < self.to {
            true if (self.from..self.to).contains(&time) => date,
            false if time < self.to => date,
            false if time >= self.from => date.checked_add(1.day()).ok()?,
            _ => return None,
        };
        let end = date.to_datetime(self.to).to_zoned(self.zone.clone()).ok()?.timestamp();
        u64::try_from(end.as_millisecond()).ok().map(Duration::from_millis)
    }
}

fn time(text: &str) -> Result<Time, QuietError> {
    let (hour, minute) = text.trim().split_once(':').ok_or(QuietError)?;
    let number = |text: &str| match text.len() == 2 && text.bytes().all(|it| it.is_ascii_digit()) {
        true => text.parse::<i8>().map_err(|_| QuietError),
        false => Err(QuietError),
    };
    Time::new(number(hour)?, number(minute)?, 0, 0).map_err(|_| QuietError)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use jiff::tz::Offset;
    use jiff::tz::TimeZone;

    use super::Quiet;
    use super::QuietError;

    fn china() -> TimeZone {
        TimeZone::fixed(Offset::constant(8))
    }

    fn at(text: &str) -> Duration {
        let time: Timestamp = text.parse().unwrap();
        Duration::from_secs(u64::try_from(time.as_second()).unwrap())
    }

    #[test]
    fn what_falls_into_quiet_hours_waits_until_they_end() {
        let night = Quiet::parse("22:00-07:00", china()).unwrap();
        for (given, expected) in [
            ("2026-11-26T21:59:59+08:00", "2026-11-26T21:59:59+08:00"),
            ("2026-11-26T22:00:00+08:00", "2026-11-27T07:00:00+08:00"),
            ("2026-12-31T23:30:00+08:00", "2027-01-01T07:00:00+08:00"),
            ("2026-11-27T06:59:59+08:00", "2026-11-27T07:00:00+08:00"),
            ("2026-11-27T07:00:00+08:00", "2026-11-27T07:00:00+08:00"),
        ] {
            assert_eq!(night.after(at(given)), at(expected), "{given}");
        }
        let noon = Quiet::parse("12:00-13:30", china()).unwrap();
        for (given, expected) in [
            ("2026-11-26T11:59:59+08:00", "2026-11-26T11:59:59+08:00"),
            ("2026-11-26T12:30:00+08:00", "2026-11-26T13:30:00+08:00"),
            ("2026-11-26T13:30:00+08:00", "2026-11-26T13:30:00+08:00"),
        ] {
            assert_eq!(noon.after(at(given)), at(expected), "{given}");
        }
    }

    #[test]
    fn what_is_no_stretch_of_the_day_is_refused() {
        for text in
            ["", "22", "22:00", "22:00-", "22-07", "24:00-07:00", "22:60-07:00", "7:00-8:00"]
        {
            assert_eq!(Quiet::parse(text, china()), Err(QuietError), "{text}");
        }
        assert_eq!(Quiet::parse("08:00-08:00", china()), Err(QuietError));
    }
}
