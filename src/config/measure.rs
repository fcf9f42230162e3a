//! Values that people write with a unit: durations and sizes.

use std::time::Duration;

/// Each unit of time with its length in seconds.
const UNITS: [(&str, f64); 5] =
    [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86_400.0)];

/// The longest duration anybody may write: ten years, in seconds.
const LONGEST: f64 = 3650.0 * 86_400.0;

/// Each unit of size with its bytes.
const SIZES: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1000),
    ("B", 1),
];

/// How durations are written, for a fault's advice.
pub const DURATION_ADVICE: &str =
    "write a number with `ms`, `s`, `m`, `h` or `d`: `\"4.5s\"`, `\"10m\"`";

/// How sizes are written, for a fault's advice.
pub const SIZE_ADVICE: &str = "write bytes, or a number with `KiB` or `MiB`: `\"1MiB\"`";

/// Reads `4.5s`, `500ms`, `5m`, `1h`, `2d`, `0`; at most ten years.
pub fn duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let begin = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(begin);
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = if is_plain { number.parse().ok()? } else { return None };
    let seconds = number * seconds;
    (seconds <= LONGEST).then(|| Duration::from_secs_f64(seconds))
}

/// Reads `1MiB`, `64KiB`, `2MB`, `1048576`.
pub fn size(text: &str) -> Option<u64> {
    let begin = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(begin);
    let number: u64 = number.parse().ok()?;
    let unit = unit.trim_start();
    let (_, bytes) =
        SIZES.iter().find(|(name, _)| *name == unit || (unit.is_empty() && *name == "B"))?;
    number.checked_mul(*bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::duration;
    use super::size;

    #[test]
    fn a_duration_is_a_number_with_a_unit_or_zero() {
        assert_eq!(duration("4.5s"), Some(Duration::from_millis(4500)));
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("5m"), Some(Duration::from_mins(5)));
        assert_eq!(duration("1h"), Some(Duration::from_hours(1)));
        assert_eq!(duration("2d"), Some(Duration::from_hours(48)));
        assert_eq!(duration("0"), Some(Duration::ZERO));
        assert_eq!(duration("0s"), Some(Duration::ZERO));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in
            ["", "5", "s", "-5s", "5 s", "5sec", "1e9s", "inf", "nans", "4.5.5s", "9999999d"]
        {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn a_size_is_a_number_of_bytes_or_has_a_unit() {
        assert_eq!(size("1MiB"), Some(1_048_576));
        assert_eq!(size("64 KiB"), Some(65_536));
        assert_eq!(size("2MB"), Some(2_000_000));
        assert_eq!(size("1048576"), Some(1_048_576));
        for text in ["", "MiB", "-1B", "1.5MiB", "1TB", "99999999999GiB"] {
            assert_eq!(size(text), None, "{text}");
        }
    }
}
