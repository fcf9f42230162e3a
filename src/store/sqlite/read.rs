//! What is only looked at.

use std::time::Duration;

use rusqlite::Connection;
use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::ToSql;
use rusqlite::params;

use super::damaged;
use super::damaged::bytes;
use super::damaged::read_content;
use super::failed;
use super::session::ACCEPTED;
use super::session::REMOVED;
use super::time;
use crate::code;
use crate::notification::Notification;
use crate::store::Attempt;
use crate::store::Books;
use crate::store::Delivery;
use crate::store::DeliveryId;
use crate::store::Filter;
use crate::store::Lane;
use crate::store::Page;
use crate::store::Reason;
use crate::store::State;
use crate::store::StoreError;

/// A `WHERE` for a filter, and its values.
pub(super) struct Condition {
    pub(super) sql: String,
    values: Vec<Box<dyn ToSql>>,
}

impl Condition {
    pub(super) fn of(filter: &Filter) -> Self {
        let mut condition = Self { sql: "1".to_owned(), values: Vec::new() };
        if let Some(id) = filter.id {
            condition.and("id =", id.as_bytes().to_vec());
        }
        if let Some(state) = filter.state {
            // Not a parameter, so that the partial indexes are found.
            condition.push(&format!("state = {}", state as i64));
        }
        if let Some(lane) = &filter.lane {
            condition.and("lane =", lane.clone());
        }
        if let Some(code) = &filter.code {
            condition.and("code =", code.clone());
        }
        if let Some(since) = filter.since {
            condition.and("id >=", DeliveryId::floor(since).as_bytes().to_vec());
        }
        if let Some(until) = filter.until {
            condition.and("id <", DeliveryId::floor(until).as_bytes().to_vec());
        }
        condition
    }

    /// Adds `AND left ?`.
    pub(super) fn and(&mut self, left: &str, value: impl ToSql + 'static) {
        let place = self.place(value);
        self.push(&format!("{left} {place}"));
    }

    fn push(&mut self, condition: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
    }

    /// The parameter of one more value.
    pub(super) fn place(&mut self, value: impl ToSql + 'static) -> String {
        self.values.push(Box::new(value));
        format!("?{}", self.values.len())
    }

    pub(super) fn values(&self) -> Vec<&dyn ToSql> {
        self.values.iter().map(|it| &**it).collect()
    }
}

/// The columns of [`delivery`].
const COLUMNS: &str = "id, state, lane, accepted, due, claimed, ended, code, note, attempts, \
                       content, key";

pub(super) fn query(
    connection: &Connection,
    filter: &Filter,
    cursor: Option<DeliveryId>,
    limit: u32,
) -> Result<Page, StoreError> {
    let mut condition = Condition::of(filter);
    if let Some(cursor) = cursor {
        condition.and("id <", cursor.as_bytes().to_vec());
    }
    let count = condition.place(limit.saturating_add(1));
    let sql = format!(
        "SELECT {COLUMNS} FROM delivery WHERE {} ORDER BY id DESC LIMIT {count}",
        condition.sql
    );
    let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
    let rows = statement.query_map(condition.values().as_slice(), |row| Ok(delivery(row)));
    let mut rows: Vec<_> = rows.map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let found = rows.len();
    let deliveries: Vec<Delivery> = rows.into_iter().flatten().map(finish).collect();
    if deliveries.len() < found {
        let (code, count) = (code::STORE_UNREADABLE, found - deliveries.len());
        tracing::warn!(code = code.name, count, "rows of the store are too damaged to be shown");
    }
    let next = if has_more { deliveries.last().map(|it| it.id) } else { None };
    Ok(Page { deliveries, next })
}

pub(super) fn find(
    connection: &Connection,
    id: DeliveryId,
) -> Result<Option<(Delivery, Vec<Attempt>)>, StoreError> {
    // Both from one moment.
    let transaction = connection.unchecked_transaction().map_err(failed)?;
    let sql = format!("SELECT {COLUMNS} FROM delivery WHERE id = ?1");
    let id = id.as_bytes().as_slice();
    let row = transaction.query_row(&sql, params![id], delivery).optional().map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let sql = "SELECT at, took, channel, blame, code, advice, detail FROM attempt \
               WHERE delivery = (SELECT seq FROM delivery WHERE id = ?1) ORDER BY number";
    let mut statement = transaction.prepare_cached(sql).map_err(failed)?;
    let attempts = statement.query_map(params![id], attempt).map_err(failed)?;
    let attempts = attempts.collect::<Result<_, _>>().map_err(failed)?;
    Ok(Some((finish(row), attempts)))
}

