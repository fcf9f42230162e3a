//! The queue itself.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::LEASE;
use super::START;
use super::Sample;
use super::at;
use super::claim;
use super::enqueue;
use super::finish;
use crate::notification::Rate;
use crate::store::Accepted;
use crate::store::Attempt;
use crate::store::Finish;
use crate::store::Lane;
use crate::store::NewDelivery;
use crate::store::Next;
use crate::store::Reason;
use crate::store::State;
use crate::store::Store;

pub(crate) async fn what_is_enqueued_is_claimed_once_and_then_delivered(store: Arc<dyn Store>) {
    let delivery = Sample::new().text("ops", "部署好了");
    assert_eq!(enqueue(&store, vec![delivery.clone()]).await, [Accepted::New(delivery.id)]);
    let claimed = claim(&store, 0, "ops", 10).await;
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].notification, delivery.notification);
    assert_eq!((claimed[0].tries, claimed[0].hop, claimed[0].is_interrupted), (1, 0, false));
    assert_eq!(claim(&store, 1, "ops", 10).await, []);
    assert!(finish(&store, 1, &claimed[0], Next::Delivered).await);
    assert_eq!(claim(&store, 1_000, "ops", 10).await, []);
    let (found, _) = store.find(delivery.id).await.unwrap().unwrap();
    assert_eq!((found.state, found.ended), (State::Delivered, Some(at(1))));
}

pub(crate) async fn the_same_id_twice_is_one_delivery(store: Arc<dyn Store>) {
    let delivery = Sample::new().text("ops", "once");
    enqueue(&store, vec![delivery.clone()]).await;
    assert_eq!(enqueue(&store, vec![delivery.clone()]).await, [Accepted::Known(delivery.id)]);
    assert_eq!(store.books().await.unwrap().accepted, 1);
}

pub(crate) async fn the_same_key_and_content_is_one_delivery(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let first = sample.keyed("ci/1", "once");
    let batch = vec![first.clone(), sample.keyed("ci/1", "once"), sample.keyed("ci/2", "once")];
    let answers = enqueue(&store, batch).await;
    assert_eq!(answers[..2], [Accepted::New(first.id), Accepted::Known(first.id)]);
    assert!(matches!(answers[2], Accepted::New(_)));
    // Known for as long as it is kept, also when it has left the queue.
    let claimed = claim(&store, 0, "ops", 1).await;
    assert!(finish(&store, 0, &claimed[0], Next::Delivered).await);
    let again = enqueue(&store, vec![sample.keyed("ci/1", "once")]).await;
    assert_eq!(again, [Accepted::Known(first.id)]);
    let found = store.find(first.id).await.unwrap().unwrap().0;
    assert_eq!(found.notification.idempotency_key.as_deref(), Some("ci/1"));
}

pub(crate) async fn the_same_key_with_another_content_is_a_conflict(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let first = sample.keyed("ci/1", "one");
    let answers = enqueue(&store, vec![first.clone(), sample.keyed("ci/1", "two")]).await;
    assert_eq!(answers, [Accepted::New(first.id), Accepted::Conflict(first.id)]);
    assert_eq!(store.books().await.unwrap().accepted, 1);
}

pub(crate) async fn nothing_is_claimed_before_it_is_due(store: Arc<dyn Store>) {
    let later = NewDelivery { due: at(60), ..Sample::new().text("ops", "later") };
    enqueue(&store, vec![later]).await;
    assert_eq!(claim(&store, 59, "ops", 10).await, []);
    assert_eq!(claim(&store, 60, "ops", 10).await.len(), 1);
}

pub(crate) async fn a_lane_gives_what_was_due_first_and_no_other_lanes(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let mut batch: Vec<_> = ["1", "2", "3"].map(|it| sample.text("ops", it)).into();
    batch.push(sample.text("mail", "other"));
    batch[0].due = at(20);
    enqueue(&store, batch).await;
    let claimed = claim(&store, 30, "ops", 2).await;
    let bodies: Vec<_> = claimed.iter().map(|it| it.notification.body.as_str()).collect();
    assert_eq!(bodies, ["2", "3"]);
    assert_eq!(claim(&store, 30, "ops", 2).await[0].notification.body, "1");
    assert_eq!(claim(&store, 30, "ops", 2).await, []);
    assert_eq!(claim(&store, 30, "mail", 2).await.len(), 1);
}

pub(crate) async fn a_claim_nobody_finishes_falls_due_again_and_says_so(store: Arc<dyn Store>) {
    enqueue(&store, vec![Sample::new().text("ops", "x")]).await;
    let first = claim(&store, 0, "ops", 1).await.remove(0);
    assert_eq!(claim(&store, 89, "ops", 1).await, []);
    let second = claim(&store, 90, "ops", 1).await.remove(0);
    assert!(second.fence > first.fence);
    assert_eq!((second.tries, second.is_interrupted), (2, true));
    // A failure that was recorded is no interruption.
    let again = Next::Again { due: at(100), reason: Reason::default() };
    assert!(finish(&store, 91, &second, again).await);
    assert!(!claim(&store, 100, "ops", 1).await[0].is_interrupted);
}

