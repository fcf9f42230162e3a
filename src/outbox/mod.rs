//! Each notification leaves, or is buried with a reason.
//!
//! What [`Outbox::enqueue`] has accepted is in the store, and stays there until a channel took it
//! or it was given up. Each channel has a *lane* of its own: a task that claims what is due within
//! the channel's pace (`lane.rs`), and sends it (`carry.rs`). What became of it is written in
//! batches (`record.rs`). Leases are renewed, due times looked up and old rows removed beside that
//! (`keep.rs`). What follows a failure is decided in `retry.rs` and `health.rs`, which are pure.
//!
//! At least once: between a send and its record a crash may come, and then it is sent again, with
//! the same id. A channel that is set up as `at_most_once` parks it for a person instead.

mod ask;
mod carry;
mod health;
mod keep;
mod lane;
mod orphan;
mod record;
mod retry;
mod route;
#[cfg(test)]
mod tests;
mod ways;

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use tokio::sync::mpsc;
use tokio::sync::watch;

use self::record::Done;
use self::ways::Ways;
use crate::channels::Channels;
use crate::clock::Clock;
use crate::config::fault::did_you_mean;
use crate::entropy::Entropy;
use crate::metrics::OutboxMetrics;
use crate::notification::Notification;
use crate::notification::Report;
use crate::store::Accepted;
use crate::store::Delivery;
use crate::store::DeliveryId;
use crate::store::Ids;
use crate::store::NewDelivery;
use crate::store::Retention;
use crate::store::State;
use crate::store::Store;
use crate::store::StoreError;
use crate::tasks::Tasks;

/// The largest notification that is accepted, in bytes of its JSON. No service takes as much.
pub const LARGEST: usize = 256 << 10;

/// How many outcomes may wait for the store before senders wait for it as well.
const UNRECORDED: usize = 4_096;

/// How often an outbox looks whether another process has put something into the store, unless it
/// is told otherwise.
pub const LOOK: Duration = Duration::from_secs(1);

/// What the owner can set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The waits between tries.
    pub retry: Vec<Duration>,
    /// A channel that only fails for so long is paused.
    pub pause_after: Duration,
    /// How long what waits for a channel that is not there any more may wait.
    pub wait_for_channel: Duration,
    /// How long what has ended is kept.
    pub retention: Retention,
    /// How often the store is looked at for what another process did: mostly [`LOOK`].
    pub look: Duration,
}

/// What an outbox is made from.
pub struct Ground {
    /// Where deliveries are kept.
    pub store: Arc<dyn Store>,
    /// The ways out.
    pub channels: Channels,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids, and the spread of retries.
    pub entropy: Arc<dyn Entropy>,
    /// What it counts.
    pub metrics: OutboxMetrics,
    /// What the owner can set.
    pub settings: Settings,
}

/// Why a notification was not accepted.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// No channel has that name.
    #[error("there is no channel `{name}`{}", advice.as_ref().map_or(String::new(), |it| format!("; {it}")))]
    Channel {
        /// The name.
        name: String,
        /// The nearest name there is.
        advice: Option<String>,
    },
    /// It is larger than [`LARGEST`].
    #[error("the notification has {0} bytes; at most {LARGEST} are accepted")]
    TooLarge(usize),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The way in, and the worker behind it. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    work: Arc<Work>,
}

/// What all parts of the worker share.
struct Work {
    ground: Base,
    ids: Ids,
    ways: ArcSwap<Ways>,
    /// Held by whoever puts others in their place, so that no lane is forgotten.
    changing: Mutex<()>,
    /// Changes whenever the ways were replaced.
    replaced: watch::Sender<u64>,
    /// Changes whenever outcomes were recorded.
    recorded: watch::Sender<u64>,
    /// There is something new to ask a service.
    asked: Notify,
}

/// What does not change: [`Ground`] without its channels.
struct Base {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    metrics: OutboxMetrics,
    settings: Settings,
}

impl Work {
    fn now(&self) -> Duration {
        self.ground.clock.since_epoch()
    }

