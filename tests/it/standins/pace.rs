//! A station that sends faster than a service takes: it waits as long as it is told, and everything
//! arrives, once.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tokio::time::sleep;
use yizhan::clock::SystemClock;

use super::play::raw;
use super::play::serve;
use crate::api::ALL;
use crate::api::JSON;
use crate::api::call;
use crate::support::server::Counting;
use crate::support::server::Server;
use crate::support::server::body;

/// What Slack lets through at once, and how long it wants peace then.
const BURST: usize = 5;
const PEACE: i64 = 5_000;

/// The requests of the service so far.
async fn requests(standins: u16) -> Vec<Value> {
    let answer = raw(standins, "GET", "/sim/transcript?kind=service", "", "").await;
    let page: Value = serde_json::from_str(body(&answer)).unwrap();
    page["entries"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_told_to_wait_waits_so_long_and_everything_arrives_once() {
    let (standins, _) = serve(SystemClock);
    let server = Server::start(
        &format!(
            "private_hosts = ['127.0.0.1']\n{}\n[[channel]]\nname = 'slack'\nkind = 'slack'\n\
             token = 'xoxb-T'\nto = '#ops'\nrate = '100/s'\nconcurrency = 1\n\
             base_url = 'http://127.0.0.1:{standins}/sim/services/slack'\n",
            crate::api::CONFIG
        ),
        Counting::default(),
    );
    let count = BURST + 2;
    for number in 0..count {
        let body = json!({"channel": "slack", "body": format!("disk {number}")}).to_string();
        let sent = call(&server, "POST /api/v1/notifications", &[ALL, JSON], &body).await;
        assert_eq!(sent.status, 202, "{}", sent.text);
    }
    let is_taken = |it: &&Value| it["answer"]["ok"] == true;
    let mut seen = Vec::new();
    for _ in 0..400 {
        seen = requests(standins).await;
        if seen.iter().filter(is_taken).count() >= count {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    let mut taken: Vec<String> =
        seen.iter().filter(is_taken).map(|it| it["body"]["text"].to_string()).collect();
    taken.sort();
    let expected: Vec<String> = (0..count).map(|it| format!("\"disk {it}\"")).collect();
    assert_eq!(taken, expected, "{seen:?}");
    // Between the no and what follows lies what was asked for.
    let at = |it: &Value| it["at_ms"].as_i64().unwrap();
    let refused = seen.iter().position(|it| it["status"] == 429).expect("it was too much");
    let next = seen[refused + 1..].iter().find(is_taken).expect("it goes on");
    assert!(at(next) - at(&seen[0]) >= PEACE, "{seen:?}");
    let too_soon = seen[refused + 1..].iter().filter(|it| it["status"] == 429).count();
    assert_eq!(too_soon, 0, "{seen:?}");
}
