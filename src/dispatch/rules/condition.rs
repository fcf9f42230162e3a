//! For which messages a rule is: account, type, text, key, user.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::index::Clue;
use super::pattern;
use super::pattern::Pattern;
use super::scope::NAMES;
use super::scope::key_of;
use super::subject::Subject;
use super::subject::fold;
use super::words::Words;
use crate::config::fault::did_you_mean;
use crate::config::fault::nearest;
use crate::config::table::Table;
use crate::config::tree::Text;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;
use crate::wechat::inbound::TYPES;

/// The conditions on what was said: a rule has one at most.
const ABOUT: [&str; 5] = ["match", "equals", "contains", "regex", "key"];

/// What must be said.
#[derive(Debug)]
enum About {
    Anything,
    Equals(Vec<String>),
    Contains(Vec<String>),
    Words(Words),
    Regex(Pattern),
    Key(Vec<String>),
}

/// What must have arrived.
#[derive(Debug)]
enum On {
    /// A text, or a voice message whose words were recognised.
    Spoken,
    /// An event.
    Event,
    Any,
    /// One of these types, in small letters.
    Kinds(Vec<String>),
}

/// When a rule is for a message; `when` comes on top.
#[derive(Debug)]
pub(super) struct Condition {
    on: On,
    about: About,
    from: Option<HashSet<String>>,
}

/// What is asked of a message more than once.
#[derive(Debug)]
pub(super) struct Asked<'m> {
    pub(super) inbound: &'m Inbound,
    pub(super) subject: Subject<'m>,
    /// Its type in small letters.
    pub(super) kind: Kind,
}

/// The name of a type in small letters, on the stack if it is not unusually long.
#[derive(Debug)]
pub(super) enum Kind {
    Short([u8; 48], usize),
    Long(String),
}

impl Kind {
    fn of(inbound: &Inbound) -> Self {
        let prefix = match inbound.family() {
            Family::Event | Family::BotEvent => "event:",
            _ => "",
        };
        let name = inbound.name();
        let mut short = [0; 48];
        let length = prefix.len() + name.len();
        match short.get_mut(..length) {
            Some(place) => {
                place[..prefix.len()].copy_from_slice(prefix.as_bytes());
                place[prefix.len()..].copy_from_slice(name.as_bytes());
                place.make_ascii_lowercase();
                Self::Short(short, length)
            }
            None => Self::Long(format!("{prefix}{name}").to_ascii_lowercase()),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Short(bytes, length) => std::str::from_utf8(&bytes[..*length]).unwrap_or(""),
            Self::Long(name) => name,
        }
    }
}

impl<'m> Asked<'m> {
    pub(super) fn of(inbound: &'m Inbound) -> Self {
        Self { inbound, subject: Subject::of(inbound), kind: Kind::of(inbound) }
    }

    /// Whether it is what the default of `on` takes.
    pub(super) fn is_spoken(&self) -> bool {
        match self.kind.as_str() {
            "text" => true,
            "voice" => !self.subject.text().is_empty(),
            _ => false,
        }
    }
}

impl Condition {
    /// Reads the conditions of a rule. The names of its holes come along, unless its pattern is
    /// broken.
    pub(super) fn read(table: &Table<'_>) -> (Self, Option<Vec<String>>) {
        let given: Vec<&str> = ABOUT.into_iter().filter(|key| table.has(key)).collect();
        if let [first, others @ ..] = given.as_slice() {
            for other in others {
                let message = format!("`{other}` beside `{first}`: a rule has one of them");
                let advice = "make it a rule of its own".to_owned();
                table.fault(other, message, Some(advice));
            }
        }
        let about = match given.first() {
            Some(&"match") => read_words(table).map(About::Words),
            Some(&"regex") => pattern::read(table).map(About::Regex),
            Some(&"equals") => read_texts(table, "equals").map(About::Equals),
            Some(&"contains") => read_texts(table, "contains").map(About::Contains),
            Some(&"key") => read_keys(table).map(About::Key),
            _ => None,
        };
        let is_broken = about.is_none() && !given.is_empty();
        let about = about.unwrap_or(About::Anything);
        let holes = match &about {
            About::Words(words) => words.names().map(str::to_owned).collect(),
            About::Regex(regex) => regex.names.clone(),
            _ => Vec::new(),
        };
        let holes = (!is_broken).then_some(holes);
        let default = match given.contains(&"key") {
            true => On::Event,
            false => On::Spoken,
        };
        let on = read_on(table).unwrap_or(default);
        (Self { on, about, from: read_from(table) }, holes)
    }

