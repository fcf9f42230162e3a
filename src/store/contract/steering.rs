//! What a person or the calendar does to the queue.

use std::sync::Arc;
use std::time::Duration;

use super::START;
use super::Sample;
use super::at;
use super::bodies;
use super::claim;
use super::ended;
use super::enqueue;
use super::finish;
use super::in_state;
use super::only;
use crate::notification::Notification;
use crate::store::Books;
use crate::store::Filter;
use crate::store::NewDelivery;
use crate::store::Next;
use crate::store::Reason;
use crate::store::Retention;
use crate::store::State;
use crate::store::Store;

fn reason(code: &str) -> Reason {
    Reason { code: code.to_owned(), note: "because".to_owned() }
}

async fn books(store: &Arc<dyn Store>) -> Books {
    let books = store.books().await.unwrap();
    assert!(books.balance(), "{books:?}");
    assert_eq!(books, store.audit().await.unwrap());
    books
}

pub(crate) async fn the_books_balance_whatever_happens(store: Arc<dyn Store>) {
    let sample = Sample::new();
    assert_eq!(books(&store).await, Books::default());
    ended(&store, sample.text("ops", "1"), Next::Delivered).await;
    ended(&store, sample.text("ops", "2"), Next::Refused(reason("43004"))).await;
    ended(&store, sample.text("ops", "3"), Next::Unknown(reason("cut"))).await;
    ended(&store, sample.text("ops", "4"), Next::Expired).await;
    let again = Next::Again { due: at(900), reason: reason("-1") };
    ended(&store, sample.text("ops", "5"), again).await;
    enqueue(&store, vec![sample.text("ops", "6"), sample.text("ops", "7")]).await;
    claim(&store, 0, "ops", 1).await;
    let mut expected =
        Books { accepted: 7, waiting: 3, delivered: 1, refused: 1, expired: 1, unknown: 1 };
    assert_eq!(books(&store).await, expected);
    store.bury(at(0), in_state(State::Unknown), reason("no")).await.unwrap();
    (expected.unknown, expected.refused) = (0, 2);
    assert_eq!(books(&store).await, expected);
    store.revive(at(0), in_state(State::Refused), 10).await.unwrap();
    (expected.refused, expected.waiting) = (0, 5);
    assert_eq!(books(&store).await, expected);
    let retention = Retention { delivered: Duration::ZERO, ..Retention::default() };
    assert_eq!(store.tend(at(100), retention).await.unwrap().removed, 2);
    assert_eq!(books(&store).await, expected);
}

pub(crate) async fn a_query_goes_page_by_page_and_keeps_to_its_filter(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let batch = ["1", "2", "3", "4", "5"].map(|it| sample.text("ops", it));
    let ids: Vec<_> = batch.iter().map(|it| it.id).collect();
    enqueue(&store, batch.into()).await;
    ended(&store, sample.text("mail", "6"), Next::Refused(reason("43004"))).await;
    let ops = Filter { lane: Some("ops".to_owned()), ..Filter::default() };
    let first = store.query(ops.clone(), None, 3).await.unwrap();
    assert_eq!(first.next, Some(ids[2]));
    let second = store.query(ops, first.next, 3).await.unwrap();
    let both = first.deliveries.iter().chain(&second.deliveries);
    let bodies_of: Vec<_> = both.map(|it| it.notification.body.as_str()).collect();
    assert_eq!((bodies_of, second.next), (vec!["5", "4", "3", "2", "1"], None));
    let code = |code: &str| Filter { code: Some(code.to_owned()), ..Filter::default() };
    assert_eq!(bodies(&store, code("43004")).await, ["6"]);
    assert_eq!(bodies(&store, code("40001")).await, [""; 0]);
    assert_eq!(bodies(&store, in_state(State::Refused)).await, ["6"]);
    assert_eq!(bodies(&store, only(ids[3])).await, ["4"]);
    assert_eq!(bodies(&store, Filter { until: Some(START), ..Filter::default() }).await, [""; 0]);
    assert_eq!(bodies(&store, Filter { since: Some(START), ..Filter::default() }).await.len(), 6);
}

pub(crate) async fn what_is_being_sent_cannot_be_buried(store: Arc<dyn Store>) {
    let sample = Sample::new();
    enqueue(&store, vec![sample.text("ops", "1"), sample.text("ops", "2")]).await;
    let claimed = claim(&store, 0, "ops", 1).await.remove(0);
    assert_eq!(store.bury(at(1), Filter::default(), reason("no")).await.unwrap(), 1);
    assert_eq!(bodies(&store, in_state(State::Refused)).await, ["2"]);
    assert!(finish(&store, 1, &claimed, Next::Delivered).await);
    assert_eq!(store.bury(at(1), only(claimed.id), reason("no")).await.unwrap(), 0);
    // Its lease has ended, so nobody is sending it.
    enqueue(&store, vec![sample.text("ops", "3")]).await;
    let claimed = claim(&store, 1, "ops", 1).await.remove(0);
    assert_eq!(store.bury(at(100), only(claimed.id), reason("no")).await.unwrap(), 1);
    assert!(!finish(&store, 100, &claimed, Next::Delivered).await);
}

