//! The crate is made of tables: each sorted, without doubles, and every line of it explained.

use std::collections::BTreeSet;
use std::fs;

use yizhan::code::CODES;
use yizhan::config::settings::SECTIONS;
use yizhan::metrics::ACCOUNT_METRICS;
use yizhan::metrics::Metrics;
use yizhan::wechat::Mode;
use yizhan::wechat::Platform;
use yizhan::wechat::errcode;
use yizhan::wechat::inbound;

use crate::layers::rust_files;
use crate::layers::source_folder;

/// The longest a file may be, its tests included; longer ones are split by noun.
const LINES: usize = 400;

#[test]
fn no_file_is_longer_than_the_budget() {
    let long: Vec<String> = rust_files(&source_folder())
        .into_iter()
        .map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .filter(|(lines, _)| *lines > LINES)
        .map(|(lines, path)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "over {LINES} lines:\n{}", long.join("\n"));
}

#[test]
fn every_file_begins_with_what_it_is_for() {
    for path in rust_files(&source_folder()) {
        if path.ends_with("tests.rs") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        assert!(source.starts_with("//! "), "{} has no `//!`", path.display());
    }
}

#[test]
fn error_codes_are_sorted_and_named_area_dot_what() {
    assert!(CODES.is_sorted_by(|a, b| a.name < b.name));
    for code in CODES {
        let (area, what) = code.name.split_once('.').unwrap();
        let is_word = |it: &str| it.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        assert!(is_word(area) && is_word(what), "{}", code.name);
    }
}

#[test]
fn errcodes_are_sorted_and_of_one_meaning_for_each_surface() {
    let keys: Vec<_> = errcode::TABLE.iter().map(|row| (row.number, row.surface)).collect();
    assert!(keys.is_sorted_by(|a, b| a < b));
}

#[test]
fn counters_are_named_once_and_explained() {
    let mut names = BTreeSet::new();
    for (name, help) in ACCOUNT_METRICS {
        assert!(names.insert(name), "{name} is there twice");
        assert!(name.starts_with("yizhan_") && name.ends_with("_total"), "{name}");
        assert!(!help.is_empty(), "{name}");
    }
}

#[test]
fn every_counter_of_an_account_is_shown_with_its_help() {
    let metrics = Metrics::new();
    drop(metrics.account("shop"));
    let text = metrics.encode().unwrap();
    for (name, help) in ACCOUNT_METRICS {
        let family = name.trim_end_matches("_total");
        assert!(text.contains(&format!("# HELP {family} {help}")), "{family} in\n{text}");
        assert!(text.contains(&format!("{name}{{account=\"shop\"}} 0")), "{name} in\n{text}");
    }
}

#[test]
fn every_setting_is_there_once_and_explained() {
    let mut sections = BTreeSet::new();
    for section in SECTIONS {
        assert!(sections.insert(section.name), "[{}] is there twice", section.name);
        assert!(section.doc.ends_with('.'), "[{}]: {}", section.name, section.doc);
        let mut keys = BTreeSet::new();
        for setting in section.settings {
            let key = format!("[{}] {}", section.name, setting.key);
            assert!(keys.insert(setting.key), "{key} is there twice");
            assert!(!setting.doc.is_empty(), "{key}");
        }
    }
}

#[test]
fn a_name_on_the_wire_has_one_type() {
    let mut seen = BTreeSet::new();
    for kind in inbound::TYPES.iter().copied().flatten() {
        assert!(!kind.names.is_empty());
        for name in kind.names {
            let key = format!("{:?} {name}", kind.family);
            assert!(seen.insert(key.clone()), "{key} has two types");
        }
    }
    assert!(seen.len() > 150, "{} names", seen.len());
}

#[test]
fn platforms_and_modes_are_found_by_the_name_that_the_config_uses() {
    for (platform, name) in Platform::ALL {
        assert_eq!(platform.name(), name);
    }
    for (mode, name) in Mode::ALL {
        assert_eq!(mode.name(), name);
    }
}
