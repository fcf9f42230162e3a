//! `kill -9` while notifications are being sent: none is lost, and doubles are among those that
//! were in flight at a kill. `make chaos` runs it with 20,000.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use yizhan::entropy::SystemEntropy;
use yizhan::notification::Notification;
use yizhan::store;
use yizhan::store::Filter;
use yizhan::store::Ids;
use yizhan::store::NewDelivery;
use yizhan::store::State;
use yizhan::store::Store;

use super::serve;
use super::standin::StandIn;
use super::write_config;

/// How many notifications, unless `YIZHAN_CHAOS` says so.
const COUNT: usize = 2_000;

/// How often the station is killed.
const KILLS: usize = 5;

/// The longest the whole may take.
const LIMIT: Duration = Duration::from_mins(5);

fn count() -> usize {
    let given = std::env::var_os("YIZHAN_CHAOS").and_then(|it| it.into_string().ok());
    given.map_or(COUNT, |text| text.parse().unwrap())
}

fn now() -> Duration {
    std::time::UNIX_EPOCH.elapsed().unwrap()
}

/// Puts `count` notifications into the store, in batches as programs do.
async fn enqueue(store: &dyn Store, count: usize) -> BTreeSet<String> {
    let ids = Ids::new(Arc::new(SystemEntropy));
    let mut accepted = BTreeSet::new();
    for batch in 0..count.div_ceil(50) {
        let deliveries = (0..50.min(count - 50 * batch)).map(|at| NewDelivery {
            id: ids.next(now()),
            lane: "ops".to_owned(),
            due: now(),
            notification: Notification::text("ops", format!("{batch}/{at}")),
        });
        let answers = store.enqueue(now(), deliveries.collect()).await.unwrap();
        accepted.extend(answers.into_iter().map(|it| it.id().to_string()));
    }
    accepted
}

/// The deliveries that are being sent.
async fn in_flight(store: &dyn Store) -> Vec<String> {
    let filter = Filter { state: Some(State::Waiting), ..Filter::default() };
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.query(filter.clone(), cursor, 1_000).await.unwrap();
        let claimed = page.deliveries.iter().filter(|it| it.is_claimed);
        found.extend(claimed.map(|it| it.id.to_string()));
        cursor = page.next;
        if cursor.is_none() {
            return found;
        }
    }
}

async fn until(what: &str, begun: Instant, mut holds: impl AsyncFnMut() -> bool) {
    while !holds().await {
        assert!(begun.elapsed() < LIMIT, "still waiting until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Kills the station again and again while it sends. How many were in flight at a kill, and how
/// often each.
async fn kill_again_and_again(
    folder: &Path,
    store: &dyn Store,
    service: &StandIn,
    count: usize,
) -> BTreeMap<String, usize> {
    let begun = Instant::now();
    let mut caught = BTreeMap::new();
    for kill in 1..=KILLS {
        let mut station = serve(folder);
        let enough = count * kill / (KILLS + 1);
        until("the station has sent more", begun, async || service.counts().len() >= enough).await;
        station.kill().unwrap();
        station.wait().unwrap();
        for id in in_flight(store).await {
            *caught.entry(id).or_default() += 1;
        }
    }
    caught
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_by_kill_9_and_only_what_was_in_flight_comes_twice() {
    let (folder, service) = (tempfile::tempdir().unwrap(), StandIn::answering(200));
    // A lease of 10 s: what a killed station held goes on after that.
    write_config(folder.path(), service.port, "timeout = \"1s\"\n");
    let store = store::open("sqlite:data/yizhan.db", folder.path()).unwrap();
    let count = count();
    let accepted = enqueue(store.as_ref(), count).await;
    assert_eq!(accepted.len(), count);

    let caught = kill_again_and_again(folder.path(), store.as_ref(), &service, count).await;
    let mut station = serve(folder.path());
    until("nothing waits any more", Instant::now(), async || {
        store.books().await.unwrap().waiting == 0
    })
    .await;
    station.kill().unwrap();
    station.wait().unwrap();

    let counts = service.counts();
    let received: BTreeSet<String> = counts.keys().cloned().collect();
    assert_eq!(received, accepted, "lost, or never accepted");
    let mut doubles = 0;
    for (id, count) in counts {
        let allowed = 1 + caught.get(&id).copied().unwrap_or_default();
        assert!(count <= allowed, "{id} came {count} times, {} times in flight", allowed - 1);
        doubles += count - 1;
    }
    let audit = store.audit().await.unwrap();
    assert_eq!(audit.delivered, count as u64);
    assert!(audit.balance() && audit == store.books().await.unwrap());
    let held: usize = caught.values().sum();
    eprintln!("{count} notifications, {KILLS} kills: {held} held at a kill, {doubles} came twice");
}
