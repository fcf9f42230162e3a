//! One callback from bytes to answer, on one page. Knows no HTTP server, so `replay` and the tests
//! about time call it directly.

use std::collections::HashMap;
use std::sync::Arc;

use crate::account::Account;
use crate::account::RawCallback;
use crate::account::code_of;
use crate::clock::Clock;
use crate::code;
use crate::code::Code;
use crate::dispatch::Dispatcher;
use crate::dispatch::handler::Answer;
use crate::dispatch::handler::Context;
use crate::dispatch::handler::HandlerError;
use crate::entropy::Entropy;
use crate::inbox::Id;
use crate::inbox::Inbox;
use crate::inbox::Settled;
use crate::inbox::Step;
use crate::inbox::Turn;
use crate::inbox::Waiting;
use crate::metrics::Metrics;
use crate::outcome::Outcome;
use crate::wechat::callback::CallbackError;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;
use crate::wechat::limits;
use crate::wechat::reply::Reply;

/// Why a callback got no answer. The text is for the log; the sender sees only the status.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// No account has this name.
    #[error("there is no account of this name")]
    UnknownAccount,
    /// It was refused.
    #[error(transparent)]
    Refused(#[from] CallbackError),
    /// Too much is being worked on.
    #[error("too many messages are being worked on")]
    Busy,
}

impl IntakeError {
    /// Its line in the table of codes.
    pub fn code(&self) -> Code {
        match self {
            Self::UnknownAccount => code::CALLBACK_ACCOUNT,
            Self::Refused(error) => code_of(error),
            Self::Busy => code::CALLBACK_BUSY,
        }
    }
}

/// Hears which handler answered what; for `replay` and the demo.
pub type Observer = Box<dyn Fn(&Inbound, &Outcome) + Send + Sync>;

/// What turns callbacks into answers.
pub struct Intake {
    /// By name.
    pub accounts: HashMap<String, Arc<Account>>,
    /// Works on each message once.
    pub inbox: Arc<Inbox>,
    /// Who answers.
    pub dispatcher: Dispatcher,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for envelopes.
    pub entropy: Arc<dyn Entropy>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Hears every outcome.
    pub observer: Option<Observer>,
}

impl Intake {
    /// Answers the URL check: the text to send back.
    ///
    /// # Errors
    ///
    /// [`IntakeError`] says why this was not WeChat.
    pub fn check_url(&self, name: &str, query: &str) -> Result<String, IntakeError> {
        let account = self.find(name)?;
        Ok(account.agreement.check_url(query, self.clock.unix())?)
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
        callback: RawCallback,
    ) -> Result<String, IntakeError> {
        let account = self.find(name)?;
        let received = account.open(callback, self.clock.unix())?;
        let (inbound, envelope) = (Arc::new(received.inbound), received.envelope);
        account.metrics.callbacks.inc();
        if inbound.family() == Family::Probe {
            return Ok("success".to_owned());
        }
        let id = self.inbox.id(name, inbound.key().as_str());
        let user = self.user(&account, &inbound);
        let turn = self.inbox.once(id, user, self.begin(&account, &inbound, user));
        let reply = match turn {
            Turn::Done(reply) => reply,
            Turn::Again(reply) => {
                account.metrics.repeats.inc();
                reply
            }
            Turn::Wait(waiting, delivery) => wait(&account, &inbound, &waiting, delivery).await,
            Turn::Panicked => account.apology(&inbound),
            Turn::Full => return Err(IntakeError::Busy),
        };
        let now = self.clock.unix();
        Ok(account.answer(&reply, &inbound, envelope, now, self.entropy.as_ref()))
    }

    fn find(&self, name: &str) -> Result<Arc<Account>, IntakeError> {
        self.accounts.get(name).cloned().ok_or(IntakeError::UnknownAccount)
    }

    /// Whose messages are worked on in order; nobody's where no sender is named.
    fn user(&self, account: &Account, inbound: &Inbound) -> Option<Id> {
        let from = inbound.from();
        (!from.is_empty()).then(|| self.inbox.id(&account.name, from))
    }

