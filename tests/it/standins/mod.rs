//! Every kind of channel against its service, as the simulator plays it, over real HTTP.
//!
//! `fixtures/standins/KIND/channel.toml` holds the channels; `{base}` in it is the stand-in's
//! address, and `SECRET` stands in every key. `story.txt` tells what is done, and behind two spaces
//! what comes of it. With `UPDATE_FIXTURES=1` the latter is written.

mod hooks;
mod pace;
mod play;
mod properties;
mod redaction;

use std::path::Path;

use yizhan::channels::Bound;
use yizhan::channels::KINDS;
use yizhan::simulator::services::SERVICES;

use self::hooks::TELLING;
use self::play::Play;
use crate::services::compare;

/// Kinds that speak to no service over HTTP, or to WeChat's own interface, which the simulator plays
/// elsewhere. The mail server of `email` is in `tests/it/email`.
pub(crate) const WITHOUT: &[&str] =
    &["email", "log", "wechat-customer", "wechat-template", "wecom-app"];

#[test]
fn every_kind_that_speaks_http_has_a_stand_in() {
    let kinds = KINDS.iter().map(|kind| kind.name).filter(|name| !WITHOUT.contains(name));
    let services: Vec<&str> = SERVICES.iter().map(|service| service.kind).collect();
    assert_eq!(services, kinds.collect::<Vec<_>>());
}

#[test]
fn both_pages_say_what_is_special_about_each_service() {
    let services: Vec<&str> = SERVICES.iter().map(|service| service.kind).collect();
    for page in ["docs/simulate.md", "docs/simulate.zh-CN.md"] {
        let text = std::fs::read_to_string(page).unwrap();
        let cells = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        let listed: Vec<&str> =
            cells.map(|(kind, _)| kind).filter(|kind| services.contains(kind)).collect();
        assert_eq!(listed, services, "{page}");
    }
}

/// Where a kind says how long it leaves its service alone, a story has a service that was sent too
/// much, and a channel that waits so long.
#[test]
fn the_rest_that_a_kind_promises_is_taken_in_its_story() {
    for kind in KINDS.iter().filter(|kind| !WITHOUT.contains(&kind.name)) {
        let story = Path::new("fixtures/standins").join(kind.name).join("story.txt");
        let story = std::fs::read_to_string(story).unwrap();
        for bound in kind.limits {
            if let Bound::Rest(seconds) = bound {
                let words = format!("quota {seconds}s {}", kind.name.split('-').next().unwrap());
                let is_there =
                    story.contains(&words) || story.contains(&format!("quota {seconds}s http.429"));
                assert!(is_there, "{}: {words}", kind.name);
            }
        }
    }
}

/// A cell says yes where a stand-in has taken something, has written to a hook that answers, or has
/// told what became of what it took.
#[test]
fn each_cell_of_the_readmes_is_backed_by_a_stand_in() {
    let told = |kind: &str, words: &str| {
        let path = Path::new("fixtures/standins").join(kind).join("story.txt");
        std::fs::read_to_string(path).unwrap_or_default().contains(words)
    };
    for page in ["README.md", "README.zh-CN.md"] {
        let text = std::fs::read_to_string(page).unwrap();
        let mut seen = Vec::new();
        for line in text.lines().filter(|line| line.matches(" | ").count() == 5) {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let kind = cells[1].trim_matches('`');
            let Some(service) = SERVICES.iter().find(|it| it.kind == kind) else { continue };
            let tells = TELLING.iter().any(|(it, ..)| *it == kind);
            let backed = [
                ("sends", told(kind, "\n  delivered ")),
                ("receives", service.has_hook()),
                ("receipts", tells || told(kind, "\n  Confirmed: ")),
            ];
            for ((what, is_backed), cell) in backed.into_iter().zip(&cells[2..]) {
                assert_eq!(*cell != "–", is_backed, "{page}: {kind}: {what}");
            }
            seen.push(kind);
        }
        seen.sort_unstable();
        assert_eq!(seen, SERVICES.iter().map(|it| it.kind).collect::<Vec<_>>(), "{page}");
    }
}

#[tokio::test]
async fn every_stand_in_answers_as_its_story_tells() {
    let mut faults = Vec::new();
    for service in SERVICES {
        let folder = Path::new("fixtures/standins").join(service.kind);
        let path = folder.join("story.txt");
        let story = std::fs::read_to_string(&path).unwrap_or_default();
        let told = Play::start(service.kind, &folder).tell(&story).await;
        faults.extend(compare(&path, &told));
        for (what, needed) in [
            ("a delivery", "  delivered "),
            ("a refusal for ever", "  request "),
            ("a cut line", "  unknown channel.unknown"),
        ] {
            if !told.contains(needed) {
                faults.push(format!("{}: {what} is missing", path.display()));
            }
        }
        if !told.contains("  quota ") && !told.contains("  service ") {
            faults.push(format!("{}: a delay is missing", path.display()));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n\n"));
}
