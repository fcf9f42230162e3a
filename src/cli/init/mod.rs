//! `yizhan init`: a config and a first rule file, from a few answers.

mod ask;
mod files;
mod steps;

use std::io;
use std::io::BufRead;
use std::io::IsTerminal as _;
use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;

use self::ask::Asker;
use super::Exit;
use super::Global;
use super::Wrong;
use crate::config::account;
use crate::config::environment::Environment;
use crate::config::environment::SystemEnvironment;
use crate::entropy::Entropy;
use crate::entropy::SystemEntropy;
use crate::wechat::Mode;
use crate::wechat::Platform;
use crate::wechat::id::AppId;
use crate::wechat::limits;

/// How many letters and digits a generated Token has; the console takes up to 32.
const TOKEN_CHARS: usize = 24;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  yizhan init
  yizhan init --yes --platform official-account --app-id wx0123456789abcdef --lang zh
  yizhan init --yes --dir bot --name office --platform wecom --app-id ww0123456789abcdef")]
pub(super) struct Args {
    /// What the account is called here, and in its callback URL.
    #[arg(long)]
    name: Option<String>,
    /// official-account, mini-program, wecom, wecom-bot or open-platform.
    #[arg(long, value_parser = platform)]
    platform: Option<Platform>,
    /// The AppID; for wecom the CorpID.
    #[arg(long)]
    app_id: Option<String>,
    /// plain, compatible or safe.
    #[arg(long, value_parser = mode)]
    mode: Option<Mode>,
    /// The address WeChat reaches this server at.
    #[arg(long)]
    public_url: Option<String>,
    /// Write `env:…` for the secrets instead of making a Token and an EncodingAESKey.
    #[arg(long)]
    env_secrets: bool,
    /// The folder to write to; made if it is not there.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Ask nothing, take the defaults.
    #[arg(long)]
    yes: bool,
    /// Write over files that are there.
    #[arg(long)]
    force: bool,
    /// The language of comments and rules; that of the environment if not given.
    #[arg(long)]
    lang: Option<Language>,
}

/// The language of what is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Language {
    /// 中文.
    Zh,
    /// English.
    En,
}

impl Language {
    /// The one of two texts, Chinese and English, that is in this language.
    fn of(self, [chinese, english]: [&str; 2]) -> &str {
        match self {
            Self::Zh => chinese,
            Self::En => english,
        }
    }

    fn of_environment(environment: &dyn Environment) -> Self {
        let variables = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter();
        let name = variables.filter_map(|name| environment.get(name)).find(|it| !it.is_empty());
        if name.is_some_and(|name| name.starts_with("zh")) { Self::Zh } else { Self::En }
    }
}

