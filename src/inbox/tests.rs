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
use super::Step;
use super::Trouble;
use super::Turn;
use crate::entropy::SeededEntropy;
use crate::tasks::Tasks;
use crate::wechat::reply::Reply;

const LIMITS: Limits = Limits {
    remember: Duration::from_mins(10),
    capacity: 131_072,
    pending: 100,
    handler_timeout: Duration::from_mins(1),
};

fn inbox_with(limits: Limits) -> (Arc<Inbox>, Arc<Mutex<Vec<Trouble>>>) {
    let troubles = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&troubles);
    let observe = move |trouble| seen.lock().unwrap().push(trouble);
    let inbox = Inbox::new(limits, Tasks::new(), &SeededEntropy::new(1), observe);
    (Arc::new(inbox), troubles)
}

fn inbox() -> Arc<Inbox> {
    inbox_with(LIMITS).0
}

fn text(reply: &str) -> Step {
    Step::Now(Reply::text(reply).into())
}

fn text_after(seconds: u64, reply: &'static str) -> Step {
    Step::Later(Box::pin(async move {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        Reply::text(reply).into()
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
    assert!(matches!(inbox.once(id, None, || text("pong")), Turn::Done(_)));
    let again = inbox.once(id, None, || panic!("worked on twice"));
    assert!(matches!(again, Turn::Again(Reply::Text(text)) if text == "pong"));
}

#[tokio::test]
async fn the_same_key_of_another_account_is_another_message() {
    let inbox = inbox();
    let (one, other) = (inbox.id("a", "text/gh/o1/1"), inbox.id("b", "text/gh/o1/1"));
    assert!(matches!(inbox.once(one, None, || text("a")), Turn::Done(_)));
    assert!(matches!(inbox.once(other, None, || text("b")), Turn::Done(_)));
}

#[tokio::test(start_paused = true)]
async fn deliveries_during_the_work_join_it_and_all_get_its_answer() {
    let inbox = inbox();
    let id = inbox.id("shop", "1");
    let first = inbox.once(id, None, || text_after(7, "pong"));
    let second = inbox.once(id, None, || panic!("worked on twice"));
    let Turn::Wait(_, number) = &second else { panic!("{second:?}") };
    assert_eq!(*number, 2);
    let (first, second) = tokio::join!(answer(first), answer(second));
    assert_eq!([first, second], [Some(Reply::text("pong")), Some(Reply::text("pong"))]);
}

#[tokio::test(start_paused = true)]
async fn the_work_goes_on_when_nobody_waits_any_more() {
    let inbox = inbox();
    let id = inbox.id("shop", "1");
    drop(inbox.once(id, None, || text_after(7, "pong")));
    tokio::time::sleep(Duration::from_secs(8)).await;
    let again = inbox.once(id, None, || panic!("worked on twice"));
    assert_eq!(answer(again).await, Some(Reply::text("pong")));
}

#[tokio::test(start_paused = true)]
async fn a_panic_frees_the_key_and_wakes_who_waits() {
    let (inbox, troubles) = inbox_with(LIMITS);
    let id = inbox.id("shop", "1");
    let user = Some(inbox.id("shop", "o1"));
    let work = || Step::Later(Box::pin(async { panic!("in the work") }));
    assert_eq!(answer(inbox.once(id, user, work)).await, None);
    assert!(matches!(inbox.once(id, user, || panic!("at once")), Turn::Panicked));
    assert_eq!(*troubles.lock().unwrap(), [Trouble::Panicked, Trouble::Panicked]);
    assert_eq!(answer(inbox.once(id, user, || text("pong"))).await, Some(Reply::text("pong")));
}

#[tokio::test(start_paused = true)]
async fn messages_of_one_user_are_worked_on_in_order_and_of_two_side_by_side() {
    let inbox = inbox();
    let (anna, ben) = (Some(inbox.id("shop", "anna")), Some(inbox.id("shop", "ben")));
    let log = Arc::new(Mutex::new(Vec::new()));
    let work = |name: &'static str, seconds| {
        let log = Arc::clone(&log);
        move || {
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
async fn an_answer_held_for_the_user_comes_with_the_next_message_and_the_retry_keeps_the_text() {
    let inbox = inbox();
    let user = inbox.id("shop", "o1");
    let id = inbox.id("shop", "1");
    let Turn::Wait(waiting, _) = inbox.once(id, Some(user), || text_after(20, "pong")) else {
        panic!("nothing to wait for");
    };
    tokio::time::sleep(Duration::from_secs(14)).await;
    assert_eq!(waiting.hold(Reply::text("wait")), Reply::text("wait"));
    tokio::time::sleep(Duration::from_secs(7)).await;
    let retry = inbox.once(id, Some(user), || panic!("worked on twice"));
    assert_eq!(answer(retry).await, Some(Reply::text("wait")));
    assert_eq!(inbox.take_held(user), Some(Reply::text("pong")));
    assert_eq!(inbox.take_held(user), None);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_ready_is_given_instead_of_being_held() {
    let inbox = inbox();
    let id = inbox.id("shop", "1");
    let Turn::Wait(waiting, _) = inbox.once(id, None, || text_after(4, "pong")) else {
        panic!("nothing to wait for");
    };
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(waiting.hold(Reply::text("wait")), Reply::text("pong"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_nobody_waits_for_is_reported() {
    let (inbox, troubles) = inbox_with(LIMITS);
    let Turn::Wait(waiting, _) = inbox.once(inbox.id("shop", "1"), None, || text_after(20, "pong"))
    else {
        panic!("nothing to wait for");
    };
    waiting.give_up();
    tokio::time::sleep(Duration::from_secs(21)).await;
    assert_eq!(*troubles.lock().unwrap(), [Trouble::Late]);
}

#[tokio::test(start_paused = true)]
async fn work_without_end_is_ended_and_the_user_goes_on() {
    let (inbox, troubles) = inbox_with(LIMITS);
    let user = Some(inbox.id("shop", "o1"));
    let stuck = inbox.once(inbox.id("shop", "1"), user, || text_after(3_600, "never"));
    let next = inbox.once(inbox.id("shop", "2"), user, || text("pong"));
    assert_eq!(answer(stuck).await, Some(Reply::Success));
    assert_eq!(answer(next).await, Some(Reply::text("pong")));
    assert_eq!(*troubles.lock().unwrap(), [Trouble::TimedOut]);
}

#[tokio::test(start_paused = true)]
async fn beyond_the_limit_nothing_more_is_taken_until_something_is_done() {
    let inbox = inbox();
    for number in 0..100 {
        let id = inbox.id("shop", &number.to_string());
        assert!(matches!(inbox.once(id, None, || text_after(5, "pong")), Turn::Wait(..)));
    }
    let one_more = inbox.id("shop", "one more");
    assert!(matches!(inbox.once(one_more, None, || text("pong")), Turn::Full));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(matches!(inbox.once(one_more, None, || text("pong")), Turn::Done(_)));
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
                let turn = inbox.once(id, user, move || {
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
