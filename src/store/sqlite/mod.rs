//! The store in one SQLite database: one writer with group commit, readers beside it.
//!
//! `synchronous=FULL` in WAL mode: what was answered is on the disk. The file and what SQLite puts
//! beside it are readable by their owner only.

mod damaged;
mod file;
mod look;
mod queue;
mod read;
mod reader;
mod report;
mod schema;
mod sealing;
mod session;
mod steer;
#[cfg(test)]
mod tests;
mod values;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::ErrorCode;
use rusqlite::OpenFlags;
use tokio::sync::watch;

use self::file::connect;
use self::file::make_file;
use self::file::unopened;
pub(super) use self::look::look;
use self::reader::Readers;
pub(super) use self::sealing::Sealer;
use self::writer::Writer;
use super::Accepted;
use super::Attempt;
use super::Books;
use super::Claim;
use super::Delivery;
use super::DeliveryId;
use super::Doing;
use super::Filter;
use super::Finish;
use super::Lane;
use super::NewDelivery;
use super::Page;
use super::Questions;
use super::Reason;
use super::Reported;
use super::Retention;
use super::Settled;
use super::Settlement;
use super::Store;
use super::StoreError;
use super::Tended;
use crate::notification::Rate;
use crate::notification::Report;

/// How long we wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// Two: the console's long query does not hold up the outbox's short one.
const READERS: usize = 2;

/// What every connection is told. The cache is 8 MB at most; the log of changes is carried over
/// into the database every 4,000 pages and is cut back to 64 MB.
const SETTINGS: &str = "PRAGMA synchronous = FULL; PRAGMA cache_size = -8192;
    PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;
    PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;";

/// The engine.
pub(super) struct Sqlite {
    writer: Writer,
    /// None for a database in memory, which has one connection.
    readers: Option<Readers>,
}

impl Sqlite {
    /// A database that is gone with the process.
    pub(super) fn in_memory() -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory().map_err(failed)?;
        prepare(&mut connection, Path::new(":memory:"))?;
        Ok(Self { writer: Writer::inline(connection), readers: None })
    }

    /// Opens the database at `path`, or makes it.
    #[cfg(test)]
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, |_| Ok(()))
    }

    /// The same, with all values sealed as `sealer` wants them before anybody reads one.
    pub(super) fn open_sealed(path: &Path, sealer: &mut dyn Sealer) -> Result<Self, StoreError> {
        Self::open_with(path, |connection| sealing::seal(connection, sealer))
    }

    fn open_with(
        path: &Path,
        first: impl FnOnce(&mut Connection) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        make_file(path).map_err(|error| unopened(path, error))?;
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let prepared = prepare(&mut connection, path).and_then(|()| first(&mut connection));
        prepared.map_err(|error| match error {
            StoreError::Failed(source) => StoreError::Open { path: path.to_owned(), source },
            other => other,
        })?;
        let readers: Result<Vec<_>, StoreError> = (0..READERS)
            .map(|_| {
                let reader = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
                reader.execute_batch(SETTINGS).map_err(failed)?;
                reader.pragma_update(None, "query_only", true).map_err(failed)?;
                Ok(reader)
            })
            .collect();
        let threads = |error| unopened(path, error);
        Ok(Self {
            writer: Writer::thread(connection).map_err(threads)?,
            readers: Some(Readers::new(readers?).map_err(threads)?),
        })
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.readers {
            Some(readers) => readers.read(work).await,
            None => self.writer.read_inline(work).ok_or(StoreError::Closed)?,
        }
    }
}

/// Settings and schema of the first connection.
fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(64);
    schema::upgrade(connection, schema::CHANGES, path)?;
    // Not before the check that it is ours: this one is written into the file.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).map_err(failed)?;
    connection.execute_batch(SETTINGS).map_err(failed)
}

/// What an error of SQLite means.
fn failed(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        _ => StoreError::Failed(Arc::new(error)),
    }
}

/// A time as it is stored.
fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// A time as it was stored.
fn time(millis: i64) -> Duration {
    Duration::from_millis(millis.unsigned_abs())
}

