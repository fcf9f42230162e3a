//! Calls to WeChat's HTTP API: one [`Client`] for each account.
//!
//! A request is a value of a type that implements [`Api`]; [`Client::call`] checks the platform's
//! limits, adds the token and reads the answer. What has no type of its own goes by
//! [`Client::get`], [`Client::post_json`], [`Client::upload`] and [`Client::download`].
//!
//! What the client does by itself: it fetches the token once for all who wait (`token.rs`), renews
//! it once and calls once more where WeChat complains about it, calls again after 1, 2 and 4 s
//! where nothing can have been done, and leaves WeChat alone for a while where every call would
//! only use up quota ([`step`]). A call that may have been done is never made twice.
//!
//! Neither token nor secret is in a log or an error: they travel in URLs, so no URL is.

mod answer;
mod api;
mod brake;
mod call;
mod clients;
mod component;
pub mod customer;
pub mod diagnostics;
mod error;
mod form;
pub mod kf;
mod limit;
pub mod login;
pub mod mass;
pub mod media;
pub mod menu;
pub mod qrcode;
pub mod step;
pub mod template;
mod token;
mod transport;
pub mod user;
pub mod wecom;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::Digest as _;
use sha2::Sha256;

use crate::clock::Clock;
use crate::config::account;
use crate::config::secret::Secret;
use crate::entropy::Entropy;
use crate::exchange::Response;
use crate::store::Store;
use crate::wechat::Platform;
use crate::wechat::errcode::Surface;
use crate::wechat::id::AppId;

use self::answer::Asked;
use self::brake::Brake;
use self::call::Call;
use self::form::Form;
use self::step::Step;
use self::token::Issuer;
use self::token::Tokens;

pub use self::api::Api;
pub use self::api::Body;
pub use self::api::Done;
pub use self::api::Proof;
pub use self::clients::Clients;
pub use self::component::Authorized;
pub use self::error::PlatformError;
pub use self::error::Refusal;
pub use self::form::File;
pub use self::limit::Limit;
pub use self::transport::Sending;
pub use self::transport::Transport;

/// What a client needs of the world around it.
#[derive(Clone)]
pub struct World {
    /// Carries requests.
    pub transport: Arc<dyn Transport>,
    /// Shares tokens with other processes, and keeps them over a restart.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Tells processes and files apart.
    pub entropy: Arc<dyn Entropy>,
}

/// Calls WeChat for one account.
pub struct Client {
    name: Arc<str>,
    platform: Platform,
    app_id: AppId,
    secret: Option<Secret>,
    agent_id: Option<u32>,
    base: String,
    /// None behind 微信云托管, which adds it itself.
    tokens: Option<Tokens>,
    brake: Brake,
    world: World,
}

