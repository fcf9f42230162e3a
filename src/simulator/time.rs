//! A clock that can be moved ahead and stopped: so that tokens end, windows close and media expire
//! while one looks on.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use crate::clock::Clock;

/// Another clock's time, moved ahead or standing still. Callbacks are signed with the other clock,
/// since a receiver may refuse what seems too old or too new.
pub struct VirtualClock {
    base: Arc<dyn Clock>,
    shift: Mutex<Shift>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Shift {
    /// Ahead of the base by this many milliseconds; below zero after standing still.
    ahead_ms: i64,
    /// Where it stands.
    frozen_at: Option<i64>,
}

impl VirtualClock {
    /// A clock that shows what `base` shows.
    pub fn new(base: Arc<dyn Clock>) -> Self {
        Self { base, shift: Mutex::default() }
    }

    /// Moves ahead, whether it stands or runs.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let mut shift = self.shift.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut shift.frozen_at {
            Some(at) => *at = at.saturating_add(by),
            None => shift.ahead_ms = shift.ahead_ms.saturating_add(by),
        }
    }

    /// Stands still from now on.
    pub fn freeze(&self) {
        let now = self.milliseconds();
        self.shift.lock().unwrap_or_else(PoisonError::into_inner).frozen_at = Some(now);
    }

    /// Runs on from where it stands.
    pub fn run(&self) {
        let base = self.base_ms();
        let mut shift = self.shift.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = shift.frozen_at.take() {
            shift.ahead_ms = at.saturating_sub(base);
        }
    }

    /// Whether it stands still.
    pub fn is_frozen(&self) -> bool {
        self.shift.lock().unwrap_or_else(PoisonError::into_inner).frozen_at.is_some()
    }

    /// Milliseconds since 1970.
    pub fn milliseconds(&self) -> i64 {
        let shift = *self.shift.lock().unwrap_or_else(PoisonError::into_inner);
        shift.frozen_at.unwrap_or_else(|| self.base_ms().saturating_add(shift.ahead_ms))
    }

    fn base_ms(&self) -> i64 {
        i64::try_from(self.base.since_epoch().as_millis()).unwrap_or(i64::MAX)
    }
}

impl Clock for VirtualClock {
    fn since_epoch(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.milliseconds()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::VirtualClock;
    use crate::clock::Clock as _;
    use crate::clock::TokioClock;

    #[tokio::test(start_paused = true)]
    async fn it_moves_ahead_stands_still_and_runs_on_from_there() {
        let clock = VirtualClock::new(Arc::new(TokioClock::starting_at(1_000)));
        clock.advance(Duration::from_secs(100));
        assert_eq!(clock.unix(), 1_100);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(clock.unix(), 1_105);
        clock.freeze();
        tokio::time::advance(Duration::from_secs(50)).await;
        assert_eq!(clock.unix(), 1_105);
        clock.advance(Duration::from_secs(1));
        assert!(clock.is_frozen());
        clock.run();
        assert_eq!(clock.unix(), 1_106);
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!(clock.unix(), 1_110);
    }
}
