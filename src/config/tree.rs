//! A TOML document as a tree of values that know where they were written.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::DeTable;
use toml::de::DeValue;

use super::fault::Fault;

/// A file, kept for as long as something points into it.
#[derive(Debug)]
struct Source {
    file: String,
    text: String,
}

/// Where something was written: a stretch of a file.
#[derive(Clone)]
pub struct Place {
    source: Arc<Source>,
    span: Range<usize>,
}

impl Place {
    /// The start of a file.
    pub(super) fn start_of(file: &str, text: &str) -> Self {
        let source = Source { file: file.to_owned(), text: text.to_owned() };
        Self { source: Arc::new(source), span: 0..0 }
    }

    /// The file as its owner named it.
    pub fn file(&self) -> &str {
        &self.source.file
    }

    /// Line and character, both from 1; (0, 0) for what no file holds.
    pub fn position(&self) -> (usize, usize) {
        if self.source.text.is_empty() {
            return (0, 0);
        }
        let start = self.source.text.floor_char_boundary(self.span.start);
        let before = &self.source.text[..start];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        (line, before[begin..].chars().count() + 1)
    }

    /// A fault at this place.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        let (line, column) = self.position();
        Fault { line, column, ..Fault::of(self.file(), message) }
    }

    /// Another stretch of the same file.
    pub(super) fn at(&self, span: Range<usize>) -> Self {
        Self { source: Arc::clone(&self.source), span }
    }

    /// What stands there, as it was written.
    pub(super) fn written(&self) -> &str {
        self.source.text.get(self.span.clone()).unwrap_or_default()
    }

    /// The place of the byte `at` of the text `value` that was written here. The start of the
    /// text where it was written with escapes, so that the bytes cannot be matched.
    fn inside(&self, value: &str, at: usize) -> Self {
        match self.written().find(value) {
            Some(begin) => {
                let start = self.span.start + begin + at.min(value.len());
                self.at(start..start)
            }
            None => self.clone(),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.position();
        write!(out, "{}:{line}:{column}", self.file())
    }
}

/// A value and where it was written.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it was written.
    pub place: Place,
    /// What was written.
    pub value: Value,
}

/// What TOML can say.
#[derive(Clone, Debug)]
pub enum Value {
    /// A string.
    Text(String),
    /// An integer. TOML has 64 bits for it.
    Integer(i64),
    /// A number with a point or an exponent, infinite and not-a-number included.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date, a time, or both, as written.
    Moment(String),
    /// A list, and an array of tables.
    List(Vec<Node>),
    /// A table, its entries in the order they were written.
    Table(Vec<Entry>),
}

impl Value {
    /// What it is called in a message.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Boolean(_) => "a boolean",
            Self::Moment(_) => "a date or time",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// One key of a table with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key was written.
    pub place: Place,
    /// Its value.
    pub node: Node,
}

/// A string, and where it was written.
#[derive(Clone, Debug)]
pub struct Text<'d> {
    /// What was written.
    pub value: &'d str,
    /// Where.
    pub place: &'d Place,
}

impl Text<'_> {
    /// The place of one byte of it, for a fault inside.
    pub fn place_of(&self, at: usize) -> Place {
        self.place.inside(self.value, at)
    }
}

/// Builds the entries of a table, in the order they were written.
pub(super) fn entries(table: DeTable<'_>, root: &Place) -> Vec<Entry> {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| Entry {
            place: root.at(key.span()),
            key: key.into_inner().into_owned(),
            node: node(value, root),
        })
        .collect();
    entries.sort_by_key(|entry| entry.place.span.start);
    entries
}

fn node(value: Spanned<DeValue<'_>>, root: &Place) -> Node {
    let place = root.at(value.span());
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => integer(number.as_str(), number.radix()),
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(yes) => Value::Boolean(yes),
        DeValue::Datetime(moment) => Value::Moment(moment.to_string()),
        DeValue::Array(list) => Value::List(list.into_iter().map(|it| node(it, root)).collect()),
        DeValue::Table(table) => Value::Table(entries(table, root)),
    };
    Node { place, value }
}

/// A number beyond 64 bits stays a number, so that the fault says what is wrong with it.
fn integer(digits: &str, radix: u32) -> Value {
    i64::from_str_radix(digits, radix)
        .map_or_else(|_| Value::Float(digits.parse().unwrap_or(f64::INFINITY)), Value::Integer)
}
