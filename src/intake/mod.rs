//! One callback from bytes to answer, on one page. Knows no HTTP server, so `replay` and the tests
//! about time call it directly.

mod active;
mod error;
mod hook;
mod late;
mod mended;
mod message;
mod promise;
mod report;
mod settle;
mod stream;
mod typing;
mod upstream;
mod wait;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use crate::account::Account;
use crate::account::RawCallback;
use crate::account::Way;
use crate::capture::Recorder;
use crate::capture::Taken;
use crate::capture::What;
use crate::clock::Clock;
use crate::code;
use crate::dispatch::Dispatcher;
use crate::dispatch::handler::Answer;
use crate::dispatch::handler::Context;
use crate::dispatch::handler::HandlerError;
use crate::entropy::Entropy;
use crate::inbox::Begin;
use crate::inbox::Inbox;
use crate::inbox::Settled;
use crate::inbox::Step;
use crate::inbox::Turn;
use crate::metrics::Metrics;
use crate::outcome::Outcome;
use crate::outcome::Progress;
use crate::platform::Clients;
use crate::wechat::Platform;
use crate::wechat::id::AppId;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;
use crate::wechat::reply::Reply;
use crate::window::Trigger;

pub use self::error::IntakeError;
pub use self::hook::Door;
pub use self::hook::Doors;
pub use self::late::Late;
use self::message::Message;
pub use self::typing::Typing;

/// Hears which handler answered what; for `replay` and the demo.
pub type Observer = Box<dyn Fn(&Inbound, &Outcome) + Send + Sync>;

/// What turns callbacks into answers.
pub struct Intake {
    /// By name.
    pub accounts: HashMap<String, Arc<Account>>,
    /// Channels to which their services send, by name. No account is called so.
    pub hooks: Doors,
    /// Works on each message once.
    pub inbox: Arc<Inbox>,
    /// Who answers.
    pub dispatcher: Dispatcher,
    /// The longest a handler may take.
    pub handler_timeout: Duration,
    /// What becomes of answers that no delivery carries.
    pub late: Late,
    /// Shows that an answer is being made, once somebody is there to show it.
    pub typing: OnceLock<Arc<dyn Typing>>,
    /// How long what was settled is known to a later process.
    pub remember: Duration,
    /// When this process began, since 1970.
    pub started: Duration,
    /// What calls WeChat for handlers.
    pub clients: Clients,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for envelopes.
    pub entropy: Arc<dyn Entropy>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Hears every outcome.
    pub observer: Option<Observer>,
    /// Writes what was accepted to files.
    pub captures: Option<Recorder>,
}

impl Intake {
    /// Answers the URL check: the text to send back.
    ///
    /// # Errors
    ///
    /// [`IntakeError`] says why this was not WeChat.
    pub fn check_url(&self, name: &str, query: &str) -> Result<String, IntakeError> {
        let account = self.find(name)?;
        let echo = account.agreement.check_url(query, self.clock.unix())?;
        self.capture(&account, (None, Vec::new()), || What::Check);
        Ok(echo)
    }

    /// Answers one delivery: the body to send back with status 200. Waits for work that takes time
    /// as long as this delivery can carry its answer.
    ///
    /// # Errors
    ///
    /// [`IntakeError`] says why it is refused; nothing was worked on then.
    pub async fn answer(
        self: &Arc<Self>,
        name: &str,
        mut callback: RawCallback,
    ) -> Result<String, IntakeError> {
        let account = self.find(name)?;
        let served = callback.served.take();
        if served.is_some() && account.platform() != Platform::OpenPlatform {
            return Err(IntakeError::UnknownAccount);
        }
        let headers = std::mem::take(&mut callback.headers);
        let received = account.open(callback, self.clock.unix())?;
        let (inbound, envelope) = (Arc::new(received.inbound), received.envelope);
        self.capture(&account, (served.as_ref(), headers), || What::Message {
            inbound: Arc::clone(&inbound),
            format: envelope.map_or(inbound.format(), |envelope| envelope.format),
        });
        account.metrics.callbacks.inc();
        if inbound.family() == Family::Probe {
            return Ok("success".to_owned());
        }
        if let Some(reply) = self.late.asked(&account, &inbound).await {
            let now = self.clock.unix();
            return Ok(account.answer(&reply, &inbound, envelope, now, self.entropy.as_ref()));
        }
        let message = Message { account, served, inbound, inline: None };
        let reply = self.reply(&message).await?;
        let Message { account, inbound, .. } = &message;
        let now = self.clock.unix();
        Ok(account.answer(&reply, inbound, envelope, now, self.entropy.as_ref()))
    }

