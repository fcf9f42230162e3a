//! Reads a TOML document and notes every fault in it, instead of stopping at the first.
//!
//! serde would stop there, and forgets the places of what it merges; so the tables are read by
//! hand, with methods that note what is wrong and go on.

use std::cell::RefCell;
use std::fmt::Display;
use std::mem;
use std::ops::RangeInclusive;
use std::time::Duration;

use toml::de::DeTable;

use crate::config::fault::Fault;
use crate::config::fault::Faults;
use crate::config::fault::did_you_mean;
use crate::config::measure;
use crate::config::tree;
use crate::config::tree::Entry;
use crate::config::tree::Node;
use crate::config::tree::Place;
use crate::config::tree::Text;
use crate::config::tree::Value;

/// The largest file that is read.
pub const LARGEST_FILE: usize = 16 << 20;

/// A TOML file that was read well.
#[derive(Debug)]
pub struct Document {
    place: Place,
    entries: Vec<Entry>,
}

impl Document {
    /// Reads `text`, which was in `file`. With faults of grammar, it notes them all and gives
    /// nothing, because what is left of such a file would only make up more faults.
    pub fn parse(file: &str, text: &str, faults: &mut Faults) -> Option<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() > LARGEST_FILE {
            faults.push(Fault::of(file, "larger than 16 MiB"));
            return None;
        }
        let place = Place::start_of(file, text);
        let (table, errors) = DeTable::parse_recoverable(text);
        note_grammar(&errors, &place, faults);
        let table = if errors.is_empty() { table.into_inner() } else { return None };
        Some(Self { entries: tree::entries(table, &place), place })
    }

    /// Lets `reader` read it; what it notes is added to `faults`.
    pub fn read<T>(&self, faults: &mut Faults, reader: impl FnOnce(Table<'_>) -> T) -> T {
        let noted = RefCell::new(mem::take(faults));
        let read = reader(Table { entries: &self.entries, place: &self.place, noted: &noted });
        *faults = noted.into_inner();
        read
    }

    pub(in crate::config) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(in crate::config) fn entries_mut(&mut self) -> &mut Vec<Entry> {
        &mut self.entries
    }
}

/// One table of a document. Every method notes what it does not like and goes on.
#[derive(Clone, Copy, Debug)]
pub struct Table<'d> {
    entries: &'d [Entry],
    place: &'d Place,
    noted: &'d RefCell<Faults>,
}

impl<'d> Table<'d> {
    /// These entries as a table that begins at `place`.
    pub(in crate::config) fn over(
        entries: &'d [Entry],
        place: &'d Place,
        noted: &'d RefCell<Faults>,
    ) -> Self {
        Self { entries, place, noted }
    }

