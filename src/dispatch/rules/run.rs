//! The way of one message through the rules.

use std::error::Error as StdError;
use std::sync::Arc;

use minijinja::value::Value;

use super::Rules;
use super::call;
use super::condition::Asked;
use super::forward;
use super::memory::LONGEST_VALUE;
use super::memory::Memory;
use super::reply::Say;
use super::rule::Rule;
use super::rule::Work;
use super::scope::Scope;
use super::subject::text_of;
use super::template::RenderError;
use super::template::Template;
use crate::assistant::Assistants;
use crate::dispatch::handler::Context;
use crate::dispatch::handler::HandlerError;
use crate::entropy::Entropy;
use crate::exchange::Exchange;
use crate::notification::Notification;
use crate::outcome::Outcome;
use crate::wechat::inbound::Inbound;
use crate::wechat::reply::Reply;

/// What rules need beside the message.
#[derive(Clone)]
pub(super) struct World {
    pub(super) rules: Arc<Rules>,
    pub(super) memory: Arc<Memory>,
    pub(super) exchange: Arc<Exchange>,
    pub(super) assistants: Assistants,
    pub(super) entropy: Arc<dyn Entropy>,
}

/// Why a rule that is for a message gave no answer. Carries nothing that a user wrote.
#[derive(Debug, thiserror::Error)]
#[error("rule `{rule}`: {what}")]
struct RuleError {
    rule: String,
    /// Its causes included.
    what: String,
}

/// How far a message came without waiting.
pub(super) enum Progress {
    /// No rule is for it.
    Passed,
    /// Answered, or failed.
    Done(Result<Outcome, HandlerError>),
    /// A rule has to wait for somebody.
    Waits(Job),
}

/// A rule that waits: its number, and the request it sends.
pub(super) struct Job {
    pub(super) rule: u32,
    pub(super) holes: Vec<(String, String)>,
}

/// The way of one message through the rules.
pub(super) struct Run {
    pub(super) world: World,
    pub(super) inbound: Arc<Inbound>,
    pub(super) context: Context,
    /// Numbers of the rules that may hold, in their order.
    pub(super) candidates: std::vec::IntoIter<u32>,
    /// The rule to which the sender said yes.
    pub(super) confirmed: Option<u32>,
    /// What the rules so far said.
    outcome: Option<Outcome>,
}

impl Run {
    pub(super) fn new(
        world: World,
        inbound: &Arc<Inbound>,
        context: &Context,
        asked: &Asked<'_>,
    ) -> Self {
        let candidates = world.rules.candidates(asked, &context.account).into_iter();
        let (inbound, context) = (Arc::clone(inbound), context.clone());
        Self { world, inbound, context, candidates, confirmed: None, outcome: None }
    }

    /// Goes on until a rule has answered for good, or has to wait.
    pub(super) fn proceed(&mut self, asked: &Asked<'_>) -> Progress {
        while let Some(number) = self.candidates.next() {
            let rule = self.world.rules.rule(number);
            let Some(holes) = rule.condition.holds(asked) else { continue };
            if !self.has_words(rule) {
                continue;
            }
            if rule.when.is_some() && !self.is_when(rule, &holes) {
                continue;
            }
            if let Some(confirm) = &rule.confirm
                && self.confirmed != Some(number)
            {
                let answered = self.ask(rule, confirm, holes);
                return Progress::Done(answered.map(|outcome| self.end_with(outcome)));
            }
            let is_denied = self.is_denied(rule);
            if rule.work.is_some() && !is_denied {
                return Progress::Waits(Job { rule: number, holes });
            }
            let goes_on = rule.goes_on;
            let answered = match is_denied {
                true => self.deny(rule, holes),
                false => self.answer(rule, holes, None),
            };
            match answered {
                Err(error) => return Progress::Done(Err(error)),
                Ok(outcome) => self.keep(outcome),
            }
            if !goes_on {
                break;
            }
        }
        match self.outcome.take() {
            Some(outcome) => Progress::Done(Ok(outcome)),
            None => Progress::Passed,
        }
    }

    /// Whether the message has the words that the rule works on.
    fn has_words(&self, rule: &Rule) -> bool {
        match &rule.work {
            Some(Work::Ask(ask)) if !ask.has_prompt() => !text_of(&self.inbound).is_empty(),
            _ => !rule.mends || self.can_mend(),
        }
    }