    /// What this delivery of a message is answered. Waits for work that takes time as long as it
    /// can carry the answer.
    async fn reply(self: &Arc<Self>, message: &Message) -> Result<Reply, IntakeError> {
        self.late.load().await;
        let Message { account, inbound, .. } = message;
        let id = self.inbox.id(&account.name, inbound.key().as_str());
        // Now, and not when its turn comes: what was written before the answer to something else
        // was held does not ask for it.
        let is_asking = self.late.is_asked(message);
        let turn = self.inbox.once(id, self.user(message), self.begin(message, is_asking));
        Ok(match turn {
            Turn::Done(reply) => reply,
            Turn::Again(reply) => {
                account.metrics.repeats.inc();
                reply
            }
            Turn::Wait(waiting, delivery) => self.wait(message, &waiting, delivery).await,
            Turn::Panicked => account.apology(inbound),
            Turn::Full => return Err(IntakeError::Busy),
        })
    }

    /// Works on what the last process promised an answer to and did not give. To be called once, at
    /// the start. How many messages that were; what was ready is given without work.
    pub async fn resume(self: &Arc<Self>) -> usize {
        self.late.load().await;
        let promises = self.late.promises().await.unwrap_or_else(|error| {
            tracing::error!(code = code::STORE_FAILED.name, "promises cannot be read: {error}");
            Vec::new()
        });
        let mut count = 0;
        for promise in promises {
            let since = promise.streamed_since();
            let inbound = Inbound::parse(promise.document.into_bytes());
            let (Some(account), Ok(inbound)) = (self.whom(&promise.account), inbound) else {
                continue;
            };
            let inbound = Arc::new(inbound);
            let message = Message { account, served: None, inbound, inline: None };
            match (message.way(), since) {
                (Some(Way::Hold), _) => self.late.tell(&message),
                (Some(Way::Stream), Some(since)) => {
                    self.late.streams.begin(&message, since, self.late.now());
                    if let Some(ready) = self.late.ready(&message).await {
                        Arc::clone(self).give_late(message, vec![ready]).await;
                        continue;
                    }
                }
                _ => {}
            }
            let id = self.inbox.id(&promise.account, message.inbound.key().as_str());
            drop(self.inbox.once_more(id, self.user(&message), self.begin(&message, false)));
            count += 1;
        }
        count
    }

    /// Has what was accepted written to a file, where the owner wants it.
    fn capture(
        &self,
        account: &Account,
        (served, headers): (Option<&AppId>, Vec<(String, String)>),
        what: impl FnOnce() -> What,
    ) {
        let Some(captures) = &self.captures else { return };
        let (account, served) = (Arc::clone(&account.name), served.cloned());
        let at = self.clock.since_epoch();
        captures.offer(Taken { account, served, what: what(), headers, at });
    }

    fn find(&self, name: &str) -> Result<Arc<Account>, IntakeError> {
        self.accounts.get(name).cloned().ok_or(IntakeError::UnknownAccount)
    }

    /// The account or the channel of that name.
    fn whom(&self, name: &str) -> Option<Arc<Account>> {
        let channel = || self.hooks.find(name).map(|door| Arc::clone(&door.account));
        self.accounts.get(name).cloned().or_else(channel)
    }

    /// Whose messages are worked on in order; nobody's where no sender is named.
    fn user(&self, message: &Message) -> Option<crate::inbox::Id> {
        let from = message.inbound.from();
        (!from.is_empty()).then(|| self.inbox.id(&message.account.name, from))
    }

