//! The same GET twice within seconds is one message: browsers load ahead, and what shows a link
//! fetches it.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

/// How long the same GET counts as the one before it.
const WINDOW: Duration = Duration::from_secs(10);

/// The most that are remembered; with more than that in one window the oldest are forgotten.
const MOST: usize = 1_024;

/// The GETs of the last seconds.
#[derive(Default)]
pub(super) struct Repeats(Mutex<VecDeque<([u8; 32], Duration)>>);

impl Repeats {
    /// When this one came first, within the window.
    pub(super) fn first(&self, digest: [u8; 32], now: Duration) -> Duration {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while recent.front().is_some_and(|(_, at)| *at + WINDOW <= now) || recent.len() >= MOST {
            recent.pop_front();
        }
        match recent.iter().find(|(it, _)| *it == digest) {
            Some((_, at)) => *at,
            None => {
                recent.push_back((digest, now));
                now
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::MOST;
    use super::Repeats;

    #[test]
    fn what_comes_again_within_ten_seconds_is_the_one_before() {
        let repeats = Repeats::default();
        let at = Duration::from_secs;
        assert_eq!(repeats.first([1; 32], at(100)), at(100));
        assert_eq!(repeats.first([2; 32], at(101)), at(101));
        assert_eq!(repeats.first([1; 32], at(109)), at(100));
        assert_eq!(repeats.first([1; 32], at(110)), at(110));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let repeats = Repeats::default();
        for n in 0..10_000_u32 {
            let mut digest = [0; 32];
            digest[..4].copy_from_slice(&n.to_be_bytes());
            repeats.first(digest, Duration::from_secs(1));
        }
        assert_eq!(repeats.0.lock().unwrap().len(), MOST);
    }
}