/// When something ends that lasts for `ttl` from now.
fn end(now: Duration, ttl: Duration) -> i64 {
    millis(now.saturating_add(ttl))
}

impl Store for Sqlite {
    fn enqueue(&self, now: Duration, batch: Vec<NewDelivery>) -> Doing<'_, Vec<Accepted>> {
        Box::pin(async move {
            let rows: Vec<_> = batch.into_iter().map(queue::Row::from).collect();
            self.writer.write(move |session| queue::enqueue(session, now, &rows)).await
        })
    }

    fn claim<'a>(
        &'a self,
        now: Duration,
        lane: &'a str,
        count: u32,
        lease: Duration,
        rate: Option<Rate>,
    ) -> Doing<'a, Claim> {
        let lane = lane.to_owned();
        Box::pin(async move {
            let (rows, again_at) = self
                .writer
                .write(move |session| queue::claim(session, now, &lane, count, lease, rate))
                .await?;
            let deliveries = self.read_claims(now, rows).await;
            Ok(Claim { deliveries, again_at })
        })
    }

    fn extend(
        &self,
        leases: Vec<(DeliveryId, u64)>,
        until: Duration,
    ) -> Doing<'_, Vec<DeliveryId>> {
        Box::pin(self.writer.write(move |session| queue::extend(session, &leases, until)))
    }

    fn finish(&self, now: Duration, batch: Vec<Finish>) -> Doing<'_, Vec<bool>> {
        Box::pin(self.writer.write(move |session| {
            batch.iter().map(|finish| queue::finish(session, now, finish)).collect()
        }))
    }

    fn bury(&self, now: Duration, filter: Filter, reason: Reason) -> Doing<'_, u64> {
        Box::pin(self.writer.write(move |session| steer::bury(session, now, &filter, &reason)))
    }

    fn revive(&self, now: Duration, filter: Filter, limit: u32) -> Doing<'_, u64> {
        Box::pin(self.writer.write(move |session| steer::revive(session, now, &filter, limit)))
    }

    fn lanes(&self) -> Doing<'_, Vec<Lane>> {
        Box::pin(self.read(read::lanes))
    }

    fn query(&self, filter: Filter, cursor: Option<DeliveryId>, limit: u32) -> Doing<'_, Page> {
        Box::pin(self.read(move |connection| read::query(connection, &filter, cursor, limit)))
    }

    fn find(&self, id: DeliveryId) -> Doing<'_, Option<(Delivery, Vec<Attempt>)>> {
        Box::pin(self.read(move |connection| read::find(connection, id)))
    }

    fn report<'a>(
        &'a self,
        now: Duration,
        channel: &'a str,
        reports: Vec<Report>,
    ) -> Doing<'a, Vec<bool>> {
        let channel = channel.to_owned();
        Box::pin(self.writer.write(move |session| {
            reports.iter().map(|it| report::note(session, now, &channel, it)).collect()
        }))
    }

    fn reports(&self, id: DeliveryId) -> Doing<'_, Vec<Reported>> {
        Box::pin(self.read(move |connection| report::reports(connection, id)))
    }

    fn questions(&self, now: Duration, count: u32, lease: Duration) -> Doing<'_, Questions> {
        Box::pin(self.writer.write(move |session| report::questions(session, now, count, lease)))
    }

    fn put_off<'a>(
        &'a self,
        channel: &'a str,
        called: &'a str,
        due: Option<Duration>,
    ) -> Doing<'a, ()> {
        let (channel, called) = (channel.to_owned(), called.to_owned());
        Box::pin(self.writer.write(move |session| report::put_off(session, &channel, &called, due)))
    }

    fn books(&self) -> Doing<'_, Books> {
        Box::pin(self.read(read::books))
    }

    fn audit(&self) -> Doing<'_, Books> {
        Box::pin(self.read(read::audit))
    }

    fn tend(&self, now: Duration, retention: Retention) -> Doing<'_, Tended> {
        Box::pin(self.writer.write(move |session| steer::tend(session, now, retention)))
    }

    fn take<'a>(
        &'a self,
        now: Duration,
        bucket: &'a str,
        rate: Rate,
        count: u32,
    ) -> Doing<'a, (u32, Option<Duration>)> {
        let bucket = bucket.to_owned();
        Box::pin(self.writer.write(move |session| values::take(session, now, &bucket, rate, count)))
    }

    fn lock<'a>(
        &'a self,
        now: Duration,
        name: &'a str,
        owner: &'a str,
        ttl: Duration,
    ) -> Doing<'a, Option<u64>> {
        let (name, owner) = (name.to_owned(), owner.to_owned());
        Box::pin(self.writer.write(move |session| values::lock(session, now, &name, &owner, ttl)))
    }

    fn unlock<'a>(&'a self, name: &'a str, owner: &'a str) -> Doing<'a, ()> {
        let (name, owner) = (name.to_owned(), owner.to_owned());
        Box::pin(self.writer.write(move |session| values::unlock(session, &name, &owner)))
    }

    fn get<'a>(&'a self, now: Duration, key: &'a str) -> Doing<'a, Option<Vec<u8>>> {
        let key = key.to_owned();
        Box::pin(self.read(move |connection| values::get(connection, now, &key)))
    }

    fn values<'a>(
        &'a self,
        now: Duration,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Doing<'a, Vec<(String, Vec<u8>)>> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        Box::pin(self.read(move |connection| {
            values::values(connection, now, &prefix, after.as_deref(), limit)
        }))
    }

    fn set<'a>(
        &'a self,
        now: Duration,
        key: &'a str,
        value: Option<Vec<u8>>,
        ttl: Duration,
    ) -> Doing<'a, ()> {
        let (key, ends) = (key.to_owned(), end(now, ttl));
        Box::pin(
            self.writer.write(move |session| values::set(session, &key, value.as_deref(), ends)),
        )
    }

    fn compare_and_set<'a>(
        &'a self,
        now: Duration,
        key: &'a str,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        ttl: Duration,
    ) -> Doing<'a, bool> {
        let (key, ends) = (key.to_owned(), end(now, ttl));
        Box::pin(self.writer.write(move |session| {
            if values::get(session.connection, now, &key)? != expected {
                return Ok(false);
            }
            values::set(session, &key, value.as_deref(), ends)?;
            Ok(true)
        }))
    }

    fn settle(&self, now: Duration, settlement: Settlement) -> Doing<'_, Settled> {
        Box::pin(async move {
            let mut settlement = settlement;
            let deliveries = std::mem::take(&mut settlement.deliveries);
            let rows: Vec<_> = deliveries.into_iter().map(queue::Row::from).collect();
            self.writer.write(move |session| values::settle(session, now, &settlement, &rows)).await
        })
    }

    fn settle_if(
        &self,
        now: Duration,
        expected: Vec<(String, Option<Vec<u8>>)>,
        settlement: Settlement,
    ) -> Doing<'_, Option<Settled>> {
        Box::pin(async move {
            let mut settlement = settlement;
            let deliveries = std::mem::take(&mut settlement.deliveries);
            let rows: Vec<_> = deliveries.into_iter().map(queue::Row::from).collect();
            let settle = move |session: &mut session::Session<'_>| {
                values::settle_if(session, now, &expected, &settlement, &rows)
            };
            self.writer.write(settle).await
        })
    }

    fn settled<'a>(&'a self, now: Duration, key: &'a str) -> Doing<'a, Option<Vec<u8>>> {
        let key = key.to_owned();
        Box::pin(self.read(move |connection| values::settled(connection, now, &key)))
    }

    fn settled_keys<'a>(
        &'a self,
        now: Duration,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Doing<'a, Vec<String>> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        Box::pin(self.read(move |connection| {
            values::settled_keys(connection, now, &prefix, after.as_deref(), limit)
        }))
    }

    fn subscribe(&self) -> watch::Receiver<u64> {
        self.writer.subscribe()
    }
}
