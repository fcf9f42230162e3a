//! `yizhan decode`: what captured messages say.

use std::io::Write as _;

use super::Exit;
use super::Global;
use super::Wrong;
use super::accounts::Accounts;
use super::accounts::file_beside;
use super::messages;
use super::messages::Content;
use super::messages::File;
use crate::config::Config;
use crate::config::environment::SystemEnvironment;
use crate::wechat::inbound::Inbound;
use crate::wechat::wire::write_string;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  yizhan decode fixtures/callbacks/official-account/message-text.xml
  yizhan decode --account shop --query 'msg_signature=…&timestamp=…&nonce=…' body.xml
  yizhan decode --config fixtures/accounts.toml fixtures/callbacks
  cat message.json | yizhan decode -")]
pub(super) struct Args {
    /// Verify and decrypt with this account of the config; a capture names its own in its path, and
    /// what a station captured has its keys beside it.
    #[arg(long)]
    account: Option<String>,
    /// The query the body came with; a capture has its own.
    #[arg(long, requires = "account")]
    query: Option<String>,
    /// Captures, bare messages, folders of them, or `-` for standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Exit> {
    let mut files = Vec::new();
    for path in &args.files {
        messages::read(path, &mut files);
    }
    // A bare message needs no config, and what a station captured brings its own: one that is there
    // and incomplete is no obstacle.
    let needs_config = |file: &File| file.is_capture() && file_beside(&file.name).is_none();
    let mut accounts = match args.account.is_some() || files.iter().flatten().any(needs_config) {
        true => accounts(args, global)?,
        false => Accounts::default(),
    };
    let mut out = std::io::stdout().lock();
    let mut exit = Exit::Done;
    for file in files {
        let line = file.and_then(|file| {
            let name = file.name.clone();
            accounts.look_beside(&name);
            line(file, &accounts, args).map_err(|error| error.context(name))
        });
        match line {
            Ok(line) => writeln!(out, "{line}")?,
            Err(error) => {
                eprintln!("yizhan: {error:#}");
                exit = exit.max(Exit::of(&error));
            }
        }
    }
    Ok(exit)
}

/// The accounts of the config; without one, captures are read as they are.
fn accounts(args: &Args, global: &Global) -> anyhow::Result<Accounts> {
    if args.account.is_none() && !global.config.exists() {
        return Ok(Accounts::default());
    }
    let config = Config::load(&global.config, &SystemEnvironment)?.config;
    let accounts = Accounts::of(&config);
    if let Some(name) = args.account.as_ref().filter(|name| accounts.named(name).is_none()) {
        let names: Vec<_> = config.accounts.iter().map(|account| account.name.as_str()).collect();
        let known = names.join("`, `");
        return Err(Wrong(format!("there is no account `{name}`; there are `{known}`")).into());
    }
    Ok(accounts)
}

fn line(
    file: File,
    accounts: &Accounts,
    args: &Args,
) -> anyhow::Result<String> {
    let file_name = file.name.clone();
    let given = args.account.as_ref().and_then(|name| accounts.named(name));
    let (account, query, body) = match file.content()? {
        Content::Bare(body) => (given, args.query.clone(), body),
        Content::Capture(capture) if capture.method == "GET" => {
            return Ok(print_check(&file_name, &capture.query));
        }
        Content::Capture(capture) => {
            let (in_path, _) = messages::account_of(&capture);
            let account = given.or_else(|| accounts.find(&file_name, in_path));
            (account, Some(capture.query), capture.body)
        }
    };
    let inbound = match (account, query) {
        (Some(account), Some(query)) => messages::open(account, &query, body)?,
        (Some(_), None) => return Err(Wrong("`--account` needs `--query`".to_owned()).into()),
        (None, _) => Inbound::parse(body)?,
    };
    Ok(print(&file_name, &inbound))
}

/// `{"file","kind","type","typed","key","fields"}`
fn print(file: &str, inbound: &Inbound) -> String {
    let mut line = String::from("{\"file\":");
    write_string(file, &mut line);
    line.push(',');
    inbound.write_members(&mut line);
    line.push('}');
    line
}

/// A URL check says nothing but its query.
fn print_check(file: &str, query: &str) -> String {
    let parameters = url::form_urlencoded::parse(query.as_bytes());
    let fields: serde_json::Map<_, _> =
        parameters.map(|(name, value)| (name.into_owned(), value.into())).collect();
    serde_json::json!({
        "file": file, "kind": "probe", "type": "url-check", "typed": true, "key": "",
        "fields": fields,
    })
    .to_string()
}
