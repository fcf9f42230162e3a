//! The numbered changes of the schema. A released one never changes; a new one is a new file and
//! a new line.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::TransactionBehavior;

use super::failed;
use crate::store::StoreError;

/// The first is version 1.
pub(super) const CHANGES: &[&str] = &[
    include_str!("0001_outbox.sql"),
    include_str!("0002_values.sql"),
    include_str!("0003_reports.sql"),
    include_str!("0004_seal.sql"),
];

/// What marks a database as ours: `yizh`.
const APPLICATION: i64 = 0x7969_7a68;

/// Brings a database up to the version of `changes`; `path` is for messages.
pub(super) fn upgrade(
    connection: &mut Connection,
    changes: &[&str],
    path: &Path,
) -> Result<(), StoreError> {
    let known = i64::try_from(changes.len()).expect("a few changes");
    // In one transaction: another instance may be making the tables in this moment.
    let reading = connection.transaction().map_err(failed)?;
    let found = version(&reading, path)?;
    reading.finish().map_err(failed)?;
    if found == known {
        return Ok(());
    }
    // Two instances may start at once: the second finds the work done.
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let found = version(&transaction, path)?;
    let missing = changes.iter().skip(usize::try_from(found).unwrap_or_default());
    for change in missing {
        transaction.execute_batch(change).map_err(failed)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION).map_err(failed)?;
    transaction.pragma_update(None, "user_version", known).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// The version of a database that is ours, or new.
fn version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let read = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (application, found) =
        (read("application_id").map_err(failed)?, read("user_version").map_err(failed)?);
    let tables: i64 = connection
        .query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed)?;
    if application != APPLICATION && tables > 0 {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    let known = i64::try_from(CHANGES.len()).expect("a few changes");
    match found > known {
        true => Err(StoreError::Newer { found, known }),
        false => Ok(found),
    }
}
