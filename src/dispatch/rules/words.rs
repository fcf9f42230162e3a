//! Words with holes: `部署 {service} 到 {env}`.
//!
//! A hole takes as little as it can, but something. A blank stands for any blanks; where words
//! would run together without one there must be one (`deploy {x}` is not `deployment`), beside a
//! 汉字 there may be none (`部署商城到生产`).

use std::ops::Range;

use super::subject::fold;

/// Why something is no pattern, and at which byte of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct PatternError {
    pub(super) at: usize,
    pub(super) message: String,
}

/// A pattern, read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Words {
    /// What stands before the first hole, then what stands behind each hole.
    first: Vec<Piece>,
    holes: Vec<Hole>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Hole {
    name: String,
    /// What stands behind it, up to the next hole or the end.
    then: Vec<Piece>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Piece {
    /// Folded; without blanks.
    Literal(String),
    Blank {
        is_needed: bool,
    },
}

impl Words {
    /// Reads a pattern.
    pub(super) fn parse(text: &str) -> Result<Self, PatternError> {
        let error = |at, message: String| Err(PatternError { at, message });
        let begin = text.len() - text.trim_start().len();
        let (mut rest, mut at) = (text.trim(), begin);
        if rest.is_empty() {
            return error(0, "the pattern is empty".to_owned());
        }
        let mut words = Self { first: Vec::new(), holes: Vec::new() };
        let mut before = None;
        while let Some(letter) = rest.chars().next() {
            let length = match letter {
                '{' => {
                    let name = hole_name(rest, at)?;
                    if words.holes.iter().any(|hole| hole.name == name) {
                        return error(at, format!("the hole `{name}` is there twice"));
                    }
                    if words.holes.last().is_some_and(|hole| hole.then.is_empty()) {
                        let message = format!("nothing tells where `{name}` begins");
                        return error(at, message);
                    }
                    words.holes.push(Hole { name: name.to_owned(), then: Vec::new() });
                    name.len() + 2
                }
                '}' => return error(at, "`}` without a `{`".to_owned()),
                _ if letter.is_whitespace() => {
                    let length = rest.len() - rest.trim_start().len();
                    let is_needed = is_word(before) && is_word(rest[length..].chars().next());
                    words.last().push(Piece::Blank { is_needed });
                    length
                }
                _ => {
                    let is_end = |it: char| it.is_whitespace() || "{}".contains(it);
                    let length = rest.find(is_end).unwrap_or(rest.len());
                    words.last().push(Piece::Literal(fold(&rest[..length]).into_owned()));
                    length
                }
            };
            before = rest[..length].chars().next_back();
            rest = &rest[length..];
            at += length;
        }
        Ok(words)
    }

    fn last(&mut self) -> &mut Vec<Piece> {
        match self.holes.last_mut() {
            Some(hole) => &mut hole.then,
            None => &mut self.first,
        }
    }

    /// The names of the holes, in their order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.holes.iter().map(|hole| hole.name.as_str())
    }

    /// The folded words, every one of which must be in a text that fits.
    pub(super) fn literals(&self) -> impl Iterator<Item = &str> {
        let all = self.holes.iter().flat_map(|hole| &hole.then).chain(&self.first);
        all.filter_map(|piece| match piece {
            Piece::Literal(text) => Some(text.as_str()),
            Piece::Blank { .. } => None,
        })
    }

    /// What the holes take of a folded text without blanks around it, if it fits.
    pub(super) fn find(&self, text: &str) -> Option<Vec<Range<usize>>> {
        let mut at = pass(&self.first, text, 0)?;
        let mut taken = Vec::with_capacity(self.holes.len());
        for (index, hole) in self.holes.iter().enumerate() {
            let is_last = index + 1 == self.holes.len();
            let (end, next) = match is_last {
                true => (find_last(&hole.then, text, at)?, text.len()),
                false => find_next(&hole.then, text, at)?,
            };
            taken.push(at..end);
            at = next;
        }
        (at == text.len()).then_some(taken)
    }
}

/// The hole at the start of `rest`.
fn hole_name(rest: &str, at: usize) -> Result<&str, PatternError> {
    let inside = &rest[1..];
    let error = |message: &str| Err(PatternError { at, message: message.to_owned() });
    let Some(end) = inside.find('}') else { return error("`{` without a `}`") };
    let name = &inside[..end];
    if name.starts_with('{') {
        return error("a hole has single braces: `{name}`");
    }
    let is_name = name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
        && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
    match is_name {
        true => Ok(name),
        false => error("a hole is a name of letters, digits and `_` in braces: `{name}`"),
    }
}

/// Whether words run together where this letter meets another without a blank; a hole's brace
/// counts as one. Scripts that write no blanks do not.
fn is_word(letter: Option<char>) -> bool {
    letter.is_some_and(|it| "{}".contains(it) || it.is_alphanumeric() && !is_unspaced(it))
}

/// 汉字, 仮名, Thai, Lao, Khmer, Burmese, and full-width letters.
fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}'
        | '\u{20000}'..='\u{3ffff}')
}

/// The end of `pieces` when they stand at `at`.
fn pass(pieces: &[Piece], text: &str, mut at: usize) -> Option<usize> {
    for piece in pieces {
        let rest = &text[at..];
        at += match piece {
            Piece::Literal(literal) => rest.starts_with(literal.as_str()).then_some(literal.len()),
            Piece::Blank { is_needed } => {
                let length = rest.len() - rest.trim_start().len();
                (length > 0 || !is_needed).then_some(length)
            }
        }?;
    }
    Some(at)
}

