//! What the platform remembers of one account. Everything here is bounded.

pub(super) mod calls;
pub(super) mod media;
pub(super) mod token;
pub(super) mod user;

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::fault::Faults;
use super::transcript::Transcript;

/// The most callbacks that wait for their time.
const JOBS: usize = 10_000;

/// One account's memory.
#[derive(Default)]
pub(super) struct World {
    pub(super) users: user::Users,
    pub(super) tokens: token::Tokens,
    pub(super) calls: calls::Calls,
    pub(super) media: media::Media,
    pub(super) nouns: super::api::Nouns,
    pub(super) faults: Faults,
    pub(super) transcript: Transcript,
    pub(super) jobs: VecDeque<Job>,
    pub(super) streams: super::stream::Streams,
    last_number: i64,
}

/// A callback that a job ends in.
pub(super) struct Job {
    pub(super) due: Instant,
    pub(super) from: String,
    pub(super) fields: Value,
}

impl World {
    /// A number that no message or job had before.
    pub(super) fn number(&mut self) -> i64 {
        self.last_number += 1;
        self.last_number
    }

    /// Lets the account hear `fields`, from `from`, in a while. The oldest goes when too many wait.
    pub(super) fn later(&mut self, after: Duration, from: &str, fields: Value) {
        if self.jobs.len() >= JOBS {
            self.jobs.pop_front();
        }
        self.jobs.push_back(Job { due: Instant::now() + after, from: from.to_owned(), fields });
    }
}
