//! The same of WeChat's API: its address is the owner's to choose, what it answers is not.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use yizhan::channels::Channel;
use yizhan::channels::Channels;
use yizhan::channels::Means;
use yizhan::clock::Clock;
use yizhan::clock::SystemClock;
use yizhan::config::Config;
use yizhan::config::fault::Faults;
use yizhan::entropy::Entropy;
use yizhan::entropy::SystemEntropy;
use yizhan::exchange::Allowed;
use yizhan::exchange::Exchange;
use yizhan::platform::Clients;
use yizhan::window::Windows;

use super::AT_MOST;
use super::answered;
use super::answers::UNDER_WAY;
use super::answers::pour;
use super::leads::is_untouched;
use super::send;
use super::service;

/// An application of 企业微信 whose API is at `{base}`, and a channel through it.
const CONFIG: &str = "\
[[account]]
name = 'corp'
platform = 'wecom'
app_id = 'ww0123456789abcdef'
app_secret = 's'
agent_id = 1000002
token = 'CORPTOKEN'
encoding_aes_key = 'KhzNNzOBjkcG/0SweC6WkCHEceYlWmvC3uLpGU4tsif'
api_base = '{base}'
[[channel]]
name = 'staff'
kind = 'wecom-app'
account = 'corp'
";

const TOKEN: &str = r#"{"errcode":0,"errmsg":"ok","access_token":"T","expires_in":7200}"#;

async fn run(base: &str) -> String {
    let text = CONFIG.replace("{base}", base);
    let config = Config::parse("a.toml", &text, Path::new(""), &BTreeMap::new()).unwrap().config;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let store = yizhan::store::open("memory:", Path::new("")).unwrap();
    let means = Means {
        clients: Clients::open(&config.accounts, &store, &clock, &entropy),
        windows: Arc::new(Windows::new(store, Arc::clone(&clock))),
        exchange: Arc::new(Exchange::new(Allowed::default())),
        clock,
    };
    let mut faults = Faults::new();
    let channels = Channels::build(&config.channels, &means, &mut faults);
    assert!(faults.is_empty(), "{faults}");
    let channel: &Arc<dyn Channel> = channels.of_lane("staff").unwrap();
    tokio::time::timeout(AT_MOST, send(channel)).await.expect("it comes to an end")
}

/// What is answered before: nothing, so that the token is what goes wrong, or a token.
fn before() -> [Option<String>; 2] {
    [None, Some(format!("\n\n{TOKEN}"))]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_an_end_is_cut_off() {
    for before in before() {
        let poured = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&poured);
        let base = service(before, move |stream| {
            let poured = Arc::clone(&counted);
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{";
            async move { pour(stream, head, &vec![b' '; 65_536], &poured).await }
        })
        .await;
        let said = run(&base).await;
        assert!(said.contains("is larger than 8388608 bytes"), "{said}");
        let poured = poured.load(Ordering::Relaxed);
        assert!(poured < UNDER_WAY + (8 << 20), "{poured} bytes went");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = elsewhere.local_addr().unwrap();
    for before in before() {
        let base = service(before, move |mut stream| async move {
            let answer = format!(
                "HTTP/1.1 302 Found\r\nlocation: http://{target}/\r\nconnection: close\r\n\
                 content-length: 0\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        })
        .await;
        let said = run(&base).await;
        assert!(!said.starts_with("delivered"), "{said}");
    }
    assert!(is_untouched(&elsewhere).await);
}

#[tokio::test]
async fn a_token_that_says_it_lasts_for_ever_is_used() {
    let token = TOKEN.replace("7200", &u64::MAX.to_string());
    let base = service(Some(format!("\n\n{token}")), |mut stream| async move {
        let body = r#"{"errcode":0,"errmsg":"ok","msgid":"M1"}"#;
        stream.write_all(&answered(body.as_bytes())).await.unwrap();
    })
    .await;
    let said = run(&base).await;
    assert!(said.starts_with("delivered "), "{said}");
}

#[tokio::test]
async fn nonsense_is_understood_as_no_more_than_that() {
    let nested = "[".repeat(1_000_000);
    for body in
        [nested.as_bytes(), b"\xff\xfe{\"errcode\":0}", b"{\"errcode\":1e999}", b"null", b""]
    {
        for before in before() {
            let answer = answered(body);
            let base = service(before, move |mut stream| {
                let answer = answer.clone();
                async move { stream.write_all(&answer).await.unwrap() }
            })
            .await;
            let said = run(&base).await;
            assert!(!said.starts_with("delivered "), "{said}");
            assert!(said.len() < 2_000, "{said}");
        }
    }
}
