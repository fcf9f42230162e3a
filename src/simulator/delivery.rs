//! The platform's side of one account: signs, seals, delivers, and tries again.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio::time::timeout;
use url::form_urlencoded::byte_serialize;

use super::Account;
use super::Exchange;
use super::Follower;
use super::RawRequest;
use super::RawResponse;
use super::Shown;
use super::Source;
use super::Try;
use super::Unreachable;
use super::What;
use super::Wire;
use super::document;
use super::judge::Judge;
use super::time::VirtualClock;
use super::world::World;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::wechat::Mode;
use crate::wechat::Platform;
use crate::wechat::id::OpenId;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;
use crate::wechat::limits;
use crate::wechat::signature;
use crate::wechat::wire::Format;

/// How long 企业微信 waits for the answer to its URL check.
/// Source: 企业微信 "Callback configuration".
const WECOM_CHECK_WINDOW: Duration = Duration::from_secs(1);

/// The platform, as one account sees it.
pub struct Simulator {
    pub(super) account: Account,
    callback: String,
    wire: Box<dyn Wire>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    next_msg_id: AtomicU64,
    pub(super) virtual_clock: VirtualClock,
    world: Mutex<World>,
    /// Told when there may be a new job.
    pub(super) wake: Notify,
    /// Told when a callback has been delivered.
    pub(super) delivered: Notify,
}

/// Why a callback URL was not accepted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// Nothing came in time.
    #[error("no answer after {} s", .0.as_secs())]
    HungUp(Duration),
    /// No connection, or one that broke.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// Another HTTP status than 200.
    #[error("the status is {0}")]
    Refused(u16),
    /// 200, and another body than the one asked for.
    #[error("the body is not the one asked for")]
    WrongBody,
}

impl Simulator {
    /// The platform for `account`, whose console names `callback` as its URL: a path, perhaps with
    /// a query of the owner's.
    pub fn new(
        account: Account,
        callback: &str,
        wire: impl Wire + 'static,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Arc<Self> {
        // 64 bits that grow with time, as the real ones; another start each time, because the
        // server may remember what an earlier run has sent.
        let seconds = u64::try_from(clock.unix()).unwrap_or_default();
        let next_msg_id = AtomicU64::new((seconds << 32) | u64::from(entropy.nonce() >> 1));
        let callback = callback.to_owned();
        Arc::new(Self {
            account,
            callback,
            wire: Box::new(wire),
            virtual_clock: VirtualClock::new(Arc::clone(&clock)),
            clock,
            entropy,
            next_msg_id,
            world: Mutex::default(),
            wake: Notify::new(),
            delivered: Notify::new(),
        })
    }

    /// The clock by which tokens end, windows close, and media expire.
    pub fn virtual_clock(&self) -> &VirtualClock {
        &self.virtual_clock
    }

    /// What the platform remembers. Never held while anything is waited for.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody who follows the account.
    pub fn follower(self: &Arc<Self>, open_id: OpenId) -> Follower {
        Follower::new(Arc::clone(self), open_id)
    }