pub(crate) async fn a_stale_fence_changes_nothing(store: Arc<dyn Store>) {
    enqueue(&store, vec![Sample::new().text("ops", "x")]).await;
    let first = claim(&store, 0, "ops", 1).await.remove(0);
    let second = claim(&store, 90, "ops", 1).await.remove(0);
    let attempt = Attempt {
        at: at(0),
        took: LEASE,
        channel: "ops".to_owned(),
        blame: None,
        code: String::new(),
        advice: String::new(),
        detail: String::new(),
    };
    let (id, fence, next) = (first.id, first.fence, Next::Delivered);
    let stale = Finish { id, fence, next, attempts: vec![attempt], called: Vec::new() };
    assert_eq!(store.finish(at(91), vec![stale]).await.unwrap(), [false]);
    assert_eq!(store.extend(vec![(id, fence)], at(900)).await.unwrap(), [id]);
    let (found, attempts) = store.find(id).await.unwrap().unwrap();
    assert_eq!((found.state, found.due, attempts.len()), (State::Waiting, at(180), 0));
    assert!(finish(&store, 91, &second, Next::Delivered).await);
    assert!(!finish(&store, 92, &second, Next::Expired).await);
    assert_eq!(store.find(id).await.unwrap().unwrap().0.state, State::Delivered);
}

pub(crate) async fn a_lease_that_is_extended_does_not_end(store: Arc<dyn Store>) {
    enqueue(&store, vec![Sample::new().text("ops", "x")]).await;
    let claimed = claim(&store, 0, "ops", 1).await.remove(0);
    let leases = vec![(claimed.id, claimed.fence)];
    assert_eq!(store.extend(leases, at(200)).await.unwrap(), []);
    assert_eq!(claim(&store, 199, "ops", 1).await, []);
    assert!(finish(&store, 199, &claimed, Next::Delivered).await);
    assert_eq!(claim(&store, 200, "ops", 1).await, []);
}

pub(crate) async fn many_claims_finish_at_once_each_by_its_own_fence(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let batch: Vec<NewDelivery> = ["a", "b", "c"].map(|body| sample.text("ops", body)).into();
    enqueue(&store, batch).await;
    let claimed = claim(&store, 0, "ops", 3).await;
    let finish = |at: usize, fence: u64, next: Next| Finish {
        id: claimed[at].id,
        fence: claimed[at].fence + fence,
        next,
        attempts: Vec::new(),
        called: Vec::new(),
    };
    let refused = Next::Refused(Reason::default());
    let batch = vec![
        finish(0, 0, Next::Delivered),
        finish(1, 1, Next::Delivered),
        finish(2, 0, refused),
        finish(0, 0, Next::Expired),
    ];
    assert_eq!(store.finish(at(1), batch).await.unwrap(), [true, false, true, false]);
    let books = store.books().await.unwrap();
    assert_eq!((books.waiting, books.delivered, books.refused, books.expired), (1, 1, 1, 0));
    assert!(books.balance());
}

pub(crate) async fn a_retry_waits_for_its_time_and_keeps_its_attempts(store: Arc<dyn Store>) {
    enqueue(&store, vec![Sample::new().text("ops", "x")]).await;
    let attempt = |seconds, code: &str| Attempt {
        at: at(seconds),
        took: Duration::from_millis(120),
        channel: "ops".to_owned(),
        blame: Some("service".to_owned()),
        code: code.to_owned(),
        advice: "wait".to_owned(),
        detail: "busy".to_owned(),
    };
    let reason = Reason { code: "-1".to_owned(), note: "wait".to_owned() };
    let claimed = claim(&store, 0, "ops", 1).await.remove(0);
    let (id, fence) = (claimed.id, claimed.fence);
    let next = Next::Again { due: at(5), reason: reason.clone() };
    let first = Finish { id, fence, next, attempts: vec![attempt(0, "-1")], called: Vec::new() };
    assert_eq!(store.finish(at(0), vec![first]).await.unwrap(), [true]);
    assert_eq!(claim(&store, 4, "ops", 1).await, []);
    let claimed = claim(&store, 5, "ops", 1).await.remove(0);
    assert_eq!((claimed.tries, claimed.attempts), (2, 1));
    let (fence, next) = (claimed.fence, Next::Refused(reason.clone()));
    let attempts = vec![attempt(5, "2"), attempt(6, "3")];
    let second = Finish { id, fence, next, attempts, called: Vec::new() };
    assert_eq!(store.finish(at(6), vec![second]).await.unwrap(), [true]);
    let (found, attempts) = store.find(id).await.unwrap().unwrap();
    assert_eq!((found.state, found.reason, found.attempts), (State::Refused, reason, 3));
    assert_eq!(attempts, [attempt(0, "-1"), attempt(5, "2"), attempt(6, "3")]);
}

