//! What every dialect reads in a call, and what it answers.
//!
//! `fixtures/dialects/NAME/CASE.http` is a call of a client: method and the path behind the
//! dialect's own, headers, body. `CASE.expected` is what is read in it, and what is answered once
//! that is done. `refusals.expected` is what `send.http` is answered where it cannot be done. With
//! `UPDATE_FIXTURES=1` the expected files are written.

mod served;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use yizhan::dialects::Answer;
use yizhan::dialects::Call;
use yizhan::dialects::DIALECTS;
use yizhan::dialects::Dialect;
use yizhan::dialects::Fate;
use yizhan::dialects::FateState;
use yizhan::dialects::Message;
use yizhan::dialects::Reading;
use yizhan::dialects::Refusal;
use yizhan::dialects::Sent;
use yizhan::dialects::Through;
use yizhan::dialects::Told;
use yizhan::store::DeliveryId;

/// When every call comes: 2026-01-01T00:00:00Z.
const NOW: Duration = Duration::from_hours(490_896);

#[test]
fn every_dialect_reads_its_clients_and_answers_as_its_service() {
    let mut faults = Vec::new();
    for dialect in DIALECTS {
        let folder = Path::new("fixtures/dialects").join(dialect.name);
        let cases = cases(&folder);
        if cases.len() < 3 || !folder.join("send.http").is_file() {
            faults.push(format!("{}: `send.http` and two more are the least", folder.display()));
        }
        for path in cases {
            let call = call(&fs::read(&path).unwrap());
            let expected = path.with_extension("expected");
            faults.extend(compare(&expected, &shown(dialect, &call)));
            if path.ends_with("send.http") {
                let refusals = folder.join("refusals.expected");
                faults.extend(compare(&refusals, &refused(dialect, &call)));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n\n"));
}

#[test]
fn every_folder_of_fixtures_is_a_dialect_s() {
    for entry in fs::read_dir("fixtures/dialects").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(yizhan::dialects::dialect(&name).is_some(), "{name} is no dialect");
    }
}

#[test]
fn dialects_are_sorted_and_each_is_served_somewhere_of_its_own() {
    assert!(DIALECTS.is_sorted_by(|a, b| a.name < b.name));
    for dialect in DIALECTS {
        assert!(dialect.doc.ends_with('.'), "{}: {}", dialect.name, dialect.doc);
        let base = format!("/as/{}", dialect.name);
        assert!(dialect.base == base || !dialect.paths.is_empty(), "{}", dialect.name);
    }
}

/// A call as its file has it.
fn call(bytes: &[u8]) -> Call {
    let blank = bytes.windows(2).position(|it| it == b"\n\n").expect("a blank line");
    let (head, body) = (String::from_utf8_lossy(&bytes[..blank]), &bytes[blank + 2..]);
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap(), first.next().unwrap());
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.strip_prefix(' ').unwrap_or(value).to_owned())
    });
    // Editors end a file with a line feed; clients do not.
    let body = body.strip_suffix(b"\n").unwrap_or(body).to_vec();
    // Parts of a multipart form are divided by CRLF.
    let headers: Vec<_> = headers.collect();
    let is_multipart = headers.iter().any(|(_, value)| value.starts_with("multipart/"));
    let body = match is_multipart {
        true => String::from_utf8(body).unwrap().replace('\n', "\r\n").into_bytes(),
        false => body,
    };
    Call::new(method, target, headers, body, NOW)
}

