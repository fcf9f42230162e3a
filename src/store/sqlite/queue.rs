//! The queue: in, claimed, out.

use std::time::Duration;

use rusqlite::OptionalExtension as _;
use rusqlite::params;

use super::damaged::bytes;
use super::damaged::read_content;
use super::end;
use super::failed;
use super::millis;
use super::report;
use super::session::Session;
use super::values;
use crate::notification::Notification;
use crate::notification::Rate;
use crate::store::Accepted;
use crate::store::Attempt;
use crate::store::Claimed;
use crate::store::DeliveryId;
use crate::store::Finish;
use crate::store::NewDelivery;
use crate::store::Next;
use crate::store::Reason;
use crate::store::State;
use crate::store::StoreError;

/// A new delivery as it is stored; made before the writer has to wait for it.
pub(super) struct Row {
    id: DeliveryId,
    lane: String,
    due: i64,
    expires: Option<i64>,
    key: Option<String>,
    fingerprint: Option<[u8; 32]>,
    content: String,
}

impl From<NewDelivery> for Row {
    fn from(delivery: NewDelivery) -> Self {
        let notification = delivery.notification;
        let key = notification.idempotency_key.clone();
        Self {
            id: delivery.id,
            lane: delivery.lane,
            due: millis(delivery.due),
            expires: notification.expires.map(millis),
            fingerprint: key.is_some().then(|| notification.fingerprint()),
            key,
            content: serde_json::to_string(&notification).expect("a notification is always JSON"),
        }
    }
}

pub(super) fn enqueue(
    session: &mut Session<'_>,
    now: Duration,
    rows: &[Row],
) -> Result<Vec<Accepted>, StoreError> {
    rows.iter().map(|row| enqueue_one(session, now, row)).collect()
}

fn enqueue_one(
    session: &mut Session<'_>,
    now: Duration,
    row: &Row,
) -> Result<Accepted, StoreError> {
    let sql = "INSERT INTO delivery (id, lane, due, accepted, expires, key, fingerprint, content) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
    let mut statement = session.connection.prepare_cached(sql).map_err(failed)?;
    let id = row.id.as_bytes().as_slice();
    let fingerprint = row.fingerprint.as_ref().map(<[u8; 32]>::as_slice);
    let (lane, content) = (&row.lane, &row.content);
    let values =
        params![id, lane, row.due, millis(now), row.expires, row.key, fingerprint, content];
    if statement.execute(values).map_err(failed)? == 1 {
        session.accepted();
        session.is_due = true;
        return Ok(Accepted::New(row.id));
    }
    let sql = "SELECT id, fingerprint IS ?3 FROM delivery WHERE id = ?1 OR key = ?2 LIMIT 1";
    let mut statement = session.connection.prepare_cached(sql).map_err(failed)?;
    let (found, is_same) = statement
        .query_row(params![id, row.key, fingerprint], |it| Ok((it.get(0)?, it.get(1)?)))
        .map_err(failed)?;
    let found = DeliveryId::from_bytes(found);
    Ok(match is_same {
        true => Accepted::Known(found),
        false => Accepted::Conflict(found),
    })
}

/// A claimed row, read after the writer is done with it.
pub(super) struct RawClaim {
    seq: i64,
    /// None: not even its numbers can be read.
    claimed: Option<Claimed>,
    content: Vec<u8>,
}

impl RawClaim {
    /// The claim, or the `seq` of a row that cannot be read.
    pub(super) fn read(self) -> Result<Claimed, i64> {
        let notification = read_content(&self.content).ok_or(self.seq)?;
        let claimed = self.claimed.ok_or(self.seq)?;
        Ok(Claimed { notification, ..claimed })
    }
}

pub(super) fn claim(
    session: &mut Session<'_>,
    now: Duration,
    lane: &str,
    count: u32,
    lease: Duration,
    rate: Option<Rate>,
) -> Result<(Vec<RawClaim>, Option<Duration>), StoreError> {
    let Some(rate) = rate else {
        return Ok((claim_rows(session, now, lane, count, lease)?, None));
    };
    let mut window = values::window(session, lane)?;
    let room = window.room(rate, now);
    let claims = claim_rows(session, now, lane, count.min(room), lease)?;
    let taken = u32::try_from(claims.len()).expect("no more than was asked for");
    if taken > 0 {
        window.take(rate, now, taken);
        values::keep_window(session, lane, &window)?;
    }
    let is_limited = count > room && taken == room;
    Ok((claims, is_limited.then(|| window.again_at(rate)).flatten()))
}

fn claim_rows(
    session: &mut Session<'_>,
    now: Duration,
    lane: &str,
    count: u32,
    lease: Duration,
) -> Result<Vec<RawClaim>, StoreError> {
    let sql = "UPDATE delivery SET due = ?3, fence = fence + 1, tries = tries + 1, \
               claimed = MIN(claimed + 1, 2) \
               WHERE seq IN (SELECT seq FROM delivery WHERE state = 0 AND lane = ?1 AND due <= ?2 \
                             ORDER BY due, seq LIMIT ?4) \
               RETURNING id, fence, hop, tries, attempts, claimed, content, seq";
    let mut statement = session.connection.prepare_cached(sql).map_err(failed)?;
    let rows = statement.query_map(params![lane, millis(now), end(now, lease), count], |row| {
        Ok(RawClaim { seq: row.get(7)?, claimed: claimed(row).ok(), content: bytes(row, 6)? })
    });
    rows.map_err(failed)?.collect::<Result<_, _>>().map_err(failed)
}

