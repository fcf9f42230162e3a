//! What follows each outcome, and when.

use std::time::Duration;

use super::Bench;
use super::START;
use super::script::SERVICE;
use super::script::Said;
use super::script::Scripted;
use super::script::no;
use super::script::ok;
use super::text;
use crate::channels::Channel;
use crate::channels::Channels;
use crate::channels::Parcel;
use crate::channels::Sending;
use crate::notification::Blame;
use crate::notification::Guarantee;
use crate::notification::Notification;
use crate::notification::Terms;
use crate::outbox::OutboxError;
use crate::store::Accepted;
use crate::store::State;

fn once() -> Terms {
    Terms { guarantee: Guarantee::AtMostOnce, ..Terms::default() }
}

/// The state in which one notification ends, and its attempts: within which seconds and what.
async fn story(
    terms: Terms,
    script: impl IntoIterator<Item = Said>,
) -> (State, Vec<(u64, String)>) {
    let bench = Bench::with([("ops", Scripted::new(terms, script))]);
    let id = bench.enqueue(text("ops")).await;
    (bench.outcome(id).await.state, bench.attempts(id).await)
}

/// Each attempt is the expected one, and at its time ± 20 % of each wait before it.
fn assert_story(found: &(State, Vec<(u64, String)>), state: State, expected: &[(u64, &str)]) {
    assert_eq!(found.0, state);
    let texts: Vec<&str> = found.1.iter().map(|(_, what)| what.as_str()).collect();
    assert_eq!(texts, expected.iter().map(|(_, what)| *what).collect::<Vec<_>>());
    for ((at, what), (due, _)) in found.1.iter().zip(expected) {
        // A quarter of a second is what the outbox itself may take.
        let (least, most) = (due * 4 / 5, due * 6 / 5 + 1);
        assert!((least..=most).contains(at), "{what} at {at} s, expected at {due} s");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_service_takes_is_delivered_at_once_with_its_receipt() {
    let found = story(Terms::default(), [ok()]).await;
    assert_story(&found, State::Delivered, &[(0, "ops delivered m1")]);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_fails_is_tried_eight_times_over_28_hours_and_then_given_up() {
    let found = story(Terms::default(), (0..8).map(|_| no(SERVICE))).await;
    let at = [0, 5, 305, 2_105, 9_305, 27_305, 63_305, 99_305];
    let expected = at.map(|at| (at, "ops service E1"));
    assert_story(&found, State::Refused, &expected);
}

#[tokio::test(start_paused = true)]
async fn each_blame_has_its_own_consequence() {
    let asks = |seconds| Some(Duration::from_secs(seconds));
    let delivered = (State::Delivered, true);
    for (terms, blame, (state, is_again), due) in [
        (Terms::default(), SERVICE, delivered, 5),
        (Terms::default(), Blame::Service { retry_after: asks(60) }, delivered, 66),
        (Terms::default(), Blame::Quota { retry_after: None }, delivered, 300),
        (Terms::default(), Blame::Quota { retry_after: asks(40) }, delivered, 44),
        (Terms::default(), Blame::Request, (State::Refused, false), 0),
        (Terms::default(), Blame::Unknown, delivered, 5),
        (once(), Blame::Unknown, (State::Unknown, false), 0),
        (Terms { takes_id: true, ..once() }, Blame::Unknown, delivered, 5),
    ] {
        let found = story(terms, [no(blame), ok()]).await;
        let first = format!("ops {} E1", blame.word());
        let mut expected = vec![(0, first.as_str())];
        expected.extend(is_again.then_some((due, "ops delivered m1")));
        assert_story(&found, state, &expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_unknown_to_the_end_is_unknown_and_not_refused() {
    let found = story(Terms::default(), (0..8).map(|_| no(Blame::Unknown))).await;
    assert_eq!((found.0, found.1.len()), (State::Unknown, 8));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_taken_once_a_channel_refuses_and_only_then() {
    let first = Terms { fallback: vec!["mail".to_owned()], ..Terms::default() };
    let script = [no(SERVICE), no(Blame::Request)];
    let bench = Bench::with([
        ("ops", Scripted::new(first, script)),
        ("mail", Scripted::new(Terms::default(), [no(SERVICE), ok()])),
    ]);
    let id = bench.enqueue(text("ops")).await;
    let found = (bench.outcome(id).await.state, bench.attempts(id).await);
    let expected = [
        (0, "ops service E1"),
        (5, "ops request E1"),
        (5, "mail service E1"),
        (10, "mail delivered m1"),
    ];
    assert_story(&found, State::Delivered, &expected);
}

#[tokio::test(start_paused = true)]
async fn a_notification_names_its_own_fallback_and_absent_channels_are_left_out() {
    let first = Terms { fallback: vec!["mail".to_owned()], ..Terms::default() };
    let bench = Bench::with([
        ("ops", Scripted::new(first, [no(Blame::Request)])),
        ("mail", Scripted::new(Terms::default(), [])),
        ("sms", Scripted::new(Terms::default(), [ok()])),
    ]);
    let fallback = vec!["fax".to_owned(), "sms".to_owned()];
    let id = bench.enqueue(Notification { fallback, ..text("ops") }).await;
    let found = (bench.outcome(id).await.state, bench.attempts(id).await);
    assert_story(&found, State::Delivered, &[(0, "ops request E1"), (0, "sms delivered m1")]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_takes_the_fallback_only_where_that_is_asked_for() {
    for (falls_back_on_unknown, state) in [(false, State::Unknown), (true, State::Delivered)] {
        let fallback = vec!["mail".to_owned()];
        let first = Terms { fallback, falls_back_on_unknown, ..once() };
        let bench = Bench::with([
            ("ops", Scripted::new(first, [no(Blame::Unknown)])),
            ("mail", Scripted::new(Terms::default(), [ok()])),
        ]);
        let id = bench.enqueue(text("ops")).await;
        assert_eq!(bench.outcome(id).await.state, state);
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_expired_is_not_sent() {
    let ops = Scripted::new(Terms::default(), [no(SERVICE)]);
    let bench = Bench::with([("ops", ops)]);
    let expires = Some(Duration::from_secs(START + 3));
    let id = bench.enqueue(Notification { expires, ..text("ops") }).await;
    let found = (bench.outcome(id).await.state, bench.attempts(id).await);
    assert_story(&found, State::Expired, &[(0, "ops service E1")]);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_due_waits_for_its_time() {
    let bench = Bench::with([("ops", Scripted::new(Terms::default(), []))]);
    let not_before = Some(Duration::from_secs(START + 600));
    let id = bench.enqueue(Notification { not_before, ..text("ops") }).await;
    assert_eq!(bench.outcome(id).await.state, State::Delivered);
    assert_eq!(bench.attempts(id).await, [(600, "ops delivered".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_send_that_never_ends_or_panics_is_unknown_and_the_lane_goes_on() {
    struct Broken;
    impl Channel for Broken {
        fn terms(&self) -> Terms {
            Terms { concurrency: 1, ..once() }
        }
        fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
            match parcel.notification.body.as_str() {
                "hang" => Box::pin(std::future::pending()),
                "panic" => panic!("as asked"),
                _ => Box::pin(async { ok() }),
            }
        }
    }
    let mut channels = Channels::default();
    channels.insert("ops", std::sync::Arc::new(Broken));
    let bench = Bench::over_channels(channels);
    let mut codes = Vec::new();
    for body in ["hang", "panic", "fine"] {
        let id = bench.enqueue(Notification::text("ops", body)).await;
        let delivery = bench.outcome(id).await;
        codes.push((delivery.state, delivery.reason.code));
    }
    let expected = [
        (State::Unknown, "channel.timed_out".to_owned()),
        (State::Unknown, "channel.panicked".to_owned()),
        (State::Delivered, String::new()),
    ];
    assert_eq!(codes, expected);
}

#[tokio::test(start_paused = true)]
async fn the_same_key_is_one_delivery_and_another_text_under_it_a_conflict() {
    let ops = Scripted::new(Terms::default(), []);
    let bench = Bench::with([("ops", std::sync::Arc::clone(&ops))]);
    let keyed = |body: &str| Notification {
        idempotency_key: Some("ci/1".to_owned()),
        ..Notification::text("ops", body)
    };
    let first = bench.outbox.enqueue(keyed("done")).await.unwrap();
    let id = first.id();
    assert_eq!(first, Accepted::New(id));
    assert_eq!(bench.outcome(id).await.state, State::Delivered);
    assert_eq!(bench.outbox.enqueue(keyed("done")).await.unwrap(), Accepted::Known(id));
    assert_eq!(bench.outbox.enqueue(keyed("gone")).await.unwrap(), Accepted::Conflict(id));
    assert_eq!(ops.given(), [id]);
}

#[tokio::test(start_paused = true)]
async fn a_notification_for_nobody_or_too_large_is_refused_before_it_is_stored() {
    let bench = Bench::with([("ops", Scripted::new(Terms::default(), []))]);
    let error = bench.outbox.enqueue(text("opps")).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no channel `opps`; did you mean `ops`?");
    let large = Notification::text("ops", "x".repeat(300_000));
    let error = bench.outbox.enqueue_all(vec![text("ops"), large]).await.unwrap_err();
    assert!(matches!(error, OutboxError::TooLarge(300_000)));
    assert_eq!(bench.outbox.store().books().await.unwrap().accepted, 0);
}
