//! What each service sends to its channel's hook, and what is made of it.
//!
//! `fixtures/hooks/KIND/channel.toml` holds one `[[channel]]` or more, with their `hook_secret`s. Each
//! `CASE.http` is a request as the service sends it, at 2023-11-14T22:13:20Z, to the first or to the
//! one called before a dot (`NAME.CASE.http`); `CASE.expected` is what it is answered, what it told of
//! notifications, and what it is for rules. With `UPDATE_FIXTURES=1` they are written.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use yizhan::channels::Arrived;
use yizhan::channels::HOOKS;
use yizhan::channels::Heard;
use yizhan::channels::HookError;

use crate::services;

/// When every request arrives.
const NOW: Duration = Duration::from_secs(1_700_000_000);

#[test]
fn every_hook_takes_what_its_service_sends_and_refuses_what_is_forged() {
    let mut faults = Vec::new();
    for kind in HOOKS {
        let folder = Path::new("fixtures/hooks").join(kind.kind);
        if folder.join("channel.toml").is_file() {
            faults.extend(faults_of(&folder));
        } else {
            faults.push(format!("{}: channel.toml is missing", folder.display()));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n\n"));
}

#[test]
fn the_command_says_what_the_secret_of_a_hook_is() {
    let said = |kind: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yizhan"));
        let output = command.args(["channels", kind]).env_clear().output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let slack = said("slack");
    let line = "Its service sends to /hook/NAME; `hook_secret` is the Signing Secret of the app.";
    assert!(slack.contains("  hook_secret = ") && slack.contains(line), "{slack}");
    assert!(!said("bark").contains("hook"));
}

/// What differs from the files in one kind's folder.
fn faults_of(folder: &Path) -> Vec<String> {
    let (first, channels) = services::channels(folder, "http://127.0.0.1:9");
    let (mut faults, mut kinds) = (Vec::new(), [0, 0]);
    for path in services::files(folder, "http") {
        let arrived = parse(&fs::read_to_string(&path).unwrap());
        let case = path.file_stem().unwrap().to_str().unwrap();
        let name = case.split_once('.').map_or(first.as_str(), |(name, _)| name);
        let hook = channels.hook(name).expect("the channel has a hook");
        let heard = hook.open(&arrived, NOW);
        kinds[usize::from(matches!(heard, Err(HookError::Secret | HookError::Signature)))] += 1;
        // Not even a fault shows a secret.
        let printed = format!("{heard:?}");
        assert!(!printed.contains("SECRET"), "{}: {printed}", path.display());
        faults.extend(services::compare(&path.with_extension("expected"), &shown(heard)));
    }
    if kinds.contains(&0) {
        faults.push(format!("{}: one that is taken and one that is forged", folder.display()));
    }
    faults
}

/// A request as its file has it.
pub(super) fn parse(text: &str) -> Arrived {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let is_check = first.next() == Some("GET");
    let (_, query) = first.next().unwrap().split_once('?').unwrap_or_default();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_ascii_lowercase(), value.to_owned())
    };
    Arrived {
        is_check,
        query: query.to_owned(),
        headers: lines.map(header).collect(),
        body: body.strip_suffix('\n').unwrap_or(body).into(),
    }
}

/// What was made of a request as its file has it.
fn shown(heard: Result<Heard, HookError>) -> String {
    let heard = match heard {
        Ok(heard) => heard,
        Err(error) => {
            let code = error.code();
            return format!("{} {}\n", code.status, code.name);
        }
    };
    let mut lines = vec![format!("200 {}\n{}", heard.answer.content_type, heard.answer.body)];
    for report in heard.reports {
        lines.push(format!("{} {} {}", report.fate.word(), report.id, report.detail));
    }
    for upstream in heard.upstream {
        let inbound = upstream.inbound("NAME").unwrap();
        lines.push(format!("{} from {}", inbound.type_name(), inbound.from()));
        lines.push(format!("key {}", inbound.key()));
        lines.push(inbound.source().to_owned());
        if let Some(inline) = upstream.inline {
            let answer = (inline.say)(&upstream.reply_to, "好");
            lines.push(format!("inline {}", answer.body));
        }
    }
    lines.join("\n") + "\n"
}