    /// The work on a message. What the handlers know at once and what asks nothing of the store is
    /// answered at once, without a task. `is_asking`: it may be for an answer that is held.
    fn begin(self: &Arc<Self>, message: &Message, is_asking: bool) -> impl Begin {
        let (intake, message) = (Arc::clone(self), message.clone());
        move |is_awaited| {
            intake.hear(&message);
            if is_asking || intake.late.is_settled_earlier(&message) {
                return Step::Later(Box::pin(
                    async move { intake.look_up(message, is_asking).await },
                ));
            }
            let answer = intake.dispatch(&message);
            match answer {
                Answer::Now(result) if !is_awaited => {
                    let said = intake.say(&message, result);
                    match said.is_plain() {
                        true => Step::Now(said.reply),
                        false => {
                            Step::Later(Box::pin(async move { intake.settle(message, said).await }))
                        }
                    }
                }
                answer => Step::Later(Box::pin(async move { intake.work(message, answer).await })),
            }
        }
    }

    fn hear(&self, Message { account, inbound, inline, .. }: &Message) {
        account.metrics.messages.inc();
        if !account.is_channel && !inbound.is_known() {
            account.metrics.unknown_types.inc();
        }
        // What was mended on a page WeChat knows nothing of: it opens no window.
        let trigger = account.may_push.then(|| Trigger::of(inbound, account.platform())).flatten();
        if let Some(trigger) = trigger.filter(|_| inline.is_none()) {
            self.late.windows().heard(&account.name, inbound.from(), trigger);
        }
    }

    fn dispatch(&self, message: &Message) -> Answer {
        let Message { account, served, inbound, .. } = message;
        let now = self.clock.since_epoch();
        let own = || Arc::clone(&account.app_id);
        let app_id = served.as_ref().map_or_else(own, |served| served.as_str().into());
        let progress = match message.way() {
            Some(Way::Stream) => Progress::shown(),
            _ => Progress::default(),
        };
        let (platform, account) = (account.platform(), Arc::clone(&account.name));
        let (from, clients) = (inbound.from().to_owned(), self.clients.clone());
        let context = Context { account, app_id, platform, from, now, clients, progress };
        match self.dispatcher.dispatch(inbound, &context) {
            Answer::Pass => Answer::Now(Ok(Outcome::default())),
            answer @ Answer::Later(_) if context.progress.is_shown() => {
                self.late.streams.show(message, context.progress);
                answer
            }
            answer => answer,
        }
    }

    /// What the store knows of a message, or else the work on it.
    async fn look_up(self: Arc<Self>, message: Message, is_asking: bool) -> Settled {
        if let Some(reply) = self.settled(&message).await {
            return self.carried_or_late(message, vec![reply]);
        }
        if is_asking && let Some(reply) = self.take_held(&message).await {
            return self.carried_or_late(message, vec![reply]);
        }
        // A user's messages are worked on one by one: of the earlier ones none is going on now, even
        // if one has ended without an answer.
        let own = message.name();
        self.late.untell(&message, |it| it != own);
        let answer = self.dispatch(&message);
        self.work(message, answer).await
    }

    /// The work on a message, to its end.
    async fn work(self: Arc<Self>, message: Message, answer: Answer) -> Settled {
        let result = match answer {
            Answer::Pass => Ok(Outcome::default()),
            Answer::Now(result) => result,
            Answer::Reported(work, report) => {
                return self.work_and_report(message, work, report).await;
            }
            Answer::Later(work) => {
                let limit = self.handler_timeout;
                let work = tokio::time::timeout(limit, work);
                let user = (&*message.account.name, message.inbound.from());
                let result = match self.typing.get().filter(|_| message.is_message()) {
                    Some(typing) => typing::during(typing.as_ref(), user, work).await,
                    None => work.await,
                };
                result.unwrap_or(Err(HandlerError::TimedOut(limit)))
            }
        };
        let said = self.say(&message, result);
        self.settle(message, said).await
    }
}

impl Account {
    /// What is said when a handler fails, where the platform takes a text.
    fn apology(&self, inbound: &Inbound) -> Reply {
        self.say(inbound, self.apology.as_deref()).unwrap_or_default()
    }

    /// What is said when the answer is held for the user's next message.
    fn holding_reply(&self, inbound: &Inbound) -> Reply {
        self.say(inbound, Some(&self.patience.holding_text)).unwrap_or_default()
    }

    fn say(&self, inbound: &Inbound, text: Option<&str>) -> Option<Reply> {
        let fitted = Reply::text(text?).fit(inbound, self.platform(), true).ok()?;
        Some(fitted.reply)
    }
}
