//! What services call what they took, and what they tell of it later.

use std::sync::Arc;
use std::time::Duration;

use super::LEASE;
use super::Sample;
use super::at;
use super::claim;
use super::enqueue;
use super::finish_as;
use crate::notification::Fate;
use crate::notification::Report;
use crate::store::Called;
use crate::store::DeliveryId;
use crate::store::MOST_CALLED;
use crate::store::Next;
use crate::store::Retention;
use crate::store::Store;

const MINUTE: Duration = Duration::from_mins(1);

/// Sends one text through `ops`, which its service then calls so.
async fn sent(store: &Arc<dyn Store>, body: &str, called: &[(&str, Option<u64>)]) -> DeliveryId {
    enqueue(store, vec![Sample::new().text("ops", body)]).await;
    let claimed = claim(store, 0, "ops", 1).await.remove(0);
    let called = called.iter().map(|(id, ask)| Called { id: (*id).to_owned(), ask: ask.map(at) });
    assert!(finish_as(store, 1, &claimed, Next::Delivered, called.collect()).await);
    claimed.id
}

fn report(id: &str, fate: Fate, detail: &str) -> Report {
    Report { id: id.to_owned(), fate, detail: detail.to_owned() }
}

async fn tell(store: &Arc<dyn Store>, seconds: u64, reports: Vec<Report>) -> Vec<bool> {
    store.report(at(seconds), "ops", reports).await.unwrap()
}

/// Seconds since the beginning.
fn since(time: Duration) -> u64 {
    time.as_secs() - at(0).as_secs()
}

/// What is kept of a delivery, on lines.
async fn kept(store: &Arc<dyn Store>, id: DeliveryId) -> Vec<String> {
    let reports = store.reports(id).await.unwrap();
    let line = |it: &crate::store::Reported| {
        let (seconds, report) = (since(it.at), &it.report);
        let (channel, word) = (&it.channel, report.fate.word());
        format!("{seconds} {channel} {} {word} {}", report.id, report.detail)
    };
    reports.iter().map(line).collect()
}

/// What is to be asked at a time, as `id asked body`, and when there is more.
async fn questions(store: &Arc<dyn Store>, seconds: u64) -> (Vec<String>, Option<u64>) {
    let found = store.questions(at(seconds), 10, MINUTE).await.unwrap();
    let line = |it: &crate::store::Question| {
        format!("{} {} {} {}", it.channel, it.called, it.asked, it.notification.body)
    };
    let again_at = found.again_at.map(since);
    (found.due.iter().map(line).collect(), again_at)
}

pub(crate) async fn what_a_service_tells_finds_the_delivery_by_the_services_id(
    store: Arc<dyn Store>,
) {
    let first = sent(&store, "a", &[("7001", None), ("7002", None)]).await;
    let second = sent(&store, "b", &[("7003", None)]).await;
    let told = vec![
        report("7002", Fate::Failed, "no such user"),
        report("7003", Fate::Confirmed, ""),
        report("7001", Fate::Confirmed, "DELIVRD"),
    ];
    assert_eq!(tell(&store, 5, told).await, [true, true, true]);
    let expected = ["5 ops 7002 failed no such user", "5 ops 7001 confirmed DELIVRD"];
    assert_eq!(kept(&store, first).await, expected);
    assert_eq!(kept(&store, second).await, ["5 ops 7003 confirmed "]);
}

pub(crate) async fn what_is_told_twice_in_the_same_words_is_noted_once(store: Arc<dyn Store>) {
    let id = sent(&store, "a", &[("7001", None)]).await;
    let told = report("7001", Fate::Failed, "busy");
    assert_eq!(tell(&store, 5, vec![told.clone(), told.clone()]).await, [true, true]);
    assert_eq!(tell(&store, 60, vec![told]).await, [true]);
    assert_eq!(tell(&store, 61, vec![report("7001", Fate::Confirmed, "")]).await, [true]);
    assert_eq!(kept(&store, id).await, ["5 ops 7001 failed busy", "61 ops 7001 confirmed "]);
}

pub(crate) async fn what_nobody_is_called_is_no_report(store: Arc<dyn Store>) {
    let id = sent(&store, "a", &[("7001", None)]).await;
    assert_eq!(tell(&store, 5, vec![report("7", Fate::Failed, "")]).await, [false]);
    let other = store.report(at(5), "other", vec![report("7001", Fate::Failed, "")]);
    assert_eq!(other.await.unwrap(), [false]);
    assert_eq!(kept(&store, id).await, Vec::<String>::new());
}

pub(crate) async fn a_question_is_taken_by_one_and_asked_until_it_is_told(store: Arc<dyn Store>) {
    sent(&store, "a", &[("7001", Some(5)), ("7002", Some(6))]).await;
    assert_eq!(questions(&store, 4).await, (vec![], Some(5)));
    assert_eq!(questions(&store, 5).await, (vec!["ops 7001 0 a".to_owned()], Some(6)));
    // Nobody puts it off or answers it: it is due again when the lease ends.
    assert_eq!(questions(&store, 6).await, (vec!["ops 7002 0 a".to_owned()], Some(65)));
    assert_eq!(questions(&store, 65).await.0, ["ops 7001 1 a"]);
    store.put_off("ops", "7001", Some(at(300))).await.unwrap();
    store.put_off("ops", "7002", None).await.unwrap();
    assert_eq!(questions(&store, 299).await, (vec![], Some(300)));
    // Told in the meantime, whoever told it: nobody is asked any more, not even later.
    tell(&store, 299, vec![report("7001", Fate::Confirmed, "")]).await;
    store.put_off("ops", "7001", Some(at(300))).await.unwrap();
    assert_eq!(questions(&store, 300).await, (vec![], None));
}

pub(crate) async fn no_more_ids_are_kept_than_a_message_needs(store: Arc<dyn Store>) {
    let ids: Vec<String> = (0..=MOST_CALLED).map(|number| number.to_string()).collect();
    let called: Vec<(&str, Option<u64>)> = ids.iter().map(|id| (id.as_str(), None)).collect();
    sent(&store, "a", &called).await;
    let last = [ids[MOST_CALLED - 1].as_str(), &ids[MOST_CALLED]];
    let told = last.map(|id| report(id, Fate::Confirmed, ""));
    assert_eq!(tell(&store, 5, told.into()).await, [true, false]);
}

pub(crate) async fn what_was_told_goes_with_its_delivery(store: Arc<dyn Store>) {
    let id = sent(&store, "a", &[("7001", None), ("7002", Some(5))]).await;
    tell(&store, 5, vec![report("7001", Fate::Confirmed, "")]).await;
    let day = Duration::from_hours(24);
    let tended = store.tend(at(0) + 8 * day + LEASE, Retention::default()).await.unwrap();
    assert_eq!(tended.removed, 1);
    assert_eq!(kept(&store, id).await, Vec::<String>::new());
    assert_eq!(tell(&store, 6, vec![report("7001", Fate::Confirmed, "")]).await, [false]);
    assert_eq!(questions(&store, 6).await, (vec![], None));
}
