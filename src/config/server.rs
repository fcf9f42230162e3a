//! `[server]`.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use jiff::tz::Offset;
use jiff::tz::TimeZone;
use url::Url;

use super::defaults;
use super::secret::Noted;
use super::secret::Origin;
use super::secret::WebhookSecret;
use super::settings;
use super::table::Table;
use super::tree::Text;
use crate::exchange::Allowed;

/// The sizes a body limit may have, in bytes. Real callbacks are under 10 KB.
const BODY_LIMITS: std::ops::RangeInclusive<u64> = 1024..=(64 << 20);

/// The HTTP server, and what holds for all accounts.
#[derive(Clone, Debug)]
pub struct Server {
    /// Where to listen: `host:port`.
    pub listen: String,
    /// The address WeChat reaches this server at, without a slash at its end.
    pub public_url: Option<String>,
    /// The folder of rule files.
    pub handlers: PathBuf,
    /// The owner wrote it down, so it must be there; the default one need not.
    pub is_handlers_given: bool,
    /// Which of several rules that hold answers.
    pub rule_order: RuleOrder,
    /// Whether and how callbacks are written to files.
    pub capture: Option<Capture>,
    /// What inside private networks may be reached.
    pub private_hosts: Allowed,
    /// Threads that answer HTTP; one per core where none is given.
    pub workers: Option<NonZeroUsize>,
    /// The largest callback body read, in bytes.
    pub body_limit: usize,
    /// What `now` and `hour` mean in rules.
    pub timezone: TimeZone,
    /// Signs forwarded messages.
    pub webhook_secret: Option<WebhookSecret>,
}

/// Which of several rules that hold answers.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RuleOrder {
    /// The first in the order of the files.
    #[default]
    OldestFirst,
    /// The last: what was added later comes first.
    NewestFirst,
}

impl RuleOrder {
    /// Each order with its word in `rule_order`.
    pub const ALL: [(Self, &'static str); 2] =
        [(Self::OldestFirst, "oldest-first"), (Self::NewestFirst, "newest-first")];
}

/// How callbacks are written to files.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Capture {
    /// The folder.
    pub folder: PathBuf,
    /// How many files are kept there.
    pub keep: usize,
    /// What users wrote is kept as it was.
    pub keeps_texts: bool,
}

/// Reads the section.
pub(super) fn read(table: Table<'_>, origin: Origin<'_>) -> Option<Server> {
    let listen = listen(&table);
    let public_url = public_url(&table);
    let handlers = table.filled_text("handlers");
    let is_handlers_given = !defaults::is_default(table.place_of("handlers"));
    let rule_order = table.one_of("rule_order", &RuleOrder::ALL);
    let capture = capture(&table, origin);
    let private_hosts = private_hosts(&table);
    let workers = table.integer("workers", 0..=1024);
    let body_limit = body_limit(&table);
    let timezone = timezone(&table);
    let webhook_secret = origin.webhook_secret(&table, "webhook_secret");
    table.finish(&settings::SERVER.keys());
    let path = |text: Text<'_>| origin.folder.join(text.value);
    Some(Server {
        listen: listen?,
        public_url: public_url.ok()?,
        is_handlers_given,
        handlers: path(handlers?),
        rule_order: rule_order?,
        capture: capture.ok()?,
        private_hosts: private_hosts?,
        workers: NonZeroUsize::new(usize::try_from(workers?).ok()?),
        body_limit: body_limit?,
        timezone: timezone?,
        webhook_secret: webhook_secret.ok()?,
    })
}

fn capture(table: &Table<'_>, origin: Origin<'_>) -> Result<Option<Capture>, Noted> {
    let folder = table.text("capture").ok_or(Noted);
    let keep = table.integer("capture_keep", 1..=10_000_000).ok_or(Noted);
    let keeps_texts = table.boolean("capture_texts").ok_or(Noted);
    let (folder, keeps_texts) = (folder?.value, keeps_texts?);
    let keep = usize::try_from(keep?).map_err(|_| Noted)?;
    let folder = Some(folder).filter(|it| !it.is_empty()).map(|it| origin.folder.join(it));
    Ok(folder.map(|folder| Capture { folder, keep, keeps_texts }))
}

fn listen(table: &Table<'_>) -> Option<String> {
    let text = table.text("listen")?;
    let (host, port) = text.value.rsplit_once(':').unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
    let is_host = host.parse::<IpAddr>().is_ok() || (!host.is_empty() && !host.contains(':'));
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if is_host && is_number {
        return Some(text.value.to_owned());
    }
    let message = format!("`listen` is no address and port: `{}`", text.value);
    let advice = "write `host:port`, such as `0.0.0.0:8080` or `[::]:8080`";
    table.value_fault("listen", message, Some(advice.to_owned()));
    None
}

/// An absolute address without a query; none where it is empty.
fn public_url(table: &Table<'_>) -> Result<Option<String>, Noted> {
    let text = table.text("public_url").ok_or(Noted)?.value;
    if text.is_empty() {
        return Ok(None);
    }
    base_url(table, "public_url", text).map(Some).ok_or(Noted)
}

/// Checks an address that paths are added to, and takes the slash off its end.
pub(super) fn base_url(table: &Table<'_>, key: &str, text: &str) -> Option<String> {
    let is_base = |url: &Url| {
        let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
        is_http && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
    };
    if Url::parse(text).is_ok_and(|url| is_base(&url)) {
        return Some(text.trim_end_matches('/').to_owned());
    }
    let message = format!("`{key}` is no http address: `{text}`");
    let advice = "write `https://host` or `https://host/path`, without a query";
    table.value_fault(key, message, Some(advice.to_owned()));
    None
}

fn private_hosts(table: &Table<'_>) -> Option<Allowed> {
    let texts = table.texts("private_hosts")?;
    for text in &texts {
        if let Err(error) = Allowed::parse([text.value]) {
            let advice = "write no scheme, no port and no path";
            table.fault_at(text.place, error, Some(advice.to_owned()));
        }
    }
    Allowed::parse(texts.iter().map(|text| text.value)).ok()
}

fn body_limit(table: &Table<'_>) -> Option<usize> {
    let size = table.size("body_limit")?;
    if !BODY_LIMITS.contains(&size) {
        table.value_fault("body_limit", "`body_limit` must be 1KiB to 64MiB", None);
        return None;
    }
    usize::try_from(size).ok()
}

fn timezone(table: &Table<'_>) -> Option<TimeZone> {
    let name = table.text("timezone")?.value;
    let zone = TimeZone::get(name).ok().or_else(|| without_database(name));
    if zone.is_none() {
        let message = format!("`timezone` is unknown: `{name}`");
        let advice = "write an IANA name, such as `Asia/Shanghai` or `UTC`";
        table.value_fault("timezone", message, Some(advice.to_owned()));
    }
    zone
}

/// Small container images have no time zones. China has had the same time since 1991.
fn without_database(name: &str) -> Option<TimeZone> {
    match name {
        "Asia/Shanghai" => Some(TimeZone::fixed(Offset::constant(8))),
        "UTC" => Some(TimeZone::UTC),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::without_database;

    #[test]
    fn the_default_time_zone_needs_no_database() {
        let zone = without_database("Asia/Shanghai").unwrap();
        let noon = jiff::Timestamp::from_second(1_700_000_000).unwrap().to_zoned(zone);
        assert_eq!(noon.to_string(), "2023-11-15T06:13:20+08:00[+08:00]");
    }
}