    /// The work on a message: an answer held for its sender, or what the handlers say.
    fn begin(
        self: &Arc<Self>,
        account: &Arc<Account>,
        inbound: &Arc<Inbound>,
        user: Option<Id>,
    ) -> impl FnOnce() -> Step + Send + Sync + 'static {
        let (intake, account, inbound) =
            (Arc::clone(self), Arc::clone(account), Arc::clone(inbound));
        move || {
            account.metrics.messages.inc();
            if !inbound.is_known() {
                account.metrics.unknown_types.inc();
            }
            let is_message = matches!(inbound.family(), Family::Message | Family::BotMessage);
            let held = user.filter(|_| is_message).and_then(|user| intake.inbox.take_held(user));
            if let Some(reply) = held {
                return Step::Now(reply.into());
            }
            let now = intake.clock.since_epoch();
            let context =
                Context { account: Arc::clone(&account.name), platform: account.platform(), now };
            match intake.dispatcher.dispatch(&inbound, &context) {
                Answer::Pass => Step::Now(Reply::Success.into()),
                Answer::Now(result) => Step::Now(intake.settle(&account, &inbound, result)),
                Answer::Later(work) => Step::Later(Box::pin(async move {
                    let result = work.await;
                    intake.settle(&account, &inbound, result)
                })),
            }
        }
    }

    /// Outcome → a reply that this platform takes. A failure is an outcome too: it is counted,
    /// logged once, and answered with the apology.
    fn settle(
        &self,
        account: &Account,
        inbound: &Inbound,
        result: Result<Outcome, HandlerError>,
    ) -> Settled {
        let outcome = match result {
            Ok(outcome) => outcome,
            Err(error) => {
                account.metrics.failed_handlers.inc();
                let code = code::HANDLER_FAILED.name;
                let (name, kind) = (&*account.name, inbound.type_name());
                tracing::error!(code, account = name, r#type = kind, "a handler failed: {error}");
                return account.apology(inbound).into();
            }
        };
        if let Some(observe) = &self.observer {
            observe(inbound, &outcome);
        }
        match outcome.reply.fit(inbound, account.platform(), account.splits_texts) {
            Ok(fitted) => {
                if fitted.articles_cut > 0 {
                    let (name, cut, rule) = (&*account.name, fitted.articles_cut, outcome.by);
                    tracing::warn!(account = name, rule, cut, "a news reply had too many articles");
                }
                let rest = fitted.rest.into_iter().map(Reply::Text).collect();
                Settled { reply: fitted.reply, rest }
            }
            Err(error) => {
                account.metrics.refused_replies.inc();
                let (code, name, rule) = (code::REPLY_REFUSED.name, &*account.name, outcome.by);
                tracing::error!(code, account = name, rule, "a reply was refused: {error}");
                Reply::Success.into()
            }
        }
    }
}

/// Waits for the answer as long as this delivery can carry it. Not the last one: until WeChat
/// hangs up, so that it delivers again. The last one: until just before, and then something is
/// said, lest the user be told that the service is down.
async fn wait(account: &Account, inbound: &Inbound, waiting: &Waiting, delivery: u32) -> Reply {
    if delivery > 1 {
        account.metrics.repeats.inc();
    }
    let patience = &account.patience;
    let is_last = delivery >= limits::TRIES || !patience.retries;
    let limit = if is_last { patience.reply_within } else { limits::RETRY_WINDOW };
    match tokio::time::timeout(limit, waiting.answer()).await {
        Ok(Some(reply)) => reply,
        Ok(None) => account.apology(inbound),
        Err(_) if !is_last => Reply::Success,
        Err(_) => match account.holding_reply(inbound) {
            Some(holding) => {
                account.metrics.held_answers.inc();
                waiting.hold(holding)
            }
            None => {
                waiting.give_up();
                Reply::Success
            }
        },
    }
}

impl Account {
    /// What is said when a handler fails, where the platform takes a text.
    fn apology(&self, inbound: &Inbound) -> Reply {
        self.say(inbound, self.apology.as_deref()).unwrap_or_default()
    }

    /// What is said when the answer is held for the user's next message; only to a message, since
    /// whoever caused an event waits for nothing.
    fn holding_reply(&self, inbound: &Inbound) -> Option<Reply> {
        let is_message = matches!(inbound.family(), Family::Message | Family::BotMessage);
        let text = self.patience.holding_text.as_deref().filter(|_| is_message);
        self.say(inbound, text)
    }

    fn say(&self, inbound: &Inbound, text: Option<&str>) -> Option<Reply> {
        let fitted = Reply::text(text?).fit(inbound, self.platform(), true).ok()?;
        Some(fitted.reply)
    }
}
