//! Answers that no delivery can carry: held or pushed, once each, whatever crashes when.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use yizhan::account::Way;
use yizhan::dispatch::handler::Context;
use yizhan::dispatch::handler::Handler;
use yizhan::dispatch::handler::typed;
use yizhan::intake::Typing;
use yizhan::notification::Notification;
use yizhan::outcome::Outcome;
use yizhan::wechat::Platform;
use yizhan::wechat::inbound::follow::Subscribe;
use yizhan::wechat::inbound::message::Text;
use yizhan::wechat::reply::Reply;

use crate::support::Setup;
use crate::support::TestStation;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Without the right to send: what is late is held.
fn holding() -> Setup {
    Setup { ways: vec![Way::Hold], ..Setup::default() }
}

/// With the right to send customer-service messages.
fn pushing() -> Setup {
    let ways = vec![Way::Push("customer".to_owned()), Way::Hold];
    Setup { ways, ..Setup::default() }
}

/// Answers a text that begins with a number after that many seconds.
fn slow(runs: &Arc<AtomicUsize>) -> Vec<Arc<dyn Handler>> {
    let runs = Arc::clone(runs);
    vec![Arc::new(typed(move |text: Text, _: Context| {
        runs.fetch_add(1, Ordering::Relaxed);
        async move {
            let seconds = text.content.split(' ').next().unwrap_or_default().parse().unwrap_or(0);
            tokio::time::sleep(secs(seconds)).await;
            format!("pong: {}", text.content)
        }
    }))]
}

/// A station whose handler takes as many seconds as it is told, and how often it ran.
fn station(setup: &Setup) -> (TestStation, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    (TestStation::new(setup, slow(&runs)), runs)
}

