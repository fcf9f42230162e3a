//! The retry window: an answer reaches whichever try is alive, and its handler runs once.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use yizhan::account::Way;
use yizhan::dispatch::handler::Context;
use yizhan::dispatch::handler::Handler;
use yizhan::dispatch::handler::HandlerError;
use yizhan::dispatch::handler::typed;
use yizhan::simulator::Exchange;
use yizhan::wechat::Mode;
use yizhan::wechat::Platform;
use yizhan::wechat::inbound::follow::Subscribe;
use yizhan::wechat::inbound::message::Text;
use yizhan::wechat::reply::Reply;

use crate::support::Setup;
use crate::support::TestStation;

/// Answers `pong: <text>` after the number of milliseconds in the text.
fn slow(runs: &Arc<AtomicUsize>) -> Arc<dyn Handler> {
    let runs = Arc::clone(runs);
    Arc::new(typed(move |text: Text, _: Context| {
        runs.fetch_add(1, Ordering::Relaxed);
        async move {
            let millis = text.content.trim().parse().unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(millis)).await;
            format!("pong: {}", text.content)
        }
    }))
}

struct Slow {
    station: TestStation,
    runs: Arc<AtomicUsize>,
}

impl Slow {
    fn new(setup: &Setup) -> Self {
        let runs = Arc::new(AtomicUsize::new(0));
        Self { station: TestStation::new(setup, vec![slow(&runs)]), runs }
    }

