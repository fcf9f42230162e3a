//! Texts cut to what a service takes: never inside a character, a tag, a link or an emphasis.

use std::fmt;
use std::ops::Range;

use pulldown_cmark::Event;
use pulldown_cmark::Parser;
use pulldown_cmark::Tag;

use super::MARKDOWN;
use super::html;
use super::html::Piece;
use super::shown;
use crate::notification::Format;

/// What stands where something was left out.
const MORE: &str = "…";

/// Elements that have no end. Source: HTML Living Standard, 13.1.2 "void elements".
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// How much a service takes, and how it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// Characters (Unicode scalar values).
    Chars(usize),
    /// Units of UTF-16: most characters are one, emoji are two.
    Utf16(usize),
    /// Bytes of UTF-8.
    Bytes(usize),
    /// Bytes of UTF-8 as a JSON string has them, the quotes not counted.
    Json(usize),
}

impl fmt::Display for Limit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self {
            Self::Chars(_) => "characters",
            Self::Utf16(_) => "units of UTF-16",
            Self::Bytes(_) => "bytes",
            Self::Json(_) => "bytes as JSON",
        };
        write!(out, "{} {unit}", self.most())
    }
}

impl Limit {
    fn most(self) -> usize {
        let (Self::Chars(most) | Self::Utf16(most) | Self::Bytes(most) | Self::Json(most)) = self;
        most
    }

    fn size_of_char(self, char: char) -> usize {
        match (self, char) {
            (Self::Chars(_), _) => 1,
            (Self::Utf16(_), _) => char.len_utf16(),
            (Self::Json(_), '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}') => 2,
            (Self::Json(_), '\0'..' ') => 6,
            _ => char.len_utf8(),
        }
    }

    fn size_of(self, text: &str) -> usize {
        text.chars().map(|it| self.size_of_char(it)).sum()
    }
}

/// A text that fits.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::channels) struct Cut {
    /// It.
    pub(in crate::channels) text: String,
    /// How many characters of the source are not in it.
    pub(in crate::channels) left_out: usize,
}

impl Cut {
    /// What was left out, for a receipt; empty if nothing was.
    pub(in crate::channels) fn remark(&self) -> String {
        match self.left_out {
            0 => String::new(),
            count => format!("the last {count} characters were cut off: the service takes no more"),
        }
    }
}

/// `text`, which is in `format`, or as much of its beginning as fits, with `…` behind it.
pub(in crate::channels) fn cut(text: &str, format: Format, limit: Limit) -> Cut {
    if limit.size_of(text) <= limit.most() {
        return Cut { text: text.to_owned(), left_out: 0 };
    }
    let (kept, more, end) = match format {
        Format::Text => (in_text(text, limit.most(), limit), MORE, String::new()),
        Format::Html => in_html(text, limit),
        Format::Markdown => in_markdown(text, limit),
    };
    if kept == 0 && format != Format::Text {
        return plain(text, format, limit);
    }
    let more = if limit.size_of(more) <= limit.most() { more } else { "" };
    let left_out = text[kept..].chars().count();
    Cut { text: format!("{}{more}{end}", text[..kept].trim_end()), left_out }
}

/// What a text says that is one tag or one link as a whole: worth more than how it looks.
fn plain(text: &str, format: Format, limit: Limit) -> Cut {
    let said = shown(text, format, Format::Text);
    let text = shown(&said, Format::Text, format);
    if limit.size_of(&text) <= limit.most() {
        return Cut { text: text.into_owned(), left_out: 0 };
    }
    let mut kept = in_text(&text, limit.most(), limit);
    let begun = &text[..kept];
    let inside =
        |open, close| begun.rfind(open).filter(|at: &usize| !begun[*at..].contains::<char>(close));
    let start = match format {
        Format::Html => inside('&', ';').or_else(|| inside('<', '>')),
        _ => Some(begun.len() - usize::from(is_escape(begun))),
    };
    kept = start.unwrap_or(kept);
    let more = if limit.size_of(MORE) <= limit.most() { MORE } else { "" };
    let left_out = text[kept..].chars().count();
    Cut { text: format!("{}{more}", text[..kept].trim_end()), left_out }
}

/// Whether the next character of markdown would be an escaped one.
fn is_escape(text: &str) -> bool {
    (text.len() - text.trim_end_matches('\\').len()) % 2 == 1
}

/// Where to cut so that `most` holds the beginning and `…`.
fn in_text(text: &str, most: usize, limit: Limit) -> usize {
    let room = most.saturating_sub(limit.size_of(MORE));
    let (mut used, mut kept, mut before) = (0, 0, None);
    for (at, char) in text.char_indices() {
        if used <= room && !before.is_some_and(|before| are_joined(before, char)) {
            kept = at;
        }
        used += limit.size_of_char(char);
        if used > room {
            // A whole character begins at `at`, or the one that goes on here began before it.
            return kept;
        }
        before = Some(char);
    }
    kept
}

