//! `[[account]]`.

use std::time::Duration;

pub use super::words::Late;
pub use super::words::LongText;
pub use super::words::Source;
pub use super::words::TokenApi;

use super::defaults;
use super::late;
use super::secret::Noted;
use super::secret::Origin;
use super::secret::Secret;
use super::server;
use super::settings;
use super::table::Table;
use crate::wechat::Mode;
use crate::wechat::Platform;
use crate::wechat::id::AppId;
use crate::wechat::limits;
use crate::wechat::secret::EncodingAesKey;
use crate::wechat::secret::SecretError;
use crate::wechat::secret::Token;

/// The longest name, in characters: it stands in a URL, in logs and in labels of metrics.
const NAME_CHARS: usize = 64;

/// The shortest token of a cloud function.
const SHARED_SECRET_CHARS: usize = 16;

/// An account of WeChat, as its owner set it up.
#[derive(Clone, Debug)]
pub struct Account {
    /// What it is called here, and in its callback URL.
    pub name: String,
    /// What kind of account it is.
    pub platform: Platform,
    /// What WeChat calls it. Empty only for a 企业微信 robot.
    pub app_id: AppId,
    /// For calls to WeChat.
    pub app_secret: Option<Secret>,
    /// The application of 企业微信.
    pub agent_id: Option<u32>,
    /// What callbacks are signed with, or what a cloud function shows. None only where
    /// [`Source::CloudRun`] vouches for them.
    pub token: Option<Token>,
    /// What bodies are sealed with: the key of today, then the one before it.
    pub keys: Vec<EncodingAesKey>,
    /// How bodies travel.
    pub mode: Mode,
    /// What proves that a callback is WeChat's.
    pub source: Source,
    /// Older timestamps are refused; zero: none is.
    pub max_age: Duration,
    /// What happens to an answer that is not ready in time, in this order.
    pub late: Vec<Late>,
    /// How long WeChat's last try is kept waiting.
    pub reply_within: Duration,
    /// Said on the last try when the answer is held.
    pub holding_text: String,
    /// What becomes of a reply text that is too long.
    pub long_text: LongText,
    /// Said when a handler fails.
    pub apology: Option<String>,
    /// Where WeChat's API is, without a slash at its end.
    pub api_base: String,
    /// How tokens are fetched.
    pub token_api: TokenApi,
    /// Answers what WeChat tries out before a third-party platform is published.
    pub publication_check: bool,
}

impl Account {
    /// Whether it may send messages by itself, and so push a late answer: 公众号 and 小程序 with a
    /// secret or in Cloud Run, an application of 企业微信 with a secret and its `agent_id`.
    pub fn may_push(&self) -> bool {
        let (platform, source) = (Some(self.platform), Some(self.source));
        late::may_push(platform, source, self.app_secret.is_some(), self.agent_id.is_some())
    }

    /// Whether an answer can wait for the user's next message: a 小程序 takes none in reply.
    pub fn may_hold(&self) -> bool {
        self.platform != Platform::MiniProgram
    }
}

/// Whether an account can be called so: 1 to 64 letters, digits, `-` and `_`.
pub fn is_name(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    (1..=NAME_CHARS).contains(&text.len()) && text.chars().all(is_plain)
}

/// Reads all accounts.
pub(super) fn read_all(root: Table<'_>, origin: Origin<'_>) -> Vec<Account> {
    let tables = root.tables("account");
    // Who only sends to other services needs none.
    if !root.has("account") && !root.has("channel") {
        let advice = "`yizhan init` writes one to start from".to_owned();
        let message = "there is no `[[account]]` and no `[[channel]]`: it could do nothing";
        root.fault_at(root.place(), message, Some(advice));
    }
    let mut accounts: Vec<Account> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for table in &tables {
        if let Some(Some(name)) = table.has("name").then(|| table.text("name")) {
            if names.contains(&name.value) {
                let message = format!("a second account is called `{}`", name.value);
                table.fault_at(name.place, message, Some("a name leads to one account".to_owned()));
            }
            names.push(name.value);
        }
        let Some(account) = read(table, origin) else {
            continue;
        };
        let twin = accounts.iter().find(|it| it.token.is_some() && it.token == account.token);
        if let Some(twin) = twin {
            let message = format!("`{}` has the same token as `{}`", account.name, twin.name);
            let advice = "give every account a token of its own: it is what tells them apart";
            table.warn("token", message, Some(advice.to_owned()));
        }
        accounts.push(account);
    }
    accounts
}

