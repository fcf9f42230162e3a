//! What programs and people hand in: one message for one or more channels.
//!
//! The API, the dialects, forms and the console all come in here ([`Submissions::accept`]). What a
//! key may send is checked, topics become their channels, and what is accepted is on the disk as
//! one transaction: a delivery for each channel, and under the idempotency key what was answered.

mod error;
mod fold;
mod life;
mod paged;
mod record;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use serde::Serialize as _;
use sha2::Digest as _;
use sha2::Sha256;
use tokio::sync::Mutex;
use tokio::sync::Notify;

pub use self::error::SubmissionError;
use self::fold::Window;
pub use self::life::Found;
pub use self::life::Life;
pub use self::life::word;
use self::record::Answer;
pub use self::record::Part;
pub use self::record::Submitted;
use crate::access::Key;
use crate::clock::Clock;
use crate::config::Config;
use crate::config::access::Scope;
use crate::entropy::Entropy;
use crate::notification::Notification;
use crate::outbox::Outbox;
use crate::store::Ids;
use crate::store::NewDelivery;
use crate::store::Settled;
use crate::store::Settlement;

/// The most channels that one submission may go out through.
pub const MOST_CHANNELS: usize = 100;

/// The longest idempotency key, in bytes.
pub const LONGEST_IDEMPOTENCY_KEY: usize = 255;

/// How long the same idempotency key is answered the same.
pub const REMEMBER: Duration = Duration::from_hours(24);

/// How long a submission without an idempotency key is remembered: nobody asks for it.
const FORGET: Duration = Duration::from_secs(1);

/// One message for one or more channels.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Submission {
    /// The channels by name.
    pub channels: Vec<String>,
    /// Topics by name; each stands for its channels.
    pub topics: Vec<String>,
    /// What is sent. Its `channel` is filled in, once for each. Its idempotency key is the
    /// caller's own; the name of the caller's key comes in front of it here.
    pub notification: Notification,
    /// Not to be sent earlier than so long from now.
    pub delay: Option<Duration>,
    /// Of no use any more after so long from now.
    pub lifetime: Option<Duration>,
    /// Also kept as a page for so long; what goes out is its beginning and a link.
    pub page: Option<Duration>,
}

impl Submission {
    /// `notification` for these channels.
    pub fn to_channels(channels: &[String], notification: Notification) -> Self {
        Self { channels: channels.to_vec(), notification, ..Self::default() }
    }

    /// What two submissions with one idempotency key must agree in: all that the caller said.
    fn fingerprint(&self) -> [u8; 32] {
        let Self { channels, topics, notification, delay, lifetime, page } = self;
        let said = (channels, topics, notification, delay, lifetime, page);
        let mut json = Vec::new();
        said.serialize(&mut serde_json::Serializer::new(&mut json))
            .expect("a submission is always JSON");
        Sha256::digest(json).into()
    }
}

/// The way in. Cheap to clone.
#[derive(Clone)]
pub struct Submissions {
    desk: Arc<Desk>,
}

struct Desk {
    outbox: Outbox,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    ids: Ids,
    plan: ArcSwap<Plan>,
    /// Whose turn it is to count.
    folding: Mutex<()>,
    /// A window may have opened.
    opened: Notify,
}

/// What is to be written for a submission.
#[derive(Default)]
struct Draft {
    parts: Vec<Part>,
    deliveries: Vec<NewDelivery>,
    /// What the windows must be for this to be right.
    expected: Vec<(String, Option<Vec<u8>>)>,
    values: Vec<(String, Option<Vec<u8>>, Duration)>,
}

/// What the config says about submissions.
struct Plan {
    topics: BTreeMap<String, Vec<String>>,
    /// The kind of each channel.
    kinds: BTreeMap<String, String>,
    /// Within which time what goes through a channel is folded, where it is.
    folds: BTreeMap<String, Duration>,
    /// What links to pages begin with; none: there are no pages.
    public_url: Option<String>,
}

