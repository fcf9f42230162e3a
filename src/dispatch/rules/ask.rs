//! `ask`: hands over to an assistant, which may have other rules done as its tools.

use std::collections::BTreeMap;

use super::condition;
use super::mend;
use super::reader::Reader;
use super::rule::Rule;
use super::rule::Work;
use super::run::Run;
use super::run::fail;
use super::subject::text_of;
use super::template::Escape;
use super::template::Template;
use crate::assistant::Asker;
use crate::assistant::AssistantError;
use crate::assistant::Step;
use crate::assistant::Tool;
use crate::assistant::ToolCall;
use crate::channels;
use crate::config::assistant::Assistant;
use crate::config::fault::Fault;
use crate::config::fault::Faults;
use crate::config::fault::did_you_mean;
use crate::config::tree::Place;
use crate::config::tree::Text;
use crate::config::tree::Value;
use crate::dispatch::handler::HandlerError;
use crate::outcome::Outcome;
use crate::wechat::Platform;
use crate::wechat::reply::Reply;

/// The most tools of one rule; models take more badly.
const MOST_TOOLS: usize = 32;

/// The longest that a model is told of what a tool said, in bytes.
const LONGEST_RESULT: usize = 16 << 10;

/// A rule that hands over.
#[derive(Debug)]
pub(super) struct Ask {
    assistant: String,
    /// What is asked; none: what the user said.
    prompt: Option<Template>,
    tools: Vec<Wanted>,
}

/// A rule that the assistant may have done.
#[derive(Debug)]
struct Wanted {
    rule: String,
    place: Place,
    /// The rule's number, once all rules are known.
    number: u32,
}

impl Ask {
    /// Reads `ask`: the name of an assistant, or a table of `assistant`, `prompt` and `tools`.
    pub(super) fn read(reader: &Reader<'_>, assistants: &[Assistant]) -> Option<Self> {
        let table = &reader.table;
        if !matches!(table.value("ask")?.value, Value::Table(_)) {
            let assistant = known(reader, &table.filled_text("ask")?, assistants)?;
            return Some(Self { assistant, prompt: None, tools: Vec::new() });
        }
        let inner = table.table("ask")?;
        inner.finish(&["assistant", "prompt", "tools"]);
        let assistant =
            inner.filled_text("assistant").and_then(|it| known(reader, &it, assistants));
        let prompt = inner.has("prompt").then(|| reader.template(&inner, "prompt", Escape::None));
        let names = if inner.has("tools") { inner.texts("tools")? } else { Vec::new() };
        if names.len() > MOST_TOOLS {
            let message = format!("`tools` has {} rules; at most {MOST_TOOLS}", names.len());
            inner.value_fault("tools", message, None);
        }
        let wanted = |text: &Text<'_>| Wanted {
            rule: text.value.to_owned(),
            place: text.place.clone(),
            number: 0,
        };
        let tools = names.iter().map(wanted).collect();
        Some(Self { assistant: assistant?, prompt: prompt.flatten(), tools })
    }

    /// Whether it can hand over a message without words.
    pub(super) fn has_prompt(&self) -> bool {
        self.prompt.is_some()
    }
}

/// The assistant that `text` names.
fn known(reader: &Reader<'_>, text: &Text<'_>, assistants: &[Assistant]) -> Option<String> {
    let names = || assistants.iter().map(|it| it.name.as_str());
    if names().any(|name| name == text.value) {
        return Some(text.value.to_owned());
    }
    let advice = did_you_mean(text.value, names()).unwrap_or_else(|| match assistants {
        [] => "the config has no `[[assistant]]`".to_owned(),
        _ => format!("the config has `{}`", names().collect::<Vec<_>>().join("`, `")),
    });
    let message = format!("no assistant is called `{}`", text.value);
    reader.table.fault_at(text.place, message, Some(advice));
    None
}

/// Finds the rules that assistants may have done, and notes those that none can have.
pub(super) fn find_tools(rules: &mut [Rule], faults: &mut Faults) {
    if !rules.iter().any(|rule| matches!(rule.work, Some(Work::Ask(_)))) {
        return;
    }
    let numbers: BTreeMap<String, u32> =
        (0..).zip(rules.iter()).map(|(number, rule)| (rule.name.clone(), number)).collect();
    let unfit: Vec<Option<(&str, &str)>> = rules.iter().map(unfit).collect();
    for rule in rules {
        let Some(Work::Ask(ask)) = &mut rule.work else { continue };
        for wanted in &mut ask.tools {
            match numbers.get(&wanted.rule) {
                None => {
                    let message = format!("no rule is called `{}`", wanted.rule);
                    let advice = did_you_mean(&wanted.rule, numbers.keys().map(String::as_str));
                    faults.push(Fault { advice, ..wanted.place.fault(message) });
                }
                Some(number) => {
                    wanted.number = *number;
                    if let Some((what, advice)) = unfit[*number as usize] {
                        let message = format!("the rule `{}` is no tool: {what}", wanted.rule);
                        faults.push(wanted.place.fault(message).advise(advice));
                    }
                }
            }
        }
    }
}

/// Why a rule cannot be a tool, and what to do.
fn unfit(rule: &Rule) -> Option<(&'static str, &'static str)> {
    if rule.about.is_none() {
        return Some(("it has no `about`", "say in `about` what it does, for the model"));
    }
    if matches!(rule.work, Some(Work::Ask(_) | Work::Forward(_))) {
        return Some((
            "it hands over by itself",
            "a tool is a `call`, a `reply`, a `push` or a `set`",
        ));
    }
    if rule.confirm.is_some() {
        return Some(("it asks back", "let the user say it, or take its `confirm` away"));
    }
    if rule.mends {
        return Some((
            "it makes a page to mend words",
            "a tool is a `call`, a `reply`, a `push` or a `set`",
        ));
    }
    None
}

