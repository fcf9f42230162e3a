//! How fast notifications are accepted and leave: `make bench`.
//!
//! On a real file with fsync, with the disk's bare rate of fsync beside it.
#![expect(clippy::unwrap_used, reason = "a measurement ends where a step of it cannot go on")]
#![expect(clippy::print_stdout, reason = "it is what a measurement is for")]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use yizhan::channels::Channel;
use yizhan::channels::Channels;
use yizhan::channels::Parcel;
use yizhan::channels::Sending;
use yizhan::clock::SystemClock;
use yizhan::config::outbox::RETRY;
use yizhan::entropy::SystemEntropy;
use yizhan::metrics::Metrics;
use yizhan::notification::Notification;
use yizhan::notification::Receipt;
use yizhan::notification::Terms;
use yizhan::outbox::Ground;
use yizhan::outbox::LOOK;
use yizhan::outbox::Outbox;
use yizhan::outbox::Settings;
use yizhan::store;
use yizhan::store::Retention;
use yizhan::tasks::Tasks;

/// How many notifications are accepted and drained.
const COUNT: usize = 40_000;

/// How many programs hand them in at once, each one by one.
const PRODUCERS: usize = 64;

/// A service that says yes after a while.
struct Service {
    takes: Duration,
    concurrency: usize,
}

impl Channel for Service {
    fn terms(&self) -> Terms {
        Terms { concurrency: self.concurrency, ..Terms::default() }
    }

    fn send<'a>(&'a self, _: &'a Parcel) -> Sending<'a> {
        Box::pin(async move {
            if !self.takes.is_zero() {
                tokio::time::sleep(self.takes).await;
            }
            Ok(Receipt::default())
        })
    }
}

fn outbox(folder: &Path, service: Service) -> Outbox {
    let mut channels = Channels::default();
    channels.insert("ops", Arc::new(service));
    Outbox::new(Ground {
        store: store::open("sqlite:yizhan.db", folder).unwrap(),
        channels,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        metrics: Metrics::new().outbox.clone(),
        settings: Settings {
            retry: RETRY.into(),
            pause_after: Duration::from_hours(4),
            wait_for_channel: Duration::from_hours(24),
            retention: Retention::default(),
            look: LOOK,
        },
    })
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    println!("disk       {:>9.0} fsync/s, bare", fsyncs(folder.path()));
    runtime.block_on(accept_and_drain(folder.path()));
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    runtime.block_on(slow_service(folder.path()));
}

/// How often a second 4 KB are appended and brought to the disk.
fn fsyncs(folder: &Path) -> f64 {
    let mut file = File::create(folder.join("fsync")).unwrap();
    let begun = Instant::now();
    let mut count = 0.0;
    while begun.elapsed() < Duration::from_secs(1) {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1.0;
    }
    count / begun.elapsed().as_secs_f64()
}

/// Waits until nothing waits any more.
async fn drained(outbox: &Outbox) {
    while outbox.store().books().await.unwrap().waiting > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate is shown in whole numbers")]
async fn accept_and_drain(folder: &Path) {
    let outbox = outbox(folder, Service { takes: Duration::ZERO, concurrency: 256 });
    let tasks = Tasks::new();
    let begun = Instant::now();
    let (end, mut ended) = tokio::sync::mpsc::channel::<()>(1);
    for producer in 0..PRODUCERS {
        let (outbox, end) = (outbox.clone(), end.clone());
        tasks.spawn(async move {
            for number in 0..COUNT / PRODUCERS {
                let mut notification = Notification::text("ops", "the disk of db-3 is full");
                notification.idempotency_key = Some(format!("bench/{producer}/{number}"));
                outbox.enqueue(notification).await.unwrap();
            }
            drop(end);
        });
    }
    drop(end);
    assert!(ended.recv().await.is_none());
    let rate = COUNT as f64 / begun.elapsed().as_secs_f64();
    println!(
        "accepted   {rate:>9.0} /s, {PRODUCERS} producers, each one with a key and on the disk"
    );
    let begun = Instant::now();
    outbox.start(&tasks);
    drained(&outbox).await;
    let rate = COUNT as f64 / begun.elapsed().as_secs_f64();
    println!("delivered  {rate:>9.0} /s, a service that says yes at once");
    tasks.stop(Duration::from_secs(10)).await;
}

async fn slow_service(folder: &Path) {
    let service = Service { takes: Duration::from_millis(100), concurrency: 500 };
    let outbox = outbox(folder, service);
    let tasks = Tasks::new();
    outbox.start(&tasks);
    let begun = Instant::now();
    let batch = vec![Notification::text("ops", "to a user"); 1_500];
    outbox.enqueue_all(batch).await.unwrap();
    drained(&outbox).await;
    let took = begun.elapsed().as_millis();
    println!("1,500 sends of 100 ms, 500 at once: {took} ms from first to last");
    tasks.stop(Duration::from_secs(10)).await;
}
