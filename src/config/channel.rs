//! `[[channel]]`: what every kind of channel has, and the table that the kind itself reads.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::account::name;
use super::fault::did_you_mean;
use super::secret::Noted;
use super::secret::Origin;
use super::secret::Secret;
use super::server;
use super::sheet::Sheet;
use super::table::Table;
use super::tree::Value;
use crate::notification::Guarantee;
use crate::notification::Quiet;
use crate::notification::Rate;

/// How long one send may be allowed to take. Far below a minute it is the network that decides,
/// and what takes longer than five blocks a place for others.
const TIMEOUTS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_mins(5);

/// Each guarantee with its word in `delivery`.
pub const GUARANTEES: [(Guarantee, &str); 2] =
    [(Guarantee::AtLeastOnce, "at_least_once"), (Guarantee::AtMostOnce, "at_most_once")];

/// What the channel is called through which an account writes to its users by itself: a
/// customer-service message of a 公众号 or 小程序, a message of the application in 企业微信. No
/// config lists it. In the registry of channels it has the account's name behind a slash.
pub const OWN: &str = "wechat-customer";

/// The longest time in which identical notifications may be folded.
const LONGEST_FOLD: Duration = Duration::from_hours(24);

/// One way out, as its owner set it up. Which kinds there are, this module does not know.
#[derive(Clone, Debug)]
pub struct Channel {
    /// What rules and the API call it.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Where the service is, if not at its own address; without a slash at its end.
    pub base_url: Option<String>,
    /// How much it may send; none: what is usual for its kind.
    pub rate: Option<Rate>,
    /// How many sends may run at once; none: what is usual for its kind.
    pub concurrency: Option<usize>,
    /// How long one send may take; none: what is usual for its kind.
    pub timeout: Option<Duration>,
    /// Channels to try, in order, when this one gives up.
    pub fallback: Vec<String>,
    /// Whether they are also tried when nobody knows whether it arrived.
    pub falls_back_on_unknown: bool,
    /// What follows when nobody knows whether it arrived.
    pub guarantee: Guarantee,
    /// The hours in which it keeps back what can wait.
    pub quiet: Option<Quiet>,
    /// Identical notifications within so long are counted and sent as one; none: each is sent.
    pub fold: Option<Duration>,
    /// Opens the channel's hook: what proves that its service has sent something.
    pub hook_secret: Option<Secret>,
    /// All of its table, for its kind to read.
    pub sheet: Sheet,
}

/// Reads all channels. Their quiet hours are those of `zone`.
pub(super) fn read_all(root: Table<'_>, origin: Origin<'_>, zone: &TimeZone) -> Vec<Channel> {
    let tables = root.tables("channel");
    let names: Vec<&str> = tables.iter().filter_map(written_name).collect();
    let accounts = root.tables("account");
    let accounts: Vec<&str> = accounts.iter().filter_map(written_name).collect();
    let mut seen: Vec<&str> = Vec::new();
    let mut channels = Vec::new();
    for table in &tables {
        if let Some(name) = table.filled_text("name") {
            if seen.contains(&name.value) {
                let message = format!("a second channel is called `{}`", name.value);
                table.fault_at(name.place, message, None);
            }
            seen.push(name.value);
        }
        let channel = read(table, origin, zone, &names);
        if channel.as_ref().is_some_and(|it| it.hook_secret.is_some()) {
            check_apart(table, &accounts);
        }
        channels.extend(channel);
    }
    channels
}

/// Rules name a channel with a hook like an account, so it must not be called like one.
fn check_apart(table: &Table<'_>, accounts: &[&str]) {
    if let Some(name) = written_name(table).filter(|name| accounts.contains(name)) {
        let message = format!("an account is called `{name}` too, and this channel has a hook");
        let advice = "give one of them another name, or leave `hook_secret` out".to_owned();
        table.value_fault("name", message, Some(advice));
    }
}

