//! One transaction while it is written: the connection, and what is written once at its end.

use rusqlite::Connection;
use rusqlite::params;

use super::failed;
use crate::store::State;
use crate::store::StoreError;

/// Entries of the book: five states, `accepted`, five states removed.
const ENTRIES: usize = 11;
pub(super) const ACCEPTED: usize = 5;
pub(super) const REMOVED: usize = 6;

/// What operations write through.
pub(super) struct Session<'c> {
    /// The connection, inside a transaction.
    pub(super) connection: &'c Connection,
    /// Changes of the book that are not written yet.
    book: [i64; ENTRIES],
    /// Whether a lane has something new.
    pub(super) is_due: bool,
}

impl<'c> Session<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, book: [0; ENTRIES], is_due: false }
    }

    /// Books one delivery as accepted and waiting.
    pub(super) fn accepted(&mut self) {
        self.book[ACCEPTED] += 1;
        self.book[State::Waiting as usize] += 1;
    }

    /// Books `count` deliveries from one state to another.
    pub(super) fn moved(&mut self, from: State, to: State, count: i64) {
        self.book[from as usize] -= count;
        self.book[to as usize] += count;
    }

    /// Books `count` rows as removed. They stay what they became.
    pub(super) fn removed(&mut self, state: State, count: i64) {
        self.book[REMOVED + state as usize] += count;
    }

    /// How many deliveries that have ended are in the store.
    pub(super) fn ended(&mut self) -> Result<u64, StoreError> {
        self.close()?;
        let sql = "SELECT COALESCE(SUM(CASE WHEN entry BETWEEN 1 AND 4 THEN count \
                   WHEN entry >= 6 THEN -count ELSE 0 END), 0) FROM book";
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let ended: i64 = statement.query_row([], |row| row.get(0)).map_err(failed)?;
        Ok(u64::try_from(ended).unwrap_or_default())
    }

    /// Writes the book.
    pub(super) fn close(&mut self) -> Result<(), StoreError> {
        let sql = "INSERT INTO book (entry, count) VALUES (?1, ?2) \
                   ON CONFLICT (entry) DO UPDATE SET count = count + ?2";
        for (entry, change) in (0_i64..).zip(self.book) {
            if change != 0 {
                let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
                statement.execute(params![entry, change]).map_err(failed)?;
            }
        }
        self.book = [0; ENTRIES];
        Ok(())
    }
}
