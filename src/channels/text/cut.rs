//! Texts cut to what a service takes: never inside a character, a tag, a link or an emphasis.

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
pub(in crate::channels) enum Limit {
    /// Characters (Unicode scalar values).
    Chars(usize),
    /// Units of UTF-16: most characters are one, emoji are two.
    Utf16(usize),
    /// Bytes of UTF-8.
    Bytes(usize),
    /// Bytes of UTF-8 as a JSON string has them, the quotes not counted.
    Json(usize),
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
    let (kept, end) = match format {
        Format::Text => (in_text(text, limit.most(), limit), String::new()),
        Format::Html => in_html(text, limit),
        Format::Markdown => in_markdown(text, limit),
    };
    if kept == 0 && format != Format::Text {
        return plain(text, format, limit);
    }
    let more = if limit.size_of(MORE) <= limit.most() { MORE } else { "" };
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
fn in_html(text: &str, limit: Limit) -> (usize, String) {
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
    (kept, end)
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

/// Where to cut, and what closes a block of code that is open there.
fn in_markdown(text: &str, limit: Limit) -> (usize, String) {
    const FENCE: &str = "\n```";
    let most = limit.most().saturating_sub(limit.size_of(FENCE));
    let mut at = in_text(text, most, limit);
    let mut is_code = false;
    for (event, range) in Parser::new_ext(text, MARKDOWN).into_offset_iter() {
        if range.start >= at {
            break;
        }
        let is_cut = range.end > at;
        let is_one = match &event {
            Event::Start(tag) => is_inline(tag),
            Event::Text(said) => text[range.clone()] != **said && !is_code,
            Event::Code(_) | Event::Html(_) | Event::InlineHtml(_) => true,
            _ => false,
        };
        if is_cut && is_one {
            at = range.start;
            break;
        }
        if let (true, Event::Start(Tag::CodeBlock(_))) = (is_cut, &event) {
            let first = &text[range.clone()];
            is_code = first.starts_with("```");
            let opened = range.start + first.find('\n').map_or(first.len(), |line| line + 1);
            if at <= opened {
                at = range.start;
                is_code = false;
                break;
            }
        }
    }
    if is_escape(&text[..at]) && !is_code {
        at -= 1;
    }
    (at, if is_code { FENCE.to_owned() } else { String::new() })
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
mod tests {
    use proptest::prelude::ProptestConfig;
    use proptest::proptest;

    use super::Limit;
    use super::cut;
    use crate::notification::Format;

    fn text(text: &str, format: Format, limit: Limit) -> String {
        cut(text, format, limit).text
    }

    #[test]
    fn what_fits_stays_and_what_was_left_out_is_counted() {
        assert_eq!(text("磁盘满", Format::Text, Limit::Chars(3)), "磁盘满");
        let short = cut("磁盘已满了", Format::Text, Limit::Chars(3));
        assert_eq!((short.text.as_str(), short.left_out), ("磁盘…", 3));
        let remark = "the last 3 characters were cut off: the service takes no more";
        assert_eq!(short.remark(), remark);
    }

    #[test]
    fn a_character_is_never_cut_however_it_is_written() {
        assert_eq!(text("磁盘满", Format::Text, Limit::Bytes(8)), "磁…");
        assert_eq!(text("ab👨‍👩‍👧cd", Format::Text, Limit::Chars(6)), "ab…");
        assert_eq!(text("e\u{301}e\u{301}x", Format::Text, Limit::Chars(4)), "e\u{301}…");
        assert_eq!(text("a\"\"b", Format::Text, Limit::Json(5)), "a…");
    }

    #[test]
    fn html_is_cut_between_tags_and_closed() {
        let html = "<p>a <b>bold</b> &amp; more</p>";
        assert_eq!(text(html, Format::Html, Limit::Chars(19)), "<p>a <b>bo…</b></p>");
        assert_eq!(text(html, Format::Html, Limit::Chars(25)), "<p>a <b>bold</b>…</p>");
        assert_eq!(text("a<br>b<br/>c", Format::Html, Limit::Chars(9)), "a<br>b…");
        let link = format!("<a href=\"https://a.example/{}\">log</a> of today", "x".repeat(90));
        assert_eq!(text(&link, Format::Html, Limit::Chars(20)), "log (https://a.exam…");
    }

    #[test]
    fn markdown_is_cut_before_a_link_or_an_emphasis_and_code_is_closed() {
        let link = "see [the log](https://a.example/log) now";
        assert_eq!(text(link, Format::Markdown, Limit::Chars(30)), "see…");
        assert_eq!(text("a **bold** word", Format::Markdown, Limit::Chars(11)), "a…");
        assert_eq!(text("a \\*b c d e", Format::Markdown, Limit::Chars(8)), "a…");
        let code = "```\nline 1\nline 2\n```";
        assert_eq!(text(code, Format::Markdown, Limit::Chars(18)), "```\nline 1\nli…\n```");
        let all = format!("**{}**", "x".repeat(30));
        assert_eq!(text(&all, Format::Markdown, Limit::Chars(10)), "xxxxxxxxx…");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn whatever_is_cut_fits(body in "[a<b>/p&;*`#\n\\[\\]()\\\\磁👨\u{200d} ]{0,60}", most in 0_usize..40) {
            for limit in [Limit::Chars(most), Limit::Utf16(most), Limit::Bytes(most), Limit::Json(most)] {
                for format in [Format::Text, Format::Markdown, Format::Html] {
                    let cut = cut(&body, format, limit);
                    assert!(limit.size_of(&cut.text) <= most, "{cut:?}");
                }
            }
        }
    }
}
