//! What services tell later of what they took.

use std::fs;
use std::process::Command;

use serde_json::Value;
use yizhan::store::Filter;

use super::TELEGRAM;
use super::config;
use super::folder;
use super::post;
use super::service::Service;
use crate::support::server::Server;

/// Pushes what is written to the bot through pushplus.
const PUSH: &str = "\
[[rule]]
name = \"push\"
push = [{ channel = \"plus\", body = \"{{ text }}\" }]
";

const METRICS: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

fn takes(_: &str) -> String {
    r#"{"code":200,"msg":"请求成功","data":"5f0c1d2e3f405162738495a6b7c8d9e0"}"#.to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_of_pushplus_finds_its_delivery_in_both_shapes_and_is_shown() {
    let service = Service::answering(takes);
    let folder = folder(PUSH);
    let config = config(&folder, service.port);
    let store = yizhan::store::open("sqlite:yizhan.db", folder.path()).unwrap();
    let server = Server::with_rules_on(std::sync::Arc::clone(&store), &config);
    let update = r#"{"update_id":1,"message":{"message_id":1,"from":{"id":1},"chat":{"id":1},"date":1,"text":"disk"}}"#;
    post(&server, "/hook/bot", TELEGRAM, update).await;
    service.next();
    // At once: our own record of the send may not be on disk yet.
    let failed = r#"{"event":"message_complate","messageInfo":{"message":"用户未关注公众号","shortCode":"5f0c1d2e3f405162738495a6b7c8d9e0","sendStatus":3}}"#;
    let arrived = r#"{"shortCode":"5f0c1d2e3f405162738495a6b7c8d9e0","sendStatus":2,"message":""}"#;
    let foreign = r#"{"shortCode":"00000000000000000000000000000000","sendStatus":2,"message":""}"#;
    for told in [failed, failed, arrived, foreign] {
        let answer = post(&server, "/hook/plus?secret=HOOKWORD", "", told).await;
        assert_eq!(answer, (200, String::new()));
    }
    let page = store.query(Filter::default(), None, 10).await.unwrap();
    let id = page.deliveries[0].id;
    let metrics = server.raw(METRICS).await;
    for line in [
        r#"yizhan_outbox_reports_total{channel="plus",fate="failed"} 2"#,
        r#"yizhan_outbox_reports_total{channel="plus",fate="confirmed"} 1"#,
        r#"yizhan_outbox_reports_total{channel="plus",fate="foreign"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line}");
    }
    drop(server);
    fs::write(folder.path().join("yizhan.toml"), format!("[server]\n{config}")).unwrap();
    let show = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yizhan"));
        command.args(["outbox", "show", &id.to_string()]).args(more);
        let output = command.current_dir(folder.path()).env_clear().output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = show(&[]);
    let receipts: Vec<&str> =
        shown.lines().skip_while(|line| !line.starts_with("  receipt: ")).collect();
    assert_eq!(receipts.len(), 3, "{shown}");
    assert!(receipts[0].ends_with("plus  failed 5f0c1d2e3f405162738495a6b7c8d9e0"), "{shown}");
    assert_eq!(receipts[1], "      用户未关注公众号");
    assert!(receipts[2].ends_with("plus  confirmed 5f0c1d2e3f405162738495a6b7c8d9e0"), "{shown}");
    let json: Value = serde_json::from_str(&show(&["--json"])).unwrap();
    let states: Vec<&Value> =
        json["receipts"].as_array().unwrap().iter().map(|it| &it["state"]).collect();
    assert_eq!(states, ["failed", "confirmed"]);
    assert_eq!(json["state"], "delivered");
}
