//! What services call what they took, and what they tell of it later.

use std::time::Duration;

use rusqlite::Connection;
use rusqlite::OptionalExtension as _;
use rusqlite::params;

use super::damaged::bytes;
use super::damaged::read_content;
use super::end;
use super::failed;
use super::millis;
use super::session::Session;
use super::time;
use super::values::execute;
use crate::notification::Fate;
use crate::notification::Notification;
use crate::notification::Report;
use crate::store::DeliveryId;
use crate::store::Finish;
use crate::store::MOST_CALLED;
use crate::store::Question;
use crate::store::Questions;
use crate::store::Reported;
use crate::store::StoreError;

/// How many reports of one delivery are kept; the first ones.
const MOST_REPORTS: i64 = 200;

/// Keeps what the service calls the delivery `seq`. A service that gives an id twice means the
/// newer one.
pub(super) fn keep_called(
    session: &Session<'_>,
    seq: i64,
    now: Duration,
    finish: &Finish,
) -> Result<(), StoreError> {
    if finish.called.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO called (channel, id, delivery, at, ask) \
               SELECT lane, ?2, seq, ?3, ?4 FROM delivery WHERE seq = ?1 \
               ON CONFLICT (channel, id) DO UPDATE \
               SET delivery = excluded.delivery, at = excluded.at, ask = excluded.ask, asked = 0";
    let mut statement = session.connection.prepare_cached(sql).map_err(failed)?;
    for called in finish.called.iter().take(MOST_CALLED) {
        let values = params![seq, called.id, millis(now), called.ask.map(millis)];
        statement.execute(values).map_err(failed)?;
    }
    Ok(())
}

/// Whether anything is called so.
pub(super) fn note(
    session: &mut Session<'_>,
    now: Duration,
    channel: &str,
    report: &Report,
) -> Result<bool, StoreError> {
    let Report { id, fate, detail } = report;
    let sql = "UPDATE called SET ask = NULL WHERE channel = ?1 AND id = ?2 RETURNING delivery";
    let mut statement = session.connection.prepare_cached(sql).map_err(failed)?;
    let found = statement.query_row(params![channel, id], |row| row.get::<_, i64>(0)).optional();
    let Some(seq) = found.map_err(failed)? else { return Ok(false) };
    let sql = "INSERT INTO report (delivery, number, at, channel, id, fate, detail) \
               SELECT ?1, COALESCE(MAX(number), 0) + 1, ?2, ?3, ?4, ?5, ?6 \
               FROM report WHERE delivery = ?1 \
               HAVING COUNT(*) < ?7 AND NOT EXISTS (SELECT 1 FROM report \
                   WHERE delivery = ?1 AND channel = ?3 AND id = ?4 AND fate = ?5 AND detail = ?6)";
    let values = params![seq, millis(now), channel, id, *fate as i64, detail, MOST_REPORTS];
    execute(session, sql, values)?;
    Ok(true)
}

pub(super) fn reports(
    connection: &Connection,
    id: DeliveryId,
) -> Result<Vec<Reported>, StoreError> {
    let sql = "SELECT at, channel, id, fate, detail FROM report \
               WHERE delivery = (SELECT seq FROM delivery WHERE id = ?1) ORDER BY number";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let rows = statement.query_map(params![id.as_bytes().as_slice()], |row| {
        let fate: usize = row.get::<_, u8>(3)?.into();
        let fate = Fate::ALL.get(fate).map_or(Fate::Failed, |(fate, _)| *fate);
        let report = Report { id: row.get(2)?, fate, detail: row.get(4)? };
        Ok(Reported { at: time(row.get(0)?), channel: row.get(1)?, report })
    });
    rows.map_err(failed)?.collect::<Result<_, _>>().map_err(failed)
}

pub(super) fn questions(
    session: &mut Session<'_>,
    now: Duration,
    count: u32,
    lease: Duration,
) -> Result<Questions, StoreError> {
    let sql = "UPDATE called SET ask = ?2, asked = asked + 1 \
               WHERE (channel, id) IN \
                   (SELECT channel, id FROM called WHERE ask <= ?1 ORDER BY ask LIMIT ?3) \
               RETURNING channel, id, at, asked - 1, delivery";
    let mut statement = session.connection.prepare_cached(sql).map_err(failed)?;
    let rows = statement.query_map(params![millis(now), end(now, lease), count], |row| {
        let question = Question {
            channel: row.get(0)?,
            called: row.get(1)?,
            sent: time(row.get(2)?),
            asked: row.get(3)?,
            delivery: DeliveryId::from_bytes([0; 16]),
            notification: Notification::default(),
        };
        Ok((question, row.get::<_, i64>(4)?))
    });
    let rows: Vec<_> = rows.map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
    let due = rows.into_iter().map(|(question, seq)| about(session, question, seq));
    let due = due.collect::<Result<_, _>>()?;
    let sql = "SELECT MIN(ask) FROM called WHERE ask IS NOT NULL";
    let mut statement = session.connection.prepare_cached(sql).map_err(failed)?;
    let next: Option<i64> = statement.query_row([], |row| row.get(0)).map_err(failed)?;
    Ok(Questions { due, again_at: next.map(time) })
}

/// The question with what it is about.
fn about(session: &Session<'_>, question: Question, seq: i64) -> Result<Question, StoreError> {
    let sql = "SELECT id, content FROM delivery WHERE seq = ?1";
    let mut statement = session.connection.prepare_cached(sql).map_err(failed)?;
    let row = statement.query_row(params![seq], |row| Ok((row.get(0)?, bytes(row, 1)?)));
    let (id, content): ([u8; 16], Vec<u8>) = row.map_err(failed)?;
    // What the service calls it is enough to ask for it.
    let notification = read_content(&content).unwrap_or_default();
    let delivery = DeliveryId::from_bytes(id);
    Ok(Question { delivery, notification, ..question })
}

pub(super) fn put_off(
    session: &mut Session<'_>,
    channel: &str,
    called: &str,
    due: Option<Duration>,
) -> Result<(), StoreError> {
    let sql = "UPDATE called SET ask = ?3 WHERE channel = ?1 AND id = ?2 AND ask IS NOT NULL";
    execute(session, sql, params![channel, called, due.map(millis)]).map(drop)
}
