//! How a channel has fared lately, and what it may be given now. Pure.

use std::time::Duration;

/// How many failures in a row are too many, once they have gone on for long enough.
const FAILURES: u32 = 10;

/// How long a paused channel is left alone between two probes.
const PROBE: Duration = Duration::from_mins(10);

/// What a channel may be given.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Gate {
    /// As much as it takes at once.
    Open,
    /// One, to see whether it works again.
    Probe,
    /// Nothing until then.
    Closed(Duration),
}

/// What has changed for the channel's owner.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Change {
    /// It has failed for so long that it is paused.
    Paused,
    /// It works again.
    Resumed,
}

/// How one channel has fared.
#[derive(Debug, Default)]
pub(super) struct Health {
    failing_since: Option<Duration>,
    failures: u32,
    is_paused: bool,
    rest_until: Duration,
}

impl Health {
    /// A notification went through.
    pub(super) fn delivered(&mut self) -> Option<Change> {
        let was_paused = self.is_paused;
        *self = Self { rest_until: self.rest_until, ..Self::default() };
        if was_paused {
            self.rest_until = Duration::ZERO;
        }
        was_paused.then_some(Change::Resumed)
    }

    /// One did not, for whatever reason. A channel of which nothing else is heard for
    /// `pause_after` is paused.
    pub(super) fn failed(&mut self, now: Duration, pause_after: Duration) -> Option<Change> {
        let since = *self.failing_since.get_or_insert(now);
        self.failures = self.failures.saturating_add(1);
        let is_hopeless = self.failures >= FAILURES && now.saturating_sub(since) >= pause_after;
        if !self.is_paused && !is_hopeless {
            return None;
        }
        self.rest(now + PROBE);
        let was_paused = std::mem::replace(&mut self.is_paused, true);
        (!was_paused).then_some(Change::Paused)
    }

    /// Nothing goes through before `until`.
    pub(super) fn rest(&mut self, until: Duration) {
        self.rest_until = self.rest_until.max(until);
    }

    pub(super) fn gate(&self, now: Duration) -> Gate {
        match (now < self.rest_until, self.is_paused) {
            (true, _) => Gate::Closed(self.rest_until),
            (false, true) => Gate::Probe,
            (false, false) => Gate::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Change;
    use super::Gate;
    use super::Health;

    const FOUR_HOURS: Duration = Duration::from_hours(4);

    fn at(minutes: u64) -> Duration {
        Duration::from_mins(minutes)
    }

    #[test]
    fn a_channel_that_only_fails_for_hours_is_paused_once_and_probed() {
        let mut health = Health::default();
        for minute in 0..240 {
            assert_eq!(health.failed(at(minute), FOUR_HOURS), None, "{minute}");
        }
        assert_eq!(health.gate(at(239)), Gate::Open);
        assert_eq!(health.failed(at(240), FOUR_HOURS), Some(Change::Paused));
        assert_eq!(health.gate(at(240)), Gate::Closed(at(250)));
        assert_eq!(health.gate(at(250)), Gate::Probe);
        assert_eq!(health.failed(at(250), FOUR_HOURS), None);
        assert_eq!(health.gate(at(251)), Gate::Closed(at(260)));
        assert_eq!(health.delivered(), Some(Change::Resumed));
        assert_eq!(health.gate(at(251)), Gate::Open);
    }

    #[test]
    fn a_few_failures_far_apart_and_a_success_between_pause_nothing() {
        let mut health = Health::default();
        for hour in 0..9 {
            assert_eq!(health.failed(at(60 * hour), FOUR_HOURS), None);
        }
        assert_eq!(health.delivered(), None);
        assert_eq!(health.failed(at(600), FOUR_HOURS), None);
    }

    #[test]
    fn a_rest_is_not_shortened_by_a_success() {
        let mut health = Health::default();
        health.rest(at(5));
        health.rest(at(3));
        assert_eq!(health.delivered(), None);
        assert_eq!(health.gate(at(4)), Gate::Closed(at(5)));
        assert_eq!(health.gate(at(5)), Gate::Open);
    }
}
