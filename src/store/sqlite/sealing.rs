//! What proves with which key the values are sealed, and how all of them are sealed anew.

use rusqlite::Connection;
use rusqlite::OptionalExtension as _;
use rusqlite::TransactionBehavior;
use rusqlite::params;

use super::failed;
use crate::store::StoreError;

/// The most values that are looked at in one step.
const STEP: u16 = 500;

/// Who knows the keys of a store that is being opened.
pub(in crate::store) trait Sealer {
    /// Whether all is as it should be with this proof, so that nothing is to be written.
    fn accepts(&mut self, proof: Option<&[u8]>) -> Result<bool, StoreError>;

    /// The proof to be written.
    fn proof(&self) -> Vec<u8>;

    /// What is to stand in the place of this value; none where it may stay.
    fn sealed(&self, key: &str, value: &[u8]) -> Option<Vec<u8>>;
}

/// The proof; none where nothing is sealed.
pub(super) fn proof(connection: &Connection) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT proof FROM seal";
    connection.query_row(sql, [], |row| row.get(0)).optional().map_err(failed)
}

/// The same, of a file that may be older than this version.
pub(super) fn proof_of_any(connection: &Connection) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'seal')";
    match connection.query_row(sql, [], |row| row.get(0)).map_err(failed)? {
        true => proof(connection),
        false => Ok(None),
    }
}

/// Brings all values and the proof to what `sealer` wants, in one transaction: no crash leaves
/// values of two kinds, and of two instances that start at once the second finds it done.
pub(super) fn seal(connection: &mut Connection, sealer: &mut dyn Sealer) -> Result<(), StoreError> {
    if sealer.accepts(proof(connection)?.as_deref())? {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let mut changed = 0;
    if !sealer.accepts(proof(&transaction)?.as_deref())? {
        changed = seal_all(&transaction, sealer)?;
        let sql = "INSERT OR REPLACE INTO seal (id, proof) VALUES (1, ?1)";
        transaction.execute(sql, params![sealer.proof()]).map_err(failed)?;
    }
    transaction.commit().map_err(failed)?;
    if changed > 0 {
        tracing::info!(values = changed, "the secrets in the store are sealed with its key now");
        wipe(connection);
    }
    Ok(())
}

/// Writes the whole file anew, without what SQLite calls free: what stood there before must not
/// stay in it, nor in the log of changes. Where that cannot be done now, all is well but that.
fn wipe(connection: &Connection) {
    let wiped = connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
    if let Err(error) = wiped {
        tracing::warn!(
            %error,
            "what the store's secrets were before is still in free parts of its file; run \
             `VACUUM` on it"
        );
    }
}

/// How many values were changed.
fn seal_all(connection: &Connection, sealer: &dyn Sealer) -> Result<usize, StoreError> {
    let (mut last, mut changed) = (None::<String>, 0);
    loop {
        let page = page(connection, last.as_deref())?;
        for (key, value) in &page {
            if let Some(sealed) = sealer.sealed(key, value) {
                let sql = "UPDATE value SET value = ?2 WHERE key = ?1";
                let mut update = connection.prepare_cached(sql).map_err(failed)?;
                changed += update.execute(params![key, sealed]).map_err(failed)?;
            }
        }
        let is_full = page.len() == usize::from(STEP);
        last = page.into_iter().last().map(|(key, _)| key);
        if !is_full {
            return Ok(changed);
        }
    }
}

fn page(
    connection: &Connection,
    after: Option<&str>,
) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let sql = "SELECT key, value FROM value WHERE key > ?1 OR ?1 IS NULL ORDER BY key LIMIT ?2";
    let mut select = connection.prepare_cached(sql).map_err(failed)?;
    let rows = select
        .query_map(params![after, STEP], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}
