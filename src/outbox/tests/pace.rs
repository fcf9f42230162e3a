//! How fast, how many at once, and when nothing at all.

use std::sync::Arc;
use std::time::Duration;

use super::Bench;
use super::script::SERVICE;
use super::script::Scripted;
use super::script::no;
use super::text;
use crate::metrics::Metrics;
use crate::notification::Blame;
use crate::notification::Rate;
use crate::notification::Terms;
use crate::store::DeliveryId;
use crate::store::State;

async fn enqueue(bench: &Bench, channel: &str, count: usize) -> Vec<DeliveryId> {
    let batch = vec![text(channel); count];
    let accepted = bench.outbox.enqueue_all(batch).await.unwrap();
    accepted.into_iter().map(crate::store::Accepted::id).collect()
}

async fn all_delivered(bench: &Bench, ids: &[DeliveryId]) {
    for id in ids {
        assert_eq!(bench.outcome(*id).await.state, State::Delivered);
    }
}

#[tokio::test(start_paused = true)]
async fn fifteen_hundred_sends_of_100_ms_end_in_half_a_second_where_the_channel_allows_it() {
    let terms = Terms { concurrency: 500, ..Terms::default() };
    let ops = Scripted::taking(Duration::from_millis(100), terms, []);
    let bench = Bench::with([("ops", Arc::clone(&ops))]);
    let begun = tokio::time::Instant::now();
    let ids = enqueue(&bench, "ops", 1_500).await;
    all_delivered(&bench, &ids).await;
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    assert_eq!(ops.most(), 500);
}

#[tokio::test(start_paused = true)]
async fn no_more_run_at_once_than_the_channel_takes_and_they_go_in_their_order() {
    let terms = Terms { concurrency: 1, ..Terms::default() };
    let ops = Scripted::taking(Duration::from_millis(10), terms, []);
    let bench = Bench::with([("ops", Arc::clone(&ops))]);
    let ids = enqueue(&bench, "ops", 200).await;
    all_delivered(&bench, &ids).await;
    assert_eq!(ops.most(), 1);
    assert_eq!(ops.given(), ids);
}

#[tokio::test(start_paused = true)]
async fn a_pace_is_kept_and_used_up() {
    let rate = Some(Rate { count: 20, per: Duration::from_mins(1) });
    let ops = Scripted::new(Terms { rate, ..Terms::default() }, []);
    let bench = Bench::with([("ops", Arc::clone(&ops))]);
    let ids = enqueue(&bench, "ops", 60).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(ops.given().len(), 20);
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert_eq!(ops.given().len(), 40);
    all_delivered(&bench, &ids).await;
    assert!((120..=140).contains(&bench.seconds()), "{} s", bench.seconds());
}

#[tokio::test(start_paused = true)]
async fn a_slow_lane_does_not_hold_up_another() {
    let slow = Terms { concurrency: 1, ..Terms::default() };
    let bench = Bench::with([
        ("slow", Scripted::taking(Duration::from_secs(20), slow, [])),
        ("fast", Scripted::new(Terms::default(), [])),
    ]);
    enqueue(&bench, "slow", 100).await;
    let ids = enqueue(&bench, "fast", 100).await;
    all_delivered(&bench, &ids).await;
    assert_eq!(bench.seconds(), 0);
}

#[tokio::test(start_paused = true)]
async fn after_too_many_nothing_goes_through_until_the_service_wants_it() {
    let quota = Blame::Quota { retry_after: Some(Duration::from_secs(100)) };
    let terms = Terms { concurrency: 1, ..Terms::default() };
    let ops = Scripted::new(terms, [no(quota)]);
    let bench = Bench::with([("ops", Arc::clone(&ops))]);
    let ids = enqueue(&bench, "ops", 50).await;
    tokio::time::sleep(Duration::from_secs(99)).await;
    assert_eq!(ops.given().len(), 1);
    all_delivered(&bench, &ids).await;
    assert_eq!(ops.given().len(), 51);
    // What was not tried was handed back, and has all its tries left.
    for id in &ids[1..] {
        assert_eq!(bench.find(*id).await.attempts, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_renewed_for_as_long_as_a_send_takes() {
    let terms = Terms { concurrency: 1, limit: Duration::from_secs(30), ..Terms::default() };
    let ops = Scripted::taking(Duration::from_secs(25), terms, []);
    let bench = Bench::with([("ops", Arc::clone(&ops))]);
    // The last one is held for ten times as long as a lease lasts.
    let ids = enqueue(&bench, "ops", 36).await;
    all_delivered(&bench, &ids).await;
    assert_eq!(ops.given(), ids);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_only_fails_for_hours_is_paused_and_probed_until_it_works() {
    let ops = Scripted::new(Terms::default(), (0..48).map(|_| no(SERVICE)));
    let metrics = Metrics::new();
    let bench = Bench::counting([("ops", Arc::clone(&ops))], &metrics);
    let ids = enqueue(&bench, "ops", 8).await;
    let is_paused = || {
        let shown = metrics.encode().unwrap();
        shown.contains("yizhan_outbox_channel_paused{channel=\"ops\"} 1")
    };
    // The first four waits are 155 minutes, and a fifth more at most.
    tokio::time::sleep(Duration::from_mins(187)).await;
    assert_eq!((ops.given().len(), is_paused()), (40, false), "five tries each");
    while !is_paused() {
        tokio::time::sleep(Duration::from_mins(1)).await;
    }
    let before = ops.given().len();
    tokio::time::sleep(Duration::from_mins(19)).await;
    assert!(ops.given().len() <= before + 1, "one probe in ten minutes");
    all_delivered(&bench, &ids).await;
    assert!(!is_paused());
}
