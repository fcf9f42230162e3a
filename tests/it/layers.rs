//! Who may use whom: a module uses only modules of the layers above its own line here, and
//! modules of one line do not know each other.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// The layers, lowest first. A new module under `src/` needs its place here.
const LAYERS: &[&[&str]] = &[
    &["clock", "entropy", "generations", "wechat"],
    &["code", "exchange", "log", "metrics", "notification", "page", "simulator", "tasks"],
    &["config", "outcome", "watch"],
    &["access", "account", "capture", "store"],
    &["assistant", "held", "platform", "window"],
    &["channels"],
    &["dispatch", "inbox", "outbox"],
    &["forms", "intake", "submission"],
    &["api", "dialects", "pages", "receiver"],
    &["app"],
    &["cli"],
];

/// What every other module is declared in, or is started from.
const ROOTS: [&str; 2] = ["lib", "main"];

#[test]
fn every_module_uses_only_lower_layers() {
    let src = source_folder();
    let mut faults = Vec::new();
    for path in rust_files(&src) {
        let file = path.strip_prefix(&src).unwrap();
        faults.extend(faults_of(file, &fs::read_to_string(&path).unwrap()));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_module_with_a_layer_exists() {
    let src = source_folder();
    let modules: Vec<String> =
        rust_files(&src).iter().map(|path| module_of(path.strip_prefix(&src).unwrap())).collect();
    for module in LAYERS.iter().copied().flatten() {
        assert!(modules.iter().any(|it| it == module), "`{module}` has a layer and no file");
    }
}

#[test]
fn a_path_upwards_is_a_fault() {
    let fault = faults_of(Path::new("wechat/wire/xml.rs"), "use crate::config::Config;\n");
    assert_eq!(fault, ["wechat/wire/xml.rs:1: `wechat` may not use `config`"]);
}

#[test]
fn a_path_within_one_layer_is_a_fault() {
    let fault = faults_of(Path::new("inbox/mod.rs"), "fn f() {\n    crate::dispatch::g();\n}\n");
    assert_eq!(fault, ["inbox/mod.rs:2: `inbox` may not use `dispatch`"]);
}

#[test]
fn a_module_without_a_layer_is_a_fault() {
    let fault = faults_of(Path::new("attic/mod.rs"), "");
    assert_eq!(fault, ["attic/mod.rs: `attic` has no layer"]);
    let fault = faults_of(Path::new("cli/send.rs"), "use crate::attic::Attic;\n");
    assert_eq!(fault, ["cli/send.rs:1: `cli` may not use `attic`"]);
}

#[test]
fn paths_that_hide_their_module_are_faults() {
    let source = "use super::super::config;\nuse crate::{config, wechat};\n";
    let faults = faults_of(Path::new("app.rs"), source);
    assert_eq!(
        faults,
        ["app.rs:1: write the path from `crate::`", "app.rs:2: write one `use` for each module",]
    );
}

#[test]
fn a_top_level_module_may_not_reach_its_neighbours_by_super() {
    let fault = faults_of(Path::new("wechat/mod.rs"), "use super::config::Config;\n");
    assert_eq!(fault, ["wechat/mod.rs:1: write the path from `crate::`"]);
    assert!(faults_of(Path::new("wechat/wire/mod.rs"), "use super::limits;\n").is_empty());
    assert!(faults_of(Path::new("clock.rs"), "mod tests {\n    use super::Clock;\n}\n").is_empty());
}

#[test]
fn lower_layers_the_module_itself_and_comments_are_no_faults() {
    let source = "use crate::wechat::Mode;\nuse crate::account::Account;\n// crate::cli::main\n";
    assert!(faults_of(Path::new("account.rs"), source).is_empty());
}

/// What is wrong with one file, given by its path below `src/`.
fn faults_of(file: &Path, source: &str) -> Vec<String> {
    let module = module_of(file);
    let shown = file.display();
    if ROOTS.contains(&module.as_str()) {
        return Vec::new();
    }
    let Some(own) = layer(&module) else {
        return vec![format!("{shown}: `{module}` has no layer")];
    };
    let mut faults = Vec::new();
    for (index, line) in source.lines().enumerate() {
        let line_number = index + 1;
        let code = line.trim_start();
        if code.starts_with("//") {
            continue;
        }
        if code.contains("super::super::") || is_neighbour_by_super(file, line) {
            faults.push(format!("{shown}:{line_number}: write the path from `crate::`"));
        }
        for rest in code.split("crate::").skip(1) {
            let used: String =
                rest.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
            if used.is_empty() {
                faults.push(format!("{shown}:{line_number}: write one `use` for each module"));
            } else if is_module(&used) && used != module && layer(&used).is_none_or(|it| it >= own)
            {
                faults.push(format!("{shown}:{line_number}: `{module}` may not use `{used}`"));
            }
        }
    }
    faults
}

/// At the top of a top-level module `super` is the crate, and would slip past the check.
/// Indented lines belong to a module within, where `super` is this file.
fn is_neighbour_by_super(file: &Path, line: &str) -> bool {
    let is_top_level = match file.components().count() {
        1 => true,
        2 => file.ends_with("mod.rs"),
        _ => false,
    };
    is_top_level && (line.starts_with("use super::") || line.starts_with("pub use super::"))
}

/// What follows `crate::` is a module; a macro that the crate exports by name is none.
fn is_module(name: &str) -> bool {
    name.starts_with(|first: char| first.is_lowercase())
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// `inbox/seen.rs` belongs to `inbox`, and so does `inbox.rs`.
fn module_of(file: &Path) -> String {
    let top = file.iter().next().unwrap().to_str().unwrap();
    top.strip_suffix(".rs").unwrap_or(top).to_owned()
}

/// The crate's own sources.
pub(crate) fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file below `folder`, in order.
pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}
