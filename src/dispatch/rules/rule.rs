//! One rule: when it is for a message, and what it does then.

use std::cell::RefCell;
use std::time::Duration;

use super::Settings;
use super::ask;
use super::ask::Ask;
use super::call::Call;
use super::condition::Condition;
use super::condition::read_accounts;
use super::confirm::Confirm;
use super::forward::Forward;
use super::mend;
use super::push::Push;
use super::reader::Reader;
use super::reply::Say;
use super::report;
use super::report::Report;
use super::template::Engine;
use super::template::Escape;
use super::template::Reach;
use super::template::Template;
use crate::config::table::Table;

/// Every key of a rule.
const KEYS: [&str; 23] = [
    "name", "account", "on", "match", "equals", "contains", "regex", "key", "from", "when",
    "about", "confirm", "call", "forward", "ask", "report", "mend", "reply", "push", "set", "next",
    "cooldown", "deny",
];

/// The longest cooldown; what is remembered of users is forgotten before.
const LONGEST_COOLDOWN: Duration = Duration::from_hours(24 * 30);

/// A rule, read.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) accounts: Option<Vec<String>>,
    /// What it does, for a model that may have it done.
    pub(super) about: Option<String>,
    pub(super) condition: Condition,
    /// The names of its holes.
    pub(super) holes: Vec<String>,
    pub(super) when: Option<Template>,
    pub(super) cooldown: Option<Duration>,
    pub(super) deny: Option<Template>,
    pub(super) confirm: Option<Confirm>,
    pub(super) work: Option<Work>,
    pub(super) report: Option<Report>,
    /// Whether it gives its sender a page on which the words can be mended.
    pub(super) mends: bool,
    pub(super) set: Vec<(String, Template)>,
    pub(super) reply: Option<Say>,
    pub(super) push: Push,
    pub(super) goes_on: bool,
}

/// What a rule waits for before it replies.
#[derive(Debug)]
pub(super) enum Work {
    Call(Box<Call>),
    Forward(Box<Forward>),
    Ask(Box<Ask>),
}

impl Rule {
    /// Reads a `[[rule]]`. What is wrong with it is noted; the rule is then of no use.
    pub(super) fn read(
        table: Table<'_>,
        engine: &RefCell<Engine>,
        accounts: &[&str],
        settings: &Settings,
    ) -> Self {
        table.finish(&KEYS);
        let name = table.filled_text("name").map_or_else(String::new, |it| it.value.to_owned());
        let (condition, holes) = Condition::read(&table);
        // Of a broken pattern nobody knows the holes: no name is refused then.
        let is_open = holes.is_none();
        let reach = Reach { holes: holes.unwrap_or_default(), is_open, ..Reach::default() };
        let before = Reader { engine, table, reach: &reach };
        let work = read_work(&before, settings);
        let mends = mend::read(&before, settings.public_url.as_deref());
        let reach = Reach { has_call: table.has("call"), has_mend: mends, ..reach.clone() };
        let after = Reader { reach: &reach, ..before };
        let bound = read_accounts(&table, accounts);
        let is_meant = |name: &&str| bound.as_ref().is_none_or(|it| it.iter().any(|it| it == name));
        let meant: Vec<&str> = accounts.iter().copied().filter(is_meant).collect();
        let push = Push::read(&after, &settings.outlets, &meant);
        let rule = Self {
            name,
            accounts: bound,
            about: ask::read_about(&before),
            condition,
            holes: reach.holes.clone(),
            when: before.condition("when"),
            cooldown: read_cooldown(&table),
            deny: before.template(&table, "deny", Escape::None),
            confirm: Confirm::read(&before),
            work,
            report: report::read(&before),
            mends,
            set: read_set(&after),
            reply: read_reply(&after, mends),
            push,
            goes_on: table.boolean("next").unwrap_or(false),
        };
        check_actions(&table);
        ask::check(&before);
        rule
    }
}

/// A rule that mends needs no words of its own.
fn read_reply(reader: &Reader<'_>, mends: bool) -> Option<Say> {
    match mends && !reader.table.has("reply") {
        true => reader.usual(mend::USUAL).map(Say::Text),
        false => Say::read(reader),
    }
}

fn read_work(reader: &Reader<'_>, settings: &Settings) -> Option<Work> {
    let allowed = &settings.private_hosts;
    if reader.table.has("forward") {
        let secret = settings.webhook_secret.as_ref();
        let forward = Forward::read(reader, allowed, secret)?;
        return Some(Work::Forward(Box::new(forward)));
    }
    if reader.table.has("ask") {
        return Some(Work::Ask(Box::new(Ask::read(reader, &settings.assistants)?)));
    }
    Some(Work::Call(Box::new(Call::read(reader, allowed)?)))
}

fn read_cooldown(table: &Table<'_>) -> Option<Duration> {
    let cooldown = table.duration("cooldown")?;
    if cooldown.is_zero() || cooldown > LONGEST_COOLDOWN {
        let message = "`cooldown` must be more than 0 and at most 30 days";
        table.value_fault("cooldown", message, None);
    }
    Some(cooldown)
}

/// Variables are called as names in templates are.
fn read_set(reader: &Reader<'_>) -> Vec<(String, Template)> {
    let Some(table) = reader.table.table("set") else { return Vec::new() };
    for entry in table.entries() {
        let is_name = entry.key.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
            && entry.key.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
        if !is_name {
            let message = format!("`{}` is no name of a variable", entry.key);
            let advice = "use letters, digits and `_`; rules read it as `user.name`".to_owned();
            table.fault_at(&entry.place, message, Some(advice));
        }
    }
    reader.texts(&table)
}

/// A rule must do something, and what it does must fit together.
fn check_actions(table: &Table<'_>) {
    let acts = ["reply", "call", "forward", "set", "push", "ask", "mend"];
    if !acts.iter().any(|key| table.has(key)) {
        let advice =
            "give it a `reply`, a `push`, a `call`, a `forward`, an `ask` or a `set`".to_owned();
        table.fault_at(table.place(), "the rule does nothing", Some(advice));
    }
    if table.has("forward") {
        for key in ["reply", "call"].into_iter().filter(|key| table.has(key)) {
            let message = format!("`{key}` beside `forward`: what is forwarded is answered there");
            table.fault(key, message, None);
        }
    }
    if table.has("deny") && !table.has("cooldown") {
        let advice = "`deny` is what a rule says inside its `cooldown`".to_owned();
        table.fault("deny", "`deny` without a `cooldown`", Some(advice));
    }
}
