//! Assistants: OpenAI-compatible models that a rule hands over to.
//!
//! [`Assistants::begin`] opens a [`Talk`] about one question. Its steps are either words for the
//! user or calls of tools, and whoever leads the talk runs those: what tools are is not known here.
//! Conversations and budgets are kept per assistant and user, in memory only.

mod budget;
mod error;
mod memory;
mod request;
mod stream;
mod talk;
mod tokens;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

pub use self::error::AssistantError;
pub use self::request::Tool;
pub use self::talk::Step;
pub use self::talk::Talk;
pub use self::talk::ToolCall;

use self::budget::Budget;
use self::memory::Conversations;
use crate::config::assistant::Assistant as Config;
use crate::exchange::Exchange;
use crate::metrics::AssistantMetrics;
use crate::outcome::Progress;

/// A model, and what it is asked with.
struct Assistant {
    config: Config,
    /// Reaches the model's host only.
    exchange: Exchange,
}

/// All assistants of a station. Cheap to clone; clones share conversations and budgets.
#[derive(Clone)]
pub struct Assistants(Arc<Inner>);

struct Inner {
    all: ArcSwap<BTreeMap<String, Arc<Assistant>>>,
    conversations: Conversations,
    budget: Budget,
    metrics: AssistantMetrics,
}

impl fmt::Debug for Assistants {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.0.all.load().keys()).finish()
    }
}

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The account written to.
    pub account: &'a str,
    /// The user.
    pub user: &'a str,
    /// The time, since 1970.
    pub now: Duration,
    /// The day in the owner's time zone, as a number that it has to itself: budgets are for one.
    pub day: i64,
    /// Is told the answer while it grows.
    pub progress: &'a Progress,
}

impl Assistants {
    /// Those of the config, counted by `metrics`.
    pub fn new(configs: &[Config], metrics: AssistantMetrics) -> Self {
        Self(Arc::new(Inner {
            all: ArcSwap::from_pointee(open(configs)),
            conversations: Conversations::new(),
            budget: Budget::new(),
            metrics,
        }))
    }

    /// Takes those of another config. Talks that have begun go on with the old ones; conversations
    /// and budgets stay.
    pub fn replace(&self, configs: &[Config]) {
        self.0.all.store(Arc::new(open(configs)));
    }

    /// Opens a talk with the assistant called `name` about `question`, in which it may call `tools`.
    ///
    /// # Errors
    ///
    /// [`AssistantError::Unknown`], and [`AssistantError::OverBudget`] with what is said then.
    pub fn begin(
        &self,
        name: &str,
        asker: Asker<'_>,
        question: String,
        tools: &[Tool],
    ) -> Result<Talk, AssistantError> {
        let all = self.0.all.load();
        let assistant = all.get(name).ok_or_else(|| AssistantError::Unknown(name.to_owned()))?;
        let key = [name, asker.account, asker.user].join("\0");
        let most = assistant.config.daily_tokens;
        if most.is_some_and(|most| self.0.budget.used(&key, asker.day) >= most) {
            self.0.metrics.count_question(name, "over_budget");
            let said = assistant.config.over_budget.clone();
            return Err(AssistantError::OverBudget(said));
        }
        Ok(Talk::new(self.clone(), Arc::clone(assistant), key, asker, question, tools))
    }
}

fn open(configs: &[Config]) -> BTreeMap<String, Arc<Assistant>> {
    let open = |config: &Config| {
        let exchange = Exchange::to(&config.base_url);
        (config.name.clone(), Arc::new(Assistant { config: config.clone(), exchange }))
    };
    configs.iter().map(open).collect()
}
