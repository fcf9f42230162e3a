//! The process environment, and how it overrides the file.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::fault::Faults;
use super::fault::did_you_mean;
use super::fault::nearest;
use super::settings;
use super::settings::Kind;
use super::settings::SECTIONS;
use super::settings::Section;
use super::table::Document;
use super::tree::Entry;
use super::tree::Node;
use super::tree::Place;
use super::tree::Value;

/// What every variable of ours begins with.
const PREFIX: &str = "YIZHAN_";

/// The variables a process was started with.
pub trait Environment {
    /// The value of `name`.
    fn get(&self, name: &str) -> Option<String>;

    /// Every variable whose name begins with `prefix`, by name.
    fn starting_with(&self, prefix: &str) -> BTreeMap<String, String>;
}

/// The environment of this process. What is not UTF-8 is not there.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEnvironment;

impl Environment for SystemEnvironment {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn starting_with(&self, prefix: &str) -> BTreeMap<String, String> {
        let texts = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        texts.filter(|(name, _)| name.starts_with(prefix)).collect()
    }
}

impl Environment for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<String> {
        Self::get(self, name).cloned()
    }

    fn starting_with(&self, prefix: &str) -> BTreeMap<String, String> {
        let ours = self.iter().filter(|(name, _)| name.starts_with(prefix));
        ours.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// Puts the values of `YIZHAN_SECTION__KEY` and `YIZHAN_SECTION__NAME__KEY` over those of the
/// file. A name is written in capitals with `_` for anything but letters and digits, so
/// `my-shop` is `MY_SHOP`. Empty variables count as not set; those without `__` are not ours.
pub(super) fn apply(document: &mut Document, environment: &dyn Environment, faults: &mut Faults) {
    for (variable, value) in environment.starting_with(PREFIX) {
        let Some((section, path)) = variable[PREFIX.len()..].split_once("__") else {
            continue;
        };
        if value.is_empty() {
            continue;
        }
        let place = Place::start_of(&variable, "");
        if let Err(fault) = set(document, section, path, &value, &place) {
            faults.push(fault);
        }
    }
    port(document, environment);
}

/// Cloud Run and its like say in `PORT` where to listen.
fn port(document: &mut Document, environment: &dyn Environment) {
    let Some(port) = environment.get("PORT").filter(|port| !port.is_empty()) else {
        return;
    };
    let place = Place::start_of("PORT", "");
    let server = section_entries(document, &settings::SERVER, &place);
    let is_missing = |server: &&mut Vec<Entry>| server.iter().all(|it| it.key != "listen");
    if let Some(server) = server.filter(is_missing) {
        put(server, "listen", Value::Text(format!("0.0.0.0:{port}")), &place);
    }
}

fn set(
    document: &mut Document,
    section: &str,
    path: &str,
    value: &str,
    place: &Place,
) -> Result<(), Fault> {
    let sections = SECTIONS.iter().map(|it| it.name);
    let Some(section) = settings::section(&section.to_lowercase()) else {
        let near = nearest(&section.to_lowercase(), sections);
        let advice = near.map(|it| format!("did you mean `{PREFIX}{}__…`?", capitals(it)));
        let message = format!("there is no section `{}`", section.to_lowercase());
        return Err(Fault { advice, ..place.fault(message) });
    };
    let (name, key) = match section.is_many {
        false => (None, path),
        true => match path.rsplit_once("__") {
            Some((name, key)) => (Some(name), key),
            None => {
                let form = format!("{PREFIX}{}__NAME__KEY", capitals(section.name));
                return Err(place
                    .fault("no name in the variable")
                    .advise(format!("write `{form}`")));
            }
        },
    };
    let key = key.to_lowercase();
    let known = section.settings.iter().find(|setting| setting.key == key);
    if known.is_none() && !section.is_open {
        let advice = did_you_mean(&key, section.keys());
        let message = format!("unknown key `{key}` in `{}`", section.head());
        return Err(Fault { advice, ..place.fault(message) });
    }
    let entries = match name {
        None => section_entries(document, section, place),
        Some(name) => Some(named_entries(document, section, name, place)?),
    };
    if let Some(entries) = entries {
        put(entries, &key, typed(value, known.map_or(Kind::Text, |it| it.kind)), place);
    }
    Ok(())
}

/// The entries of `[section]`, which is added where the file has none. None where the file has
/// something else under that name, which its reader reports.
fn section_entries<'d>(
    document: &'d mut Document,
    section: &Section,
    place: &Place,
) -> Option<&'d mut Vec<Entry>> {
    let entries = document.entries_mut();
    if entries.iter().all(|entry| entry.key != section.name) {
        put(entries, section.name, Value::Table(Vec::new()), place);
    }
    let entry = entries.iter_mut().find(|entry| entry.key == section.name)?;
    match &mut entry.node.value {
        Value::Table(entries) => Some(entries),
        _ => None,
    }
}

