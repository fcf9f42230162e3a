//! What is wrong in a file its owner wrote: where, what, and what to write instead.

use std::fmt;
use std::mem;

use serde::Serialize;

/// How many faults are kept; beyond, they are only counted.
const KEPT: usize = 200;

/// The longest word that [`nearest`] compares, in bytes.
const LONGEST_WORD: usize = 64;

/// One thing wrong, at one place.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Fault {
    /// The file as its owner named it, or the environment variable.
    pub file: String,
    /// The line, from 1. 0 where there are no lines: a whole file, or an environment variable.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong: lower case, the thing in backticks, no full stop.
    pub message: String,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Fault {
    /// A fault of a whole file, or of something that has no lines.
    pub fn of(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), line: 0, column: 0, message: message.into(), advice: None }
    }

    /// The same with a suggestion.
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.file, self.message)?,
            line => write!(out, "{}:{line}:{}: {}", self.file, self.column, self.message)?,
        }
        match &self.advice {
            Some(advice) => write!(out, "\n  {advice}"),
            None => Ok(()),
        }
    }
}

/// All that is wrong, and what is only worth a warning. The first 200 of each are kept.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Faults {
    kept: Vec<Fault>,
    warnings: Vec<Fault>,
    more: usize,
}

impl Faults {
    /// Nothing wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds something that must be put right.
    pub fn push(&mut self, fault: Fault) {
        match self.kept.len() < KEPT {
            true => self.kept.push(fault),
            false => self.more += 1,
        }
    }

    /// Adds something that its owner should know, and that stops nothing.
    pub fn warn(&mut self, warning: Fault) {
        if self.warnings.len() < KEPT {
            self.warnings.push(warning);
        }
    }

    /// Adds everything of `other`.
    pub fn append(&mut self, other: Self) {
        self.extend(other.kept);
        other.warnings.into_iter().for_each(|warning| self.warn(warning));
        self.more += other.more;
    }

    /// Whether nothing is wrong; warnings do not count.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Whether a further fault would only be counted.
    pub(super) fn is_full(&self) -> bool {
        self.kept.len() >= KEPT
    }

    /// How many things are wrong, those that were not kept included.
    pub fn len(&self) -> usize {
        self.kept.len() + self.more
    }

    /// What is wrong, in the order it was found.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.kept.iter()
    }

    /// What is only worth a warning.
    pub fn warnings(&self) -> impl Iterator<Item = &Fault> {
        self.warnings.iter()
    }

    /// Takes the warnings out.
    pub fn take_warnings(&mut self) -> Vec<Fault> {
        mem::take(&mut self.warnings)
    }

    /// Brings everything into the order of the file; what has no line comes first.
    pub fn sort(&mut self) {
        let place = |fault: &Fault| (fault.line, fault.column);
        self.kept.sort_by_key(place);
        self.warnings.sort_by_key(place);
    }

    /// `value` when nothing is wrong, all faults otherwise.
    ///
    /// # Errors
    ///
    /// These faults.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl Extend<Fault> for Faults {
    fn extend<I: IntoIterator<Item = Fault>>(&mut self, faults: I) {
        faults.into_iter().for_each(|fault| self.push(fault));
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.kept.iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(out, "{end}{fault}")?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(out, "\nand {more} more"),
        }
    }
}

impl std::error::Error for Faults {}

/// The candidate that `word` was probably meant to be, or none when nothing is near.
///
/// Counts letters changed, left out, added, and neighbours swapped; one in three may differ.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.is_empty() || word.len() > LONGEST_WORD {
        return None;
    }
    let word: Vec<char> = word.to_lowercase().chars().collect();
    let most = (word.len() / 3).clamp(1, 3);
    let near = candidates.into_iter().filter(|it| it.len() <= LONGEST_WORD).filter_map(|it| {
        let candidate: Vec<char> = it.to_lowercase().chars().collect();
        let is_start = word.len() >= 3 && candidate.starts_with(&word);
        let far = if is_start { most } else { distance(&word, &candidate) };
        (far <= most).then_some((far, it))
    });
    near.min_by_key(|(far, _)| *far).map(|(_, candidate)| candidate)
}

/// The advice that goes with [`nearest`].
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// How many single-letter changes lie between the two (optimal string alignment).
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, counterpart) in other.iter().enumerate() {
            let change = above[j] + usize::from(letter != counterpart);
            let mut least = change.min(above[j + 1] + 1).min(row[j] + 1);
            let is_swap = i > 0 && j > 0 && one[i - 1] == *counterpart && other[j - 1] == *letter;
            if is_swap {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = mem::replace(&mut above, row);
    }
    above[other.len()]
}

#[cfg(test)]
mod tests {
    use super::Fault;
    use super::Faults;
    use super::did_you_mean;
    use super::nearest;

    #[test]
    fn a_fault_prints_its_place_and_its_advice() {
        let fault = Fault {
            file: "handlers/a.toml".into(),
            line: 3,
            column: 1,
            message: "unknown key `equal`".into(),
            advice: did_you_mean("equal", ["match", "equals", "regex"]),
        };
        let text = "handlers/a.toml:3:1: unknown key `equal`\n  did you mean `equals`?";
        assert_eq!(fault.to_string(), text);
        assert_eq!(
            serde_json::to_string(&fault).unwrap(),
            r#"{"file":"handlers/a.toml","line":3,"column":1,"message":"unknown key `equal`","advice":"did you mean `equals`?"}"#
        );
    }

    #[test]
    fn the_nearest_word_is_found_for_slips_and_not_for_strangers() {
        let keys = ["token", "mode", "name", "holding_text", "reply_within"];
        assert_eq!(nearest("tokne", keys), Some("token"));
        assert_eq!(nearest("Mode", keys), Some("mode"));
        assert_eq!(nearest("nmae", keys), Some("name"));
        assert_eq!(nearest("holding", keys), Some("holding_text"));
        assert_eq!(nearest("reply_whitin", keys), Some("reply_within"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), keys), None);
    }

    #[test]
    fn faults_beyond_the_200th_are_counted_and_not_kept() {
        let mut faults = Faults::new();
        faults.extend((0..205).map(|at| Fault::of("a.toml", format!("fault {at}"))));
        assert_eq!(faults.iter().count(), 200);
        assert_eq!(faults.len(), 205);
        assert!(faults.to_string().ends_with("a.toml: fault 199\nand 5 more"));
    }

    #[test]
    fn warnings_alone_are_no_reason_to_refuse() {
        let mut faults = Faults::new();
        faults.warn(Fault::of("a.toml", "unused"));
        assert_eq!(faults.clone().or(7), Ok(7));
        faults.push(Fault::of("a.toml", "wrong"));
        assert!(faults.or(7).is_err());
    }
}
