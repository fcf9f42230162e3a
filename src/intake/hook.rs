//! One request to a channel's hook, from bytes to answer: what became of notifications goes to the
//! outbox, what people wrote to the handlers, by the way of every message.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::future::try_join_all;

use super::Intake;
use super::IntakeError;
use super::Message;
use crate::account::Account;
use crate::channels::Answer;
use crate::channels::Arrived;
use crate::channels::Hook;
use crate::channels::HookError;
use crate::channels::Upstream;
use crate::wechat::reply::Reply;

/// A channel to which its service sends.
#[derive(Clone, Debug)]
pub struct Door {
    /// Whom rules and handlers answer for.
    pub account: Arc<Account>,
    /// What verifies and reads.
    pub hook: Hook,
}

/// The channels to which their services send, by name. They can be replaced; what has come in is
/// then answered as it would have been.
#[derive(Debug, Default)]
pub struct Doors(ArcSwap<HashMap<String, Arc<Door>>>);

impl Doors {
    /// These.
    pub fn new(doors: HashMap<String, Arc<Door>>) -> Self {
        Self(ArcSwap::from_pointee(doors))
    }

    /// Puts others in their place.
    pub fn replace(&self, doors: HashMap<String, Arc<Door>>) {
        self.0.store(Arc::new(doors));
    }

    /// The one of the channel called `name`.
    pub fn find(&self, name: &str) -> Option<Arc<Door>> {
        self.0.load().get(name).cloned()
    }
}

impl Intake {
    /// Answers one request to the hook of the channel called `name`: what to send back with status
    /// 200, once what it said is on disk or done.
    ///
    /// # Errors
    ///
    /// [`IntakeError`] says why it is refused, or that the service may try again.
    pub async fn hook(
        self: &Arc<Self>,
        name: &str,
        arrived: &Arrived,
    ) -> Result<Answer, IntakeError> {
        let door = self.hooks.find(name).ok_or(IntakeError::UnknownHook)?;
        let heard = door.hook.open(arrived, self.clock.since_epoch())?;
        door.account.metrics.callbacks.inc();
        if !heard.reports.is_empty() {
            let reported = self.late.outbox().report(name, heard.reports).await;
            reported.map_err(IntakeError::Store)?;
        }
        let answered = heard.upstream.iter().map(|it| self.upstream(&door.account, it));
        let inline = try_join_all(answered).await?.into_iter().flatten().next();
        Ok(inline.unwrap_or(heard.answer))
    }

    /// Works on what somebody wrote; what is answered at once, if the service takes that.
    async fn upstream(
        self: &Arc<Self>,
        account: &Arc<Account>,
        upstream: &Upstream,
    ) -> Result<Option<Answer>, IntakeError> {
        let inbound = upstream.inbound(&account.name).map_err(|_| HookError::Unreadable)?;
        let message = Message {
            account: Arc::clone(account),
            served: None,
            inbound: Arc::new(inbound),
            inline: upstream.inline.map(|inline| inline.most),
        };
        let reply = self.reply(&message).await?;
        Ok(match (reply, upstream.inline) {
            (Reply::Text(text), Some(inline)) => Some((inline.say)(&upstream.reply_to, &text)),
            _ => None,
        })
    }
}
