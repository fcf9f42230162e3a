//! `yizhan replay`: sends captures through the real path, as WeChat would.

mod last;
mod load;
mod side;

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use self::last::Said;
use self::side::Sides;
use super::Exit;
use super::Global;
use super::Wrong;
use super::accounts;
use super::accounts::Accounts;
use super::messages;
use super::messages::Content;
use super::messages::File;
use super::run_async;
use crate::config::Config;
use crate::config::environment::SystemEnvironment;
use crate::log;
use crate::simulator::Simulator;
use crate::wechat::inbound::Inbound;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  yizhan replay captures
  yizhan replay --account shop fixtures/callbacks/official-account/message-text.xml
  yizhan replay --account shop --to http://127.0.0.1:8080 text.xml
  yizhan replay --update captures      remember what was answered
  yizhan replay --strict captures      fail if anything is answered otherwise
  yizhan replay --account shop --repeat 10000 --concurrency 64 text.xml")]
pub(super) struct Args {
    /// Sign and seal for this account of the config; a capture names its own in its path.
    #[arg(long)]
    account: Option<String>,
    /// Send over HTTP to this server instead of working in process.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Write down what was answered, in a `.replay` file beside each; later runs show what differs.
    #[arg(long, conflicts_with_all = ["repeat", "strict"])]
    update: bool,
    /// Fail if something is answered otherwise than was written down.
    #[arg(long, conflicts_with = "repeat")]
    strict: bool,
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
    let mut files = Vec::new();
    for path in &args.paths {
        messages::read(path, &mut files);
    }
    let config = config(global, &files)?;
    run_async(async {
        let mut accounts = Accounts::of(&config);
        let mut sides = Sides::new(config, args.to.as_deref())?;
        let mut messages = Vec::new();
        let mut exit = Exit::Done;
        for file in files {
            match file.and_then(|file| message(file, &mut accounts, &mut sides, args)) {
                Ok(message) => messages.push(message),
                Err(error) => {
                    eprintln!("yizhan: {error:#}");
                    exit = exit.max(Exit::of(&error));
                }
            }
        }
        let is_load = args.repeat > 1 || args.concurrency > 1;
        let is_fine = match is_load {
            true => load::run(&sides, &messages, args).await?,
            false => one_by_one(&sides, &messages, args).await?,
        };
        Ok(if is_fine { exit } else { exit.max(Exit::Failed) })
    })
}

/// The config; without one, the accounts that the captures bring, and no rules.
fn config(global: &Global, files: &[anyhow::Result<File>]) -> anyhow::Result<Config> {
    let mut path = global.config.clone();
    if !path.exists() {
        let mut names = files.iter().flatten().map(|file| &file.name);
        path = names.find_map(|name| accounts::file_beside(name)).unwrap_or(path);
    }
    Ok(Config::load(&path, &SystemEnvironment)?.config)
}

/// A message to send, and who plays the platform for it.
struct Message {
    file: String,
    platform: Arc<Simulator>,
    /// None for the URL check.
    document: Option<String>,
}

/// How a message ended.
struct Seen {
    is_answered: bool,
    took: Duration,
    /// What came back, on one line.
    reply: String,
}

/// A capture is opened, so that it can be signed and sealed as new.
fn message(
    file: File,
    accounts: &mut Accounts,
    sides: &mut Sides,
    args: &Args,
) -> anyhow::Result<Message> {
    let name = file.name.clone();
    accounts.look_beside(&name);
    let missing = || Wrong(format!("`{name}`: which account? say `--account NAME`"));
    let (account, served, document) = match file.content()? {
        Content::Bare(body) => (args.account.clone().ok_or_else(missing)?, None, Some(body)),
        Content::Capture(capture) => {
            let (in_path, served) = messages::account_of(&capture);
            let account = args.account.clone().unwrap_or_else(|| in_path.to_owned());
            let served = served.map(str::to_owned);
            let document = match capture.method.as_str() {
                "GET" => None,
                _ => {
                    let given = args.account.as_ref().and_then(|name| accounts.named(name));
                    let opener = given.or_else(|| accounts.find(&name, in_path));
                    let opener = opener.ok_or_else(missing)?;
                    let inbound = messages::open(opener, &capture.query, capture.body)?;
                    Some(inbound.source().as_bytes().to_vec())
                }
            };
            (account, served, document)
        }
    };
    let document = document.map(String::from_utf8).transpose()?;
    Ok(Message { file: name, platform: sides.platform(&account, served)?, document })
}

async fn one_by_one(sides: &Sides, messages: &[Message], args: &Args) -> anyhow::Result<bool> {
    let mut is_fine = true;
    for message in messages {
        let document = message.document.as_deref();
        let seen = side::send(&message.platform, document).await;
        is_fine &= seen.is_answered;
        let said = Said {
            kind: document.map_or("url-check".to_owned(), type_of),
            rule: document.and_then(|it| sides.rule(it)).filter(|rule| !rule.is_empty()),
            reply: seen.reply,
        };
        let before = last::read(&message.file)?.filter(|before| before.differs_from(&said));
        is_fine &= !args.strict || before.is_none();
        print(&message.file, &said, millis(seen.took), before.as_ref(), args.json)?;
        if args.update {
            last::write(&message.file, &said)?;
        }
    }
    Ok(is_fine)
}

fn print(
    file: &str,
    said: &Said,
    ms: f64,
    before: Option<&Said>,
    is_json: bool,
) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    if is_json {
        let Said { kind, rule, reply } = said;
        let mut line =
            json!({"file": file, "type": kind, "rule": rule, "reply": reply, "ms": ms});
        if let Some(before) = before {
            line["was"] = before.to_json();
        }
        writeln!(out, "{line}")?;
        return Ok(());
    }
    writeln!(out, "{file}  {}  {}  {ms:.1} ms  {}", said.kind, said.rule(), said.reply)?;
    if let Some(before) = before {
        writeln!(out, "    was: {}  {}  {}", before.kind, before.rule(), before.reply)?;
    }
    Ok(())
}

fn type_of(document: &str) -> String {
    let inbound = Inbound::parse(document.as_bytes().to_vec());
    inbound.map_or_else(|_| String::new(), |inbound| inbound.type_name())
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}
