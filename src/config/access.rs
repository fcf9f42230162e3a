//! `[admin]`, `[[key]]` and `[[topic]]`: who may send through us, and to what.

use super::account::Account;
use super::account::name;
use super::channel::Channel;
use super::channel::OWN;
use super::fault::did_you_mean;
use super::secret::Noted;
use super::secret::Origin;
use super::secret::Secret;
use super::settings;
use super::table::Table;
use super::tree::Text;

/// The shortest token of a key, in bytes. Whoever guesses one sends in its owner's name.
const SHORTEST_TOKEN: usize = 12;

/// The longest; it travels in a header or in an address.
const LONGEST_TOKEN: usize = 256;

/// The most channels of one topic.
const MOST_CHANNELS: usize = 100;

/// What sends through every channel.
const EVERY: &str = "*";

/// Who may use the HTTP API, and for what.
#[derive(Clone, Debug)]
pub struct Key {
    /// What logs call it.
    pub name: String,
    /// The tokens that are good: the one of today, then the one before it.
    pub tokens: Vec<Secret>,
    /// What it may do.
    pub may: Vec<Scope>,
}

/// One thing that a key may do.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Scope {
    /// Send through this channel.
    Send(String),
    /// Send through every channel.
    SendAll,
    /// See notifications, messages, accounts, channels and rules.
    Read,
    /// Send one message to many.
    Campaign,
    /// Change what is running: work on a captured message again, give up what others sent.
    Admin,
}

impl Scope {
    /// Each scope that is one word.
    const WORDS: [(Self, &'static str); 3] =
        [(Self::Read, "read"), (Self::Campaign, "campaign"), (Self::Admin, "admin")];
}

impl std::fmt::Display for Scope {
    /// As the config writes it.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Send(channel) => write!(out, "send:{channel}"),
            Self::SendAll => write!(out, "send:{EVERY}"),
            Self::Read => out.write_str("read"),
            Self::Campaign => out.write_str("campaign"),
            Self::Admin => out.write_str("admin"),
        }
    }
}

/// A name for several channels.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Topic {
    /// What the API calls it.
    pub name: String,
    /// Its channels, each once.
    pub channels: Vec<String>,
}

/// What a scope or a topic may call a channel: every one of the config, and the accounts' own way
/// to their users where there is one.
pub(super) fn channel_names(accounts: &[Account], channels: &[Channel]) -> Vec<String> {
    let own = accounts.iter().any(Account::may_push).then(|| OWN.to_owned());
    channels.iter().map(|channel| channel.name.clone()).chain(own).collect()
}

/// Reads `[admin]`.
pub(super) fn read_admin(table: &Table<'_>, origin: Origin<'_>) -> Result<Option<Secret>, Noted> {
    let token = token(table, "token", origin);
    table.finish(&settings::access::ADMIN.keys());
    token
}

/// Reads all topics.
pub(super) fn read_topics(root: Table<'_>, channels: &[String]) -> Vec<Topic> {
    let mut topics: Vec<Topic> = Vec::new();
    for table in root.tables("topic") {
        table.finish(&settings::access::TOPIC.keys());
        let name = name(&table);
        if !table.has("channels") {
            table.fault_at(table.place(), "`channels` is missing", None);
        }
        let Some(texts) = table.texts("channels") else { continue };
        if texts.is_empty() || texts.len() > MOST_CHANNELS {
            let message = format!("`channels` has {}; 1 to {MOST_CHANNELS}", texts.len());
            table.value_fault("channels", message, None);
        }
        let mut named: Vec<String> = Vec::new();
        for text in &texts {
            if let Some(advice) = unknown(text.value, channels) {
                let message = format!("there is no channel `{}`", text.value);
                table.fault_at(text.place, message, Some(advice));
            }
            if !named.iter().any(|it| it == text.value) {
                named.push(text.value.to_owned());
            }
        }
        let Some(name) = name else { continue };
        if topics.iter().any(|it| it.name == name) {
            table.value_fault("name", format!("a second topic is called `{name}`"), None);
        }
        topics.push(Topic { name, channels: named });
    }
    topics
}

