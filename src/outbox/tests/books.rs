//! Whatever happens, nothing is missing and nothing is there twice.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prop_assert;
use proptest::prop_assert_eq;
use proptest::prop_oneof;
use proptest::strategy::Just;
use proptest::test_runner::TestCaseError;

use super::Bench;
use super::START;
use super::script::SERVICE;
use super::script::Said;
use super::script::Scripted;
use super::script::no;
use super::script::ok;
use super::text;
use crate::notification::Blame;
use crate::notification::Guarantee;
use crate::notification::Notification;
use crate::notification::Terms;
use crate::store::Filter;
use crate::store::Reason;

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        3 => Just(ok()),
        2 => Just(no(SERVICE)),
        1 => Just(no(Blame::Request)),
        1 => Just(no(Blame::Unknown)),
        1 => Just(no(Blame::Quota { retry_after: Some(Duration::from_secs(9)) })),
    ]
}

/// What is done to the outbox, in turn.
#[derive(Clone, Debug)]
enum Step {
    Enqueue(usize, bool),
    Wait(u64),
    Bury,
    Revive,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_usize..20, any::<bool>()).prop_map(|(count, expires)| Step::Enqueue(count, expires)),
        3 => (0_u64..40_000).prop_map(Step::Wait),
        1 => Just(Step::Bury),
        1 => Just(Step::Revive),
    ]
}

async fn take(bench: &Bench, step: Step) -> u64 {
    let store = bench.outbox.store();
    let now = Duration::from_secs(START + bench.seconds());
    match step {
        Step::Enqueue(count, expires) => {
            let expires = expires.then(|| now + Duration::from_mins(10));
            let batch = vec![Notification { expires, ..text("ops") }; count];
            bench.outbox.enqueue_all(batch).await.unwrap();
            return count as u64;
        }
        Step::Wait(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
        Step::Bury => drop(store.bury(now, Filter::default(), Reason::default()).await.unwrap()),
        Step::Revive => drop(store.revive(now, Filter::default(), 100).await.unwrap()),
    }
    0
}

async fn play(script: Vec<Said>, steps: Vec<Step>, once: bool) -> Result<(), TestCaseError> {
    let guarantee = if once { Guarantee::AtMostOnce } else { Guarantee::AtLeastOnce };
    let terms = Terms { guarantee, fallback: vec!["mail".to_owned()], ..Terms::default() };
    let takes = Duration::from_millis(700);
    let bench = Bench::with([
        ("ops", Scripted::taking(takes, terms, script.clone())),
        ("mail", Scripted::taking(takes, Terms::default(), script)),
    ]);
    let mut accepted = 0;
    for step in steps {
        accepted += take(&bench, step).await;
        let books = bench.outbox.store().books().await.unwrap();
        prop_assert!(books.balance(), "{books:?}");
        prop_assert_eq!(books.accepted, accepted);
    }
    for _ in 0..200 {
        if bench.outbox.store().books().await.unwrap().waiting == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_hours(1)).await;
    }
    prop_assert!(bench.tasks.stop(Duration::from_mins(1)).await);
    let books = bench.outbox.store().books().await.unwrap();
    prop_assert_eq!(books.waiting, 0);
    prop_assert!(books.balance());
    prop_assert_eq!(bench.outbox.store().audit().await.unwrap(), books);
    Ok(())
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(12))]
    #[test]
    fn the_books_balance_whatever_happens(
        script in proptest::collection::vec(said(), 0..60),
        steps in proptest::collection::vec(step(), 1..12),
        once in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time().start_paused(true).build().unwrap();
        runtime.block_on(play(script, steps, once))?;
    }
}

#[tokio::test(start_paused = true)]
async fn the_metrics_show_every_state_and_that_nothing_is_missing() {
    let ops = Scripted::new(Terms::default(), [ok(), no(Blame::Request)]);
    let metrics = crate::metrics::Metrics::new();
    let bench = Bench::counting([("ops", Arc::clone(&ops))], &metrics);
    for _ in 0..2 {
        let id = bench.enqueue(text("ops")).await;
        bench.outcome(id).await;
    }
    tokio::time::sleep(Duration::from_hours(6)).await;
    let shown = metrics.encode().unwrap();
    for line in [
        r#"yizhan_outbox_attempts_total{channel="ops",outcome="delivered"} 1"#,
        r#"yizhan_outbox_attempts_total{channel="ops",outcome="request"} 1"#,
        r#"yizhan_outbox_deliveries{state="delivered"} 1"#,
        r#"yizhan_outbox_deliveries{state="refused"} 1"#,
        r#"yizhan_outbox_deliveries{state="waiting"} 0"#,
        "yizhan_outbox_imbalance 0",
        "yizhan_outbox_age_seconds_count 1",
    ] {
        assert!(shown.contains(line), "{line} in\n{shown}");
    }
}
