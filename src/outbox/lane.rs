//! One lane: what is due in it is claimed and sent, as much at once as its channel takes.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;

use super::Work;
use super::carry;
use super::health::Gate;
use super::health::Health;
use super::record::Done;
use super::retry;
use crate::channels::Channel;
use crate::notification::Notification;
use crate::notification::Terms;
use crate::notification::Urgency;
use crate::store::Claim;
use crate::store::DeliveryId;
use crate::store::StoreError;
use crate::tasks::Tasks;

/// The most that is claimed in one operation.
const BATCH: usize = 1_024;

/// The least that is held in front of a channel that may be given things ahead of time, so that
/// the store is asked for many at once.
const AHEAD: usize = 64;

/// The shortest lease. What a killed process held is sent again after it.
const SHORTEST_LEASE: Duration = Duration::from_secs(10);

/// How long a lane waits after the store failed; twice as long after each further failure.
const SHORTEST_BREAK: Duration = Duration::from_millis(200);
const LONGEST_BREAK: Duration = Duration::from_secs(10);

/// One channel, and how it is used.
pub(super) struct Way {
    pub(super) channel: Arc<dyn Channel>,
    pub(super) terms: Terms,
    /// One for each send that may run at once.
    pub(super) slots: Semaphore,
}

impl Way {
    fn of(channel: Arc<dyn Channel>) -> Self {
        let terms = channel.terms();
        Self { channel, slots: Semaphore::new(terms.concurrency.max(1)), terms }
    }

    /// When `notification` may first leave from `time` on: what is not urgent waits until quiet
    /// hours are over.
    pub(super) fn open_at(&self, time: Duration, notification: &Notification) -> Duration {
        match &self.terms.quiet {
            Some(quiet) if notification.urgency != Urgency::High => quiet.after(time),
            _ => time,
        }
    }

    /// Up to how many are held, and below how many more are claimed.
    ///
    /// What is claimed ahead would, after a crash, look as if it might have been sent; so nothing
    /// is where that matters, and nothing that counts against a pace.
    fn room(&self, gate: Gate) -> (usize, usize) {
        if gate == Gate::Probe {
            return (1, 1);
        }
        let slots = self.terms.concurrency.max(1);
        match retry::may_repeat(&self.terms) && self.terms.rate.is_none() {
            true => (AHEAD.max(4 * slots), (AHEAD / 2).max(2 * slots)),
            false => (slots, slots),
        }
    }
}

/// One channel's queue, and what is being sent through it.
pub(super) struct Lane {
    pub(super) name: String,
    way: ArcSwap<Way>,
    is_started: AtomicBool,
    /// The config has no such channel any more: nothing is claimed, and what waits stays.
    is_closed: AtomicBool,
    /// Claimed by us and not recorded yet, with the fences.
    held: Mutex<HashMap<DeliveryId, u64>>,
    health: Mutex<Health>,
    /// Something may be due.
    woken: Notify,
    /// Something that was held is recorded.
    freed: Notify,
    /// The channel is another one, or none.
    changed: Notify,
}

impl Lane {
    pub(super) fn new(name: &str, channel: Arc<dyn Channel>) -> Self {
        Self {
            name: name.to_owned(),
            way: ArcSwap::from_pointee(Way::of(channel)),
            is_started: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            held: Mutex::default(),
            health: Mutex::default(),
            woken: Notify::new(),
            freed: Notify::new(),
            changed: Notify::new(),
        }
    }

    /// Its channel as it is now.
    pub(super) fn way(&self) -> Arc<Way> {
        self.way.load_full()
    }

    /// Whether what was claimed for `way` may still leave by it.
    pub(super) fn is_current(&self, way: &Arc<Way>) -> bool {
        !self.is_closed.load(Ordering::Acquire) && Arc::ptr_eq(&self.way.load(), way)
    }

    /// Sends what it claims next through `channel`, of whose health nothing is known yet.
    pub(super) fn take(&self, channel: Arc<dyn Channel>) {
        self.way.store(Arc::new(Way::of(channel)));
        *self.health() = Health::default();
        self.changed.notify_one();
    }