    async fn says(&self, text: &str) -> Exchange {
        self.station.follower("oAnna").says(text).await
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_slower_than_five_seconds_answers_the_retry_and_runs_once() {
    let slow = Slow::new(&Setup::default());
    let exchange = slow.says("7000").await;
    let expected = "\
0 s  try 1: no answer after 5 s
5 s  try 2: 200 after 2 s, text: pong: 7000
";
    assert_eq!(exchange.to_string(), expected);
    assert_eq!(slow.runs(), 1);
}

#[tokio::test(start_paused = true)]
async fn handlers_of_0_to_14_seconds_are_answered_on_a_live_try_in_every_mode() {
    for mode in [Mode::Plain, Mode::Compatible, Mode::Safe] {
        let slow = Slow::new(&Setup { mode, ..Setup::default() });
        let mut runs = 0;
        for millis in (0..=14_400).step_by(100) {
            let exchange = slow.says(&format!(" {millis}")).await;
            assert_eq!(exchange.text(), format!("pong:  {millis}"), "{exchange}");
            let tries = 1 + usize::try_from(millis / 5_000).unwrap();
            // At the very moment WeChat hangs up either try may be the one.
            assert!(millis % 5_000 == 0 || exchange.tries.len() == tries, "{exchange}");
            runs += 1;
            assert_eq!(slow.runs(), runs);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_window_success_is_said_and_the_user_sees_no_error() {
    let slow = Slow::new(&Setup::default());
    let exchange = slow.says("20000").await;
    let expected = "\
0 s  try 1: no answer after 5 s
5 s  try 2: no answer after 5 s
10 s  try 3: 200 after 4.5 s, nothing to show
";
    assert_eq!(exchange.to_string(), expected);
    assert!(exchange.shown.is_none());
}

#[tokio::test(start_paused = true)]
async fn with_hold_the_answer_comes_with_the_next_message() {
    let setup = Setup { ways: vec![Way::Hold], ..Setup::default() };
    let slow = Slow::new(&setup);
    assert_eq!(slow.says("20000").await.text(), "请稍后回复任意内容");
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(slow.says("1").await.text(), "pong: 20000");
    assert_eq!(slow.says("1").await.text(), "pong: 1");
    assert_eq!(slow.runs(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_retry_the_first_try_is_answered_in_time() {
    let setup =
        Setup { retries: false, ways: vec![Way::Hold], holding_text: "wait", ..Setup::default() };
    let slow = Slow::new(&setup);
    let exchange = slow.says("7000").await;
    assert_eq!(exchange.to_string(), "0 s  try 1: 200 after 4.5 s, text: wait\n");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(slow.says("0").await.text(), "pong: 7000");
}

#[tokio::test(start_paused = true)]
async fn two_users_and_the_same_text_are_two_messages() {
    let slow = Slow::new(&Setup::default());
    let (anna, ben) = (slow.station.follower("oAnna"), slow.station.follower("oBen"));
    let (one, other) = tokio::join!(anna.says("3000"), ben.says("3000"));
    assert_eq!([one.text(), other.text()], ["pong: 3000", "pong: 3000"]);
    assert_eq!(slow.runs(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_same_msg_id_from_two_users_is_two_messages() {
    let slow = Slow::new(&Setup::default());
    let message = |from: &str| {
        format!(
            "<xml><ToUserName>gh_1</ToUserName><FromUserName>{from}</FromUserName>\
             <CreateTime>1767225600</CreateTime><MsgType>text</MsgType>\
             <Content>0</Content><MsgId>7300000000000000001</MsgId></xml>"
        )
    };
    for from in ["oAnna", "oBen", "oAnna"] {
        assert_eq!(slow.station.simulator().deliver(&message(from)).await.text(), "pong: 0");
    }
    assert_eq!(slow.runs(), 2);
}

#[tokio::test(start_paused = true)]
async fn two_events_of_one_user_in_one_second_are_two_events() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let welcome = typed(move |event: Subscribe, _: Context| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move { event.event_key.unwrap_or_default() }
    });
    let station = TestStation::new(&Setup::default(), vec![Arc::new(welcome)]);
    let event = |key: &str, ticket: &str| {
        format!(
            "<xml><ToUserName>gh_1</ToUserName><FromUserName>oAnna</FromUserName>\
             <CreateTime>1767225600</CreateTime><MsgType>event</MsgType>\
             <Event>subscribe</Event><EventKey>{key}</EventKey><Ticket>{ticket}</Ticket></xml>"
        )
    };
    let events = [("a", "1"), ("b", "1"), ("b", "2"), ("a", "1"), ("b", "2")];
    for (key, ticket) in events {
        let exchange = station.simulator().deliver(&event(key, ticket)).await;
        assert_eq!(exchange.text(), key);
    }
    assert_eq!(runs.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn one_users_messages_are_answered_in_the_order_they_came() {
    let slow = Slow::new(&Setup::default());
    let anna = slow.station.follower("oAnna");
    let later = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        anna.says("0").await
    };
    let (first, second) = tokio::join!(anna.says("6000"), later);
    assert_eq!(
        first.to_string().lines().last(),
        Some("5 s  try 2: 200 after 1 s, text: pong: 6000")
    );
    assert_eq!(second.to_string().lines().last(), Some("5 s  try 2: 200 after 0 s, text: pong: 0"));
}

#[tokio::test(start_paused = true)]
async fn a_failing_handler_is_answered_with_the_apology_once() {
    let fail = |_: Text, _: Context| async {
        Err::<Reply, _>(HandlerError::Failed("the database is away".to_owned()))
    };
    let setup = Setup { apology: Some("出错了,请稍后再试"), ..Setup::default() };
    let station = TestStation::new(&setup, vec![Arc::new(typed(fail))]);
    let exchange = station.follower("oAnna").says("hi").await;
    assert_eq!(exchange.to_string(), "0 s  try 1: 200 after 0 s, text: 出错了,请稍后再试\n");
    let metrics = station.intake.metrics.encode().unwrap();
    assert!(metrics.contains("yizhan_failed_handlers_total{account=\"shop\"} 1\n"), "{metrics}");
}

#[tokio::test(start_paused = true)]
async fn a_panicking_handler_is_answered_with_success_and_its_key_is_free_again() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let panics_first = move |_: Text, _: Context| {
        let run = counted.fetch_add(1, Ordering::Relaxed);
        async move {
            assert!(run > 0, "a bug");
            "pong"
        }
    };
    let station = TestStation::new(&Setup::default(), vec![Arc::new(typed(panics_first))]);
    let anna = station.follower("oAnna");
    let document = anna.document(serde_json::json!({ "MsgType": "text", "Content": "hi" }));
    assert!(station.simulator().deliver(&document).await.shown.is_none());
    assert_eq!(station.simulator().deliver(&document).await.text(), "pong");
    assert_eq!(runs.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_text_too_long_is_split_at_a_sentence_and_the_rest_comes_with_the_next_messages() {
    let long = "这是一句话。".repeat(300);
    let setup = Setup { ways: vec![Way::Hold], ..Setup::default() };
    let said = long.clone();
    let handler = typed(move |_: Text, _: Context| {
        let said = said.clone();
        async move { said }
    });
    let station = TestStation::new(&setup, vec![Arc::new(handler)]);
    let anna = station.follower("oAnna");
    let mut parts = Vec::new();
    for _ in 0..3 {
        let exchange = anna.says("more").await;
        assert!(exchange.text().len() <= 2_048 && exchange.text().ends_with('。'));
        parts.push(exchange.text().to_owned());
    }
    assert_eq!(parts.concat(), long);
}

#[tokio::test(start_paused = true)]
async fn a_text_too_long_is_refused_where_the_account_says_so() {
    let handler = typed(|_: Text, _: Context| async { "长".repeat(1_000) });
    let setup = Setup { splits_texts: false, ..Setup::default() };
    let station = TestStation::new(&setup, vec![Arc::new(handler)]);
    assert!(station.follower("oAnna").says("hi").await.shown.is_none());
    let metrics = station.intake.metrics.encode().unwrap();
    assert!(metrics.contains("yizhan_refused_replies_total{account=\"shop\"} 1\n"), "{metrics}");
}

#[tokio::test(start_paused = true)]
async fn a_mini_program_is_never_sent_a_text() {
    let slow = Slow::new(&Setup { platform: Platform::MiniProgram, ..Setup::default() });
    let exchange = slow.says("0").await;
    assert_eq!(exchange.to_string(), "0 s  try 1: 200 after 0 s, nothing to show\n");
    assert_eq!(slow.runs(), 1);
}
