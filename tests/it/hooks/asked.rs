//! What every service that must be asked is asked, and what is made of its answers.
//!
//! `fixtures/asked/KIND/channel.toml` holds one `[[channel]]` and, behind `called =`, what its
//! service calls a message; `{base}` in it is this test's server. `CASE.answers` are the bodies it
//! answers with, a line each; `CASE.expected` is what was asked and what came of it. With
//! `UPDATE_FIXTURES=1` they are written.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use yizhan::channels::Channel;
use yizhan::channels::KINDS;
use yizhan::channels::Sent;
use yizhan::notification::Failure;
use yizhan::notification::Notification;
use yizhan::notification::Report;
use yizhan::store::DeliveryId;

use crate::services;

/// When it was sent, and when it is asked for the second time.
const AT: Duration = Duration::from_secs(1_700_000_000);
const NOW: Duration = Duration::from_secs(1_700_000_030);

#[tokio::test]
async fn every_service_that_must_be_asked_is_asked_and_understood() {
    let mut faults = Vec::new();
    for kind in KINDS {
        let folder = Path::new("fixtures/asked").join(kind.name);
        if folder.join("channel.toml").is_file() {
            faults.extend(faults_of(&folder).await);
        } else if asks(kind.name) {
            faults.push(format!("{}: channel.toml is missing", folder.display()));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n\n"));
}

/// Whether a channel of the kind asks, going by its fixtures.
fn asks(kind: &str) -> bool {
    let folder = Path::new("fixtures/channels").join(kind);
    if !folder.join("channel.toml").is_file() {
        return false;
    }
    let (_, channels) = services::channels(&folder, "http://127.0.0.1:9");
    channels.iter().any(|(_, channel)| channel.asks())
}

/// What differs from the files in one kind's folder.
async fn faults_of(folder: &Path) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let text = fs::read_to_string(folder.join("channel.toml")).unwrap();
    let called = text.lines().next().unwrap().split_once("called = ").unwrap().1.to_owned();
    let mut faults = Vec::new();
    let cases = services::files(folder, "answers");
    assert!(cases.len() > 2, "{}: a yes, a no and a not yet are the least", folder.display());
    for path in cases {
        // A new one each time: some remember a token.
        let (name, channels) = services::channels(folder, &base);
        let channel = channels.of_lane(&name).unwrap();
        assert!(channel.asks(), "{}", folder.display());
        let (asked, told) = converse(&listener, channel, &called, &path).await;
        let (told, printed) = (shown(&told), format!("{told:?}"));
        assert!(!printed.contains("SECRET"), "{}: {printed}", path.display());
        let found = format!("{}\n{told}", asked.join("\n"));
        faults.extend(services::compare(&path.with_extension("expected"), &found));
    }
    faults
}

/// Asks once, and answers what is asked; what that was, and what came of it.
async fn converse(
    listener: &TcpListener,
    channel: &Arc<dyn Channel>,
    called: &str,
    answers: &PathBuf,
) -> (Vec<String>, Result<Option<Report>, Failure>) {
    let sent = Sent {
        called: called.to_owned(),
        at: AT,
        now: NOW,
        asked: 1,
        id: DeliveryId::floor(Duration::from_hours(490_896)),
        notification: Notification::text("ops", "disk"),
    };
    let answers = fs::read_to_string(answers).unwrap();
    let serve = async {
        let mut asked = Vec::new();
        for body in answers.lines() {
            let (mut stream, _) = listener.accept().await.unwrap();
            asked.push(services::read(&mut stream).await);
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json";
            let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    };
    let both = async { tokio::join!(serve, channel.ask(&sent)) };
    tokio::time::timeout(Duration::from_secs(10), both).await.expect("it asks for every answer")
}

fn shown(told: &Result<Option<Report>, Failure>) -> String {
    match told {
        Ok(None) => "not yet\n".to_owned(),
        Ok(Some(report)) => {
            format!("{} {} {}\n", report.fate.word(), report.id, report.detail)
        }
        Err(failure) => format!("{failure}\n"),
    }
}