pub(crate) async fn what_is_handed_back_is_due_at_once_and_was_no_try(store: Arc<dyn Store>) {
    enqueue(&store, vec![Sample::new().text("ops", "x")]).await;
    let claimed = claim(&store, 0, "ops", 1).await.remove(0);
    assert!(finish(&store, 1, &claimed, Next::HandedBack).await);
    assert!(!finish(&store, 1, &claimed, Next::Delivered).await);
    let again = claim(&store, 1, "ops", 1).await.remove(0);
    assert_eq!((again.tries, again.is_interrupted), (1, false));
}

pub(crate) async fn what_is_held_waits_for_its_time_and_was_no_try(store: Arc<dyn Store>) {
    enqueue(&store, vec![Sample::new().text("ops", "x")]).await;
    let claimed = claim(&store, 0, "ops", 1).await.remove(0);
    assert!(finish(&store, 1, &claimed, Next::Held { due: at(60) }).await);
    assert_eq!(claim(&store, 59, "ops", 1).await, []);
    let again = claim(&store, 60, "ops", 1).await.remove(0);
    assert_eq!((again.tries, again.is_interrupted), (1, false));
}

pub(crate) async fn what_is_handed_back_after_an_interruption_is_still_interrupted(
    store: Arc<dyn Store>,
) {
    enqueue(&store, vec![Sample::new().text("ops", "x")]).await;
    claim(&store, 0, "ops", 1).await;
    let claimed = claim(&store, 90, "ops", 1).await.remove(0);
    assert!(finish(&store, 91, &claimed, Next::HandedBack).await);
    assert!(claim(&store, 91, "ops", 1).await[0].is_interrupted);
}

pub(crate) async fn the_next_channel_is_another_lane_and_starts_from_its_first_try(
    store: Arc<dyn Store>,
) {
    enqueue(&store, vec![Sample::new().text("ops", "x")]).await;
    let claimed = claim(&store, 0, "ops", 1).await.remove(0);
    let reason = Reason { code: "60020".to_owned(), note: String::new() };
    let next = Next::Elsewhere { due: at(1), lane: "mail".to_owned(), reason };
    assert!(finish(&store, 1, &claimed, next).await);
    assert_eq!(claim(&store, 2, "ops", 1).await, []);
    let claimed = claim(&store, 2, "mail", 1).await.remove(0);
    assert_eq!((claimed.hop, claimed.tries), (1, 1));
}

pub(crate) async fn a_pace_is_shared_and_counts_only_what_was_claimed(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let rate = Some(Rate { count: 3, per: Duration::from_mins(1) });
    let claim = |seconds| store.claim(at(seconds), "ops", 10, LEASE, rate);
    // Nothing waits, so nothing is taken.
    assert_eq!(claim(0).await.unwrap().deliveries, []);
    enqueue(&store, vec![sample.text("ops", "1"), sample.text("ops", "2")]).await;
    let first = claim(0).await.unwrap();
    assert_eq!((first.deliveries.len(), first.again_at), (2, None));
    enqueue(&store, vec![sample.text("ops", "3"), sample.text("ops", "4")]).await;
    let second = claim(1).await.unwrap();
    assert_eq!((second.deliveries.len(), second.again_at), (1, Some(at(63))));
    let third = claim(62).await.unwrap();
    assert_eq!((third.deliveries.len(), third.again_at), (0, Some(at(63))));
    assert_eq!(claim(63).await.unwrap().deliveries.len(), 1);
}

pub(crate) async fn claimers_at_once_never_get_the_same_delivery(store: Arc<dyn Store>) {
    let sample = Sample::new();
    enqueue(&store, (0..200).map(|it| sample.text("ops", &it.to_string())).collect()).await;
    let claims = (0..50).map(|_| store.claim(START, "ops", 7, LEASE, None));
    let claims = futures_util::future::join_all(claims).await;
    let ids: Vec<_> =
        claims.into_iter().flat_map(|it| it.unwrap().deliveries).map(|it| it.id).collect();
    assert_eq!(ids.len(), 200);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 200);
}

pub(crate) async fn a_subscriber_hears_of_what_is_enqueued(store: Arc<dyn Store>) {
    let mut changes = store.subscribe();
    assert!(!changes.has_changed().unwrap());
    enqueue(&store, vec![Sample::new().text("ops", "x")]).await;
    tokio::time::timeout(Duration::from_secs(5), changes.changed()).await.unwrap().unwrap();
}

pub(crate) async fn lanes_are_those_in_which_something_waits(store: Arc<dyn Store>) {
    let sample = Sample::new();
    assert_eq!(store.lanes().await.unwrap(), []);
    let later = NewDelivery { due: at(60), ..sample.text("mail", "later") };
    let batch = vec![sample.text("ops", "1"), later, sample.text("ops", "2")];
    enqueue(&store, batch).await;
    let lane = |name: &str, due| Lane { name: name.to_owned(), due };
    assert_eq!(store.lanes().await.unwrap(), [lane("mail", at(60)), lane("ops", at(0))]);
    for claimed in claim(&store, 0, "ops", 2).await {
        finish(&store, 0, &claimed, Next::Delivered).await;
    }
    assert_eq!(store.lanes().await.unwrap(), [lane("mail", at(60))]);
}
