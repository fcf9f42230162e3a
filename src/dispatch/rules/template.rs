//! Texts with values in them. What needs no engine does without: most replies are fixed, and most
//! others only put a name in.

use std::fmt::Write as _;
use std::sync::Arc;

use minijinja::AutoEscape;
use minijinja::Environment;
use minijinja::UndefinedBehavior;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;

use super::builtin::FILTERS;
use super::builtin::FUNCTIONS;
use super::scan;
use super::scan::Role;
use super::scan::Word;
use super::scope::NAMES;
use super::scope::SOMETIMES;
use super::scope::Scope;
use super::scope::is_text;
use crate::config::fault::did_you_mean;

/// Steps one template may take; a loop over a few hundred items fits.
const FUEL: u64 = 20_000;

/// How deep macros and includes may nest.
const DEPTH: usize = 64;

/// The largest text a template may make, in bytes; WeChat takes far less.
const LARGEST_OUTPUT: usize = 1 << 20;

/// The end of the engine's name of a template whose values are percent-encoded.
const FOR_URLS: &str = "%";

/// What is done to every value that a template puts in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Escape {
    /// Nothing.
    None,
    /// Percent-encoding, so that a value stays one part of a URL.
    Url,
}

/// A template, read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Template {
    /// A text without values.
    Fixed(String),
    /// Texts and names in turn.
    Joined(Vec<Part>, Escape),
    /// Rendered by the engine, which knows it by this name.
    Engine(String),
}

/// A piece of [`Template::Joined`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Part {
    Literal(String),
    Name(String),
}

/// What is wrong in a template, and at which byte of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct TemplateFault {
    pub(super) at: usize,
    pub(super) message: String,
    pub(super) advice: Option<String>,
}

/// What a template may name beside the names that are always there.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    /// Holes and named groups.
    pub(super) holes: Vec<String>,
    /// Whether there is a `call`.
    pub(super) has_call: bool,
    /// Whether there is a `mend`.
    pub(super) has_mend: bool,
    /// Whether any name may be a hole.
    pub(super) is_open: bool,
}

/// Why a template gave no text. Carries nothing of the message: only what the engine calls it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("a template failed: {0}")]
pub(super) struct RenderError(String);

impl RenderError {
    /// A reason of our own; it must not carry what a user wrote.
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// All templates of a set of rules.
#[derive(Debug)]
pub(super) struct Engine {
    environment: Environment<'static>,
    count: usize,
}

impl Engine {
    pub(super) fn new() -> Self {
        let mut environment = Environment::new();
        environment.remove_global("debug");
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        // The one line feed that is dropped at the end is dropped by us, with an engine or without.
        if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
            environment.set_syntax(syntax);
        }
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(DEPTH);
        environment.set_auto_escape_callback(|name| match name.ends_with(FOR_URLS) {
            true => AutoEscape::Custom("url".into()),
            false => AutoEscape::None,
        });
        environment.set_formatter(|out, state, value| {
            let is_url = matches!(state.auto_escape(), AutoEscape::Custom(_));
            if value.is_none() || value.is_undefined() {
                return Ok(());
            }
            let written = match is_url && !value.is_safe() {
                true => out.write_str(&percent_encoded(&value.to_string())),
                false => write!(out, "{value}"),
            };
            written.map_err(minijinja::Error::from)
        });
        Self { environment, count: 0 }
    }

    /// Reads a template. One line feed at its end is dropped: it comes from TOML's `'''`.
    pub(super) fn read(
        &mut self,
        source: &str,
        escape: Escape,
        reach: &Reach,
    ) -> Result<Template, Vec<TemplateFault>> {
        let source = source.strip_suffix('\n').unwrap_or(source);
        let source = source.strip_suffix('\r').unwrap_or(source);
        if !["{{", "{%", "{#"].iter().any(|tag| source.contains(tag)) {
            return Ok(Template::Fixed(source.to_owned()));
        }
        if let Some(parts) = join(source, reach) {
            return Ok(Template::Joined(parts, escape));
        }
        let suffix = if escape == Escape::Url { FOR_URLS } else { "" };
        let name = self.add(suffix, source, 0)?;
        self.check(&name, &scan::words_of_template(source), reach)?;
        Ok(Template::Engine(name))
    }

