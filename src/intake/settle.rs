//! From a handler's outcome to what is said, and what is on disk before it is.

use std::sync::Arc;
use std::time::Duration;

use super::Intake;
use super::Message;
use super::upstream;
use crate::code;
use crate::dispatch::handler::HandlerError;
use crate::inbox::Settled;
use crate::notification::Notification;
use crate::outcome::Outcome;
use crate::page::NewPage;
use crate::store;
use crate::store::Settlement;
use crate::store::StoreError;
use crate::wechat::Platform;
use crate::wechat::reply::Fitted;
use crate::wechat::reply::Reply;
use crate::wechat::reply::ReplyError;

/// What every key of a settled message begins with, before account and message.
pub(super) const PREFIX: &str = "message/";

/// The waits before a settlement that was not written is tried again; together they end with the
/// window of a message.
const TRY_AGAIN: [Duration; 6] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(5),
];

/// What a message is answered, and what goes out.
pub(super) struct Said {
    /// It fits the platform.
    pub(super) reply: Reply,
    /// More of it.
    rest: Vec<Reply>,
    notifications: Vec<Notification>,
    /// What it links to.
    pages: Vec<NewPage>,
}

impl Said {
    fn just(reply: Reply) -> Self {
        Self { reply, rest: Vec::new(), notifications: Vec::new(), pages: Vec::new() }
    }

    /// A reply, what goes out beside it, and the pages to which they link.
    pub(super) fn with(
        reply: Reply,
        notifications: Vec<Notification>,
        pages: Vec<NewPage>,
    ) -> Self {
        Self { reply, rest: Vec::new(), notifications, pages }
    }

    /// What goes out beside the reply, for who sends it otherwise.
    pub(super) fn take_notifications(&mut self) -> Vec<Notification> {
        std::mem::take(&mut self.notifications)
    }

    /// Whether nothing has to be kept.
    pub(super) fn is_plain(&self) -> bool {
        self.rest.is_empty() && self.notifications.is_empty() && self.pages.is_empty()
    }
}

