//! What short messages and calls say: the values of an approved template's variables.

use serde_json::Map;
use serde_json::Value;

use super::answer;
use super::text;
use super::text::Limit;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::config::sheet::Fields;
use crate::notification::Failure;
use crate::notification::Format;
use crate::notification::Notification;

/// What `variables` is, for templates whose variables have numbers.
pub(super) const IN_ORDER: &str =
    "What the template's variables hold, in order: title, body, or 'a text'.";

/// What `variables` is, for templates whose variables have names.
pub(super) const BY_NAME: &str =
    "What the template's variables hold: name=title, name=body, or name='a text'.";

/// How much of a variable is sent.
pub(super) const LENGTH: Setting = Setting::with(
    "length",
    Kind::Integer(0, 500),
    "0",
    "Cuts each variable to so many characters, where the service allows no more; 0: as it is.",
);

/// The same for what is read aloud: 350 characters at most, the template's own among them.
/// Source: Tencent Cloud, document 1128/51534, "SendTtsVoice".
pub(super) const SPOKEN_LENGTH: Setting = Setting::with(
    "length",
    Kind::Integer(0, 350),
    "200",
    "Cuts each variable to so many characters: a call says 350 in all; 0: as it is.",
);

/// What the variables of a template hold. They are single lines.
pub(super) struct Variables {
    each: Vec<(String, Part)>,
    length: usize,
}

/// What one of them holds.
enum Part {
    Title,
    Body,
    Fixed(String),
}

impl Part {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "title" => Some(Self::Title),
            "body" => Some(Self::Body),
            _ => {
                let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
                Some(Self::Fixed(inner.to_owned()))
            }
        }
    }
}

impl Variables {
    /// Reads `variables` and `length` of a template whose variables have numbers.
    pub(super) fn in_order(fields: &Fields<'_>) -> Option<Self> {
        Self::read(fields, |text| Some((String::new(), Part::parse(text)?)))
    }

    /// The same, where they have names.
    pub(super) fn by_name(fields: &Fields<'_>) -> Option<Self> {
        Self::read(fields, |text| {
            let (name, part) = text.split_once('=')?;
            Some((name.trim().to_owned(), Part::parse(part.trim())?))
        })
    }

    fn read(fields: &Fields<'_>, parse: fn(&str) -> Option<(String, Part)>) -> Option<Self> {
        let texts = fields.table.texts("variables");
        let length = fields.table.integer("length", 0..=500);
        let mut each = Vec::new();
        for text in texts? {
            let Some(variable) = parse(text.value) else {
                let advice = "`yizhan channels` shows how it is written".to_owned();
                let message = format!("`variables` cannot hold `{}`", text.value);
                fields.table.fault_at(text.place, message, Some(advice));
                return None;
            };
            each.push(variable);
        }
        Some(Self { each, length: usize::try_from(length?).unwrap_or(0) })
    }

    /// The values in order: those that the notification brings itself, or else what the channel
    /// puts there.
    pub(super) fn list(&self, notification: &Notification) -> Result<Vec<String>, Failure> {
        match &notification.native {
            None => Ok(self.values(notification).map(|(_, value)| value).collect()),
            Some(Value::Array(values)) => Ok(values.iter().map(word).collect()),
            Some(_) => Err(unusable("a list of the template's values")),
        }
    }

    /// The values by name.
    pub(super) fn object(&self, notification: &Notification) -> Result<String, Failure> {
        let object = match &notification.native {
            None => {
                let values = self.values(notification);
                let values: Map<String, Value> =
                    values.map(|(name, value)| (name.to_owned(), value.into())).collect();
                Value::Object(values)
            }
            Some(values @ Value::Object(_)) => values.clone(),
            Some(_) => return Err(unusable("an object of the template's values by name")),
        };
        Ok(object.to_string())
    }

    fn values(&self, notification: &Notification) -> impl Iterator<Item = (&str, String)> {
        self.each.iter().map(|(name, part)| {
            let value = match part {
                Part::Title => text::title(notification),
                Part::Body => {
                    let body = &notification.body;
                    text::line(&text::shown(body, notification.format, Format::Text))
                }
                Part::Fixed(text) => text.clone(),
            };
            let value = match self.length {
                0 => value,
                most => text::cut(&value, Format::Text, Limit::Chars(most)).text,
            };
            (name.as_str(), value)
        })
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn unusable(wanted: &str) -> Failure {
    let advice = format!("Give {wanted} in `native`, or none.");
    answer::unfit("channel.native", "`native` is of another shape", &advice)
}
