//! The defaults: `deploy/yizhan.default.toml`, compiled in and laid under the owner's file.

use super::fault::Faults;
use super::settings::SECTIONS;
use super::settings::Section;
use super::settings::Setting;
use super::table::Document;
use super::tree::Entry;
use super::tree::Place;
use super::tree::Value;

/// The documented file.
const TEXT: &str = include_str!("../../deploy/yizhan.default.toml");

/// What a default's place is called in messages; no file has this name.
const FILE: &str = "(defaults)";

/// Adds what the owner's file leaves out: whole tables, and single keys of every `[[account]]`.
pub(super) fn lay_under(document: &mut Document) {
    let mut faults = Faults::new();
    let defaults = Document::parse(FILE, TEXT, &mut faults)
        .expect("the compiled-in defaults are TOML, which a test says");
    for section in SECTIONS {
        let Some(given) = defaults.entries().iter().find(|entry| entry.key == section.name) else {
            continue;
        };
        for entries in tables(document.entries_mut(), section, given) {
            fill(entries, template(&given.node.value));
        }
    }
}

/// What holds where `setting` is not given.
pub(super) fn entry_of(setting: &Setting) -> Option<Entry> {
    let text = format!("{} = {}", setting.key, setting.default?);
    let mut faults = Faults::new();
    let document = Document::parse(FILE, &text, &mut faults)
        .expect("a default in the table of settings is TOML, which a test says");
    document.entries().first().cloned()
}

/// Whether something was not written by the owner.
pub(super) fn is_default(place: &Place) -> bool {
    place.file() == FILE
}

/// The owner's tables of one section. A missing `[section]` is taken from the defaults as a
/// whole; a missing `[[section]]` stays missing.
fn tables<'d>(
    entries: &'d mut Vec<Entry>,
    section: &Section,
    given: &Entry,
) -> Vec<&'d mut Vec<Entry>> {
    if !section.is_many && entries.iter().all(|entry| entry.key != section.name) {
        entries.push(given.clone());
    }
    let owned = entries.iter_mut().find(|entry| entry.key == section.name);
    match owned.map(|entry| &mut entry.node.value) {
        Some(Value::Table(entries)) if !section.is_many => vec![entries],
        Some(Value::List(list)) if section.is_many => {
            let values = list.iter_mut().map(|node| &mut node.value);
            values
                .filter_map(|value| match value {
                    Value::Table(entries) => Some(entries),
                    _ => None,
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The entries of `[section]`, or of the one `[[section]]`, in the defaults.
fn template(value: &Value) -> &[Entry] {
    match value {
        Value::Table(entries) => entries,
        Value::List(list) => list.first().map_or(&[], |node| template(&node.value)),
        _ => &[],
    }
}

fn fill(entries: &mut Vec<Entry>, template: &[Entry]) {
    for default in template {
        if entries.iter().all(|entry| entry.key != default.key) {
            entries.push(default.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TEXT;
    use crate::config::schema;

    /// `YIZHAN_UPDATE=1 cargo test defaults` writes the file anew.
    #[test]
    fn the_file_of_defaults_is_what_the_table_of_settings_says() {
        let text = schema::default_file();
        if std::env::var_os("YIZHAN_UPDATE").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/yizhan.default.toml");
            std::fs::write(path, &text).unwrap();
        }
        assert_eq!(TEXT, text);
    }
}
