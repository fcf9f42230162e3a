//! What the READMEs promise: the commands are there, and the example is the example.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

const READMES: [&str; 2] = ["README.md", "README.zh-CN.md"];

#[test]
fn both_readmes_begin_with_the_two_commands() {
    for name in READMES {
        let lines: Vec<String> = read(name).lines().take(6).map(str::to_owned).collect();
        assert!(lines[3].starts_with("make run "), "{name}: {}", lines[3]);
        assert!(lines[4].starts_with("make test "), "{name}: {}", lines[4]);
    }
}

#[test]
fn both_readmes_list_the_commands_that_there_are() {
    let commands = commands();
    for name in READMES {
        let text = read(name);
        let rows = text.lines().filter(|line| line.starts_with("| `yizhan "));
        let cells = rows.filter_map(|row| row.split('|').nth(1));
        let listed: BTreeSet<String> = cells
            .flat_map(|cell| cell.split('`').skip(1).step_by(2))
            .map(|command| command.trim_start_matches("yizhan ").to_owned())
            .collect();
        assert_eq!(listed, commands, "{name}");
    }
}

#[test]
fn the_help_of_every_command_has_an_example() {
    for command in commands() {
        let help = yizhan(&[&command, "--help"]);
        let example = format!("yizhan {command}");
        let (_, after) = help.split_once("Example").unwrap_or_default();
        assert!(after.contains(&example), "{command}:\n{help}");
    }
}

#[test]
fn the_examples_of_the_help_name_files_and_flags_that_are_there() {
    for command in commands() {
        let help = yizhan(&[&command, "--help"]);
        let (_, examples) = help.split_once("\nExample").unwrap_or_default();
        for example in examples.lines().filter(|line| line.contains("yizhan ")) {
            let words: Vec<&str> = example.split_whitespace().collect();
            let begins = words.iter().position(|word| *word == "yizhan").unwrap_or_default();
            let inner = words.get(begins + 2).filter(|word| help.contains(&format!("\n  {word} ")));
            let known = match inner {
                Some(inner) if !inner.starts_with('-') => yizhan(&[&command, inner, "--help"]),
                _ => help.clone(),
            };
            for word in words {
                let is_there = match word {
                    file if file.starts_with("fixtures/") => root().join(file).exists(),
                    flag if flag.starts_with("--") => known.lines().any(|line| {
                        line.trim_start().split([' ', ',']).any(|it| it == flag)
                            && line.trim_start().starts_with('-')
                    }),
                    _ => true,
                };
                assert!(is_there, "`{word}` in `{}`", example.trim());
            }
        }
    }
}

#[test]
fn the_example_in_rust_is_the_one_that_is_compiled() {
    let source = read("examples/echo.rs");
    let (_, code) = source.split_once("\n\n").unwrap();
    let block = format!("```rust\n{}\n```", code.trim_end());
    for name in READMES {
        assert!(read(name).contains(&block), "{name} does not show\n{block}");
    }
}

/// What `yizhan --help` lists.
fn commands() -> BTreeSet<String> {
    let help = yizhan(&["--help"]);
    let (_, rest) = help.split_once("Commands:\n").unwrap();
    let (list, _) = rest.split_once("\n\n").unwrap();
    let names = list.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

fn yizhan(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_yizhan")).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
