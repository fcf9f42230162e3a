//! JSON → tree. serde_json checks the grammar and finds the members; each value is kept as the
//! text it was written as, so no number loses a digit.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_json::value::RawValue;

use super::Builder;
use super::Kind;
use super::Span;
use super::WireError;
use super::is_filler;
use crate::wechat::limits;

/// Reads the one object of `builder.source` into nodes.
pub(super) fn parse(builder: &mut Builder<'_>) -> Result<(), WireError> {
    let source = builder.source.trim_start_matches(is_filler);
    let whole: &RawValue = serde_json::from_str(source).map_err(|error| broken(&error))?;
    value(builder, Span::default(), whole.get(), 0)
}

fn broken(error: &serde_json::Error) -> WireError {
    WireError::Json(error.to_string())
}

/// Adds the value written as `text`. Each level reads its own text again; with the depth bounded,
/// so is the work.
fn value(builder: &mut Builder<'_>, name: Span, text: &str, depth: usize) -> Result<(), WireError> {
    if depth >= limits::DEPTH {
        return Err(WireError::TooDeep);
    }
    let kind = match text.as_bytes().first() {
        Some(b'{') => Kind::Object,
        Some(b'[') => Kind::List,
        Some(b'"') => {
            let string = string(text)?;
            let place = builder.place(&string.0);
            builder.leaf(name, Kind::Text, place);
            return Ok(());
        }
        Some(b't' | b'f') => Kind::Bool,
        Some(b'n') => Kind::Null,
        _ => Kind::Number,
    };
    let index = builder.open(name, kind);
    match kind {
        Kind::Object => {
            for (name, text) in read(text, MembersVisitor)? {
                let name = builder.place(&name.0);
                value(builder, name, text, depth + 1)?;
            }
        }
        Kind::List => {
            for text in read(text, ItemsVisitor)? {
                value(builder, Span::default(), text, depth + 1)?;
            }
        }
        _ => builder.nodes[index].text = builder.place(text),
    }
    builder.close(index);
    Ok(())
}

/// Half of a surrogate pair, as of an emoji that was cut, becomes a few U+FFFD: the rest of the
/// message is worth more.
fn string(text: &str) -> Result<Str<'_>, WireError> {
    read(text, StrVisitor).or_else(|error| {
        let mut reader = serde_json::Deserializer::from_str(text);
        let bytes = reader.deserialize_bytes(BytesVisitor).map_err(|_| error)?;
        Ok(Str(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())))
    })
}

fn read<'t, V: Visitor<'t>>(text: &'t str, visitor: V) -> Result<V::Value, WireError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.deserialize_any(visitor).map_err(|error| broken(&error))
}

/// A string, borrowed from the source where it has no escapes.
struct Str<'t>(Cow<'t, str>);

impl<'t> serde::Deserialize<'t> for Str<'t> {
    fn deserialize<D: serde::Deserializer<'t>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_str(StrVisitor)
    }
}

struct StrVisitor;

impl<'t> Visitor<'t> for StrVisitor {
    type Value = Str<'t>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'t str) -> Result<Str<'t>, E> {
        Ok(Str(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Str<'t>, E> {
        Ok(Str(Cow::Owned(text.to_owned())))
    }
}

/// Takes what is no text either.
struct BytesVisitor;

impl Visitor<'_> for BytesVisitor {
    type Value = Vec<u8>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }
}

struct MembersVisitor;

impl<'t> Visitor<'t> for MembersVisitor {
    type Value = Vec<(Str<'t>, &'t str)>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((name, value)) = map.next_entry::<Str<'t>, &'t RawValue>()? {
            members.push((name, value.get()));
        }
        Ok(members)
    }
}

struct ItemsVisitor;

impl<'t> Visitor<'t> for ItemsVisitor {
    type Value = Vec<&'t str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element::<&'t RawValue>()? {
            values.push(value.get());
        }
        Ok(values)
    }
}
