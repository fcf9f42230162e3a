//! Builds every part from the config and wires them: the only file that knows all of them.

mod hooks;
mod late;
mod outbox;
mod own;
mod pages;
mod reload;
mod rules;
mod running;
mod told;
mod typing;

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(crate) use self::outbox::load_channels;
pub(crate) use self::outbox::means;
pub(crate) use self::outbox::open_outbox;
pub(crate) use self::pages::load_forms;
use self::reload::Reload;
pub(crate) use self::rules::load_rules;
pub use self::running::Running;
pub use self::running::told;
use crate::access::Keys;
use crate::account::Account;
use crate::account::Patience;
use crate::channels;
use crate::channels::Means;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::config;
use crate::config::Config;
use crate::config::environment::SystemEnvironment;
use crate::dialects;
use crate::dispatch::Dispatcher;
use crate::dispatch::handler;
use crate::dispatch::handler::Context;
use crate::dispatch::handler::Handler;
use crate::dispatch::handler::IntoOutcome;
use crate::dispatch::rules::RulesHandler;
use crate::entropy::Entropy;
use crate::entropy::SystemEntropy;
use crate::intake::Doors;
use crate::intake::Intake;
use crate::intake::Late;
use crate::intake::Observer;
use crate::log;
use crate::metrics::Metrics;
use crate::outbox::Outbox;
use crate::receiver::Receiver;
use crate::receiver::RefusalLog;
use crate::receiver::Routes;
use crate::store::Store;
use crate::store::StoreError;
use crate::submission::Submissions;
use crate::tasks::Tasks;
use crate::wechat::Platform;
use crate::wechat::callback::Agreement;
use crate::wechat::envelope::Cipher;
use crate::wechat::inbound::Payload;

/// How long a station that is told to stop finishes what is in flight.
const GRACE: Duration = Duration::from_secs(10);

/// A station before it runs: its config, and the handlers written in Rust.
///
/// ```no_run
/// use yizhan::app::Station;
/// use yizhan::dispatch::handler::Context;
/// use yizhan::wechat::inbound::message::Text;
///
/// # async fn main_() -> Result<(), Box<dyn std::error::Error>> {
/// Station::load("yizhan.toml")?
///     .on(|text: Text, _: Context| async move { format!("你说:{}", text.content) })
///     .serve()
///     .await?;
/// # Ok(())
/// # }
/// ```
pub struct Station {
    config: Config,
    /// Where it was read, and is read again when it changes.
    path: Option<PathBuf>,
    handlers: Vec<Arc<dyn Handler>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    observer: Option<Observer>,
    routes: Vec<Routes>,
    store: Option<Arc<dyn Store>>,
}