fn claimed(row: &rusqlite::Row<'_>) -> rusqlite::Result<Claimed> {
    Ok(Claimed {
        id: DeliveryId::from_bytes(row.get(0)?),
        fence: row.get::<_, i64>(1)?.unsigned_abs(),
        hop: row.get(2)?,
        tries: row.get(3)?,
        attempts: row.get(4)?,
        is_interrupted: row.get::<_, i64>(5)? == 2,
        notification: Notification::default(),
    })
}

pub(super) fn extend(
    session: &mut Session<'_>,
    leases: &[(DeliveryId, u64)],
    until: Duration,
) -> Result<Vec<DeliveryId>, StoreError> {
    let sql = "UPDATE delivery SET due = ?3 \
               WHERE id = ?1 AND fence = ?2 AND state = 0 AND claimed > 0";
    let mut statement = session.connection.prepare_cached(sql).map_err(failed)?;
    let mut lost = Vec::new();
    for (id, fence) in leases {
        let values = params![id.as_bytes().as_slice(), fence.cast_signed(), millis(until)];
        if statement.execute(values).map_err(failed)? == 0 {
            lost.push(*id);
        }
    }
    Ok(lost)
}

pub(super) fn finish(
    session: &mut Session<'_>,
    now: Duration,
    finish: &Finish,
) -> Result<bool, StoreError> {
    let empty = Reason::default();
    let (state, due, reason) = match &finish.next {
        Next::Delivered => (State::Delivered, None, Some(&empty)),
        Next::Refused(reason) => (State::Refused, None, Some(reason)),
        Next::Unknown(reason) => (State::Unknown, None, Some(reason)),
        Next::Expired => (State::Expired, None, None),
        Next::Again { due, reason } | Next::Elsewhere { due, reason, .. } => {
            (State::Waiting, Some(*due), Some(reason))
        }
        Next::HandedBack => (State::Waiting, Some(now), None),
        Next::Held { due } => (State::Waiting, Some(*due), None),
    };
    let ended = (state != State::Waiting).then(|| millis(now));
    let new_attempts = i64::try_from(finish.attempts.len()).unwrap_or(i64::MAX);
    // What was claimed after a claim that nobody finished is still so when it is handed back.
    let claims_ended = if is_untried(&finish.next) { 1 } else { 2 };
    let sql = "UPDATE delivery SET state = ?3, due = COALESCE(?4, due), ended = ?5, \
               attempts = attempts + ?6, code = COALESCE(?7, code), note = COALESCE(?8, note), \
               claimed = MAX(claimed - ?9, 0) \
               WHERE id = ?1 AND fence = ?2 AND state = 0 AND claimed > 0 \
               RETURNING seq, attempts";
    let mut statement = session.connection.prepare_cached(sql).map_err(failed)?;
    let id = finish.id.as_bytes().as_slice();
    let (fence, due) = (finish.fence.cast_signed(), due.map(millis));
    let (code, note) = (reason.map(|it| &it.code), reason.map(|it| &it.note));
    let values =
        params![id, fence, state as i64, due, ended, new_attempts, code, note, claims_ended];
    let row = statement
        .query_row(values, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
        .optional()
        .map_err(failed)?;
    let Some((seq, attempts)) = row else { return Ok(false) };
    for (number, attempt) in (attempts - new_attempts + 1..).zip(&finish.attempts) {
        keep_attempt(session, seq, number, attempt)?;
    }
    report::keep_called(session, seq, now, finish)?;
    move_on(session, seq, &finish.next)?;
    if state == State::Waiting {
        session.is_due = true;
    } else {
        session.moved(State::Waiting, state, 1);
    }
    Ok(true)
}

/// Whether the claim was given back without a try.
fn is_untried(next: &Next) -> bool {
    matches!(next, Next::HandedBack | Next::Held { .. })
}

/// What a delivery that is not at its end needs beside a new due time.
fn move_on(session: &Session<'_>, seq: i64, next: &Next) -> Result<(), StoreError> {
    let execute = |sql, values: &[&dyn rusqlite::ToSql]| {
        let mut statement = session.connection.prepare_cached(sql).map_err(failed)?;
        statement.execute(values).map(drop).map_err(failed)
    };
    match next {
        Next::HandedBack | Next::Held { .. } => execute(
            "UPDATE delivery SET tries = tries - 1, fence = fence + 1 WHERE seq = ?1",
            &[&seq],
        ),
        Next::Elsewhere { lane, .. } => execute(
            "UPDATE delivery SET home = COALESCE(home, lane), lane = ?2, hop = hop + 1, tries = 0 \
             WHERE seq = ?1",
            &[&seq, lane],
        ),
        _ => Ok(()),
    }
}

fn keep_attempt(
    session: &Session<'_>,
    seq: i64,
    number: i64,
    attempt: &Attempt,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO attempt \
               (delivery, number, at, took, channel, blame, code, advice, detail) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let mut statement = session.connection.prepare_cached(sql).map_err(failed)?;
    let Attempt { at, took, channel, blame, code, advice, detail } = attempt;
    let (at, took) = (millis(*at), millis(*took));
    statement
        .execute(params![seq, number, at, took, channel, blame, code, advice, detail])
        .map(drop)
        .map_err(failed)
}
