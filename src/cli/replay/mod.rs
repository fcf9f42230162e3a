//! `yizhan replay`: sends captures through the real path, as WeChat would.

mod load;

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use serde_json::json;

use super::Exit;
use super::Global;
use super::Wrong;
use super::messages;
use super::messages::Content;
use super::messages::File;
use super::run_async;
use crate::account::Account;
use crate::account::RawCallback;
use crate::app;
use crate::app::Station;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::config::account::Account as AccountConfig;
use crate::config::account::Source;
use crate::config::environment::SystemEnvironment;
use crate::entropy::SystemEntropy;
use crate::intake::Intake;
use crate::log;
use crate::metrics::Metrics;
use crate::simulator;
use crate::simulator::Exchange;
use crate::simulator::HttpWire;
use crate::simulator::RawRequest;
use crate::simulator::RawResponse;
use crate::simulator::Simulator;
use crate::simulator::What;
use crate::wechat::envelope::Cipher;
use crate::wechat::inbound::Inbound;
use crate::wechat::secret::Token;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  yizhan replay --account shop fixtures/callbacks/official-account
  yizhan replay --account shop --to http://127.0.0.1:8080 text.xml
  yizhan replay --account shop --repeat 10000 --concurrency 64 text.xml")]
pub(super) struct Args {
    /// Sign and seal for this account of the config; a capture names its own in its path.
    #[arg(long)]
    account: Option<String>,
    /// Send over HTTP to this server instead of working in process.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Send each message this often, each time as a new one (`MsgId` or `CreateTime` renewed).
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    repeat: u32,
    /// Messages on their way at one time.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    concurrency: u32,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Captures, bare messages, folders of them, or `-` for standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Exit> {
    log::start_quietly();
    let config = Config::load(&global.config, &SystemEnvironment)?.config;
    let mut files = Vec::new();
    for path in &args.paths {
        messages::read(path, &mut files);
    }
    run_async(async {
        let replay = Replay::new(&config, args)?;
        let mut messages = Vec::new();
        let mut exit = Exit::Done;
        for file in files {
            match file.and_then(|file| replay.message(file, args)) {
                Ok(message) => messages.push(message),
                Err(error) => {
                    eprintln!("yizhan: {error:#}");
                    exit = exit.max(Exit::of(&error));
                }
            }
        }
        let is_load = args.repeat > 1 || args.concurrency > 1;
        let is_fine = match is_load {
            true => load::run(&replay, &messages, args).await?,
            false => one_by_one(&replay, &messages, args).await?,
        };
        Ok(if is_fine { exit } else { exit.max(Exit::Failed) })
    })
}

/// A message to send, and through which account.
struct Message {
    file: String,
    account: String,
    document: String,
}

/// Which rule answered a message, by its key.
type Rules = Arc<Mutex<HashMap<String, String>>>;

struct Replay {
    simulators: HashMap<String, Arc<Simulator>>,
    accounts: HashMap<String, Account>,
    rules: Rules,
}

impl Replay {
    fn new(config: &Config, args: &Args) -> anyhow::Result<Self> {
        let rules = Rules::default();
        let intake = match &args.to {
            Some(_) => None,
            None => Some(intake(config, &rules)?),
        };
        let mut simulators = HashMap::new();
        let mut accounts = HashMap::new();
        for account in &config.accounts {
            let name = &account.name;
            let simulator = match (&args.to, &intake) {
                (Some(url), _) => simulate(account, HttpWire::new(url)?)?,
                (None, Some(intake)) => simulate(account, wire(Arc::clone(intake), name))?,
                (None, None) => continue,
            };
            simulators.insert(name.clone(), simulator);
            accounts.insert(name.clone(), app::open_account(account, &Metrics::new()));
        }
        Ok(Self { simulators, accounts, rules })
    }

