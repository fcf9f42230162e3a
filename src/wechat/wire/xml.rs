//! XML → tree. quick-xml finds the pieces; what they mean together is decided here.

use quick_xml::Reader;
use quick_xml::events::BytesStart;
use quick_xml::events::Event;

use super::Builder;
use super::Kind;
use super::Span;
use super::WireError;
use super::is_filler;
use crate::wechat::limits;

/// An element that is still open.
struct Open {
    node: usize,
    /// Its character data so far.
    text: Option<Chars>,
    /// It has a CDATA section, so blanks outside of it are layout and not text.
    has_cdata: bool,
    has_children: bool,
}

/// The character data of one element. Pieces are joined here and placed once, at the end: children
/// between them may fill the side text, so joining there would copy the first piece each time.
enum Chars {
    One(Span),
    Joined(String),
}

/// Reads the one element of `builder.source` into nodes.
pub(super) fn parse(builder: &mut Builder<'_>) -> Result<(), WireError> {
    let source = builder.source;
    let mut reader = Reader::from_str(source);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    let mut stack: Vec<Open> = Vec::with_capacity(8);
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let broken = |what: &dyn std::fmt::Display| WireError::Xml { at, what: what.to_string() };
        match reader.read_event().map_err(|error| broken(&error))? {
            Event::Start(start) => open(builder, &mut stack, &start, at)?,
            Event::Empty(start) => {
                open(builder, &mut stack, &start, at)?;
                close(builder, &mut stack);
            }
            Event::End(_) => close(builder, &mut stack),
            Event::Text(text) => add(builder, &mut stack, &text, Piece::Text, at)?,
            Event::CData(text) => add(builder, &mut stack, &text, Piece::CData, at)?,
            Event::GeneralRef(name) => {
                let text = resolve(&name);
                add(builder, &mut stack, &text, Piece::Text, at)?;
            }
            Event::DocType(_) => return Err(WireError::Doctype(at)),
            Event::Eof if !stack.is_empty() => return Err(broken(&"an element is not closed")),
            Event::Eof if builder.nodes.is_empty() => return Err(broken(&"there is no element")),
            Event::Eof => return Ok(()),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
        }
    }
}

fn open(
    builder: &mut Builder<'_>,
    stack: &mut Vec<Open>,
    start: &BytesStart<'_>,
    at: usize,
) -> Result<(), WireError> {
    let fault = |what: String| Err(WireError::Xml { at, what });
    if stack.len() >= limits::DEPTH {
        return Err(WireError::TooDeep);
    }
    match stack.last_mut() {
        Some(parent) => {
            parent.has_children = true;
            builder.nodes[parent.node].kind = Kind::Object;
        }
        None if builder.nodes.is_empty() => {}
        None => return fault("there is a second element after the end".to_owned()),
    }
    let name = builder.place(start.name().into_inner());
    let node = builder.open(name, Kind::Text);
    let mut has_children = false;
    for attribute in start.attributes().with_checks(false) {
        let attribute = match attribute {
            Ok(attribute) => attribute,
            Err(error) => return fault(error.to_string()),
        };
        let name = builder.place_aside(&format!("@{}", attribute.key.into_inner()));
        let value = builder.place(&unescape(&attribute.value));
        builder.leaf(name, Kind::Text, value);
        has_children = true;
    }
    if has_children || stack.is_empty() {
        builder.nodes[node].kind = Kind::Object;
    }
    stack.push(Open { node, text: None, has_cdata: false, has_children });
    Ok(())
}

fn close(builder: &mut Builder<'_>, stack: &mut Vec<Open>) {
    // The reader has checked that every end has its start.
    let Some(element) = stack.pop() else { return };
    let is_root = stack.is_empty();
    if let Some(text) = element.text {
        if !element.has_children && !is_root {
            builder.nodes[element.node].text = text.place(builder);
        } else if !text.is_blank(builder) {
            let name = builder.place_aside("#text");
            let text = text.place(builder);
            builder.leaf(name, Kind::Text, text);
        }
    }
    builder.close(element.node);
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Piece {
    Text,
    CData,
}

/// Adds character data to the element that is open.
fn add(
    builder: &mut Builder<'_>,
    stack: &mut [Open],
    text: &str,
    piece: Piece,
    at: usize,
) -> Result<(), WireError> {
    let is_blank_text = piece == Piece::Text && text.chars().all(is_filler);
    let Some(element) = stack.last_mut() else {
        return match is_blank_text {
            true => Ok(()),
            false => Err(WireError::Xml { at, what: "text outside of the element".to_owned() }),
        };
    };
    if is_blank_text && (element.has_cdata || element.has_children) {
        return Ok(());
    }
    if piece == Piece::CData && !element.has_cdata {
        element.has_cdata = true;
        element.text = element.text.take().filter(|text| !text.is_blank(builder));
    }
    element.text = Some(match element.text.take() {
        None => Chars::One(builder.place(text)),
        Some(before) => before.and(text, builder),
    });
    Ok(())
}

impl Chars {
    fn and(self, text: &str, builder: &Builder<'_>) -> Self {
        let mut joined = match self {
            Self::One(first) => builder.text(first).to_owned(),
            Self::Joined(joined) => joined,
        };
        joined.push_str(text);
        Self::Joined(joined)
    }

    fn is_blank(&self, builder: &Builder<'_>) -> bool {
        let text = match self {
            Self::One(text) => builder.text(*text),
            Self::Joined(text) => text,
        };
        text.chars().all(is_filler)
    }

    fn place(self, builder: &mut Builder<'_>) -> Span {
        match self {
            Self::One(text) => text,
            Self::Joined(text) => builder.place_aside(&text),
        }
    }
}

/// What `&name;` stands for. A name that XML does not define stays as it was written: nothing may
/// be declared here, and a link with a bare `&` in it is worth more than its correctness.
fn resolve(name: &str) -> String {
    let letter = match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => number(name).and_then(char::from_u32),
    };
    letter.map_or_else(|| format!("&{name};"), String::from)
}

fn number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix('#')?;
    match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    }
}

fn unescape(text: &str) -> std::borrow::Cow<'_, str> {
    quick_xml::escape::unescape(text).unwrap_or(std::borrow::Cow::Borrowed(text))
}
