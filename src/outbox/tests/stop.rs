//! How an outbox ends, and what the next one finds.

use std::sync::Arc;
use std::time::Duration;

use super::Bench;
use super::START;
use super::script::Scripted;
use super::text;
use crate::clock::Clock as _;
use crate::clock::TokioClock;
use crate::metrics::Metrics;
use crate::notification::Guarantee;
use crate::notification::Terms;
use crate::store;
use crate::store::Accepted;
use crate::store::State;

#[tokio::test(start_paused = true)]
async fn stopping_finishes_what_is_being_sent_and_hands_the_rest_back() {
    let terms = Terms { concurrency: 2, ..Terms::default() };
    let ops = Scripted::taking(Duration::from_secs(4), terms, []);
    let bench = Bench::with([("ops", Arc::clone(&ops))]);
    bench.outbox.enqueue_all(vec![text("ops"); 10]).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;

    assert!(bench.tasks.stop(Duration::from_secs(10)).await);

    assert!((4..=5).contains(&bench.seconds()), "{} s", bench.seconds());
    assert_eq!(ops.given().len(), 2);
    let books = bench.outbox.store().books().await.unwrap();
    assert_eq!((books.delivered, books.waiting), (2, 8));
    // Another instance goes on at once, and none of it looks as if it might have been sent.
    let now = bench.clock.since_epoch();
    let lease = Duration::from_mins(1);
    let claim = bench.outbox.store().claim(now, "ops", 10, lease, None).await.unwrap();
    assert_eq!(claim.deliveries.len(), 8);
    assert!(claim.deliveries.iter().all(|it| !it.is_interrupted && it.tries == 1));
}

/// What becomes of a delivery that was claimed by a process that died: its state, how often it was
/// sent, and after how many seconds.
async fn interrupted(terms: Terms) -> (State, usize, u64) {
    let memory = super::memory();
    let ops = Scripted::new(terms, []);
    let channels = || super::scripted([("ops", Arc::clone(&ops))]);
    let clock = TokioClock::starting_at(START);
    let dead = super::outbox(Arc::clone(&memory), channels(), clock, &Metrics::new());
    let id = dead.enqueue(text("ops")).await.unwrap().id();
    let lease = Duration::from_secs(90);
    memory.claim(clock.since_epoch(), "ops", 1, lease, None).await.unwrap();

    let bench = Bench::over(memory, [("ops", Arc::clone(&ops))]);
    let state = bench.outcome(id).await.state;
    (state, ops.given().len(), bench.seconds())
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_process_held_is_sent_again_when_its_lease_ends_or_parked() {
    assert_eq!(interrupted(Terms::default()).await, (State::Delivered, 1, 90));
    let once = Terms { guarantee: Guarantee::AtMostOnce, ..Terms::default() };
    assert_eq!(interrupted(once.clone()).await, (State::Unknown, 0, 90));
    let with_id = Terms { takes_id: true, ..once };
    assert_eq!(interrupted(with_id).await, (State::Delivered, 1, 90));
}

/// Real time, since the file's writer is a thread of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_outboxes_on_one_file_send_everything_once() {
    let folder = tempfile::tempdir().unwrap();
    let open = || store::open("sqlite:yizhan.db", folder.path()).unwrap();
    let (one, other) = (Scripted::new(Terms::default(), []), Scripted::new(Terms::default(), []));
    let first = Bench::over(open(), [("ops", Arc::clone(&one))]);
    let second = Bench::over(open(), [("ops", Arc::clone(&other))]);
    let mut ids = Vec::new();
    for _ in 0..20 {
        for bench in [&first, &second] {
            let accepted = bench.outbox.enqueue_all(vec![text("ops"); 25]).await.unwrap();
            ids.extend(accepted.into_iter().map(Accepted::id));
        }
    }
    while first.outbox.store().books().await.unwrap().waiting > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut given = [one.given(), other.given()].concat();
    given.sort_unstable();
    ids.sort_unstable();
    assert_eq!(given, ids);
    assert!(second.tasks.stop(Duration::from_secs(5)).await);
    assert!(first.tasks.stop(Duration::from_secs(5)).await);
    let audit = first.outbox.store().audit().await.unwrap();
    assert_eq!((audit.delivered, audit.balance()), (1_000, true));
}