fn read(table: &Table<'_>, origin: Origin<'_>) -> Option<Account> {
    let name = name(table);
    let platform = platform(table);
    let source = table.one_of("source", &Source::ALL);
    let mode = mode(table, platform, source);
    let app_id = app_id(table, platform);
    let app_secret = origin.secret(table, "app_secret").ok();
    let agent_id = agent_id(table, platform);
    let token = token(table, origin, source);
    let keys = keys(table, origin, mode);
    let max_age = table.duration("max_age");
    let has_secret = app_secret.as_ref().is_some_and(Option::is_some);
    let has_agent = agent_id.as_ref().is_ok_and(Option::is_some);
    let may_push = late::may_push(platform, source, has_secret, has_agent);
    let late = late::read(table, platform, may_push);
    let reply_within = reply_within(table);
    let holding_text = short_text(table, "holding_text");
    let long_text = table.one_of("long_text", &LongText::ALL);
    let apology = short_text(table, "apology");
    let api_base = api_base(table, platform, source);
    let token_api = table.one_of("token_api", &TokenApi::ALL);
    let publication_check = table.boolean("publication_check");
    table.finish(&settings::ACCOUNT.keys());
    Some(Account {
        name: name?,
        platform: platform?,
        app_id: app_id?,
        app_secret: app_secret?,
        agent_id: agent_id.ok()?,
        token: token.ok()?,
        keys: keys?,
        mode: mode?,
        source: source?,
        max_age: max_age?,
        late: late?,
        reply_within: reply_within?,
        holding_text: holding_text?,
        long_text: long_text?,
        apology: Some(apology?).filter(|text| !text.is_empty()),
        api_base: api_base?,
        token_api: token_api?,
        publication_check: publication_check?,
    })
}

/// What a table is called: a name as [`is_name`] wants it.
pub(super) fn name(table: &Table<'_>) -> Option<String> {
    let name = table.filled_text("name")?.value;
    if is_name(name) {
        return Some(name.to_owned());
    }
    let advice = "at most 64 letters, digits, `-` and `_`".to_owned();
    table.value_fault("name", format!("`name` cannot be `{name}`"), Some(advice));
    None
}

fn platform(table: &Table<'_>) -> Option<Platform> {
    if !table.has("platform") {
        let names: Vec<&str> = Platform::ALL.iter().map(|(_, name)| *name).collect();
        let advice = format!("one of `{}`", names.join("`, `"));
        table.fault("platform", "`platform` is missing", Some(advice));
    }
    table.one_of("platform", &Platform::ALL)
}

/// The mode, and whether platform and source allow it.
fn mode(table: &Table<'_>, platform: Option<Platform>, source: Option<Source>) -> Option<Mode> {
    let mode = table.one_of("mode", &Mode::ALL)?;
    let is_given = !defaults::is_default(table.place_of("mode"));
    if let Some(hosted) = source.filter(|it| *it != Source::Signature) {
        return hosted_mode(table, platform, hosted, (mode, is_given));
    }
    let is_sealed = |it: Platform| it.is_wecom() || it == Platform::OpenPlatform;
    match platform {
        Some(platform) if is_sealed(platform) && mode != Mode::Safe => {
            let message = format!("`{}` cannot be in mode `{}`", platform.name(), mode.name());
            table.value_fault(
                "mode",
                message,
                Some("it always seals: `mode = \"safe\"`".to_owned()),
            );
            None
        }
        _ => Some(mode),
    }
}

/// Behind Cloud Run and cloud functions nothing is sealed.
fn hosted_mode(
    table: &Table<'_>,
    platform: Option<Platform>,
    source: Source,
    (mode, is_given): (Mode, bool),
) -> Option<Mode> {
    let is_hosted = |it: Platform| matches!(it, Platform::OfficialAccount | Platform::MiniProgram);
    if let Some(platform) = platform.filter(|it| !is_hosted(*it)) {
        let message = format!("`{}` cannot come from `{}`", platform.name(), source.name());
        let advice = "it serves `official-account` and `mini-program`".to_owned();
        table.value_fault("source", message, Some(advice));
        return None;
    }
    if is_given && mode != Mode::Plain {
        let message = format!("`{}` cannot be in mode `{}`", source.name(), mode.name());
        let advice = "the platform seals nothing: `mode = \"plain\"`".to_owned();
        table.value_fault("mode", message, Some(advice));
        return None;
    }
    Some(Mode::Plain)
}

fn app_id(table: &Table<'_>, platform: Option<Platform>) -> Option<AppId> {
    let text = table.text("app_id")?;
    if text.value.is_empty() && platform.is_some_and(|it| it != Platform::WecomBot) {
        let what = if platform == Some(Platform::Wecom) { "CorpID" } else { "AppID" };
        let state = if defaults::is_default(text.place) { "missing" } else { "empty" };
        let place = if state == "missing" { table.place() } else { text.place };
        let advice = format!("it is the {what} shown in WeChat's console");
        table.fault_at(place, format!("`app_id` is {state}"), Some(advice));
        return None;
    }
    match AppId::parse(text.value) {
        Ok(id) => Some(id),
        Err(error) => {
            table.value_fault("app_id", format!("`app_id`: {error}"), None);
            None
        }
    }
}

