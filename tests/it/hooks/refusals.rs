//! What is forged, replayed or too large comes to nothing.

use serde_json::Value;

use super::Station;
use super::TELEGRAM;
use super::command;
use super::config;
use super::folder;
use super::post;
use super::signed;
use crate::support::server::Counting;
use crate::support::server::Server;
use crate::support::server::status;

const METRICS: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

fn code(answer: &str) -> String {
    let json: Value = serde_json::from_str(answer).expect(answer);
    json["error"]["code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_forged_unknown_or_too_large_reaches_no_handler() {
    let folder = folder("");
    let counting = Counting::default();
    let server = Server::start(&config(&folder, 9), counting.clone());
    let written = command(1_700_000_000_123, "restart web");
    let large = command(1, &"x".repeat(70_000));
    let forged = "X-Telegram-Bot-Api-Secret-Token: HOOKWORT\r\n";
    for (path, headers, json, expected) in [
        ("/hook/phone", "", &written, (401, "hook.secret")),
        ("/hook/phone?secret=HOOKWOR", "", &written, (401, "hook.secret")),
        ("/hook/bot?secret=HOOKWORD", forged, &written, (401, "hook.secret")),
        ("/hook/bot", TELEGRAM, &written, (400, "hook.unreadable")),
        ("/hook/robot", "timestamp: 1\r\nsign: x\r\n", &written, (401, "hook.signature")),
        ("/hook/phone?secret=HOOKWORD", "", &large, (413, "hook.too_large")),
        // No secret, no hook; and an account has none.
        ("/hook/mute?secret=", "", &written, (404, "hook.channel")),
        ("/hook/shop?secret=HOOKWORD", "", &written, (404, "hook.channel")),
        ("/hook/nobody?secret=HOOKWORD", "", &written, (404, "hook.channel")),
    ] {
        let (status, answer) = post(&server, path, headers, json).await;
        assert_eq!((status, code(&answer).as_str()), expected, "{path}");
    }
    // A channel is no account either.
    let callback = post(&server, "/callback/phone?secret=HOOKWORD", "", &written).await;
    assert_eq!(callback.0, 404);
    assert_eq!(counting.runs(), 0);
    let metrics = server.raw(METRICS).await;
    let line = r#"yizhan_refused_callbacks_total{account="phone",code="hook.secret"} 2"#;
    assert!(metrics.contains(line), "{metrics}");
    post(&server, "/hook/phone?secret=HOOKWORD", "", &written).await;
    assert_eq!(counting.runs(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_request_that_is_replayed_is_known_or_too_old() {
    let folder = folder("");
    let counting = Counting::default();
    let server = Server::start(&config(&folder, 9), counting.clone());
    let json = r#"{"msgId":"m1","msgtype":"text","text":{"content":" hi"},"senderStaffId":"u1"}"#;
    let headers = signed(1);
    assert_eq!(post(&server, "/hook/robot", &headers, json).await, (200, String::new()));
    assert_eq!(post(&server, "/hook/robot", &headers, json).await, (200, String::new()));
    assert_eq!(counting.runs(), 1);
    let (status, answer) = post(&server, "/hook/robot", &signed(301), json).await;
    assert_eq!((status, code(&answer).as_str()), (401, "hook.stale"));
    assert_eq!(counting.runs(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_looks_at_the_address_learns_whether_it_is_right() {
    let folder = folder("");
    let server = Server::start(&config(&folder, 9), Counting::default());
    let look = |method: &str, path: &str| {
        format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").into_bytes()
    };
    for (method, path, expected) in [
        ("GET", "/hook/phone?secret=HOOKWORD", 200),
        ("GET", "/hook/phone?secret=other", 401),
        ("GET", "/hook/robot", 401),
        ("PUT", "/hook/phone?secret=HOOKWORD", 405),
    ] {
        let answer = server.raw(&look(method, path)).await;
        assert_eq!(status(&answer), expected, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_what_was_written_nor_a_secret_is_logged() {
    let folder = folder("[[rule]]\nname = \"a\"\nreply = { type = \"image\", media_id = \"M\" }\n");
    let station = Station::serve(&folder, &config(&folder, 9));
    let server = &station.server;
    let written = command(1, "GEHEIM");
    assert_eq!(post(server, "/hook/phone?secret=HOOKWORD", "", &written).await.0, 200);
    assert_eq!(post(server, "/hook/phone?secret=FORGED", "", &written).await.0, 401);
    assert_eq!(post(server, "/hook/phone?secret=HOOKWORD", "", "GEHEIM").await.0, 400);
    let seen = station.kill();
    assert!(seen.contains("refused what came to a hook"), "{seen}");
    assert!(seen.contains("a reply was refused"), "{seen}");
    for secret in ["GEHEIM", "HOOKWORD", "FORGED"] {
        assert!(!seen.contains(secret), "{secret} in {seen}");
    }
}

#[test]
fn a_channel_with_a_hook_is_not_called_like_an_account() {
    let folder = folder("");
    let text = config(&folder, 9).replace("name = \"phone\"", "name = \"shop\"");
    let none = std::collections::BTreeMap::<String, String>::new();
    let text = format!("[server]\n{text}");
    let faults = yizhan::config::Config::parse("a.toml", &text, folder.path(), &none).unwrap_err();
    let expected = "an account is called `shop` too, and this channel has a hook";
    assert!(faults.to_string().contains(expected), "{faults}");
}
