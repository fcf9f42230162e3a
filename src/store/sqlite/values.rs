//! What is not a delivery: values and locks with an end, paces, and messages that are done.

use std::time::Duration;

use rusqlite::Connection;
use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::ToSql;
use rusqlite::params;

use super::end;
use super::failed;
use super::millis;
use super::queue;
use super::session::Session;
use crate::notification::Rate;
use crate::store::Settled;
use crate::store::Settlement;
use crate::store::StoreError;
use crate::store::pace::Window;

pub(super) fn take(
    session: &mut Session<'_>,
    now: Duration,
    bucket: &str,
    rate: Rate,
    count: u32,
) -> Result<(u32, Option<Duration>), StoreError> {
    let mut window = window(session, bucket)?;
    let given = window.room(rate, now).min(count);
    if given > 0 {
        window.take(rate, now, given);
        keep_window(session, bucket, &window)?;
    }
    Ok((given, if given < count { window.again_at(rate) } else { None }))
}

/// What was taken of a rate.
pub(super) fn window(session: &Session<'_>, bucket: &str) -> Result<Window, StoreError> {
    let sql = "SELECT taken FROM bucket WHERE name = ?1";
    let taken: Option<String> = one(session.connection, sql, params![bucket])?;
    Ok(taken.map(|it| Window::read(&it)).unwrap_or_default())
}

pub(super) fn keep_window(
    session: &Session<'_>,
    bucket: &str,
    window: &Window,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO bucket (name, taken) VALUES (?1, ?2) \
               ON CONFLICT (name) DO UPDATE SET taken = ?2";
    execute(session, sql, params![bucket, window.write()]).map(drop)
}

pub(super) fn lock(
    session: &mut Session<'_>,
    now: Duration,
    name: &str,
    owner: &str,
    ttl: Duration,
) -> Result<Option<u64>, StoreError> {
    let sql = "INSERT INTO lock (name, owner, fence, ends) VALUES (?1, ?2, 1, ?4) \
               ON CONFLICT (name) DO UPDATE \
               SET fence = fence + (owner <> ?2 OR ends <= ?3), owner = ?2, ends = ?4 \
               WHERE owner = ?2 OR ends <= ?3 RETURNING fence";
    let fence: Option<i64> =
        one(session.connection, sql, params![name, owner, millis(now), end(now, ttl)])?;
    Ok(fence.map(i64::unsigned_abs))
}

pub(super) fn unlock(session: &mut Session<'_>, name: &str, owner: &str) -> Result<(), StoreError> {
    // The row stays, for its fence.
    execute(
        session,
        "UPDATE lock SET ends = 0 WHERE name = ?1 AND owner = ?2",
        params![name, owner],
    )
    .map(drop)
}

pub(super) fn get(
    connection: &Connection,
    now: Duration,
    key: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT value FROM value WHERE key = ?1 AND ends > ?2";
    one(connection, sql, params![key, millis(now)])
}

/// All values under a prefix, page by page.
pub(super) fn values(
    connection: &Connection,
    now: Duration,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let sql = "SELECT key, value FROM value \
               WHERE key >= ?1 AND key < ?1 || char(0x10ffff) AND key > ?2 AND ends > ?3 \
               ORDER BY key LIMIT ?4";
    let values = params![prefix, after.unwrap_or_default(), millis(now), limit];
    all(connection, sql, values, |row| Ok((row.get(0)?, row.get(1)?)))
}

/// All keys of messages under a prefix, page by page.
pub(super) fn settled_keys(
    connection: &Connection,
    now: Duration,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT key FROM message \
               WHERE key >= ?1 AND key < ?1 || char(0x10ffff) AND key > ?2 AND ends > ?3 \
               ORDER BY key LIMIT ?4";
    let values = params![prefix, after.unwrap_or_default(), millis(now), limit];
    all(connection, sql, values, |row| row.get(0))
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn ToSql],
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let rows = statement.query_map(values, read).map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}

pub(super) fn set(
    session: &mut Session<'_>,
    key: &str,
    value: Option<&[u8]>,
    ends: i64,
) -> Result<(), StoreError> {
    match value {
        None => execute(session, "DELETE FROM value WHERE key = ?1", params![key]).map(drop),
        Some(value) => {
            let sql = "INSERT INTO value (key, value, ends) VALUES (?1, ?2, ?3) \
                       ON CONFLICT (key) DO UPDATE SET value = ?2, ends = ?3";
            execute(session, sql, params![key, value, ends]).map(drop)
        }
    }
}

pub(super) fn settle(
    session: &mut Session<'_>,
    now: Duration,
    settlement: &Settlement,
    rows: &[queue::Row],
) -> Result<Settled, StoreError> {
    if let Some(answer) = settled(session.connection, now, &settlement.key)? {
        return Ok(Settled::Known(answer));
    }
    let sql = "INSERT INTO message (key, answer, ends) VALUES (?1, ?2, ?3) \
               ON CONFLICT (key) DO UPDATE SET answer = ?2, ends = ?3";
    let ends = end(now, settlement.remember);
    execute(session, sql, params![settlement.key, settlement.answer, ends])?;
    for (key, value, ttl) in &settlement.values {
        set(session, key, value.as_deref(), end(now, *ttl))?;
    }
    Ok(Settled::New(queue::enqueue(session, now, rows)?))
}

/// The same, if the values are as `expected`.
pub(super) fn settle_if(
    session: &mut Session<'_>,
    now: Duration,
    expected: &[(String, Option<Vec<u8>>)],
    settlement: &Settlement,
    rows: &[queue::Row],
) -> Result<Option<Settled>, StoreError> {
    if let Some(answer) = settled(session.connection, now, &settlement.key)? {
        return Ok(Some(Settled::Known(answer)));
    }
    for (key, value) in expected {
        if get(session.connection, now, key)? != *value {
            return Ok(None);
        }
    }
    settle(session, now, settlement, rows).map(Some)
}

pub(super) fn settled(
    connection: &Connection,
    now: Duration,
    key: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT answer FROM message WHERE key = ?1 AND ends > ?2";
    one(connection, sql, params![key, millis(now)])
}

fn one<T: rusqlite::types::FromSql>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn ToSql],
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    statement.query_row(values, |row| row.get(0)).optional().map_err(failed)
}

/// How many rows were changed.
pub(super) fn execute(
    session: &Session<'_>,
    sql: &str,
    values: &[&dyn ToSql],
) -> Result<usize, StoreError> {
    let mut statement = session.connection.prepare_cached(sql).map_err(failed)?;
    statement.execute(values).map_err(failed)
}
