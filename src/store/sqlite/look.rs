//! A look at a database that somebody else may be using.

use std::path::Path;

use rusqlite::OpenFlags;

use super::failed;
use super::file::connect;
use super::read;
use super::sealing;
use crate::store::Books;
use crate::store::StoreError;

/// What the books say and what the rows say, at one moment; none where there is no file. `verify` is
/// shown what proves the key of its values, if they are sealed.
pub(in crate::store) fn look(
    path: &Path,
    verify: impl FnOnce(Option<&[u8]>) -> Result<(), StoreError>,
) -> Result<Option<(Books, Books)>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let moment = connection.unchecked_transaction().map_err(failed)?;
    verify(sealing::proof_of_any(&moment)?.as_deref())?;
    Ok(Some((read::books(&moment)?, read::audit(&moment)?)))
}
