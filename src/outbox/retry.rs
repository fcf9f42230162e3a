//! What follows a failure. Pure.

use std::time::Duration;

use crate::notification::Blame;
use crate::notification::Guarantee;
use crate::notification::Terms;

/// How far a wait is spread around its length, so that what failed together does not come again
/// together: a fifth to either side.
const SPREAD: f64 = 0.2;

/// The longest that a service's `Retry-After` is believed.
const LONGEST: Duration = Duration::from_hours(24);

/// The shortest wait after a service said that we send too much.
const SHORTEST: Duration = Duration::from_secs(1);

/// What follows an attempt that did not deliver.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// The same again, after so long.
    Again(Duration),
    /// It is given up: the service said no, or said nothing good too often.
    Refuse,
    /// It is given up, and nobody knows whether it arrived.
    Park,
}

/// Decides what follows the failed try number `tries` (the first is 1) on a channel of `terms`,
/// where the waits between tries are `schedule`.
///
/// `jitter` is uniform in `0.0..1.0`; the caller draws it, so that this stays a table to test.
pub(super) fn after_failure(
    tries: u32,
    blame: Blame,
    terms: &Terms,
    schedule: &[Duration],
    jitter: f64,
) -> Verdict {
    let end = match blame {
        Blame::Unknown => Verdict::Park,
        _ => Verdict::Refuse,
    };
    let is_hopeless = match blame {
        Blame::Request => true,
        Blame::Unknown => !may_repeat(terms),
        Blame::Service { .. } | Blame::Quota { .. } => false,
    };
    let step = tries.saturating_sub(1) as usize;
    let Some(&base) = schedule.get(step).filter(|_| !is_hopeless) else {
        return end;
    };
    let spread = |wait: Duration| wait.mul_f64(1.0 - SPREAD + 2.0 * SPREAD * jitter);
    // Never earlier than we are asked to come.
    let asked = |wait: Duration| wait.clamp(SHORTEST, LONGEST).mul_f64(1.0 + SPREAD * jitter);
    Verdict::Again(match blame {
        Blame::Service { retry_after: Some(wait) } => spread(base).max(asked(wait)),
        Blame::Quota { retry_after: Some(wait) } => asked(wait),
        // Too much was sent: one step further than after an ordinary failure.
        Blame::Quota { retry_after: None } => spread(*schedule.get(step + 1).unwrap_or(&base)),
        _ => spread(base),
    })
}

/// Whether a send of which nobody knows whether it arrived may be done again.
pub(super) fn may_repeat(terms: &Terms) -> bool {
    terms.takes_id || terms.guarantee == Guarantee::AtLeastOnce
}

/// How long a whole channel is left alone after it said that we send too much.
pub(super) fn rest(retry_after: Option<Duration>) -> Duration {
    retry_after.unwrap_or(Duration::from_mins(1)).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Verdict;
    use super::after_failure;
    use crate::config::outbox::RETRY;
    use crate::notification::Blame;
    use crate::notification::Guarantee;
    use crate::notification::Terms;

    const SERVICE: Blame = Blame::Service { retry_after: None };

    #[expect(clippy::unnecessary_wraps, reason = "it is what a blame holds")]
    fn asks(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    /// Seconds until the next try, in the middle of the spread; or what else follows.
    fn verdict(tries: u32, blame: Blame, terms: &Terms) -> Result<u64, Verdict> {
        match after_failure(tries, blame, terms, &RETRY, 0.5) {
            Verdict::Again(wait) => Ok(wait.as_secs()),
            other => Err(other),
        }
    }

    #[test]
    fn a_service_that_fails_is_tried_again_over_more_than_a_day() {
        let waits: Vec<_> =
            (1..=8).map(|tries| verdict(tries, SERVICE, &Terms::default())).collect();
        let expected = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];
        assert_eq!(waits[..7], expected.map(Ok));
        assert_eq!(waits[7], Err(Verdict::Refuse));
    }

    #[test]
    fn a_wait_is_spread_by_a_fifth_to_either_side() {
        let wait = |jitter| after_failure(2, SERVICE, &Terms::default(), &RETRY, jitter);
        assert_eq!(wait(0.0), Verdict::Again(Duration::from_mins(4)));
        assert_eq!(wait(1.0), Verdict::Again(Duration::from_mins(6)));
    }

    #[test]
    fn a_no_is_final_and_a_service_is_left_alone_as_long_as_it_asks() {
        let terms = Terms::default();
        for (tries, blame, expected) in [
            (1, Blame::Request, Err(Verdict::Refuse)),
            (1, Blame::Service { retry_after: asks(60) }, Ok(66)),
            (2, Blame::Service { retry_after: asks(60) }, Ok(300)),
            (1, Blame::Service { retry_after: asks(10_000_000) }, Ok(95_040)),
            (1, Blame::Quota { retry_after: None }, Ok(300)),
            (7, Blame::Quota { retry_after: None }, Ok(36_000)),
            (3, Blame::Quota { retry_after: asks(30) }, Ok(33)),
            (3, Blame::Quota { retry_after: asks(0) }, Ok(1)),
            (8, Blame::Quota { retry_after: asks(30) }, Err(Verdict::Refuse)),
        ] {
            assert_eq!(verdict(tries, blame, &terms), expected, "{tries} {blame:?}");
        }
    }

    #[test]
    fn who_knows_whether_it_arrived_depends_on_the_channel() {
        let often = Terms::default();
        let once = Terms { guarantee: Guarantee::AtMostOnce, ..Terms::default() };
        let with_id = Terms { takes_id: true, ..once.clone() };
        assert_eq!(verdict(1, Blame::Unknown, &often), Ok(5));
        assert_eq!(verdict(8, Blame::Unknown, &often), Err(Verdict::Park));
        assert_eq!(verdict(1, Blame::Unknown, &once), Err(Verdict::Park));
        assert_eq!(verdict(1, Blame::Unknown, &with_id), Ok(5));
        assert_eq!(verdict(1, SERVICE, &once), Ok(5));
    }
}
