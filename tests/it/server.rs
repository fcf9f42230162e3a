//! The station as a server: connections that break, slow clients, stopping.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use yizhan::clock::Clock as _;
use yizhan::clock::SystemClock;
use yizhan::dispatch::handler::Context;
use yizhan::dispatch::handler::Handler;
use yizhan::dispatch::handler::typed;
use yizhan::wechat::inbound::message::Text;
use yizhan::wechat::secret::Token;
use yizhan::wechat::signature::sign;

use crate::support::server::Counting;
use crate::support::server::Server;
use crate::support::server::body;
use crate::support::server::status;

const ACCOUNT: &str = "[[account]]\nname = \"shop\"\nplatform = \"official-account\"\n\
    app_id = \"wx1\"\ntoken = \"Token0123\"\nmode = \"plain\"\n";

/// A text from `o1`, signed now.
fn text(id: u32) -> Vec<u8> {
    let time = SystemClock.unix().to_string();
    let signature = sign(&Token::parse("Token0123").unwrap(), &time, "7");
    let body = format!(
        "<xml><ToUserName>gh</ToUserName><FromUserName>o1</FromUserName><CreateTime>1</CreateTime>\
         <MsgType>text</MsgType><Content>hi</Content><MsgId>{id}</MsgId></xml>"
    );
    let query = format!("signature={}&timestamp={time}&nonce=7", signature.as_str());
    format!(
        "POST /callback/shop?{query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn slow(runs: &Arc<AtomicUsize>) -> impl Handler + 'static {
    let runs = Arc::clone(runs);
    typed(move |_: Text, _: Context| {
        runs.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::time::sleep(Duration::from_millis(600)).await;
            "pong"
        }
    })
}

#[tokio::test]
async fn a_connection_that_is_reset_does_not_stop_the_work_and_the_retry_gets_its_answer() {
    let runs = Arc::new(AtomicUsize::new(0));
    let server = Server::start(ACCOUNT, slow(&runs));
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    stream.write_all(&text(1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    // An RST instead of a FIN: actix drops the handler's future at this.
    stream.set_zero_linger().unwrap();
    drop(stream);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let answer = server.raw(&text(1)).await;
    assert!(body(&answer).contains("<Content><![CDATA[pong]]></Content>"), "{answer}");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_station_told_to_stop_finishes_what_is_in_flight() {
    let runs = Arc::new(AtomicUsize::new(0));
    let mut server = Server::start(ACCOUNT, slow(&runs));
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    stream.write_all(&text(1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let stopping = tokio::task::spawn_blocking(move || server.stop());
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(body(&answer).contains("pong"), "{answer}");
    tokio::time::timeout(Duration::from_secs(5), stopping).await.unwrap().unwrap();
}

#[tokio::test]
async fn work_whose_caller_has_gone_is_finished_before_the_station_ends() {
    let runs = Arc::new(AtomicUsize::new(0));
    let ended = Arc::clone(&runs);
    let handler = typed(move |_: Text, _: Context| {
        let ended = Arc::clone(&ended);
        async move {
            tokio::time::sleep(Duration::from_millis(600)).await;
            ended.fetch_add(1, Ordering::SeqCst);
            "pong"
        }
    });
    let mut server = Server::start(ACCOUNT, handler);
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    stream.write_all(&text(1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    stream.set_zero_linger().unwrap();
    drop(stream);
    tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_idle_connection_does_not_keep_a_station_from_stopping() {
    let mut server = Server::start(ACCOUNT, Counting::default());
    let mut idle = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    let request = String::from_utf8(text(1)).unwrap().replace("Connection: close\r\n", "");
    idle.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 512];
    assert!(idle.read(&mut answer).await.unwrap() > 0);
    let stopping = tokio::task::spawn_blocking(move || server.stop());
    tokio::time::timeout(Duration::from_secs(5), stopping).await.unwrap().unwrap();
}

#[tokio::test]
async fn probes_and_metrics_are_served() {
    let server = Server::start(ACCOUNT, Counting::default());
    for (path, expected) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let answer = server.raw(request.as_bytes()).await;
        assert_eq!((status(&answer), body(&answer)), (200, expected));
    }
    assert_eq!(body(&server.raw(&text(1)).await), "success");
    assert_eq!(body(&server.raw(&text(1)).await), "success");
    let request = "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let metrics = server.raw(request.as_bytes()).await;
    for line in [
        "yizhan_callbacks_total{account=\"shop\"} 2\n",
        "yizhan_messages_total{account=\"shop\"} 1\n",
        "yizhan_repeats_total{account=\"shop\"} 1\n",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
}
