//! A look at a database that somebody else may be using.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::OpenFlags;

use super::BUSY;
use super::failed;
use super::read;
use super::unopened;
use crate::store::Books;
use crate::store::StoreError;

/// What the books say and what the rows say, at one moment; none where there is no file.
pub(in crate::store) fn look(path: &Path) -> Result<Option<(Books, Books)>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| unopened(path, error))?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    let moment = connection.unchecked_transaction().map_err(failed)?;
    Ok(Some((read::books(&moment)?, read::audit(&moment)?)))
}
