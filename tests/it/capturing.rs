//! `[server] capture`: what a running station is sent is written down, disguised and sealed again,
//! and `decode` and `replay` need nothing else.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use yizhan::capture::Capture;

use crate::support::server::Counting;
use crate::support::server::Server;
use crate::support::server::status;

/// What the fixtures have in them and no capture may have.
const SECRETS: [&str; 12] = [
    "0a1b2c3d4e5f",
    "FixtureUser",
    "zhangsan",
    "Fixture",
    "ticket@@@",
    "queryauthcode",
    "reply.example.com",
    "KF-TOKEN",
    "hello from",
    "查询",
    "上海",
    "230416",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn accounts() -> String {
    fs::read_to_string(root().join("fixtures/accounts.toml")).unwrap()
}

/// Every request that was captured for the fixtures, with what `decode` says of it.
fn fixtures() -> Vec<(Capture, Value)> {
    let mut found = Vec::new();
    for platform in fs::read_dir(root().join("fixtures/callbacks")).unwrap() {
        for file in fs::read_dir(platform.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|it| it == "http") {
                let expected = fs::read_to_string(path.with_extension("expected")).unwrap();
                let capture = Capture::parse(&fs::read(&path).unwrap()).unwrap();
                found.push((capture, serde_json::from_str(&expected).unwrap()));
            }
        }
    }
    found
}

fn station(folder: &Path, more: &str) -> Server {
    let config = format!("capture = '{}'\n{more}\n{}", folder.display(), accounts());
    Server::start(&config, Counting::default())
}

fn wire_form(capture: &Capture) -> Vec<u8> {
    let mut capture = capture.clone();
    capture.headers.push(("Connection".to_owned(), "close".to_owned()));
    capture.headers.push(("X-Forwarded-For".to_owned(), "203.0.113.7".to_owned()));
    capture.to_bytes()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|it| it.into_string().unwrap()).collect();
    names.retain(|name| Path::new(name).extension().is_some_and(|it| it == "http"));
    names.sort();
    names
}