    /// A capture is opened, so that it can be signed and sealed as new.
    fn message(&self, file: File, args: &Args) -> anyhow::Result<Message> {
        let name = file.name.clone();
        let missing = || Wrong(format!("`{name}`: which account? say `--account NAME`"));
        let (account, document) = match file.content()? {
            Content::Bare(body) => (args.account.clone().ok_or_else(missing)?, body),
            Content::Capture(capture) => {
                let in_path = messages::account_of(&capture).to_owned();
                let name = args.account.clone().unwrap_or(in_path);
                let account = self.accounts.get(&name).ok_or_else(missing)?;
                let inbound = messages::open(account, capture.query, capture.body)?;
                (name, inbound.source().as_bytes().to_vec())
            }
        };
        if !self.simulators.contains_key(&account) {
            return Err(Wrong(format!("there is no account `{account}`")).into());
        }
        Ok(Message { file: name, account, document: String::from_utf8(document)? })
    }

    /// Delivers a document as the platform does: three tries, 5 s each.
    async fn send(&self, account: &str, document: &str) -> Exchange {
        self.simulators[account].deliver(document).await
    }

    /// The rule that answered; `None` over HTTP, where it cannot be seen.
    fn rule(&self, document: &str) -> Option<String> {
        let key = Inbound::parse(document.as_bytes().to_vec()).ok()?.key();
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).remove(key.as_str())
    }
}

fn intake(config: &Config, rules: &Rules) -> anyhow::Result<Arc<Intake>> {
    let seen = Arc::clone(rules);
    let station = Station::new(config.clone()).observe(Box::new(move |inbound, outcome| {
        let mut rules = seen.lock().unwrap_or_else(PoisonError::into_inner);
        rules.insert(inbound.key().as_str().to_owned(), outcome.by.clone());
    }));
    Ok(station.forgetful().build()?.intake)
}

/// Straight into the intake of this process.
fn wire(
    intake: Arc<Intake>,
    account: &str,
) -> impl Fn(RawRequest) -> std::pin::Pin<Box<dyn Future<Output = RawResponse> + Send>> + use<> {
    let account: Arc<str> = account.into();
    move |request| {
        let (intake, account) = (Arc::clone(&intake), Arc::clone(&account));
        Box::pin(async move {
            let callback = RawCallback {
                has_source: request.header("x-wx-source").is_some(),
                query: request.query,
                body: request.body,
            };
            match intake.answer(&account, callback).await {
                Ok(body) => RawResponse { status: 200, body: body.into_bytes() },
                Err(error) => RawResponse { status: error.code().status, body: Vec::new() },
            }
        })
    }
}

fn simulate(
    account: &AccountConfig,
    wire: impl simulator::Wire + 'static,
) -> anyhow::Result<Arc<Simulator>> {
    // Behind Cloud Run nothing is signed, so any token will do.
    let token = account.token.clone().map_or_else(|| Token::parse("unsigned"), Ok)?;
    let mut played = simulator::Account::new(account.platform, token, account.app_id.clone());
    played.mode = account.mode;
    played.cipher = account.keys.first().map(Cipher::new);
    if account.source == Source::CloudRun {
        played = played.on_cloud_run();
    }
    let callback = format!("/callback/{}", account.name);
    Ok(Simulator::new(played, &callback, wire, Arc::new(SystemClock), Arc::new(SystemEntropy)))
}

async fn one_by_one(replay: &Replay, messages: &[Message], args: &Args) -> anyhow::Result<bool> {
    let mut out = std::io::stdout();
    let mut is_fine = true;
    for message in messages {
        let exchange = replay.send(&message.account, &message.document).await;
        is_fine &= exchange.is_answered();
        let kind = Inbound::parse(message.document.as_bytes().to_vec())
            .map_or_else(|_| String::new(), |inbound| inbound.type_name());
        let rule = replay.rule(&message.document).filter(|rule| !rule.is_empty());
        let ms = millis(exchange.took());
        let said = reply(&exchange);
        if args.json {
            let line = json!({
                "file": message.file, "type": kind, "rule": rule, "reply": said, "ms": ms,
            });
            writeln!(out, "{line}")?;
        } else {
            let rule = rule.as_deref().unwrap_or("-");
            writeln!(out, "{}  {kind}  {rule}  {ms:.1} ms  {said}", message.file)?;
        }
    }
    Ok(is_fine)
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

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}
