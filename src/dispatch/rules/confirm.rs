//! `confirm`: a rule that asks back first, and does what it does only once the same sender says yes.

use std::sync::Arc;
use std::time::Duration;

use super::condition;
use super::reader::Reader;
use super::rule::Rule;
use super::run::Progress;
use super::run::Run;
use super::run::World;
use super::run::fail;
use super::run::failed;
use super::subject::fold;
use super::template::Escape;
use super::template::Template;
use crate::config::table::Table;
use crate::config::tree::Value;
use crate::dispatch::handler::Context;
use crate::dispatch::handler::HandlerError;
use crate::outcome::Outcome;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;

/// How long a yes is waited for unless the rule says otherwise.
const WITHIN: Duration = Duration::from_mins(1);

/// The longest a yes may be waited for: later it may mean something else.
const LONGEST: Duration = Duration::from_hours(1);

/// What is a yes unless the rule says otherwise; without case.
const YES: [&str; 2] = ["是", "yes"];

/// What a rule asks back.
#[derive(Debug)]
pub(super) struct Confirm {
    pub(super) text: Template,
    pub(super) within: Duration,
    /// Without case.
    yes: Vec<String>,
}

/// A message whose rule waits for its sender's yes.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The name of the rule.
    pub(super) rule: String,
    pub(super) inbound: Arc<Inbound>,
    /// Until then, since 1970.
    pub(super) until: Duration,
}

impl Confirm {
    /// Reads `confirm`: the text that asks, or a table of `text`, `within` and `yes`.
    pub(super) fn read(reader: &Reader<'_>) -> Option<Self> {
        let table = &reader.table;
        let is_table = matches!(table.value("confirm")?.value, Value::Table(_));
        if !is_table {
            let text = reader.text(&table.filled_text("confirm")?, Escape::None)?;
            let yes = YES.map(str::to_owned).to_vec();
            return Some(Self { text, within: WITHIN, yes });
        }
        let inner = table.table("confirm")?;
        inner.finish(&["text", "within", "yes"]);
        let text = inner.filled_text("text").and_then(|text| reader.text(&text, Escape::None));
        let (within, yes) = (read_within(&inner), read_yes(&inner));
        Some(Self { text: text?, within: within?, yes: yes? })
    }

    /// Whether the text, without case, is a yes.
    pub(super) fn is_yes(&self, folded: &str) -> bool {
        self.yes.iter().any(|yes| yes == folded)
    }
}

/// A message whose sender said yes goes on from the rule that asked for it.
impl Run {
    /// The way of the message to which `said` is its sender's yes, from the rule that asked for it
    /// on. None: nothing was asked, it is no yes, or it comes too late; what was asked is forgotten
    /// then.
    pub(super) fn confirmed(
        world: &World,
        said: &condition::Asked<'_>,
        context: &Context,
    ) -> Option<Self> {
        let is_message = matches!(said.inbound.family(), Family::Message | Family::BotMessage);
        if !is_message {
            return None;
        }
        let asked = world.memory.take_asked(&context.account, said.inbound.from())?;
        let number = world.rules.number_of(&asked.rule)?;
        let confirm = world.rules.rule(number).confirm.as_ref()?;
        if context.now > asked.until || !confirm.is_yes(said.subject.folded()) {
            return None;
        }
        let (inbound, rules) = (&asked.inbound, Arc::clone(&world.rules));
        let again = condition::Asked::of(inbound);
        let mut run = Self::new(world.clone(), inbound, context, &again);
        // The rules and the hour may be others by now: the message must still be for this one.
        let rule = rules.rule(number);
        let holes = rule.condition.holds(&again)?;
        run.candidates.by_ref().find(|it| *it == number).filter(|_| run.is_when(rule, &holes))?;
        let rest: Vec<u32> = std::iter::once(number).chain(run.candidates).collect();
        run.candidates = rest.into_iter();
        run.confirmed = Some(number);
        Some(run)
    }

    /// Goes on with the message that it is about.
    pub(super) fn proceed_again(&mut self) -> Progress {
        let inbound = Arc::clone(&self.inbound);
        self.proceed(&condition::Asked::of(&inbound))
    }

    /// Asks the sender whether they mean it.
    pub(super) fn ask(
        &self,
        rule: &Rule,
        confirm: &Confirm,
        holes: Vec<(String, String)>,
    ) -> Result<Outcome, HandlerError> {
        let text = self.render(&confirm.text, &self.scope(holes, None));
        let text = text.map_err(|error| fail(rule, "its `confirm` failed", error))?;
        let user = self.inbound.from();
        if user.is_empty() {
            return Err(failed(rule, "there is nobody to ask for a yes".to_owned()));
        }
        let until = self.context.now.saturating_add(confirm.within);
        let inbound = Arc::clone(&self.inbound);
        let asked = Asked { rule: rule.name.clone(), inbound, until };
        self.world.memory.ask(&self.context.account, user, asked);
        Ok(Outcome::reply(text, rule.name.as_str()))
    }
}

fn read_within(table: &Table<'_>) -> Option<Duration> {
    if !table.has("within") {
        return Some(WITHIN);
    }
    let within = table.duration("within")?;
    if within.is_zero() || within > LONGEST {
        table.value_fault("within", "`within` must be more than 0 and at most 1 hour", None);
    }
    Some(within)
}

fn read_yes(table: &Table<'_>) -> Option<Vec<String>> {
    if !table.has("yes") {
        return Some(YES.map(str::to_owned).to_vec());
    }
    let texts = table.texts("yes")?;
    if texts.is_empty() || texts.iter().any(|text| text.value.trim().is_empty()) {
        table.value_fault("yes", "`yes` is empty: nobody could say it", None);
    }
    Some(texts.iter().map(|text| fold(text.value.trim()).into_owned()).collect())
}