    /// Reads an expression that holds or does not, with or without `{{ }}` around it.
    pub(super) fn read_condition(
        &mut self,
        source: &str,
        reach: &Reach,
    ) -> Result<Template, Vec<TemplateFault>> {
        let trimmed = source.trim();
        let bare = trimmed.strip_prefix("{{").and_then(|it| it.strip_suffix("}}"));
        let bare = bare.unwrap_or(trimmed).trim();
        let offset = source.find(bare).unwrap_or(0);
        let shift = |mut fault: TemplateFault| {
            fault.at += offset;
            fault
        };
        let shifted = |faults: Vec<_>| faults.into_iter().map(shift).collect::<Vec<_>>();
        if let Err(error) = self.environment.compile_expression(bare) {
            return Err(vec![shift(explain(&error, 0))]);
        }
        let before = "{% if ";
        let wrapped = format!("{before}{bare} %}}1{{% endif %}}");
        let name = self.add("", &wrapped, before.len()).map_err(shifted)?;
        let words = scan::words_of_expression(bare);
        self.check(&name, &words, reach).map_err(shifted)?;
        Ok(Template::Engine(name))
    }

    fn add(
        &mut self,
        suffix: &str,
        source: &str,
        before: usize,
    ) -> Result<String, Vec<TemplateFault>> {
        self.count += 1;
        let name = format!("{}{suffix}", self.count);
        self.environment.set_debug(true);
        let added = self.environment.add_template_owned(name.clone(), source.to_owned());
        self.environment.set_debug(false);
        added.map_err(|error| vec![explain(&error, before)])?;
        Ok(name)
    }