    /// By what the index finds the rule.
    pub(super) fn clue(&self) -> Clue {
        let parts = match &self.about {
            About::Equals(texts) => return Clue::Text(texts.clone()),
            About::Key(keys) => return Clue::Key(keys.clone()),
            About::Contains(texts) => vec![texts.clone()],
            About::Words(words) => words.literals().map(|it| vec![it.to_owned()]).collect(),
            About::Regex(regex) => regex.required.clone(),
            About::Anything => {
                return match &self.on {
                    On::Spoken => Clue::Spoken,
                    On::Event | On::Any => Clue::Anything,
                    On::Kinds(kinds) => Clue::Type(kinds.clone()),
                };
            }
        };
        if parts.is_empty() { Clue::AnyText } else { Clue::Parts(parts) }
    }

    /// Whether the rule exists for the sender of the message.
    pub(super) fn is_from(&self, asked: &Asked<'_>) -> bool {
        self.from.as_ref().is_none_or(|users| users.contains(asked.inbound.from()))
    }

    /// What the holes took, if the rule is for the message.
    pub(super) fn holds(&self, asked: &Asked<'_>) -> Option<Vec<(String, String)>> {
        let is_on = match &self.on {
            On::Spoken => asked.is_spoken(),
            On::Event => matches!(asked.inbound.family(), Family::Event | Family::BotEvent),
            On::Any => asked.inbound.family() != Family::Probe,
            On::Kinds(kinds) => kinds.iter().any(|kind| kind == asked.kind.as_str()),
        };
        if !is_on || !self.is_from(asked) {
            return None;
        }
        self.about.holds(asked)
    }

    /// What a regex finds in the message, as [`Pattern::matches`] lists it.
    pub(super) fn matches(&self, asked: &Asked<'_>) -> Option<Json> {
        match &self.about {
            About::Regex(regex) => regex.matches(asked.subject.text()),
            _ => None,
        }
    }
}

impl About {
    fn holds(&self, asked: &Asked<'_>) -> Option<Vec<(String, String)>> {
        let subject = &asked.subject;
        let folded = subject.folded();
        let is_said = |holds: bool| (holds && !folded.is_empty()).then(Vec::new);
        match self {
            Self::Anything => Some(Vec::new()),
            Self::Equals(texts) => is_said(texts.iter().any(|text| text == folded)),
            Self::Contains(texts) => is_said(texts.iter().any(|it| folded.contains(it.as_str()))),
            Self::Key(keys) => {
                let key = key_of(asked.inbound);
                (!key.is_empty() && keys.iter().any(|it| it == key)).then(Vec::new)
            }
            Self::Words(words) => {
                let taken = words.find(folded).filter(|_| !folded.is_empty())?;
                let taken = taken.into_iter().map(|range| subject.written(range).to_owned());
                Some(words.names().map(str::to_owned).zip(taken).collect())
            }
            Self::Regex(regex) => regex.holds(subject.text()),
        }
    }
}

fn read_on(table: &Table<'_>) -> Option<On> {
    let given = table.texts("on")?;
    if given.is_empty() {
        table.value_fault("on", "`on` is empty: the rule could never hold", None);
    }
    if given.iter().any(|text| text.value == "any") {
        return Some(On::Any);
    }
    for text in &given {
        warn_of_slip(table, text);
    }
    Some(On::Kinds(given.iter().map(|text| text.value.to_ascii_lowercase()).collect()))
}