impl Plan {
    fn of(config: &Config) -> Self {
        let topics = config.topics.iter();
        let channels = config.channels.iter();
        let folds = channels.clone().filter_map(|it| Some((it.name.clone(), it.fold?)));
        Self {
            topics: topics.map(|it| (it.name.clone(), it.channels.clone())).collect(),
            folds: folds.collect(),
            public_url: config.server.public_url.clone(),
            kinds: channels.map(|it| (it.name.clone(), it.kind.clone())).collect(),
        }
    }
}

impl Submissions {
    /// Hands what is accepted to `outbox`.
    pub fn new(
        outbox: Outbox,
        config: &Config,
        (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>),
    ) -> Self {
        let plan = ArcSwap::from_pointee(Plan::of(config));
        let ids = Ids::new(Arc::clone(&entropy));
        let (folding, opened) = (Mutex::new(()), Notify::new());
        Self { desk: Arc::new(Desk { outbox, clock, entropy, ids, plan, folding, opened }) }
    }

    /// Puts topics and channels of `config` in place of those of today.
    pub fn replace(&self, config: &Config) {
        self.desk.plan.store(Arc::new(Plan::of(config)));
    }

    /// Where accepted notifications go.
    pub fn outbox(&self) -> &Outbox {
        &self.desk.outbox
    }

    /// The topics with their channels, by name.
    pub fn topics(&self) -> Vec<(String, Vec<String>)> {
        self.desk.plan.load().topics.clone().into_iter().collect()
    }

    /// The kind of a `[[channel]]`; none of an account's own way to its users.
    pub fn kind(&self, channel: &str) -> Option<String> {
        self.desk.plan.load().kinds.get(channel).cloned()
    }

    /// Accepts a submission of `key`'s. It is on the disk when this returns, all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`SubmissionError`] says why nothing was accepted.
    pub async fn accept(
        &self,
        key: &Key,
        submission: Submission,
    ) -> Result<Submitted, SubmissionError> {
        let print = submission.fingerprint();
        let idempotency_key = idempotency_key(key, &submission.notification)?;
        let channels = self.channels(key, &submission)?;
        let now = self.now();
        let by = Some(key.name.clone());
        let lifetime = submission.page;
        let mut notification = Notification { by, ..timed(submission, now) };
        let mut page = None;
        if let Some(lifetime) = lifetime {
            let (message, shown) = self.paged(notification, lifetime)?;
            (page, notification) = (Some((message, lifetime)), shown);
        }
        // In turn, since of two who count at once one would have to count again.
        let has_folds = channels.iter().any(|it| self.fold(it).is_some());
        let _turn = if has_folds { Some(self.desk.folding.lock().await) } else { None };
        loop {
            let mut draft = Draft::default();
            for channel in &channels {
                self.add(
                    &mut draft,
                    Notification { channel: channel.clone(), ..notification.clone() },
                )
                .await?;
            }
            if let Some((message, lifetime)) = &page {
                self.link(&mut draft, message, *lifetime);
            }
            let submitted = self.submitted(now, draft.parts);
            let lanes: Vec<String> = draft.deliveries.iter().map(|it| it.lane.clone()).collect();
            draft.values.extend(submitted.record());
            let unnamed = || format!("submission//{}", submitted.id);
            let settlement = Settlement {
                key: idempotency_key.clone().unwrap_or_else(unnamed),
                answer: Answer::write(print, &submitted),
                remember: if idempotency_key.is_some() { REMEMBER } else { FORGET },
                values: draft.values,
                deliveries: draft.deliveries,
            };
            let store = self.desk.outbox.store();
            match store.settle_if(now, draft.expected, settlement).await? {
                Some(Settled::New(_)) => {
                    self.desk.outbox.wake(lanes.iter().map(String::as_str));
                    self.desk.opened.notify_one();
                    return Ok(submitted);
                }
                Some(Settled::Known(answer)) => return Answer::read(&answer, print),
                // Another instance has counted in between.
                None => {}
            }
        }
    }

