//! What a service answers costs a bounded amount of memory and time, whatever it is.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::Instant;
use yizhan::exchange::Allowed;

use super::Wish;
use super::answered;
use super::cases;
use super::service;

/// What may be on its way when a channel has read enough: the buffers of the machine.
pub(super) const UNDER_WAY: usize = 16 << 20;

/// Writes the same until nobody listens any more; `poured` is the most bytes on one connection.
pub(super) async fn pour(mut stream: TcpStream, head: &str, again: &[u8], poured: &AtomicUsize) {
    if stream.write_all(head.as_bytes()).await.is_err() {
        return;
    }
    let mut written = 0;
    while let Ok(length) = stream.write(again).await {
        written += length;
        poured.fetch_max(written, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_an_end_is_cut_off_in_its_head_and_in_its_body() {
    let body = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n\r\n{";
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n{";
    let head = "HTTP/1.1 200 OK\r\n";
    let line = format!("x-more: {}\r\n", "a".repeat(8_000));
    let blanks = " ".repeat(65_536);
    for case in cases() {
        for (start, again) in [(body, &blanks), (announced, &blanks), (head, &line)] {
            let poured = Arc::new(AtomicUsize::new(0));
            let (counted, again) = (Arc::clone(&poured), again.clone());
            let base = service(case.before(), move |stream| {
                let (poured, again) = (Arc::clone(&counted), again.clone());
                async move { pour(stream, start, again.as_bytes(), &poured).await }
            })
            .await;
            let said = case.run(&base, Allowed::parse(["127.0.0.1"]).unwrap(), "").await;
            let (kind, wish) = (case.kind, case.wish);
            assert!(said.starts_with("channel."), "{kind} {wish:?}: {said}");
            let poured = poured.load(Ordering::Relaxed);
            assert!(poured < UNDER_WAY, "{kind} {wish:?}: {poured} bytes went");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_drips_is_given_up_when_the_channels_time_is_over() {
    let cases = cases();
    let all = cases.iter().map(|case| async move {
        let base = service(case.before(), |mut stream| async move {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n";
            let mut next = head.bytes().chain(std::iter::repeat(b' '));
            while stream.write_u8(next.next().unwrap()).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        let start = Instant::now();
        let allowed = Allowed::parse(["127.0.0.1"]).unwrap();
        let said = case.run(&base, allowed, "timeout = \"3s\"").await;
        let (kind, wish, took) = (case.kind, case.wish, start.elapsed());
        let is_over = ["did not answer within", "gave no token in time"];
        assert!(is_over.iter().any(|it| said.contains(it)), "{kind} {wish:?}: {said}");
        assert!(took < Duration::from_secs(15), "{kind} {wish:?} took {took:?}");
    });
    join_all(all).await;
}

#[tokio::test]
async fn nonsense_is_understood_as_no_more_than_that() {
    let nested = "[".repeat(60_000);
    let nonsense: &[&[u8]] = &[
        nested.as_bytes(),
        br#"{"code":18446744073709551616,"errcode":1e999,"ret":-1e-999,"status":{}}"#,
        b"\xff\xfe\x00\x00{\"code\":0}",
        b"null",
        b"",
        "<html>餓".as_bytes(),
    ];
    for case in cases() {
        for body in nonsense {
            let answer = answered(body);
            let base = service(case.before(), move |mut stream| {
                let answer = answer.clone();
                async move { stream.write_all(&answer).await.unwrap() }
            })
            .await;
            let said = case.run(&base, Allowed::parse(["127.0.0.1"]).unwrap(), "").await;
            let (kind, wish) = (case.kind, case.wish);
            // A webhook's yes is its status, whatever it says.
            let is_yes = said.starts_with("told Some") || said.starts_with("delivered ");
            assert_eq!(is_yes, kind == "webhook", "{kind} {wish:?}: {said}");
            assert!(said.len() < 2_000, "{kind} {wish:?}: {said}");
        }
    }
}

#[tokio::test]
async fn a_token_that_says_it_lasts_for_ever_is_used() {
    let longest = u64::MAX;
    let token = format!(
        r#"{{"errcode":0,"access_token":"T","accessToken":"T","expires_in":{longest},"expireIn":{longest}}}"#
    );
    let with_tokens: Vec<_> = cases().into_iter().filter(|it| it.wish == Wish::GetToken).collect();
    assert!(!with_tokens.is_empty());
    for case in with_tokens {
        let before = Some(format!("\n\n{token}"));
        let base = service(before, |mut stream| async move {
            let body = r#"{"errcode":0,"task_id":1,"openDingId":"ding1"}"#;
            stream.write_all(&answered(body.as_bytes())).await.unwrap();
        })
        .await;
        let said = case.run(&base, Allowed::parse(["127.0.0.1"]).unwrap(), "").await;
        assert!(said.starts_with("delivered "), "{}: {said}", case.kind);
    }
}
