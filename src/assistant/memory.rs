//! What was said before, per assistant and user.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use super::tokens::estimate;
use crate::generations::Generations;

/// Conversations of one half of what is remembered.
const CONVERSATIONS: usize = 20_000;

/// Bytes of one half.
const BYTES: usize = 32 << 20;

/// The most turns of one conversation; the limit in tokens is mostly reached before.
const TURNS: usize = 100;

/// What was asked, and what was answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Turn {
    pub(super) question: String,
    pub(super) answer: String,
}

impl Turn {
    fn tokens(&self) -> u64 {
        estimate(&self.question) + estimate(&self.answer)
    }
}

#[derive(Clone, Default)]
struct Conversation {
    turns: VecDeque<Turn>,
    /// When the last turn was, since 1970.
    last: Duration,
}

/// Conversations by assistant and user. In memory: a restart forgets them, and so does a crowd of
/// other users.
pub(super) struct Conversations(Mutex<Generations<String, Conversation>>);

impl Conversations {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Generations::new(CONVERSATIONS, BYTES)))
    }

    /// The latest turns of `key` that fit into `tokens`, the oldest first; none after a silence of
    /// `memory`.
    pub(super) fn of(&self, key: &str, now: Duration, memory: Duration, tokens: u64) -> Vec<Turn> {
        let all = self.lock();
        let known = all.get(&key.to_owned()).filter(|it| now < it.last.saturating_add(memory));
        let mut left = tokens;
        let fits = |turn: &&Turn| {
            let rest = left.checked_sub(turn.tokens());
            left = rest.unwrap_or(0);
            rest.is_some()
        };
        let turns = known.into_iter().flat_map(|it| it.turns.iter().rev());
        let mut turns: Vec<Turn> = turns.take_while(fits).cloned().collect();
        turns.reverse();
        turns
    }

    /// Adds a turn. What does not fit into `tokens` any more is forgotten.
    pub(super) fn add(&self, key: &str, now: Duration, before: Vec<Turn>, turn: Turn) {
        let mut turns = VecDeque::from(before);
        turns.push_back(turn);
        while turns.len() > TURNS {
            turns.pop_front();
        }
        let size = turns.iter().map(|it| it.question.len() + it.answer.len() + 64).sum();
        self.lock().insert(key.to_owned(), Conversation { turns, last: now }, size);
    }

    fn lock(&self) -> MutexGuard<'_, Generations<String, Conversation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Conversations;
    use super::Turn;

    const MEMORY: Duration = Duration::from_mins(30);

    fn turn(question: &str) -> Turn {
        Turn { question: question.to_owned(), answer: "好".to_owned() }
    }

    fn at(minute: u64) -> Duration {
        Duration::from_mins(minute)
    }

    #[test]
    fn a_silence_ends_a_conversation() {
        let all = Conversations::new();
        all.add("u", at(100), Vec::new(), turn("一"));
        assert_eq!(all.of("u", at(129), MEMORY, 1000), [turn("一")]);
        assert_eq!(all.of("u", at(130), MEMORY, 1000), []);
        assert_eq!(all.of("u", at(129), Duration::ZERO, 1000), []);
        assert_eq!(all.of("v", at(129), MEMORY, 1000), []);
    }

    #[test]
    fn the_oldest_turns_go_first() {
        let all = Conversations::new();
        let mut before = Vec::new();
        for question in ["一", "二", "三"] {
            all.add("u", at(1), before, turn(question));
            before = all.of("u", at(1), MEMORY, 1000);
        }
        // Each turn is 10 tokens.
        assert_eq!(all.of("u", at(1), MEMORY, 30), [turn("一"), turn("二"), turn("三")]);
        assert_eq!(all.of("u", at(1), MEMORY, 29), [turn("二"), turn("三")]);
        assert_eq!(all.of("u", at(1), MEMORY, 9), []);
    }
}