fn attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    Ok(Attempt {
        at: time(row.get(0)?),
        took: time(row.get(1)?),
        channel: row.get(2)?,
        blame: row.get(3)?,
        code: row.get(4)?,
        advice: row.get(5)?,
        detail: row.get(6)?,
    })
}

/// A delivery whose content is not read yet, and that content and its idempotency key.
type RawDelivery = (Delivery, Vec<u8>, Option<String>);

fn delivery(row: &Row<'_>) -> rusqlite::Result<RawDelivery> {
    let state: usize = row.get::<_, u8>(1)?.into();
    let delivery = Delivery {
        id: DeliveryId::from_bytes(row.get(0)?),
        state: State::ALL.get(state).map_or(State::Unknown, |(state, _)| *state),
        lane: row.get(2)?,
        accepted: time(row.get(3)?),
        due: time(row.get(4)?),
        is_claimed: row.get::<_, i64>(5)? > 0,
        ended: row.get::<_, Option<i64>>(6)?.map(time),
        reason: Reason { code: row.get(7)?, note: row.get(8)? },
        attempts: row.get(9)?,
        notification: Notification::default(),
    };
    Ok((delivery, bytes(row, 10)?, row.get(11)?))
}

/// What cannot be read is shown without its content, and says so before it is set aside as well.
fn finish((delivery, content, idempotency_key): RawDelivery) -> Delivery {
    let Some(content) = read_content(&content) else {
        let is_told = !delivery.reason.code.is_empty();
        let reason = if is_told { delivery.reason } else { damaged::reason() };
        return Delivery { reason, ..delivery };
    };
    Delivery { notification: Notification { idempotency_key, ..content }, ..delivery }
}

/// One look into the index for each lane, however much waits in it.
pub(super) fn lanes(connection: &Connection) -> Result<Vec<Lane>, StoreError> {
    let sql = "WITH RECURSIVE found (lane) AS ( \
                   SELECT MIN(lane) FROM delivery WHERE state = 0 \
                   UNION ALL \
                   SELECT (SELECT MIN(lane) FROM delivery \
                           WHERE state = 0 AND lane > found.lane) \
                   FROM found WHERE found.lane IS NOT NULL) \
               SELECT lane, (SELECT MIN(due) FROM delivery \
                             WHERE state = 0 AND lane = found.lane) \
               FROM found WHERE lane IS NOT NULL";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let lanes = statement
        .query_map([], |row| Ok(Lane { name: row.get(0)?, due: time(row.get(1)?) }))
        .map_err(failed)?;
    lanes.collect::<Result<_, _>>().map_err(failed)
}

/// The book's entries, or zeros.
pub(super) fn books(connection: &Connection) -> Result<Books, StoreError> {
    let mut entries = [0_u64; REMOVED + State::ALL.len()];
    let sql = "SELECT entry, count FROM book";
    fill(connection, sql, &mut entries)?;
    Ok(of_entries(&entries, entries[ACCEPTED]))
}

/// From the rows that are there and the counts of those that were removed.
pub(super) fn audit(connection: &Connection) -> Result<Books, StoreError> {
    let mut entries = [0_u64; REMOVED + State::ALL.len()];
    let sql = "SELECT state, COUNT(*) FROM delivery GROUP BY state \
               UNION ALL SELECT entry - 6, count FROM book WHERE entry >= 6";
    fill(connection, sql, &mut entries)?;
    let accepted = entries.iter().sum();
    Ok(of_entries(&entries, accepted))
}

fn fill(connection: &Connection, sql: &str, entries: &mut [u64]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let entry: usize = row.get::<_, u8>(0).map_err(failed)?.into();
        if let Some(place) = entries.get_mut(entry) {
            *place += row.get::<_, i64>(1).map_err(failed)?.unsigned_abs();
        }
    }
    Ok(())
}

fn of_entries(entries: &[u64], accepted: u64) -> Books {
    let of = |state: State| entries[state as usize];
    Books {
        accepted,
        waiting: of(State::Waiting),
        delivered: of(State::Delivered),
        refused: of(State::Refused),
        expired: of(State::Expired),
        unknown: of(State::Unknown),
    }
}

/// The id below which everything was accepted before `keep` ago.
pub(super) fn horizon(now: Duration, keep: Duration) -> DeliveryId {
    DeliveryId::floor(now.saturating_sub(keep))
}
