//! How long a delivery is kept waiting, and what it is told in the end.

use std::time::Duration;

use super::Intake;
use super::Message;
use crate::account::Way;
use crate::inbox::Waiting;
use crate::wechat::inbound::Inbound;
use crate::wechat::limits;
use crate::wechat::reply::Reply;

impl Intake {
    /// Waits for the answer as long as this delivery can carry it. Not the last one: until WeChat
    /// hangs up, so that it delivers again. The last one: until just before, and then something is
    /// said, lest the user be told that the service is down.
    pub(super) async fn wait(&self, message: &Message, waiting: &Waiting, delivery: u32) -> Reply {
        let account = &message.account;
        if delivery > 1 {
            account.metrics.repeats.inc();
        }
        let patience = &account.patience;
        let is_last = delivery + self.missed(&message.inbound) >= limits::TRIES
            || !patience.retries
            || message.inline.is_some();
        let limit = if is_last { patience.reply_within } else { limits::RETRY_WINDOW };
        match tokio::time::timeout(limit, waiting.answer()).await {
            Ok(Some(reply)) => reply,
            Ok(None) => account.apology(&message.inbound),
            Err(_) if !is_last => Reply::Success,
            Err(_) => self.tell_to_wait(message, waiting).await,
        }
    }

    /// What the last delivery is told in place of the answer, which is owed from then on.
    async fn tell_to_wait(&self, message: &Message, waiting: &Waiting) -> Reply {
        let (late, way) = (&self.late, message.way());
        // Told first: once something is said instead, the answer may go its way at any moment.
        let instead = match way {
            Some(Way::Stream) => late.streams.begin(message, late.now(), late.now()),
            Some(Way::Hold) => {
                late.tell(message);
                message.account.holding_reply(&message.inbound)
            }
            Some(Way::Push(_)) | None => Reply::Success,
        };
        let (said, is_instead) = waiting.instead(instead);
        if is_instead && way.is_some() {
            late.promise(message).await;
        } else if way == Some(&Way::Hold) {
            let own = message.name();
            late.untell(message, |it| it == own);
        } else if way == Some(&Way::Stream) {
            late.streams.abandon(message);
        }
        said
    }

    /// How many deliveries of a message went to an earlier process, going by when it was made. Only
    /// around the start: where WeChat's clock is not ours, a retry is given up then, and no more.
    fn missed(&self, inbound: &Inbound) -> u32 {
        let created = inbound.created().parse().map_or(Duration::MAX, Duration::from_secs);
        if created >= self.started || created + limits::RETRY_WINDOW < self.started {
            return 0;
        }
        let age = self.clock.since_epoch().saturating_sub(created).as_secs();
        u32::try_from(age / limits::REPLY_WINDOW.as_secs()).unwrap_or(u32::MAX).min(limits::TRIES)
    }
}