    /// Whether it has no channel of the config.
    pub(super) fn is_gone(&self) -> bool {
        self.way.load().terms.waits_for_channel.is_some()
    }

    /// Claims nothing any more. What is being sent ends as it would.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    /// Whether this is the first to start it.
    pub(super) fn may_start(&self) -> bool {
        !self.is_started.swap(true, Ordering::AcqRel)
    }

    pub(super) fn is_started(&self) -> bool {
        self.is_started.load(Ordering::Acquire)
    }

    /// How long a claim is ours: three times what a send may take, since it may be renewed late.
    pub(super) fn lease(&self) -> Duration {
        (3 * self.way().terms.limit).max(SHORTEST_LEASE)
    }

    pub(super) fn wake(&self) {
        self.woken.notify_one();
    }

    /// Ends our part in a delivery.
    pub(super) fn release(&self, id: DeliveryId) {
        self.held().remove(&id);
        self.freed.notify_one();
    }

    pub(super) fn leases(&self) -> Vec<(DeliveryId, u64)> {
        self.held().iter().map(|(id, fence)| (*id, *fence)).collect()
    }

    pub(super) fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, HashMap<DeliveryId, u64>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Claims and sends until told to stop, or until the channel is gone. What was claimed is always
/// seen through: a claim that was dropped would keep its rows from everybody for a whole lease.
pub(super) async fn run(work: Arc<Work>, lane: Arc<Lane>, done: mpsc::Sender<Done>, tasks: Tasks) {
    let mut pause = SHORTEST_BREAK;
    // At the start there may be something from an earlier life.
    let mut is_due = true;
    while !tasks.is_stopping() && !lane.is_closed.load(Ordering::Acquire) {
        if !is_due {
            wait(&lane, &tasks, lane.woken.notified()).await;
            is_due = true;
            continue;
        }
        let now = work.now();
        let gate = lane.health().gate(now);
        if let Gate::Closed(until) = gate {
            let rest = tokio::time::sleep(until.saturating_sub(now));
            wait(&lane, &tasks, rest).await;
            continue;
        }
        let way = lane.way();
        let (most, low) = way.room(gate);
        let held = lane.held().len();
        if held >= low {
            wait(&lane, &tasks, lane.freed.notified()).await;
            continue;
        }
        let count = (most - held).min(BATCH);
        match claim(&work, &lane, &way, count).await {
            Ok(claim) => {
                pause = SHORTEST_BREAK;
                is_due = claim.deliveries.len() == count || claim.again_at.is_some();
                for delivery in claim.deliveries {
                    let run = (Arc::clone(&work), Arc::clone(&lane), Arc::clone(&way));
                    tasks.spawn(carry::run(run, delivery, done.clone(), tasks.clone()));
                }
                if let Some(again_at) = claim.again_at {
                    let rest = tokio::time::sleep(again_at.saturating_sub(work.now()));
                    wait(&lane, &tasks, rest).await;
                }
            }
            Err(error) => {
                work.report(&error, "claim");
                wait(&lane, &tasks, tokio::time::sleep(pause)).await;
                pause = (2 * pause).min(LONGEST_BREAK);
            }
        }
    }
}

/// Waits for something, the stop, or another channel.
async fn wait(lane: &Lane, tasks: &Tasks, something: impl Future<Output = ()>) {
    tokio::select! {
        () = tasks.stopping() => {}
        () = lane.changed.notified() => {}
        () = something => {}
    }
}

async fn claim(work: &Work, lane: &Lane, way: &Way, count: usize) -> Result<Claim, StoreError> {
    let many = u32::try_from(count).unwrap_or(u32::MAX);
    let (now, lease, rate) = (work.now(), lane.lease(), way.terms.rate);
    let claim = work.ground.store.claim(now, &lane.name, many, lease, rate).await?;
    lane.held().extend(claim.deliveries.iter().map(|it| (it.id, it.fence)));
    Ok(claim)
}
