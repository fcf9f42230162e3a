//! Finds the rules that may hold for a message without asking each: one look-up in a table, one
//! walk over the text whatever the number of rules.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;
use aho_corasick::MatchKind;

use super::required::shortest;

/// By what a rule can be found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Clue {
    /// The folded text is one of these.
    Text(Vec<String>),
    /// Of each of these lists, one string at least is in the folded text. Never empty.
    Parts(Vec<Vec<String>>),
    /// There is a text, and nothing is known of it.
    AnyText,
    /// The `EventKey` is one of these.
    Key(Vec<String>),
    /// It is about these types; in small letters.
    Type(Vec<String>),
    /// A text was typed, or said and recognised.
    Spoken,
    /// Nothing is known.
    Anything,
}

/// What the index asks of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<'q> {
    /// The folded text; empty if there is none.
    pub(super) text: &'q str,
    /// The `EventKey` without its prefix.
    pub(super) key: &'q str,
    /// The type's name in small letters.
    pub(super) kind: &'q str,
    /// Whether the default of `on` takes it.
    pub(super) is_spoken: bool,
}

/// The rules of one account, or those of all accounts, by their clues.
#[derive(Debug, Default)]
pub(super) struct Index {
    texts: HashMap<Box<str>, Vec<u32>>,
    parts: Option<AhoCorasick>,
    /// The rules of each string in `parts`.
    by_part: Vec<Vec<u32>>,
    keys: HashMap<Box<str>, Vec<u32>>,
    kinds: HashMap<Box<str>, Vec<u32>>,
    any_text: Vec<u32>,
    spoken: Vec<u32>,
    anything: Vec<u32>,
}

impl Index {
    /// An index of rules, each with its number and its clue.
    pub(super) fn new(rules: &[(u32, Clue)]) -> Self {
        let mut index = Self::default();
        let mut parts: Vec<(u32, &Vec<Vec<String>>)> = Vec::new();
        for (rule, clue) in rules {
            match clue {
                Clue::Text(texts) => add(&mut index.texts, texts, *rule),
                Clue::Key(keys) => add(&mut index.keys, keys, *rule),
                Clue::Type(kinds) => add(&mut index.kinds, kinds, *rule),
                Clue::Parts(needed) => parts.push((*rule, needed)),
                Clue::AnyText => index.any_text.push(*rule),
                Clue::Spoken => index.spoken.push(*rule),
                Clue::Anything => index.anything.push(*rule),
            }
        }
        index.add_parts(&parts);
        index
    }

    fn add_parts(&mut self, rules: &[(u32, &Vec<Vec<String>>)]) {
        let mut shared: HashMap<&str, usize> = HashMap::new();
        for text in rules.iter().flat_map(|(_, needed)| needed.iter().flatten()) {
            *shared.entry(text).or_default() += 1;
        }
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut patterns: Vec<&str> = Vec::new();
        for (rule, needed) in rules {
            // What the fewest rules share tells most: of ten thousand `部署 {x} 到 …` not `部署`.
            let crowd =
                |any: &&Vec<String>| any.iter().map(|it| shared[it.as_str()]).sum::<usize>();
            let best = needed.iter().min_by_key(|any| (crowd(any), usize::MAX - shortest(any)));
            for part in best.into_iter().flatten() {
                let place = *places.entry(part).or_insert(patterns.len());
                if place == patterns.len() {
                    patterns.push(part);
                    self.by_part.push(Vec::new());
                }
                self.by_part[place].push(*rule);
            }
        }
        let built = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&patterns);
        match built {
            Ok(parts) if !patterns.is_empty() => self.parts = Some(parts),
            Ok(_) => {}
            // Too large to build: these rules are asked one by one.
            Err(_) => self.any_text.extend(rules.iter().map(|(rule, _)| *rule)),
        }
    }

    /// Adds the numbers of the rules that may hold, in no order and perhaps twice.
    pub(super) fn collect(&self, query: Query<'_>, found: &mut Vec<u32>) {
        found.extend(&self.anything);
        if !self.kinds.is_empty() {
            found.extend(self.kinds.get(query.kind).into_iter().flatten());
        }
        if query.is_spoken {
            found.extend(&self.spoken);
        }
        if !query.key.is_empty() && !self.keys.is_empty() {
            found.extend(self.keys.get(query.key).into_iter().flatten());
        }
        if query.text.is_empty() {
            return;
        }
        found.extend(&self.any_text);
        if !self.texts.is_empty() {
            found.extend(self.texts.get(query.text).into_iter().flatten());
        }
        if let Some(parts) = &self.parts {
            for part in parts.find_overlapping_iter(query.text) {
                found.extend(&self.by_part[part.pattern().as_usize()]);
            }
        }
    }
}

fn add(table: &mut HashMap<Box<str>, Vec<u32>>, names: &[String], rule: u32) {
    for name in names {
        table.entry(name.as_str().into()).or_default().push(rule);
    }
}
