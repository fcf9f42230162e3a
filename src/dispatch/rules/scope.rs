//! What templates can name. Each value is made when it is asked for.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::Zoned;
use jiff::tz::TimeZone;
use minijinja::value::Enumerator;
use minijinja::value::Object;
use minijinja::value::Value;

use super::memory::Memory;
use super::subject::text_of;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;
use crate::wechat::wire::Field;
use crate::wechat::wire::Kind;

/// Every name that is always there, and those of [`SOMETIMES`]. A hole cannot be called one of these.
pub(super) const NAMES: [&str; 12] = [
    "msg", "text", "from", "account", "app_id", "event", "key", "call", "mend", "user", "now",
    "hour",
];

/// Those that are there only in a rule that makes them.
pub(super) const SOMETIMES: [&str; 2] = ["call", "mend"];

/// Whether the value called `name` is a text, whatever arrives.
pub(super) fn is_text(name: &str) -> bool {
    matches!(name, "text" | "from" | "account" | "app_id" | "event" | "key")
}

/// The `EventKey`; of somebody who followed by a QR code the code's own, as with later scans.
pub(super) fn key_of(inbound: &Inbound) -> &str {
    let key = inbound.event_key();
    key.strip_prefix("qrscene_").unwrap_or(key)
}

/// The values for one rule and one message.
pub(super) struct Scope {
    pub(super) inbound: Arc<Inbound>,
    pub(super) account: Arc<str>,
    pub(super) app_id: Arc<str>,
    pub(super) now: Duration,
    pub(super) zone: TimeZone,
    /// Holes and named groups with what they took.
    pub(super) holes: Vec<(String, String)>,
    pub(super) memory: Arc<Memory>,
    /// The result of the rule's call, once there is one.
    pub(super) call: Option<Value>,
    /// The link to the page on which the words can be mended, in a rule that makes one.
    pub(super) mend: Option<String>,
}

impl Scope {
    /// The value of a name for which [`is_text`] holds, or of a hole.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match name {
            "text" => Some(text_of(&self.inbound)),
            "from" => Some(self.inbound.from()),
            "account" => Some(&self.account),
            "app_id" => Some(&self.app_id),
            "event" => Some(self.event()),
            "key" => Some(key_of(&self.inbound)),
            hole => self.holes.iter().find(|(name, _)| name == hole).map(|(_, text)| text.as_str()),
        }
    }

    fn event(&self) -> &str {
        match self.inbound.family() {
            Family::Event | Family::BotEvent | Family::Platform => self.inbound.name(),
            _ => "",
        }
    }

    /// The day in the owner's zone, as a number that it has to itself: 20260101.
    pub(super) fn day(&self) -> i64 {
        let date = self.time().date();
        i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())
    }

    fn time(&self) -> Zoned {
        let seconds = i64::try_from(self.now.as_secs()).unwrap_or_default();
        Timestamp::from_second(seconds).unwrap_or_default().to_zoned(self.zone.clone())
    }
}

impl fmt::Debug for Scope {
    /// Not the values: some are what users wrote.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Scope({})", self.account)
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        if let Some(text) = self.text(name) {
            return Some(Value::from(text));
        }
        match name {
            "msg" => Some(Value::from_object(Message(Arc::clone(&self.inbound)))),
            "user" => Some(self.memory.variables(&self.account, self.inbound.from())),
            "now" => Some(Value::from(self.time().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())),
            "hour" => Some(Value::from(i64::from(self.time().hour()))),
            "call" => self.call.clone(),
            "mend" => self.mend.as_deref().map(Value::from),
            _ => None,
        }
    }
}

/// `msg`: the message under WeChat's own names. Every leaf is a text, so that a rule reads XML and
/// JSON alike.
#[derive(Debug)]
struct Message(Arc<Inbound>);

impl Object for Message {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        together(self.0.root().children().filter(|child| child.name() == name))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = members(self.0.root()).into_iter().map(|(name, _)| Value::from(name));
        Enumerator::Values(names.collect())
    }
}

/// The names of the members, each once, with the fields that have it.
fn members(field: Field<'_>) -> Vec<(&str, Vec<Field<'_>>)> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut members: Vec<(&str, Vec<Field<'_>>)> = Vec::new();
    for child in field.children() {
        let place = *places.entry(child.name()).or_insert(members.len());
        match members.get_mut(place) {
            Some((_, fields)) => fields.push(child),
            None => members.push((child.name(), vec![child])),
        }
    }
    members
}

/// The value of fields of one name; a list if there are several.
fn together<'f>(fields: impl IntoIterator<Item = Field<'f>>) -> Option<Value> {
    let mut values: Vec<Value> = fields.into_iter().map(value).collect();
    match values.len() {
        0 | 1 => values.pop(),
        _ => Some(Value::from(values)),
    }
}

fn value(field: Field<'_>) -> Value {
    match field.kind() {
        Kind::Text | Kind::Number | Kind::Bool => Value::from(field.text()),
        Kind::Null => Value::from(()),
        Kind::List => Value::from(field.children().map(value).collect::<Vec<_>>()),
        Kind::Object => {
            let members = members(field).into_iter();
            Value::from_pairs(members.map(|(name, fields)| (name, together(fields))))
        }
    }
}
