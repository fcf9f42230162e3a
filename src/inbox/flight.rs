//! The deliveries that wait for one piece of work.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Kept;
use crate::wechat::limits;

#[derive(Debug, Default)]
struct State {
    /// The answer is there, or will never be.
    end: Option<End>,
    /// What was said in its place.
    instead: Option<Kept>,
}

#[derive(Clone, Debug)]
enum End {
    Answer(Kept),
    Crash,
}

/// How many deliveries came, and when the last did.
#[derive(Clone, Copy, Debug)]
struct Boarded {
    count: u32,
    last: Instant,
}

/// Whether the answer reaches WeChat.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Carried {
    /// A delivery waits for it.
    Yes,
    /// Something else was said in its place.
    No,
    /// WeChat has hung up, and may deliver once more.
    Perhaps,
}

/// Work that somebody waits for.
#[derive(Debug)]
pub struct Flight {
    state: watch::Sender<State>,
    boarded: Mutex<Boarded>,
}

impl Flight {
    pub(super) fn new() -> Self {
        let boarded = Boarded { count: 0, last: Instant::now() };
        Self { state: watch::Sender::new(State::default()), boarded: Mutex::new(boarded) }
    }

    /// One more delivery waits; its number, beginning at 1.
    pub(super) fn board(&self) -> u32 {
        let mut boarded = self.boarded.lock().unwrap_or_else(PoisonError::into_inner);
        *boarded = Boarded { count: boarded.count + 1, last: Instant::now() };
        boarded.count
    }

    fn boarded(&self) -> Boarded {
        *self.boarded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the answer; `None` if the work crashed.
    pub(super) async fn answer(&self) -> Option<Kept> {
        let mut state = self.state.subscribe();
        let state = state.wait_for(|state| state.end.is_some()).await.ok()?;
        match state.end.clone()? {
            End::Answer(kept) => Some(kept),
            End::Crash => None,
        }
    }

    /// Says `instead` from now on, unless the answer is there. What is said, and whether that is
    /// in place of the answer.
    pub(super) fn instead(&self, instead: Kept) -> (Kept, bool) {
        let mut said = (instead, true);
        self.state.send_if_modified(|state| {
            match &state.end {
                Some(End::Answer(answer)) if state.instead.is_none() => {
                    said = (answer.clone(), false);
                }
                _ => said.0 = state.instead.get_or_insert_with(|| said.0.clone()).clone(),
            }
            false
        });
        said
    }

    /// What deliveries are told when `answer` is ready, and whether one carries it. From then on
    /// [`Flight::instead`] gives it too.
    pub(super) fn decide(&self, answer: Kept) -> (Kept, Carried) {
        let mut said = (answer, Carried::Yes);
        self.state.send_if_modified(|state| {
            if let Some(instead) = &state.instead {
                said = (instead.clone(), Carried::No);
            }
            state.end = Some(End::Answer(said.0.clone()));
            false
        });
        if said.1 == Carried::Yes && self.boarded().last.elapsed() >= limits::REPLY_WINDOW {
            said.1 = Carried::Perhaps;
        }
        said
    }

    /// Wakes who waits.
    pub(super) fn land(&self, said: Kept) {
        self.state.send_modify(|state| state.end = Some(End::Answer(said)));
    }

    /// Waits as long as a delivery may still come for an answer that landed. Whether one came; if
    /// none did, `late` is what is said from then on.
    pub(super) async fn is_fetched(&self, late: Kept) -> bool {
        let before = self.boarded();
        tokio::time::sleep_until(before.last + limits::REPLY_WINDOW + RETRY_GRACE).await;
        let mut is_fetched = true;
        self.state.send_if_modified(|state| {
            is_fetched = self.boarded().count > before.count;
            if !is_fetched {
                state.instead = Some(late.clone());
                state.end = Some(End::Answer(late));
            }
            false
        });
        is_fetched
    }

    /// Wakes who waits with nothing.
    pub(super) fn crash(&self) {
        self.state.send_modify(|state| state.end = Some(End::Crash));
    }
}

/// How long after hanging up WeChat may take to deliver again. Observed is at once.
const RETRY_GRACE: Duration = Duration::from_secs(5);
