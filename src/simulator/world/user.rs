//! Who is there: followers and members, how long one may write to them, and what they got.
//!
//! Source: "Customer service messages: send", the table of triggers and allowances.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

/// The most users known; who comes later stays unknown.
pub(in crate::simulator) const USERS: usize = 100_000;

/// The most messages kept for one user; older ones go first.
pub(in crate::simulator) const INBOX: usize = 200;

/// The most templates one user agrees to; more are not noted.
const GRANTS: usize = 1_000;

/// The most messages kept over all users.
const INBOXES: usize = 100_000;

/// The largest message kept whole; of a larger one only the beginning of its text stays.
const MESSAGE_BYTES: usize = 4 << 10;

/// Everybody the account knows, by OpenID or UserID.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Users {
    pub(in crate::simulator) all: BTreeMap<String, User>,
    /// What robots wrote into their group, as if one group had them all.
    pub(in crate::simulator) group: VecDeque<Pushed>,
    pushed: u64,
    /// Whose inbox got a message, oldest first.
    order: VecDeque<String>,
}

/// One of them.
#[derive(Clone, Debug, Default)]
pub(in crate::simulator) struct User {
    pub(in crate::simulator) is_following: bool,
    /// When they followed, in seconds.
    pub(in crate::simulator) since: i64,
    /// The scene of the QR code they followed by.
    pub(in crate::simulator) scene: String,
    pub(in crate::simulator) remark: String,
    pub(in crate::simulator) tags: BTreeSet<i64>,
    pub(in crate::simulator) is_blocked: bool,
    /// With which errcode everything sent to them is refused.
    pub(in crate::simulator) refuses: Option<i64>,
    /// When they last wrote or clicked, in seconds.
    pub(in crate::simulator) last_exchange: Option<i64>,
    /// Until when typing is shown to them, in seconds.
    pub(in crate::simulator) typing_until: i64,
    allowances: BTreeMap<Trigger, Allowance>,
    /// How many subscription messages of each template they agreed to.
    pub(in crate::simulator) grants: BTreeMap<String, u32>,
    /// What the account sent them.
    pub(in crate::simulator) inbox: VecDeque<Pushed>,
}

/// What lets the account write to a user for a while.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::simulator) enum Trigger {
    Message,
    Click,
    Follow,
    Scan,
    Enter,
}

impl Trigger {
    /// How many messages, and for how many seconds.
    fn allows(self) -> (u32, i64) {
        match self {
            Self::Message => (5, 48 * 3_600),
            Self::Click | Self::Follow | Self::Scan => (3, 60),
            Self::Enter => (2, 60),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Allowance {
    left: u32,
    until: i64,
}

/// Why a user cannot be written to now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::simulator) enum Closed {
    /// Nothing allows it, or no longer.
    Window,
    /// As many were sent as may be.
    Allowance,
}

/// A message that the account sent to a user through the API.
#[derive(Clone, Debug, Serialize)]
pub struct Pushed {
    /// Numbered over all users, from 1.
    pub seq: u64,
    /// When, in seconds of the simulator's clock.
    pub at: i64,
    /// By which path.
    pub via: &'static str,
    /// `text`, `image`, `template` …
    #[serde(rename = "type")]
    pub kind: String,
    /// What can be read of it.
    pub text: String,
    /// The message as it was sent; null if it has more than 4 KiB.
    pub message: Value,
}

impl Users {
    /// The user, who is known from now on. `None` if there are too many.
    pub(in crate::simulator) fn meet(&mut self, id: &str, now: i64) -> Option<&mut User> {
        if self.all.len() >= USERS && !self.all.contains_key(id) {
            return None;
        }
        Some(self.all.entry(id.to_owned()).or_insert_with(|| User::following(now)))
    }

    /// Puts a message into the user's inbox.
    pub(in crate::simulator) fn push(&mut self, id: &str, message: Pushed) {
        let Some(user) = self.all.get_mut(id) else { return };
        self.pushed += 1;
        keep(&mut user.inbox, Pushed { seq: self.pushed, ..message });
        self.order.push_back(id.to_owned());
        if self.order.len() > INBOXES {
            let oldest = self.order.pop_front().unwrap_or_default();
            self.all.get_mut(&oldest).and_then(|user| user.inbox.pop_front());
        }
    }

    /// Puts a message into the robots' group.
    pub(in crate::simulator) fn push_to_group(&mut self, message: Pushed) {
        self.pushed += 1;
        keep(&mut self.group, Pushed { seq: self.pushed, ..message });
    }
}

fn keep(inbox: &mut VecDeque<Pushed>, mut message: Pushed) {
    if message.message.to_string().len() > MESSAGE_BYTES {
        message.message = Value::Null;
    }
    message.text.truncate(message.text.floor_char_boundary(MESSAGE_BYTES));
    if inbox.len() >= INBOX {
        inbox.pop_front();
    }
    inbox.push_back(message);
}

impl User {
    /// Somebody who follows since `now`.
    pub(in crate::simulator) fn following(now: i64) -> Self {
        Self { is_following: true, since: now, ..Self::default() }
    }

    /// Opens the window that `trigger` opens.
    pub(in crate::simulator) fn allow(&mut self, trigger: Trigger, now: i64) {
        let (left, seconds) = trigger.allows();
        self.allowances.insert(trigger, Allowance { left, until: now + seconds });
        self.last_exchange = Some(now);
    }

    /// Agrees to `count` more subscription messages of `template`; 0 takes all back.
    pub(in crate::simulator) fn grant(&mut self, template: &str, count: u32) {
        if count == 0 {
            self.grants.remove(template);
        } else if self.grants.len() < GRANTS || self.grants.contains_key(template) {
            let left = self.grants.entry(template.to_owned()).or_default();
            *left = left.saturating_add(count);
        }
    }

    /// Takes one message of the allowances. They do not add up: each counts every message.
    pub(in crate::simulator) fn spend(&mut self, now: i64) -> Result<(), Closed> {
        self.allowances.retain(|_, it| now < it.until);
        if self.allowances.is_empty() {
            return Err(Closed::Window);
        }
        if self.allowances.values().all(|it| it.left == 0) {
            return Err(Closed::Allowance);
        }
        self.allowances.values_mut().for_each(|it| it.left = it.left.saturating_sub(1));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Closed;
    use super::Trigger;
    use super::User;

    #[test]
    fn a_message_allows_five_for_48_hours() {
        let mut user = User::default();
        assert_eq!(user.spend(0), Err(Closed::Window));
        user.allow(Trigger::Message, 0);
        assert_eq!(
            [0; 6].map(|_| user.spend(172_799)),
            [Ok(()), Ok(()), Ok(()), Ok(()), Ok(()), Err(Closed::Allowance)]
        );
        assert_eq!(user.spend(172_800), Err(Closed::Window));
        user.allow(Trigger::Message, 172_800);
        assert_eq!(user.spend(172_800), Ok(()));
    }

    #[test]
    fn allowances_do_not_add_up() {
        let mut user = User::default();
        user.allow(Trigger::Click, 0);
        user.allow(Trigger::Scan, 0);
        assert_eq!(
            [0; 4].map(|_| user.spend(59)),
            [Ok(()), Ok(()), Ok(()), Err(Closed::Allowance)]
        );
        user.allow(Trigger::Enter, 60);
        assert_eq!([0; 3].map(|_| user.spend(60)), [Ok(()), Ok(()), Err(Closed::Allowance)]);
    }
}