    /// Reports an operation that the store could not do.
    fn report(&self, error: &StoreError, what: &str) {
        self.ground.metrics.store_errors.inc();
        tracing::error!(error = error as &dyn std::error::Error, "the outbox cannot {what}");
    }
}

impl Outbox {
    /// An outbox that accepts. It sends once it is started.
    pub fn new(ground: Ground) -> Self {
        let Ground { store, channels, clock, entropy, metrics, settings } = ground;
        let ids = Ids::new(Arc::clone(&entropy));
        let work = Work {
            ground: Base { store, clock, entropy, metrics, settings },
            ids,
            ways: ArcSwap::from_pointee(Ways::new(channels)),
            changing: Mutex::new(()),
            replaced: watch::Sender::new(0),
            recorded: watch::Sender::new(0),
            asked: Notify::new(),
        };
        Self { work: Arc::new(work) }
    }

    /// Puts other channels in the place of those of today. A channel that
    /// `is_changed` is used from the next claim on, and nothing is known of its health; one that is
    /// not stays as it is. What waits for a channel that is gone waits until there is one of its
    /// name again. What is being sent ends as it would have.
    pub fn replace(&self, channels: Channels, is_changed: impl Fn(&str) -> bool) {
        ways::replace(&self.work, channels, is_changed);
    }

    /// Makes a delivery of `notification`, for who writes it to the store together with something
    /// else ([`Store::settle`]). Afterwards [`Outbox::wake`] lets it leave at once.
    ///
    /// # Errors
    ///
    /// [`OutboxError::Channel`], [`OutboxError::TooLarge`].
    pub fn prepare(&self, notification: Notification) -> Result<NewDelivery, OutboxError> {
        let channels = self.channels();
        let account = notification.account.as_deref();
        if channels.lane(&notification.channel, account).is_none() {
            let names = channels.iter().map(|(name, _)| name);
            let advice = did_you_mean(&notification.channel, names);
            return Err(OutboxError::Channel { name: notification.channel, advice });
        }
        let size = size(&notification);
        if size > LARGEST {
            return Err(OutboxError::TooLarge(size));
        }
        Ok(self.address(self.work.now(), notification))
    }

    /// Makes a delivery of `notification` at `now`, whether or not there is such a channel: in the
    /// lane of one that is not there it waits until there is, and the log says so. The channels that
    /// stand in are those of now, whatever the config says later.
    pub fn address(&self, now: Duration, mut notification: Notification) -> NewDelivery {
        let ways = self.work.ways.load();
        let Notification { channel, account, not_before, .. } = &notification;
        let lane = ways.channels.lane(channel, account.as_deref());
        let lane = lane.unwrap_or_else(|| channel.clone());
        let mut due = not_before.unwrap_or(now);
        if let Some(way) = ways.lanes.get(&lane).map(|lane| lane.way()) {
            due = way.open_at(due, &notification);
            if notification.fallback.is_empty() {
                notification.fallback.clone_from(&way.terms.fallback);
            }
        }
        NewDelivery { id: self.work.ids.next(now), lane, due, notification }
    }

    /// Accepts one notification. It is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// As [`Outbox::enqueue_all`].
    pub async fn enqueue(&self, notification: Notification) -> Result<Accepted, OutboxError> {
        let accepted = self.enqueue_all(vec![notification]).await?;
        Ok(accepted[0])
    }

    /// Accepts all of them or none, in one transaction. What became of each is in its place.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] says why none was accepted.
    pub async fn enqueue_all(
        &self,
        notifications: Vec<Notification>,
    ) -> Result<Vec<Accepted>, OutboxError> {
        let batch: Result<Vec<_>, _> =
            notifications.into_iter().map(|it| self.prepare(it)).collect();
        let batch = batch?;
        let mut lanes: Vec<String> = batch.iter().map(|it| it.lane.clone()).collect();
        lanes.dedup();
        let accepted = self.work.ground.store.enqueue(self.work.now(), batch).await?;
        self.wake(lanes.iter().map(String::as_str));
        Ok(accepted)
    }