fn yizhan(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_yizhan")).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Type and kind, in an order that does not depend on when it came.
fn sorted(values: &[Value]) -> Vec<String> {
    let what = |it: &Value| format!("{} {} {}", it["kind"], it["type"], it["typed"]);
    let mut sorted: Vec<_> = values.iter().map(what).collect();
    sorted.sort();
    sorted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_captured_in_every_mode_and_format_is_decoded_and_replayed_without_a_key() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("captures");
    let mut server = station(&folder, "");
    let fixtures = fixtures();
    for (capture, _) in &fixtures {
        let answer = server.raw(&wire_form(capture)).await;
        assert_eq!(status(&answer), 200, "{} {answer}", capture.path);
    }
    let refused = b"POST /callback/oa-safe?signature=1&timestamp=1&nonce=1 HTTP/1.1\r\nHost: a\r\n\
        Content-Length: 11\r\nConnection: close\r\n\r\n<xml></xml>";
    assert_eq!(status(&server.raw(refused).await), 401);
    // Told to stop, it writes what still waits.
    tokio::task::block_in_place(|| server.stop());
    let names = names(&folder);
    assert_eq!(names.len(), fixtures.len(), "{names:?}");

    let shown = folder.display().to_string();
    let (code, out, err) = yizhan(&["decode", "--config", "none.toml", &shown]);
    assert_eq!((code, err.as_str()), (0, ""));
    let decoded = lines(&out);
    let expected: Vec<Value> = fixtures.into_iter().map(|(_, expected)| expected).collect();
    assert_eq!(sorted(&decoded), sorted(&expected));
    let files = names.iter().map(|name| fs::read_to_string(folder.join(name)).unwrap());
    let all = files.collect::<String>() + &out;
    for secret in SECRETS.iter().chain(&["203.0.113.7"]) {
        assert!(!all.contains(secret), "{secret} in\n{all}");
    }

    let (code, out, err) = yizhan(&["replay", "--json", "--config", "none.toml", &shown]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let replayed = lines(&out);
    assert_eq!(replayed.len(), names.len());
    let replies: Vec<_> = replayed.iter().map(|line| line["reply"].as_str().unwrap()).collect();
    assert!(replies.iter().all(|it| ["success", "verified"].contains(it)), "{replies:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn captures_are_sent_over_http_as_the_real_account() {
    let place = tempfile::tempdir().unwrap();
    let mut server = station(place.path(), "capture_texts = true");
    for (capture, _) in &fixtures() {
        server.raw(&wire_form(capture)).await;
    }
    tokio::task::block_in_place(|| server.stop());
    let files = names(place.path());
    let texts = files.iter().map(|it| fs::read(place.path().join(it)).unwrap());
    let bodies: String = texts.map(|it| String::from_utf8_lossy(&it).into_owned()).collect();
    assert!(bodies.contains("hello from the gateway"), "texts are kept where somebody wants it");
    let handler = Counting::default();
    let server = Server::start(&accounts(), handler.clone());
    let to = format!("http://127.0.0.1:{}", server.port);
    let config = root().join("fixtures/accounts.toml").display().to_string();
    let shown = place.path().display().to_string();
    let args = ["replay", "--json", "--config", &config, "--to", &to, &shown];
    let (code, out, err) = tokio::task::block_in_place(|| yizhan(&args));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(handler.runs() > 40, "{}", handler.runs());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_oldest_captures_go_when_there_are_more_than_are_kept() {
    let place = tempfile::tempdir().unwrap();
    let server = station(place.path(), "capture_keep = 3");
    for (capture, _) in fixtures().iter().take(10) {
        assert_eq!(status(&server.raw(&wire_form(capture)).await), 200);
    }
    let written = "yizhan_captures_written_total 10\n";
    let request = "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let until = Instant::now() + Duration::from_secs(20);
    while !server.raw(request.as_bytes()).await.contains(written) {
        assert!(Instant::now() < until, "not written");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(names(place.path()).len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_cannot_be_written_to_costs_captures_and_no_callback() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("captures");
    let server = station(&folder, "");
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "in the way").unwrap();
    for (capture, _) in fixtures().iter().take(5) {
        assert_eq!(status(&server.raw(&wire_form(capture)).await), 200);
    }
    let request = "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let until = Instant::now() + Duration::from_secs(20);
    while !server.raw(request.as_bytes()).await.contains("yizhan_captures_dropped_total 5\n") {
        assert!(Instant::now() < until, "not counted");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn what_is_answered_otherwise_than_last_time_is_shown_and_can_be_a_failure() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name).display().to_string();
    let rules = |reply: &str| {
        fs::create_dir_all(path("handlers")).unwrap();
        let rule = format!("[[rule]]\nname = 'greet'\non = 'text'\nreply = '{reply}'\n");
        fs::write(path("handlers/a.toml"), rule).unwrap();
    };
    fs::write(path("yizhan.toml"), accounts()).unwrap();
    let (config, message) = (path("yizhan.toml"), path("text.xml"));
    let text = root().join("fixtures/callbacks/official-account/message-text-below-article.xml");
    fs::copy(text, &message).unwrap();
    let replay = |more: &[&str]| {
        let args = ["replay", "--config", &config, "--account", "oa-safe", &message];
        yizhan(&[&args, more].concat())
    };
    rules("one");
    assert_eq!(replay(&["--strict"]).0, 0, "nothing was written down yet");
    assert_eq!(replay(&["--update"]).0, 0);
    let kept = fs::read_to_string(path("text.xml.replay")).unwrap();
    assert_eq!(kept, "{\"type\":\"text\",\"rule\":\"greet\",\"reply\":\"one\"}\n");
    assert!(!replay(&[]).1.contains("was:"));
    rules("two");
    let (code, out, _) = replay(&[]);
    assert!(code == 0 && out.ends_with("  two\n    was: text  greet  one\n"), "{out}");
    let (code, out, _) = replay(&["--json", "--strict"]);
    let line = &lines(&out)[0];
    assert_eq!((code, &line["reply"], &line["was"]["reply"]), (1, &"two".into(), &"one".into()));
    assert_eq!(replay(&["--update"]).0, 0);
    assert_eq!(replay(&["--strict"]).0, 0);
}
