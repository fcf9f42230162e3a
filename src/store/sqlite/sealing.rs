//! What proves with which key the values are sealed, and how all of them are sealed anew.

use rusqlite::Connection;
use rusqlite::OptionalExtension as _;
use rusqlite::TransactionBehavior;
use rusqlite::params;

use super::failed;
use crate::store::StoreError;

/// How many free pages are filled in one step.
const FILL: u32 = 256;

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
    // What is deleted is overwritten from here on, not only called free.
    connection.pragma_update(None, "secure_delete", true).map_err(failed)?;
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let mut changed = 0;
    if !sealer.accepts(proof(&transaction)?.as_deref())? {
        if is_due(&transaction, sealer)? {
            changed = seal_all(&transaction, sealer)?;
            overwrite_free(&transaction)?;
        }
        let sql = "INSERT OR REPLACE INTO seal (id, proof) VALUES (1, ?1)";
        transaction.execute(sql, params![sealer.proof()]).map_err(failed)?;
    }
    transaction.commit().map_err(failed)?;
    connection.pragma_update(None, "secure_delete", false).map_err(failed)?;
    if changed > 0 {
        tracing::info!(values = changed, "the secrets in the store are sealed with its key now");
        cut_log(connection);
    }
    Ok(())
}

/// Whether any value is not yet as `sealer` wants it.
fn is_due(connection: &Connection, sealer: &dyn Sealer) -> Result<bool, StoreError> {
    let mut select = connection.prepare("SELECT key, value FROM value").map_err(failed)?;
    let mut rows = select.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let (key, value): (String, Vec<u8>) = row.try_into().map_err(failed)?;
        if sealer.sealed(&key, &value).is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Writes the whole table anew, into pages that are empty: what is changed in its place leaves
/// pieces of itself in its page. How many values were changed.
fn seal_all(connection: &Connection, sealer: &dyn Sealer) -> Result<usize, StoreError> {
    let away = "CREATE TABLE value_before AS SELECT key, value, ends FROM value; DELETE FROM value";
    connection.execute_batch(away).map_err(failed)?;
    let changed = seal_each(connection, sealer)?;
    drop_all(connection, "value_before")?;
    Ok(changed)
}

fn seal_each(connection: &Connection, sealer: &dyn Sealer) -> Result<usize, StoreError> {
    let sql = "SELECT key, value, ends FROM value_before ORDER BY rowid";
    let mut select = connection.prepare(sql).map_err(failed)?;
    let sql = "INSERT INTO value (key, value, ends) VALUES (?1, ?2, ?3)";
    let mut insert = connection.prepare(sql).map_err(failed)?;
    let (mut rows, mut changed) = (select.query([]).map_err(failed)?, 0);
    while let Some(row) = rows.next().map_err(failed)? {
        let (key, value, ends): (String, Vec<u8>, i64) = row.try_into().map_err(failed)?;
        let anew = sealer.sealed(&key, &value);
        changed += usize::from(anew.is_some());
        let value = anew.unwrap_or(value);
        insert.execute(params![key, value, ends]).map_err(failed)?;
    }
    Ok(changed)
}

/// Fills the pages that were freed earlier, which hold what stood in them, and frees them again.
/// `VACUUM` would do it too, but takes as much memory as the file is long.
fn overwrite_free(connection: &Connection) -> Result<(), StoreError> {
    let count = |what| connection.pragma_query_value(None, what, |row| row.get::<_, u32>(0));
    let page = count("page_size").map_err(failed)?;
    connection.execute_batch("CREATE TABLE filling (zeros BLOB)").map_err(failed)?;
    loop {
        let free = count("freelist_count").map_err(failed)?.min(FILL);
        if free == 0 {
            break;
        }
        let sql = "INSERT INTO filling (zeros) VALUES (zeroblob(?1))";
        connection.execute(sql, params![free * page]).map_err(failed)?;
    }
    drop_all(connection, "filling")
}

/// Drops a table that may be long. To be undone alone, `DROP` remembers in memory what stood in its
/// pages; `DELETE` of all rows does not.
fn drop_all(connection: &Connection, table: &str) -> Result<(), StoreError> {
    connection.execute_batch(&format!("DELETE FROM {table}; DROP TABLE {table}")).map_err(failed)
}

/// Carries the log of changes over and cuts it to nothing, since it tells what was before too.
/// Where that cannot be done now, all is well but that.
fn cut_log(connection: &Connection) {
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let is_held: rusqlite::Result<bool> = connection.query_row(sql, [], |row| row.get(0));
    if !matches!(is_held, Ok(false)) {
        tracing::warn!(
            answer = ?is_held,
            "another process is at the store: what its secrets were before is in its log of \
             changes (`FILE-wal`) until all processes have left it once"
        );
    }
}
