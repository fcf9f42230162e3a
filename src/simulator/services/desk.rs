//! What a service remembers, and by which time.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;

/// The most names of one kind that are remembered.
const NAMES: usize = 10_000;

/// What one service remembers. All of it is bounded.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Memory {
    last: u64,
    calls: BTreeMap<String, VecDeque<Duration>>,
    until: BTreeMap<String, Duration>,
    taken: VecDeque<Taken>,
}

/// A notification that was taken.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    /// What the service calls it.
    pub(super) id: String,
    /// When, since 1970.
    pub(super) at: Duration,
    /// To whom.
    pub(super) to: String,
    /// What it needs to be told of later.
    pub(super) more: Value,
}

/// One service at work on one request.
pub(in crate::simulator) struct Desk<'m> {
    memory: &'m mut Memory,
    /// Since 1970, by the clock that can be moved: quotas, tokens and what becomes of messages.
    pub(super) now: Duration,
    /// Since 1970, by the machine: signatures.
    pub(super) signed: Duration,
    /// What must not stand in the transcript; none: nobody has looked yet where the keys are.
    pub(super) keys: Option<Vec<String>>,
}

impl<'m> Desk<'m> {
    pub(super) fn new(memory: &'m mut Memory, now: Duration, signed: Duration) -> Self {
        Self { memory, now, signed, keys: None }
    }

    /// `key`, which the transcript will not show.
    pub(super) fn key(&mut self, key: impl Into<String>) -> String {
        let key = key.into();
        let keys = self.keys.get_or_insert_default();
        if !key.is_empty() {
            keys.push(key.clone());
        }
        key
    }

    /// 1, 2, 3 …
    pub(super) fn number(&mut self) -> u64 {
        self.memory.last += 1;
        self.memory.last
    }

    /// Counts a call under `name`, of which there may be `most` in `per`.
    ///
    /// # Errors
    ///
    /// How long until there is room again; the call is not counted then.
    pub(super) fn count(&mut self, name: &str, most: usize, per: Duration) -> Result<(), Duration> {
        let now = self.now;
        let calls = &mut self.memory.calls;
        if calls.len() >= NAMES && !calls.contains_key(name) {
            calls.clear();
        }
        let times = calls.entry(name.to_owned()).or_default();
        times.retain(|at| *at + per > now);
        match times.front() {
            Some(first) if times.len() >= most => Err((*first + per).saturating_sub(now)),
            _ => {
                times.push_back(now);
                Ok(())
            }
        }
    }

    /// Lets `name` stand for so long.
    pub(super) fn hold(&mut self, name: &str, lasts: Duration) {
        let now = self.now;
        let until = &mut self.memory.until;
        if until.len() >= NAMES {
            until.retain(|_, end| *end > now);
        }
        if until.len() >= NAMES {
            until.clear();
        }
        until.insert(name.to_owned(), now + lasts);
    }

    /// How long `name` still stands; none: it never did, or does no longer.
    pub(super) fn held(&self, name: &str) -> Option<Duration> {
        let left = self.memory.until.get(name)?.checked_sub(self.now)?;
        (!left.is_zero()).then_some(left)
    }

    /// Whether `name` was ever held, for how short a time ever.
    pub(super) fn was_held(&self, name: &str) -> bool {
        self.memory.until.contains_key(name)
    }

    /// Notes what was taken.
    pub(super) fn take(&mut self, id: impl Into<String>, to: &str, more: Value) {
        if self.memory.taken.len() >= NAMES {
            self.memory.taken.pop_front();
        }
        let taken = Taken { id: id.into(), at: self.now, to: to.to_owned(), more };
        self.memory.taken.push_back(taken);
    }

    /// What was taken under an id.
    pub(super) fn taken(&self, id: &str) -> Option<&Taken> {
        self.memory.taken.iter().rev().find(|it| it.id == id)
    }

    /// What was taken, oldest first.
    pub(super) fn all_taken(&self) -> impl Iterator<Item = &Taken> {
        self.memory.taken.iter()
    }

    /// Whether what was taken has had its time to arrive.
    pub(super) fn is_through(&self, taken: &Taken) -> bool {
        self.now >= taken.at + super::UNDERWAY
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Desk;
    use super::Memory;

    fn at(memory: &mut Memory, seconds: u64) -> Desk<'_> {
        let now = Duration::from_secs(seconds);
        Desk::new(memory, now, now)
    }

    #[test]
    fn calls_are_counted_in_a_window_that_moves() {
        let mut memory = Memory::default();
        let per = Duration::from_secs(10);
        assert_eq!(at(&mut memory, 100).count("k", 2, per), Ok(()));
        assert_eq!(at(&mut memory, 104).count("k", 2, per), Ok(()));
        assert_eq!(at(&mut memory, 105).count("k", 2, per), Err(Duration::from_secs(5)));
        assert_eq!(at(&mut memory, 105).count("other", 2, per), Ok(()));
        assert_eq!(at(&mut memory, 110).count("k", 2, per), Ok(()));
        assert_eq!(at(&mut memory, 111).count("k", 2, per), Err(Duration::from_secs(3)));
    }

    #[test]
    fn what_is_held_ends() {
        let mut memory = Memory::default();
        at(&mut memory, 100).hold("mute", Duration::from_mins(10));
        assert_eq!(at(&mut memory, 160).held("mute"), Some(Duration::from_mins(9)));
        assert_eq!(at(&mut memory, 700).held("mute"), None);
        assert!(at(&mut memory, 700).was_held("mute"));
        assert!(!at(&mut memory, 700).was_held("other"));
    }
}
