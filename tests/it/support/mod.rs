//! A station without sockets, and the simulated platform beside it, on tokio's clock.

pub(crate) mod server;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use yizhan::account::Account;
use yizhan::account::Patience;
use yizhan::account::RawCallback;
use yizhan::account::Way;
use yizhan::channels::Channels;
use yizhan::clock::Clock;
use yizhan::clock::TokioClock;
use yizhan::config::account::Source;
use yizhan::dispatch::Dispatcher;
use yizhan::dispatch::handler::Handler;
use yizhan::entropy::SeededEntropy;
use yizhan::inbox::Inbox;
use yizhan::inbox::Limits;
use yizhan::intake::Doors;
use yizhan::intake::Intake;
use yizhan::intake::Late;
use yizhan::intake::Typing;
use yizhan::metrics::Metrics;
use yizhan::notification::Notification;
use yizhan::outbox;
use yizhan::outbox::Ground;
use yizhan::outbox::LOOK;
use yizhan::outbox::Outbox;
use yizhan::platform::Clients;
use yizhan::simulator;
use yizhan::simulator::Follower;
use yizhan::simulator::RawRequest;
use yizhan::simulator::RawResponse;
use yizhan::simulator::Simulator;
use yizhan::store;
use yizhan::store::Delivery;
use yizhan::store::Filter;
use yizhan::store::Retention;
use yizhan::store::Store;
use yizhan::tasks::Tasks;
use yizhan::wechat::Mode;
use yizhan::wechat::Platform;
use yizhan::wechat::callback::Agreement;
use yizhan::wechat::envelope::Cipher;
use yizhan::wechat::id::AppId;
use yizhan::wechat::id::OpenId;
use yizhan::wechat::secret::EncodingAesKey;
use yizhan::wechat::secret::Token;
use yizhan::window::Windows;

/// 2026-01-01T00:00:00Z, the time at which every test begins.
pub(crate) const START: u64 = 1_767_225_600;

pub(crate) const TOKEN: &str = "RefToken01";
pub(crate) const AES_KEY: &str = "KhzNNzOBjkcG/0SweC6WkCHEceYlWmvC3uLpGU4tsif";
pub(crate) const APP_ID: &str = "wx00112233445566bb";

/// One station with one account, `shop`.
pub(crate) struct TestStation {
    pub(crate) intake: Arc<Intake>,
    pub(crate) store: Arc<dyn Store>,
    /// What goes on beside deliveries.
    pub(crate) tasks: Tasks,
    clock: Arc<TokioClock>,
    simulator: Arc<Simulator>,
    /// Where the platform's callbacks go; none while the station is down.
    current: watch::Sender<Option<Arc<Intake>>>,
    /// The answers do not leave any more.
    is_mute: Arc<AtomicBool>,
}

/// How the account is set up; the defaults are those of the config.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) platform: Platform,
    pub(crate) mode: Mode,
    pub(crate) retries: bool,
    /// Where late answers go; with `Push`, through the channel `customer`.
    pub(crate) ways: Vec<Way>,
    pub(crate) holding_text: &'static str,
    pub(crate) apology: Option<&'static str>,
    pub(crate) splits_texts: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            platform: Platform::OfficialAccount,
            mode: Mode::Safe,
            retries: true,
            ways: Vec::new(),
            holding_text: "请稍后回复任意内容",
            apology: None,
            splits_texts: true,
        }
    }
}

impl TestStation {
    pub(crate) fn new(setup: &Setup, handlers: Vec<Arc<dyn Handler>>) -> Self {
        Self::with(setup, handlers, None)
    }

    pub(crate) fn with_typing(
        setup: &Setup,
        handlers: Vec<Arc<dyn Handler>>,
        typing: Arc<dyn Typing>,
    ) -> Self {
        Self::with(setup, handlers, Some(typing))
    }

    fn with(
        setup: &Setup,
        handlers: Vec<Arc<dyn Handler>>,
        typing: Option<Arc<dyn Typing>>,
    ) -> Self {
        let clock = Arc::new(TokioClock::starting_at(START));
        let store = store::open("memory:", Path::new("")).unwrap();
        let tasks = Tasks::new();
        let intake = intake(setup, handlers, &store, &clock, &tasks);
        let intake = Arc::new(intake);
        if let Some(typing) = typing {
            intake.typing.get_or_init(|| typing);
        }
        let key = EncodingAesKey::parse(AES_KEY).unwrap();
        let token = Token::parse(TOKEN).unwrap();
        let account = simulator::Account::new(setup.platform, token, AppId::parse(APP_ID).unwrap());
        let account = match setup.mode {
            Mode::Plain => account,
            mode => account.sealed(mode, &key),
        };
        let current = watch::Sender::new(Some(Arc::clone(&intake)));
        let is_mute = Arc::new(AtomicBool::new(false));
        let wire = wire(current.clone(), Arc::clone(&is_mute));
        let entropy = Arc::new(SeededEntropy::new(2));
        let simulator =
            Simulator::new(account, "/callback/shop", wire, Arc::clone(&clock) as _, entropy);
        Self { intake, store, tasks, clock, simulator, current, is_mute }
    }

    /// From now on nobody is there: no connection gets an answer. What the process has begun must
    /// not end in a test, since nobody can stop it from writing to the store.
    pub(crate) fn crash(&self) {
        self.current.send_replace(None);
    }

    /// From now on answers are made and do not leave: a crash just before that.
    pub(crate) fn mute(&self) {
        self.is_mute.store(true, Ordering::Relaxed);
    }