    /// Every name, filter and test must exist.
    fn check(
        &self,
        name: &str,
        words: &[Word<'_>],
        reach: &Reach,
    ) -> Result<(), Vec<TemplateFault>> {
        let template = self.environment.get_template(name);
        let needed = template.map(|it| it.undeclared_variables(false)).unwrap_or_default();
        let mut needed: Vec<String> = needed.into_iter().filter(|it| !reach.has(it)).collect();
        needed.sort();
        let place = |text: &str| words.iter().find(|it| it.role == Role::Name && it.text == text);
        let mut faults: Vec<TemplateFault> = needed
            .iter()
            .map(|name| reach.unknown(name, place(name).map_or(0, |word| word.at)))
            .collect();
        faults.extend(words.windows(2).filter_map(unknown_member_of_call));
        faults.extend(words.iter().filter_map(|word| self.unknown_word(*word)));
        faults.sort_by_key(|fault| fault.at);
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn unknown_word(&self, word: Word<'_>) -> Option<TemplateFault> {
        let (what, known) = match word.role {
            Role::Filter => ("filter", &FILTERS[..]),
            Role::Test => ("test", &["defined", "none", "number", "string", "in"][..]),
            Role::Name | Role::Member => return None,
        };
        let question = format!("{{% if '{}' is {what} %}}1{{% endif %}}", word.text);
        let is_known = self.environment.render_str(&question, ()).is_ok_and(|it| it == "1");
        (!is_known).then(|| TemplateFault {
            at: word.at,
            message: format!("unknown {what} `{}`", word.text),
            advice: did_you_mean(word.text, known.iter().copied()),
        })
    }

    /// Puts the values of `scope` into the template.
    pub(super) fn render(
        &self,
        template: &Template,
        scope: &Arc<Scope>,
    ) -> Result<String, RenderError> {
        match template {
            Template::Fixed(text) => Ok(text.clone()),
            Template::Joined(parts, escape) => Ok(joined(parts, *escape, scope)),
            Template::Engine(name) => {
                let failed = |error: minijinja::Error| RenderError(error.kind().to_string());
                let template = self.environment.get_template(name).map_err(failed)?;
                let values = Value::from_dyn_object(Arc::clone(scope));
                let text = template.render(values).map_err(failed)?;
                match text.len() <= LARGEST_OUTPUT {
                    true => Ok(text),
                    false => Err(RenderError("its text is larger than 1 MiB".to_owned())),
                }
            }
        }
    }

    /// Whether a condition holds.
    pub(super) fn holds(
        &self,
        condition: &Template,
        scope: &Arc<Scope>,
    ) -> Result<bool, RenderError> {
        self.render(condition, scope).map(|text| !text.is_empty())
    }
}

impl Reach {
    fn has(&self, name: &str) -> bool {
        self.is_open
            || (name == "call" && self.has_call)
            || (name == "mend" && self.has_mend)
            || FUNCTIONS.contains(&name)
            || (!SOMETIMES.contains(&name) && NAMES.contains(&name))
            || self.holes.iter().any(|hole| hole == name)
    }

    fn unknown(&self, name: &str, at: usize) -> TemplateFault {
        if name == "call" {
            let message = "there is no `call` here".to_owned();
            let advice = "only a rule with a `call` has its result, and only after it".to_owned();
            return TemplateFault { at, message, advice: Some(advice) };
        }
        if name == "mend" {
            let message = "there is no `mend` here".to_owned();
            let advice =
                "only the `reply` and `push` of a rule with `mend = true` have it".to_owned();
            return TemplateFault { at, message, advice: Some(advice) };
        }
        let holes = self.holes.iter().map(String::as_str);
        let all: Vec<&str> = holes.chain(NAMES).filter(|it| self.has(it)).collect();
        let in_reach = || format!("in reach are `{}`", all.join("`, `"));
        TemplateFault {
            at,
            message: format!("unknown name `{name}`"),
            advice: did_you_mean(name, all.iter().copied()).or_else(|| Some(in_reach())),
        }
    }
}

fn unknown_member_of_call(pair: &[Word<'_>]) -> Option<TemplateFault> {
    const MEMBERS: [&str; 3] = ["status", "json", "text"];
    let [call, member] = pair else { return None };
    let is_one = call.text == "call"
        && call.role == Role::Name
        && member.role == Role::Member
        && member.at == call.at + "call.".len();
    (is_one && !MEMBERS.contains(&member.text)).then(|| TemplateFault {
        at: member.at,
        message: format!("unknown name `call.{}`", member.text),
        advice: did_you_mean(member.text, MEMBERS)
            .or_else(|| Some("a call has `status`, `json` and `text`".to_owned())),
    })
}

fn explain(error: &minijinja::Error, before: usize) -> TemplateFault {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let at = error.range().map_or(0, |range| range.start);
    let message = format!("the template is broken: {what}");
    TemplateFault { at: at.saturating_sub(before), message, advice: None }
}

/// The pieces of a template that only puts in names whose values are texts.
fn join(source: &str, reach: &Reach) -> Option<Vec<Part>> {
    if source.contains("{%") || source.contains("{#") {
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = source;
    while let Some((literal, tail)) = rest.split_once("{{") {
        let (name, tail) = tail.split_once("}}")?;
        let name = name.trim();
        if !(is_text(name) || reach.holes.iter().any(|hole| hole == name)) {
            return None;
        }
        parts.extend((!literal.is_empty()).then(|| Part::Literal(literal.to_owned())));
        parts.push(Part::Name(name.to_owned()));
        rest = tail;
    }
    parts.extend((!rest.is_empty()).then(|| Part::Literal(rest.to_owned())));
    Some(parts)
}

fn joined(parts: &[Part], escape: Escape, scope: &Scope) -> String {
    let mut out = String::with_capacity(64);
    for part in parts {
        match part {
            Part::Literal(text) => out.push_str(text),
            Part::Name(name) => {
                let value = scope.text(name).unwrap_or_default();
                match escape {
                    Escape::None => out.push_str(value),
                    Escape::Url => out.push_str(&percent_encoded(value)),
                }
            }
        }
    }
    out
}

/// Leaves letters, digits and `-._~`, and writes every other byte as `%XX`.
pub(super) fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => write!(out, "%{byte:02X}").expect("a String takes everything"),
        }
    }
    out
}
