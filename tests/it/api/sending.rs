//! What is sent, and what is said of it.

use serde_json::json;

use super::ALL;
use super::CI;
use super::CONFIG;
use super::Called;
use super::JSON;
use super::call;
use super::send;
use super::station;
use super::until;
use crate::support::server::Counting;
use crate::support::server::Server;

#[tokio::test]
async fn a_notification_is_accepted_delivered_and_its_life_is_shown() {
    let server = station();
    let body = r#"{"channel":"ops","title":"Backup","body":"done","link":"https://a.example/7"}"#;
    let sent = send(&server, body).await;
    assert_eq!(sent.status, 202, "{}", sent.text);
    let id = sent.json["id"].as_str().unwrap();
    assert_eq!(sent.json["deliveries"], json!([{ "id": id, "channel": "ops", "folded": false }]));
    let life = until(&server, id, "delivered").await;
    assert_eq!(
        life["said"],
        json!({
            "by": "all", "to": [], "title": "Backup", "body": "done",
            "link": "https://a.example/7", "format": "text", "urgency": "normal",
        })
    );
    let attempts = &life["deliveries"][0]["attempts"];
    assert_eq!(attempts.as_array().unwrap().len(), 1);
    assert_eq!(attempts[0]["outcome"], "delivered");
}

#[tokio::test]
async fn a_topic_is_one_id_and_a_delivery_for_each_channel() {
    let server = station();
    let sent = send(&server, r#"{"topic":"alerts","body":"disk full"}"#).await;
    let id = sent.json["id"].as_str().unwrap();
    let life = until(&server, id, "delivered").await;
    let channels: Vec<_> =
        life["deliveries"].as_array().unwrap().iter().map(|it| &it["channel"]).collect();
    assert_eq!(channels, ["ops", "mail"]);
    for part in life["deliveries"].as_array().unwrap() {
        let part = part["id"].as_str().unwrap();
        assert_ne!(part, id);
        assert_eq!(until(&server, part, "delivered").await["id"], part);
    }
}

#[tokio::test]
async fn the_same_idempotency_key_and_body_is_the_same_id_and_another_body_a_conflict() {
    let server = station();
    let headers = [ALL, JSON, ("Idempotency-Key", "build-7")];
    let line = "POST /api/v1/notifications";
    let first = call(&server, line, &headers, r#"{"channel":"ops","body":"a"}"#).await;
    let again = call(&server, line, &headers, r#"{ "body": "a", "channel": "ops" }"#).await;
    assert_eq!((again.status, &again.json), (202, &first.json));
    let other = call(&server, line, &headers, r#"{"channel":"ops","body":"b"}"#).await;
    let id = first.json["id"].as_str().unwrap();
    let message = format!("the idempotency key was used for another notification, {id}");
    assert_eq!(other.error(), (409, "api.conflict", message.as_str()));
    let list = call(&server, "GET /api/v1/notifications", &[ALL], "").await;
    assert_eq!(list.json["notifications"].as_array().unwrap().len(), 1);
}

/// The line that calls it back.
fn cancel(sent: &Called) -> String {
    format!("POST /api/v1/notifications/{}/cancel", sent.json["id"].as_str().unwrap())
}

#[tokio::test]
async fn what_waits_is_called_back_by_its_key_or_an_admin_and_by_nobody_else() {
    let server = station();
    let body = r#"{"channel":"ops","body":"later","delay":"1h"}"#;
    let sent = call(&server, "POST /api/v1/notifications", &[ALL, JSON], body).await;
    let line = cancel(&sent);
    assert_eq!(call(&server, &line, &[CI], "").await.error().1, "api.not_found");
    let cancelled = call(&server, &line, &[ALL], "").await;
    assert_eq!((cancelled.status, &cancelled.json["state"]), (200, &json!("refused")));
    assert_eq!(cancelled.json["deliveries"][0]["code"], "api.cancelled");
    assert_eq!(cancelled.json["deliveries"][0]["note"], "called back by `all`");
    assert_eq!(call(&server, &line, &[ALL], "").await.error().1, "api.sent");
    let own = call(&server, "POST /api/v1/notifications", &[CI, JSON], body).await;
    let line = cancel(&own);
    assert_eq!(call(&server, &line, &[CI], "").await.status, 200);
}

#[tokio::test]
async fn the_list_is_narrowed_and_paged() {
    let server = station();
    for body in ["a", "b", "c"] {
        let body = format!(r#"{{"channel":"ops","title":"{body}","delay":"1h"}}"#);
        send(&server, &body).await;
    }
    send(&server, r#"{"channel":"mail","title":"d","delay":"1h"}"#).await;
    let titles = |json: &serde_json::Value| -> Vec<String> {
        let rows = json["notifications"].as_array().unwrap();
        rows.iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect()
    };
    let line = "GET /api/v1/notifications?state=waiting&channel=ops&limit=2";
    let first = call(&server, line, &[ALL], "").await;
    assert_eq!(titles(&first.json), ["c", "b"]);
    let next = format!("{line}&cursor={}", first.json["next"].as_str().unwrap());
    let second = call(&server, &next, &[ALL], "").await;
    assert_eq!((titles(&second.json), &second.json["next"]), (vec!["a".to_owned()], &json!(null)));
    let none = call(&server, "GET /api/v1/notifications?state=delivered", &[ALL], "").await;
    assert_eq!(none.json["notifications"], json!([]));
}

#[tokio::test]
async fn what_there_is_to_send_through_is_listed() {
    let server = station();
    let accounts = call(&server, "GET /api/v1/accounts", &[ALL], "").await;
    let shop = json!([{
        "name": "shop", "platform": "official-account", "app_id": "wx1", "mode": "plain",
        "may_push": false,
    }]);
    assert_eq!(accounts.json["accounts"], shop);
    let channels = call(&server, "GET /api/v1/channels", &[ALL], "").await;
    let row = |name: &str| json!({ "name": name, "kind": "log", "waiting_since": null, "may_send": true });
    assert_eq!(channels.json["channels"], json!([row("mail"), row("ops")]));
    assert_eq!(channels.json["topics"], json!([{ "name": "alerts", "channels": ["ops", "mail"] }]));
    let rules = call(&server, "GET /api/v1/rules", &[ALL], "").await;
    assert_eq!(rules.json, json!({ "rules": [], "faults": [] }));
}

#[tokio::test]
async fn the_callbacks_that_are_kept_as_files_are_listed_page_by_page() {
    let none = call(&station(), "GET /api/v1/messages", &[ALL], "").await;
    assert_eq!(none.json, json!({ "kept": false, "messages": [], "next": null }));
    let folder = tempfile::tempdir().unwrap();
    let file = |second: u32| format!("{}000-0000-shop-text.http", 1_767_225_600 + second);
    for second in 0..3 {
        std::fs::write(folder.path().join(file(second)), "").unwrap();
    }
    let config = format!("capture = '{}'\n{CONFIG}", folder.path().display());
    let server = Server::start(&config, Counting::default());
    let first = call(&server, "GET /api/v1/messages?limit=2", &[ALL], "").await;
    let row = |second: u32| json!({ "file": file(second), "at": format!("2026-01-01T00:00:0{second}Z"), "what": "shop-text" });
    let expected = json!({ "kept": true, "messages": [row(2), row(1)], "next": file(1) });
    assert_eq!(first.json, expected);
    let line = format!("GET /api/v1/messages?cursor={}", file(1));
    let second = call(&server, &line, &[ALL], "").await;
    assert_eq!(second.json, json!({ "kept": true, "messages": [row(0)], "next": null }));
}

#[tokio::test]
async fn a_message_is_run_again_each_time_it_is_asked_for() {
    let counting = Counting::default();
    let server = Server::start(CONFIG, counting.clone());
    let document = "<xml><ToUserName>gh</ToUserName><FromUserName>oAnna</FromUserName>\
        <CreateTime>1</CreateTime><MsgType>text</MsgType><Content>hi</Content><MsgId>7</MsgId></xml>";
    let replay = json!({ "account": "shop", "message": document }).to_string();
    for runs in 1..=2 {
        let run = call(&server, "POST /api/v1/replay", &[ALL, JSON], &replay).await;
        assert_eq!((run.status, &run.json["answered"]), (200, &json!(true)), "{}", run.text);
        assert_eq!((&run.json["type"], &run.json["reply"]), (&json!("text"), &json!(null)));
        assert_eq!(counting.runs(), runs);
    }
    let denied = call(&server, "POST /api/v1/replay", &[CI, JSON], &replay).await;
    assert_eq!(denied.error().2, "the key `ci` may not `admin`");
    for (account, message, expected) in
        [("shp", document, "api.unknown"), ("shop", "hello", "api.unreadable")]
    {
        let replay = json!({ "account": account, "message": message }).to_string();
        let refused = call(&server, "POST /api/v1/replay", &[ALL, JSON], &replay).await;
        assert_eq!(refused.error().1, expected);
    }
}

#[tokio::test]
async fn the_interface_is_shown_as_openapi_and_as_a_page_without_assets() {
    let server = station();
    let document = call(&server, "GET /api/v1/openapi.json", &[], "").await;
    assert_eq!((document.status, &document.json["openapi"]), (200, &json!("3.1.0")));
    let page = call(&server, "GET /api/docs", &[], "").await;
    assert!(page.text.contains("curl $URL&#x2f;api&#x2f;v1&#x2f;notifications "), "{}", page.text);
    assert!(page.head.contains("content-security-policy: default-src 'none'"), "{}", page.head);
    for foreign in ["<script", "src=", "@import", "url("] {
        assert!(!page.text.contains(foreign), "{foreign}");
    }
}