/// Why a station does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StationError {
    /// The config or the rules have faults.
    #[error(transparent)]
    Faults(#[from] config::fault::Faults),
    /// The store cannot be opened.
    #[error("cannot open the store; see `[store] url`")]
    Store(#[from] StoreError),
    /// The address is taken, or is not this machine's.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// `[server] listen`.
        address: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The server ended by itself.
    #[error("the server ended")]
    Server(#[from] std::io::Error),
}

/// The running parts of a station, for callers that bring their own way in.
pub struct Parts {
    /// Answers callbacks.
    pub intake: Arc<Intake>,
    /// Its background work.
    pub tasks: Tasks,
    /// The rules, where there are any.
    pub rules: Option<RulesHandler>,
    /// The way out, and the store behind it. It accepts; it sends once it is started.
    pub outbox: Outbox,
    /// Who may use the API.
    pub keys: Arc<Keys>,
    /// The way in for what programs send.
    pub submissions: Submissions,
    /// The way in for other services' clients.
    pub dialects: Arc<dialects::Desk>,
    /// What its channels send through.
    means: Means,
    /// Whether what must survive is on disk, or whoever brought the store has seen to it.
    has_store: bool,
}

impl Station {
    /// Reads the config at `path` and the environment, and while it runs again whenever the file is
    /// saved or a SIGHUP comes; `docs/deploy.md` says what takes effect then. Warnings go to the log, which is started if
    /// the program has not started one.
    ///
    /// # Errors
    ///
    /// [`config::fault::Faults`]: everything that is wrong with them.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, config::fault::Faults> {
        log::start();
        let loaded = Config::load(path.as_ref(), &SystemEnvironment)?;
        for warning in &loaded.warnings {
            tracing::warn!("{warning}");
        }
        Ok(Self { path: Some(path.as_ref().to_owned()), ..Self::new(loaded.config) })
    }

    /// A station of this config.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            path: None,
            handlers: Vec::new(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            observer: None,
            routes: Vec::new(),
            store: None,
        }
    }

    /// Answers messages of one type with an async function. Asked before the rules, in the order
    /// in which they were added.
    pub fn on<P, F, Fut>(self, function: F) -> Self
    where
        P: Payload,
        F: Fn(P, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoOutcome> + Send + 'static,
    {
        self.handler(handler::typed(function))
    }

    /// Adds a handler of any kind.
    pub fn handler(mut self, handler: impl Handler + 'static) -> Self {
        self.handlers.push(Arc::new(handler));
        self
    }

    /// Hears which handler answered what.
    pub fn observe(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Serves more routes beside our own.
    pub fn routes(mut self, routes: Routes) -> Self {
        self.routes.push(routes);
        self
    }

    /// Keeps what must survive in this store, and not where the config says.
    pub fn with_store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Takes the time and the randomness from elsewhere; for tests.
    pub fn with_world(mut self, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        self.clock = clock;
        self.entropy = entropy;
        self
    }

    /// Builds the parts. Needs a tokio runtime, on which background work then runs.
    ///
    /// # Errors
    ///
    /// The faults of channels and rule files; a store that cannot be opened.
    pub fn build(mut self) -> Result<Parts, StationError> {
        let tasks = Tasks::new();
        let metrics = Arc::new(Metrics::new());
        let captures = self.record(&tasks, &metrics)?;
        let has_store = self.store.is_some() || outbox::needs_store(&self.config);
        let store = self.open_store()?;
        let means = means(&self.config, &store, (&self.clock, &self.entropy));
        let (channels, rules) = self.load_files(&means, &metrics)?;
        let mut handlers = std::mem::take(&mut self.handlers);
        handlers.extend(rules.clone().map(|rules| Arc::new(rules) as Arc<dyn Handler>));
        if handlers.is_empty() && !self.config.accounts.is_empty() {
            tracing::warn!("there is no rule and no handler: every message is taken in silence");
        }
        let outbox = self.open_outbox(store, channels, &metrics);
        let handlers = self.builtin((&outbox, &means), &tasks, handlers);
        let accounts = self.config.accounts.iter().map(|account| {
            let name = account.name.clone();
            (name, Arc::new(open_account(account, &metrics)))
        });
        let keys = Arc::new(Keys::of(&self.config));
        let world = (Arc::clone(&self.clock), Arc::clone(&self.entropy));
        let submissions = Submissions::new(outbox.clone(), &self.config, world);
        let clock = Arc::clone(&self.clock);
        let dialects = Arc::new(dialects::Desk::new(
            Arc::clone(&keys),
            submissions.clone(),
            clock,
            (&tasks, &means.exchange),
        ));
        let inbox = self.inbox(&tasks, &metrics);
        let (clock, counted) = (Arc::clone(&self.clock), Arc::clone(&metrics));
        let late = Late::new(outbox.clone(), Arc::clone(&means.windows), clock, counted);
        let intake = Intake {
            accounts: accounts.collect(),
            hooks: Doors::new(hooks::open(&outbox.channels(), &metrics)),
            inbox: Arc::new(inbox),
            dispatcher: Dispatcher::new(handlers),
            handler_timeout: self.config.inbox.handler_timeout,
            late,
            typing: OnceLock::new(),
            clients: means.clients.clone(),
            remember: self.config.inbox.remember,
            started: self.clock.since_epoch(),
            clock: self.clock,
            entropy: self.entropy,
            metrics,
            observer: self.observer,
            captures,
        };
        let intake = Arc::new(intake);
        let parts =
            Parts { intake, tasks, rules, outbox, keys, submissions, dialects, means, has_store };
        Ok(parts)
    }

    /// Runs the station until it is told to stop (SIGTERM, SIGINT), then finishes what is in
    /// flight within 10 s.
    ///
    /// # Errors
    ///
    /// The faults of the rule files; an address that cannot be listened on.
    pub async fn serve(self) -> Result<(), StationError> {
        self.start()?.until_told().await
    }

    /// Starts to listen. Needs a tokio runtime.
    ///
    /// # Errors
    ///
    /// As [`Station::serve`].
    pub fn start(self) -> Result<Running, StationError> {
        let server = self.config.server.clone();
        let mut routes = self.routes.clone();
        let catalog = load_forms(&self.config)?;
        let source = self.path.clone().map(|path| (path, self.config.clone()));
        let parts = self.build()?;
        let forms = pages::forms(&server, catalog, &parts);
        routes.push(own::api(&parts, &forms, &server));
        routes.push(Arc::new(dialects::routes(Arc::clone(&parts.dialects))));
        routes.push(pages::routes(&server, forms.clone(), &parts));
        late::go_on(&parts);
        let is_ready = Arc::new(AtomicBool::new(false));
        let receiver = Receiver {
            intake: Arc::clone(&parts.intake),
            body_limit: server.body_limit,
            is_ready: Arc::clone(&is_ready),
            refusals: Arc::new(RefusalLog::new()),
            routes,
        };
        let workers = match server.workers {
            Some(workers) => workers.get(),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        if let Some(Err(error)) = parts.rules.as_ref().map(|rules| rules.watch(&parts.tasks)) {
            tracing::warn!("the rules will not be reloaded: {error}");
        }
        let bound = receiver
            .bind(&server.listen, workers, GRACE)
            .map_err(|source| StationError::Listen { address: server.listen, source })?;
        parts.outbox.start(&parts.tasks);
        parts.submissions.start(&parts.tasks);
        if let Some((path, config)) = source {
            Reload::of(path, config, &parts, &forms).start(&parts.tasks);
        }
        is_ready.store(true, Ordering::Release);
        for address in &bound.addresses {
            tracing::info!("listening on http://{address}");
        }
        Ok(Running { parts, bound, is_ready })
    }
}

/// The account at run time.
pub(crate) fn open_account(account: &config::account::Account, metrics: &Metrics) -> Account {
    let has_way = account.may_push() || account.platform == Platform::WecomBot;
    let own = has_way.then_some(channels::OWN);
    let (retries, ways) = late::ways(account, own);
    Account {
        name: account.name.as_str().into(),
        app_id: account.app_id.as_str().into(),
        agreement: Agreement {
            platform: account.platform,
            mode: account.mode,
            token: account.token.clone(),
            ciphers: account.keys.iter().map(Cipher::new).collect(),
            receive_id: account.app_id.clone(),
            max_age: account.max_age,
        },
        may_push: account.may_push(),
        source: account.source,
        is_channel: false,
        patience: Patience {
            retries,
            ways,
            holding_text: account.holding_text.clone(),
            reply_within: account.reply_within,
        },
        splits_texts: account.long_text == config::account::LongText::Split,
        apology: account.apology.clone(),
        metrics: metrics.account(&account.name),
    }
}
