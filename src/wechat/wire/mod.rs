//! One lossless tree over the two formats in which WeChat writes: XML and JSON.
//!
//! A [`Tree`] owns the bytes it was read from. Its nodes stand in one list in the order of the
//! document, and names and texts are places in those bytes, so reading a message makes three
//! allocations however many fields it has.

mod json;
mod plain;
mod print;
#[cfg(test)]
mod tests;
mod xml;

pub(crate) use self::print::write_cdata;
pub(crate) use self::print::write_string;
use crate::wechat::limits;

/// Why bytes are not a message.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// Nothing but blanks.
    #[error("the body is empty")]
    Empty,
    /// Not UTF-8; `0` is the offset of the first wrong byte.
    #[error("the body is not UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// The first character begins neither an XML element nor a JSON object.
    #[error("the body is neither an XML element nor a JSON object")]
    NeitherXmlNorJson,
    /// A document type declaration: WeChat sends none, and they are a way to attack parsers.
    #[error("the body has a DOCTYPE at byte {0}")]
    Doctype(usize),
    /// Broken XML, at about this byte.
    #[error("broken XML at byte {at}: {what}")]
    Xml {
        /// Offset in the body.
        at: usize,
        /// What the parser says.
        what: String,
    },
    /// Broken JSON.
    #[error("broken JSON: {0}")]
    Json(String),
    /// Nested deeper than [`limits::DEPTH`].
    #[error("the body is nested deeper than {} levels", limits::DEPTH)]
    TooDeep,
    /// Longer than 1 GiB; offsets are 32 bits.
    #[error("the body is too long")]
    TooLong,
}

/// The two formats.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// `<xml>…</xml>`
    Xml,
    /// `{…}`
    Json,
}

/// What a node is. XML knows only [`Kind::Text`] and [`Kind::Object`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A string, or an XML element without children.
    Text,
    /// A JSON number, kept as it was written.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
    /// A JSON object, or an XML element with children.
    Object,
    /// A JSON array. A list in XML is a name that repeats.
    List,
}

/// A place in the source, or in the side text that holds what stands nowhere in the source as it
/// reads (`a&amp;b`, `\u4f60`, a text of several CDATA sections).
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u32,
    /// The highest bit says: in the side text.
    length: u32,
}

const IN_SIDE: u32 = 1 << 31;

impl Span {
    fn of<'t>(self, source: &'t str, side: &'t str) -> &'t str {
        let (text, length) = match self.length & IN_SIDE {
            0 => (source, self.length),
            _ => (side, self.length & !IN_SIDE),
        };
        let start = self.start as usize;
        text.get(start..start + length as usize).unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug)]
struct Node {
    name: Span,
    text: Span,
    kind: Kind,
    /// Index after the last descendant.
    end: u32,
}

/// A message as it arrived, every name and every leaf of it.
#[derive(Clone, Debug)]
pub struct Tree {
    source: String,
    side: String,
    nodes: Vec<Node>,
    format: Format,
}

impl Tree {
    /// Reads a document; its first character that is not blank tells the format, since the
    /// `Content-Type` of real traffic does not.
    ///
    /// # Errors
    ///
    /// [`WireError`] says what is wrong and where.
    pub fn parse(source: Vec<u8>) -> Result<Self, WireError> {
        if source.len() >= IN_SIDE as usize {
            return Err(WireError::TooLong);
        }
        let source = String::from_utf8(source)
            .map_err(|error| WireError::NotUtf8(error.utf8_error().valid_up_to()))?;
        let mut builder = Builder::new(&source);
        let format = match source.trim_start_matches(is_filler).bytes().next() {
            Some(b'<') => read_xml(&mut builder).map(|()| Format::Xml)?,
            Some(b'{') => json::parse(&mut builder).map(|()| Format::Json)?,
            Some(_) => return Err(WireError::NeitherXmlNorJson),
            None => return Err(WireError::Empty),
        };
        let Builder { side, nodes, .. } = builder;
        Ok(Self { source, side, nodes, format })
    }

    /// The format it was written in.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The document as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The outermost object.
    pub fn root(&self) -> Field<'_> {
        Field { tree: self, index: 0 }
    }

    /// The field at `index`, as [`Field::index`] gave it.
    pub(crate) fn at(&self, index: u32) -> Field<'_> {
        Field { tree: self, index }
    }

    fn text(&self, span: Span) -> &str {
        span.of(&self.source, &self.side)
    }
}