/// What is read in a call, and answered to it.
fn shown(dialect: &Dialect, call: &Call) -> String {
    let mut out = String::new();
    match (dialect.read)(call) {
        Reading::Say(answer) => write(&mut out, "said", &answer),
        Reading::Send { keys, message } => {
            writeln!(out, "keys: {}", keys.join(" ")).unwrap();
            describe(&mut out, &message);
            let outcomes = keys.iter().map(|_| Ok(sent())).collect();
            let told = Told::Sent { message: &message, outcomes };
            write(&mut out, "accepted", &(dialect.answer)(call, &told));
        }
        Reading::Ask(question) => {
            writeln!(out, "asks: {question:?}").unwrap();
            let states = [FateState::Waiting, FateState::Delivered, failed()];
            for (word, state) in ["waiting", "delivered", "failed"].iter().zip(states) {
                let told = Told::Fate(Some(Box::new(fate(state))));
                write(&mut out, word, &(dialect.answer)(call, &told));
            }
            write(&mut out, "nothing known", &(dialect.answer)(call, &Told::Fate(None)));
            let report = (dialect.report)(&fate(FateState::Delivered));
            if !report.is_null() {
                writeln!(out, "reported:\n{report}").unwrap();
            }
        }
        Reading::Withdraw { key, question } => {
            writeln!(out, "withdraws: {question:?}\nkeys: {key}").unwrap();
            let none = Err(Refusal::Message("none".to_owned()));
            let cases = [("in time", Ok(1)), ("too late", Ok(0)), ("not there", none)];
            for (word, outcome) in cases.into_iter().chain([("no such key", Err(Refusal::Key))]) {
                write(&mut out, word, &(dialect.answer)(call, &Told::Withdrawn(outcome)));
            }
        }
        Reading::Check { key } => {
            writeln!(out, "checks: {key}").unwrap();
            let good = Told::Key(Ok("ci".to_owned()));
            write(&mut out, "good", &(dialect.answer)(call, &good));
            write(&mut out, "wrong", &(dialect.answer)(call, &Told::Key(Err(Refusal::Key))));
        }
    }
    out
}

/// What a message that cannot be sent is answered.
fn refused(dialect: &Dialect, call: &Call) -> String {
    let Reading::Send { keys, message } = (dialect.read)(call) else {
        panic!("{}: `send.http` sends nothing", dialect.name);
    };
    let upstream =
        Refusal::Upstream { code: "dingtalk.310000".into(), detail: "sign not match".into() };
    let mut out = String::new();
    for (word, refusal) in [
        ("no such key", Refusal::Key),
        ("no such channel", Refusal::Channel("no channel".into())),
        ("no such message", Refusal::Message("too long".into())),
        ("too many", Refusal::TooMany),
        ("unavailable", Refusal::Unavailable),
        ("refused behind", upstream),
    ] {
        let outcomes = keys.iter().map(|_| Err(refusal.clone())).collect();
        let told = Told::Sent { message: &message, outcomes };
        write(&mut out, word, &(dialect.answer)(call, &told));
    }
    out
}

fn describe(out: &mut String, message: &Message) {
    let seconds = |time: Duration| time.as_millis().to_string();
    let lines = [
        ("title", message.title.clone()),
        ("link", message.link.clone()),
        ("report to", message.report_to.clone()),
        ("not before", message.not_before.map(seconds).unwrap_or_default()),
        ("expires", message.expires.map(seconds).unwrap_or_default()),
        ("to", message.own.to.join(" ")),
        ("native", message.own.native.as_ref().map(ToString::to_string).unwrap_or_default()),
    ];
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "{name}: {value}").unwrap();
    }
    if message.through != Through::All {
        writeln!(out, "through: {:?}", message.through).unwrap();
    }
    let kind = serde_json::to_value((message.format, message.urgency)).unwrap();
    writeln!(out, "{} {}:", kind[1].as_str().unwrap(), kind[0].as_str().unwrap()).unwrap();
    writeln!(out, "{}\n", message.body).unwrap();
}

fn write(out: &mut String, word: &str, answer: &Answer) {
    let Answer { status, content_type, body } = answer;
    let kind = content_type.split(';').next().unwrap();
    writeln!(out, "{word}: {status} {kind}\n{body}").unwrap();
}

fn sent() -> Sent {
    Sent { id: id(), key: "ci".to_owned() }
}

fn fate(state: FateState) -> Fate {
    let (title, body) = ("磁盘满".to_owned(), "node 7".to_owned());
    Fate { id: id(), state, title, body, changed: NOW + Duration::from_mins(1) }
}

fn failed() -> FateState {
    FateState::Failed("refused: http.404".to_owned())
}

fn id() -> DeliveryId {
    "019b76da-a800-7123-8abc-def012345678".parse().unwrap()
}

/// The calls of a folder, sorted.
fn cases(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|it| it == "http")).collect();
    files.sort();
    files
}

/// What differs from a file.
fn compare(path: &Path, found: &str) -> Option<String> {
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(path, found).unwrap();
        return None;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    (expected != found).then(|| format!("{}: expected\n{expected}\nfound\n{found}", path.display()))
}
