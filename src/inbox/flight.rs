//! The deliveries that wait for one piece of work.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use tokio::sync::watch;

use super::Kept;

#[derive(Debug, Default)]
struct State {
    /// The answer is there, or will never be.
    end: Option<End>,
    /// What was said in its place; the answer then goes to the user's next message.
    instead: Option<Kept>,
    /// The last delivery has gone without it.
    is_given_up: bool,
}

#[derive(Clone, Debug)]
enum End {
    Answer(Kept),
    Crash,
}

/// Work that somebody waits for.
#[derive(Debug)]
pub struct Flight {
    state: watch::Sender<State>,
    deliveries: AtomicU32,
}

impl Flight {
    pub(super) fn new() -> Self {
        Self { state: watch::Sender::new(State::default()), deliveries: AtomicU32::new(0) }
    }

    /// One more delivery waits; its number, beginning at 1.
    pub(super) fn board(&self) -> u32 {
        self.deliveries.fetch_add(1, Ordering::Relaxed) + 1
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

    /// Says `instead` from now on, unless the answer is there.
    pub(super) fn hold(&self, instead: Kept) -> Kept {
        let mut said = instead;
        self.state.send_if_modified(|state| {
            match &state.end {
                Some(End::Answer(answer)) => said = answer.clone(),
                _ => said = state.instead.get_or_insert_with(|| said.clone()).clone(),
            }
            false
        });
        said
    }

    pub(super) fn give_up(&self) {
        self.state.send_if_modified(|state| {
            state.is_given_up = true;
            false
        });
    }

    /// What deliveries are told when `answer` is ready. After this, [`Flight::hold`] gives it too.
    pub(super) fn decide(&self, answer: Kept) -> Kept {
        let mut said = answer;
        self.state.send_if_modified(|state| {
            if let Some(instead) = &state.instead {
                said = instead.clone();
            }
            state.end = Some(End::Answer(said.clone()));
            false
        });
        said
    }

    /// Wakes who waits. Whether anybody may still come for the answer.
    pub(super) fn land(&self, said: Kept) -> bool {
        let mut is_given_up = false;
        self.state.send_modify(|state| {
            is_given_up = state.is_given_up;
            state.end = Some(End::Answer(said));
        });
        !is_given_up
    }

    /// Wakes who waits with nothing.
    pub(super) fn crash(&self) {
        self.state.send_modify(|state| state.end = Some(End::Crash));
    }
}