/// Reads all keys, which are of no use unless the API `is_on`. `channels` are the names that a scope may send to.
pub(super) fn read_keys(
    root: Table<'_>,
    origin: Origin<'_>,
    channels: &[String],
    is_on: bool,
) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    if root.has("key") && !is_on {
        let advice = "set `[admin] token`".to_owned();
        root.warn("key", "the API is off, so no `[[key]]` is of use", Some(advice));
    }
    for table in root.tables("key") {
        let Some(key) = read_key(&table, origin, channels) else { continue };
        if keys.iter().any(|it| it.name == key.name) {
            table.value_fault("name", format!("a second key is called `{}`", key.name), None);
        }
        let tokens = || keys.iter().flat_map(|it| &it.tokens);
        if key.tokens.iter().any(|own| tokens().any(|it| it.expose() == own.expose())) {
            let advice = "a token says who is calling; give each key its own".to_owned();
            table.value_fault("token", "another key has the same token", Some(advice));
        }
        keys.push(key);
    }
    keys
}

fn read_key(table: &Table<'_>, origin: Origin<'_>, channels: &[String]) -> Option<Key> {
    table.finish(&settings::access::KEY.keys());
    let name = name(table);
    let current = token(table, "token", origin).and_then(|token| {
        token.ok_or_else(|| {
            let state = if table.has("token") { "empty" } else { "missing" };
            table.fault("token", format!("`token` is {state}"), None);
            Noted
        })
    });
    let previous = token(table, "previous_token", origin);
    let texts = table.texts("may")?;
    let may = texts.iter().filter_map(|text| scope(table, text, channels)).collect();
    let tokens = std::iter::once(current.ok()?).chain(previous.ok()?).collect();
    Some(Key { name: name?, tokens, may })
}

fn token(table: &Table<'_>, key: &str, origin: Origin<'_>) -> Result<Option<Secret>, Noted> {
    let Some(token) = origin.secret(table, key)? else { return Ok(None) };
    let text = token.expose();
    let is_long = (SHORTEST_TOKEN..=LONGEST_TOKEN).contains(&text.len());
    if is_long && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Some(token));
    }
    let message = format!(
        "`{key}` must have {SHORTEST_TOKEN} to {LONGEST_TOKEN} letters, digits and signs, no spaces"
    );
    let advice = "`openssl rand -hex 24` makes a good one".to_owned();
    table.value_fault(key, message, Some(advice));
    Err(Noted)
}

fn scope(table: &Table<'_>, text: &Text<'_>, channels: &[String]) -> Option<Scope> {
    match text.value.split_once(':') {
        Some(("send", EVERY)) => Some(Scope::SendAll),
        Some(("send", channel)) => {
            // It gives no right to anything, so it is no fault, as with `fallback`.
            if let Some(advice) = unknown(channel, channels) {
                table.warn("may", format!("there is no channel `{channel}`"), Some(advice));
            }
            Some(Scope::Send(channel.to_owned()))
        }
        _ => {
            let found = Scope::WORDS.iter().find(|(_, word)| *word == text.value);
            if found.is_none() {
                let words = Scope::WORDS.iter().map(|(_, word)| *word);
                let all =
                    || "one of `send:CHANNEL`, `send:*`, `read`, `campaign`, `admin`".to_owned();
                let advice = did_you_mean(text.value, words.chain(["send:*"])).unwrap_or_else(all);
                let message = format!("`may` cannot be `{}`", text.value);
                table.fault_at(text.place, message, Some(advice));
            }
            found.map(|(scope, _)| scope.clone())
        }
    }
}

/// What to write instead, where there is no such channel.
fn unknown(channel: &str, channels: &[String]) -> Option<String> {
    if channels.iter().any(|it| it == channel) {
        return None;
    }
    let names = || channels.iter().map(String::as_str);
    Some(did_you_mean(channel, names()).unwrap_or_else(|| match channels {
        [] => "the config has no `[[channel]]`".to_owned(),
        _ => format!("the config has `{}`", names().collect::<Vec<_>>().join("`, `")),
    }))
}
