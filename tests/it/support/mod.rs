//! A station without sockets, and the simulated platform beside it, on tokio's clock.

pub(crate) mod server;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use yizhan::account::Account;
use yizhan::account::Patience;
use yizhan::account::RawCallback;
use yizhan::clock::TokioClock;
use yizhan::dispatch::Dispatcher;
use yizhan::dispatch::handler::Handler;
use yizhan::entropy::SeededEntropy;
use yizhan::inbox::Inbox;
use yizhan::inbox::Limits;
use yizhan::intake::Intake;
use yizhan::metrics::Metrics;
use yizhan::simulator;
use yizhan::simulator::Follower;
use yizhan::simulator::RawRequest;
use yizhan::simulator::RawResponse;
use yizhan::simulator::Simulator;
use yizhan::tasks::Tasks;
use yizhan::wechat::Mode;
use yizhan::wechat::Platform;
use yizhan::wechat::callback::Agreement;
use yizhan::wechat::envelope::Cipher;
use yizhan::wechat::id::AppId;
use yizhan::wechat::id::OpenId;
use yizhan::wechat::secret::EncodingAesKey;
use yizhan::wechat::secret::Token;

/// 2026-01-01T00:00:00Z, the time at which every test begins.
pub(crate) const START: u64 = 1_767_225_600;

pub(crate) const TOKEN: &str = "RefToken01";
pub(crate) const AES_KEY: &str = "KhzNNzOBjkcG/0SweC6WkCHEceYlWmvC3uLpGU4tsif";
pub(crate) const APP_ID: &str = "wx00112233445566bb";

/// One station with one account, `shop`.
pub(crate) struct TestStation {
    pub(crate) intake: Arc<Intake>,
    simulator: Arc<Simulator>,
}

/// How the account is set up; the defaults are those of the config.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) platform: Platform,
    pub(crate) mode: Mode,
    pub(crate) retries: bool,
    pub(crate) holding_text: Option<&'static str>,
    pub(crate) apology: Option<&'static str>,
    pub(crate) splits_texts: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            platform: Platform::OfficialAccount,
            mode: Mode::Safe,
            retries: true,
            holding_text: None,
            apology: None,
            splits_texts: true,
        }
    }
}

impl TestStation {
    pub(crate) fn new(setup: &Setup, handlers: Vec<Arc<dyn Handler>>) -> Self {
        let intake = Arc::new(intake(setup, handlers));
        let clock = Arc::new(TokioClock::starting_at(START));
        let key = EncodingAesKey::parse(AES_KEY).unwrap();
        let token = Token::parse(TOKEN).unwrap();
        let account = simulator::Account::new(setup.platform, token, AppId::parse(APP_ID).unwrap());
        let account = match setup.mode {
            Mode::Plain => account,
            mode => account.sealed(mode, &key),
        };
        let wire = wire(Arc::clone(&intake));
        let entropy = Arc::new(SeededEntropy::new(2));
        let simulator = Simulator::new(account, "/callback/shop", wire, clock, entropy);
        Self { intake, simulator }
    }

    pub(crate) fn follower(&self, name: &str) -> Follower {
        self.simulator.follower(OpenId::parse(name).unwrap())
    }

    pub(crate) fn simulator(&self) -> &Simulator {
        &self.simulator
    }
}

/// Straight into the intake. Like actix after a clean hang-up, and unlike it after a reset, the
/// station goes on with a delivery that nobody reads: the harder case for "answered once".
fn wire(
    intake: Arc<Intake>,
) -> impl Fn(RawRequest) -> std::pin::Pin<Box<dyn Future<Output = RawResponse> + Send>> + Send + Sync
{
    move |request: RawRequest| {
        let intake = Arc::clone(&intake);
        Box::pin(async move {
            let callback = RawCallback {
                has_source: request.header("x-wx-source").is_some(),
                query: request.query,
                body: request.body,
            };
            match intake.answer("shop", callback).await {
                Ok(body) => RawResponse { status: 200, body: body.into_bytes() },
                Err(error) => RawResponse { status: error.code().status, body: Vec::new() },
            }
        })
    }
}

fn intake(setup: &Setup, handlers: Vec<Arc<dyn Handler>>) -> Intake {
    let metrics = Arc::new(Metrics::new());
    let ciphers = match setup.mode {
        Mode::Plain => Vec::new(),
        _ => vec![Cipher::new(&EncodingAesKey::parse(AES_KEY).unwrap())],
    };
    let account = Account {
        name: "shop".into(),
        agreement: Agreement {
            platform: setup.platform,
            mode: setup.mode,
            token: Some(Token::parse(TOKEN).unwrap()),
            ciphers,
            receive_id: AppId::parse(APP_ID).unwrap(),
            max_age: Duration::from_mins(5),
        },
        is_cloud_run: false,
        patience: Patience {
            retries: setup.retries,
            holding_text: setup.holding_text.map(str::to_owned),
            reply_within: Duration::from_millis(4_500),
        },
        splits_texts: setup.splits_texts,
        apology: setup.apology.map(str::to_owned),
        metrics: metrics.account("shop"),
    };
    let limits = Limits {
        remember: Duration::from_mins(10),
        capacity: 10_000,
        pending: 1_000,
        handler_timeout: Duration::from_mins(5),
    };
    let entropy = Arc::new(SeededEntropy::new(1));
    let inbox = Inbox::new(limits, Tasks::new(), entropy.as_ref(), |_| {});
    Intake {
        accounts: HashMap::from([("shop".to_owned(), Arc::new(account))]),
        inbox: Arc::new(inbox),
        dispatcher: Dispatcher::new(handlers),
        clock: Arc::new(TokioClock::starting_at(START)),
        entropy,
        metrics,
        observer: None,
    }
}