#[tokio::test(start_paused = true)]
async fn without_rights_every_answer_comes_on_a_live_try_or_with_the_next_message() {
    let (station, runs) = station(&holding());
    let anna = station.follower("oAnna");
    for seconds in 0..=60 {
        let expected = format!("pong: {seconds}");
        let exchange = anna.says(&seconds.to_string()).await;
        if seconds < 15 {
            assert_eq!(exchange.text(), expected, "{exchange}");
            continue;
        }
        let told = "\
0 s  try 1: no answer after 5 s
5 s  try 2: no answer after 5 s
10 s  try 3: 200 after 4.5 s, text: 请稍后回复任意内容
";
        assert_eq!(exchange.to_string(), told);
        tokio::time::sleep(secs(seconds)).await;
        let next = anna.says("好了吗").await;
        assert_eq!(next.to_string(), format!("0 s  try 1: 200 after 0 s, text: {expected}\n"));
    }
    assert_eq!(runs.load(Ordering::Relaxed), 61);
    assert_eq!(station.outbox().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn with_rights_every_late_answer_is_pushed_exactly_once() {
    let (station, runs) = station(&pushing());
    let anna = station.follower("oAnna");
    let mut pushed = Vec::new();
    for seconds in 0..=60 {
        let exchange = anna.says(&seconds.to_string()).await;
        if seconds < 15 {
            assert_eq!(exchange.text(), format!("pong: {seconds}"), "{exchange}");
        } else {
            let told = "\
0 s  try 1: no answer after 5 s
5 s  try 2: no answer after 5 s
10 s  try 3: 200 after 4.5 s, nothing to show
";
            assert_eq!(exchange.to_string(), told);
            pushed.push(format!("customer oAnna: pong: {seconds}"));
        }
        tokio::time::sleep(secs(seconds)).await;
        assert_eq!(station.outbox().await, pushed);
    }
    assert_eq!(runs.load(Ordering::Relaxed), 61);
    assert_eq!(station.store.values(secs(0), "promise/", None, 10).await.unwrap(), []);
    let metrics = station.intake.metrics.encode().unwrap();
    assert!(metrics.contains("yizhan_pushed_answers_total{account=\"shop\"} 46\n"), "{metrics}");
}

#[tokio::test(start_paused = true)]
async fn a_reply_alone_in_time_or_on_a_retry_writes_nothing() {
    let (station, _) = station(&pushing());
    for text in ["0", "7"] {
        station.follower("oAnna").says(text).await;
    }
    let now = Duration::from_secs(crate::support::START);
    assert_eq!(station.store.settled_keys(now, "", None, 10).await.unwrap(), Vec::<String>::new());
    assert_eq!(station.store.values(now, "", None, 10).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_panic_after_the_user_was_told_leaves_nothing_behind() {
    let handler = typed(|text: Text, _: Context| async move {
        if text.content == "bang" {
            tokio::time::sleep(secs(20)).await;
            panic!("a bug");
        }
        text.content
    });
    let station = TestStation::new(&holding(), vec![Arc::new(handler)]);
    let anna = station.follower("oAnna");
    assert_eq!(anna.says("bang").await.text(), "请稍后回复任意内容");
    tokio::time::sleep(secs(10)).await;
    assert_eq!(anna.says("a").await.text(), "a");
    assert_eq!(anna.says("b").await.text(), "b");
}

#[tokio::test(start_paused = true)]
async fn without_retry_a_push_follows_the_first_try() {
    let (station, _) = station(&Setup { retries: false, ..pushing() });
    let exchange = station.follower("oAnna").says("7").await;
    assert_eq!(exchange.to_string(), "0 s  try 1: 200 after 4.5 s, nothing to show\n");
    tokio::time::sleep(secs(3)).await;
    assert_eq!(station.outbox().await, ["customer oAnna: pong: 7"]);
}

#[tokio::test(start_paused = true)]
async fn two_late_messages_of_one_user_are_answered_in_their_order() {
    let (station, _) = station(&holding());
    let anna = station.follower("oAnna");
    let later = async {
        tokio::time::sleep(secs(1)).await;
        anna.says("20 b").await
    };
    tokio::join!(anna.says("20 a"), later);
    tokio::time::sleep(secs(60)).await;
    assert_eq!(anna.says("0 c").await.text(), "pong: 20 a");
    assert_eq!(anna.says("0 d").await.text(), "pong: 20 b");
    assert_eq!(anna.says("0 e").await.text(), "pong: 0 e");
}

#[tokio::test(start_paused = true)]
async fn who_asks_while_the_work_goes_on_gets_the_answer_on_a_live_try() {
    let (station, runs) = station(&holding());
    let anna = station.follower("oAnna");
    anna.says("20").await;
    tokio::time::sleep(secs(1)).await;
    // 15.5 s after the first message; the answer is there 4.5 s later.
    assert_eq!(
        anna.says("好了吗").await.to_string(),
        "0 s  try 1: 200 after 4.5 s, text: pong: 20\n"
    );
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn one_users_held_answer_is_nobody_elses() {
    let (station, _) = station(&holding());
    station.follower("oAnna").says("20").await;
    tokio::time::sleep(secs(10)).await;
    assert_eq!(station.follower("oBen").says("0").await.text(), "pong: 0");
    assert_eq!(station.follower("oAnna").says("0").await.text(), "pong: 20");
}

#[tokio::test(start_paused = true)]
async fn a_long_late_answer_is_pushed_in_parts_that_end_with_a_sentence() {
    let long = "这是一句话。".repeat(300);
    let said = long.clone();
    let handler = typed(move |_: Text, _: Context| {
        let said = said.clone();
        async move {
            tokio::time::sleep(secs(20)).await;
            said
        }
    });
    let station = TestStation::new(&pushing(), vec![Arc::new(handler)]);
    station.follower("oAnna").says("hi").await;
    tokio::time::sleep(secs(10)).await;
    let parts = station.outbox().await;
    let bodies: Vec<&str> = parts.iter().map(|it| &it["customer oAnna: ".len()..]).collect();
    assert!(bodies.iter().all(|it| it.len() <= 2_048 && it.ends_with('。')));
    assert_eq!((bodies.len(), bodies.concat()), (3, long));
}

#[tokio::test(start_paused = true)]
async fn beyond_the_five_messages_that_a_user_allows_the_rest_waits_for_their_next_one() {
    let handler = typed(|text: Text, _: Context| async move {
        if text.content == "hi" {
            tokio::time::sleep(secs(20)).await;
        }
        // Seven parts of 113 sentences, and a rest.
        "这是一句话。".repeat(800)
    });
    let station = TestStation::new(&pushing(), vec![Arc::new(handler)]);
    let anna = station.follower("oAnna");
    anna.says("hi").await;
    tokio::time::sleep(secs(10)).await;
    assert_eq!(station.outbox().await.len(), 5);
    for bytes in [2_034, 2_034, 162] {
        assert_eq!(anna.says("more").await.text().len(), bytes);
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_into_a_reply_in_time_is_pushed_behind_it() {
    let handler = typed(|_: Text, _: Context| async { "这是一句话。".repeat(200) });
    let station = TestStation::new(&pushing(), vec![Arc::new(handler)]);
    assert_eq!(station.follower("oAnna").says("hi").await.text().len(), 2_034);
    assert_eq!(station.outbox().await, [format!("customer oAnna: {}", "这是一句话。".repeat(87))]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_pushed_is_held() {
    let handler = typed(|text: Text, _: Context| async move {
        if text.content == "hi" {
            tokio::time::sleep(secs(20)).await;
        }
        Reply::Transfer { kf_account: None }
    });
    let station = TestStation::new(&pushing(), vec![Arc::new(handler)]);
    let anna = station.follower("oAnna");
    anna.says("hi").await;
    tokio::time::sleep(secs(10)).await;
    assert_eq!(station.outbox().await, Vec::<String>::new());
    let exchange = anna.says("and?").await;
    assert_eq!(exchange.to_string(), "0 s  try 1: 200 after 0 s, transfer_customer_service: \n");
}

#[tokio::test(start_paused = true)]
async fn to_a_mini_program_every_answer_is_a_message() {
    let setup = Setup { platform: Platform::MiniProgram, ..pushing() };
    let (station, runs) = station(&setup);
    let anna = station.follower("oAnna");
    let exchange = anna.says("0").await;
    assert_eq!(exchange.to_string(), "0 s  try 1: 200 after 0 s, nothing to show\n");
    anna.says("20").await;
    tokio::time::sleep(secs(10)).await;
    assert_eq!(station.outbox().await, ["customer oAnna: pong: 0", "customer oAnna: pong: 20"]);
    assert_eq!(runs.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_may_not_be_sent_anything_any_more_is_answered_with_the_next_message() {
    let (station, _) = station(&pushing());
    let anna = station.follower("oAnna");
    anna.says("20").await;
    let shut = yizhan::window::Shut::of_errcode(45_047).unwrap();
    station.intake.late.windows().learn("shop", "oAnna", shut);
    tokio::time::sleep(secs(10)).await;
    assert_eq!(station.outbox().await, Vec::<String>::new());
    assert_eq!(anna.says("0").await.text(), "pong: 20");
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_to_an_event_is_pushed_or_lost_and_never_held() {
    let welcome = || -> Vec<Arc<dyn Handler>> {
        vec![Arc::new(typed(|_: Subscribe, _: Context| async {
            tokio::time::sleep(secs(20)).await;
            "welcome"
        }))]
    };
    let station = TestStation::new(&pushing(), welcome());
    station.follower("oAnna").subscribes(None).await;
    tokio::time::sleep(secs(10)).await;
    assert_eq!(station.outbox().await, ["customer oAnna: welcome"]);

    let station = TestStation::new(&holding(), welcome());
    let exchange = station.follower("oAnna").subscribes(None).await;
    assert_eq!(
        exchange.to_string().lines().last(),
        Some("10 s  try 3: 200 after 4.5 s, nothing to show")
    );
    tokio::time::sleep(secs(10)).await;
    let metrics = station.intake.metrics.encode().unwrap();
    let lost = "yizhan_handler_troubles_total{code=\"handler.late\"} 1\n";
    assert!(metrics.contains(lost), "{metrics}");
}

/// Says `done`, and pushes, after that many seconds.
fn reporting(seconds: u64, runs: &Arc<AtomicUsize>) -> Vec<Arc<dyn Handler>> {
    let runs = Arc::clone(runs);
    vec![Arc::new(typed(move |text: Text, _: Context| {
        runs.fetch_add(1, Ordering::Relaxed);
        async move {
            tokio::time::sleep(secs(seconds)).await;
            let note = Notification::text("ops", format!("{} did it", text.content));
            Outcome::reply("done", "report").push(note)
        }
    }))]
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_pushes_goes_out_once_however_often_the_message_comes() {
    for seconds in [0, 7, 20] {
        let runs = Arc::new(AtomicUsize::new(0));
        let station = TestStation::new(&holding(), reporting(seconds, &runs));
        let anna = station.follower("oAnna");
        let message = anna.document(serde_json::json!({"MsgType": "text", "Content": "anna"}));
        for _ in 0..3 {
            station.simulator().deliver(&message).await;
        }
        tokio::time::sleep(secs(20)).await;
        assert_eq!(station.outbox().await, ["ops : anna did it"]);
        assert_eq!(runs.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_settling_and_replying_repeats_neither_push_nor_handler() {
    let runs = Arc::new(AtomicUsize::new(0));
    let mut station = TestStation::new(&holding(), reporting(0, &runs));
    let anna = station.follower("oAnna");
    let message = anna.document(serde_json::json!({"MsgType": "text", "Content": "anna"}));
    station.mute();
    let simulator = Arc::clone(station.simulator());
    let mut delivery = JoinSet::new();
    delivery.spawn(async move { simulator.deliver(&message).await });
    tokio::time::sleep(secs(3)).await;
    station.start_again(&holding(), reporting(0, &runs)).await;
    let expected = "\
0 s  try 1: no answer after 5 s
5 s  try 2: 200 after 0 s, text: done
";
    assert_eq!(delivery.join_next().await.unwrap().unwrap().to_string(), expected);
    assert_eq!(station.outbox().await, ["ops : anna did it"]);
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn held_answers_survive_a_restart() {
    let (mut station, runs) = station(&holding());
    let anna = station.follower("oAnna");
    anna.says("20 a").await;
    tokio::time::sleep(secs(10)).await;
    station.crash();
    station.start_again(&holding(), slow(&runs)).await;
    assert_eq!(anna.says("0").await.text(), "pong: 20 a");
    station.start_again(&holding(), slow(&runs)).await;
    assert_eq!(anna.says("0").await.text(), "pong: 0");
}

#[tokio::test(start_paused = true)]
async fn a_held_answer_whose_reply_is_lost_in_a_crash_is_given_to_the_retry() {
    let (mut station, runs) = station(&holding());
    let anna = station.follower("oAnna");
    anna.says("20 a").await;
    tokio::time::sleep(secs(10)).await;
    station.mute();
    let asking = anna.clone();
    let mut exchange = JoinSet::new();
    exchange.spawn(async move { asking.says("0").await });
    tokio::time::sleep(secs(1)).await;
    station.start_again(&holding(), slow(&runs)).await;
    let expected = "\
0 s  try 1: no answer after 5 s
5 s  try 2: 200 after 0 s, text: pong: 20 a
";
    assert_eq!(exchange.join_next().await.unwrap().unwrap().to_string(), expected);
    assert_eq!(anna.says("0 b").await.text(), "pong: 0 b");
}

#[tokio::test(start_paused = true)]
async fn who_was_told_to_wait_is_answered_by_the_next_process_if_this_one_dies() {
    // The first process never ends this work; the second does.
    for (setup, outbox) in
        [(holding(), vec![]), (pushing(), vec!["customer oAnna: pong: 1 at last"])]
    {
        let stuck = typed(|_: Text, _: Context| std::future::pending::<String>());
        let mut station = TestStation::new(&setup, vec![Arc::new(stuck)]);
        let anna = station.follower("oAnna");
        anna.says("1 at last").await;
        station.crash();
        tokio::time::sleep(secs(60)).await;
        let runs = Arc::new(AtomicUsize::new(0));
        station.start_again(&setup, slow(&runs)).await;
        tokio::time::sleep(secs(2)).await;
        assert_eq!(station.outbox().await, outbox);
        let said = anna.says("0").await.text().to_owned();
        assert_eq!(said, if outbox.is_empty() { "pong: 1 at last" } else { "pong: 0" });
        // A promise that was kept is not kept again.
        station.start_again(&setup, slow(&runs)).await;
        tokio::time::sleep(secs(2)).await;
        assert_eq!(anna.says("0 b").await.text(), "pong: 0 b");
        assert_eq!(station.outbox().await, outbox);
    }
}

#[tokio::test(start_paused = true)]
async fn two_promises_to_one_user_are_both_kept() {
    let stuck = typed(|_: Text, _: Context| std::future::pending::<String>());
    let mut station = TestStation::new(&holding(), vec![Arc::new(stuck)]);
    let anna = station.follower("oAnna");
    tokio::join!(anna.says("1 a"), anna.says("1 b"));
    station.crash();
    let runs = Arc::new(AtomicUsize::new(0));
    station.start_again(&holding(), slow(&runs)).await;
    tokio::time::sleep(secs(5)).await;
    let mut answers = Vec::new();
    for text in ["x", "y"] {
        answers.push(anna.says(text).await.text().to_owned());
    }
    answers.sort_unstable();
    assert_eq!(answers, ["pong: 1 a", "pong: 1 b"]);
    assert_eq!(anna.says("z").await.text(), "pong: z");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_takes_the_process_down_does_so_twice_and_no_more() {
    let stuck = || -> Vec<Arc<dyn Handler>> {
        vec![Arc::new(typed(|_: Text, _: Context| std::future::pending::<String>()))]
    };
    let mut station = TestStation::new(&holding(), stuck());
    station.follower("oAnna").says("bang").await;
    let mut taken_up = Vec::new();
    for _ in 0..3 {
        station.crash();
        station.start_again(&holding(), stuck()).await;
        taken_up.push(station.intake.metrics.account("shop").messages.get());
    }
    assert_eq!(taken_up, [1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_restart_within_the_window_leaves_nobody_with_an_error() {
    let stuck = typed(|_: Text, _: Context| std::future::pending::<String>());
    let mut station = TestStation::new(&holding(), vec![Arc::new(stuck)]);
    let anna = station.follower("oAnna");
    let asking = anna.clone();
    let mut exchange = JoinSet::new();
    exchange.spawn(async move { asking.says("20").await });
    tokio::time::sleep(secs(7)).await;
    station.crash();
    let runs = Arc::new(AtomicUsize::new(0));
    station.start_again(&holding(), slow(&runs)).await;
    let expected = "\
0 s  try 1: no answer after 5 s
5 s  try 2: no answer after 5 s
10 s  try 3: 200 after 4.5 s, text: 请稍后回复任意内容
";
    assert_eq!(exchange.join_next().await.unwrap().unwrap().to_string(), expected);
    tokio::time::sleep(secs(20)).await;
    assert_eq!(anna.says("0").await.text(), "pong: 20");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_never_ends_is_ended_and_the_user_is_told() {
    let stuck = typed(|_: Text, _: Context| std::future::pending::<String>());
    let setup = Setup { apology: Some("出错了"), ..pushing() };
    let station = TestStation::new(&setup, vec![Arc::new(stuck)]);
    station.follower("oAnna").says("hi").await;
    tokio::time::sleep(secs(300)).await;
    assert_eq!(station.outbox().await, ["customer oAnna: 出错了"]);
    let metrics = station.intake.metrics.encode().unwrap();
    let ended = "yizhan_handler_troubles_total{code=\"handler.timed_out\"} 1\n";
    assert!(metrics.contains(ended), "{metrics}");
}

struct Log(Mutex<Vec<(u64, bool)>>, Instant);

impl Typing for Log {
    fn show(&self, account: &str, user: &str, is_typing: bool) {
        assert_eq!((account, user), ("shop", "oAnna"));
        self.0.lock().unwrap().push((self.1.elapsed().as_secs(), is_typing));
    }
}

#[tokio::test(start_paused = true)]
async fn typing_is_shown_while_an_answer_is_made() {
    let runs = Arc::new(AtomicUsize::new(0));
    let log = Arc::new(Log(Mutex::default(), Instant::now()));
    let station = TestStation::with_typing(&pushing(), slow(&runs), Arc::clone(&log) as _);
    station.follower("oAnna").says("0").await;
    station.follower("oAnna").says("20").await;
    tokio::time::sleep(secs(10)).await;
    assert_eq!(*log.0.lock().unwrap(), [(1, true), (16, true), (20, false)]);
}

#[tokio::test]
async fn real_clock_answers_come_on_a_live_try_or_with_the_next_message() {
    let (station, runs) = station(&holding());
    let mut users = JoinSet::new();
    for seconds in [0, 3, 7, 12, 16] {
        let follower = station.follower(&format!("o{seconds}"));
        users.spawn(async move {
            let first = follower.says(&seconds.to_string()).await.text().to_owned();
            match first.as_str() {
                "请稍后回复任意内容" => follower.says("好了吗").await.text().to_owned(),
                _ => first,
            }
        });
    }
    let mut answers = users.join_all().await;
    answers.sort_unstable();
    assert_eq!(answers, ["pong: 0", "pong: 12", "pong: 16", "pong: 3", "pong: 7"]);
    assert_eq!(runs.load(Ordering::Relaxed), 5);
}
