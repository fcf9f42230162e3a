//! What services say only when they are asked, on the paused clock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::sleep;

use super::Bench;
use super::START;
use super::text;
use crate::channels::Asking;
use crate::channels::Channel;
use crate::channels::Channels;
use crate::channels::Parcel;
use crate::channels::Sending;
use crate::channels::Sent;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Fate;
use crate::notification::Receipt;
use crate::notification::Report;
use crate::notification::Terms;

type Told = Result<Option<Report>, Failure>;

/// A channel whose service must be asked; what each question comes to, in turn.
struct Asked {
    ids: &'static str,
    script: Mutex<VecDeque<Told>>,
    /// When it was asked about what, in seconds since the beginning.
    heard: Mutex<Vec<(u64, String)>>,
}

impl Asked {
    fn new(ids: &'static str, script: impl IntoIterator<Item = Told>) -> Arc<Self> {
        let script = Mutex::new(script.into_iter().collect());
        Arc::new(Self { ids, script, heard: Mutex::default() })
    }

    fn heard(&self) -> Vec<(u64, String)> {
        self.heard.lock().unwrap().clone()
    }
}

impl Channel for Asked {
    fn terms(&self) -> Terms {
        Terms::default()
    }

    fn send<'a>(&'a self, _: &'a Parcel) -> Sending<'a> {
        let receipt = Receipt { id: Some(self.ids.to_owned()), ..Receipt::default() };
        Box::pin(async move { Ok(receipt) })
    }

    fn asks(&self) -> bool {
        true
    }

    fn ask<'a>(&'a self, sent: &'a Sent) -> Asking<'a> {
        Box::pin(async move {
            let when = sent.now.as_secs() - START;
            self.heard.lock().unwrap().push((when, sent.called.clone()));
            self.script.lock().unwrap().pop_front().unwrap_or(Ok(None))
        })
    }
}

fn bench(channel: &Arc<Asked>) -> Bench {
    let mut channels = Channels::default();
    channels.insert("ops", Arc::clone(channel) as Arc<dyn Channel>);
    Bench::over_channels(channels)
}

#[expect(clippy::unnecessary_wraps, reason = "it stands in scripts beside failures")]
fn told(fate: Fate, detail: &str) -> Told {
    let (id, detail) = ("whatever the service says".to_owned(), detail.to_owned());
    Ok(Some(Report { id, fate, detail }))
}

#[tokio::test(start_paused = true)]
async fn a_service_is_asked_until_it_knows_and_then_no_more() {
    let channel = Asked::new("m1", [Ok(None), told(Fate::Failed, "blocked")]);
    let bench = bench(&channel);
    let id = bench.enqueue(text("ops")).await;
    sleep(Duration::from_hours(3)).await;
    assert_eq!(channel.heard(), [(5, "m1".to_owned()), (30, "m1".to_owned())]);
    let reports = bench.outbox.store().reports(id).await.unwrap();
    let report = &reports[0].report;
    assert_eq!((report.id.as_str(), report.fate.word()), ("m1", "failed"));
    assert_eq!((report.detail.as_str(), reports[0].at.as_secs()), ("blocked", START + 30));
    // The service took it: what it says later changes nothing about that.
    assert_eq!(bench.attempts(id).await, [(0, "ops delivered m1".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_never_knows_or_fails_is_asked_four_times_and_sends_all_the_same() {
    let failure = || Err(Failure::new(Blame::Service { retry_after: None }, "down"));
    let channel = Asked::new("m1", [failure(), failure(), Ok(None), failure()]);
    let bench = bench(&channel);
    bench.enqueue(text("ops")).await;
    sleep(Duration::from_hours(6)).await;
    let seconds: Vec<u64> = channel.heard().into_iter().map(|(when, _)| when).collect();
    assert_eq!(seconds, [5, 30, 300, 3_600]);
    let id = bench.enqueue(text("ops")).await;
    assert_eq!(bench.outcome(id).await.state.word(), "delivered");
}

#[tokio::test(start_paused = true)]
async fn each_of_several_receivers_is_asked_about() {
    let channel = Asked::new("7001,7002", [told(Fate::Confirmed, ""), told(Fate::Failed, "")]);
    let bench = bench(&channel);
    let id = bench.enqueue(text("ops")).await;
    sleep(Duration::from_mins(1)).await;
    let mut heard = channel.heard();
    heard.sort();
    assert_eq!(heard, [(5, "7001".to_owned()), (5, "7002".to_owned())]);
    assert_eq!(bench.outbox.store().reports(id).await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_asked_before_a_stop_is_asked_by_the_next_process() {
    let channel = Asked::new("m1", [told(Fate::Confirmed, "")]);
    let first = bench(&channel);
    let id = first.enqueue(text("ops")).await;
    first.outcome(id).await;
    assert!(first.tasks.stop(Duration::from_secs(10)).await);
    sleep(Duration::from_mins(2)).await;
    assert_eq!(channel.heard(), []);
    let store = Arc::clone(first.outbox.store());
    let mut channels = Channels::default();
    channels.insert("ops", Arc::clone(&channel) as Arc<dyn Channel>);
    let metrics = crate::metrics::Metrics::new();
    let next = super::outbox(Arc::clone(&store), channels, first.clock, &metrics);
    let tasks = crate::tasks::Tasks::new();
    next.start(&tasks);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(channel.heard(), [(120, "m1".to_owned())]);
    assert_eq!(store.reports(id).await.unwrap().len(), 1);
}
