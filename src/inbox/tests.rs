use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom as _;

use super::Inbox;
use super::Limits;
use super::Settled;
use super::Step;
use super::Turn;
use crate::entropy::SeededEntropy;
use crate::tasks::Tasks;
use crate::wechat::reply::Reply;

const LIMITS: Limits =
    Limits { remember: Duration::from_mins(10), capacity: 131_072, pending: 100 };

/// An inbox, and how often work panicked in it.
fn inbox_with(limits: Limits) -> (Arc<Inbox>, Arc<AtomicUsize>) {
    let panics = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&panics);
    let panicked = move || {
        counted.fetch_add(1, Ordering::Relaxed);
    };
    let inbox = Inbox::new(limits, Tasks::new(), &SeededEntropy::new(1), panicked);
    (Arc::new(inbox), panics)
}

fn inbox() -> Arc<Inbox> {
    inbox_with(LIMITS).0
}

fn text(reply: &str) -> Step {
    Step::Now(Reply::text(reply))
}

fn text_after(seconds: u64, reply: &'static str) -> Step {
    Step::Later(Box::pin(async move {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        Reply::text(reply).into()
    }))
}

/// The same, and what its `after` was told.
fn told(seconds: u64, reply: &'static str, told: &Arc<Mutex<Vec<bool>>>) -> Step {
    let told = Arc::clone(told);
    Step::Later(Box::pin(async move {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let after = move |is_carried| {
            told.lock().unwrap().push(is_carried);
            Box::pin(std::future::ready(())) as _
        };
        Settled { reply: Reply::text(reply), after: Some(Box::new(after)) }
    }))
}

async fn answer(turn: Turn) -> Option<Reply> {
    match turn {
        Turn::Done(reply) | Turn::Again(reply) => Some(reply),
        Turn::Wait(waiting, _) => waiting.answer().await,
        Turn::Panicked | Turn::Full => None,
    }
}

#[tokio::test]
async fn a_second_delivery_gets_the_answer_of_the_first_and_runs_nothing() {
    let inbox = inbox();
    let id = inbox.id("shop", "text/gh/o1/1");
    assert!(matches!(inbox.once(id, None, |_| text("pong")), Turn::Done(_)));
    let again = inbox.once(id, None, |_| panic!("worked on twice"));
    assert!(matches!(again, Turn::Again(Reply::Text(text)) if text == "pong"));
}

#[tokio::test]
async fn the_same_key_of_another_account_is_another_message() {
    let inbox = inbox();
    let (one, other) = (inbox.id("a", "text/gh/o1/1"), inbox.id("b", "text/gh/o1/1"));
    assert!(matches!(inbox.once(one, None, |_| text("a")), Turn::Done(_)));
    assert!(matches!(inbox.once(other, None, |_| text("b")), Turn::Done(_)));
}

#[tokio::test(start_paused = true)]
async fn deliveries_during_the_work_join_it_and_all_get_its_answer() {
    let inbox = inbox();
    let id = inbox.id("shop", "1");
    let first = inbox.once(id, None, |_| text_after(7, "pong"));
    let second = inbox.once(id, None, |_| panic!("worked on twice"));
    let Turn::Wait(_, number) = &second else { panic!("{second:?}") };
    assert_eq!(*number, 2);
    let (first, second) = tokio::join!(answer(first), answer(second));
    assert_eq!([first, second], [Some(Reply::text("pong")), Some(Reply::text("pong"))]);
}

#[tokio::test(start_paused = true)]
async fn the_work_goes_on_when_nobody_waits_any_more() {
    let inbox = inbox();
    let id = inbox.id("shop", "1");
    drop(inbox.once(id, None, |_| text_after(7, "pong")));
    tokio::time::sleep(Duration::from_secs(8)).await;
    let again = inbox.once(id, None, |_| panic!("worked on twice"));
    assert_eq!(answer(again).await, Some(Reply::text("pong")));
}

