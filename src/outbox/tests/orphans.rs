//! What waits for a channel that the config does not have any more.

use std::sync::Arc;
use std::time::Duration;

use super::Bench;
use super::START;
use super::memory;
use super::script::SERVICE;
use super::script::Scripted;
use super::script::no;
use super::scripted;
use super::text;
use crate::channels::Channels;
use crate::clock::TokioClock;
use crate::metrics::Metrics;
use crate::notification::Notification;
use crate::notification::Terms;
use crate::store::DeliveryId;
use crate::store::State;

const HOUR: u64 = 3_600;

/// Two notifications for `ops`, accepted 10 h apart; then the config has it no more, but `mail`.
async fn orphaned(metrics: &Metrics) -> (Bench, DeliveryId, DeliveryId) {
    let (store, clock) = (memory(), TokioClock::starting_at(START));
    let start = |channels, metrics: &Metrics| {
        Bench::at(clock, Arc::clone(&store), scripted(channels), metrics)
    };
    let ops = Scripted::new(Terms::default(), [no(SERVICE)]);
    let before = start([("ops", ops)], &Metrics::new());
    let to_mail = Notification { fallback: vec!["mail".to_owned()], ..text("ops") };
    let first = before.enqueue(to_mail).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(before.tasks.stop(Duration::from_secs(10)).await);
    tokio::time::sleep(Duration::from_hours(10)).await;
    // Nothing leaves any more, but it is still accepted.
    let second = before.enqueue(text("ops")).await;
    let mail = Scripted::new(Terms::default(), []);
    (start([("mail", mail)], metrics), first, second)
}

fn orphans(metrics: &Metrics) -> String {
    let all = metrics.encode().unwrap();
    let line = all.lines().find(|it| it.starts_with("yizhan_outbox_orphans ")).unwrap();
    line.to_owned()
}

#[tokio::test(start_paused = true)]
async fn what_waits_too_long_goes_through_its_stand_in_or_is_refused() {
    let metrics = Metrics::new();
    let (bench, first, second) = orphaned(&metrics).await;
    tokio::time::sleep(Duration::from_hours(13)).await;
    assert_eq!(orphans(&metrics), "yizhan_outbox_orphans 1");
    let waiting = bench.outbox.store().find(first).await.unwrap().unwrap().0;
    assert_eq!(waiting.state, State::Waiting);

    // 24 h after it was accepted, looked at once in an hour here.
    let sent = bench.outcome(first).await;
    assert_eq!(sent.state, State::Delivered);
    let attempts = bench.attempts(first).await;
    let channels: Vec<&str> = attempts.iter().map(|(_, what)| what.as_str()).collect();
    assert_eq!(channels, ["ops service E1", "ops request outbox.channel", "mail delivered"]);
    let at = attempts[1].0;
    assert!((24 * HOUR..=25 * HOUR + 60).contains(&at), "{at}");

    // The other is younger, and has none.
    let waiting = bench.outbox.store().find(second).await.unwrap().unwrap().0;
    assert_eq!(waiting.state, State::Waiting);
    let refused = bench.outcome(second).await;
    assert_eq!(refused.state, State::Refused);
    let (at, what) = bench.attempts(second).await.remove(0);
    assert_eq!(what, "ops request outbox.channel");
    assert!((34 * HOUR..=34 * HOUR + 60).contains(&at), "{at}");
    tokio::time::sleep(Duration::from_hours(2)).await;
    assert_eq!(orphans(&metrics), "yizhan_outbox_orphans 0");
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_comes_back_finds_what_waited() {
    let metrics = Metrics::new();
    let (bench, first, second) = orphaned(&metrics).await;
    bench.outcome(first).await;
    let ops = Scripted::new(Terms::default(), []);
    bench.outbox.replace(scripted([("ops", Arc::clone(&ops))]), |_| false);
    assert_eq!(
        bench.outcome(second).await.state,
        State::Delivered,
        "{:?}",
        bench.attempts(second).await
    );
    assert_eq!(ops.given(), [second]);
    // It was put off by ten minutes at most.
    assert!(bench.seconds() <= 25 * HOUR + 660, "{}", bench.seconds());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_in_a_station_without_channels_for_ever() {
    let metrics = Metrics::new();
    let (bench, _, second) = orphaned(&metrics).await;
    bench.outbox.replace(Channels::default(), |_| true);
    assert_eq!(bench.outcome(second).await.state, State::Refused);
}