    /// Does what a rule waits for, and goes on to the end.
    pub(super) async fn finish(mut self, mut job: Job) -> Result<Outcome, HandlerError> {
        let inbound = Arc::clone(&self.inbound);
        let asked = Asked::of(&inbound);
        loop {
            let rules = Arc::clone(&self.world.rules);
            let rule = rules.rule(job.rule);
            let outcome = self.work(rule, job.holes).await?;
            self.keep(outcome);
            if !rule.goes_on {
                return Ok(self.outcome.unwrap_or_default());
            }
            match self.proceed(&asked) {
                Progress::Waits(next) => job = next,
                Progress::Done(result) => return result,
                Progress::Passed => return Ok(Outcome::default()),
            }
        }
    }

    async fn work(
        &self,
        rule: &Rule,
        holes: Vec<(String, String)>,
    ) -> Result<Outcome, HandlerError> {
        match &rule.work {
            Some(Work::Ask(ask)) => self.talk(rule, ask, holes).await,
            _ => self.do_work(rule, holes).await,
        }
    }

    /// All but handing over to an assistant, so that one may have it done.
    pub(super) async fn do_work(
        &self,
        rule: &Rule,
        holes: Vec<(String, String)>,
    ) -> Result<Outcome, HandlerError> {
        match &rule.work {
            None | Some(Work::Ask(_)) => self.answer(rule, holes, None),
            Some(Work::Call(call)) => {
                let scope = self.scope(holes, None);
                let matches = || rule.condition.matches(&Asked::of(&self.inbound));
                let request = call.request(&|template| self.render(template, &scope), matches);
                let request =
                    request.map_err(|error| fail(rule, "its call cannot be made", error))?;
                let response = self.world.exchange.send(request).await;
                let response = response.map_err(|error| fail(rule, "its call failed", error))?;
                let holes = scope.holes.clone();
                self.answer(rule, holes, Some(call::result(&response)))
            }
            Some(Work::Forward(forward)) => {
                let scope = self.scope(holes, None);
                let url = call::render_url(&forward.url, &|it| self.render(it, &scope));
                let url = url.map_err(|error| fail(rule, "it cannot be forwarded", error))?;
                let Context { account, now, .. } = &self.context;
                let request = forward.request(url, &self.inbound, account, *now);
                let response = self.world.exchange.send(request).await;
                let response = response.map_err(|error| fail(rule, "its forward failed", error))?;
                let outlets = self.world.rules.outlets();
                let answer = forward::answer(&response, account, outlets);
                let (reply, pushed) = answer.map_err(|what| failed(rule, what))?;
                self.set(rule, &scope)?;
                let mut outcome = Outcome::reply(reply, rule.name.as_str());
                outcome.notifications = self.push(rule, &scope)?;
                outcome.notifications.extend(pushed);
                Ok(outcome)
            }
        }
    }

    /// Sets the variables, and says the reply.
    fn answer(
        &self,
        rule: &Rule,
        holes: Vec<(String, String)>,
        call: Option<Value>,
    ) -> Result<Outcome, HandlerError> {
        if let Some(Say::Fixed(reply)) = &rule.reply
            && rule.set.is_empty()
            && rule.push.is_empty()
            && !rule.mends
        {
            return Ok(Outcome::reply(reply.clone(), rule.name.as_str()));
        }
        let (page, link) = rule.mends.then(|| self.page_to_mend()).unzip();
        let scope = Arc::new(Scope { mend: link, ..self.bare_scope(holes, call) });
        self.set(rule, &scope)?;
        let reply = match &rule.reply {
            None => Reply::Success,
            Some(say) => say
                .render(&|template| self.render(template, &scope))
                .map_err(|error| fail(rule, "its reply failed", error))?,
        };
        let mut outcome = Outcome::reply(reply, rule.name.as_str());
        outcome.notifications = self.push(rule, &scope)?;
        outcome.pages.extend(page);
        Ok(outcome)
    }

    pub(super) fn push(
        &self,
        rule: &Rule,
        scope: &Arc<Scope>,
    ) -> Result<Vec<Notification>, HandlerError> {
        let account = &self.context.account;
        let pushed = rule.push.render(account, &|template| self.render(template, scope));
        pushed.map_err(|error| fail(rule, "its `push` failed", error))
    }

