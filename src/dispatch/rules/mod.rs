//! `handlers/*.toml`: rules that answer without a line of code.
//!
//! A message goes through [`RulesHandler`]: an index names the rules that may hold, they are asked
//! in their order, and the first that holds answers. `docs/rules.md` is the language.

mod ask;
mod builtin;
mod call;
mod condition;
mod confirm;
mod forward;
mod handler;
mod index;
mod load;
mod memory;
mod mend;
mod outlets;
mod pattern;
mod push;
mod reader;
mod reply;
mod report;
mod required;
mod rule;
mod run;
mod scan;
mod scope;
mod subject;
mod template;
mod watch;
mod words;

use std::collections::HashMap;

use jiff::tz::TimeZone;

use self::condition::Asked;
pub use self::handler::Counts;
pub use self::handler::Prepared;
pub use self::handler::RulesHandler;
use self::index::Index;
use self::index::Query;
pub use self::outlets::Outlets;
use self::rule::Rule;
use self::scope::key_of;
use self::template::Engine;
use crate::config::Config;
use crate::config::assistant::Assistant;
use crate::config::fault::Fault;
use crate::config::secret::WebhookSecret;
use crate::config::server::RuleOrder;
use crate::exchange::Allowed;

/// What the config says about rules.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What inside private networks `call` and `forward` may reach.
    pub private_hosts: Allowed,
    /// Signs what is forwarded; without one, `forward` is a fault.
    pub webhook_secret: Option<WebhookSecret>,
    /// The zone of `now` and `hour`.
    pub timezone: TimeZone,
    /// Through what `push` goes.
    pub outlets: Outlets,
    /// What `ask` hands over to.
    pub assistants: Vec<Assistant>,
    /// Which of several rules that hold answers.
    pub order: RuleOrder,
    /// What links to pages begin with, without a slash at its end; none: there are no pages.
    pub public_url: Option<String>,
}

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        let server = &config.server;
        Self {
            private_hosts: server.private_hosts.clone(),
            webhook_secret: server.webhook_secret.clone(),
            timezone: server.timezone.clone(),
            outlets: Outlets::from(config),
            assistants: config.assistants.clone(),
            order: server.rule_order,
            public_url: server.public_url.clone(),
        }
    }
}

/// A set of rules that was read without a fault.
#[derive(Debug)]
pub struct Rules {
    all: Vec<Rule>,
    /// Of the rules for all accounts.
    shared: Index,
    /// Of the rules bound to an account.
    bound: HashMap<String, Index>,
    engine: Engine,
    zone: TimeZone,
    /// What an external handler may push through.
    outlets: Outlets,
    public_url: Option<String>,
    warnings: Vec<Fault>,
}

impl Rules {
    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The names of the rules, in the order in which they are asked.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|rule| rule.name.as_str())
    }

    /// What their owner should know, though nothing is wrong.
    pub fn warnings(&self) -> &[Fault] {
        &self.warnings
    }

    fn rule(&self, number: u32) -> &Rule {
        &self.all[number as usize]
    }

    fn number_of(&self, name: &str) -> Option<u32> {
        let number = self.all.iter().position(|rule| rule.name == name)?;
        u32::try_from(number).ok()
    }

    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn zone(&self) -> &TimeZone {
        &self.zone
    }

    fn public_url(&self) -> Option<&str> {
        self.public_url.as_deref()
    }

    fn outlets(&self) -> &Outlets {
        &self.outlets
    }

    /// The numbers of the rules that may hold for a message of `account`, in their order.
    fn candidates(&self, asked: &Asked<'_>, account: &str) -> Vec<u32> {
        let query = Query {
            text: asked.subject.folded(),
            key: key_of(asked.inbound),
            kind: asked.kind.as_str(),
            is_spoken: asked.is_spoken(),
        };
        let mut found = Vec::new();
        self.shared.collect(query, &mut found);
        if !self.bound.is_empty()
            && let Some(index) = self.bound.get(account)
        {
            index.collect(query, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests;
