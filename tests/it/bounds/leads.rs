//! No address leads a channel into a private network, and no answer anywhere else.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use yizhan::exchange::Allowed;

use super::cases;
use super::service;

/// One machine, written in many ways.
const THIS_MACHINE: &[&str] = &[
    "127.0.0.1",
    "localhost",
    "LOCALHOST",
    "127.1",
    "2130706433",
    "0x7f000001",
    "017700000001",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "１２７.0.0.1",
];

/// Whether nobody has come.
pub(super) async fn is_untouched(listener: &TcpListener) -> bool {
    tokio::time::timeout(Duration::from_millis(200), listener.accept()).await.is_err()
}

#[tokio::test]
async fn no_kind_of_channel_reaches_a_private_network_however_it_is_written() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for case in cases() {
        for host in THIS_MACHINE {
            let base = format!("http://{host}:{port}");
            let said = case.run(&base, Allowed::default(), "").await;
            let (kind, wish) = (case.kind, case.wish);
            assert!(said.starts_with("channel.private "), "{kind} {wish:?} {host}: {said}");
        }
    }
    assert!(is_untouched(&listener).await);
}

#[tokio::test]
async fn no_kind_of_channel_follows_a_redirect() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = elsewhere.local_addr().unwrap();
    for case in cases() {
        for status in [302, 307] {
            let answer = format!(
                "HTTP/1.1 {status} Elsewhere\r\nlocation: http://{target}/\r\n\
                 connection: close\r\ncontent-length: 0\r\n\r\n"
            );
            let base = service(case.before(), move |mut stream| {
                let answer = answer.clone();
                async move { stream.write_all(answer.as_bytes()).await.unwrap() }
            })
            .await;
            // Where it leads may be reached, so that nothing but the rule keeps it from going.
            let allowed = Allowed::parse(["127.0.0.1"]).unwrap();
            let said = case.run(&base, allowed, "").await;
            let (kind, wish) = (case.kind, case.wish);
            assert!(said.contains(&format!(".{status} ")), "{kind} {wish:?}: {said}");
        }
    }
    assert!(is_untouched(&elsewhere).await);
}