impl Intake {
    /// Outcome → a reply that this platform takes. A failure is an outcome too: it is counted,
    /// logged once, and answered with the apology.
    pub(super) fn say(&self, message: &Message, result: Result<Outcome, HandlerError>) -> Said {
        let Message { account, inbound, .. } = message;
        let outcome = match result {
            Ok(outcome) => outcome,
            Err(error) => {
                account.metrics.failed_handlers.inc();
                let code = match error {
                    HandlerError::TimedOut(_) => code::HANDLER_TIMED_OUT,
                    _ => code::HANDLER_FAILED,
                };
                self.metrics.count_trouble(code.name);
                let (code, name, kind) = (code.name, &*account.name, inbound.type_name());
                tracing::error!(code, account = name, r#type = kind, "a handler failed: {error}");
                return Said::just(account.apology(inbound));
            }
        };
        if let Some(observe) = &self.observer {
            observe(inbound, &outcome);
        }
        if account.is_channel {
            return upstream::say(message, outcome);
        }
        let Outcome { reply, mut notifications, pages, by } = outcome;
        // A 小程序 takes no passive content at all: there a reply is always a message.
        let unfitted = (account.platform() == Platform::MiniProgram).then(|| reply.clone());
        match reply.fit(inbound, account.platform(), account.splits_texts) {
            Ok(Fitted { reply, rest, articles_cut }) => {
                if articles_cut > 0 {
                    let (name, cut, rule) = (&*account.name, articles_cut, by);
                    tracing::warn!(account = name, rule, cut, "a news reply had too many articles");
                }
                let rest = rest.into_iter().map(Reply::Text).collect();
                Said { reply, rest, notifications, pages }
            }
            Err(error) => {
                let pushed = match (&error, unfitted) {
                    (ReplyError::NotAllowed { .. }, Some(reply)) => message.notifications(&reply),
                    _ => None,
                };
                if pushed.is_none() {
                    account.metrics.refused_replies.inc();
                    let (code, name, rule) = (code::REPLY_REFUSED.name, &*account.name, by);
                    tracing::error!(code, account = name, rule, "a reply was refused: {error}");
                }
                notifications.extend(pushed.into_iter().flatten());
                Said::with(Reply::Success, notifications, pages)
            }
        }
    }

    /// Writes `settlement`, again and again while the window of the message lasts: what the handler
    /// did cannot be done again, so its outcome must not be lost to a disk that is full for a
    /// moment. The first and the last failure are reported.
    async fn persist(
        &self,
        message: &Message,
        settlement: Settlement,
    ) -> Result<store::Settled, StoreError> {
        let mut waits = TRY_AGAIN.into_iter();
        loop {
            let settling = self.late.store().settle(self.late.now(), settlement.clone());
            let error = match settling.await {
                Ok(settled) => return Ok(settled),
                Err(error) => error,
            };
            let next = waits.next();
            if next.is_none_or(|wait| wait == TRY_AGAIN[0]) {
                self.late.report_store(message, &error);
            }
            match next {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(error),
            }
        }
    }

    /// Puts on disk what goes out, together with the message's key, before the reply is given: a
    /// retry after a crash is then answered the same and sends nothing again. A reply alone costs
    /// no disk: were it lost, the handler would answer the retry.
    pub(super) async fn settle(self: Arc<Self>, message: Message, mut said: Said) -> Settled {
        let notifications = std::mem::take(&mut said.notifications);
        let pages = std::mem::take(&mut said.pages);
        if !notifications.is_empty() || !pages.is_empty() {
            let now = self.late.now();
            let settlement = Settlement {
                deliveries: self.late.deliveries(notifications, Duration::ZERO),
                values: pages.iter().map(|page| page.row(now)).collect(),
                ..self.settlement(&message, &said.reply)
            };
            let due = lanes(&settlement);
            match self.persist(&message, settlement).await {
                Ok(store::Settled::New(_)) => self.late.wake(&due),
                Ok(store::Settled::Known(answer)) => said = Said::just(decode(&answer)),
                Err(_) => said = Said::just(message.account.apology(&message.inbound)),
            }
        }
        let mut all = vec![said.reply];
        all.append(&mut said.rest);
        self.carried_or_late(message, all)
    }

    /// The first of `answers` for the deliveries; it and the others late, where it is not carried.
    pub(super) fn carried_or_late(
        self: Arc<Self>,
        message: Message,
        answers: Vec<Reply>,
    ) -> Settled {
        let reply = answers.first().cloned().unwrap_or_default();
        let after = move |is_carried: bool| {
            let answers = answers.into_iter().skip(usize::from(is_carried)).collect::<Vec<_>>();
            let work = async move {
                if !is_carried || !answers.is_empty() {
                    self.give_late(message, answers).await;
                }
            };
            Box::pin(work) as _
        };
        Settled { reply, after: Some(Box::new(after)) }
    }

    /// Gives what no delivery carries. The user's next message does not wait until the platform asks
    /// for a streamed answer.
    pub(super) async fn give_late(self: Arc<Self>, message: Message, answers: Vec<Reply>) {
        let Some(stream) = self.late.streams.find_open(&message) else {
            return self.late.give(&message, answers).await;
        };
        let answers = answers.into_iter().filter(|it| *it != Reply::Success).collect();
        self.give_streamed(stream, message, answers);
    }

    /// What an earlier process answered.
    pub(super) async fn settled(&self, message: &Message) -> Option<Reply> {
        let settled = self.late.store().settled(self.late.now(), &key(message)).await;
        match settled {
            Ok(answer) => answer.as_deref().map(decode),
            Err(error) => {
                self.late.report_store(message, &error);
                None
            }
        }
    }

    /// The answer that waits for this message's sender, if it can be given in reply to this. It is
    /// this message's answer from then on: whoever it fits not waits for the next.
    pub(super) async fn take_held(&self, message: &Message) -> Option<Reply> {
        let Message { account, inbound, .. } = message;
        let mut given = None;
        let make = |reply: &Reply| {
            let fitted = reply.clone().fit(inbound, account.platform(), false).ok()?;
            given = Some(fitted.reply);
            given.as_ref().map(|reply| self.settlement(message, reply))
        };
        let user = (&*account.name, inbound.from());
        match self.late.held.take(self.late.now(), user, make).await {
            Ok(Some(store::Settled::New(_))) => given,
            Ok(Some(store::Settled::Known(answer))) => Some(decode(&answer)),
            Ok(None) => None,
            Err(error) => {
                self.late.report_store(message, &error);
                None
            }
        }
    }

    fn settlement(&self, message: &Message, reply: &Reply) -> Settlement {
        Settlement {
            key: key(message),
            answer: serde_json::to_vec(reply).expect("a reply is always JSON"),
            remember: self.remember,
            ..Settlement::default()
        }
    }
}

/// The key by which the store knows a message.
pub(super) fn key(message: &Message) -> String {
    format!("{PREFIX}{}", message.name())
}

/// A reply that this version cannot read was written by a later one; it was given then.
fn decode(answer: &[u8]) -> Reply {
    serde_json::from_slice(answer).unwrap_or_default()
}

/// Where the deliveries of `settlement` wait.
pub(super) fn lanes(settlement: &Settlement) -> Vec<String> {
    settlement.deliveries.iter().map(|delivery| delivery.lane.clone()).collect()
}
