//! An outbox on a paused clock, over a store in memory, with channels that do as they are told.

mod books;
mod failures;
mod orphans;
mod pace;
mod quiet;
mod replaced;
mod reports;
mod script;
mod stop;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use self::script::Scripted;
use super::Ground;
use super::Outbox;
use super::Settings;
use crate::channels::Channel;
use crate::channels::Channels;
use crate::clock::Clock as _;
use crate::clock::TokioClock;
use crate::config::outbox::RETRY;
use crate::entropy::SystemEntropy;
use crate::metrics::Metrics;
use crate::notification::Notification;
use crate::store;
use crate::store::Delivery;
use crate::store::DeliveryId;
use crate::store::Retention;
use crate::store::Store;
use crate::tasks::Tasks;

/// 2026-01-01T00:00:00Z, in seconds.
const START: u64 = 1_767_225_600;

/// An outbox, its work under way, and its clock.
struct Bench {
    outbox: Outbox,
    tasks: Tasks,
    clock: TokioClock,
}

impl Bench {
    /// One that sends through these channels.
    fn with(channels: impl IntoIterator<Item = (&'static str, Arc<Scripted>)>) -> Self {
        Self::over(memory(), channels)
    }

    /// The same over a store that is there already.
    fn over(
        store: Arc<dyn Store>,
        channels: impl IntoIterator<Item = (&'static str, Arc<Scripted>)>,
    ) -> Self {
        Self::start(store, scripted(channels), &Metrics::new())
    }

    /// The same, counted by `metrics`.
    fn counting(
        channels: impl IntoIterator<Item = (&'static str, Arc<Scripted>)>,
        metrics: &Metrics,
    ) -> Self {
        Self::start(memory(), scripted(channels), metrics)
    }

    /// The same with channels of any kind.
    fn over_channels(channels: Channels) -> Self {
        Self::start(memory(), channels, &Metrics::new())
    }

    fn start(store: Arc<dyn Store>, channels: Channels, metrics: &Metrics) -> Self {
        Self::at(TokioClock::starting_at(START), store, channels, metrics)
    }

    /// The same with a clock that others have too.
    fn at(clock: TokioClock, store: Arc<dyn Store>, channels: Channels, metrics: &Metrics) -> Self {
        let outbox = outbox(store, channels, clock, metrics);
        let bench = Self { outbox, tasks: Tasks::new(), clock };
        bench.outbox.start(&bench.tasks);
        bench
    }

    async fn enqueue(&self, notification: Notification) -> DeliveryId {
        self.outbox.enqueue(notification).await.unwrap().id()
    }

    /// Waits until the delivery has left the queue.
    async fn outcome(&self, id: DeliveryId) -> Delivery {
        self.outbox.outcome(id).await.unwrap().unwrap()
    }

    /// How long the clock has run, in whole seconds.
    fn seconds(&self) -> u64 {
        self.clock.since_epoch().as_secs() - START
    }

    async fn find(&self, id: DeliveryId) -> Delivery {
        self.outbox.store().find(id).await.unwrap().unwrap().0
    }

    /// When each attempt began, in whole seconds since the beginning, and what came of it.
    async fn attempts(&self, id: DeliveryId) -> Vec<(u64, String)> {
        let (_, attempts) = self.outbox.store().find(id).await.unwrap().unwrap();
        let told = attempts.into_iter().map(|attempt| {
            let what = attempt.blame.unwrap_or_else(|| "delivered".to_owned());
            (attempt.at.as_secs() - START, format!("{} {what} {}", attempt.channel, attempt.code))
        });
        told.map(|(at, what)| (at, what.trim_end().to_owned())).collect()
    }
}

fn memory() -> Arc<dyn Store> {
    store::open("memory:", Path::new("")).unwrap()
}

fn scripted(by_name: impl IntoIterator<Item = (&'static str, Arc<Scripted>)>) -> Channels {
    let mut channels = Channels::default();
    for (name, channel) in by_name {
        channels.insert(name, channel as Arc<dyn Channel>);
    }
    channels
}

fn outbox(
    store: Arc<dyn Store>,
    channels: Channels,
    clock: TokioClock,
    metrics: &Metrics,
) -> Outbox {
    let settings = Settings {
        retry: RETRY.into(),
        pause_after: Duration::from_hours(4),
        wait_for_channel: Duration::from_hours(24),
        retention: Retention::default(),
        // Nobody else is there, and each look would be a stop of the paused clock.
        look: Duration::from_hours(1),
    };
    Outbox::new(Ground {
        store,
        channels,
        clock: Arc::new(clock),
        entropy: Arc::new(SystemEntropy),
        metrics: metrics.outbox.clone(),
        settings,
    })
}

fn text(channel: &str) -> Notification {
    Notification::text(channel, "done")
}
