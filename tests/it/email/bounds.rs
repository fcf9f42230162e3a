//! A server that never stops talking, or never gets anywhere.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::time::Instant;
use yizhan::tasks::Tasks;

use super::channels;
use super::deliver;
use super::table;
use super::text;

/// What may be on its way when enough was read: the buffers of the machine.
const UNDER_WAY: usize = 16 << 20;

/// What became of a mail to a server that says `start`, and `again` until nobody listens any more,
/// with a pause before each; and how many bytes it got rid of.
async fn talk(start: &'static str, again: Vec<u8>, pause: Duration) -> (String, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = "security = \"none\"\ntimeout = \"2s\"\n";
    let channels = channels(&table(&listener, settings)).unwrap();
    let said = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&said);
    Tasks::new().spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        while let Ok(length) = stream.write(&again).await {
            counted.fetch_add(length, Ordering::Relaxed);
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
    });
    let failure = deliver(&channels, text()).await.unwrap_err();
    (
        format!("{} {}: {}", failure.blame.word(), failure.code, failure.detail),
        said.load(Ordering::Relaxed),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_without_an_end_is_cut_off() {
    let line = b"250-and so on, and so on, and so on, and so on, and so on, and so on\r\n".to_vec();
    let endless = vec![b'a'; 65_536];
    let ways = [("220 ", endless.clone()), ("220 hi\r\n250-", endless), ("220 hi\r\n", line)];
    for (start, again) in ways {
        let (verdict, said) = talk(start, again, Duration::ZERO).await;
        let more =
            "service smtp.connection: network error: the server says more than 32 KiB at once";
        assert_eq!(verdict, more);
        assert!(said < UNDER_WAY, "{said} bytes went");
    }
}

#[tokio::test]
async fn a_reply_that_drips_is_given_up_when_the_channels_time_is_over() {
    let start = Instant::now();
    let (verdict, _) = talk("220 ", b"a".to_vec(), Duration::from_millis(20)).await;
    assert_eq!(verdict, "service smtp.timeout: the server did not answer in time");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}
