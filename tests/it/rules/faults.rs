//! What is wrong in a rule file, as its owner reads it.

use std::path::Path;

use yizhan::dispatch::rules::Rules;
use yizhan::dispatch::rules::Settings;

use super::Desk;
use super::faults_of;
use super::settings;

/// Rule files with what is said of each: the place and what is wrong there, and what to do.
const FAULTS: &str = include_str!("faults.txt");

#[test]
fn every_fault_is_told_with_file_line_column_and_advice() {
    let cases = FAULTS.split("===\n").filter(|case| !case.is_empty());
    let mut count = 0;
    for case in cases {
        let (rules, expected) = case.split_once("--- says\n").unwrap();
        assert_eq!(faults_of(rules), expected, "\n{rules}");
        count += 1;
    }
    assert!(count >= 70, "{count}");
}

#[test]
fn the_faults_of_all_files_come_at_once() {
    let files = [
        ("10-a.toml", "[[rule]]\nname = 'a'\nreplay = 'x'\n"),
        ("20-b.toml", "[[rule]]\nname = b\n"),
        ("30-c.toml", "[[rule]]\nname = 'a'\nreply = '{{ x }}'\n"),
    ];
    let faults = Desk::load(&files).map(|_| ()).unwrap_err();
    let places = faults.iter().map(|it| (it.file.rsplit('/').next().unwrap(), it.line, it.column));
    assert_eq!(
        places.collect::<Vec<_>>(),
        [
            ("10-a.toml", 3, 1),
            ("10-a.toml", 1, 1),
            ("20-b.toml", 2, 8),
            ("30-c.toml", 3, 13),
            ("30-c.toml", 2, 1),
        ]
    );
}

#[test]
fn a_type_that_looks_like_a_slip_is_only_worth_a_warning() {
    let rules = "[[rule]]\nname = 'a'\non = ['event:subscirbe', 'event:made_tomorrow', 'subscribe', \
        'event:scan', 'image']\nreply = 'x'\n";
    let desk = Desk::with(rules);
    let rules = desk.handler.rules();
    let warnings: Vec<_> = rules
        .warnings()
        .iter()
        .map(|it| (it.message.as_str(), it.advice.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        warnings,
        [
            ("no message or event is called `event:subscirbe`", "did you mean `event:subscribe`?"),
            ("no message or event is called `subscribe`", "did you mean `event:subscribe`?"),
        ]
    );
}

#[test]
fn without_a_webhook_secret_what_is_forwarded_is_unsigned_and_a_warning_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "[[rule]]\nname = 'a'\nforward = 'https://example.com'\n";
    std::fs::write(folder.path().join("a.toml"), rule).unwrap();
    let settings = Settings { webhook_secret: None, ..settings() };
    let rules = Rules::load(folder.path(), &[], &settings).unwrap();
    let warning = &rules.warnings()[0];
    assert_eq!((warning.line, warning.message.as_str()), (3, "what is forwarded is not signed"));
    assert_eq!(
        warning.advice.as_deref(),
        Some("set `server.webhook_secret`, so that the other side knows who asks")
    );
}

#[test]
fn a_folder_that_is_not_there_is_a_fault() {
    let faults = Rules::load(Path::new("no/such/folder"), &[], &settings()).unwrap_err();
    let text = faults.to_string();
    assert!(text.starts_with("no/such/folder: the folder cannot be read: "), "{text}");
    assert!(text.ends_with("`server.handlers` names the folder of rule files"), "{text}");
}
