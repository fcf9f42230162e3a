//! The call of the owner's hook: retried with one id, and never into a private network.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use yizhan::config::Config;
use yizhan::config::secret::WebhookSecret;

use super::Desk;
use super::Hook;
use super::SECRET;
use crate::support::START;

const PRESSED: &str = "action=approve&field.grade=%E5%A5%BD";

#[tokio::test]
async fn a_hook_that_fails_is_called_again_with_the_same_id_and_body() {
    let hook = Hook::answering(&[503]).await;
    let desk = Desk::start(&hook.url);
    let link = desk.one("x").await;
    desk.press(&link, PRESSED).await;
    // The second try is due a moment later by the station's clock.
    hook.calls(1).await;
    desk.pass(1);
    let calls = hook.calls(2).await;
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].body, calls[1].body);
    assert_eq!(calls[0].header("webhook-id"), calls[1].header("webhook-id"));
    assert_ne!(calls[0].header("webhook-id"), "");
}

#[tokio::test]
async fn a_call_is_signed_by_the_scheme_of_standard_webhooks() {
    let hook = Hook::answering(&[]).await;
    let desk = Desk::start(&hook.url);
    let link = desk.one("x").await;
    desk.press(&link, PRESSED).await;
    let call = hook.calls(1).await.remove(0);
    let secret = WebhookSecret::parse(SECRET).unwrap();
    let signature = secret.sign(call.header("webhook-id"), START, call.body.as_bytes());
    assert_eq!(call.header("webhook-signature"), signature);
    assert_eq!(call.header("webhook-timestamp"), START.to_string());
}

#[tokio::test]
async fn a_hook_does_not_lead_anywhere_else() {
    let other = Hook::answering(&[]).await;
    let hook = Hook::redirecting(&[307], &other.url).await;
    let desk = Desk::start(&hook.url);
    let link = desk.one("x").await;
    desk.press(&link, PRESSED).await;
    assert_eq!(hook.calls(1).await.len(), 1);
    desk.pass(1);
    // Whoever follows redirects does so at once.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!((hook.calls(1).await.len(), other.calls(0).await.len()), (1, 0));
}

#[test]
fn a_hook_inside_a_private_network_is_a_fault_however_it_is_written() {
    let inside = [
        "http://localhost/x",
        "http://hook.localhost:8080/x",
        "http://127.0.0.1/x",
        "http://2130706433/x",
        "http://0x7f.1/x",
        "http://[::1]/x",
        "http://[::ffff:127.0.0.1]/x",
        "http://[fd00::1]/x",
        "http://169.254.169.254/latest/meta-data",
    ];
    for hook in inside {
        let folder = tempfile::tempdir().unwrap();
        for file in ["review.html", "review.css"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        let text = format!("[server]\n{}", super::config(hook, "", folder.path()));
        let read = Config::parse("a.toml", &text, Path::new(""), &BTreeMap::new());
        let faults = read.unwrap_err().to_string();
        assert!(faults.contains("is inside a private network"), "{hook}: {faults}");
        assert!(faults.contains("list it in `server.private_hosts`"), "{hook}: {faults}");
    }
}