    /// Where it begins.
    pub fn place(&self) -> &'d Place {
        self.place
    }

    /// Its keys with their values, in the order they were written.
    pub fn entries(&self) -> &'d [Entry] {
        self.entries
    }

    /// Whether `key` is there.
    pub fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Where `key` was written; where the table begins when it was not.
    pub fn place_of(&self, key: &str) -> &'d Place {
        self.entry(key).map_or(self.place, |entry| &entry.place)
    }

    /// Line and character of `key`, from 1; of the table when the key is missing.
    pub fn position_of(&self, key: &str) -> (usize, usize) {
        self.place_of(key).position()
    }

    /// Whatever `key` holds.
    pub fn value(&self, key: &str) -> Option<&'d Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// A string.
    pub fn text(&self, key: &str) -> Option<Text<'d>> {
        let node = self.value(key)?;
        let text = text_of(node);
        if text.is_none() {
            self.wrong_kind(key, "a string", node);
        }
        text
    }

    /// A string that must be there.
    pub fn required_text(&self, key: &str) -> Option<Text<'d>> {
        if !self.has(key) {
            self.fault_at(self.place, format!("`{key}` is missing"), None);
        }
        self.text(key)
    }

    /// A string that must be there and not be empty.
    pub fn filled_text(&self, key: &str) -> Option<Text<'d>> {
        let text = self.required_text(key)?;
        if text.value.is_empty() {
            self.fault(key, format!("`{key}` is empty"), None);
            return None;
        }
        Some(text)
    }

    /// A string, or a list of strings. None where the key is missing or any of it is wrong.
    pub fn texts(&self, key: &str) -> Option<Vec<Text<'d>>> {
        let list = listed(self.value(key)?);
        let texts: Vec<_> = list.iter().filter_map(text_of).collect();
        if texts.len() == list.len() {
            return Some(texts);
        }
        for foreign in list.iter().filter(|it| text_of(it).is_none()) {
            self.wrong_kind(key, "a string or a list of strings", foreign);
        }
        None
    }

    /// A number or a list of numbers, in quotes or not: what services call their things. None where
    /// the key is missing or any of it is wrong.
    pub fn numbers(&self, key: &str) -> Option<Vec<u64>> {
        let list = listed(self.value(key)?);
        let numbers: Vec<u64> = list.iter().filter_map(number_of).collect();
        if numbers.len() == list.len() {
            return Some(numbers);
        }
        for foreign in list.iter().filter(|it| number_of(it).is_none()) {
            let message = format!("`{key}` must be a number or a list of numbers");
            self.fault_at(&foreign.place, message, None);
        }
        None
    }

    /// An integer within `range`.
    pub fn integer(&self, key: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let node = self.value(key)?;
        let Value::Integer(number) = node.value else {
            self.wrong_kind(key, "an integer", node);
            return None;
        };
        if !range.contains(&number) {
            let (least, most) = (range.start(), range.end());
            let message = format!("`{key}` is {number}; it must be {least} to {most}");
            self.fault_at(&node.place, message, None);
            return None;
        }
        Some(number)
    }

    /// `true` or `false`.
    pub fn boolean(&self, key: &str) -> Option<bool> {
        let node = self.value(key)?;
        let Value::Boolean(yes) = node.value else {
            self.wrong_kind(key, "`true` or `false`", node);
            return None;
        };
        Some(yes)
    }

    /// A duration such as `"4.5s"`, `"10m"` or `"0"`.
    pub fn duration(&self, key: &str) -> Option<Duration> {
        let node = self.value(key)?;
        let duration = match &node.value {
            Value::Text(text) => measure::duration(text),
            Value::Integer(0) => Some(Duration::ZERO),
            _ => None,
        };
        if duration.is_none() {
            let message = format!("`{key}` is no duration");
            self.fault_at(&node.place, message, Some(measure::DURATION_ADVICE.to_owned()));
        }
        duration
    }

    /// A size such as `"1MiB"`, or a number of bytes.
    pub fn size(&self, key: &str) -> Option<u64> {
        let node = self.value(key)?;
        let size = match &node.value {
            Value::Text(text) => measure::size(text),
            Value::Integer(bytes) => u64::try_from(*bytes).ok(),
            _ => None,
        };
        if size.is_none() {
            let message = format!("`{key}` is no size");
            self.fault_at(&node.place, message, Some(measure::SIZE_ADVICE.to_owned()));
        }
        size
    }

    /// One of some words.
    pub fn one_of<T: Copy>(&self, key: &str, words: &[(T, &str)]) -> Option<T> {
        let text = self.text(key)?;
        self.word(key, &text, words)
    }

    /// A word, or a list of words. None where the key is missing or any of it is wrong.
    pub fn many_of<T: Copy>(&self, key: &str, words: &[(T, &str)]) -> Option<Vec<T>> {
        let texts = self.texts(key)?;
        let meant: Vec<T> = texts.iter().filter_map(|it| self.word(key, it, words)).collect();
        (meant.len() == texts.len()).then_some(meant)
    }

    /// A table.
    pub fn table(&self, key: &str) -> Option<Self> {
        let node = self.value(key)?;
        let table = self.inner(node);
        if table.is_none() {
            self.wrong_kind(key, "a table", node);
        }
        table
    }

    /// The tables of an array of tables; none where the key is missing.
    pub fn tables(&self, key: &str) -> Vec<Self> {
        let Some(node) = self.value(key) else {
            return Vec::new();
        };
        let list = match &node.value {
            Value::List(list) => list.as_slice(),
            Value::Table(_) => {
                let advice = format!("write `[[{key}]]` instead of `[{key}]`");
                let message = format!("`{key}` must be an array of tables, not a table");
                self.fault(key, message, Some(advice));
                return Vec::new();
            }
            _ => std::slice::from_ref(node),
        };
        for foreign in list.iter().filter(|it| self.inner(it).is_none()) {
            self.wrong_kind(key, "an array of tables", foreign);
        }
        list.iter().filter_map(|it| self.inner(it)).collect()
    }

    /// `node` as a table, if it is one; for tables inside lists and free values.
    pub fn inner(&self, node: &'d Node) -> Option<Self> {
        match &node.value {
            Value::Table(entries) => Some(Self { entries, place: &node.place, ..*self }),
            _ => None,
        }
    }

    /// Notes a fault at `key`, or at the table when the key is missing.
    pub fn fault(&self, key: &str, message: impl Display, advice: Option<String>) {
        self.fault_at(self.place_of(key), message, advice);
    }

    /// Notes a fault at the value of `key`, or at the table when the key is missing.
    pub fn value_fault(&self, key: &str, message: impl Display, advice: Option<String>) {
        let place = self.value(key).map_or(self.place, |node| &node.place);
        self.fault_at(place, message, advice);
    }

    /// Notes a fault at `place`.
    pub fn fault_at(&self, place: &Place, message: impl Display, advice: Option<String>) {
        // To find a line means to count from the start of the file; nobody reads the 1000th fault.
        let is_kept = !self.noted.borrow().is_full();
        let message = message.to_string();
        let fault = if is_kept { place.fault(message) } else { Fault::of("", message) };
        self.note(Fault { advice, ..fault });
    }

    /// Notes a fault that was made elsewhere.
    pub fn note(&self, fault: Fault) {
        self.noted.borrow_mut().push(fault);
    }

    /// Notes something at `key` that its owner should know, and that stops nothing.
    pub fn warn(&self, key: &str, message: impl Display, advice: Option<String>) {
        let warning = self.place_of(key).fault(message.to_string());
        self.noted.borrow_mut().warn(Fault { advice, ..warning });
    }

    /// Notes every key that is not in `known`, with the known one that was probably meant.
    pub fn finish(&self, known: &[&str]) {
        for entry in self.entries.iter().filter(|it| !known.contains(&it.key.as_str())) {
            let key = &entry.key;
            let advice = did_you_mean(key, known.iter().copied());
            self.fault_at(&entry.place, format!("unknown key `{key}`"), advice);
        }
    }

    fn entry(&self, key: &str) -> Option<&'d Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    fn word<T: Copy>(&self, key: &str, text: &Text<'d>, words: &[(T, &str)]) -> Option<T> {
        let found = words.iter().find(|(_, word)| *word == text.value);
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
            let all = || format!("one of `{}`", names.join("`, `"));
            let advice = did_you_mean(text.value, names.iter().copied()).unwrap_or_else(all);
            let message = format!("`{key}` cannot be `{}`", text.value);
            self.fault_at(text.place, message, Some(advice));
        }
        found.map(|(meant, _)| *meant)
    }

    fn wrong_kind(&self, key: &str, wanted: &str, found: &Node) {
        let is_unquoted = wanted.contains("string")
            && matches!(found.value, Value::Integer(_) | Value::Float(_) | Value::Boolean(_));
        let advice = is_unquoted.then(|| "put it in quotes".to_owned());
        let message = format!("`{key}` must be {wanted}, not {}", found.value.kind());
        self.fault_at(&found.place, message, advice);
    }
}

/// A list, or what stands for a list of one.
fn listed(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(list) => list,
        _ => std::slice::from_ref(node),
    }
}

fn number_of(node: &Node) -> Option<u64> {
    match &node.value {
        Value::Integer(number) => u64::try_from(*number).ok(),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn text_of(node: &Node) -> Option<Text<'_>> {
    match &node.value {
        Value::Text(value) => Some(Text { value, place: &node.place }),
        _ => None,
    }
}

/// Notes what is no TOML, in the order of the file.
fn note_grammar(errors: &[toml::de::Error], root: &Place, faults: &mut Faults) {
    let mut errors: Vec<_> = errors.iter().collect();
    errors.sort_by_key(|error| error.span().map_or(0, |span| span.start));
    for error in errors {
        if faults.is_full() {
            faults.push(Fault::of("", ""));
            continue;
        }
        let place = root.at(error.span().unwrap_or_default());
        let mut message = error.message().trim().replace('\n', ", ");
        if message == "duplicate key" {
            message = format!("duplicate key `{}`", place.written());
        }
        faults.push(place.fault(message));
    }
}

#[cfg(test)]
mod tests;
