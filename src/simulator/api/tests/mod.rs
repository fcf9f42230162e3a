//! Literal requests and literal answers, group by group, on tokio's paused clock.

mod errcodes;
mod messages;
mod official;
mod tokens;
mod wecom;

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Reply;
use super::Request;
use crate::clock::TokioClock;
use crate::entropy::SeededEntropy;
use crate::simulator::Account;
use crate::simulator::RawRequest;
use crate::simulator::RawResponse;
use crate::simulator::Simulator;
use crate::wechat::Platform;
use crate::wechat::id::AppId;
use crate::wechat::id::OpenId;
use crate::wechat::secret::Token;
use crate::wechat::wire::Format;

const START: u64 = 1_767_225_600;
const USER: &str = "oUser1";

/// A platform with one follower, a token, and a bot that keeps what it hears.
struct Desk {
    simulator: Arc<Simulator>,
    token: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Desk {
    async fn new(platform: Platform) -> Self {
        let app_id = AppId::parse("wx1").unwrap();
        Self::of(Account::new(platform, Token::parse("Token1").unwrap(), app_id)).await
    }

    async fn of(account: Account) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        let wire = move |request: RawRequest| {
            kept.lock().unwrap().push(String::from_utf8(request.body).unwrap());
            async { RawResponse { status: 200, body: b"success".to_vec() } }
        };
        let is_wecom = account.platform.is_wecom();
        let account = if is_wecom { account.format(Format::Xml) } else { account };
        let clock = Arc::new(TokioClock::starting_at(START));
        let entropy = Arc::new(SeededEntropy::new(1));
        let simulator = Simulator::new(account, "/callback", wire, clock, entropy);
        simulator.knows(&OpenId::parse(USER).unwrap());
        let mut desk = Self { simulator, token: String::new(), heard };
        desk.token = desk.fetch_token().await;
        desk
    }

    async fn fetch_token(&self) -> String {
        let path = match self.simulator.account.platform {
            Platform::Wecom => "/cgi-bin/gettoken?corpid=wx1&corpsecret=S",
            Platform::OpenPlatform => return String::new(),
            _ => "/cgi-bin/token?grant_type=client_credential&appid=wx1&secret=S",
        };
        let answer = self.ask(&Request::get(path)).await;
        answer["access_token"].as_str().unwrap_or_default().to_owned()
    }

    /// The answer to any request.
    async fn ask(&self, request: &Request) -> Value {
        match self.simulator.answer(request).await {
            Reply::Whole(response) => response.to_json(),
            Reply::Broken => json!("broken"),
        }
    }

    /// The answer to a `GET` with the token.
    async fn get(&self, path: &str) -> Value {
        self.ask(&Request::get(&self.target(path))).await
    }

    /// The answer to a `POST` with the token.
    async fn post(&self, path: &str, body: Value) -> Value {
        self.ask(&Request::post(&self.target(path), &body)).await
    }

    /// The errcode of the same.
    async fn code(&self, path: &str, body: Value) -> i64 {
        errcode(&self.post(path, body).await)
    }

    fn target(&self, path: &str) -> String {
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("{path}{mark}access_token={}", self.token)
    }

    /// Uploads a file of this kind; its media id.
    async fn upload(&self, kind: &str, name: &str) -> String {
        let answer = self.upload_to("/cgi-bin/media/upload", kind, name, b"0123456789").await;
        let id = answer["media_id"].as_str().or_else(|| answer["thumb_media_id"].as_str());
        id.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    async fn upload_to(&self, path: &str, kind: &str, name: &str, bytes: &[u8]) -> Value {
        let mut body = format!(
            "--B\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--B--\r\n");
        let target = self.target(&format!("{path}?type={kind}"));
        self.ask(&Request::new("POST", &target, "multipart/form-data; boundary=B", body)).await
    }

    async fn says(&self, text: &str) {
        self.simulator.follower(OpenId::parse(USER).unwrap()).says(text).await;
    }

    async fn does(&self, message: Value) {
        self.simulator.follower(OpenId::parse(USER).unwrap()).sends(message).await;
    }

    /// Moves the platform's clock.
    fn later(&self, seconds: u64) {
        self.simulator.virtual_clock().advance(Duration::from_secs(seconds));
    }

    /// The texts the user was sent through the API.
    fn inbox(&self, user: &str) -> Vec<String> {
        let pushed = self.simulator.pushed(&OpenId::parse(user).unwrap(), 0);
        pushed.into_iter().map(|it| it.text).collect()
    }

    /// What the bot heard once all jobs are done.
    async fn jobs_done(&self) -> Vec<String> {
        let over = tokio::time::sleep(Duration::from_mins(1));
        tokio::select! {
            () = self.simulator.work_off() => {}
            () = over => {}
        }
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

/// 0 where there is none.
fn errcode(answer: &Value) -> i64 {
    answer["errcode"].as_i64().unwrap_or(0)
}

fn done() -> Value {
    json!({"errcode": 0, "errmsg": "ok"})
}