    /// Lets these lanes look for what is due.
    pub fn wake<'l>(&self, lanes: impl IntoIterator<Item = &'l str>) {
        for lane in lanes {
            if let Some(lane) = self.work.ways.load().lanes.get(lane) {
                lane.wake();
            }
        }
    }

    /// Waits until a delivery has left the queue, whichever process brought that about. None:
    /// there is no such delivery, or it is not kept any more.
    ///
    /// # Errors
    ///
    /// That of the store.
    pub async fn outcome(&self, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        let mut recorded = self.work.recorded.subscribe();
        loop {
            match self.work.ground.store.find(id).await? {
                Some((delivery, _)) if delivery.state == State::Waiting => {}
                found => return Ok(found.map(|(delivery, _)| delivery)),
            }
            // Whichever comes first; the sender lives as long as we do.
            let look = self.work.ground.settings.look / 2;
            drop(tokio::time::timeout(look, recorded.changed()).await);
        }
    }

    /// Notes what the service of `channel` tells of what it took. What it tells of something else
    /// is counted: others may send through the same account.
    ///
    /// # Errors
    ///
    /// That of the store: nothing was noted.
    pub async fn report(&self, channel: &str, reports: Vec<Report>) -> Result<(), StoreError> {
        ask::note(&self.work, &[channel], reports).await
    }

    /// The same of what the account called `name` tells of what was sent through it, by whichever
    /// channel.
    ///
    /// # Errors
    ///
    /// That of the store.
    pub async fn report_of_account(
        &self,
        name: &str,
        reports: Vec<Report>,
    ) -> Result<(), StoreError> {
        let ways = self.work.ways.load_full();
        let told = ways.channels.iter().filter(|(_, channel)| channel.told_by() == Some(name));
        let lanes: Vec<&str> = told.map(|(lane, _)| lane).collect();
        ask::note(&self.work, &lanes, reports).await
    }

    /// Where deliveries are kept.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.work.ground.store
    }

    /// The ways out as they are now.
    pub fn channels(&self) -> Arc<Channels> {
        Arc::clone(&self.work.ways.load().channels)
    }

    /// Starts to send, until `tasks` are told to stop. Then nothing more is claimed, what is being
    /// sent is finished, and what was claimed and not sent is handed back.
    pub fn start(&self, tasks: &Tasks) {
        let done = self.begin(tasks, |_| true);
        tasks.spawn(keep::tend(Arc::clone(&self.work), tasks.clone()));
        tasks.spawn(ask::run(Arc::clone(&self.work), tasks.clone()));
        tasks.spawn(ways::follow(Arc::clone(&self.work), done, tasks.clone()));
    }

    /// Starts to send in some lanes only, and leaves all housekeeping to others.
    pub fn start_lanes(&self, tasks: &Tasks, wants: impl Fn(&str) -> bool) {
        drop(self.begin(tasks, wants));
    }

    /// The same. What takes what became of deliveries, for lanes that come later.
    fn begin(&self, tasks: &Tasks, wants: impl Fn(&str) -> bool) -> mpsc::Sender<Done> {
        let (sender, receiver) = mpsc::channel(UNRECORDED);
        ways::start(&self.work, &sender, tasks, wants);
        tasks.spawn(record::run(Arc::clone(&self.work), receiver));
        tasks.spawn(keep::leases(Arc::clone(&self.work), tasks.clone()));
        tasks.spawn(keep::watch(Arc::clone(&self.work), tasks.clone()));
        sender
    }
}

/// About how many bytes of JSON it has: what can be large, without writing it out.
fn size(notification: &Notification) -> usize {
    let texts = [&notification.title, &notification.body];
    let lists = notification.to.iter().chain(&notification.fallback);
    let native = notification.native.as_ref().map_or(0, |it| it.to_string().len());
    texts.into_iter().chain(lists).map(String::len).sum::<usize>() + native
}
