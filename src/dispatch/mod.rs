//! Who answers: the handlers in order, the first that does wins.

pub mod builtin;
pub mod handler;
pub mod rules;

use std::sync::Arc;

use self::handler::Answer;
use self::handler::Context;
use self::handler::Handler;
use crate::outcome::Outcome;
use crate::wechat::inbound::Inbound;

/// The handlers of a station: those written in Rust, then the rules.
#[derive(Clone, Default)]
pub struct Dispatcher {
    handlers: Vec<Arc<dyn Handler>>,
}

impl Dispatcher {
    /// Asks `handlers` in this order.
    pub fn new(handlers: Vec<Arc<dyn Handler>>) -> Self {
        Self { handlers }
    }

    /// What the first handler that takes `inbound` wants, or an empty outcome.
    pub fn dispatch(&self, inbound: &Arc<Inbound>, context: &Context) -> Answer {
        let answers = self.handlers.iter().map(|handler| handler.answer(inbound, context));
        let mut taken = answers.filter(|answer| !matches!(answer, Answer::Pass));
        taken.next().unwrap_or_else(|| Answer::Now(Ok(Outcome::default())))
    }
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Dispatcher({} handlers)", self.handlers.len())
    }
}
