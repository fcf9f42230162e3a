//! Rows that cannot be read: a disk that failed, a hand that wrote. One of them must not hold up
//! the others of its lane, so it is set aside as it is, and a person decides.

use std::error::Error;
use std::time::Duration;

use rusqlite::Row;
use rusqlite::params;
use rusqlite::types::ValueRef;

use super::Sqlite;
use super::millis;
use super::queue::RawClaim;
use super::session::Session;
use super::values::execute;
use crate::code;
use crate::notification::Notification;
use crate::store::Claimed;
use crate::store::Reason;
use crate::store::State;
use crate::store::StoreError;

/// The bytes of a text, whatever stands there: what is damaged may be no text any more.
pub(super) fn bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<u8>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => Vec::new(),
    })
}

/// The notification of a row. What exactly is wrong with one is not told: it would quote a message.
pub(super) fn read_content(content: &[u8]) -> Option<Notification> {
    serde_json::from_slice(content).ok()
}

/// Why a row was set aside.
pub(super) fn reason() -> Reason {
    let code = code::STORE_UNREADABLE;
    Reason { code: code.name.to_owned(), note: code.advice.to_owned() }
}

impl Sqlite {
    /// The claims that can be read, as they were accepted; the others are set aside. If that fails
    /// they are claimed again, and set aside then.
    pub(super) async fn read_claims(&self, now: Duration, rows: Vec<RawClaim>) -> Vec<Claimed> {
        let (mut claims, mut damaged) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            match row.read() {
                Ok(claimed) => claims.push(claimed),
                Err(seq) => damaged.push(seq),
            }
        }
        claims.sort_by_key(|it| it.id);
        if damaged.is_empty() {
            return claims;
        }
        let (code, count) = (code::STORE_UNREADABLE, damaged.len());
        tracing::error!(code = code.name, advice = code.advice, count, "{}", code.meaning);
        let set_aside = self.writer.write(move |session| set_aside(session, now, &damaged));
        if let Err(error) = set_aside.await {
            tracing::error!(error = &error as &dyn Error, "they could not be set aside");
        }
        claims
    }
}

/// Refuses claimed rows, named by their `seq`, since an id may be what is damaged. Their contents
/// stay as they are.
fn set_aside(session: &mut Session<'_>, now: Duration, rows: &[i64]) -> Result<(), StoreError> {
    let sql = "UPDATE delivery SET state = 2, ended = ?2, code = ?3, note = ?4, claimed = 0, \
               fence = fence + 1 WHERE seq = ?1 AND state = 0 AND claimed > 0";
    let Reason { code, note } = reason();
    for seq in rows {
        let count = execute(session, sql, params![seq, millis(now), code, note])?;
        session.moved(State::Waiting, State::Refused, i64::try_from(count).unwrap_or(i64::MAX));
    }
    // They stood in the place of others, which are due as well.
    session.is_due = true;
    Ok(())
}
