//! A regex of a rule.

use std::sync::OnceLock;

use regex::Regex;
use regex::RegexBuilder;

use super::condition::check_name;
use super::required;
use crate::config::table::Table;

/// The largest compiled regex, in bytes.
const LARGEST_REGEX: usize = 4 << 20;

/// Regexes up to about this many states surely fit. They are compiled when they are first tried:
/// of ten thousand most never are.
const SMALL_REGEX: usize = 20_000;

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
}
