//! Reads a folder of rule files: all of it, or all its faults.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use super::Rules;
use super::Settings;
use super::ask;
use super::index::Clue;
use super::index::Index;
use super::rule::Rule;
use super::template::Engine;
use crate::config::fault::Fault;
use crate::config::fault::Faults;
use crate::config::server::RuleOrder;
use crate::config::table::Document;
use crate::config::table::LARGEST_FILE;
use crate::config::table::Table;
use crate::config::tree::Place;

/// The most rules a set may have: their numbers are 32 bits, and a file has its limit too.
const MOST_RULES: usize = 1_000_000;

impl Rules {
    /// Reads the `*.toml` directly in `folder`, in the order of their names. `accounts` are the
    /// names that the config knows.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with any of them.
    pub fn load(folder: &Path, accounts: &[&str], settings: &Settings) -> Result<Self, Faults> {
        let mut faults = Faults::new();
        let files = read_files(folder, &mut faults);
        Self::build(&files, accounts, settings, faults)
    }

    /// Reads rules from texts: each file's name with what stands in it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with any of them.
    pub fn parse(
        files: &[(String, String)],
        accounts: &[&str],
        settings: &Settings,
    ) -> Result<Self, Faults> {
        Self::build(files, accounts, settings, Faults::new())
    }

    fn build(
        files: &[(String, String)],
        accounts: &[&str],
        settings: &Settings,
        mut faults: Faults,
    ) -> Result<Self, Faults> {
        let engine = RefCell::new(Engine::new());
        let mut rules: Vec<Rule> = Vec::new();
        let mut places: HashMap<String, Place> = HashMap::new();
        for (file, text) in files {
            let Some(document) = Document::parse(file, text, &mut faults) else { continue };
            document.read(&mut faults, |root| {
                root.finish(&["rule"]);
                for table in root.tables("rule") {
                    let rule = Rule::read(table, &engine, accounts, settings);
                    note_double(&table, &rule.name, &mut places);
                    rules.push(rule);
                }
            });
        }
        if rules.len() > MOST_RULES {
            let message = format!("more than {MOST_RULES} rules");
            faults.push(Fault::of(files.last().map_or("", |(file, _)| file), message));
        }
        if settings.order == RuleOrder::NewestFirst {
            rules.reverse();
        }
        ask::find_tools(&mut rules, &mut faults);
        let warnings = faults.take_warnings();
        faults.or(())?;
        let (shared, bound) = indexes(&rules);
        let (zone, outlets) = (settings.timezone.clone(), settings.outlets.clone());
        let engine = engine.into_inner();
        let public_url = settings.public_url.clone();
        Ok(Self { all: rules, shared, bound, engine, zone, outlets, public_url, warnings })
    }
}

fn read_files(folder: &Path, faults: &mut Faults) -> Vec<(String, String)> {
    let shown = |path: &Path| path.display().to_string();
    let listed = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut paths: Vec<_> = match listed {
        Ok(entries) => entries.into_iter().map(|entry| entry.path()).collect(),
        Err(error) => {
            let advice = "`server.handlers` names the folder of rule files";
            let fault = Fault::of(shown(folder), format!("the folder cannot be read: {error}"));
            faults.push(fault.advise(advice));
            return Vec::new();
        }
    };
    // Editors leave files such as `.#10-a.toml` beside the one they write.
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".toml") && !name.starts_with('.') && !path.is_dir()
    });
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        match read_file(&path) {
            Ok(text) => files.push((shown(&path), text)),
            Err(error) => faults.push(Fault::of(shown(&path), format!("cannot be read: {error}"))),
        }
    }
    files
}

fn read_file(path: &Path) -> io::Result<String> {
    let about = fs::metadata(path)?;
    // One would wait for ever for what somebody writes into a pipe.
    if !about.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if about.len() > LARGEST_FILE as u64 {
        return Err(io::Error::other("larger than 16 MiB"));
    }
    String::from_utf8(fs::read(path)?).map_err(|_| io::Error::other("it is not UTF-8"))
}

/// Names tell the rules apart in logs, in `replay` and in the cooldowns.
fn note_double(table: &Table<'_>, name: &str, places: &mut HashMap<String, Place>) {
    if name.is_empty() {
        return;
    }
    let place = table.place_of("name");
    match places.get(name) {
        Some(first) => {
            let message = format!("a second rule called `{name}`; the first is at {first:?}");
            table.fault("name", message, Some("give each rule a name of its own".to_owned()));
        }
        None => drop(places.insert(name.to_owned(), place.clone())),
    }
}

/// The index of the rules for all accounts, and one of the rules of each account that has some.
fn indexes(rules: &[Rule]) -> (Index, HashMap<String, Index>) {
    let mut shared: Vec<(u32, Clue)> = Vec::new();
    let mut bound: HashMap<&str, Vec<(u32, Clue)>> = HashMap::new();
    for (number, rule) in (0..).zip(rules) {
        match &rule.accounts {
            None => shared.push((number, rule.condition.clue())),
            Some(accounts) => {
                for account in accounts {
                    bound.entry(account).or_default().push((number, rule.condition.clue()));
                }
            }
        }
    }
    let bound = bound.into_iter().map(|(name, rules)| (name.to_owned(), Index::new(&rules)));
    (Index::new(&shared), bound.collect())
}
