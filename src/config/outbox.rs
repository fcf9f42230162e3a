//! `[store]` and `[outbox]`.

use std::path::PathBuf;
use std::time::Duration;

use super::defaults;
use super::measure;
use super::sealing::SealingKeys;
use super::secret::Origin;
use super::secret::Secret;
use super::settings;
use super::table::Table;

/// The waits between tries, by default: over more than a day.
pub const RETRY: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(10),
];

/// The most waits that anybody may write down.
const MOST_WAITS: usize = 30;

/// The shortest time between two tries.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

/// What must survive a restart, and for how long.
#[derive(Clone, Debug)]
pub struct Store {
    /// Where it is. Secret, since an address may hold a password.
    pub url: Secret,
    /// The owner wrote it down, so it is wanted, whatever else the config says.
    pub is_given: bool,
    /// Where relative paths start.
    pub folder: PathBuf,
    /// How long what was delivered or has expired is kept.
    pub keep_delivered: Duration,
    /// How long what was refused or is unknown is kept, and may be revived.
    pub keep_buried: Duration,
    /// How many deliveries that have ended are kept at most.
    pub keep_count: u64,
    /// What its secrets are sealed with.
    pub keys: SealingKeys,
}

/// How notifications leave.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outbox {
    /// The waits between tries.
    pub retry: Vec<Duration>,
    /// A channel that only fails for so long is paused.
    pub pause_after: Duration,
    /// How long what waits for a channel that is not there any more may wait.
    pub wait_for_channel: Duration,
}

/// Reads `[store]`.
pub(super) fn read_store(table: Table<'_>, origin: Origin<'_>) -> Option<Store> {
    let url = url(&table, origin);
    let keys = SealingKeys::read(&table, origin);
    let keep_delivered = table.duration("keep_delivered");
    let keep_buried = table.duration("keep_buried");
    let keep_count = table.integer("keep_count", 0..=1_000_000_000);
    table.finish(&settings::outbox::STORE.keys());
    Some(Store {
        url: url?,
        is_given: !defaults::is_default(table.place_of("url")),
        folder: origin.folder.to_owned(),
        keep_delivered: keep_delivered?,
        keep_buried: keep_buried?,
        keep_count: u64::try_from(keep_count?).ok()?,
        keys: keys?,
    })
}

fn url(table: &Table<'_>, origin: Origin<'_>) -> Option<Secret> {
    let url = origin.secret(table, "url").ok()?;
    if url.is_none() {
        let advice = "write `sqlite:FILE`, or `memory:` for trying out";
        table.fault("url", "`url` is empty", Some(advice.to_owned()));
    }
    url
}

/// Reads `[outbox]`.
pub(super) fn read(table: Table<'_>) -> Option<Outbox> {
    let retry = retry(&table);
    let pause_after = table.duration("pause_after");
    let wait_for_channel = table.duration("wait_for_channel");
    table.finish(&settings::outbox::OUTBOX.keys());
    Some(Outbox { retry: retry?, pause_after: pause_after?, wait_for_channel: wait_for_channel? })
}

fn retry(table: &Table<'_>) -> Option<Vec<Duration>> {
    let texts = table.texts("retry")?;
    if texts.len() > MOST_WAITS {
        table.value_fault("retry", format!("`retry` has more than {MOST_WAITS} waits"), None);
        return None;
    }
    let mut waits = Vec::new();
    for text in &texts {
        match measure::duration(text.value).filter(|it| *it >= SHORTEST_WAIT) {
            Some(wait) => waits.push(wait),
            None => {
                let message = format!("`retry`: `{}` is no duration of 100ms or more", text.value);
                table.fault_at(text.place, message, Some(measure::DURATION_ADVICE.to_owned()));
            }
        }
    }
    (waits.len() == texts.len()).then_some(waits)
}
