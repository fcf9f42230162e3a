//! What a text must contain for a regex to match: strings to look for before it is tried.

use std::borrow::Cow;

use regex_syntax::hir::Class;
use regex_syntax::hir::Hir;
use regex_syntax::hir::HirKind;

use super::subject::fold;
use super::subject::fold_letter;

/// An alternation of more branches than this is not looked for.
const MOST_BRANCHES: usize = 32;

/// Each item is a list of folded strings, one of which at least is in every folded text that the
/// regex matches. No items: nothing is known.
pub(super) fn of_regex(hir: &Hir) -> Vec<Vec<String>> {
    let mut found = Found::default();
    found.walk(hir);
    found.end_run();
    found.needed
}

/// About how large the compiled regex will be, in states.
pub(super) fn size_of_regex(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Unicode(class)) => class.ranges().len() * 4,
        HirKind::Class(Class::Bytes(class)) => class.ranges().len(),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min + 1).max(repetition.min);
            size_of_regex(&repetition.sub).saturating_mul(times.max(1) as usize)
        }
        HirKind::Capture(capture) => size_of_regex(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(size_of_regex).fold(1, usize::saturating_add)
        }
    }
}

#[derive(Default)]
struct Found {
    needed: Vec<Vec<String>>,
    /// Letters that stand next to each other in whatever matches.
    run: String,
}

impl Found {
    fn end_run(&mut self) {
        if !self.run.is_empty() {
            self.needed.push(vec![std::mem::take(&mut self.run)]);
        }
    }

    fn walk(&mut self, hir: &Hir) {
        match hir.kind() {
            // Takes no letter, so what is on both sides of it stays together.
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => self.run.push_str(&fold(text)),
                Err(_) => self.end_run(),
            },
            HirKind::Class(class) => match only_letter(class) {
                Some(letter) => self.run.push(letter),
                None => self.end_run(),
            },
            HirKind::Capture(capture) => self.walk(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.walk(part)),
            HirKind::Repetition(repetition) => {
                self.end_run();
                if repetition.min > 0 {
                    self.walk(&repetition.sub);
                    self.end_run();
                }
            }
            HirKind::Alternation(branches) => {
                self.end_run();
                self.needed.extend(one_of(branches));
            }
        }
    }
}

/// The letter all members of the class fold to: what `(?i)` makes of a letter.
fn only_letter(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let is_small = class.ranges().len() <= 8 && class.iter().all(|it| it.len() <= 4);
    let mut letters = class.iter().filter(|_| is_small).flat_map(|it| it.start()..=it.end());
    let first = fold_letter(letters.next()?);
    letters.all(|letter| fold_letter(letter) == first).then_some(first)
}

/// The best string of each branch; nothing if a branch has none.
fn one_of(branches: &[Hir]) -> Option<Vec<String>> {
    let mut all = Vec::new();
    for branch in branches {
        let needed = of_regex(branch);
        all.extend(needed.into_iter().max_by_key(|any| shortest(any))?);
    }
    (all.len() <= MOST_BRANCHES).then_some(all)
}

/// How long the shortest of the strings is, in bytes.
pub(super) fn shortest<S: AsRef<str>>(any: &[S]) -> usize {
    any.iter().map(|text| text.as_ref().len()).min().unwrap_or(0)
}

/// Reads a regex without compiling it.
pub(super) fn parse(regex: &str) -> Result<Hir, Box<regex_syntax::Error>> {
    regex_syntax::Parser::new().parse(regex).map_err(Box::new)
}

/// The byte of the regex at which it is wrong, and what is.
pub(super) fn explain(error: &regex_syntax::Error) -> (usize, Cow<'static, str>) {
    match error {
        regex_syntax::Error::Parse(error) => {
            (error.span().start.offset, error.kind().to_string().into())
        }
        regex_syntax::Error::Translate(error) => {
            (error.span().start.offset, error.kind().to_string().into())
        }
        _ => (0, "it cannot be read".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::of_regex;
    use super::parse;
    use crate::dispatch::rules::subject::fold;

    #[test]
    fn what_must_be_there_is_found() {
        let table: &[(&str, &[&[&str]])] = &[
            ("^订单(?P<id>\\d+)$", &[&["订单"]]),
            ("(?i)Hello\\s+WORLD", &[&["hello"], &["world"]]),
            ("Hello", &[&["hello"]]),
            ("(?i)straße", &[&["stra\u{df}e"]]),
            ("ab(cd)ef", &[&["abcdef"]]),
            ("a(b)?c", &[&["a"], &["c"]]),
            ("a(bx)+c", &[&["a"], &["bx"], &["c"]]),
            ("(开灯|关灯)吧", &[&["开灯", "关灯"], &["吧"]]),
            ("开|\\d", &[]),
            ("\\bcat\\b", &[&["cat"]]),
            (".*", &[]),
            ("", &[]),
            ("[abc]d", &[&["d"]]),
        ];
        for (regex, expected) in table {
            let expected: Vec<Vec<String>> = expected
                .iter()
                .map(|any| any.iter().map(|it| (*it).to_owned()).collect())
                .collect();
            assert_eq!(of_regex(&parse(regex).unwrap()), expected, "{regex}");
        }
    }

    #[test]
    fn a_text_that_matches_always_has_what_must_be_there() {
        let regexes =
            ["(?i)ss|\u{df}", "(?i)\u{3c3}\u{3c2}", "(?i)k+el", "a|bc|d", "(?:ab|cd){2}x?"];
        let texts =
            ["SS", "\u{df}", "ſs", "ΣΣ", "σς", "ς\u{3c3}", "\u{212a}el", "KKEL", "bc", "abcd"];
        for regex in regexes {
            let needed = of_regex(&parse(regex).unwrap());
            let compiled = regex::Regex::new(regex).unwrap();
            for text in texts.iter().filter(|text| compiled.is_match(text)) {
                let folded = fold(text);
                let has = |any: &Vec<String>| any.iter().any(|it| folded.contains(it.as_str()));
                assert!(needed.iter().all(has), "{regex} {text} {needed:?}");
            }
        }
    }
}