/// Nearly every document is a plain one.
fn read_xml(builder: &mut Builder<'_>) -> Result<(), WireError> {
    if plain::parse(builder).is_some() {
        return Ok(());
    }
    builder.nodes.clear();
    xml::parse(builder)
}

/// Grows the nodes of a tree while a parser walks over `source`.
struct Builder<'s> {
    source: &'s str,
    side: String,
    nodes: Vec<Node>,
}

impl<'s> Builder<'s> {
    fn new(source: &'s str) -> Self {
        Self { source, side: String::new(), nodes: Vec::with_capacity(16) }
    }

    /// The place of `part`: in the source if it is a slice of it, else in the side text.
    fn place(&mut self, part: &str) -> Span {
        let start = (part.as_ptr() as usize).wrapping_sub(self.source.as_ptr() as usize);
        match start <= self.source.len() && part.len() <= self.source.len() - start {
            true => Span { start: narrow(start), length: narrow(part.len()) },
            false => self.place_aside(part),
        }
    }

    fn place_aside(&mut self, part: &str) -> Span {
        let start = self.side.len();
        self.side.push_str(part);
        Span { start: narrow(start), length: narrow(part.len()) | IN_SIDE }
    }

    fn text(&self, span: Span) -> &str {
        span.of(self.source, &self.side)
    }

    fn open(&mut self, name: Span, kind: Kind) -> usize {
        let index = self.nodes.len();
        let end = narrow(index + 1);
        self.nodes.push(Node { name, text: Span::default(), kind, end });
        index
    }

    fn close(&mut self, index: usize) {
        self.nodes[index].end = narrow(self.nodes.len());
    }

    fn leaf(&mut self, name: Span, kind: Kind, text: Span) {
        let index = self.open(name, kind);
        self.nodes[index].text = text;
    }
}

/// Blanks, and the two invisible characters seen around elements in real samples.
fn is_filler(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n' | '\u{200b}' | '\u{feff}')
}

/// Lengths were checked to be below 2^31 before the first call.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// One node of a [`Tree`]: an element or a member.
#[derive(Clone, Copy)]
pub struct Field<'t> {
    tree: &'t Tree,
    index: u32,
}

impl<'t> Field<'t> {
    fn node(self) -> &'t Node {
        &self.tree.nodes[self.index as usize]
    }

    pub(crate) fn index(self) -> u32 {
        self.index
    }

    /// The element's or member's name; empty for an item of a JSON array.
    pub fn name(self) -> &'t str {
        self.tree.text(self.node().name)
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        self.node().kind
    }

    /// The text of a leaf as it arrived, blanks included; empty for an object or a list.
    pub fn text(self) -> &'t str {
        self.tree.text(self.node().text)
    }

    /// Its children in the order of the document.
    pub fn children(self) -> Children<'t> {
        Children { tree: self.tree, next: self.index + 1, end: self.node().end }
    }

    /// The first field at `path`, names joined by dots (`ScanCodeInfo.ScanType`). A list on the
    /// way stands for its first item.
    pub fn get(self, path: &str) -> Option<Self> {
        let (name, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
        let found = self.items().next()?.children().find(|child| child.name() == name)?;
        match rest {
            Some(rest) => found.get(rest),
            None => Some(found),
        }
    }

    /// Every field at `path`, through every list on the way: a name that repeats, the items of an
    /// array, or a lone object.
    pub fn all(self, path: &str) -> Vec<Self> {
        let mut found: Vec<Self> = self.items().collect();
        for name in path.split('.') {
            let children = found.into_iter().flat_map(Self::children);
            found = children.filter(|child| child.name() == name).flat_map(Self::items).collect();
        }
        found
    }

    /// The items of a list; the field itself where it is no list.
    pub fn items(self) -> Children<'t> {
        match self.kind() {
            Kind::List => self.children(),
            _ => Children { tree: self.tree, next: self.index, end: self.index + 1 },
        }
    }
}

impl std::fmt::Debug for Field<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.to_json())
    }
}

/// The children of a [`Field`].
#[derive(Clone, Debug)]
pub struct Children<'t> {
    tree: &'t Tree,
    next: u32,
    end: u32,
}

impl<'t> Iterator for Children<'t> {
    type Item = Field<'t>;

    fn next(&mut self) -> Option<Field<'t>> {
        if self.next >= self.end {
            return None;
        }
        let child = Field { tree: self.tree, index: self.next };
        self.next = child.node().end;
        Some(child)
    }
}