    /// The next process, on the same store and under the same URL.
    pub(crate) async fn start_again(&mut self, setup: &Setup, handlers: Vec<Arc<dyn Handler>>) {
        self.tasks = Tasks::new();
        self.intake = Arc::new(intake(setup, handlers, &self.store, &self.clock, &self.tasks));
        self.is_mute.store(false, Ordering::Relaxed);
        self.current.send_replace(Some(Arc::clone(&self.intake)));
        self.intake.resume().await;
    }

    /// The notifications in the outbox, the first first: channel, to whom, and what.
    pub(crate) async fn outbox(&self) -> Vec<String> {
        let page = self.store.query(Filter::default(), None, 1_000).await.unwrap();
        let line = |delivery: &Delivery| {
            let Notification { channel, to, body, native, .. } = &delivery.notification;
            let native = native.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{channel} {}: {body}{native}", to.join(","))
        };
        page.deliveries.iter().rev().map(line).collect()
    }

    pub(crate) fn follower(&self, name: &str) -> Follower {
        self.simulator.follower(OpenId::parse(name).unwrap())
    }

    pub(crate) fn simulator(&self) -> &Arc<Simulator> {
        &self.simulator
    }
}

/// Straight into the intake, whichever there is. Like actix after a clean hang-up, and unlike it after a reset, the
/// station goes on with a delivery that nobody reads: the harder case for "answered once".
fn wire(
    current: watch::Sender<Option<Arc<Intake>>>,
    is_mute: Arc<AtomicBool>,
) -> impl Fn(RawRequest) -> std::pin::Pin<Box<dyn Future<Output = RawResponse> + Send>> + Send + Sync
{
    move |request: RawRequest| {
        let mut current = current.subscribe();
        let is_mute = Arc::clone(&is_mute);
        Box::pin(async move {
            let callback = RawCallback {
                has_source: request.header("x-wx-source").is_some(),
                query: request.query,
                body: request.body,
                ..RawCallback::default()
            };
            // Nobody there, or nobody any more: WeChat waits for its five seconds.
            let Some(intake) = current.borrow_and_update().clone() else {
                return std::future::pending().await;
            };
            let answer = tokio::select! {
                answer = intake.answer("shop", callback) => answer,
                _ = current.changed() => std::future::pending().await,
            };
            match answer {
                _ if is_mute.load(Ordering::Relaxed) => std::future::pending().await,
                Ok(body) => RawResponse { status: 200, body: body.into_bytes() },
                Err(error) => RawResponse { status: error.code().status, body: Vec::new() },
            }
        })
    }
}

/// The account `shop`.
fn account(setup: &Setup, metrics: &Metrics) -> Account {
    let ciphers = match setup.mode {
        Mode::Plain => Vec::new(),
        _ => vec![Cipher::new(&EncodingAesKey::parse(AES_KEY).unwrap())],
    };
    Account {
        name: "shop".into(),
        app_id: APP_ID.into(),
        agreement: Agreement {
            platform: setup.platform,
            mode: setup.mode,
            token: Some(Token::parse(TOKEN).unwrap()),
            ciphers,
            receive_id: AppId::parse(APP_ID).unwrap(),
            max_age: Duration::from_mins(5),
        },
        source: Source::Signature,
        is_channel: false,
        may_push: setup.ways.iter().any(|way| matches!(way, Way::Push(_))),
        patience: Patience {
            retries: setup.retries,
            ways: setup.ways.clone(),
            holding_text: setup.holding_text.to_owned(),
            reply_within: Duration::from_millis(4_500),
        },
        splits_texts: setup.splits_texts,
        apology: setup.apology.map(str::to_owned),
        metrics: metrics.account("shop"),
    }
}

fn intake(
    setup: &Setup,
    handlers: Vec<Arc<dyn Handler>>,
    store: &Arc<dyn Store>,
    clock: &Arc<TokioClock>,
    tasks: &Tasks,
) -> Intake {
    let metrics = Arc::new(Metrics::new());
    let account = account(setup, &metrics);
    let limits = Limits { remember: Duration::from_mins(10), capacity: 10_000, pending: 1_000 };
    let entropy = Arc::new(SeededEntropy::new(1));
    let inbox = Inbox::new(limits, tasks.clone(), entropy.as_ref(), || {});
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    let windows = Arc::new(Windows::new(Arc::clone(store), Arc::clone(&clock)));
    // It accepts, and is never started: what is in it has not left.
    let outbox = Outbox::new(Ground {
        store: Arc::clone(store),
        channels: Channels::default(),
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&entropy) as _,
        metrics: metrics.outbox.clone(),
        settings: outbox::Settings {
            retry: Vec::new(),
            pause_after: Duration::MAX,
            wait_for_channel: Duration::MAX,
            retention: Retention::default(),
            look: LOOK,
        },
    });
    let late = Late::new(outbox, windows, Arc::clone(&clock), Arc::clone(&metrics));
    Intake {
        accounts: HashMap::from([("shop".to_owned(), Arc::new(account))]),
        hooks: Doors::default(),
        inbox: Arc::new(inbox),
        dispatcher: Dispatcher::new(handlers),
        handler_timeout: Duration::from_mins(5),
        late,
        typing: OnceLock::new(),
        clients: Clients::default(),
        remember: Duration::from_mins(10),
        started: clock.since_epoch(),
        clock,
        entropy,
        metrics,
        observer: None,
        captures: None,
    }
}
