//! HTML as text or as markdown. It reads what people and programs write into notifications; it is
//! no browser, and cleans nothing; `clean.rs` does.

use crate::notification::Format;

/// Elements that stand apart, with a blank line around them.
const BLOCKS: &[&str] = &[
    "article",
    "blockquote",
    "dl",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
];

/// Elements that begin on a line of their own.
const LINES: &[&str] = &["div", "dd", "dt", "footer", "header", "li", "tr"];

/// Named characters; others stay as they are written.
const NAMED: &[(&str, &str)] = &[
    ("amp", "&"),
    ("apos", "'"),
    ("copy", "©"),
    ("gt", ">"),
    ("hellip", "…"),
    ("ldquo", "“"),
    ("lt", "<"),
    ("mdash", "—"),
    ("middot", "·"),
    ("nbsp", "\u{a0}"),
    ("ndash", "–"),
    ("quot", "\""),
    ("rdquo", "”"),
    ("yen", "¥"),
];

/// One piece of HTML; together they are the whole of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Piece<'h> {
    /// `<name …>` or `</name>`.
    Tag { whole: &'h str, name: &'h str, is_end: bool },
    /// A comment, a doctype, what a style or script says: never seen.
    Hidden(&'h str),
    /// `&name;` or `&#1;`.
    Entity(&'h str),
    /// One character.
    Char(&'h str),
}

impl<'h> Piece<'h> {
    /// Its source.
    pub(super) fn source(self) -> &'h str {
        match self {
            Self::Tag { whole, .. } => whole,
            Self::Hidden(text) | Self::Entity(text) | Self::Char(text) => text,
        }
    }
}

/// The pieces of `html`.
pub(super) fn pieces(html: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = html;
    let mut hidden_until: Option<&str> = None;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let piece = match hidden_until.take() {
            Some(end) => {
                let is_end = |it: &[u8]| it.eq_ignore_ascii_case(end.as_bytes());
                let at = rest.as_bytes().windows(end.len()).position(is_end);
                let at = at.unwrap_or(rest.len());
                Piece::Hidden(&rest[..at])
            }
            None => match first {
                '<' => tag(rest),
                '&' => entity(rest),
                _ => None,
            }
            .unwrap_or(Piece::Char(&rest[..first.len_utf8()])),
        };
        if let Piece::Tag { name, is_end: false, .. } = piece {
            hidden_until = [("script", "</script"), ("style", "</style")]
                .into_iter()
                .find_map(|(it, end)| name.eq_ignore_ascii_case(it).then_some(end));
        }
        rest = &rest[piece.source().len()..];
        Some(piece)
    })
}

/// The tag or comment that `rest` begins with. One without an end reaches to the end.
fn tag(rest: &str) -> Option<Piece<'_>> {
    if rest.starts_with("<!--") {
        let end = rest.find("-->").map_or(rest.len(), |at| at + 3);
        return Some(Piece::Hidden(&rest[..end]));
    }
    let inner = &rest[1..];
    let is_end = inner.starts_with('/');
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let first = inner.chars().next()?;
    if !first.is_ascii_alphabetic() && !matches!(first, '!' | '?') {
        return None;
    }
    let mut quote = None;
    let end = rest.char_indices().find(|(_, char)| match (quote, char) {
        (None, '>') => true,
        (None, '"' | '\'') => {
            quote = Some(*char);
            false
        }
        (Some(open), char) if open == *char => {
            quote = None;
            false
        }
        _ => false,
    });
    let whole = &rest[..end.map_or(rest.len(), |(at, _)| at + 1)];
    if !first.is_ascii_alphabetic() {
        return Some(Piece::Hidden(whole));
    }
    let length = inner.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(inner.len());
    Some(Piece::Tag { whole, name: &inner[..length], is_end })
}

fn entity(rest: &str) -> Option<Piece<'_>> {
    let end = rest.bytes().take(12).position(|it| it == b';')?;
    let name = rest.get(1..end)?;
    decoded(name).map(|_| Piece::Entity(&rest[..=end]))
}

/// What an entity stands for, given whole.
pub(super) fn character(entity: &str) -> String {
    decoded(&entity[1..entity.len() - 1]).unwrap_or_default()
}

/// The character called `name`.
fn decoded(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let number = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return char::from_u32(number.ok()?).map(String::from);
    }
    let found = NAMED.iter().find(|(it, _)| *it == name);
    found.map(|(_, text)| (*text).to_owned())
}

/// The value of an attribute in a tag.
pub(super) fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let at = lower.find(&format!(" {name}="))? + name.len() + 2;
    let value = &tag[at..];
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split([' ', '>']).next()?,
    };
    Some(value.replace("&amp;", "&")).filter(|it| it.contains(':') && !it.contains([' ', '\n']))
}

