//! What a handler wants: a reply now, notifications later. It is a value, so a handler is tested
//! with `assert_eq!`; the handler itself sends nothing.

use crate::notification::Notification;
use crate::page::NewPage;
use crate::wechat::reply::Reply;

/// What a handler wants said and sent.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// What is answered inside the window.
    pub reply: Reply,
    /// What goes out through channels. Written to the store together with the message's key before
    /// the reply is given, so a retry or a crash neither loses nor repeats it.
    pub notifications: Vec<Notification>,
    /// Pages to which the reply or the notifications link; written in the same transaction.
    pub pages: Vec<NewPage>,
    /// The rule or handler that answered, for logs and `replay`; empty if none did.
    pub by: String,
}

impl Outcome {
    /// Says `reply`; `by` names who did.
    pub fn reply(reply: impl Into<Reply>, by: impl Into<String>) -> Self {
        Self { reply: reply.into(), by: by.into(), ..Self::default() }
    }

    /// Sends `notification` as well.
    ///
    /// ```
    /// use yizhan::notification::Notification;
    /// use yizhan::outcome::Outcome;
    ///
    /// let outcome = Outcome::reply("收到", "report").push(Notification::text("ops", "磁盘满了"));
    /// assert_eq!(outcome.notifications[0].channel, "ops");
    /// ```
    pub fn push(mut self, notification: Notification) -> Self {
        self.notifications.push(notification);
        self
    }
}