/// Everything that was asked.
#[derive(Debug)]
struct Plan {
    name: String,
    platform: Platform,
    app_id: String,
    mode: Mode,
    public_url: String,
    /// Token and EncodingAESKey; none: they are to come from the environment.
    secrets: Option<(String, String)>,
    language: Language,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Exit> {
    let language = args.lang.unwrap_or_else(|| Language::of_environment(&SystemEnvironment));
    let config = args.dir.join(&global.config);
    if !args.force {
        files::refuse_existing(&config)?;
    }
    let is_asking = !args.yes && io::stdin().is_terminal();
    let asker = is_asking.then(|| Asker::new(io::stdin().lock(), io::stderr(), language));
    let plan = plan(args, language, asker, &SystemEntropy)?;
    let written = files::write(&plan, &config)?;
    write!(io::stdout(), "{}", steps::text(&plan, &config, &written))?;
    Ok(Exit::Done)
}

/// The answers: from the flags, from the terminal if there is one, or the defaults.
fn plan<R: BufRead, W: Write>(
    args: &Args,
    language: Language,
    mut asker: Option<Asker<R, W>>,
    entropy: &dyn Entropy,
) -> anyhow::Result<Plan> {
    let platform = match (args.platform, &mut asker) {
        (Some(platform), _) => platform,
        (None, Some(asker)) => ask_platform(asker)?,
        (None, None) => Platform::OfficialAccount,
    };
    let mut text = |given: &Option<String>, question, default: &str, check: Check| {
        let answer = match (given, &mut asker) {
            (Some(given), _) => given.clone(),
            (None, Some(asker)) => return asker.text(question, default, check),
            (None, None) => default.to_owned(),
        };
        check(&answer).map(|()| answer).map_err(|reason| Wrong(reason).into())
    };
    let name = text(&args.name, ["账号在这里的名字", "name of the account here"], "main", name)?;
    let app_id = match platform {
        Platform::WecomBot => String::new(),
        Platform::Wecom => text(&args.app_id, ["企业 ID (CorpID)", "CorpID"], "", app_id)?,
        _ => text(&args.app_id, ["AppID", "AppID"], "", app_id)?,
    };
    let url = ["公网地址，如 https://bot.example.com（可留空）", "public address (may be empty)"];
    let public_url = text(&args.public_url, url, "", public_url)?;
    let mode = match (args.mode, &mut asker) {
        (Some(mode), _) => mode,
        (None, Some(asker)) if !is_sealed(platform) => ask_mode(asker)?,
        (None, _) => Mode::Safe,
    };
    if is_sealed(platform) && mode != Mode::Safe {
        let wrong = format!("`{}` is always in mode `safe`", platform.name());
        return Err(Wrong(wrong).into());
    }
    let is_made = match (args.env_secrets, &mut asker) {
        (true, _) => false,
        (false, Some(asker)) => asker.yes([
            "生成 Token 和 EncodingAESKey?(否则从环境变量读取)",
            "make a Token and an EncodingAESKey? (otherwise they come from the environment)",
        ])?,
        (false, None) => true,
    };
    let secrets = is_made.then(|| {
        (entropy.alphanumeric(TOKEN_CHARS), entropy.alphanumeric(limits::AES_KEY_CHARS))
    });
    Ok(Plan { name, platform, app_id, mode, public_url, secrets, language })
}

/// Whether an answer fits, and if not, why.
type Check = fn(&str) -> Result<(), String>;

fn ask_platform<R: BufRead, W: Write>(asker: &mut Asker<R, W>) -> anyhow::Result<Platform> {
    let words = [
        ("official-account", ["公众号（订阅号、服务号）", "a subscription or service account"]),
        ("mini-program", ["小程序", "a mini-program"]),
        ("wecom", ["企业微信自建应用", "an application in WeCom"]),
        ("wecom-bot", ["企业微信智能机器人", "an AI bot in WeCom"]),
        ("open-platform", ["开放平台第三方平台", "a third-party platform"]),
    ];
    let word = asker.choice(["哪种账号", "which kind of account"], &words)?;
    platform(&word).map_err(anyhow::Error::msg)
}

fn ask_mode<R: BufRead, W: Write>(asker: &mut Asker<R, W>) -> anyhow::Result<Mode> {
    let words = [
        ("safe", ["安全模式（推荐）", "sealed (recommended)"]),
        ("compatible", ["兼容模式", "in clear and sealed"]),
        ("plain", ["明文模式", "in clear"]),
    ];
    let word = asker.choice(["消息加解密方式", "how messages travel"], &words)?;
    mode(&word).map_err(anyhow::Error::msg)
}

fn is_sealed(platform: Platform) -> bool {
    platform.is_wecom() || platform == Platform::OpenPlatform
}

fn platform(word: &str) -> Result<Platform, String> {
    let found = Platform::ALL.into_iter().find(|(_, name)| *name == word);
    let names: Vec<&str> = Platform::ALL.iter().map(|(_, name)| *name).collect();
    found.map(|(it, _)| it).ok_or_else(|| format!("one of {}", names.join(", ")))
}

fn mode(word: &str) -> Result<Mode, String> {
    let found = Mode::ALL.into_iter().find(|(_, name)| *name == word);
    found.map(|(it, _)| it).ok_or_else(|| "one of plain, compatible, safe".to_owned())
}

fn name(text: &str) -> Result<(), String> {
    match account::is_name(text) {
        true => Ok(()),
        false => Err("the name has 1 to 64 letters, digits, `-` and `_`".to_owned()),
    }
}

fn app_id(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("the AppID (`--app-id`) is missing".to_owned());
    }
    AppId::parse(text).map(drop).map_err(|error| error.to_string())
}

fn public_url(text: &str) -> Result<(), String> {
    match text.is_empty() || text.starts_with("https://") || text.starts_with("http://") {
        true => Ok(()),
        false => Err("the public address begins with https:// or http://".to_owned()),
    }
}

#[cfg(test)]
mod tests;
