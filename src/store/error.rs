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
    /// Its values are sealed with a key that is not there any more. A new one is not made, since
    /// it would open none of them.
    #[error(
        "the secrets in `{path}` are sealed, and their key is gone: put `{key_file}` back, or write \
         its 64 digits as `[store] key`"
    )]
    KeyGone {
        /// The store's file.
        path: PathBuf,
        /// Where its key was.
        key_file: PathBuf,
    },
    /// Its values are sealed with another key than those given.
    #[error(
        "the secrets in `{path}` are sealed with another key than `[store] key` or `{key_file}`: put \
         the right one back, or name it as `[store] previous_key` while the key is being changed"
    )]
    OtherKey {
        /// The store's file.
        path: PathBuf,
        /// Where the key is that it made for itself.
        key_file: PathBuf,
    },
    /// The file that should hold the key holds something else.
    #[error("`{0}` holds no key of 64 hexadecimal digits: put the right one back")]
    NoKey(PathBuf),
    /// A value that was sealed with another key, moved here from another row, or damaged.
    #[error("the value `{0}` of the store does not open with its key")]
    Sealed(String),
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
