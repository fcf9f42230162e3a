//! What must survive: the queue of deliveries, the messages that are done, and small values with
//! an end (tokens, variables, answers that are held back).
//!
//! [`open`] gives an `Arc<dyn Store>`. Every operation is one transaction; it has taken place
//! when its future is done, and a crash at any moment leaves all of it or nothing. The store knows
//! no clock: what depends on the time is given it, as [`crate::clock::Clock::since_epoch`] tells.
//!
//! A *delivery* waits in a *lane*. [`Store::claim`] moves its due time to the end of a *lease* and
//! raises its *fence*; so delay, retry, working on it and recovery after a crash are one movement
//! on one index. A claim whose holder died falls due by itself when the lease ends.
//!
//! What holds for every engine is written as tests in `contract`; an engine is done when it passes
//! them unchanged.

#[cfg(test)]
mod contract;
mod error;
mod id;
pub mod names;
mod pace;
mod row;
mod sealed;
mod sqlite;

use std::future::Future;
use std::path::Path;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::config::sealing::SealingKeys;
use crate::entropy::SystemEntropy;
use crate::notification::Rate;
use crate::notification::Report;

pub use self::error::StoreError;
pub use self::id::DeliveryId;
pub use self::id::IdError;
pub use self::id::Ids;
pub use self::row::Accepted;
pub use self::row::Attempt;
pub use self::row::Books;
pub use self::row::Called;
pub use self::row::Claim;
pub use self::row::Claimed;
pub use self::row::Delivery;
pub use self::row::Filter;
pub use self::row::Finish;
pub use self::row::Lane;
pub use self::row::MOST_CALLED;
pub use self::row::NewDelivery;
pub use self::row::Next;
pub use self::row::Page;
pub use self::row::Question;
pub use self::row::Questions;
pub use self::row::Reason;
pub use self::row::Reported;
pub use self::row::Retention;
pub use self::row::Settled;
pub use self::row::Settlement;
pub use self::row::State;
pub use self::row::Tended;

/// An operation under way. It takes place even if the future is dropped, once it was polled; only of
/// one that compares values this is not sure.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// What every engine does. All of it may be called from any number of tasks and instances at once.
pub trait Store: Send + Sync {
    /// Accepts `batch`: what it says for each is in the same place of the answer. May be repeated:
    /// what is there already is [`Accepted::Known`].
    fn enqueue(&self, now: Duration, batch: Vec<NewDelivery>) -> Doing<'_, Vec<Accepted>>;

    /// Claims up to `count` deliveries of `lane` that are due, those due first before the others,
    /// until `lease` from now; with a `rate`, no more than the bucket `lane` has room for.
    fn claim<'a>(
        &'a self,
        now: Duration,
        lane: &'a str,
        count: u32,
        lease: Duration,
        rate: Option<Rate>,
    ) -> Doing<'a, Claim>;

    /// Moves the end of each lease (id, fence) to `until`. Which were not ours any more.
    fn extend(&self, leases: Vec<(DeliveryId, u64)>, until: Duration)
    -> Doing<'_, Vec<DeliveryId>>;

    /// Records what became of each claim, all in one transaction. `false`: its fence is stale, and
    /// nothing changed for it.
    fn finish(&self, now: Duration, batch: Vec<Finish>) -> Doing<'_, Vec<bool>>;

    /// Gives up what waits or is unknown, and is not being sent now; it is refused then, for this
    /// reason. How many were meant.
    fn bury(&self, now: Duration, filter: Filter, reason: Reason) -> Doing<'_, u64>;

    /// Puts what was refused, expired or is unknown back into the queue, as if it had never been
    /// tried and without an expiry: up to `limit`, the oldest first. How many there were.
    fn revive(&self, now: Duration, filter: Filter, limit: u32) -> Doing<'_, u64>;

    /// The lanes in which something waits, by name.
    fn lanes(&self) -> Doing<'_, Vec<Lane>>;

    /// Whatever fits `filter`, the newest first, beginning below `cursor`; at most `limit`.
    fn query(&self, filter: Filter, cursor: Option<DeliveryId>, limit: u32) -> Doing<'_, Page>;

    /// One delivery with its attempts, the first first.
    fn find(&self, id: DeliveryId) -> Doing<'_, Option<(Delivery, Vec<Attempt>)>>;

    /// Notes what the service of `channel` tells of what it took. For each, whether anything is
    /// called so. What was told in the same words before is known, and not noted again; nobody is
    /// asked any more what was told.
    fn report<'a>(
        &'a self,
        now: Duration,
        channel: &'a str,
        reports: Vec<Report>,
    ) -> Doing<'a, Vec<bool>>;

    /// What services told of one delivery, the first first.
    fn reports(&self, id: DeliveryId) -> Doing<'_, Vec<Reported>>;

    /// Takes up to `count` questions to services that are due: nobody else gets them until `lease`
    /// from now, and then they are due again unless they were answered or put off.
    fn questions(&self, now: Duration, count: u32, lease: Duration) -> Doing<'_, Questions>;

    /// Puts the question about what `channel` sent as `called` off until `due`; `None`: it is asked
    /// no more.
    fn put_off<'a>(
        &'a self,
        channel: &'a str,
        called: &'a str,
        due: Option<Duration>,
    ) -> Doing<'a, ()>;

    /// What became of all that was accepted; kept as counters, so it is cheap.
    fn books(&self) -> Doing<'_, Books>;

    /// The same, counted anew from the rows. Slow; where it differs, the store has a fault.
    fn audit(&self) -> Doing<'_, Books>;

    /// Ends what has expired and removes what nobody keeps any more: a bounded part of it.
    fn tend(&self, now: Duration, retention: Retention) -> Doing<'_, Tended>;

    /// Takes up to `count` from a bucket that all instances share, and says how much it gave and,
    /// if that was less, when there is more.
    fn take<'a>(
        &'a self,
        now: Duration,
        bucket: &'a str,
        rate: Rate,
        count: u32,
    ) -> Doing<'a, (u32, Option<Duration>)>;

    /// Takes or renews the lock `name` for `owner` until `ttl` from now. A number that rises with
    /// each new owner, or `None`: somebody else has it.
    fn lock<'a>(
        &'a self,
        now: Duration,
        name: &'a str,
        owner: &'a str,
        ttl: Duration,
    ) -> Doing<'a, Option<u64>>;

    /// Gives the lock back, if it is `owner`'s.
    fn unlock<'a>(&'a self, name: &'a str, owner: &'a str) -> Doing<'a, ()>;

    /// The value of `key`, unless it has ended.
    fn get<'a>(&'a self, now: Duration, key: &'a str) -> Doing<'a, Option<Vec<u8>>>;

    /// The values whose keys begin with `prefix` and have not ended, in the order of their keys,
    /// beginning behind the key `after`; at most `limit`. For reading back at start what this
    /// process has to go on with.
    fn values<'a>(
        &'a self,
        now: Duration,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Doing<'a, Vec<(String, Vec<u8>)>>;

    /// Sets `key` until `ttl` from now; `None` forgets it.
    fn set<'a>(
        &'a self,
        now: Duration,
        key: &'a str,
        value: Option<Vec<u8>>,
        ttl: Duration,
    ) -> Doing<'a, ()>;

    /// The same, if the value is `expected` now. Whether it was.
    fn compare_and_set<'a>(
        &'a self,
        now: Duration,
        key: &'a str,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        ttl: Duration,
    ) -> Doing<'a, bool>;

    /// Writes that a message is done together with all that follows from it, unless it is done
    /// already.
    fn settle(&self, now: Duration, settlement: Settlement) -> Doing<'_, Settled>;

    /// The same, if these values are as `expected` now; otherwise nothing is written, and the
    /// answer is `None`.
    fn settle_if(
        &self,
        now: Duration,
        expected: Vec<(String, Option<Vec<u8>>)>,
        settlement: Settlement,
    ) -> Doing<'_, Option<Settled>>;

    /// The answer of a message that is done.
    fn settled<'a>(&'a self, now: Duration, key: &'a str) -> Doing<'a, Option<Vec<u8>>>;

    /// The keys of the messages that are done, of those that begin with `prefix`, paged as by
    /// [`Store::values`]. For a process that must know at start what its predecessor has done.
    fn settled_keys<'a>(
        &'a self,
        now: Duration,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Doing<'a, Vec<String>>;

    /// Changes whenever this instance has put something into a lane. Another instance on the same
    /// store may do so unseen: whoever waits looks at [`Store::lanes`] now and then as well.
    fn subscribe(&self) -> watch::Receiver<u64>;
}

