//! The rows of message-pusher's database. Source: github.com/songquanpeng/message-pusher, `model/`.

use std::path::Path;

use anyhow::Context as _;
use rusqlite::Connection;
use rusqlite::OpenFlags;
use rusqlite::Row;

use crate::cli::Wrong;

/// What its columns say of something that is in use.
pub(super) const ENABLED: i64 = 1;

/// All that is read.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) users: Vec<User>,
    pub(super) channels: Vec<Channel>,
    pub(super) options: Vec<(String, String)>,
    /// Each webhook's name, and its user.
    pub(super) webhooks: Vec<(String, i64)>,
}

impl Rows {
    /// One of its settings; empty where there is none.
    pub(super) fn option(&self, name: &str) -> &str {
        self.options.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value)
    }
}

/// Who pushes.
#[derive(Debug)]
pub(super) struct User {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) status: i64,
    pub(super) token: String,
    pub(super) email: String,
    /// The channel of a push that names none.
    pub(super) channel: String,
}

/// One way out of a user's. What the columns mean depends on its type.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) user: i64,
    pub(super) name: String,
    pub(super) status: i64,
    pub(super) secret: String,
    pub(super) app_id: String,
    pub(super) account_id: String,
    pub(super) url: String,
    pub(super) other: String,
    pub(super) token: String,
}

/// Reads the whole file, at one moment.
///
/// # Errors
///
/// A file that is not there, is no database, or is not message-pusher's.
pub(super) fn read(file: &Path) -> anyhow::Result<Rows> {
    if !file.is_file() {
        let shown = file.display();
        let advice = "name message-pusher's database, `message-pusher.db` in its data folder";
        return Err(Wrong(format!("there is no file `{shown}`; {advice}")).into());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(file, flags);
    let shown = file.display();
    let connection = opened.with_context(|| format!("cannot open `{shown}`"))?;
    rows(&connection).map_err(|error| {
        let advice = "it must be the database of message-pusher 0.4 or later, by itself `message-pusher.db` in its data folder";
        Wrong(format!("`{shown}`: {error}; {advice}")).into()
    })
}

/// Reads an open database.
pub(super) fn rows(connection: &Connection) -> rusqlite::Result<Rows> {
    let moment = connection.unchecked_transaction()?;
    let users = "SELECT id, username, status, token, email, channel FROM users ORDER BY id";
    let channels = "SELECT id, type, user_id, name, status, secret, app_id, account_id, url, other,
        token FROM channels ORDER BY id";
    let webhooks = "SELECT name, user_id FROM webhooks WHERE status = 1 ORDER BY id";
    Ok(Rows {
        users: all(&moment, users, |row| {
            Ok(User {
                id: row.get(0)?,
                name: text(row, 1)?,
                status: row.get(2)?,
                token: text(row, 3)?,
                email: text(row, 4)?,
                channel: text(row, 5)?,
            })
        })?,
        channels: all(&moment, channels, |row| {
            Ok(Channel {
                id: row.get(0)?,
                kind: text(row, 1)?,
                user: row.get(2)?,
                name: text(row, 3)?,
                status: row.get(4)?,
                secret: text(row, 5)?,
                app_id: text(row, 6)?,
                account_id: text(row, 7)?,
                url: text(row, 8)?,
                other: text(row, 9)?,
                token: text(row, 10)?,
            })
        })?,
        options: all(&moment, "SELECT \"key\", value FROM options", |row| {
            Ok((text(row, 0)?, text(row, 1)?))
        })?,
        webhooks: all(&moment, webhooks, |row| Ok((text(row, 0)?, row.get(1)?)))?,
    })
}

fn all<T>(
    connection: &Connection,
    query: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare(query)?.query_map([], read)?.collect()
}

/// A text, trimmed; where there is none it is empty.
fn text(row: &Row<'_>, index: usize) -> rusqlite::Result<String> {
    let text: Option<String> = row.get(index)?;
    Ok(text.unwrap_or_default().trim().to_owned())
}
