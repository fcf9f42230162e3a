//! Each documented call as WeChat sees it, and the limits that are checked before: the calls of
//! `src/platform/NAME.rs` in `NAME.rs`.

mod customer;
mod diagnostics;
mod kf;
mod login;
mod mass;
mod media;
mod menu;
mod qrcode;
mod template;
mod user;
mod wecom;

use std::fs;
use std::path::Path;

use bytes::Bytes;
use regex::Regex;
use serde_json::Value;
use serde_json::json;
use yizhan::platform::Api;
use yizhan::platform::Client;
use yizhan::platform::File;
use yizhan::platform::PlatformError;

use super::OFFICIAL;
use super::Wire;
use super::client;
use crate::layers::rust_files;
use crate::layers::source_folder;

/// The one request that `api` makes: its line, and its body.
async fn request<A: Api<Answer: Sized>>(settings: &str, api: A) -> String {
    let wire = Wire::answering(json!({"errcode": 0}));
    client(settings, &wire).call(&api).await.unwrap();
    shown(&wire)
}

fn shown(wire: &Wire) -> String {
    // The first request of a client fetches its token.
    let call = wire.asked().pop().unwrap();
    format!("{} {}", call.line, call.body).trim_end().to_owned()
}

/// Why `api` is not sent; nothing is sent for it, not even for a token.
async fn limit<A: Api>(settings: &str, api: A) -> String {
    let wire = Wire::answering(json!({"errcode": 0}));
    let error = client(settings, &wire).call(&api).await.err().unwrap();
    assert!(matches!(error, PlatformError::Limit(_)), "{error}");
    assert!(wire.asked().is_empty());
    error.to_string()
}

fn file() -> File {
    File { name: owned("a.png"), bytes: Bytes::from_static(b"PNG") }
}

fn owned(text: &str) -> String {
    text.to_owned()
}

/// The sources of `src/platform/NAME.rs` without their tests, and the snapshots in `NAME.rs`.
/// Tokens, and the accounts of an open platform, have theirs in `tokens.rs`.
fn calls_and_snapshots() -> Vec<(String, String, String)> {
    let sources = source_folder().join("platform");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/platform");
    let pairs = rust_files(&sources).into_iter().map(|file| {
        let source = fs::read_to_string(&file).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap();
        let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = code.collect::<Vec<_>>().join("\n");
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let own = fs::read_to_string(tests.join("requests").join(&name)).unwrap_or_default();
        let tokens = fs::read_to_string(tests.join("tokens.rs")).unwrap();
        (name, code, own + &tokens)
    });
    pairs.collect()
}

#[test]
fn every_call_has_a_snapshot_and_so_has_every_type_of_message() {
    let paths = Regex::new(r#""(/(?:cgi-bin|sns|wxa|wxaapi|customservice)/[^"]+)""#).unwrap();
    let types = Regex::new(r#"(?m)^        "(\w+)" (?:=> "\w+" )?\w+ \{"#).unwrap();
    let (mut found, mut missing) = (0, Vec::new());
    for (name, code, snapshots) in calls_and_snapshots() {
        for path in paths.captures_iter(&code).map(|it| it[1].to_owned()) {
            let line = Regex::new(&format!(r#"(GET|POST) {}["? ]"#, regex::escape(&path))).unwrap();
            found += 1;
            if !line.is_match(&snapshots) {
                missing.push(format!("{name}: {path}"));
            }
        }
        for kind in types.captures_iter(&code).map(|it| it[1].to_owned()) {
            found += 1;
            if !snapshots.contains(&format!(r#""{kind}":{{"#)) {
                missing.push(format!("{name}: {kind}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(found > 100, "{found} calls and types of message; where are the others?");
}

#[tokio::test(start_paused = true)]
async fn everything_else_goes_raw() {
    let wire = Wire::answering(json!({"errcode": 0, "publish_id": 7}));
    let client = client(OFFICIAL, &wire);
    let answer: Value =
        client.post_json("/cgi-bin/freepublish/submit", &json!({"media_id": "M"})).await.unwrap();
    assert_eq!(answer["publish_id"], 7);
    client.get("/cgi-bin/get_current_autoreply_info", &[]).await.unwrap();
    client.upload("/cgi-bin/x", &[("a", "b")], file()).await.unwrap();
    let lines = [
        "POST /cgi-bin/freepublish/submit",
        "GET /cgi-bin/get_current_autoreply_info",
        "POST /cgi-bin/x?a=b",
    ];
    assert_eq!(wire.lines(), lines);
}

#[tokio::test(start_paused = true)]
async fn the_example_of_the_docs_runs() {
    // As docs/api.md has it.
    async fn greet(client: &Client, openid: &str) -> Result<(), PlatformError> {
        let who = yizhan::platform::user::Info { openid: openid.to_owned(), lang: None };
        let name = client.call(&who).await?.remark;
        let body = yizhan::platform::customer::Body::Text { content: format!("{name},您好") };
        let (touser, customservice, aimsgcontext, businessid) =
            (openid.to_owned(), None, None, None);
        client
            .call(&yizhan::platform::customer::Send {
                touser,
                body,
                customservice,
                aimsgcontext,
                businessid,
            })
            .await?;
        client
            .post_json(
                "/cgi-bin/freepublish/batchget",
                &serde_json::json!({"offset": 0, "count": 20}),
            )
            .await?;
        Ok(())
    }
    let wire = Wire::answering(json!({"remark": "安娜"}));
    greet(&client(OFFICIAL, &wire), "oRef1").await.unwrap();
    assert_eq!(
        wire.lines(),
        [
            "GET /cgi-bin/user/info?openid=oRef1",
            "POST /cgi-bin/message/custom/send",
            "POST /cgi-bin/freepublish/batchget",
        ]
    );
}
