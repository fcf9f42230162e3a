//! What follows an errcode: a decision, without doing it.

use std::time::Duration;

use crate::wechat::errcode;
use crate::wechat::errcode::Remedy;
use crate::wechat::errcode::Surface;

/// What the client itself does about an errcode.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Renews the token once and calls once more.
    Renew,
    /// Calls again after 1, 2 and 4 seconds.
    BackOff,
    /// Gives the error to its caller.
    Stop,
}

/// The pauses before the second, third and fourth try. Source: reference of the return codes, -1:
/// "the system is busy, try again later".
pub(super) const PAUSES: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// What the client does about `code`.
pub fn after(surface: Surface, code: i64) -> Step {
    match errcode::find_on(surface, code).map(|row| row.remedy) {
        Some(Remedy::RenewToken) => Step::Renew,
        // Where the way back takes minutes, seconds are wasted.
        Some(Remedy::BackOff) if wait(surface, code).is_none() => Step::BackOff,
        _ => Step::Stop,
    }
}

/// How long to leave WeChat alone.
#[derive(Clone, Copy, Debug)]
enum Wait {
    /// So long.
    For(Duration),
    /// Until the clock shows the next minute.
    Minute,
    /// Until midnight in Beijing, when the day's quotas begin anew.
    Midnight,
}

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// Beijing's midnight is at 16:00 of UTC.
const BEIJING: Duration = Duration::from_hours(8);

/// When to try again, where that is known: ONE LINE EACH.
const WAITS: &[(Surface, i64, Wait)] = &[
    (Surface::Mp, 45009, Wait::Midnight),
    (Surface::Mp, 45011, Wait::Minute),
    (Surface::Mp, 45028, Wait::Midnight),
    (Surface::Mp, 45047, Wait::For(Duration::from_mins(5))),
    (Surface::Mp, 45066, Wait::For(MINUTE)),
    (Surface::Mp, 85113, Wait::For(Duration::from_mins(2))),
    (Surface::Mp, 89503, Wait::For(Duration::from_mins(10))),
    (Surface::Mp, 89506, Wait::For(DAY)),
    (Surface::Mp, 89507, Wait::For(Duration::from_hours(1))),
    (Surface::Wecom, 45009, Wait::Minute),
    (Surface::Wecom, 95001, Wait::For(Duration::from_mins(5))),
];

/// Codes after which every further call of the account only burns quota, and for how long it then
/// makes none, where [`WAITS`] does not say: ONE LINE EACH.
#[expect(clippy::unreadable_literal, reason = "numbers as WeChat writes them")]
const BRAKES: &[(Surface, i64, Duration)] = &[
    (Surface::Mp, 40125, PAUSE),
    (Surface::Mp, 40164, PAUSE),
    (Surface::Mp, 40243, PAUSE),
    (Surface::Mp, 45035, PAUSE),
    (Surface::Mp, 50004, PAUSE),
    (Surface::Mp, 50007, PAUSE),
    (Surface::Mp, 61004, PAUSE),
    (Surface::Mp, 89503, PAUSE),
    (Surface::Mp, 89506, PAUSE),
    (Surface::Mp, 89507, PAUSE),
    (Surface::Wecom, 40091, PAUSE),
    (Surface::Wecom, 50003, PAUSE),
    (Surface::Wecom, 60020, PAUSE),
    (Surface::Wecom, 2000002, PAUSE),
];

/// How long an account that WeChat refuses as a whole is left alone: short enough that putting it
/// right in the console works without a restart.
pub(super) const PAUSE: Duration = Duration::from_mins(5);

fn wait(surface: Surface, code: i64) -> Option<Wait> {
    let found = WAITS.iter().find(|(on, number, _)| (*on, *number) == (surface, code));
    found.map(|(_, _, wait)| *wait)
}

/// When it is of use to try again, from `now`, a time since 1970.
pub(super) fn retry_after(surface: Surface, code: i64, now: Duration) -> Option<Duration> {
    let until = |length: Duration, now: Duration| {
        Duration::from_secs(length.as_secs() - now.as_secs() % length.as_secs())
    };
    Some(match wait(surface, code)? {
        Wait::For(length) => length,
        Wait::Minute => until(MINUTE, now),
        Wait::Midnight => until(DAY, now + BEIJING),
    })
}

/// How long the account makes no call after `code`; none: it goes on.
pub(super) fn brake(surface: Surface, code: i64, now: Duration) -> Option<Duration> {
    let found = BRAKES.iter().find(|(on, number, _)| (*on, *number) == (surface, code));
    found.map(|(_, _, pause)| retry_after(surface, code, now).unwrap_or(*pause))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::BRAKES;
    use super::Step;
    use super::WAITS;
    use super::after;
    use super::brake;
    use super::retry_after;
    use crate::wechat::errcode::Surface;
    use crate::wechat::errcode::find_on;

    /// 2026-01-01T00:00:10Z: 08:00:10 in Beijing.
    const NOW: Duration = Duration::from_secs(1_767_225_610);

    #[test]
    fn the_days_quota_comes_back_at_midnight_in_beijing() {
        let wait = retry_after(Surface::Mp, 45_009, NOW);
        assert_eq!(wait, Some(Duration::from_secs(16 * 3_600 - 10)));
    }

    #[test]
    fn the_minutes_quota_comes_back_with_the_next_minute() {
        assert_eq!(retry_after(Surface::Mp, 45_011, NOW), Some(Duration::from_secs(50)));
        assert_eq!(retry_after(Surface::Wecom, 45_009, NOW), Some(Duration::from_secs(50)));
    }

    #[test]
    fn an_account_that_is_refused_as_a_whole_is_left_alone() {
        assert_eq!(brake(Surface::Mp, 40_164, NOW), Some(Duration::from_mins(5)));
        assert_eq!(brake(Surface::Mp, 89_506, NOW), Some(Duration::from_hours(24)));
        assert_eq!(brake(Surface::Wecom, 60_020, NOW), Some(Duration::from_mins(5)));
        assert_eq!(brake(Surface::Mp, 40_003, NOW), None);
    }

    #[test]
    fn what_takes_minutes_is_not_tried_again_within_seconds() {
        assert_eq!(after(Surface::Mp, -1), Step::BackOff);
        assert_eq!(after(Surface::Mp, 85_113), Step::Stop);
        assert_eq!(after(Surface::Mp, 42_001), Step::Renew);
        assert_eq!(after(Surface::Mp, 12_345), Step::Stop);
    }

    #[test]
    fn both_tables_name_codes_that_the_errcode_table_knows() {
        let brakes = BRAKES.iter().map(|(surface, code, _)| (*surface, *code));
        let waits = WAITS.iter().map(|(surface, code, _)| (*surface, *code));
        for (surface, code) in brakes.chain(waits) {
            assert!(find_on(surface, code).is_some(), "{surface} {code}");
        }
    }
}
