//! The bare messages under `fixtures/callbacks`, each with what `decode` says of it beside it.
//! The captures there (`.http`) are tested in `captures`.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;
use yizhan::wechat::inbound::Family;
use yizhan::wechat::inbound::Inbound;
use yizhan::wechat::inbound::TYPES;
use yizhan::wechat::wire::Format;

#[test]
fn every_message_decodes_to_what_stands_beside_it() {
    let mut faults = Vec::new();
    for path in messages() {
        let expected = path.with_extension("expected");
        let Ok(expected) = fs::read_to_string(&expected) else {
            faults.push(format!("{} has no .expected", path.display()));
            continue;
        };
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let decoded = decoded(&parse(&path));
        if decoded != expected {
            faults.push(format!("{}: {decoded:#}\ninstead of {expected:#}", path.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn nothing_is_expected_of_a_file_that_is_gone() {
    let mut stems = BTreeSet::new();
    let mut orphans = Vec::new();
    for path in files().iter().filter(|path| !has_extension(path, &["expected"])) {
        assert!(stems.insert(path.with_extension("")), "two files share {}", path.display());
    }
    for path in files().iter().filter(|path| has_extension(path, &["expected"])) {
        if !stems.contains(&path.with_extension("")) {
            orphans.push(path.clone());
        }
    }
    assert_eq!(orphans, Vec::<PathBuf>::new());
}

#[test]
fn every_name_has_a_message_that_is_typed_in_each_format_it_comes_in() {
    let seen = seen();
    let mut missing = Vec::new();
    for kind in TYPES.iter().flat_map(|types| types.iter()) {
        for name in kind.names {
            for format in formats(kind.family, name) {
                if !seen.contains_key(&(kind.family, (*name).to_owned(), format_name(*format))) {
                    missing.push(format!("{:?} {name} {format:?}", kind.family));
                }
            }
        }
    }
    assert!(missing.is_empty(), "no typed message for:\n{}", missing.join("\n"));
}

#[test]
fn no_name_is_declared_twice() {
    let mut names = BTreeSet::new();
    for kind in TYPES.iter().flat_map(|types| types.iter()) {
        for name in kind.names {
            assert!(names.insert((format!("{:?}", kind.family), *name)), "{name} stands twice");
        }
    }
    assert!(names.len() >= 150, "only {}", names.len());
}

#[test]
fn a_message_in_json_has_the_type_of_its_xml() {
    let mut pairs = 0;
    for path in messages() {
        let stem = path.with_extension("");
        let Some(stem) = stem.to_str().and_then(|stem| stem.strip_suffix("-json")) else {
            continue;
        };
        let xml = PathBuf::from(format!("{stem}.xml"));
        if xml.exists() {
            let (json, xml) = (parse(&path), parse(&xml));
            assert_eq!(json.family(), xml.family(), "{}", path.display());
            if json.is_known() {
                assert_eq!(json.type_name(), xml.type_name(), "{}", path.display());
            }
            pairs += 1;
        }
    }
    assert!(pairs >= 100, "only {pairs}");
}

/// What is documented: bots speak JSON; 企业微信 and the open platform XML; 公众号 (on Cloud Run)
/// and 小程序 both.
fn formats(family: Family, name: &str) -> &'static [Format] {
    match family {
        Family::BotMessage | Family::BotEvent => &[Format::Json],
        Family::Platform => &[Format::Xml],
        Family::Message | Family::Event if WECOM_ALONE.contains(&name) => &[Format::Xml],
        // The name with a blank was seen in JSON alone.
        Family::Event if name == "complaint callback" => &[Format::Json],
        Family::Message | Family::Event | Family::Probe | Family::Other => {
            &[Format::Xml, Format::Json]
        }
    }
}

const WECOM_ALONE: &[&str] = &[
    "active_restored",
    "batch_job_result",
    "change_contact",
    "change_external_chat",
    "change_external_contact",
    "change_external_tag",
    "click",
    "close_inactive_agent",
    "enter_agent",
    "inactive_alert",
    "kf_account_auth_change",
    "kf_msg_or_event",
    "low_active",
    "low_active_alert",
    "open_approval_change",
    "reopen_inactive_agent",
    "share_agent_change",
    "share_chain_change",
    "switch_workbench_mode",
    "sys_approval_change",
    "taskcard_click",
    "template_card_event",
    "template_card_menu_event",
    "unlicensed_notify",
    "upload_media_job_finish",
    "view",
];

/// Each typed message: family, name and format, with one of its files.
fn seen() -> HashMap<(Family, String, &'static str), PathBuf> {
    let mut seen = HashMap::new();
    for path in messages() {
        let inbound = parse(&path);
        if inbound.check() == Some(Ok(())) {
            let format = format_name(inbound.format());
            seen.insert((inbound.family(), inbound.name().to_owned(), format), path);
        }
    }
    seen
}

fn format_name(format: Format) -> &'static str {
    match format {
        Format::Xml => "xml",
        Format::Json => "json",
    }
}

fn decoded(inbound: &Inbound) -> Value {
    let fields: Value = serde_json::from_str(&inbound.root().to_json()).unwrap();
    json!({
        "kind": inbound.kind(),
        "type": inbound.type_name(),
        "typed": inbound.check() == Some(Ok(())),
        "key": inbound.key().as_str(),
        "fields": fields,
    })
}

fn parse(path: &Path) -> Inbound {
    let body = fs::read(path).unwrap();
    Inbound::parse(body).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn messages() -> Vec<PathBuf> {
    files().into_iter().filter(|path| has_extension(path, &["xml", "json"])).collect()
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| extensions.contains(&extension))
}

fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/callbacks");
    for platform in fs::read_dir(root).unwrap() {
        for file in fs::read_dir(platform.unwrap().path()).unwrap() {
            files.push(file.unwrap().path());
        }
    }
    files.sort();
    files
}