/// Opens the store at `url`: `sqlite:FILE`, made with its folder if it is missing, or `memory:`.
/// A relative FILE is looked for in `folder`, which is the config file's.
///
/// The values in a file are sealed with `keys`; without one, with the key in `FILE.key`, which is
/// made with the store. What is not yet sealed with it is sealed anew.
///
/// # Errors
///
/// [`StoreError`], if it cannot be opened, is not ours, or is sealed with another key.
pub fn open_with(
    url: &str,
    folder: &Path,
    keys: &SealingKeys,
) -> Result<Arc<dyn Store>, StoreError> {
    open_as(url, folder, keys, sealed::Change::Allowed)
}

/// The same beside a station that may be running: with the key that it has, and so without changing
/// it. The next start of the station does that.
///
/// # Errors
///
/// As [`open_with`].
pub fn open_beside(
    url: &str,
    folder: &Path,
    keys: &SealingKeys,
) -> Result<Arc<dyn Store>, StoreError> {
    open_as(url, folder, keys, sealed::Change::Forbidden)
}

fn open_as(
    url: &str,
    folder: &Path,
    keys: &SealingKeys,
    change: sealed::Change,
) -> Result<Arc<dyn Store>, StoreError> {
    let Some(file) = place(url, folder)? else {
        return Ok(Arc::new(sqlite::Sqlite::in_memory()?));
    };
    let entropy = Arc::new(SystemEntropy);
    Ok(Arc::new(sealed::Sealed::open(&file, keys, change, entropy)?))
}

/// The same with no key given.
///
/// # Errors
///
/// As [`open_with`].
pub fn open(url: &str, folder: &Path) -> Result<Arc<dyn Store>, StoreError> {
    open_with(url, folder, &SealingKeys::default())
}

/// What the books of the store at `url` say and what its rows say, at one moment. Changes nothing;
/// none where there is no file, or for a store that is none.
///
/// # Errors
///
/// A file that cannot be read, is no store of ours, or is sealed with another key than `keys`.
pub fn look(
    url: &str,
    folder: &Path,
    keys: &SealingKeys,
) -> Result<Option<(Books, Books)>, StoreError> {
    match place(url, folder) {
        Ok(Some(file)) => sqlite::look(&file, |proof| sealed::verify(&file, keys, proof)),
        Ok(None) | Err(_) => Ok(None),
    }
}

/// The file of the store at `url`; none for one in memory.
fn place(url: &str, folder: &Path) -> Result<Option<PathBuf>, StoreError> {
    match url.split_once(':') {
        Some(("memory", "")) => Ok(None),
        Some(("sqlite", file)) if !file.is_empty() => {
            Ok(Some(folder.join(file.strip_prefix("//").unwrap_or(file))))
        }
        _ => Err(StoreError::Url(url.split(':').next().unwrap_or_default().to_owned())),
    }
}
