//! When a delayed message is to leave.

use std::time::Duration;

/// The units of a delay, in seconds.
const UNITS: &[(&[&str], u64)] = &[
    (&["s", "sec", "secs", "second", "seconds"], 1),
    (&["m", "min", "mins", "minute", "minutes"], 60),
    (&["h", "hour", "hours"], 3_600),
    (&["d", "day", "days"], 86_400),
];

/// The shortest and the longest delay. Source: `server/config.go`.
const SHORTEST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_hours(3 * 24);

/// The time since 1970 that `text` means: seconds since 1970, or a number and a unit, as in `30m`
/// and `1h30m`. Words such as "tomorrow, 10am" are not understood.
pub(super) fn parse(text: &str, now: Duration) -> Option<Duration> {
    let text = text.trim().to_ascii_lowercase();
    let time = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => now.checked_add(span(&text)?)?,
    };
    let range = now.checked_add(SHORTEST)?..=now.checked_add(LONGEST)?;
    range.contains(&time).then_some(time)
}

fn span(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|it: char| !it.is_ascii_digit())?;
        let (count, tail) = rest.split_at(digits);
        let tail = tail.trim_start();
        let end = tail.find(|it: char| !it.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let (_, length) = UNITS.iter().find(|(names, _)| names.contains(&unit))?;
        let part = count.parse::<u64>().ok()?.checked_mul(*length)?;
        seconds = seconds.checked_add(part)?;
        rest = tail.trim_start_matches([' ', ',']);
    }
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse;

    #[test]
    fn a_delay_is_a_time_or_numbers_with_units() {
        let now = Duration::from_secs(1_000_000);
        for (text, seconds) in [
            ("1000060", 60),
            ("30m", 1_800),
            ("1h30m", 5_400),
            ("2 Hours, 10 secs", 7_210),
            ("3d", 259_200),
        ] {
            assert_eq!(parse(text, now), Some(now + Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "5s", "4d", "10", "m", "1x", "tomorrow, 10am", "99999999999999999999d"] {
            assert_eq!(parse(text, now), None, "{text}");
        }
    }
}
