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

use bytes::Bytes;
use serde_json::Value;
use serde_json::json;
use yizhan::platform::Api;
use yizhan::platform::Client;
use yizhan::platform::File;
use yizhan::platform::PlatformError;

use super::OFFICIAL;
use super::Wire;
use super::client;

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