    /// Adds one channel's part: a delivery, or one more of what went out before.
    async fn add(
        &self,
        draft: &mut Draft,
        notification: Notification,
    ) -> Result<(), SubmissionError> {
        let (outbox, now) = (&self.desk.outbox, self.now());
        let channel = notification.channel.clone();
        let delivery = outbox.prepare(notification)?;
        let id = delivery.id;
        let is_later = delivery.notification.not_before.is_some_and(|it| it > now);
        if let Some(fold) = self.fold(&channel).filter(|_| !is_later) {
            let name = fold::name(&delivery.notification);
            let value = outbox.store().get(now, &name).await?;
            let window = value.as_deref().and_then(Window::read);
            draft.expected.push((name.clone(), value));
            if let Some(open) = window.clone().filter(|it| it.is_open(now)) {
                draft.parts.push(Part { id: open.summary, channel, is_folded: true });
                let (value, ttl) = open.counted().write(now);
                draft.values.push((name, value, ttl));
                return Ok(());
            }
            draft.deliveries.extend(window.and_then(|ended| self.last_of(now, &ended)));
            let summary = self.desk.ids.next(now);
            let window = Window::open(now, fold, summary, &delivery.notification);
            let (value, ttl) = window.write(now);
            draft.values.push((name, value, ttl));
        }
        draft.parts.push(Part { id, channel, is_folded: false });
        draft.deliveries.push(delivery);
        Ok(())
    }

    /// Within which time what goes through a channel is folded.
    fn fold(&self, channel: &str) -> Option<Duration> {
        self.desk.plan.load().folds.get(channel).copied()
    }

    fn now(&self) -> Duration {
        self.desk.clock.since_epoch()
    }

    /// The channels that it goes out through, each once, in the order in which it names them.
    fn channels(&self, key: &Key, submission: &Submission) -> Result<Vec<String>, SubmissionError> {
        let plan = self.desk.plan.load();
        let mut channels: Vec<String> = Vec::new();
        let mut add = |name: &String| {
            if !channels.contains(name) {
                channels.push(name.clone());
            }
        };
        submission.channels.iter().for_each(&mut add);
        for topic in &submission.topics {
            let named = plan.topics.get(topic);
            named.ok_or_else(|| SubmissionError::Topic(topic.clone()))?.iter().for_each(&mut add);
        }
        let Notification { title, body, native, fallback, .. } = &submission.notification;
        for channel in channels.iter().chain(fallback) {
            if !key.may_send(channel) {
                let missing = Scope::Send(channel.clone());
                return Err(SubmissionError::Scope { key: key.name.clone(), missing });
            }
        }
        match channels.len() {
            0 => Err(SubmissionError::Nowhere),
            count if count > MOST_CHANNELS => Err(SubmissionError::TooMany(count)),
            _ if title.is_empty() && body.is_empty() && native.is_none() => {
                Err(SubmissionError::Empty)
            }
            _ => Ok(channels),
        }
    }

    /// What the caller is told. One delivery has the id of the whole.
    fn submitted(&self, now: Duration, parts: Vec<Part>) -> Submitted {
        let id = match parts.as_slice() {
            [part] if !part.is_folded => part.id,
            _ => self.desk.ids.next(now),
        };
        Submitted { id, parts }
    }
}

/// The notification with the times that were given from now.
fn timed(submission: Submission, now: Duration) -> Notification {
    let Submission { notification, delay, lifetime, .. } = submission;
    let later = delay.map(|delay| now.saturating_add(delay));
    let end = lifetime.map(|lifetime| now.saturating_add(lifetime));
    Notification {
        not_before: notification.not_before.max(later),
        expires: match (notification.expires, end) {
            (Some(given), Some(end)) => Some(given.min(end)),
            (given, end) => given.or(end),
        },
        idempotency_key: None,
        ..notification
    }
}

/// The caller's idempotency key behind the name of its key, since two callers may choose the same.
fn idempotency_key(
    key: &Key,
    notification: &Notification,
) -> Result<Option<String>, SubmissionError> {
    let Some(given) = &notification.idempotency_key else { return Ok(None) };
    let is_key = (1..=LONGEST_IDEMPOTENCY_KEY).contains(&given.len())
        && given.bytes().all(|byte| byte.is_ascii_graphic());
    match is_key {
        true => Ok(Some(format!("submission/{}/{given}", key.name))),
        false => Err(SubmissionError::IdempotencyKey),
    }
}

#[cfg(test)]
mod tests;
