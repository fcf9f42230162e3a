//! JSON → tree. serde_json checks the grammar; then one walk over the text finds the members. Each
//! value is kept as the text it was written as, so no number loses a digit.

use serde::Deserializer as _;
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
    walk(builder, whole.get())
}

fn broken(error: &serde_json::Error) -> WireError {
    WireError::Json(error.to_string())
}

/// Adds what is written in `text`, which is one whole JSON value.
fn walk(builder: &mut Builder<'_>, text: &str) -> Result<(), WireError> {
    let mut open: Vec<usize> = Vec::with_capacity(8);
    // The name of the member whose value comes next; items of an array have none.
    let mut name = None;
    let mut at = 0;
    while let Some(first) = text.as_bytes().get(at) {
        let end = token_end(text.as_bytes(), at);
        let token = &text[at..end];
        at = end;
        match first {
            b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' => {}
            b'{' | b'[' => {
                if open.len() >= limits::DEPTH {
                    return Err(WireError::TooDeep);
                }
                let kind = if *first == b'{' { Kind::Object } else { Kind::List };
                open.push(builder.open(name.take().unwrap_or_default(), kind));
            }
            b'}' | b']' => {
                if let Some(node) = open.pop() {
                    builder.close(node);
                }
            }
            b'"' => {
                let string = string(builder, token)?;
                let in_object =
                    open.last().is_some_and(|node| builder.nodes[*node].kind == Kind::Object);
                match name.take() {
                    None if in_object => name = Some(string),
                    name => builder.leaf(name.unwrap_or_default(), Kind::Text, string),
                }
            }
            first => {
                let kind = match first {
                    b't' | b'f' => Kind::Bool,
                    b'n' => Kind::Null,
                    _ => Kind::Number,
                };
                let place = builder.place(token);
                builder.leaf(name.take().unwrap_or_default(), kind, place);
            }
        }
    }
    Ok(())
}

/// Where the string, literal or single character that begins at `start` ends.
fn token_end(bytes: &[u8], start: usize) -> usize {
    match bytes[start] {
        b'"' => {
            let mut at = start + 1;
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'"' => return at + 1,
                    b'\\' => at += 2,
                    _ => at += 1,
                }
            }
            bytes.len()
        }
        b'-' | b'0'..=b'9' | b'a'..=b'z' => {
            let is_part =
                |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E');
            let length = bytes[start..].iter().take_while(|byte| is_part(byte)).count();
            start + length
        }
        _ => start + 1,
    }
}

/// The place of a string's text, in the source where it has no escapes.
///
/// Half of a surrogate pair, as of an emoji that was cut, becomes a few U+FFFD: the rest of the
/// message is worth more.
fn string(builder: &mut Builder<'_>, token: &str) -> Result<Span, WireError> {
    if !token.contains('\\') {
        return Ok(builder.place(&token[1..token.len() - 1]));
    }
    let text = serde_json::from_str::<String>(token).or_else(|error| {
        let mut reader = serde_json::Deserializer::from_str(token);
        let bytes = reader.deserialize_bytes(BytesVisitor).map_err(|_| broken(&error))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    })?;
    Ok(builder.place_aside(&text))
}

/// Takes what is no text either.
struct BytesVisitor;

impl serde::de::Visitor<'_> for BytesVisitor {
    type Value = Vec<u8>;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }
}
