//! The HTTP API of a station that listens: what it takes, what it refuses, what it answers.

mod refusals;
mod sending;

use serde_json::Value;

use crate::support::server::Counting;
use crate::support::server::Server;
use crate::support::server::body;
use crate::support::server::status;

/// One account, two channels that only log, a topic, and keys of all kinds.
pub(crate) const CONFIG: &str = "
[[account]]
name = 'shop'
platform = 'official-account'
app_id = 'wx1'
token = 'Token0123'
mode = 'plain'
[[channel]]
name = 'ops'
kind = 'log'
[[channel]]
name = 'mail'
kind = 'log'
[[topic]]
name = 'alerts'
channels = ['ops', 'mail']
[admin]
token = 'the-owner-alone'
[[key]]
name = 'ci'
token = 'ci-token-0001'
may = ['send:ops']
[[key]]
name = 'all'
token = 'all-token-0001'
may = ['send:*', 'read', 'admin']
";

/// A call of the API, and what it was answered.
pub(crate) struct Called {
    pub(crate) status: u16,
    /// Status line and headers, in lower case.
    pub(crate) head: String,
    pub(crate) json: Value,
    pub(crate) text: String,
}

impl Called {
    /// Code and message of an error.
    pub(crate) fn error(&self) -> (u16, &str, &str) {
        let member = |name: &str| self.json["error"][name].as_str().unwrap_or_default();
        (self.status, member("code"), member("message"))
    }
}

/// Calls with these headers and this body.
pub(crate) async fn call(
    server: &Server,
    line: &str,
    headers: &[(&str, &str)],
    sent: &str,
) -> Called {
    let mut request = format!("{line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request.extend(["Content-Length: ", &sent.len().to_string(), "\r\n\r\n", sent]);
    let answer = server.raw(request.as_bytes()).await;
    let text = body(&answer).to_owned();
    let json = serde_json::from_str(&text).unwrap_or_default();
    let head = answer.split("\r\n\r\n").next().unwrap_or_default().to_lowercase();
    Called { status: status(&answer), head, json, text }
}

pub(crate) const CI: (&str, &str) = ("Authorization", "Bearer ci-token-0001");
pub(crate) const ALL: (&str, &str) = ("Authorization", "Bearer all-token-0001");
pub(crate) const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Sends with the key `all`.
async fn send(server: &Server, body: &str) -> Called {
    call(server, "POST /api/v1/notifications", &[ALL, JSON], body).await
}

fn station() -> Server {
    Server::start(CONFIG, Counting::default())
}

/// Looks at a notification until it is `state`.
async fn until(server: &Server, id: &str, state: &str) -> Value {
    loop {
        let shown = call(server, &format!("GET /api/v1/notifications/{id}"), &[ALL], "").await;
        if shown.json["state"] == state {
            return shown.json;
        }
        assert_eq!(shown.json["state"], "waiting", "{}", shown.text);
        tokio::task::yield_now().await;
    }
}
