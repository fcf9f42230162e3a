//! A notification that is also a page.

use serde_json::Value;
use serde_json::json;

use super::Desk;
use super::JSON;
use super::refusal;
use crate::support::server::body;
use crate::support::server::status;

impl Desk {
    async fn notify(&self, body: &Value) -> String {
        let headers =
            format!("authorization: Bearer ci-token-123456\r\nidempotency-key: k\r\n{JSON}");
        self.ask("POST", "/api/v1/notifications", &headers, &body.to_string()).await
    }

    /// What was sent for the notification that `answer` is about.
    async fn notified(&self, answer: &str) -> Value {
        let answer: Value = serde_json::from_str(body(answer)).unwrap();
        let path = format!("/api/v1/notifications/{}", answer["id"].as_str().unwrap());
        let headers = "authorization: Bearer ci-token-123456\r\n";
        serde_json::from_str(body(&self.ask("GET", &path, headers, "").await)).unwrap()
    }
}

#[tokio::test]
async fn a_long_notification_goes_out_as_its_beginning_and_a_link_to_its_page() {
    let desk = Desk::start("");
    let long = format!("# 周报\n**很长** <script>x</script>\n\n{}", "字".repeat(3_000));
    let message = json!({"channel": "log", "title": "周报", "body": long, "format": "markdown", "page": "1h"});
    let sent = desk.notify(&message).await;
    assert_eq!(status(&sent), 202, "{sent}");
    let shown = desk.notified(&sent).await.to_string();
    let (_, rest) = shown.split_once("https://bot.example.com/y").unwrap();
    let link = rest.split('"').next().unwrap();
    assert!(shown.contains("周报 很长 字字"), "{shown}");
    assert!(!shown.contains(&"字".repeat(201)), "{shown}");
    let page = desk.get(link).await;
    assert_eq!(status(&page), 200);
    assert!(page.contains("<strong>很长</strong>") && page.contains(&"字".repeat(3_000)), "{page}");
    assert!(!page.contains("<script"), "{page}");
    // The same again is the same, and makes no second page.
    assert_eq!(body(&desk.notify(&message).await), body(&sent));
    desk.pass(3_600);
    assert_eq!(status(&desk.get(link).await), 410);
}

#[tokio::test]
async fn a_page_is_kept_neither_too_short_nor_too_long() {
    let desk = Desk::start("");
    for lifetime in ["1s", "91d"] {
        let message = json!({"channel": "log", "body": "x", "page": lifetime});
        assert_eq!(refusal(&desk.notify(&message).await), (400, "api.invalid".to_owned()));
    }
}
