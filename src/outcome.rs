//! What a handler wants: a reply now, notifications later. It is a value, so a handler is tested
//! with `assert_eq!`; the handler itself sends nothing.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

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

/// What a handler has to say before it is done, where the platform shows an answer that grows: a
/// robot of 企业微信 whose account has `stream` in `late`. Nothing comes of it anywhere else.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<Mutex<String>>>);

impl Progress {
    /// One that is shown.
    pub fn shown() -> Self {
        Self(Some(Arc::default()))
    }

    /// Whether anything comes of it.
    pub fn is_shown(&self) -> bool {
        self.0.is_some()
    }

    /// Says the whole answer so far, in place of what was said before.
    pub fn say(&self, so_far: impl Into<String>) {
        if let Some(said) = &self.0 {
            *said.lock().unwrap_or_else(PoisonError::into_inner) = so_far.into();
        }
    }

    /// What was said last.
    pub fn so_far(&self) -> String {
        let said = self.0.as_ref();
        said.map(|it| it.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }
}

impl fmt::Debug for Progress {
    /// Not what was said: it is the user's.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Progress(shown: {})", self.is_shown())
    }
}