/// HTML as markdown, or as text.
pub(super) fn read(html: &str, wanted: Format) -> String {
    let mut writer = Writer { is_markdown: wanted == Format::Markdown, ..Writer::default() };
    for piece in pieces(html) {
        match piece {
            Piece::Tag { whole, name, is_end } => {
                writer.tag(whole, &name.to_ascii_lowercase(), is_end);
            }
            Piece::Hidden(_) => {}
            Piece::Entity(text) => writer.text(&character(text)),
            Piece::Char(text) => writer.text(text),
        }
    }
    writer.out.trim_end().to_owned()
}

#[derive(Default)]
struct Writer {
    out: String,
    is_markdown: bool,
    /// How many elements are open in which text stands as it is: `pre`, and in markdown `code`.
    verbatim: usize,
    /// Whether a `pre` is open, which keeps its white space.
    is_pre: bool,
    /// Where the text of each open link begins, and where it leads.
    links: Vec<(usize, Option<String>)>,
    /// The number of the next item of each open list; none for one with bullets.
    lists: Vec<Option<u32>>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if !self.is_pre && text.chars().all(|it| it.is_ascii_whitespace()) {
            if !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
                self.out.push(' ');
            }
            return;
        }
        let is_special = |it: char| super::SPECIAL.contains(&it);
        if self.is_markdown && self.verbatim == 0 && text.chars().any(is_special) {
            self.out.push('\\');
        }
        self.out.push_str(text);
    }

    fn tag(&mut self, whole: &str, name: &str, is_end: bool) {
        let is_inner_list = self.lists.len() > usize::from(is_end) && is_list(name);
        let ends_fence = self.is_markdown && name == "pre" && is_end;
        if BLOCKS.contains(&name) && !is_inner_list && !ends_fence {
            self.lines(2);
        } else if LINES.contains(&name) {
            self.lines(1);
        }
        match (name, is_end) {
            ("br", _) => {
                self.out.truncate(self.out.trim_end_matches(' ').len());
                self.out.push_str(if self.is_markdown && !self.is_pre { "  \n" } else { "\n" });
            }
            ("a", false) => {
                self.links.push((self.out.len(), attribute(whole, "href")));
            }
            ("a", true) => self.link(),
            ("img", _) => self.image(whole),
            ("ul", false) => self.lists.push(None),
            ("ol", false) => self.lists.push(Some(1)),
            ("ul" | "ol", true) => {
                self.lists.pop();
            }
            ("li", false) => self.item(),
            ("td" | "th", true) => self.text(" "),
            ("pre", _) => {
                self.is_pre = !is_end;
                self.verbatim = usize::from(!is_end);
                if self.is_markdown {
                    self.fence(is_end);
                }
            }
            ("code", _) if !self.is_pre => {
                self.verbatim = usize::from(!is_end);
                self.mark("`");
            }
            ("b" | "strong", _) => self.mark("**"),
            ("i" | "em", _) => self.mark("*"),
            ("del" | "s", _) => self.mark("~~"),
            ("hr", _) => self.mark("---\n\n"),
            (heading, false) if heading.len() == 2 && heading.starts_with('h') => {
                let level = heading[1..].parse().unwrap_or(0);
                self.mark(&format!("{} ", "#".repeat(level)));
            }
            _ => {}
        }
    }

    /// Ends the line, and leaves `count - 1` empty ones.
    fn lines(&mut self, count: usize) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        let there = self.out.len() - self.out.trim_end_matches('\n').len();
        if !self.out.is_empty() {
            self.out.push_str(&"\n".repeat(count.saturating_sub(there)));
        }
    }

    fn mark(&mut self, mark: &str) {
        if self.is_markdown && (!self.is_pre || mark == "`") {
            self.out.push_str(mark);
        }
    }

    /// Around a block of code; the line break that HTML has before `</pre>` is not one more.
    fn fence(&mut self, is_end: bool) {
        if is_end {
            self.lines(1);
            self.out.push_str("```\n\n");
        } else {
            self.out.push_str("```\n");
        }
    }

    fn item(&mut self) {
        let depth = self.lists.len().saturating_sub(1);
        self.out.push_str(&"  ".repeat(depth));
        match self.lists.last_mut() {
            Some(Some(number)) => {
                self.out.push_str(&number.to_string());
                self.out.push_str(". ");
                *number += 1;
            }
            _ => self.out.push_str("- "),
        }
    }

    fn link(&mut self) {
        let Some((start, Some(target))) = self.links.pop() else {
            return;
        };
        let start = start.min(self.out.len());
        let shown = self.out[start..].trim().to_owned();
        if shown == target || shown.contains('\n') {
            return;
        }
        self.out.truncate(start);
        let text = match (self.is_markdown, shown.is_empty()) {
            (true, false) => format!("[{shown}]({target})"),
            (false, false) => format!("{shown} ({target})"),
            (_, true) => target,
        };
        self.out.push_str(&text);
    }

    fn image(&mut self, tag: &str) {
        if let (true, Some(source)) = (self.is_markdown, attribute(tag, "src")) {
            for part in ["![](", &source, ")"] {
                self.out.push_str(part);
            }
        }
    }
}

fn is_list(name: &str) -> bool {
    matches!(name, "ul" | "ol")
}
