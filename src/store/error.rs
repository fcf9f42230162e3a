//! Why the store did not do what it was asked.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

/// Why an operation did not take place. None of it did: an operation is one transaction.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The URL names no store that this version knows.
    #[error("`{0}` is no store; write `sqlite:FILE` or `memory:`")]
    Url(String),
    /// The file or its folder cannot be made or opened.
    #[error("cannot open `{path}`")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// The file belongs to another program.
    #[error("`{0}` is a database of another program")]
    Foreign(PathBuf),
    /// A later version of this program has changed the file in a way that this one cannot read.
    #[error("the store has schema {found}, this version knows {known}; run the newer version")]
    Newer {
        /// The file's.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// No space left. What is waiting stays; operations succeed again once there is space.
    #[error("the disk is full")]
    Full,
    /// Another process held the store for longer than we wait.
    #[error("the store is held by another process")]
    Busy,
    /// A row that this version did not write or cannot read.
    #[error("a row of the store cannot be read")]
    Unreadable(#[source] Arc<dyn Error + Send + Sync>),
    /// What the engine says.
    #[error("the store failed")]
    Failed(#[source] Arc<dyn Error + Send + Sync>),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}