fn agent_id(table: &Table<'_>, platform: Option<Platform>) -> Result<Option<u32>, Noted> {
    if !table.has("agent_id") {
        return Ok(None);
    }
    if platform.is_some_and(|it| !it.is_wecom()) {
        table.warn("agent_id", "`agent_id` is used by `wecom` only", None);
    }
    let number = table.integer("agent_id", 0..=i64::from(u32::MAX)).ok_or(Noted)?;
    u32::try_from(number).map(Some).map_err(|_| Noted)
}

/// The token, which only an account behind 微信云托管 can do without. Where it is not used to sign
/// but sent as it is, it must be long.
fn token(
    table: &Table<'_>,
    origin: Origin<'_>,
    source: Option<Source>,
) -> Result<Option<Token>, Noted> {
    let Some(secret) = origin.secret(table, "token")? else {
        if matches!(source, None | Some(Source::CloudRun)) {
            return Ok(None);
        }
        let is_missing = defaults::is_default(table.place_of("token"));
        let (place, state) = match is_missing {
            true => (table.place(), "missing"),
            false => (table.place_of("token"), "empty"),
        };
        let advice =
            "an empty token lets anybody sign; type the same one here and in WeChat's console";
        table.fault_at(place, format!("`token` is {state}"), Some(advice.to_owned()));
        return Err(Noted);
    };
    if source == Some(Source::CloudFunction) && secret.expose().len() < SHARED_SECRET_CHARS {
        let message = format!("`token` is shorter than {SHARED_SECRET_CHARS} characters");
        let advice = "the cloud function sends it as it is: make one of 32, as `yizhan init` does";
        table.value_fault("token", message, Some(advice.to_owned()));
        return Err(Noted);
    }
    Token::parse(secret.expose()).map(Some).map_err(|error| refuse(table, "token", error))
}

/// The keys that are given; a mode that seals needs one.
fn keys(table: &Table<'_>, origin: Origin<'_>, mode: Option<Mode>) -> Option<Vec<EncodingAesKey>> {
    let read = |key: &str| match origin.secret(table, key) {
        Ok(Some(secret)) => EncodingAesKey::parse(secret.expose())
            .map(Some)
            .map_err(|error| refuse(table, key, error)),
        Ok(None) => Ok(None),
        Err(noted) => Err(noted),
    };
    let (current, previous) = (read("encoding_aes_key"), read("previous_encoding_aes_key"));
    if let (Ok(None), Some(mode)) = (&current, mode.filter(|it| *it != Mode::Plain)) {
        let is_missing = defaults::is_default(table.place_of("encoding_aes_key"));
        let place = if is_missing { table.place() } else { table.place_of("encoding_aes_key") };
        let message = format!("mode `{}` needs an `encoding_aes_key`", mode.name());
        let advice = "copy the 43 characters from WeChat's console".to_owned();
        table.fault_at(place, message, Some(advice));
        return None;
    }
    Some([current.ok()?, previous.ok()?].into_iter().flatten().collect())
}

fn refuse(table: &Table<'_>, key: &str, error: SecretError) -> Noted {
    table.value_fault(key, format!("`{key}`: {error}"), None);
    Noted
}

fn reply_within(table: &Table<'_>) -> Option<Duration> {
    let within = table.duration("reply_within")?;
    if within.is_zero() || within >= limits::REPLY_WINDOW {
        let advice = "WeChat hangs up after 5 s; leave time for the way".to_owned();
        let message = "`reply_within` must be more than 0 and less than 5s";
        table.value_fault("reply_within", message, Some(advice));
        return None;
    }
    Some(within)
}

/// A text that must fit into one reply.
fn short_text(table: &Table<'_>, key: &str) -> Option<String> {
    let text = table.text(key)?.value;
    if text.len() > limits::REPLY_TEXT_BYTES {
        let message = format!("`{key}` has {} bytes; a reply takes 2048", text.len());
        table.value_fault(key, message, None);
        return None;
    }
    Some(text.to_owned())
}

/// Where the API is: as given, or the platform's own address.
fn api_base(
    table: &Table<'_>,
    platform: Option<Platform>,
    source: Option<Source>,
) -> Option<String> {
    let text = table.text("api_base")?.value;
    if !text.is_empty() {
        return server::base_url(table, "api_base", text);
    }
    let base = match (platform?, source?) {
        (_, Source::CloudRun) => "http://api.weixin.qq.com",
        (Platform::Wecom | Platform::WecomBot, _) => "https://qyapi.weixin.qq.com",
        _ => "https://api.weixin.qq.com",
    };
    Some(base.to_owned())
}
