//! What becomes of an answer that no delivery carries: it is pushed, or held for the user's next
//! message, exactly once whatever crashes when.
//!
//! Whoever is told to wait is promised an answer, and the promise is on disk before they are told:
//! the message itself, so that its work can be done again by the next process if this one dies.
//! Giving the answer, in one transaction, settles a key of its own, queues or holds what there is to
//! say, and ends the promise. A promise whose key is settled is one that was kept.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dashmap::DashMap;
use tokio::sync::OnceCell;

use super::Message;
use super::promise;
use super::settle;
use super::stream::Streams;
use crate::account::Account;
use crate::account::Way;
use crate::clock::Clock;
use crate::code;
use crate::held::Held;
use crate::held::HeldError;
use crate::metrics::Metrics;
use crate::notification::Notification;
use crate::outbox::Outbox;
use crate::outbox::OutboxError;
use crate::store::NewDelivery;
use crate::store::Settled;
use crate::store::Settlement;
use crate::store::Store;
use crate::store::StoreError;
use crate::wechat::limits;
use crate::wechat::reply::Reply;
use crate::wechat::reply::split;
use crate::window::Windows;

/// How long it is known that a promise was kept; longer than a promise.
pub(super) const KEPT: Duration = Duration::from_hours(24);

/// Messages of one answer leave in this distance, since WeChat keeps no order between two requests.
const APART: Duration = Duration::from_millis(500);

/// How many rows are read at once at the start.
const PAGE: u32 = 1_000;

/// Gives late answers.
pub struct Late {
    outbox: Outbox,
    store: Arc<dyn Store>,
    pub(super) held: Held,
    windows: Arc<Windows>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    /// Users who were told to say something for their answer, with the names of the messages whose
    /// answers are not there yet.
    told: DashMap<String, Vec<String>>,
    /// How many users those are: the callback path looks here first.
    told_count: AtomicUsize,
    /// The messages that an earlier process has settled.
    earlier: OnceCell<HashSet<String>>,
    /// Robots' answers that the platform asks for.
    pub(super) streams: Streams,
}

impl Late {
    /// Through `outbox`, over its store; `windows` tells who may be sent something.
    pub fn new(
        outbox: Outbox,
        windows: Arc<Windows>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let store = Arc::clone(outbox.store());
        let held = Held::new(Arc::clone(&store));
        let (told, told_count) = (DashMap::new(), AtomicUsize::new(0));
        let (earlier, streams) = (OnceCell::new(), Streams::default());
        Self { outbox, store, held, windows, clock, metrics, told, told_count, earlier, streams }
    }

    /// What goes out.
    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// What must survive.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Who may be sent something.
    pub fn windows(&self) -> &Arc<Windows> {
        &self.windows
    }

    /// Reads what earlier processes left, the first time; costs nothing after that. A failure is
    /// logged, and the next call tries again.
    pub(super) async fn load(&self) {
        let earlier = self.earlier.get_or_try_init(|| async {
            self.held.load(self.now()).await?;
            self.settled_earlier().await
        });
        if let Err(error) = earlier.await {
            let code = code::STORE_FAILED.name;
            tracing::error!(code, "what the last run left cannot be read: {error}");
        }
    }

    async fn settled_earlier(&self) -> Result<HashSet<String>, StoreError> {
        let (mut all, mut last) = (HashSet::new(), None::<String>);
        loop {
            let after = last.as_deref();
            let page = self.store.settled_keys(self.now(), settle::PREFIX, after, PAGE).await?;
            let Some(key) = page.last() else { return Ok(all) };
            last = Some(key.clone());
            all.extend(page);
        }
    }

    /// Whether an earlier process has settled `message`, so that its answer is in the store. Known
    /// from memory, because a look into the store for every message would be the dearest part of
    /// its way.
    pub(super) fn is_settled_earlier(&self, message: &Message) -> bool {
        let earlier = self.earlier.get().filter(|earlier| !earlier.is_empty());
        earlier.is_some_and(|earlier| earlier.contains(&settle::key(message)))
    }

    /// Whether the sender of `message` may be asking for an answer: one waits, or they were told to
    /// ask for it. What they wrote before is a message like any other.
    pub(super) fn is_asked(&self, message: &Message) -> bool {
        let (account, user) = (&*message.account.name, message.inbound.from());
        let may_be_told = self.told_count.load(Ordering::Relaxed) > 0;
        let is_told = || may_be_told && self.told.contains_key(&message.sender());
        message.is_message() && (self.held.has(account, user) || is_told())
    }

    /// The sender of `message` is told to say something for their answer.
    pub(super) fn tell(&self, message: &Message) {
        let mut names = self.told.entry(message.sender()).or_default();
        if names.is_empty() {
            self.told_count.fetch_add(1, Ordering::Relaxed);
        }
        names.push(message.name());
    }