    /// A `MsgId` that no message had before.
    pub(super) fn msg_id(&self) -> u64 {
        self.next_msg_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Delivers a document until it is answered, at most three times, and judges the answers.
    /// Documents of one account may be on their way side by side. What it means for windows and
    /// followers is noted first, and what became of it afterwards, in the transcript.
    pub async fn deliver(&self, document: &str) -> Exchange {
        self.note_message(document);
        let exchange = self.deliver_with_faults(document).await;
        self.note_exchange(document, &exchange);
        self.follow_stream(document, &exchange);
        exchange
    }

    /// The deliveries of one document.
    pub(super) async fn try_deliver(&self, document: &str) -> Exchange {
        let judge = Judge::new(&self.account, document);
        let start = Instant::now();
        let mut tries = Vec::new();
        for _ in 0..limits::TRIES {
            let begun = Instant::now();
            let request = self.request(document);
            let answer = timeout(limits::REPLY_WINDOW, self.wire.send(request)).await;
            let (at, took) = (begun - start, begun.elapsed());
            let what = match answer {
                Err(_) => What::HungUp,
                Ok(Err(Unreachable(reason))) => What::Unreachable(reason),
                Ok(Ok(response)) => judge.judge(&response),
            };
            let is_last = !what.is_retried();
            tries.push(Try { at, took, what });
            if is_last {
                break;
            }
        }
        let shown = match tries.last().map(|last| &last.what) {
            Some(What::Answered(shown)) => shown.clone(),
            _ => self.account.apology().filter(|_| judge.is_seen()).map(Shown::system),
        };
        Exchange { tries, shown }
    }

    /// One delivery of `document`: its own timestamp, nonce, signature and ciphertext.
    pub fn request(&self, document: &str) -> RawRequest {
        let inbound = Inbound::parse(document.as_bytes().to_vec()).ok();
        let from = inbound.as_ref().map_or("", Inbound::from);
        let mut query = String::new();
        let mut body = document.to_owned();
        if self.account.source == Source::Signature {
            let (timestamp, nonce) =
                (self.clock.unix().to_string(), self.entropy.nonce().to_string());
            let encrypt = self.seal(document);
            query = self.query(&timestamp, &nonce, from, encrypt.as_deref());
            if let Some(encrypt) = encrypt {
                body = self.envelope(document, inbound.as_ref(), &encrypt);
            }
        }
        let headers = self.headers(&body, from);
        let (path, query) = self.target(&query);
        RawRequest { method: "POST", path, query, headers, body: body.into_bytes() }
    }

    /// The sealed message; `None` in 明文模式 or without a key.
    fn seal(&self, message: &str) -> Option<String> {
        let cipher = self.account.cipher.as_ref().filter(|_| self.account.mode != Mode::Plain)?;
        let receive_id = self.account.app_id.as_str();
        Some(cipher.seal(message.as_bytes(), receive_id, &self.entropy.prefix()))
    }

    /// The parameters in the order in which the platforms write them.
    fn query(&self, timestamp: &str, nonce: &str, from: &str, encrypt: Option<&str>) -> String {
        let token = &self.account.token;
        let sealed = encrypt.map(|it| signature::sign_sealed(token, timestamp, nonce, it));
        let sealed = sealed.as_ref().map(signature::Signature::as_str);
        let mut parameters = Vec::new();
        if self.account.platform.is_wecom() {
            parameters.extend(sealed.map(|sealed| ("msg_signature", sealed)));
            parameters.extend([("timestamp", timestamp), ("nonce", nonce)]);
            return encode(&parameters);
        }
        let plain = signature::sign(token, timestamp, nonce);
        parameters.extend([("signature", plain.as_str()), ("timestamp", timestamp)]);
        parameters.push(("nonce", nonce));
        if !from.is_empty() {
            parameters.push(("openid", from));
        }
        if let Some(sealed) = sealed {
            parameters.extend([("encrypt_type", "aes"), ("msg_signature", sealed)]);
        }
        encode(&parameters)
    }

    /// The body around the sealed part.
    fn envelope(&self, document: &str, inbound: Option<&Inbound>, encrypt: &str) -> String {
        let account = &self.account;
        if account.mode == Mode::Compatible {
            return document::append(document, "Encrypt", encrypt);
        }
        let is_notice = inbound.is_some_and(|it| it.family() == Family::Platform);
        let is_json = account.format == Format::Json;
        let agent = account.agent_id.map(|id| id.to_string()).unwrap_or_default();
        let members: Vec<(&str, &str)> = match account.platform {
            Platform::WecomBot => vec![("encrypt", encrypt)],
            Platform::Wecom if is_json => vec![
                ("tousername", &account.original_id),
                ("encrypt", encrypt),
                ("agentid", &agent),
            ],
            Platform::Wecom => vec![
                ("ToUserName", &account.original_id),
                ("AgentID", &agent),
                ("Encrypt", encrypt),
            ],
            Platform::OpenPlatform if is_notice => {
                vec![("AppId", account.app_id.as_str()), ("Encrypt", encrypt)]
            }
            _ => vec![("ToUserName", &account.original_id), ("Encrypt", encrypt)],
        };
        let members = members.into_iter().map(|(name, text)| (name.to_owned(), text.into()));
        document::write(&members.collect(), account.format)
    }

    fn headers(&self, body: &str, from: &str) -> Vec<(String, String)> {
        let content_type = match body.trim_start().starts_with('{') {
            true => "application/json",
            false => "text/xml",
        };
        let mut headers = vec![
            ("User-Agent", "Mozilla/4.0"),
            ("Accept", "*/*"),
            ("Content-Type", content_type),
            ("Pragma", "no-cache"),
        ];
        if self.account.source == Source::CloudRun {
            headers.push(("X-WX-SOURCE", "wx_client"));
            headers.push(("X-WX-APPID", self.account.app_id.as_str()));
            headers.push(("X-WX-ENV", "prod-simulated"));
            if !from.is_empty() {
                headers.push(("X-WX-OPENID", from));
            }
        }
        let bearer = self.account.token.bearer();
        if self.account.source == Source::CloudFunction {
            headers.push(("Authorization", &bearer));
        }
        headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Our parameters behind those of the owner's URL.
    fn target(&self, query: &str) -> (String, String) {
        match self.callback.split_once('?') {
            None => (self.callback.clone(), query.to_owned()),
            Some((path, own)) if query.is_empty() => (path.to_owned(), own.to_owned()),
            Some((path, own)) => (path.to_owned(), format!("{own}&{query}")),
        }
    }

    /// The URL check, as the console makes it when the settings are saved.
    ///
    /// # Errors
    ///
    /// [`CheckError`] says what the console would have minded.
    pub async fn verify_url(&self) -> Result<(), CheckError> {
        let is_wecom = self.account.platform.is_wecom();
        let (request, expected) = self.check_request();
        let window = if is_wecom { WECOM_CHECK_WINDOW } else { limits::REPLY_WINDOW };
        let response = self.ask(request, window).await?;
        match response.body == expected.as_bytes() {
            true => Ok(()),
            false => Err(CheckError::WrongBody),
        }
    }

    /// The request of a URL check, and the body it wants back.
    pub fn check_request(&self) -> (RawRequest, String) {
        let account = &self.account;
        let (timestamp, nonce) = (self.clock.unix().to_string(), self.entropy.nonce().to_string());
        // Digits, as the platforms send; the second number makes them longer than 32 bits.
        let echostr = format!("{}{}", self.entropy.nonce(), self.entropy.nonce());
        let token = &account.token;
        let query = match (account.platform.is_wecom(), self.seal(&echostr)) {
            (true, Some(sealed)) => {
                let signature = signature::sign_sealed(token, &timestamp, &nonce, &sealed);
                encode(&[
                    ("msg_signature", signature.as_str()),
                    ("timestamp", &timestamp),
                    ("nonce", &nonce),
                    ("echostr", &sealed),
                ])
            }
            _ => encode(&[
                ("signature", signature::sign(token, &timestamp, &nonce).as_str()),
                ("echostr", &echostr),
                ("timestamp", &timestamp),
                ("nonce", &nonce),
            ]),
        };
        let headers = [("User-Agent", "Mozilla/4.0"), ("Accept", "*/*"), ("Pragma", "no-cache")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let (path, query) = self.target(&query);
        (RawRequest { method: "GET", path, query, headers, body: Vec::new() }, echostr)
    }

    /// Cloud Run's question whether anybody serves the path.
    ///
    /// # Errors
    ///
    /// [`CheckError`] says why the setting would not be saved.
    pub async fn probe(&self) -> Result<(), CheckError> {
        let action = "CheckContainerPath";
        let fields = [("action".to_owned(), action.into())].into_iter().collect();
        let body = document::write(&fields, self.account.format);
        let headers = self.headers(&body, "");
        let (path, query) = self.target("");
        let body = body.into_bytes();
        let request = RawRequest { method: "POST", path, query, headers, body };
        let response = self.ask(request, limits::REPLY_WINDOW).await?;
        match response.body.as_slice() {
            b"" | b"success" => Ok(()),
            _ => Err(CheckError::WrongBody),
        }
    }

    async fn ask(&self, request: RawRequest, window: Duration) -> Result<RawResponse, CheckError> {
        let answer = timeout(window, self.wire.send(request)).await;
        let response = answer.map_err(|_| CheckError::HungUp(window))??;
        match response.status {
            200 => Ok(response),
            status => Err(CheckError::Refused(status)),
        }
    }
}

fn encode(parameters: &[(&str, &str)]) -> String {
    let mut query = String::new();
    for (name, value) in parameters {
        if !query.is_empty() {
            query.push('&');
        }
        query.extend([*name, "="]);
        query.extend(byte_serialize(value.as_bytes()));
    }
    query
}
