//! A table of the config that is kept, for a part of the program that config does not know: the
//! kinds of channels read theirs so.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::mem;
use std::path::PathBuf;

use super::account::is_name;
use super::defaults;
use super::environment;
use super::fault::Faults;
use super::secret::Origin;
use super::secret::Secret;
use super::secret::WebhookSecret;
use super::settings::Setting;
use super::table::Table;
use super::tree::Entry;
use super::tree::Place;
use super::tree::Value;

/// A table, where it was written, and the environment variables that it names.
#[derive(Clone)]
pub struct Sheet {
    place: Place,
    entries: Vec<Entry>,
    folder: PathBuf,
    variables: BTreeMap<String, String>,
}

impl fmt::Debug for Sheet {
    /// Not its values: some are secret, and only who reads it knows which.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.entries.iter().map(|entry| &entry.key);
        write!(out, "Sheet({:?}, ", self.place)?;
        out.debug_list().entries(keys).finish()?;
        out.write_str(")")
    }
}

impl Sheet {
    /// Keeps `table`.
    pub(super) fn of(table: &Table<'_>, origin: Origin<'_>) -> Self {
        let mut names = Vec::new();
        table.entries().iter().for_each(|entry| variables(&entry.node.value, &mut names));
        let found = |name: String| Some((name.clone(), origin.environment.get(&name)?));
        Self {
            place: table.place().clone(),
            entries: table.entries().to_vec(),
            folder: origin.folder.to_owned(),
            variables: names.into_iter().filter_map(found).collect(),
        }
    }

    /// Lets `reader` read it: `settings` tells their defaults, and what kind of value an
    /// environment variable gives. What it notes is added to `faults`.
    pub fn read<T>(
        &self,
        settings: &[Setting],
        faults: &mut Faults,
        reader: impl FnOnce(&Fields<'_>) -> T,
    ) -> T {
        let mut entries = self.entries.clone();
        for setting in settings {
            let given = entries.iter_mut().find(|entry| entry.key == setting.key);
            match given.map(|entry| &mut entry.node) {
                Some(node) => {
                    // Only what comes from the environment has no line.
                    if let (Value::Text(text), (0, 0)) = (&node.value, node.place.position()) {
                        node.value = environment::typed(text, setting.kind);
                    }
                }
                None => entries.extend(defaults::entry_of(setting)),
            }
        }
        let noted = RefCell::new(mem::take(faults));
        let table = Table::over(&entries, &self.place, &noted);
        let origin = Origin { folder: &self.folder, environment: &self.variables };
        let read = reader(&Fields { table, origin });
        *faults = noted.into_inner();
        read
    }
}

/// The names of all `env:NAME` in it.
fn variables(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Text(text) => names.extend(text.strip_prefix("env:").map(str::to_owned)),
        Value::List(list) => list.iter().for_each(|node| variables(&node.value, names)),
        Value::Table(entries) => {
            for entry in entries {
                variables(&entry.node.value, names);
            }
        }
        _ => {}
    }
}

/// The settings of one table, being read. Whatever is wrong is noted, and gives nothing.
pub struct Fields<'s> {
    /// What stands in the table.
    pub table: Table<'s>,
    origin: Origin<'s>,
}

impl Fields<'_> {
    /// A text that is there and not empty; otherwise a fault says so.
    pub fn filled(&self, key: &str) -> Option<String> {
        self.table.filled_text(key).map(|text| text.value.to_owned())
    }

    /// A secret, or none if it is empty. The outer option is empty after a fault.
    pub fn secret(&self, key: &str) -> Option<Option<Secret>> {
        self.origin.secret(&self.table, key).ok()
    }

    /// A secret that must be there.
    pub fn required_secret(&self, key: &str) -> Option<Secret> {
        let secret = self.secret(key)?;
        if secret.is_none() {
            let state = if self.table.has(key) { "empty" } else { "missing" };
            self.table.fault(key, format!("`{key}` is {state}"), None);
        }
        secret
    }

    /// A secret that signs webhooks, or none if it is empty.
    pub fn webhook_secret(&self, key: &str) -> Option<Option<WebhookSecret>> {
        self.origin.webhook_secret(&self.table, key).ok()
    }

    /// A table of names and secrets; empty if it is not there.
    pub fn secrets(&self, key: &str) -> Option<Vec<(String, Secret)>> {
        if !self.table.has(key) {
            return Some(Vec::new());
        }
        let inner = self.table.table(key)?;
        let read = |entry: &Entry| {
            let secret = self.origin.secret(&inner, &entry.key).ok()?;
            Some((entry.key.clone(), secret.unwrap_or_else(|| Secret::new(""))))
        };
        inner.entries().iter().map(read).collect()
    }

    /// The name of a thing that the config calls by name, such as an account.
    pub fn name(&self, key: &str) -> Option<String> {
        let text = self.filled(key)?;
        if !is_name(&text) {
            self.table.value_fault(key, format!("`{key}` cannot be `{text}`"), None);
            return None;
        }
        Some(text)
    }
}