    /// What the sender of `message` was told of the messages that `is_over` names needs no asking
    /// any more.
    pub(super) fn untell(&self, message: &Message, is_over: impl Fn(&str) -> bool) {
        let removed = self.told.remove_if_mut(&message.sender(), |_, names| {
            names.retain(|name| !is_over(name));
            names.is_empty()
        });
        if removed.is_some() {
            self.told_count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Sends what is said while the work on `message` goes on; once, also where the next process
    /// does that work again.
    pub(super) async fn send_now(&self, message: &Message, notifications: Vec<Notification>) {
        let numbered = (1..).zip(notifications).map(|(number, notification): (u32, _)| {
            let key = format!("begun/{}/{number}", message.name());
            Notification { idempotency_key: Some(key), ..notification }
        });
        let notifications: Vec<Notification> = numbered.collect();
        if notifications.is_empty() {
            return;
        }
        match self.outbox.enqueue_all(notifications).await {
            Ok(_) => {}
            Err(OutboxError::Store(error)) => self.report_store(message, &error),
            Err(error) => self.report_lost(&message.account, &error.to_string()),
        }
    }

    /// Gives `answers` to the sender of `message`, by the first way that each allows.
    pub(super) async fn give(&self, message: &Message, answers: Vec<Reply>) {
        let (pushed, held, lost) = self.sort(message, answers).await;
        let account = &message.account;
        for kind in lost {
            self.report_lost(account, &format!("no way takes a reply of type `{kind}`"));
        }
        let name = message.name();
        let settlement = Settlement {
            key: key(&name),
            remember: KEPT,
            deliveries: self.deliveries(pushed, APART),
            values: vec![(promise::key(&name), None, Duration::ZERO)],
            ..Settlement::default()
        };
        let (is_pushed, is_held) = (!settlement.deliveries.is_empty(), !held.is_empty());
        let lanes = settle::lanes(&settlement);
        let user = (&*account.name, message.inbound.from());
        let given = match held.is_empty() {
            true => self.store.settle(self.now(), settlement).await.map_err(HeldError::from),
            false => self.held.put(self.now(), user, held, settlement).await,
        };
        match given {
            Ok(Settled::New(_)) => {
                self.wake(&lanes);
                account.metrics.pushed_answers.inc_by(u64::from(is_pushed));
                account.metrics.held_answers.inc_by(u64::from(is_held));
            }
            Ok(Settled::Known(_)) => {}
            Err(HeldError::Store(error)) => self.report_store(message, &error),
            Err(error) => self.report_lost(account, &error.to_string()),
        }
        self.untell(message, |it| it == name);
    }

    /// What is pushed, what is held, and the types of what can be neither.
    async fn sort(
        &self,
        message: &Message,
        answers: Vec<Reply>,
    ) -> (Vec<Notification>, Vec<Reply>, Vec<&'static str>) {
        let (mut pushed, mut held, mut lost) = (Vec::new(), Vec::new(), Vec::new());
        let mut left = self.left(message).await;
        let answers = answers.into_iter().filter(|it| *it != Reply::Success);
        // A channel cuts by its own limits, and a robot's answer is one message.
        let is_whole = message.account.is_channel || message.is_to_robot();
        let parts = |answer| if is_whole { vec![answer] } else { parts(answer) };
        for answer in answers.flat_map(parts) {
            let one = (left > 0).then(|| message.notifications(&answer)).flatten();
            match one {
                Some(one) => {
                    left = left.saturating_sub(one.len());
                    pushed.extend(one);
                }
                None if message.holds() && may_wait(&answer) => {
                    // Once one must wait, those behind it do so too.
                    left = 0;
                    held.push(answer);
                }
                None => lost.push(answer.type_name()),
            }
        }
        (pushed, held, lost)
    }

    /// How many messages may be pushed. Where nothing can be held, all are tried: the outbox keeps
    /// what is refused, with the reason.
    async fn left(&self, message: &Message) -> usize {
        match message.way_out() {
            Some(Way::Push(_)) if message.is_to_robot() => 1,
            Some(Way::Push(_)) if message.holds() => {
                let left = self.windows.left(&message.account.name, message.inbound.from()).await;
                usize::from(left)
            }
            Some(Way::Push(_)) => usize::MAX,
            _ => 0,
        }
    }

    /// The deliveries of notifications, each due so much after the one before it.
    pub(super) fn deliveries(
        &self,
        notifications: Vec<Notification>,
        apart: Duration,
    ) -> Vec<NewDelivery> {
        let now = self.now();
        let numbered = (0..).zip(notifications);
        let delivery = |(number, notification): (u32, Notification)| {
            let mut delivery = self.outbox.address(now, notification);
            delivery.due = delivery.due.max(now + number * apart);
            delivery
        };
        numbered.map(delivery).collect()
    }

    /// What was settled leaves at once.
    pub(super) fn wake(&self, lanes: &[String]) {
        self.outbox.wake(lanes.iter().map(String::as_str));
    }

    fn report_lost(&self, account: &Account, why: &str) {
        self.metrics.count_trouble(code::HANDLER_LATE.name);
        let (code, account) = (code::HANDLER_LATE.name, &*account.name);
        tracing::error!(code, account, "a late answer is lost: {why}");
    }

    /// Counts and logs that the store failed.
    pub(super) fn report_store(&self, message: &Message, error: &StoreError) {
        self.report_store_of(&message.account, error);
    }

    /// The same, where it is not about one message.
    pub(super) fn report_store_of(&self, account: &Account, error: &StoreError) {
        self.metrics.count_trouble(code::STORE_FAILED.name);
        let (code, account) = (code::STORE_FAILED.name, &*account.name);
        tracing::error!(code, account, "{}: {error}", code::STORE_FAILED.meaning);
    }

    pub(super) fn now(&self) -> Duration {
        self.clock.since_epoch()
    }
}

/// A text in parts that fit into one message each.
fn parts(answer: Reply) -> Vec<Reply> {
    match answer {
        Reply::Text(text) => split(&text, limits::REPLY_TEXT_BYTES).map(Reply::text).collect(),
        other => vec![other],
    }
}

/// Whether a reply means the same in answer to a later message. A new face for a card does not.
fn may_wait(reply: &Reply) -> bool {
    matches!(
        reply,
        Reply::Text(_)
            | Reply::Image { .. }
            | Reply::Voice { .. }
            | Reply::Video { .. }
            | Reply::Music { .. }
            | Reply::News(_)
            | Reply::Transfer { .. }
    )
}

/// The key that says that the promise of this name was kept.
pub(super) fn key(name: &str) -> String {
    format!("late/{name}")
}
