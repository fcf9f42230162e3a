//! The platform's side of the config's accounts, and the way to the station: in process, or HTTP.

use std::collections::HashMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::time::Instant;

use super::Seen;
use crate::account::RawCallback;
use crate::app::Station;
use crate::cli::Wrong;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::config::account::Account;
use crate::config::account::Source;
use crate::config::secret::Secret;
use crate::entropy::SystemEntropy;
use crate::intake::Intake;
use crate::simulator;
use crate::simulator::Exchange;
use crate::simulator::HttpWire;
use crate::simulator::RawRequest;
use crate::simulator::RawResponse;
use crate::simulator::Simulator;
use crate::simulator::What;
use crate::store;
use crate::wechat::envelope::Cipher;
use crate::wechat::id::AppId;
use crate::wechat::inbound::Inbound;
use crate::wechat::secret::Token;

/// Which rule answered a message, by its key.
type Rules = Arc<Mutex<HashMap<String, String>>>;

/// The platforms that send, each to one callback URL.
pub(super) struct Sides {
    accounts: Vec<Account>,
    station: Way,
    rules: Rules,
    platforms: HashMap<(String, Option<String>), Arc<Simulator>>,
}

enum Way {
    InProcess(Arc<Intake>),
    Http(HttpWire),
}

impl Sides {
    /// The station in this process, or the one at `to`.
    pub(super) fn new(mut config: Config, to: Option<&str>) -> anyhow::Result<Self> {
        // What is sent again is not captured again.
        config.server.capture = None;
        let accounts = config.accounts.clone();
        let rules = Rules::default();
        let station = match to {
            Some(url) => Way::Http(HttpWire::new(url)?),
            None => Way::InProcess(intake(config, &rules)?),
        };
        Ok(Self { accounts, station, rules, platforms: HashMap::new() })
    }

    /// The platform that sends to `/callback/ACCOUNT`, or to `/callback/ACCOUNT/SERVED`.
    pub(super) fn platform(
        &mut self,
        name: &str,
        served: Option<String>,
    ) -> anyhow::Result<Arc<Simulator>> {
        let Some(account) = self.accounts.iter().find(|account| account.name == name) else {
            return Err(Wrong(format!("there is no account `{name}`")).into());
        };
        let key = (name.to_owned(), served);
        if let Some(platform) = self.platforms.get(&key) {
            return Ok(Arc::clone(platform));
        }
        let served = key.1.as_deref();
        let path = served.map_or_else(String::new, |served| format!("/{served}"));
        let callback = format!("/callback/{name}{path}");
        let platform = match &self.station {
            Way::Http(wire) => simulate(account, &callback, wire.clone())?,
            Way::InProcess(intake) => {
                let served = served.map(AppId::parse).transpose()?;
                simulate(account, &callback, wire(Arc::clone(intake), name, served))?
            }
        };
        self.platforms.insert(key, Arc::clone(&platform));
        Ok(platform)
    }

    /// The rule that answered; `None` over HTTP, where it cannot be seen.
    pub(super) fn rule(&self, document: &str) -> Option<String> {
        let key = Inbound::parse(document.as_bytes().to_vec()).ok()?.key();
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).get(key.as_str()).cloned()
    }

    /// The same, of a message that will not come again.
    pub(super) fn forget(&self, document: &str) {
        if let Ok(inbound) = Inbound::parse(document.as_bytes().to_vec()) {
            let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
            rules.remove(inbound.key().as_str());
        }
    }
}

/// Delivers a document as the platform does: three tries, 5 s each; or checks the URL.
pub(super) async fn send(platform: &Simulator, document: Option<&str>) -> Seen {
    let Some(document) = document else {
        let begun = Instant::now();
        let checked = platform.verify_url().await;
        let reply = checked.as_ref().map_or_else(ToString::to_string, |()| "verified".to_owned());
        return Seen { is_answered: checked.is_ok(), took: begun.elapsed(), reply };
    };
    let exchange = platform.deliver(document).await;
    Seen { is_answered: exchange.is_answered(), took: exchange.took(), reply: reply(&exchange) }
}

/// What came back, on one line.
fn reply(exchange: &Exchange) -> String {
    match exchange.tries.last().map(|last| &last.what) {
        Some(What::Answered(Some(shown))) if shown.kind == "text" => shown.text.clone(),
        Some(What::Answered(Some(shown))) => format!("[{}] {}", shown.kind, shown.text),
        Some(What::Answered(None)) => "success".to_owned(),
        Some(What::Refused(status)) => format!("refused with {status}"),
        Some(What::Abnormal(reason)) => format!("abnormal: {reason}"),
        Some(What::Unreachable(reason)) => format!("unreachable: {reason}"),
        _ => "no answer within three tries".to_owned(),
    }
}

fn intake(config: Config, rules: &Rules) -> anyhow::Result<Arc<Intake>> {
    let seen = Arc::clone(rules);
    let station = Station::new(config).observe(Box::new(move |inbound, outcome| {
        let mut rules = seen.lock().unwrap_or_else(PoisonError::into_inner);
        rules.insert(inbound.key().as_str().to_owned(), outcome.by.clone());
    }));
    // What it leaves behind is nobody's.
    let memory = store::open("memory:", Path::new(""))?;
    Ok(station.with_store(memory).build()?.intake)
}

/// Straight into the intake of this process.
fn wire(
    intake: Arc<Intake>,
    account: &str,
    served: Option<AppId>,
) -> impl Fn(RawRequest) -> Pin<Box<dyn Future<Output = RawResponse> + Send>> + use<> {
    let account: Arc<str> = account.into();
    move |request| {
        let (intake, account, served) = (Arc::clone(&intake), Arc::clone(&account), served.clone());
        Box::pin(async move {
            let answer = match request.method {
                "GET" => intake.check_url(&account, &request.query),
                _ => intake.answer(&account, callback(request, served)).await,
            };
            match answer {
                Ok(body) => RawResponse { status: 200, body: body.into_bytes() },
                Err(error) => RawResponse { status: error.code().status, body: Vec::new() },
            }
        })
    }
}

fn callback(request: RawRequest, served: Option<AppId>) -> RawCallback {
    RawCallback {
        has_source: request.header("x-wx-source").is_some(),
        authorization: request.header("authorization").map(Secret::new),
        query: request.query,
        body: request.body,
        served,
        headers: Vec::new(),
    }
}

fn simulate(
    account: &Account,
    callback: &str,
    wire: impl simulator::Wire + 'static,
) -> anyhow::Result<Arc<Simulator>> {
    // Behind Cloud Run nothing is signed, so any token will do.
    let token = account.token.clone().map_or_else(|| Token::parse("unsigned"), Ok)?;
    let mut played = simulator::Account::new(account.platform, token, account.app_id.clone());
    played.mode = account.mode;
    played.cipher = account.keys.first().map(Cipher::new);
    played = match account.source {
        Source::Signature => played,
        Source::CloudRun => played.on_cloud_run(),
        Source::CloudFunction => played.on_cloud_function(),
    };
    Ok(Simulator::new(played, callback, wire, Arc::new(SystemClock), Arc::new(SystemEntropy)))
}