pub(crate) async fn what_is_buried_has_its_reason_and_can_be_revived(store: Arc<dyn Store>) {
    let delivery = Sample::new().text("ops", "x");
    enqueue(&store, vec![delivery.clone()]).await;
    assert_eq!(store.bury(at(1), only(delivery.id), reason("no")).await.unwrap(), 1);
    let (found, _) = store.find(delivery.id).await.unwrap().unwrap();
    assert_eq!((found.state, found.reason), (State::Refused, reason("no")));
    assert_eq!(claim(&store, 2, "ops", 1).await, []);
    let mut changes = store.subscribe();
    assert_eq!(store.revive(at(3), only(delivery.id), 1).await.unwrap(), 1);
    assert!(changes.borrow_and_update().ge(&1));
    let claimed = claim(&store, 3, "ops", 1).await.remove(0);
    assert_eq!((claimed.id, claimed.tries, claimed.is_interrupted), (delivery.id, 1, false));
    assert_eq!(store.revive(at(3), only(delivery.id), 1).await.unwrap(), 0);
}

pub(crate) async fn reviving_takes_the_oldest_first_and_no_more_than_asked(store: Arc<dyn Store>) {
    let sample = Sample::new();
    for body in ["1", "2", "3"] {
        ended(&store, sample.text("ops", body), Next::Refused(reason("-1"))).await;
    }
    assert_eq!(store.revive(at(1), in_state(State::Refused), 2).await.unwrap(), 2);
    assert_eq!(bodies(&store, in_state(State::Refused)).await, ["3"]);
}

pub(crate) async fn what_is_revived_goes_through_its_first_channel_and_never_expires(
    store: Arc<dyn Store>,
) {
    let notification = Notification { expires: Some(at(60)), ..Notification::text("ops", "x") };
    let delivery = Sample::new().of("ops", notification);
    enqueue(&store, vec![delivery]).await;
    let claimed = claim(&store, 0, "ops", 1).await.remove(0);
    let next = Next::Elsewhere { due: at(0), lane: "mail".to_owned(), reason: reason("1") };
    finish(&store, 0, &claimed, next).await;
    let claimed = claim(&store, 0, "mail", 1).await.remove(0);
    finish(&store, 0, &claimed, Next::Refused(reason("2"))).await;
    assert_eq!(store.revive(at(100), Filter::default(), 9).await.unwrap(), 1);
    assert_eq!(store.tend(at(100), Retention::default()).await.unwrap().expired, 0);
    let claimed = claim(&store, 100, "ops", 1).await.remove(0);
    assert_eq!((claimed.hop, claimed.tries, claimed.notification.expires), (0, 1, None));
}

pub(crate) async fn what_has_expired_is_ended_wherever_it_waits(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let until = |seconds, body: &str| {
        let expires = Some(at(seconds));
        sample.of("ops", Notification { expires, ..Notification::text("ops", body) })
    };
    let waiting = NewDelivery { due: at(500), ..until(60, "1") };
    enqueue(&store, vec![waiting, until(60, "2"), until(61, "3")]).await;
    // The second is being sent, and left to its end.
    claim(&store, 0, "ops", 1).await;
    assert_eq!(store.tend(at(60), Retention::default()).await.unwrap().expired, 1);
    assert_eq!(bodies(&store, in_state(State::Expired)).await, ["1"]);
    assert_eq!(books(&store).await.expired, 1);
}

pub(crate) async fn what_has_ended_is_removed_by_age_and_by_count(store: Arc<dyn Store>) {
    let sample = Sample::new();
    for body in ["1", "2", "3"] {
        ended(&store, sample.text("ops", body), Next::Delivered).await;
    }
    ended(&store, sample.text("ops", "4"), Next::Refused(reason("-1"))).await;
    enqueue(&store, vec![sample.text("ops", "5")]).await;
    let day = 86_400;
    let retention = Retention { count: 3, ..Retention::default() };
    assert_eq!(store.tend(at(10), retention).await.unwrap().removed, 1);
    assert_eq!(bodies(&store, Filter::default()).await, ["5", "4", "3", "2"]);
    assert_eq!(store.tend(at(7 * day), retention).await.unwrap().removed, 0);
    assert_eq!(store.tend(at(7 * day + 1), retention).await.unwrap().removed, 2);
    assert_eq!(store.tend(at(30 * day + 1), retention).await.unwrap().removed, 1);
    assert_eq!(bodies(&store, Filter::default()).await, ["5"]);
    let expected = Books { accepted: 5, waiting: 1, delivered: 3, refused: 1, ..Books::default() };
    assert_eq!(books(&store).await, expected);
}

pub(crate) async fn an_absent_delivery_is_not_found(store: Arc<dyn Store>) {
    let absent = Sample::new().text("ops", "x").id;
    assert_eq!(store.find(absent).await.unwrap(), None);
    assert_eq!(store.bury(at(0), only(absent), reason("no")).await.unwrap(), 0);
    assert_eq!(store.revive(at(0), only(absent), 1).await.unwrap(), 0);
}