/// A type nobody knows may be new; one letter beside a known one it is rather a slip.
fn warn_of_slip(table: &Table<'_>, text: &Text<'_>) {
    let types = TYPES.iter().flat_map(|types| types.iter());
    let known = types.flat_map(|kind| {
        let is_event = matches!(kind.family, Family::Event | Family::BotEvent);
        let prefix = if is_event { "event:" } else { "" };
        kind.names.iter().map(move |name| format!("{prefix}{name}"))
    });
    let mut known: Vec<String> = known.collect();
    known.push("any".to_owned());
    if known.iter().any(|name| name.eq_ignore_ascii_case(text.value)) {
        return;
    }
    let bare = format!("event:{}", text.value);
    let event = known.iter().find(|name| name.eq_ignore_ascii_case(&bare));
    let near = event.map(String::as_str);
    let near = near.or_else(|| nearest(text.value, known.iter().map(String::as_str)));
    if let Some(near) = near {
        let message = format!("no message or event is called `{}`", text.value);
        table.warn("on", message, Some(format!("did you mean `{near}`?")));
    }
}

fn read_from(table: &Table<'_>) -> Option<HashSet<String>> {
    let users = table.texts("from")?;
    if users.is_empty() {
        table.value_fault("from", "`from` is empty: nobody could use the rule", None);
    }
    Some(users.iter().map(|user| user.value.to_owned()).collect())
}

/// The texts of `equals` or `contains`, without case.
fn read_texts(table: &Table<'_>, key: &str) -> Option<Vec<String>> {
    let texts = table.texts(key)?;
    if texts.is_empty() {
        table.value_fault(key, format!("`{key}` is empty: the rule could never hold"), None);
    }
    for text in texts.iter().filter(|text| text.value.trim().is_empty()) {
        table.fault_at(text.place, format!("`{key}` has an empty text"), None);
    }
    Some(texts.iter().map(|text| fold(text.value.trim()).into_owned()).collect())
}

fn read_keys(table: &Table<'_>) -> Option<Vec<String>> {
    let keys = table.texts("key")?;
    if keys.is_empty() {
        table.value_fault("key", "`key` is empty: the rule could never hold", None);
    }
    for key in keys.iter().filter(|key| key.value.is_empty()) {
        table.fault_at(key.place, "`key` has an empty key", None);
    }
    let bare =
        |text: &Text<'_>| text.value.strip_prefix("qrscene_").unwrap_or(text.value).to_owned();
    Some(keys.iter().map(bare).collect())
}

fn read_words(table: &Table<'_>) -> Option<Words> {
    let text = table.text("match")?;
    match Words::parse(text.value) {
        Ok(words) => {
            for name in words.names() {
                let at = text.value.find(&format!("{{{name}}}")).unwrap_or(0);
                check_name(table, &text, name, at);
            }
            Some(words)
        }
        Err(error) => {
            table.fault_at(&text.place_of(error.at), error.message, None);
            None
        }
    }
}

/// A hole or a group may not be called like something that templates know.
pub(super) fn check_name(table: &Table<'_>, text: &Text<'_>, name: &str, at: usize) {
    if NAMES.contains(&name) {
        let message = format!("`{name}` is already the name of something else");
        let advice = Some(format!("call it `{name}_` or better"));
        table.fault_at(&text.place_of(at), message, advice);
    }
}

/// The accounts a rule is bound to; none for all of them.
pub(super) fn read_accounts(table: &Table<'_>, known: &[&str]) -> Option<Vec<String>> {
    let accounts = table.texts("account")?;
    if accounts.is_empty() {
        table.value_fault("account", "`account` is empty: the rule could never hold", None);
    }
    for account in accounts.iter().filter(|account| !known.contains(&account.value)) {
        let advice = did_you_mean(account.value, known.iter().copied());
        table.fault_at(account.place, format!("no account is called `{}`", account.value), advice);
    }
    Some(accounts.iter().map(|account| account.value.to_owned()).collect())
}