/// Whether two characters are seen as one: an accent, a flag, a family of emoji.
fn are_joined(before: char, next: char) -> bool {
    let is_flag = |it| matches!(it, '\u{1f1e6}'..='\u{1f1ff}');
    let continues = matches!(next, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{20e3}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
    continues || before == '\u{200d}' || (is_flag(before) && is_flag(next))
}

/// Where to cut, and the tags that close what is open there.
fn in_html(text: &str, limit: Limit) -> (usize, &'static str, String) {
    let room = limit.most().saturating_sub(limit.size_of(MORE));
    let size_of_end = |name: &&str| limit.size_of(name) + "</>".len();
    let mut open: Vec<&str> = Vec::new();
    let (mut at, mut used, mut closing, mut kept) = (0, 0, 0, 0);
    for piece in html::pieces(text) {
        if used + closing > room {
            break;
        }
        if !matches!(piece, Piece::Char(char) if is_joint(text, at, char)) {
            kept = at;
        }
        used += limit.size_of(piece.source());
        at += piece.source().len();
        let before = open.len();
        let ended = follow(&mut open, piece);
        closing += open[before.min(open.len())..].iter().map(size_of_end).sum::<usize>();
        closing -= ended.iter().map(size_of_end).sum::<usize>();
    }
    open.clear();
    for piece in html::pieces(&text[..kept]) {
        follow(&mut open, piece);
    }
    let end = open.iter().rev().fold(String::new(), |end, name| end + "</" + name + ">");
    (kept, MORE, end)
}

/// Follows what is open behind `piece`; gives what it ended.
fn follow<'h>(open: &mut Vec<&'h str>, piece: Piece<'h>) -> Vec<&'h str> {
    let Piece::Tag { whole, name, is_end } = piece else {
        return Vec::new();
    };
    let is = |it: &&str| it.eq_ignore_ascii_case(name);
    if is_end {
        return open.iter().rposition(is).map(|from| open.split_off(from)).unwrap_or_default();
    }
    if !VOID.iter().any(is) && !whole.ends_with("/>") {
        open.push(name);
    }
    Vec::new()
}

/// Whether the character at `at` belongs to the one before it.
fn is_joint(text: &str, at: usize, char: &str) -> bool {
    let before = text[..at].chars().next_back();
    before.zip(char.chars().next()).is_some_and(|(before, next)| are_joined(before, next))
}

/// Where to cut, what stands there, and what closes a block of code that is open there.
fn in_markdown(text: &str, limit: Limit) -> (usize, &'static str, String) {
    const FENCE: &str = "\n```";
    const MORE_BELOW: &str = "\n…";
    let most = limit.most().saturating_sub(limit.size_of(FENCE));
    let mut at = in_text(text, most, limit);
    let mut is_code = false;
    // Behind the last thing that would be none with something on its line.
    let mut alone = 0;
    for (event, range) in Parser::new_ext(text, MARKDOWN).into_offset_iter() {
        if range.start >= at {
            break;
        }
        let is_cut = range.end > at;
        let is_one = match &event {
            Event::Start(tag) => is_inline(tag),
            Event::Text(said) => text[range.clone()] != **said && !is_code,
            Event::Code(_) | Event::Html(_) | Event::InlineHtml(_) | Event::Rule => true,
            _ => false,
        };
        if is_cut && is_one {
            at = range.start;
            break;
        }
        match &event {
            Event::Start(Tag::CodeBlock(_)) if is_cut => match within_code(text, &range, at) {
                Some(inside) => (at, is_code) = inside,
                None => {
                    at = range.start;
                    break;
                }
            },
            Event::Start(Tag::CodeBlock(_)) | Event::Rule => alone = range.end,
            _ => {}
        }
    }
    if is_escape(&text[..at]) && !is_code {
        at -= 1;
    }
    let is_alone = !is_code && alone > 0 && text[..at].trim_end().len() <= alone;
    let end = if is_code { FENCE.to_owned() } else { String::new() };
    (at, if is_alone { MORE_BELOW } else { MORE }, end)
}

/// Where to cut in the block of code at `range` that `at` is in, and whether it is a fence that is to
/// be closed there. None: nothing of it is kept.
fn within_code(text: &str, range: &Range<usize>, at: usize) -> Option<(usize, bool)> {
    let block = text[range.clone()].trim_end();
    let first = block.find('\n').map_or(block.len(), |line| line + 1);
    if at <= range.start + first {
        return None;
    }
    if !block.starts_with("```") {
        return Some((at, false));
    }
    let last = block.rfind('\n').filter(|line| block[line + 1..].trim_start().starts_with("```"));
    Some((last.map_or(at, |last| at.min(range.start + last)), true))
}

/// What is seen as one thing, and means something else when only a part of it is there.
fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Link { .. }
            | Tag::Image { .. }
            | Tag::TableHead
            | Tag::TableRow
    )
}

#[cfg(test)]
mod tests;
