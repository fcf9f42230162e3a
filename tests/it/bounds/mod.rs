//! Services that lead into private networks or elsewhere, say more than anybody can read, or never
//! come to an end: each kind of channel refuses or gives up, within its limits.

mod answers;
mod leads;
mod wechat;

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use yizhan::channels::Channel;
use yizhan::channels::KINDS;
use yizhan::channels::Sent;
use yizhan::exchange::Allowed;
use yizhan::notification::Notification;
use yizhan::store::DeliveryId;
use yizhan::tasks::Tasks;

use crate::services;
use crate::services::WITHOUT_HTTP;

/// No test below takes as long, however slow the machine is.
const AT_MOST: Duration = Duration::from_secs(20);

/// What a channel is wanted to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wish {
    /// Send a notification; a token that it asks for first is given.
    Send,
    /// The same, where the answer in question is the one to the question for a token.
    GetToken,
    /// Ask what became of a notification.
    Ask,
}

/// One channel of a kind, and what it is wanted to do.
struct Case {
    kind: &'static str,
    wish: Wish,
    folder: PathBuf,
}

/// Each kind that speaks HTTP, in each of the ways in which it does.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for kind in KINDS.iter().map(|kind| kind.name).filter(|it| !WITHOUT_HTTP.contains(it)) {
        let folder = Path::new("fixtures/channels").join(kind);
        let (name, _) = services::channels(&folder, "http://127.0.0.1:9");
        if services::token(&folder, &name).is_some() {
            cases.push(Case { kind, wish: Wish::GetToken, folder: folder.clone() });
        }
        cases.push(Case { kind, wish: Wish::Send, folder });
        let folder = Path::new("fixtures/asked").join(kind);
        if folder.join("channel.toml").is_file() {
            cases.push(Case { kind, wish: Wish::Ask, folder });
        }
    }
    assert!(cases.len() > KINDS.len(), "the fixtures are gone");
    cases
}

impl Case {
    /// What came of it, in words, with a service at `base`.
    async fn run(&self, base: &str, allowed: Allowed, setting: &str) -> String {
        let (name, channels) = services::channels_within(&self.folder, base, allowed, setting);
        let channel = channels.of_lane(&name).unwrap();
        let work = async {
            match self.wish {
                Wish::Ask => match channel.ask(&self.sent()).await {
                    Ok(told) => format!("told {told:?}"),
                    Err(failure) => format!("{} {failure:?}", failure.code),
                },
                Wish::Send | Wish::GetToken => send(channel).await,
            }
        };
        let said = tokio::time::timeout(AT_MOST, work).await;
        said.unwrap_or_else(|_| panic!("{} {:?} does not end", self.kind, self.wish))
    }

    fn sent(&self) -> Sent {
        let text = std::fs::read_to_string(self.folder.join("channel.toml")).unwrap();
        let called = text.lines().next().unwrap().split_once("called = ").unwrap().1.to_owned();
        Sent {
            called,
            at: Duration::from_secs(1_700_000_000),
            now: Duration::from_secs(1_700_000_030),
            asked: 1,
            id: DeliveryId::floor(Duration::from_hours(490_896)),
            notification: Notification::text("ops", "disk"),
        }
    }

    /// What is answered before the answer in question.
    fn before(&self) -> Option<String> {
        let (name, _) = services::channels(&self.folder, "http://127.0.0.1:9");
        let folder = Path::new("fixtures/channels").join(self.kind);
        match self.wish {
            Wish::GetToken => None,
            Wish::Send => services::token(&folder, &name),
            Wish::Ask => {
                let (name, _) = services::channels(&folder, "http://127.0.0.1:9");
                services::token(&folder, &name)
            }
        }
    }
}

async fn send(channel: &Arc<dyn Channel>) -> String {
    match channel.send(&services::parcel()).await {
        Ok(receipt) => format!("delivered {receipt:?}"),
        Err(failure) => format!("{} {failure:?}", failure.code),
    }
}

/// A service that gives a token where one is asked for first, and then goes on as `rest` says.
async fn service<F: Future<Output = ()> + Send + 'static>(
    before: Option<String>,
    rest: impl Fn(TcpStream) -> F + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let tasks = Tasks::new();
    let conversations = tasks.clone();
    tasks.spawn(async move {
        let mut before = before;
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            if services::read_whole(&mut stream).await.is_none() {
                continue;
            }
            match before.take() {
                None => conversations.spawn(rest(stream)),
                Some(answer) => {
                    let (_, body) = answer.split_once("\n\n").unwrap();
                    stream.write_all(answered(body.as_bytes()).as_slice()).await.unwrap();
                }
            }
        }
    });
    base
}

/// A whole answer.
fn answered(body: &[u8]) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    let length = body.len();
    [format!("{head}\r\ncontent-length: {length}\r\n\r\n").as_bytes(), body].concat()
}
