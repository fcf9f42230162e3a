//! What each user has used up today.

use std::sync::Mutex;
use std::sync::PoisonError;

use crate::generations::Generations;

/// Users of one half of what is remembered.
const USERS: usize = 50_000;

/// Bytes of one half.
const BYTES: usize = 8 << 20;

/// Tokens by user and day. In memory: a restart forgets them, and so does a crowd of other users.
pub(super) struct Budget(Mutex<Generations<String, Used>>);

#[derive(Clone, Copy)]
struct Used {
    day: i64,
    tokens: u64,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Generations::new(USERS, BYTES)))
    }

    /// What `key` has used up on `day`.
    pub(super) fn used(&self, key: &str, day: i64) -> u64 {
        let users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used = users.get(&key.to_owned()).filter(|used| used.day == day);
        used.map_or(0, |used| used.tokens)
    }

    /// Counts `tokens` more.
    pub(super) fn count(&self, key: &str, day: i64, tokens: u64) {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key.to_owned();
        let before = users.get(&key).filter(|used| used.day == day).map_or(0, |used| used.tokens);
        users.insert(key, Used { day, tokens: before.saturating_add(tokens) }, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn a_day_has_its_own_count_and_so_has_a_user() {
        let budget = Budget::new();
        budget.count("a", 20_000, 70);
        budget.count("a", 20_000, 40);
        assert_eq!(budget.used("a", 20_000), 110);
        assert_eq!(budget.used("b", 20_000), 0);
        assert_eq!(budget.used("a", 20_001), 0);
        budget.count("a", 20_001, 5);
        assert_eq!(budget.used("a", 20_001), 5);
    }
}
