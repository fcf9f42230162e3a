//! A regex of a rule.

use std::sync::OnceLock;

use regex::Captures;
use regex::Regex;
use regex::RegexBuilder;
use serde_json::Map;
use serde_json::Value as Json;

use super::condition::check_name;
use super::required;
use crate::config::table::Table;

/// The largest compiled regex, in bytes.
const LARGEST_REGEX: usize = 4 << 20;

/// Regexes up to about this many states surely fit. They are compiled when they are first tried:
/// of ten thousand most never are.
const SMALL_REGEX: usize = 20_000;

/// The most texts in one list of matches: hits, and what each group took of each.
const MOST_TAKEN: usize = 10_000;

/// Reads `regex`.
pub(super) fn read(table: &Table<'_>) -> Option<Pattern> {
    let text = table.text("regex")?;
    let hir = match required::parse(text.value) {
        Ok(hir) => hir,
        Err(error) => {
            let (at, what) = required::explain(&error);
            table.fault_at(&text.place_of(at), format!("the regex is broken: {what}"), None);
            return None;
        }
    };
    let required = required::of_regex(&hir);
    let regex = Pattern {
        source: text.value.to_owned(),
        names: group_names(&hir),
        required,
        compiled: OnceLock::new(),
    };
    for name in &regex.names {
        check_name(table, &text, name, text.value.find(&format!("<{name}>")).unwrap_or(0));
    }
    if required::size_of_regex(&hir) > SMALL_REGEX && regex.compiled().is_none() {
        table.fault_at(text.place, "the regex is too large", None);
        return None;
    }
    Some(regex)
}

fn group_names(hir: &regex_syntax::hir::Hir) -> Vec<String> {
    use regex_syntax::hir::HirKind;
    let mut names = Vec::new();
    let mut rest = vec![hir];
    while let Some(hir) = rest.pop() {
        match hir.kind() {
            HirKind::Capture(capture) => {
                names.extend(capture.name.as_deref().map(str::to_owned));
                rest.push(&capture.sub);
            }
            HirKind::Repetition(repetition) => rest.push(&repetition.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                rest.extend(parts.iter().rev());
            }
            _ => {}
        }
    }
    names
}

/// A regex that is compiled when it is first tried.
#[derive(Debug)]
pub(super) struct Pattern {
    source: String,
    pub(super) names: Vec<String>,
    pub(super) required: Vec<Vec<String>>,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn compiled(&self) -> Option<&Regex> {
        let compile = || RegexBuilder::new(&self.source).size_limit(LARGEST_REGEX).build().ok();
        self.compiled.get_or_init(compile).as_ref()
    }

    /// What the named groups took, if the regex matches somewhere.
    pub(super) fn holds(&self, text: &str) -> Option<Vec<(String, String)>> {
        let regex = self.compiled().filter(|_| !text.is_empty())?;
        if self.names.is_empty() {
            return regex.is_match(text).then(Vec::new);
        }
        let found = regex.captures(text)?;
        let taken = |name: &String| found.name(name).map_or("", |group| group.as_str()).to_owned();
        Some(self.names.iter().map(|name| (name.clone(), taken(name))).collect())
    }
    /// Every hit in `text`, as `preg_match_all` of PHP lists them by default: an array with the hits,
    /// then what the first group took of each, and so on; a group that took no part took `""`. With a
    /// named group it is an object of these lists, a named group's under its name and its number.
    /// None: there is no hit, or the lists would have more than 10,000 texts.
    ///
    /// Source: PHP manual, "preg_match_all", `PREG_PATTERN_ORDER`.
    pub(super) fn matches(&self, text: &str) -> Option<Json> {
        let regex = self.compiled()?;
        let mut lists: Vec<Vec<Json>> = vec![Vec::new(); regex.captures_len()];
        let mut start = 0;
        while let Some(hit) = regex.captures_at(text, start) {
            for (number, list) in lists.iter_mut().enumerate() {
                list.push(Json::from(hit.get(number).map_or("", |group| group.as_str())));
            }
            if lists[0].len() * lists.len() > MOST_TAKEN {
                return None;
            }
            match next_start(text, &hit) {
                Some(next) => start = next,
                None => break,
            }
        }
        if lists[0].is_empty() {
            return None;
        }
        let is_named = regex.capture_names().flatten().next().is_some();
        if !is_named {
            return Some(lists.into_iter().map(Json::Array).collect());
        }
        let mut object = Map::new();
        for ((number, name), list) in regex.capture_names().enumerate().zip(lists) {
            if let Some(name) = name {
                object.insert(name.to_owned(), Json::Array(list.clone()));
            }
            object.insert(number.to_string(), Json::Array(list));
        }
        Some(Json::Object(object))
    }
}

/// Where the next hit is looked for: behind this one, and behind a letter if it took none.
fn next_start(text: &str, hit: &Captures<'_>) -> Option<usize> {
    let hit = hit.get_match();
    match text[hit.end()..].chars().next() {
        Some(letter) if hit.is_empty() => Some(hit.end() + letter.len_utf8()),
        None if hit.is_empty() => None,
        _ => Some(hit.end()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::Pattern;

    fn matches(regex: &str, text: &str) -> Option<String> {
        let (source, compiled) = (regex.to_owned(), OnceLock::new());
        let pattern = Pattern { source, names: Vec::new(), required: Vec::new(), compiled };
        pattern.matches(text).map(|lists| lists.to_string())
    }

    /// Each line is what `json_encode` makes of `preg_match_all` of PHP 8, with `/u`.
    #[test]
    fn matches_are_listed_as_preg_match_all_lists_them() {
        let table = [
            (
                "把(.+)加到(.+)里",
                "把牛奶加到购物单里",
                r#"[["把牛奶加到购物单里"],["牛奶"],["购物单"]]"#,
            ),
            (r"(\d+)号", "3号和5号", r#"[["3号","5号"],["3","5"]]"#),
            ("开(灯)(快)?", "开灯", r#"[["开灯"],["灯"],[""]]"#),
            ("开灯", "开灯", r#"[["开灯"]]"#),
            (
                r"(?P<n>\d+)号(楼)?",
                "3号和5号楼",
                r#"{"0":["3号","5号楼"],"n":["3","5"],"1":["3","5"],"2":["","楼"]}"#,
            ),
            ("(a)|(b)", "ab", r#"[["a","b"],["a",""],["","b"]]"#),
            ("a*", "baaa", r#"[["","aaa",""]]"#),
            ("", "灯", r#"[["",""]]"#),
        ];
        for (regex, text, expected) in table {
            assert_eq!(matches(regex, text).as_deref(), Some(expected), "{regex} {text}");
        }
        assert_eq!(matches("x", "开灯"), None);
    }

    #[test]
    fn there_is_a_limit_to_what_is_listed() {
        assert!(matches("(a)", &"a".repeat(5_000)).is_some());
        assert_eq!(matches("(a)", &"a".repeat(5_001)), None);
    }
}