/// The first place behind `at` where `pieces` stand, with something between: its start and end.
fn find_next(pieces: &[Piece], text: &str, at: usize) -> Option<(usize, usize)> {
    // What is taken must not be blanks alone.
    let blanks = text[at..].len() - text[at..].trim_start().len();
    let first = text[at + blanks..].chars().next()?;
    let mut from = at + blanks + first.len_utf8();
    loop {
        let start = from + start_of(pieces, &text[from..])?;
        if let Some(end) = pass(pieces, text, start) {
            return Some((start, end));
        }
        from = start + text[start..].chars().next()?.len_utf8();
    }
}

/// Where `pieces` stand at the very end, with something between `at` and them.
fn find_last(pieces: &[Piece], text: &str, at: usize) -> Option<usize> {
    let mut end = text.len();
    for piece in pieces.iter().rev() {
        let rest = text.get(at..end)?;
        end -= match piece {
            Piece::Literal(literal) => rest.ends_with(literal.as_str()).then_some(literal.len()),
            Piece::Blank { is_needed } => {
                let length = rest.len() - rest.trim_end().len();
                (length > 0 || !is_needed).then_some(length)
            }
        }?;
    }
    (!text.get(at..end)?.trim().is_empty()).then_some(end)
}

/// The first place where `pieces` can begin.
fn start_of(pieces: &[Piece], text: &str) -> Option<usize> {
    match pieces {
        [Piece::Literal(literal), ..] => text.find(literal.as_str()),
        [Piece::Blank { is_needed: false }, Piece::Literal(literal), ..] => {
            let at = text.find(literal.as_str())?;
            Some(text[..at].trim_end().len())
        }
        _ => text.find(char::is_whitespace),
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    /// What the holes of `pattern` take of `text`, or why not.
    fn holes(pattern: &str, text: &str) -> Option<Vec<String>> {
        let found = Words::parse(pattern).unwrap().find(text)?;
        Some(found.into_iter().map(|range| text[range].trim().to_owned()).collect())
    }

    #[test]
    fn holes_take_as_little_as_they_can() {
        let table: &[(&str, &str, Option<&[&str]>)] = &[
            ("部署 {service} 到 {env}", "部署 商城 到 生产", Some(&["商城", "生产"])),
            ("部署 {service} 到 {env}", "部署商城到生产", Some(&["商城", "生产"])),
            ("部署 {service} 到 {env}", "部署 a 到 b 到 c", Some(&["a", "b 到 c"])),
            ("部署 {service} 到 {env}", "部署到到到", Some(&["到", "到"])),
            ("部署 {service} 到 {env}", "部署 到 生产", None),
            ("部署 {service} 到 {env}", "请部署 a 到 b", None),
            ("deploy {x}", "deploy shop", Some(&["shop"])),
            ("deploy {x}", "deploy   shop now", Some(&["shop now"])),
            ("deploy {x}", "deployment", None),
            ("deploy {x}", "deploy", None),
            ("deploy {x} to {y}", "deploy to to to", Some(&["to", "to"])),
            ("deploy {x} to {y}", "deploy tomato to", None),
            ("deploy {x} to {y}", "deploy a tomato to b", Some(&["a tomato", "b"])),
            ("{a} {b}", "one two three", Some(&["one", "two three"])),
            ("{a}:{b}", "x: y", Some(&["x", "y"])),
            ("{a}:{b}", "x:", None),
            ("{a}:{b}", ": y", None),
            ("{a}:{b}", "::y", Some(&[":", "y"])),
            ("{n}天后提醒我{what}", "3天后提醒我交房租", Some(&["3", "交房租"])),
            ("{n}天后提醒我{what}吧", "3天后提醒我吃吧吧", Some(&["3", "吃吧"])),
            ("订单{id}", "订单 42", Some(&["42"])),
            ("订单 {id} 呢？", "订单42呢？", Some(&["42"])),
            ("帮助", "帮助", Some(&[])),
            ("my help", "my  help", Some(&[])),
            ("my help", "myhelp", None),
            ("帮助", "帮助我", None),
            ("{all}", "x", Some(&["x"])),
            ("{all} please", "please", None),
            ("{all} please", "tea please", Some(&["tea"])),
            ("café {x}", "caféteria", None),
            ("{a}ab{b}", "xaab", None),
            ("{a}ab{b}", "xaabz", Some(&["xa", "z"])),
        ];
        for (pattern, text, expected) in table {
            let expected = expected.map(|it| it.iter().map(|it| (*it).to_owned()).collect());
            assert_eq!(holes(pattern, text), expected, "{pattern} | {text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_told_with_its_place() {
        let table = [
            ("", 0, "the pattern is empty"),
            ("a {x", 2, "`{` without a `}`"),
            ("a x}", 3, "`}` without a `{`"),
            ("a {x}{y}", 5, "nothing tells where `y` begins"),
            ("a {x} b {x}", 8, "the hole `x` is there twice"),
            ("a {{ x }}", 2, "a hole has single braces: `{name}`"),
            ("a {}", 2, "a hole is a name of letters, digits and `_` in braces: `{name}`"),
            ("a {1x}", 2, "a hole is a name of letters, digits and `_` in braces: `{name}`"),
            ("a {x y}", 2, "a hole is a name of letters, digits and `_` in braces: `{name}`"),
        ];
        for (pattern, at, message) in table {
            let error = Words::parse(pattern).unwrap_err();
            assert_eq!((error.at, error.message.as_str()), (at, message), "{pattern}");
        }
    }
}
