//! Answers that wait for the user's next message. In memory: a restart loses them.

use std::collections::VecDeque;
use std::time::Duration;

use super::Id;
use super::seen::Seen;
use crate::wechat::reply::Reply;

/// How many answers are held for one user. The oldest are dropped first.
const PER_USER: usize = 16;

/// Held answers by user, for as long and as many as the inbox remembers.
pub(super) struct Held(Seen<VecDeque<Reply>>);

impl Held {
    pub(super) fn new(remember: Duration, capacity: usize) -> Self {
        Self(Seen::new(remember, capacity))
    }

    /// Adds answers for `user`. Only the work in the user's lane calls this, one at a time.
    pub(super) fn put(&self, user: Id, answers: impl IntoIterator<Item = Reply>) {
        let mut answers = answers.into_iter().peekable();
        if answers.peek().is_none() {
            return;
        }
        let mut all = self.0.remove(user).unwrap_or_default();
        all.extend(answers);
        all.drain(..all.len().saturating_sub(PER_USER));
        self.0.insert(user, all);
    }

    /// Takes the oldest answer.
    pub(super) fn take(&self, user: Id) -> Option<Reply> {
        // The common case, nothing held, must not write.
        self.0.get(user)?;
        let mut all = self.0.remove(user)?;
        let first = all.pop_front();
        if !all.is_empty() {
            self.0.insert(user, all);
        }
        first
    }
}