/// What has been done so far for the assistant of a rule.
#[derive(Default)]
struct Done {
    /// What the rules said to it.
    said: Vec<String>,
    outcome: Outcome,
}

impl Run {
    /// Asks the assistant of `rule`, and has done what it wants done.
    pub(super) async fn talk(
        &self,
        rule: &Rule,
        ask: &Ask,
        holes: Vec<(String, String)>,
    ) -> Result<Outcome, HandlerError> {
        let scope = self.scope(holes, None);
        let question = match &ask.prompt {
            None => text_of(&self.inbound).to_owned(),
            Some(prompt) => self
                .render(prompt, &scope)
                .map_err(|error| fail(rule, "its `prompt` failed", error))?,
        };
        let (rules, tools) = self.tools(ask);
        let asker = Asker {
            account: &self.context.account,
            user: self.inbound.from(),
            now: self.context.now,
            day: scope.day(),
            progress: &self.context.progress,
        };
        let begun = self.world.assistants.begin(&ask.assistant, asker, question, &tools);
        let mut talk = match begun {
            Err(AssistantError::OverBudget(said)) => return Ok(self.says(rule, said)),
            begun => begun.map_err(|error| fail(rule, "its assistant gave no answer", error))?,
        };
        let mut done = Done::default();
        let said = loop {
            match talk.step().await {
                Ok(Step::Said(said)) => break said,
                Ok(Step::Calls(calls)) => {
                    for call in calls {
                        let result = self.call_tool(&rules, &call, &mut done).await;
                        talk.told(&call, &result);
                    }
                }
                Err(error) => {
                    let error = fail(rule, "its assistant gave no answer", error);
                    if done.said.is_empty() {
                        return Err(error);
                    }
                    // What was done is not undone, so what it said is said.
                    tracing::warn!(rule = rule.name, "{error}; its tools were called before");
                    break done.said.join("\n");
                }
            }
        };
        tracing::debug!(rule = rule.name, tokens = talk.used(), "an assistant answered");
        self.set(rule, &scope)?;
        let mut outcome = self.says(rule, said);
        outcome.notifications = done.outcome.notifications;
        outcome.notifications.extend(self.push(rule, &scope)?);
        Ok(outcome)
    }

    /// Markdown, as the platform shows it.
    fn says(&self, rule: &Rule, markdown: String) -> Outcome {
        let text = match self.context.platform {
            Platform::WecomBot => markdown,
            _ => channels::plain(&markdown),
        };
        Outcome::reply(text, rule.name.as_str())
    }

    /// The rules that the sender may have done, and how the model sees them.
    fn tools(&self, ask: &Ask) -> (Vec<u32>, Vec<Tool>) {
        let asked = condition::Asked::of(&self.inbound);
        let rules = &self.world.rules;
        let may = |wanted: &&Wanted| {
            let rule = rules.rule(wanted.number);
            let is_here =
                |names: &Vec<String>| names.iter().any(|it| **it == *self.context.account);
            rule.accounts.as_ref().is_none_or(is_here) && rule.condition.is_from(&asked)
        };
        let tool = |wanted: &Wanted| {
            let rule = rules.rule(wanted.number);
            let tool = Tool {
                name: function_name(&rule.name, wanted.number),
                about: rule.about.clone().unwrap_or_default(),
                parameters: rule.holes.clone(),
            };
            (wanted.number, tool)
        };
        ask.tools.iter().filter(may).map(tool).unzip()
    }

    /// What the model is told of a call.
    async fn call_tool(&self, rules: &[u32], call: &ToolCall, done: &mut Done) -> String {
        let (rule, holes) = match &call.wanted {
            Err(what) => return format!("error: {what}"),
            Ok((place, holes)) => (self.world.rules.rule(rules[*place]), holes.clone()),
        };
        if !self.is_when(rule, &holes) {
            return "error: not allowed at this time".to_owned();
        }
        let outcome = match self.is_denied(rule) {
            true => self.deny(rule, holes),
            false => self.do_work(rule, holes).await,
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::warn!(rule = rule.name, "an assistant's tool failed: {error}");
                return "error: it failed".to_owned();
            }
        };
        done.outcome.notifications.extend(outcome.notifications);
        let said = match outcome.reply {
            Reply::Text(text) if !text.is_empty() => text,
            _ => "done".to_owned(),
        };
        done.said.push(said.clone());
        mend::cut(&said, LONGEST_RESULT).to_owned()
    }
}

/// What the model calls a rule: its own name where that is one for functions.
fn function_name(rule: &str, number: u32) -> String {
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"_-".contains(&it);
    match (1..=64).contains(&rule.len()) && rule.bytes().all(is_plain) {
        true => rule.to_owned(),
        false => format!("rule_{number}"),
    }
}

/// Reads `about`: what a rule does, for a model that may have it done.
pub(super) fn read_about(reader: &Reader<'_>) -> Option<String> {
    let table = &reader.table;
    let about = table.has("about").then(|| table.filled_text("about"))??;
    Some(about.value.trim().to_owned())
}

/// What fits together with `ask`.
pub(super) fn check(reader: &Reader<'_>) {
    let table = &reader.table;
    if !table.has("ask") {
        return;
    }
    for key in ["reply", "call", "forward", "mend"].into_iter().filter(|key| table.has(key)) {
        let message = format!("`{key}` beside `ask`: the assistant answers");
        table.fault(key, message, None);
    }
}