fn read(table: &Table<'_>, origin: Origin<'_>, zone: &TimeZone, names: &[&str]) -> Option<Channel> {
    let name = name(table);
    let kind = table.filled_text("kind").map(|it| it.value.to_owned());
    let base_url = base_url(table);
    let rate = rate(table);
    let concurrency = match table.has("concurrency") {
        true => table.integer("concurrency", 1..=1024).map(Some),
        false => Some(None),
    };
    let timeout = timeout(table);
    let fallback = fallback(table, names);
    let falls_back_on_unknown = table.boolean("fallback_on_unknown");
    let guarantee = table.one_of("delivery", &GUARANTEES);
    let quiet = quiet(table, zone);
    let fold = fold(table);
    let hook_secret = origin.secret(table, "hook_secret");
    Some(Channel {
        name: name?,
        kind: kind?,
        base_url: base_url.ok()?,
        rate: rate.ok()?,
        concurrency: concurrency?.and_then(|it| usize::try_from(it).ok()),
        timeout: timeout.ok()?,
        fallback: fallback?,
        falls_back_on_unknown: falls_back_on_unknown?,
        guarantee: guarantee?,
        quiet: quiet.ok()?,
        fold: fold.ok()?,
        hook_secret: hook_secret.ok()?,
        sheet: Sheet::of(table, origin),
    })
}

/// The name as it stands there, good or not.
fn written_name<'d>(table: &Table<'d>) -> Option<&'d str> {
    match &table.value("name")?.value {
        Value::Text(name) => Some(name),
        _ => None,
    }
}

fn base_url(table: &Table<'_>) -> Result<Option<String>, Noted> {
    match table.text("base_url").ok_or(Noted)?.value {
        "" => Ok(None),
        text => server::base_url(table, "base_url", text).map(Some).ok_or(Noted),
    }
}

fn rate(table: &Table<'_>) -> Result<Option<Rate>, Noted> {
    if !table.has("rate") {
        return Ok(None);
    }
    let text = table.text("rate").ok_or(Noted)?;
    text.value.parse().map(Some).map_err(|error| {
        let message = format!("`rate` cannot be `{}`", text.value);
        table.value_fault("rate", message, Some(format!("{error}")));
        Noted
    })
}

fn timeout(table: &Table<'_>) -> Result<Option<Duration>, Noted> {
    if !table.has("timeout") {
        return Ok(None);
    }
    let timeout = table.duration("timeout").ok_or(Noted)?;
    if !TIMEOUTS.contains(&timeout) {
        table.value_fault("timeout", "`timeout` must be 100ms to 5m", None);
        return Err(Noted);
    }
    Ok(Some(timeout))
}

fn quiet(table: &Table<'_>, zone: &TimeZone) -> Result<Option<Quiet>, Noted> {
    let text = table.text("quiet").ok_or(Noted)?;
    if text.value.is_empty() {
        return Ok(None);
    }
    Quiet::parse(text.value, zone.clone()).map(Some).map_err(|error| {
        let message = format!("`quiet` cannot be `{}`", text.value);
        table.value_fault("quiet", message, Some(error.to_string()));
        Noted
    })
}

fn fold(table: &Table<'_>) -> Result<Option<Duration>, Noted> {
    let fold = table.duration("fold").ok_or(Noted)?;
    if fold > LONGEST_FOLD {
        table.value_fault("fold", "`fold` must be at most 24h", None);
        return Err(Noted);
    }
    Ok(Some(fold).filter(|it| !it.is_zero()))
}

/// Channels that stand in for this one. Theirs are not tried in turn, so there are no circles.
fn fallback(table: &Table<'_>, names: &[&str]) -> Option<Vec<String>> {
    let texts = table.texts("fallback")?;
    let own = written_name(table);
    for text in &texts {
        if Some(text.value) == own {
            table.fault_at(text.place, "a channel cannot stand in for itself", None);
        } else if !names.contains(&text.value) {
            let advice = did_you_mean(text.value, names.iter().copied());
            table.warn("fallback", format!("there is no channel `{}`", text.value), advice);
        }
    }
    Some(texts.into_iter().map(|it| it.value.to_owned()).collect())
}