impl fmt::Debug for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Client").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Client {
    /// The client of `account`; none where it has no `app_secret` and is not behind 微信云托管, or
    /// is a 企业微信 robot, which has no API.
    pub fn open(account: &account::Account, world: World) -> Option<Arc<Self>> {
        let issuer = match (account.platform, account.source, account.token_api) {
            (Platform::WecomBot, ..) => return None,
            (_, account::Source::CloudRun, _) => None,
            (_, _, _) if account.app_secret.is_none() => return None,
            (Platform::Wecom, ..) => Some(Issuer::Wecom),
            (Platform::OpenPlatform, ..) => Some(Issuer::Component),
            (_, _, account::TokenApi::Stable) => Some(Issuer::Stable),
            (_, _, account::TokenApi::Classic) => Some(Issuer::Classic),
        };
        let secret = account.app_secret.clone();
        let key = token_key(&account.app_id, secret.as_ref());
        let owner = world.entropy.alphanumeric(16);
        Some(Arc::new(Self {
            name: account.name.as_str().into(),
            platform: account.platform,
            app_id: account.app_id.clone(),
            secret,
            agent_id: account.agent_id,
            base: account.api_base.clone(),
            tokens: issuer.map(|issuer| Tokens::new(issuer, &key, owner)),
            brake: Brake::default(),
            world,
        }))
    }

    /// The same way to WeChat for another account.
    fn with_issuer(&self, app_id: AppId, issuer: Issuer) -> Self {
        let key = format!("{}/{app_id}", self.app_id);
        let owner = self.world.entropy.alphanumeric(16);
        Self {
            name: format!("{}/{app_id}", self.name).into(),
            platform: Platform::OfficialAccount,
            app_id,
            secret: None,
            agent_id: None,
            base: self.base.clone(),
            tokens: Some(Tokens::new(issuer, &key, owner)),
            brake: Brake::default(),
            world: self.world.clone(),
        }
    }

    /// The account's name in the config.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of account.
    pub fn platform(&self) -> Platform {
        self.platform
    }

    /// What WeChat calls the account.
    pub fn app_id(&self) -> &AppId {
        &self.app_id
    }

    /// The application of 企业微信.
    pub fn agent_id(&self) -> Option<u32> {
        self.agent_id
    }

    /// Makes a documented request.
    ///
    /// # Errors
    ///
    /// [`PlatformError::Limit`] before anything is sent, and whatever becomes of the call.
    pub async fn call<A: Api>(&self, api: &A) -> Result<A::Answer, PlatformError> {
        api.check(self.platform)?;
        self.run(&Call::of(api, self.platform)).await
    }

    /// Makes a documented request once: it is not made again, and a token that WeChat minds is
    /// not renewed. For trying out whether it works.
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub async fn try_once<A: Api>(&self, api: &A) -> Result<A::Answer, PlatformError> {
        api.check(self.platform)?;
        let call = Call::of(api, self.platform);
        let response = match &self.tokens {
            Some(tokens) => {
                let token = tokens.get(self).await?;
                self.send(&call, Some((tokens.parameter(), &token))).await?
            }
            None => self.send(&call, None).await?,
        };
        answer::read(call.path, &response)
    }

    /// `GET path?…`, with the token added.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, PlatformError> {
        self.run(&Call::get(path, query.iter().copied())).await
    }

    /// `POST path` with `json`, with the token added.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]
    pub async fn post_json(
        &self,
        path: &str,
        json: &impl Serialize,
    ) -> Result<Value, PlatformError> {
        self.run(&Call::post(path, json)).await
    }

    /// `POST path?…` with a form that has `file` as its part `media`, with the token added.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]
    pub async fn upload(
        &self,
        path: &str,
        query: &[(&str, &str)],
        file: File,
    ) -> Result<Value, PlatformError> {
        let form = self.form(Vec::new(), file);
        self.run(&Call::upload(path, &form).with_query(query.iter().copied())).await
    }

    /// `GET path?…` whose answer is a file, or JSON, as WeChat likes.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]
    pub async fn download(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Response, PlatformError> {
        self.respond(&Call::get(path, query.iter().copied()).for_a_file()).await
    }

    fn form(&self, fields: Vec<(&'static str, String)>, file: File) -> Form {
        let boundary = format!("yizhan-{}", self.world.entropy.alphanumeric(24));
        Form { boundary, fields, file }
    }

    fn now(&self) -> Duration {
        self.world.clock.since_epoch()
    }

    fn surface(&self) -> Surface {
        if self.platform.is_wecom() { Surface::Wecom } else { Surface::Mp }
    }

    fn secret(&self) -> Result<&str, PlatformError> {
        self.secret.as_ref().map(Secret::expose).ok_or(PlatformError::NoSecret)
    }

    async fn run<A: DeserializeOwned>(&self, call: &Call<'_>) -> Result<A, PlatformError> {
        let response = self.respond(call).await?;
        answer::read(call.path, &response)
    }

    /// The same without token and brake, for the fetching of tokens.
    async fn ask_for<A: DeserializeOwned>(&self, call: &Call<'_>) -> Result<A, PlatformError> {
        let response = self.ask(call, None).await?;
        answer::read(call.path, &response)
    }

    /// Makes a call with everything that belongs to it.
    async fn respond(&self, call: &Call<'_>) -> Result<Response, PlatformError> {
        self.brake.check(self.now())?;
        let outcome = match (call.proof, &self.tokens) {
            (Proof::Secret { id, secret }, _) => {
                let proof = [(id, self.app_id.as_str()), (secret, self.secret()?)];
                self.ask(&call.clone().with_query(proof), None).await
            }
            (Proof::Token, Some(tokens)) => self.ask_with_token(call, tokens).await,
            _ => self.ask(call, None).await,
        };
        match &outcome {
            Ok(_) => self.brake.release(),
            Err(PlatformError::Refused(refusal)) => {
                let pause = step::brake(refusal.surface, refusal.code, self.now());
                if let Some(pause) = pause {
                    self.brake.pull(&self.name, refusal, self.now(), pause);
                }
            }
            Err(_) => {}
        }
        outcome
    }

    /// Where WeChat complains about the token, renews it once and calls once more.
    async fn ask_with_token(
        &self,
        call: &Call<'_>,
        tokens: &Tokens,
    ) -> Result<Response, PlatformError> {
        let name = tokens.parameter();
        let token = tokens.get(self).await?;
        match self.ask(call, Some((name, &token))).await {
            Err(complaint) if complaint.step() == Step::Renew => {
                let token = tokens.renew(self, &token, complaint).await?;
                self.ask(call, Some((name, &token))).await
            }
            outcome => outcome,
        }
    }

    /// Sends, and sends again after each pause while it is certain that nothing was done.
    async fn ask(
        &self,
        call: &Call<'_>,
        token: Option<(&str, &str)>,
    ) -> Result<Response, PlatformError> {
        for pause in step::PAUSES {
            match self.send(call, token).await {
                Err(error) if error.step() == Step::BackOff => tokio::time::sleep(pause).await,
                outcome => return outcome,
            }
        }
        self.send(call, token).await
    }

    async fn send(
        &self,
        call: &Call<'_>,
        token: Option<(&str, &str)>,
    ) -> Result<Response, PlatformError> {
        let request = call.request(&self.base, token);
        let sent = self.world.transport.send(request).await;
        let response = sent.map_err(|source| PlatformError::Exchange {
            path: call.path.into(),
            may_have_arrived: call.changes() && source.may_have_arrived(),
            source: Arc::new(source),
        })?;
        let secret = self.secret.as_ref().map_or("", Secret::expose);
        let asked = Asked {
            method: call.method,
            path: call.path,
            surface: self.surface(),
            done: call.done,
            secrets: &[token.map_or("", |(_, token)| token), secret],
            now: self.now(),
        };
        answer::judge(&asked, &response)?;
        Ok(response)
    }
}

/// Tells tokens apart: 企业微信 gives one for each secret of a company. Of the secret only as much
/// of a hash as tells two of them apart.
fn token_key(app_id: &AppId, secret: Option<&Secret>) -> String {
    let hash = Sha256::digest(secret.map_or("", Secret::expose));
    let [a, b, c, d, ..] = *hash.as_slice() else { return app_id.to_string() };
    format!("{app_id}/{a:02x}{b:02x}{c:02x}{d:02x}")
}