/// The entries of the one `[[section]]` that is called `name` in capitals.
fn named_entries<'d>(
    document: &'d mut Document,
    section: &Section,
    name: &str,
    place: &Place,
) -> Result<&'d mut Vec<Entry>, Fault> {
    let mut tables: Vec<(String, &mut Vec<Entry>)> = document
        .entries_mut()
        .iter_mut()
        .filter(|entry| entry.key == section.name)
        .flat_map(|entry| match &mut entry.node.value {
            Value::List(list) => list.as_mut_slice(),
            _ => &mut [],
        })
        .filter_map(|node| match &mut node.value {
            Value::Table(entries) => Some((name_of(entries)?, entries)),
            _ => None,
        })
        .collect();
    let names: Vec<String> = tables.iter().map(|(name, _)| capitals(name)).collect();
    let matching = names.iter().filter(|it| *it == name).count();
    let at = match names.iter().position(|it| it == name) {
        Some(at) if matching == 1 => at,
        Some(_) => return Err(place.fault(format!("`{name}` is the name of {matching} sections"))),
        None => {
            let near = did_you_mean(name, names.iter().map(String::as_str));
            let rest = || format!("a `{}` has to be in the file first", section.head());
            let message = format!("no `{}` is called `{name}`", section.head());
            return Err(place.fault(message).advise(near.unwrap_or_else(rest)));
        }
    };
    Ok(tables.swap_remove(at).1)
}

fn name_of(entries: &[Entry]) -> Option<String> {
    let name = entries.iter().find(|entry| entry.key == "name")?;
    match &name.node.value {
        Value::Text(name) => Some(name.clone()),
        _ => None,
    }
}

/// `my-shop` → `MY_SHOP`.
fn capitals(name: &str) -> String {
    let capital = |letter: char| match letter.is_ascii_alphanumeric() {
        true => letter.to_ascii_uppercase(),
        false => '_',
    };
    name.chars().map(capital).collect()
}

pub(super) fn put(entries: &mut Vec<Entry>, key: &str, value: Value, place: &Place) {
    entries.retain(|entry| entry.key != key);
    let node = Node { place: place.clone(), value };
    entries.push(Entry { key: key.to_owned(), place: place.clone(), node });
}

/// A variable is text; what the setting holds says how to read it. Lists are separated by commas.
/// What cannot be read so stays text, and the reader of the setting says what is wrong with it.
pub(super) fn typed(value: &str, kind: Kind) -> Value {
    match kind {
        Kind::Boolean if value == "true" || value == "false" => Value::Boolean(value == "true"),
        Kind::Integer(..) => {
            value.trim().parse().map_or_else(|_| Value::Text(value.to_owned()), Value::Integer)
        }
        Kind::Texts | Kind::Numbers | Kind::Words(_) => {
            let place = Place::start_of("", "");
            let texts = value.split(',').map(|text| Value::Text(text.trim().to_owned()));
            Value::List(texts.map(|value| Node { place: place.clone(), value }).collect())
        }
        _ => Value::Text(value.to_owned()),
    }
}
