//! A form that was sent out, as it is kept: what it shows, what can be pressed, and what was decided.

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value as Json;

use crate::config::form;
use crate::page::millis;

/// How long it is kept behind its end, for who looks at what was decided.
const KNOWN: Duration = Duration::from_hours(24 * 30);

/// What stands on the one button of a form that has fields and names no button.
const SUBMIT: &str = "提交";

/// A form that was sent out. Each receiver has a page of their own that leads to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sent {
    /// The form's name in the config.
    pub form: String,
    /// What stands above it.
    pub title: String,
    /// What is shown, as clean HTML.
    pub html: String,
    /// What was handed in; the hook gets it back.
    pub data: Map<String, Json>,
    /// Its buttons.
    pub actions: Vec<Action>,
    /// What can be filled in.
    pub fields: Vec<Field>,
    /// Whether somebody is told what was decided.
    pub has_hook: bool,
    /// When it expires, in milliseconds since 1970.
    pub expires: u64,
    /// The name of the key with which it was handed in.
    pub by: String,
    /// What was decided, once it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// A button.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Action {
    /// What the hook is told.
    pub name: String,
    /// What stands on it.
    pub label: String,
    /// `plain`, `primary` or `danger`.
    pub look: String,
}

/// Something to be filled in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Field {
    /// What the hook is told.
    pub name: String,
    /// What stands above it.
    pub label: String,
    /// `text`, `long`, `choice` or `many`.
    pub input: String,
    /// What can be chosen.
    pub options: Vec<String>,
    /// Whether it must be filled in.
    pub is_required: bool,
}

/// What was decided, by whom and when.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The button's name.
    pub action: String,
    /// What stood on it.
    pub label: String,
    /// How it looked.
    pub look: String,
    /// The receiver whose page it was; empty where only the channel is known.
    pub by: String,
    /// The channel through which the link was sent.
    pub channel: String,
    /// In milliseconds since 1970.
    pub at: u64,
    /// What was filled in.
    pub fields: Vec<Filled>,
}

/// A field that was filled in.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Filled {
    /// The field's name.
    pub name: String,
    /// What stood above it.
    pub label: String,
    /// Nothing, one value, or several.
    pub values: Vec<String>,
    /// Whether it may have several values.
    pub is_many: bool,
}

impl Sent {
    /// The form that the store has.
    pub(super) fn of_json(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// The form as the store takes it: key, value, and how long it is kept from `now`.
    pub fn row(&self, id: &str, now: Duration) -> (String, Option<Vec<u8>>, Duration) {
        let json = serde_json::to_vec(self).expect("a form is always JSON");
        (key(id), Some(json), self.keep(now))
    }

    /// How long it is kept from `now` on.
    pub fn keep(&self, now: Duration) -> Duration {
        Duration::from_millis(self.expires).saturating_sub(now) + KNOWN
    }

    /// Whether its links are good no more.
    pub fn is_expired(&self, now: Duration) -> bool {
        millis(now) >= self.expires
    }

    /// What a program is told of it: `open`, `decided` or `expired`.
    pub fn state(&self, now: Duration) -> &'static str {
        match (&self.decision, self.is_expired(now)) {
            (Some(_), _) => "decided",
            (None, true) => "expired",
            (None, false) => "open",
        }
    }
}

/// The buttons and fields of a form, as they are kept.
pub(super) fn parts(form: &form::Form) -> (Vec<Action>, Vec<Field>) {
    let word = |look| form::Look::ALL.iter().find(|(it, _)| *it == look).map_or("", |it| it.1);
    let action = |name: &str, label: &str, look| Action {
        name: name.to_owned(),
        label: label.to_owned(),
        look: word(look).to_owned(),
    };
    let actions = form.actions.iter().map(|it| action(&it.name, &it.label, it.look));
    let mut actions: Vec<Action> = actions.collect();
    if actions.is_empty() && !form.fields.is_empty() {
        actions.push(action("submit", SUBMIT, form::Look::Primary));
    }
    let word = |input| form::Input::ALL.iter().find(|(it, _)| *it == input).map_or("", |it| it.1);
    let fields = form.fields.iter().map(|field| Field {
        name: field.name.clone(),
        label: field.label.clone(),
        input: word(field.input).to_owned(),
        options: field.options.clone(),
        is_required: field.is_required,
    });
    (actions, fields.collect())
}

/// Where the store has the form with this id.
pub(super) fn key(id: &str) -> String {
    format!("form/{id}")
}

/// Where the store has that it was decided: once, whoever presses.
pub fn decision_key(id: &str) -> String {
    format!("form-decision/{id}")
}

impl Decision {
    /// The values by the names of their fields: a text, or a list where several can be chosen.
    pub fn values(&self) -> Map<String, Json> {
        let value = |field: &Filled| match field.is_many {
            true => Json::from(field.values.clone()),
            false => Json::from(field.values.first().cloned().unwrap_or_default()),
        };
        self.fields.iter().map(|field| (field.name.clone(), value(field))).collect()
    }
}
