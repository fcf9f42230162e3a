//! The time, handed in, so that every test about time runs on a clock of its own.

use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

/// What tells the wall-clock time.
pub trait Clock: Send + Sync {
    /// Time since 1970-01-01T00:00:00Z. A machine set before 1970 reads as zero.
    fn since_epoch(&self) -> Duration;

    /// The same in whole seconds, as WeChat writes it (`CreateTime`, `timestamp`).
    fn unix(&self) -> i64 {
        i64::try_from(self.since_epoch().as_secs()).unwrap_or(i64::MAX)
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn since_epoch(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

/// A clock that starts where it is told and then moves with tokio's time, which tests pause and
/// advance. Needs a tokio runtime around it.
#[derive(Clone, Copy, Debug)]
pub struct TokioClock {
    start: Duration,
    origin: tokio::time::Instant,
}

impl TokioClock {
    /// A clock that shows `unix` seconds now.
    pub fn starting_at(unix: u64) -> Self {
        Self { start: Duration::from_secs(unix), origin: tokio::time::Instant::now() }
    }
}

impl Clock for TokioClock {
    fn since_epoch(&self) -> Duration {
        self.start + self.origin.elapsed()
    }
}
