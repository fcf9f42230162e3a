//! Who may call how often: daily and per-minute limits, and the list of addresses.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Seconds by which the platform's day begins before that of UTC: it counts in China's time.
const CHINA: i64 = 8 * 3_600;

/// Counts calls by path, and knows the limits.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Calls {
    counts: BTreeMap<&'static str, Count>,
    own: BTreeMap<String, Limit>,
    /// Who may fetch tokens; everybody without a list.
    pub(in crate::simulator) addresses: Option<Vec<IpAddr>>,
    /// The paths that Cloud Run's open API service may call; all of them without a list.
    pub(in crate::simulator) open_apis: Option<Vec<String>>,
    /// Paths that are not granted to the account.
    pub(in crate::simulator) denied: Vec<String>,
    /// When `clear_quota` was called, in seconds.
    cleared: Vec<i64>,
    /// When a new stable token was forced, in seconds.
    forced: Vec<i64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    day: i64,
    today: u64,
    minute: i64,
    in_minute: u64,
}

/// How often a path may be called.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::simulator) struct Limit {
    /// In a day; `None` is without limit.
    pub(in crate::simulator) daily: Option<u64>,
    /// In a minute; `None` is without limit.
    pub(in crate::simulator) per_minute: Option<u64>,
}

/// Which limit a call is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::simulator) enum Over {
    Day,
    Minute,
}

impl Calls {
    /// Counts a call of `path`, unless it is one too many.
    pub(in crate::simulator) fn count(
        &mut self,
        path: &'static str,
        usual: Limit,
        now: i64,
    ) -> Result<(), Over> {
        let limit = self.limit(path, usual);
        let count = self.counts.entry(path).or_default();
        let (day, minute) = (day(now), now.div_euclid(60));
        if count.day != day {
            *count = Count { day, ..Count::default() };
        }
        if count.minute != minute {
            (count.minute, count.in_minute) = (minute, 0);
        }
        if limit.daily.is_some_and(|most| count.today >= most) {
            return Err(Over::Day);
        }
        if limit.per_minute.is_some_and(|most| count.in_minute >= most) {
            return Err(Over::Minute);
        }
        count.today += 1;
        count.in_minute += 1;
        Ok(())
    }

    /// The limit of `path`: the one set by hand, or the usual one.
    pub(in crate::simulator) fn limit(&self, path: &str, usual: Limit) -> Limit {
        self.own.get(path).copied().unwrap_or(usual)
    }

    /// Sets another limit than the usual one.
    pub(in crate::simulator) fn set_limit(&mut self, path: &str, limit: Limit) {
        self.own.insert(path.to_owned(), limit);
    }

    /// Calls of `path` on the day of `now`.
    pub(in crate::simulator) fn today(&self, path: &str, now: i64) -> u64 {
        let count = self.counts.get(path).filter(|count| count.day == day(now));
        count.map_or(0, |count| count.today)
    }

    /// Forgets today's calls; ten times a month. Whether it was allowed.
    pub(in crate::simulator) fn clear(&mut self, now: i64) -> bool {
        self.cleared.retain(|at| now - at < 30 * 86_400);
        if self.cleared.len() >= 10 {
            return false;
        }
        self.cleared.push(now);
        self.counts.clear();
        true
    }

    /// Whether a stable token may be forced now: 20 times a day, 30 s apart.
    pub(in crate::simulator) fn force(&mut self, now: i64) -> Result<(), Over> {
        self.forced.retain(|at| day(*at) == day(now));
        match self.forced.last() {
            Some(last) if now - last < 30 => return Err(Over::Minute),
            _ if self.forced.len() >= 20 => return Err(Over::Day),
            _ => {}
        }
        self.forced.push(now);
        Ok(())
    }
}

fn day(now: i64) -> i64 {
    (now + CHINA).div_euclid(86_400)
}

#[cfg(test)]
mod tests {
    use super::Calls;
    use super::Limit;
    use super::Over;

    const LIMIT: Limit = Limit { daily: Some(3), per_minute: Some(2) };

    #[test]
    fn calls_are_counted_by_minute_and_by_chinas_day() {
        let mut calls = Calls::default();
        // 2026-01-01T15:59:00Z: a minute before midnight in China.
        let now = 1_767_283_140;
        assert_eq!(
            [0, 1, 2].map(|_| calls.count("/a", LIMIT, now)),
            [Ok(()), Ok(()), Err(Over::Minute)]
        );
        assert_eq!(calls.today("/a", now), 2);
        assert_eq!(calls.count("/b", LIMIT, now), Ok(()));
        assert_eq!(calls.today("/a", now + 60), 0);
        assert_eq!(calls.count("/a", LIMIT, now + 60), Ok(()));
        assert_eq!(calls.count("/a", LIMIT, now + 120), Ok(()));
        assert_eq!(calls.count("/a", LIMIT, now + 180), Ok(()));
        assert_eq!(calls.count("/a", LIMIT, now + 240), Err(Over::Day));
    }

    #[test]
    fn the_counts_can_be_cleared_ten_times_a_month() {
        let mut calls = Calls::default();
        let cleared = (0..11).map(|day| calls.clear(day * 86_400)).collect::<Vec<_>>();
        assert_eq!(cleared.iter().filter(|it| **it).count(), 10);
        assert!(calls.clear(30 * 86_400));
    }

    #[test]
    fn a_token_is_forced_half_a_minute_after_the_last_and_20_times_a_day() {
        let mut calls = Calls::default();
        assert_eq!(calls.force(0), Ok(()));
        assert_eq!(calls.force(29), Err(Over::Minute));
        for number in 1..20 {
            assert_eq!(calls.force(number * 30), Ok(()));
        }
        assert_eq!(calls.force(900), Err(Over::Day));
    }
}