    /// All new values are made of the old ones, then they take their place at once.
    pub(super) fn set(&self, rule: &Rule, scope: &Arc<Scope>) -> Result<(), HandlerError> {
        if rule.set.is_empty() {
            return Ok(());
        }
        let mut changes = Vec::with_capacity(rule.set.len());
        for (name, template) in &rule.set {
            let value = self.render(template, scope);
            let value = value.map_err(|error| fail(rule, "its `set` failed", error))?;
            if value.len() > LONGEST_VALUE {
                let what = format!("`user.{name}` would be longer than {LONGEST_VALUE} bytes");
                return Err(failed(rule, what));
            }
            changes.push((name.clone(), value));
        }
        self.world.memory.set(&self.context.account, self.inbound.from(), changes);
        Ok(())
    }

    pub(super) fn deny(
        &self,
        rule: &Rule,
        holes: Vec<(String, String)>,
    ) -> Result<Outcome, HandlerError> {
        let text = match &rule.deny {
            None => String::new(),
            Some(Template::Fixed(text)) => text.clone(),
            Some(template) => self
                .render(template, &self.scope(holes, None))
                .map_err(|error| fail(rule, "its `deny` failed", error))?,
        };
        Ok(Outcome::reply(text, rule.name.as_str()))
    }

    pub(super) fn is_denied(&self, rule: &Rule) -> bool {
        rule.cooldown.is_some_and(|cooldown| {
            let Context { account, now, .. } = &self.context;
            let memory = &self.world.memory;
            !memory.may_answer(&rule.name, account, self.inbound.from(), *now, cooldown)
        })
    }

    /// A condition that cannot be told does not hold: the other rules still answer.
    pub(super) fn is_when(&self, rule: &Rule, holes: &[(String, String)]) -> bool {
        let Some(when) = &rule.when else { return true };
        let scope = self.scope(holes.to_vec(), None);
        self.world.rules.engine().holds(when, &scope).unwrap_or_else(|error| {
            tracing::warn!(
                rule = rule.name,
                "`when` of rule `{}` does not hold: {error}",
                rule.name
            );
            false
        })
    }

    pub(super) fn render(
        &self,
        template: &Template,
        scope: &Arc<Scope>,
    ) -> Result<String, RenderError> {
        self.world.rules.engine().render(template, scope)
    }

    pub(super) fn scope(&self, holes: Vec<(String, String)>, call: Option<Value>) -> Arc<Scope> {
        Arc::new(self.bare_scope(holes, call))
    }

    fn bare_scope(&self, holes: Vec<(String, String)>, call: Option<Value>) -> Scope {
        Scope {
            inbound: Arc::clone(&self.inbound),
            account: Arc::clone(&self.context.account),
            app_id: Arc::clone(&self.context.app_id),
            now: self.context.now,
            zone: self.world.rules.zone().clone(),
            holes,
            memory: Arc::clone(&self.world.memory),
            call,
            mend: None,
        }
    }

    fn end_with(&mut self, outcome: Outcome) -> Outcome {
        self.keep(outcome);
        self.outcome.take().unwrap_or_default()
    }

    /// The first reply that says something stays; what is pushed all goes out.
    fn keep(&mut self, mut outcome: Outcome) {
        let Some(mut kept) = self.outcome.take() else {
            self.outcome = Some(outcome);
            return;
        };
        kept.notifications.append(&mut outcome.notifications);
        kept.pages.append(&mut outcome.pages);
        if kept.reply == Reply::Success && outcome.reply != Reply::Success {
            (kept.reply, kept.by) = (outcome.reply, outcome.by);
        }
        self.outcome = Some(kept);
    }
}

pub(super) fn failed(rule: &Rule, what: String) -> HandlerError {
    let error = RuleError { rule: rule.name.clone(), what };
    HandlerError::Other(Box::new(error))
}

pub(super) fn fail(rule: &Rule, what: &str, error: impl StdError) -> HandlerError {
    let mut what = format!("{what}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        what.push_str(": ");
        what.push_str(&error.to_string());
        cause = error.source();
    }
    failed(rule, what)
}
