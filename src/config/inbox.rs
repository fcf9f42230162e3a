//! `[inbox]`.

use std::time::Duration;

use super::settings;
use super::table::Table;
use crate::wechat::limits;

/// How messages are worked on once, however often they are delivered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Inbox {
    /// How long an answer is kept for deliveries that come again.
    pub remember: Duration,
    /// How many answers are kept at most.
    pub capacity: usize,
    /// How many messages are worked on at most.
    pub pending: usize,
    /// The longest a rule or handler may take.
    pub handler_timeout: Duration,
}

/// Reads the section.
pub(super) fn read(table: Table<'_>) -> Option<Inbox> {
    let remember = remember(&table);
    let capacity = table.integer("capacity", 1024..=16_777_216);
    let pending = table.integer("pending", 1..=10_000_000);
    let handler_timeout = handler_timeout(&table);
    table.finish(&settings::INBOX.keys());
    Some(Inbox {
        remember: remember?,
        capacity: usize::try_from(capacity?).ok()?,
        pending: usize::try_from(pending?).ok()?,
        handler_timeout: handler_timeout?,
    })
}

/// Shorter than the retry window, and a retry would be worked on again.
fn remember(table: &Table<'_>) -> Option<Duration> {
    let remember = table.duration("remember")?;
    if remember < limits::RETRY_WINDOW {
        let advice = "WeChat delivers a message again for 15 s";
        let message = "`remember` must be at least 15s";
        table.value_fault("remember", message, Some(advice.to_owned()));
        return None;
    }
    Some(remember)
}

fn handler_timeout(table: &Table<'_>) -> Option<Duration> {
    let timeout = table.duration("handler_timeout")?;
    if timeout.is_zero() {
        table.value_fault("handler_timeout", "`handler_timeout` must be more than 0", None);
        return None;
    }
    Some(timeout)
}
