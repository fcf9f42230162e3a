//! Values, locks, paces and messages that are done.

use std::sync::Arc;
use std::time::Duration;

use super::Sample;
use super::at;
use super::bodies;
use crate::notification::Rate;
use crate::store::Accepted;
use crate::store::Filter;
use crate::store::Retention;
use crate::store::Settled;
use crate::store::Settlement;
use crate::store::Store;

const MINUTE: Duration = Duration::from_mins(1);

fn bytes(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

pub(crate) async fn a_value_is_there_until_it_ends(store: Arc<dyn Store>) {
    assert_eq!(store.get(at(0), "token:shop").await.unwrap(), None);
    store.set(at(0), "token:shop", Some(bytes("a\0b")), MINUTE).await.unwrap();
    assert_eq!(store.get(at(59), "token:shop").await.unwrap(), Some(bytes("a\0b")));
    assert_eq!(store.get(at(60), "token:shop").await.unwrap(), None);
    assert_eq!(store.get(at(0), "token:other").await.unwrap(), None);
    store.set(at(60), "token:shop", Some(bytes("c")), MINUTE).await.unwrap();
    assert_eq!(store.get(at(61), "token:shop").await.unwrap(), Some(bytes("c")));
    store.set(at(61), "token:shop", None, MINUTE).await.unwrap();
    assert_eq!(store.get(at(61), "token:shop").await.unwrap(), None);
    // For ever.
    store.set(at(0), "key", Some(bytes("k")), Duration::MAX).await.unwrap();
    assert_eq!(store.get(at(1_000_000_000), "key").await.unwrap(), Some(bytes("k")));
}

pub(crate) async fn values_under_a_prefix_come_in_order_page_by_page(store: Arc<dyn Store>) {
    for (key, ttl) in
        [("b", 1), ("a/2", 2), ("a/1", 2), ("a/3", 1), ("a", 2), ("a0", 2), ("a/人", 2)]
    {
        store.set(at(0), key, Some(bytes(key)), ttl * MINUTE).await.unwrap();
    }
    let page = |after, limit| store.values(at(60), "a/", after, limit);
    let row = |key: &str| (key.to_owned(), bytes(key));
    assert_eq!(page(None, 2).await.unwrap(), [row("a/1"), row("a/2")]);
    assert_eq!(page(Some("a/2"), 2).await.unwrap(), [row("a/人")]);
    assert_eq!(page(Some("a/人"), 2).await.unwrap(), []);
}

pub(crate) async fn compare_and_set_wants_the_value_that_is_there(store: Arc<dyn Store>) {
    let change = |seconds, from: Option<Vec<u8>>, to: Option<Vec<u8>>| {
        store.compare_and_set(at(seconds), "k", from, to, MINUTE)
    };
    assert!(!change(0, Some(bytes("a")), Some(bytes("b"))).await.unwrap());
    assert!(change(0, None, Some(bytes("a"))).await.unwrap());
    assert!(!change(0, None, Some(bytes("b"))).await.unwrap());
    assert!(change(0, Some(bytes("a")), Some(bytes("b"))).await.unwrap());
    assert!(!change(60, Some(bytes("b")), Some(bytes("c"))).await.unwrap());
    assert!(change(60, None, Some(bytes("c"))).await.unwrap());
    assert!(change(61, Some(bytes("c")), None).await.unwrap());
    assert_eq!(store.get(at(61), "k").await.unwrap(), None);
}

pub(crate) async fn of_many_who_compare_and_set_at_once_one_succeeds(store: Arc<dyn Store>) {
    let tries = (0..20)
        .map(|it| store.compare_and_set(at(0), "k", None, Some(bytes(&it.to_string())), MINUTE));
    let tries = futures_util::future::join_all(tries).await;
    assert_eq!(tries.into_iter().filter(|it| *it.as_ref().unwrap()).count(), 1);
}

pub(crate) async fn a_lock_has_one_owner_and_a_rising_fence(store: Arc<dyn Store>) {
    let lock = |seconds, owner| store.lock(at(seconds), "refresh:shop", owner, MINUTE);
    assert_eq!(lock(0, "a").await.unwrap(), Some(1));
    assert_eq!(lock(1, "b").await.unwrap(), None);
    // Renewed, until 90 s.
    assert_eq!(lock(30, "a").await.unwrap(), Some(1));
    assert_eq!(lock(89, "b").await.unwrap(), None);
    assert_eq!(lock(90, "b").await.unwrap(), Some(2));
    store.unlock("refresh:shop", "a").await.unwrap();
    assert_eq!(lock(91, "a").await.unwrap(), None);
    store.unlock("refresh:shop", "b").await.unwrap();
    assert_eq!(lock(91, "a").await.unwrap(), Some(3));
}

pub(crate) async fn a_bucket_gives_what_its_rate_allows(store: Arc<dyn Store>) {
    let rate = Rate { count: 20, per: MINUTE };
    let take = |seconds, count| store.take(at(seconds), "quota:shop", rate, count);
    assert_eq!(take(0, 15).await.unwrap(), (15, None));
    assert_eq!(take(1, 15).await.unwrap(), (5, Some(at(63))));
    assert_eq!(take(62, 1).await.unwrap(), (0, Some(at(63))));
    assert_eq!(take(66, 20).await.unwrap(), (20, None));
}

pub(crate) async fn a_message_is_settled_once_with_all_that_follows(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let settlement = |answer: &str| Settlement {
        key: "shop/1".to_owned(),
        answer: bytes(answer),
        remember: MINUTE,
        deliveries: vec![sample.text("ops", answer)],
        values: vec![("user:anna".to_owned(), Some(bytes(answer)), MINUTE)],
    };
    assert_eq!(store.settled(at(0), "shop/1").await.unwrap(), None);
    let first = settlement("one");
    let expected = Settled::New(vec![Accepted::New(first.deliveries[0].id)]);
    assert_eq!(store.settle(at(0), first).await.unwrap(), expected);
    let expected = Settled::Known(bytes("one"));
    assert_eq!(store.settle(at(59), settlement("two")).await.unwrap(), expected);
    assert_eq!(store.settled(at(59), "shop/1").await.unwrap(), Some(bytes("one")));
    assert_eq!(store.get(at(59), "user:anna").await.unwrap(), Some(bytes("one")));
    assert_eq!(bodies(&store, Filter::default()).await, ["one"]);
}

pub(crate) async fn a_message_is_settled_only_where_the_values_are_as_expected(
    store: Arc<dyn Store>,
) {
    let sample = Sample::new();
    let settle = |key: &str, expected: Option<&str>, value: &str| {
        let settlement = Settlement {
            key: key.to_owned(),
            remember: MINUTE,
            deliveries: vec![sample.text("ops", value)],
            values: vec![("count".to_owned(), Some(bytes(value)), MINUTE)],
            ..Settlement::default()
        };
        store.settle_if(at(0), vec![("count".to_owned(), expected.map(bytes))], settlement)
    };
    assert_eq!(settle("m1", Some("1"), "2").await.unwrap(), None);
    assert!(matches!(settle("m1", None, "1").await.unwrap(), Some(Settled::New(_))));
    assert_eq!(settle("m2", None, "1").await.unwrap(), None);
    assert!(matches!(settle("m2", Some("1"), "2").await.unwrap(), Some(Settled::New(_))));
    // Known is known, whatever the values are.
    assert_eq!(settle("m1", None, "1").await.unwrap(), Some(Settled::Known(Vec::new())));
    assert_eq!(store.get(at(0), "count").await.unwrap(), Some(bytes("2")));
    assert_eq!(bodies(&store, Filter::default()).await, ["2", "1"]);
}

pub(crate) async fn a_settled_message_is_forgotten_in_the_end(store: Arc<dyn Store>) {
    let settlement = |answer: &str| Settlement {
        key: "shop/1".to_owned(),
        answer: bytes(answer),
        remember: MINUTE,
        ..Settlement::default()
    };
    store.settle(at(0), settlement("one")).await.unwrap();
    assert_eq!(store.settled(at(60), "shop/1").await.unwrap(), None);
    let again = store.settle(at(60), settlement("two")).await.unwrap();
    assert_eq!(again, Settled::New(Vec::new()));
    assert_eq!(store.settled(at(61), "shop/1").await.unwrap(), Some(bytes("two")));
}

pub(crate) async fn the_keys_of_settled_messages_come_in_order(store: Arc<dyn Store>) {
    for (key, ttl) in [("message/2", 2), ("message/1", 2), ("late/1", 2), ("message/0", 1)] {
        let settlement =
            Settlement { key: key.to_owned(), remember: ttl * MINUTE, ..Settlement::default() };
        store.settle(at(0), settlement).await.unwrap();
    }
    let keys = |after| store.settled_keys(at(60), "message/", after, 10);
    assert_eq!(keys(None).await.unwrap(), ["message/1", "message/2"]);
    assert_eq!(keys(Some("message/1")).await.unwrap(), ["message/2"]);
}

pub(crate) async fn what_has_ended_is_removed(store: Arc<dyn Store>) {
    store.set(at(0), "k", Some(bytes("v")), MINUTE).await.unwrap();
    store.set(at(0), "l", Some(bytes("v")), 2 * MINUTE).await.unwrap();
    let settlement = Settlement { key: "m".to_owned(), remember: MINUTE, ..Settlement::default() };
    store.settle(at(0), settlement).await.unwrap();
    let tended = store.tend(at(60), Retention::default()).await.unwrap();
    assert_eq!((tended.removed, tended.has_more), (2, false));
    assert_eq!(store.get(at(60), "l").await.unwrap(), Some(bytes("v")));
}
