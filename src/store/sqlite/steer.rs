//! What a person or the calendar does to the queue.

use std::time::Duration;

use rusqlite::params;

use super::failed;
use super::millis;
use super::read::Condition;
use super::read::horizon;
use super::session::Session;
use super::values::execute;
use crate::store::Filter;
use crate::store::Reason;
use crate::store::Retention;
use crate::store::State;
use crate::store::StoreError;
use crate::store::Tended;

/// The most rows of a kind that one [`tend`] touches, so that nobody waits long for it.
const PART: u32 = 500;

pub(super) fn bury(
    session: &mut Session<'_>,
    now: Duration,
    filter: &Filter,
    reason: &Reason,
) -> Result<u64, StoreError> {
    let mut buried = 0;
    for state in [State::Waiting, State::Unknown] {
        let mut condition = Condition::of(filter);
        let (now, code) = (condition.place(millis(now)), condition.place(reason.code.clone()));
        let note = condition.place(reason.note.clone());
        // What is being sent now is left to its end.
        let sql = format!(
            "UPDATE delivery SET state = 2, ended = {now}, code = {code}, note = {note}, \
             claimed = 0, fence = fence + 1 \
             WHERE {} AND state = {} AND (claimed = 0 OR due <= {now})",
            condition.sql, state as i64
        );
        let count = execute(session, &sql, condition.values().as_slice())?;
        session.moved(state, State::Refused, i64::try_from(count).unwrap_or(i64::MAX));
        buried += count as u64;
    }
    Ok(buried)
}

pub(super) fn revive(
    session: &mut Session<'_>,
    now: Duration,
    filter: &Filter,
    limit: u32,
) -> Result<u64, StoreError> {
    let mut revived = 0;
    for state in [State::Refused, State::Expired, State::Unknown] {
        let mut condition = Condition::of(filter);
        let now = condition.place(millis(now));
        let left = u64::from(limit).saturating_sub(revived);
        let left = condition.place(i64::try_from(left).unwrap_or(i64::MAX));
        let sql = format!(
            "UPDATE delivery SET state = 0, due = {now}, ended = NULL, expires = NULL, \
             lane = COALESCE(home, lane), home = NULL, hop = 0, tries = 0, claimed = 0, \
             fence = fence + 1, content = CASE WHEN typeof(content) = 'text' AND json_valid(content) \
             THEN json_remove(content, '$.expires') ELSE content END \
             WHERE seq IN (SELECT seq FROM delivery WHERE {} AND state = {} \
                           ORDER BY id LIMIT {left})",
            condition.sql, state as i64
        );
        let count = execute(session, &sql, condition.values().as_slice())?;
        session.moved(state, State::Waiting, i64::try_from(count).unwrap_or(i64::MAX));
        revived += count as u64;
    }
    session.is_due |= revived > 0;
    Ok(revived)
}

pub(super) fn tend(
    session: &mut Session<'_>,
    now: Duration,
    retention: Retention,
) -> Result<Tended, StoreError> {
    let expired = expire(session, now)?;
    let mut tended = Tended { expired, removed: 0, has_more: expired >= u64::from(PART) };
    let old = "SELECT seq, state FROM delivery WHERE id < ?1 AND ended IS NOT NULL";
    let of_age = [
        (retention.delivered, format!("{old} AND state IN (1, 3) ORDER BY id LIMIT {PART}")),
        (retention.buried, format!("{old} AND state IN (2, 4) ORDER BY id LIMIT {PART}")),
    ];
    for (keep, sql) in of_age {
        let horizon = horizon(now, keep).as_bytes().to_vec();
        note(&mut tended, remove(session, &sql, params![horizon])?);
    }
    let surplus = session.ended()?.saturating_sub(retention.count).min(PART.into());
    if surplus > 0 {
        let sql = "SELECT seq, state FROM delivery WHERE ended IS NOT NULL ORDER BY seq LIMIT ?1";
        let surplus = i64::try_from(surplus).unwrap_or(i64::MAX);
        note(&mut tended, remove(session, sql, params![surplus])?);
    }
    for table in ["message", "value"] {
        let sql = format!(
            "DELETE FROM {table} WHERE key IN \
             (SELECT key FROM {table} WHERE ends <= ?1 ORDER BY ends LIMIT {PART})"
        );
        note(&mut tended, execute(session, &sql, params![millis(now)])? as u64);
    }
    Ok(tended)
}

fn note(tended: &mut Tended, removed: u64) {
    tended.removed += removed;
    tended.has_more |= removed >= u64::from(PART);
}

fn expire(session: &mut Session<'_>, now: Duration) -> Result<u64, StoreError> {
    // What is being sent now is left to its end.
    let sql = format!(
        "UPDATE delivery SET state = 3, ended = ?1, claimed = 0, fence = fence + 1 \
         WHERE seq IN (SELECT seq FROM delivery WHERE state = 0 AND expires <= ?1 \
                       AND (claimed = 0 OR due <= ?1) ORDER BY expires LIMIT {PART})"
    );
    let count = execute(session, &sql, params![millis(now)])?;
    session.moved(State::Waiting, State::Expired, i64::try_from(count).unwrap_or(i64::MAX));
    Ok(count as u64)
}

/// Removes the rows that `sql` finds, with all that is kept of them.
fn remove(
    session: &mut Session<'_>,
    sql: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<u64, StoreError> {
    let mut statement = session.connection.prepare_cached(sql).map_err(failed)?;
    let rows = statement
        .query_map(values, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, u8>(1)?)))
        .map_err(failed)?;
    let rows: Vec<(i64, u8)> = rows.collect::<Result<_, _>>().map_err(failed)?;
    for (seq, state) in &rows {
        for table in ["attempt", "called", "report"] {
            let sql = format!("DELETE FROM {table} WHERE delivery = ?1");
            execute(session, &sql, params![seq])?;
        }
        execute(session, "DELETE FROM delivery WHERE seq = ?1", params![seq])?;
        if let Some((state, _)) = State::ALL.get(usize::from(*state)) {
            session.removed(*state, 1);
        }
    }
    Ok(rows.len() as u64)
}