#[tokio::test(start_paused = true)]
async fn a_panic_frees_the_key_and_wakes_who_waits() {
    let (inbox, panics) = inbox_with(LIMITS);
    let id = inbox.id("shop", "1");
    let user = Some(inbox.id("shop", "o1"));
    let work = |_| Step::Later(Box::pin(async { panic!("in the work") }));
    assert_eq!(answer(inbox.once(id, user, work)).await, None);
    assert!(matches!(inbox.once(id, user, |_| panic!("at once")), Turn::Panicked));
    assert_eq!(panics.load(Ordering::Relaxed), 2);
    assert_eq!(answer(inbox.once(id, user, |_| text("pong"))).await, Some(Reply::text("pong")));
}

#[tokio::test(start_paused = true)]
async fn messages_of_one_user_are_worked_on_in_order_and_of_two_side_by_side() {
    let inbox = inbox();
    let (anna, ben) = (Some(inbox.id("shop", "anna")), Some(inbox.id("shop", "ben")));
    let log = Arc::new(Mutex::new(Vec::new()));
    let work = |name: &'static str, seconds| {
        let log = Arc::clone(&log);
        move |_| {
            let started = Arc::clone(&log);
            started.lock().unwrap().push(format!("{name} begins"));
            Step::Later(Box::pin(async move {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                log.lock().unwrap().push(format!("{name} ends"));
                Reply::Success.into()
            }))
        }
    };
    let turns = [
        inbox.once(inbox.id("shop", "1"), anna, work("anna 1", 3)),
        inbox.once(inbox.id("shop", "2"), anna, work("anna 2", 1)),
        inbox.once(inbox.id("shop", "3"), ben, work("ben 1", 1)),
    ];
    for turn in turns {
        answer(turn).await;
    }
    let expected = [
        "anna 1 begins",
        "ben 1 begins",
        "ben 1 ends",
        "anna 1 ends",
        "anna 2 begins",
        "anna 2 ends",
    ];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn what_was_said_instead_stays_said_and_the_work_is_told_that_its_answer_is_late() {
    let (inbox, log) = (inbox(), Arc::default());
    let user = inbox.id("shop", "o1");
    let id = inbox.id("shop", "1");
    let late = Arc::clone(&log);
    let Turn::Wait(waiting, _) = inbox.once(id, Some(user), move |_| told(20, "pong", &late))
    else {
        panic!("nothing to wait for");
    };
    tokio::time::sleep(Duration::from_secs(14)).await;
    assert_eq!(waiting.instead(Reply::text("wait")), (Reply::text("wait"), true));
    assert_eq!(waiting.instead(Reply::Success), (Reply::text("wait"), true));
    tokio::time::sleep(Duration::from_secs(7)).await;
    let retry = inbox.once(id, Some(user), |_| panic!("worked on twice"));
    assert_eq!(answer(retry).await, Some(Reply::text("wait")));
    assert_eq!(*log.lock().unwrap(), [false]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_ready_is_given_instead_of_anything_else() {
    let (inbox, log) = (inbox(), Arc::default());
    let id = inbox.id("shop", "1");
    let carried = Arc::clone(&log);
    let Turn::Wait(waiting, _) = inbox.once(id, None, move |_| told(4, "pong", &carried)) else {
        panic!("nothing to wait for");
    };
    tokio::time::sleep(Duration::from_millis(4_500)).await;
    assert_eq!(waiting.instead(Reply::text("wait")), (Reply::text("pong"), false));
    assert_eq!(*log.lock().unwrap(), [true]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_between_two_deliveries_waits_for_the_next() {
    let (inbox, log) = (inbox(), Arc::default());
    let id = inbox.id("shop", "1");
    let carried = Arc::clone(&log);
    drop(inbox.once(id, None, move |_| told(6, "pong", &carried)));
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert!(log.lock().unwrap().is_empty());
    let retry = inbox.once(id, None, |_| panic!("worked on twice"));
    assert_eq!(answer(retry).await, Some(Reply::text("pong")));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(*log.lock().unwrap(), [true]);
    assert!(inbox.running.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_answer_for_which_no_delivery_comes_is_late() {
    let (inbox, log) = (inbox(), Arc::default());
    let id = inbox.id("shop", "1");
    let late = Arc::clone(&log);
    drop(inbox.once(id, None, move |_| told(6, "pong", &late)));
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(*log.lock().unwrap(), [false]);
    let retry = inbox.once(id, None, |_| panic!("worked on twice"));
    assert_eq!(answer(retry).await, Some(Reply::Success));
    assert!(inbox.running.is_empty());
    assert_eq!(inbox.pending.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_taken_up_again_has_a_late_answer_from_the_first() {
    let (inbox, log) = (inbox(), Arc::default());
    let late = Arc::clone(&log);
    let begin = move |is_awaited: bool| {
        assert!(is_awaited);
        told(1, "pong", &late)
    };
    assert_eq!(
        answer(inbox.once_more(inbox.id("shop", "1"), None, begin)).await,
        Some(Reply::Success)
    );
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(*log.lock().unwrap(), [false]);
    assert_eq!(inbox.pending.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn beyond_the_limit_nothing_more_is_taken_until_something_is_done() {
    let inbox = inbox();
    for number in 0..100 {
        let id = inbox.id("shop", &number.to_string());
        assert!(matches!(inbox.once(id, None, |_| text_after(5, "pong")), Turn::Wait(..)));
    }
    let one_more = inbox.id("shop", "one more");
    assert!(matches!(inbox.once(one_more, None, |_| text("pong")), Turn::Full));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(matches!(inbox.once(one_more, None, |_| text("pong")), Turn::Done(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_thousand_messages_three_times_each_in_any_order_run_once_each() {
    const MESSAGES: usize = 100_000;
    let inbox = inbox_with(Limits { pending: MESSAGES, ..LIMITS }).0;
    let runs = Arc::new((0..MESSAGES).map(|_| AtomicUsize::new(0)).collect::<Vec<_>>());
    let mut deliveries: Vec<usize> = (0..MESSAGES).chain(0..MESSAGES).chain(0..MESSAGES).collect();
    deliveries.shuffle(&mut SmallRng::seed_from_u64(7));
    let deliveries = Arc::new(deliveries);
    let mut threads = tokio::task::JoinSet::new();
    for thread in 0..4 {
        let (inbox, runs, deliveries) =
            (Arc::clone(&inbox), Arc::clone(&runs), Arc::clone(&deliveries));
        threads.spawn(async move {
            for number in deliveries.iter().copied().skip(thread).step_by(4) {
                let id = inbox.id("shop", &format!("text/gh/o{}/{number}", number % 1_000));
                let user = Some(inbox.id("shop", &format!("o{}", number % 1_000)));
                let runs = Arc::clone(&runs);
                let turn = inbox.once(id, user, move |_| {
                    runs[number].fetch_add(1, Ordering::Relaxed);
                    match number % 10 {
                        0 => Step::Later(Box::pin(async move {
                            tokio::task::yield_now().await;
                            Reply::text(number.to_string()).into()
                        })),
                        _ => text(&number.to_string()),
                    }
                });
                assert_eq!(answer(turn).await, Some(Reply::text(number.to_string())));
            }
        });
    }
    while let Some(result) = threads.join_next().await {
        result.unwrap();
    }
    let histogram = runs.iter().fold(HashMap::new(), |mut histogram, runs| {
        *histogram.entry(runs.load(Ordering::Relaxed)).or_insert(0) += 1;
        histogram
    });
    assert_eq!(histogram, HashMap::from([(1, MESSAGES)]));
    assert!(inbox.running.is_empty() && inbox.lanes.is_empty());
    assert_eq!(inbox.pending.load(Ordering::Relaxed), 0);
}
