//! Channels that become other ones while the outbox sends.

use std::sync::Arc;
use std::time::Duration;

use super::Bench;
use super::script::SERVICE;
use super::script::Scripted;
use super::script::no;
use super::scripted;
use super::text;
use crate::clock::Clock as _;
use crate::notification::Blame;
use crate::notification::Notification;
use crate::notification::Terms;
use crate::store::State;

#[tokio::test(start_paused = true)]
async fn what_is_being_sent_ends_with_the_old_channel_and_the_rest_takes_the_new_one() {
    let terms = Terms { concurrency: 2, ..Terms::default() };
    let old = Scripted::taking(Duration::from_secs(4), terms, []);
    let bench = Bench::with([("ops", Arc::clone(&old))]);
    let accepted = bench.outbox.enqueue_all(vec![text("ops"); 10]).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;

    let new = Scripted::new(Terms::default(), []);
    bench.outbox.replace(scripted([("ops", Arc::clone(&new))]), |lane| lane == "ops");
    for accepted in &accepted {
        assert_eq!(bench.outcome(accepted.id()).await.state, State::Delivered);
        // What was claimed for the old channel was handed back without a try.
        assert_eq!(bench.attempts(accepted.id()).await.len(), 1);
    }

    assert_eq!((old.given().len(), new.given().len()), (2, 8));
    assert_eq!(bench.seconds(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_not_changed_stays_the_one_it_is() {
    let (old, same) = (Scripted::new(Terms::default(), []), Scripted::new(Terms::default(), []));
    let bench = Bench::with([("ops", Arc::clone(&old))]);
    bench.outbox.replace(scripted([("ops", Arc::clone(&same))]), |_| false);
    let id = bench.enqueue(text("ops")).await;
    assert_eq!(bench.outcome(id).await.state, State::Delivered);
    assert_eq!((old.given().len(), same.given().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_new_channel_gets_a_lane_also_where_there_was_none_at_all() {
    let bench = Bench::with([]);
    assert!(bench.outbox.enqueue(text("ops")).await.is_err());
    let ops = Scripted::new(Terms::default(), []);
    bench.outbox.replace(scripted([("ops", Arc::clone(&ops))]), |_| false);
    let id = bench.enqueue(text("ops")).await;
    assert_eq!(bench.outcome(id).await.state, State::Delivered);
    assert!(bench.tasks.stop(Duration::from_secs(10)).await);
    assert_eq!(bench.seconds(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_channel_that_is_gone_is_nobodys_and_leaves_when_it_is_back() {
    let terms = Terms { concurrency: 1, ..Terms::default() };
    let old = Scripted::taking(Duration::from_secs(4), terms, []);
    let bench = Bench::with([("ops", Arc::clone(&old))]);
    bench.outbox.enqueue_all(vec![text("ops"); 3]).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;

    bench.outbox.replace(scripted([]), |_| true);
    tokio::time::sleep(Duration::from_secs(5)).await;

    // The one that was under way arrived; the others are not leased to anybody.
    assert_eq!(old.given().len(), 1);
    let books = bench.outbox.store().books().await.unwrap();
    assert_eq!((books.delivered, books.waiting), (1, 2));
    let (now, lease) = (bench.clock.since_epoch(), Duration::from_secs(10));
    let claim = bench.outbox.store().claim(now, "ops", 10, lease, None).await.unwrap();
    assert_eq!(claim.deliveries.len(), 2);
    assert!(claim.deliveries.iter().all(|it| !it.is_interrupted && it.tries == 1));

    let back = Scripted::new(Terms::default(), []);
    bench.outbox.replace(scripted([("ops", Arc::clone(&back))]), |_| true);
    for claimed in claim.deliveries {
        assert_eq!(bench.outcome(claimed.id).await.state, State::Delivered);
    }
    assert_eq!(back.given().len(), 2);
    assert!(bench.tasks.stop(Duration::from_secs(10)).await);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_rests_is_tried_at_once_when_it_becomes_another_one() {
    let asks = Blame::Quota { retry_after: Some(Duration::from_hours(6)) };
    let bench = Bench::with([("ops", Scripted::new(Terms::default(), [no(asks)]))]);
    bench.enqueue(text("ops")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let second = bench.enqueue(text("ops")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(bench.find(second).await.state, State::Waiting);

    let new = Scripted::new(Terms::default(), []);
    bench.outbox.replace(scripted([("ops", Arc::clone(&new))]), |_| true);
    assert_eq!(bench.outcome(second).await.state, State::Delivered);
    assert_eq!(bench.seconds(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_channels_that_stand_in_are_those_a_notification_was_accepted_with() {
    let ops = |fallback: &str| {
        let fallback = vec![fallback.to_owned()];
        let terms = Terms { fallback, ..Terms::default() };
        Scripted::new(terms, [no(SERVICE), no(Blame::Request)])
    };
    let (mail, chat) = (Scripted::new(Terms::default(), []), Scripted::new(Terms::default(), []));
    let both = || [("mail", Arc::clone(&mail)), ("chat", Arc::clone(&chat))];
    let bench = Bench::with(both().into_iter().chain([("ops", ops("mail"))]));
    let id = bench.enqueue(text("ops")).await;
    let own = Notification { fallback: vec!["chat".to_owned()], ..text("ops") };
    let other = bench.enqueue(own).await;
    tokio::time::sleep(Duration::from_secs(1)).await;

    let refusing = ops("chat");
    bench
        .outbox
        .replace(scripted(both().into_iter().chain([("ops", refusing)])), |lane| lane == "ops");
    assert_eq!(bench.outcome(id).await.state, State::Delivered);
    assert_eq!(bench.outcome(other).await.state, State::Delivered);
    assert_eq!((mail.given(), chat.given()), (vec![id], vec![other]));
}

/// Real time, so that replacements come between any two steps of the workers.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn channels_that_change_all_the_time_lose_nothing_and_send_nothing_twice() {
    let made = |_| {
        let terms = Terms { concurrency: 8, ..Terms::default() };
        Scripted::taking(Duration::from_millis(1), terms, [])
    };
    let all: Vec<Arc<Scripted>> = (0..40).map(made).collect();
    let bench = Bench::with([("ops", Arc::clone(&all[0]))]);
    let mut expected = Vec::new();
    for (round, channel) in all.iter().enumerate().skip(1) {
        let accepted = bench.outbox.enqueue_all(vec![text("ops"); 25]).await.unwrap();
        expected.extend(accepted.into_iter().map(crate::store::Accepted::id));
        // Now and then it is gone for a moment.
        if round % 5 == 0 {
            bench.outbox.replace(scripted([]), |_| true);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        bench.outbox.replace(scripted([("ops", Arc::clone(channel))]), |_| true);
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let until = tokio::time::Instant::now() + Duration::from_secs(20);
    while bench.outbox.store().books().await.unwrap().waiting > 0 {
        assert!(tokio::time::Instant::now() < until, "something is left");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut given: Vec<_> = all.iter().flat_map(|channel| channel.given()).collect();
    given.sort_unstable();
    expected.sort_unstable();
    assert_eq!(given, expected);
    assert!(bench.tasks.stop(Duration::from_secs(5)).await);
    let audit = bench.outbox.store().audit().await.unwrap();
    assert_eq!((audit.delivered, audit.balance()), (975, true));
}
