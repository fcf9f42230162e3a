//! Late answers of a 企业微信 robot: streamed, once, whatever crashes when.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;
use yizhan::account::Way;
use yizhan::dispatch::handler::Context;
use yizhan::dispatch::handler::Handler;
use yizhan::dispatch::handler::typed;
use yizhan::outcome::Outcome;
use yizhan::simulator::Exchange;
use yizhan::simulator::Follower;
use yizhan::tasks::Tasks;
use yizhan::wechat::Platform;
use yizhan::wechat::inbound::bot::BotStream;
use yizhan::wechat::inbound::bot::BotText;
use yizhan::wechat::reply::Reply;

use crate::support::START;
use crate::support::Setup;
use crate::support::TestStation;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A robot with `late` as it is by default.
fn robot() -> Setup {
    let ways = vec![Way::Stream, Way::Push("customer".to_owned()), Way::Hold];
    Setup { platform: Platform::WecomBot, retries: false, ways, ..Setup::default() }
}

/// Answers a text after as many seconds as it says, and says on its way how far it is.
fn slow(runs: &Arc<AtomicUsize>) -> Vec<Arc<dyn Handler>> {
    let runs = Arc::clone(runs);
    vec![Arc::new(typed(move |text: BotText, context: Context| {
        runs.fetch_add(1, Ordering::Relaxed);
        async move {
            let seconds = text.content.parse().unwrap_or(0);
            for done in 0..seconds {
                if done > 0 && done % 10 == 0 {
                    context.progress.say(format!("{done} of {seconds}"));
                }
                tokio::time::sleep(secs(1)).await;
            }
            format!("pong: {}", text.content)
        }
    }))]
}

/// A station behind a platform that asks, and how often the handler ran.
fn station() -> (TestStation, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let station = TestStation::new(&robot(), slow(&runs));
    begin_to_ask(&station);
    (station, runs)
}

/// From now on the platform asks how streams go on.
fn begin_to_ask(station: &TestStation) {
    let platform = Arc::clone(station.simulator());
    station.intake.inbox.spawn(async move { platform.work_off().await });
}

/// What stands in the chat of streams that were asked for.
fn streamed(station: &TestStation, anna: &Follower) -> Vec<String> {
    let all = station.simulator().pushed(anna.open_id(), 0);
    all.into_iter().map(|it| format!("{}: {}", it.kind, it.text)).collect()
}

/// What came of each time that the platform asked.
fn asked(station: &TestStation) -> Vec<(bool, String)> {
    let all = station.simulator().transcript(0, 1_000, Some("callback"));
    let all = all["entries"].as_array().unwrap().clone();
    let asked = all.iter().filter(|it| it["message"].as_str().unwrap().contains("\"stream\":{"));
    let part = |it: &serde_json::Value| {
        let stream = &it["shown"]["fields"]["stream"];
        let content = stream["content"].as_str().unwrap_or("nothing").to_owned();
        (stream["finish"] == true, content)
    };
    asked.map(part).collect()
}

/// The first delivery is told that more will come.
fn assert_begun(exchange: &Exchange) {
    assert_eq!(exchange.to_string(), "0 s  try 1: 200 after 4.5 s, stream: \n");
    assert_eq!(exchange.shown.as_ref().unwrap().fields["stream"]["finish"], false);
}

async fn keys(station: &TestStation, prefix: &str) -> usize {
    let values = station.store.values(secs(START), prefix, None, 10).await.unwrap();
    values.len()
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_long_is_asked_for_until_it_is_whole() {
    let (station, runs) = station();
    let anna = station.follower("anna");
    for seconds in [0, 3] {
        let exchange = anna.says(&seconds.to_string()).await;
        assert_eq!(exchange.text(), format!("pong: {seconds}"), "{exchange}");
    }
    tokio::time::sleep(secs(60)).await;
    assert_eq!(asked(&station), []);

    assert_begun(&anna.says("25").await);
    assert_eq!(keys(&station, "promise/").await, 1);
    tokio::time::sleep(secs(60)).await;
    let expected = [vec![(false, "")], vec![(false, ""); 1], vec![(false, "10 of 25"); 5]];
    let mut expected = expected.concat();
    expected.extend([vec![(false, "20 of 25"); 3], vec![(true, "pong: 25")]].concat());
    let expected: Vec<_> = expected.into_iter().map(|(end, text)| (end, text.to_owned())).collect();
    assert_eq!(asked(&station), expected);
    assert_eq!(streamed(&station, &anna), ["stream: pong: 25"]);
    assert_eq!(station.outbox().await, Vec::<String>::new());
    assert_eq!(runs.load(Ordering::Relaxed), 3);
    assert_eq!(keys(&station, "promise/").await, 0);
    let metrics = station.intake.metrics.encode().unwrap();
    assert!(metrics.contains("yizhan_streamed_answers_total{account=\"shop\"} 1\n"), "{metrics}");
}

#[tokio::test(start_paused = true)]
async fn a_user_s_next_message_does_not_wait_until_the_platform_asks() {
    let (station, _) = station();
    let anna = station.follower("anna");
    assert_begun(&anna.says("20").await);
    let begun = Instant::now();
    // Behind the first in the user's lane, so late itself.
    assert_begun(&anna.says("0").await);
    assert_eq!(begun.elapsed(), Duration::from_millis(4_500));
    tokio::time::sleep(secs(30)).await;
    let mut all = streamed(&station, &anna);
    all.sort();
    assert_eq!(all, ["stream: pong: 0", "stream: pong: 20"]);
    assert_eq!(station.outbox().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_the_platform_does_not_ask_for_any_more_goes_the_next_way_once() {
    let runs = Arc::new(AtomicUsize::new(0));
    // Nobody awaits its jobs: this platform never asks.
    let station = TestStation::new(&robot(), slow(&runs));
    let anna = station.follower("anna");
    assert_begun(&anna.says("20").await);
    tokio::time::sleep(secs(15 + 29)).await;
    assert_eq!(station.outbox().await, Vec::<String>::new());
    tokio::time::sleep(secs(2)).await;
    let outbox = station.outbox().await;
    assert_eq!(outbox.len(), 1);
    let said = r#""message":{"msgtype":"markdown","markdown":{"content":"pong: 20"}}}"#;
    assert!(outbox[0].starts_with("customer anna: {\"response_url\"") && outbox[0].ends_with(said));
    // It comes back to it, too late.
    begin_to_ask(&station);
    tokio::time::sleep(secs(400)).await;
    // The bubble does not look as if more came.
    assert_eq!(asked(&station), [(true, "10 of 20".to_owned())]);
    assert_eq!(station.outbox().await.len(), 1);
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn what_takes_longer_than_the_platform_asks_goes_the_next_way() {
    let (station, _) = station();
    let anna = station.follower("anna");
    assert_begun(&anna.says("290").await);
    // Behind it in the user's lane: ready after 490 s, and asked for until 369 s.
    assert_begun(&anna.says("200").await);
    tokio::time::sleep(secs(478)).await;
    // The bubble stays as it was told last.
    assert_eq!(streamed(&station, &anna), ["stream: pong: 290", "stream: 70 of 200"]);
    assert_eq!(station.outbox().await, Vec::<String>::new());
    tokio::time::sleep(secs(5)).await;
    let outbox = station.outbox().await;
    assert_eq!(outbox.len(), 1, "{outbox:?}");
    assert!(outbox[0].contains("pong: 200"), "{outbox:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_nothing_ends_the_stream() {
    let handler = typed(|_: BotText, _: Context| async {
        tokio::time::sleep(secs(20)).await;
        Outcome::default()
    });
    let station = TestStation::new(&robot(), vec![Arc::new(handler)]);
    begin_to_ask(&station);
    let anna = station.follower("anna");
    assert_begun(&anna.says("x").await);
    tokio::time::sleep(secs(60)).await;
    assert_eq!(asked(&station).last(), Some(&(true, String::new())));
    assert_eq!(keys(&station, "promise/").await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_at_any_moment_has_its_answer_given_once_by_the_next() {
    // In seconds: ready after 18 s, asked for half a second later.
    for moment in [5.0, 8.0, 12.0, 16.0, 18.2, 18.6, 19.0, 20.0, 21.0, 30.0] {
        let (mut station, runs) = station();
        let anna = station.follower("anna");
        assert_begun(&anna.says("18").await);
        tokio::time::sleep(Duration::from_secs_f64(moment - 4.5)).await;
        station.crash();
        tokio::time::sleep(secs(1)).await;
        let again = Arc::new(AtomicUsize::new(0));
        station.start_again(&robot(), slow(&again)).await;
        tokio::time::sleep(secs(100)).await;
        let said = streamed(&station, &anna);
        let outbox = station.outbox().await;
        assert_eq!(said, ["stream: pong: 18"], "{moment} s, {outbox:?}");
        assert_eq!(outbox, Vec::<String>::new(), "{moment} s");
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        // What was ready is not made again.
        let is_made_again = again.load(Ordering::Relaxed) == 1;
        assert_eq!(is_made_again, moment < 17.0, "{moment} s");
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_that_the_platform_did_not_hear_is_said_again_by_the_next_process() {
    let (mut station, runs) = station();
    let anna = station.follower("anna");
    assert_begun(&anna.says("10").await);
    // Settled, and not heard.
    tokio::time::sleep(secs(5)).await;
    station.mute();
    tokio::time::sleep(secs(5)).await;
    assert_eq!(keys(&station, "stream/").await, 1);
    station.crash();
    let again = Arc::new(AtomicUsize::new(0));
    station.start_again(&robot(), slow(&again)).await;
    tokio::time::sleep(secs(60)).await;
    assert_eq!(streamed(&station, &anna), ["stream: pong: 10"]);
    assert_eq!((runs.load(Ordering::Relaxed), again.load(Ordering::Relaxed)), (1, 0));
    assert_eq!(station.outbox().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_stream_by_itself() {
    let part = |finish, content: &str| Reply::Stream {
        id: "own".to_owned(),
        finish,
        content: content.to_owned(),
    };
    let begin = typed(move |_: BotText, _: Context| async move { part(false, "one") });
    let asked = Arc::new(AtomicUsize::new(0));
    let more = typed(move |stream: BotStream, _: Context| {
        assert_eq!(stream.id, "own");
        let time = asked.fetch_add(1, Ordering::Relaxed);
        async move { if time == 2 { part(true, "one two") } else { part(false, "one t") } }
    });
    let station = TestStation::new(&robot(), vec![Arc::new(begin), Arc::new(more)]);
    begin_to_ask(&station);
    let anna = station.follower("anna");
    assert_eq!(anna.says("x").await.text(), "one");
    tokio::time::sleep(secs(20)).await;
    assert_eq!(streamed(&station, &anna), ["stream: one two"]);
}

#[tokio::test(start_paused = true)]
async fn a_station_that_stops_waits_for_no_question_and_leaves_the_answer_to_the_next() {
    let runs = Arc::new(AtomicUsize::new(0));
    let mut station = TestStation::new(&robot(), slow(&runs));
    let platform = Arc::clone(station.simulator());
    let asking = Tasks::new();
    let anna = station.follower("anna");
    assert_begun(&anna.says("10").await);
    tokio::time::sleep(secs(8)).await;
    let begun = Instant::now();
    assert!(station.tasks.stop(secs(10)).await);
    assert_eq!(begun.elapsed(), secs(0));
    station.start_again(&robot(), slow(&runs)).await;
    asking.spawn(async move { platform.work_off().await });
    tokio::time::sleep(secs(5)).await;
    assert_eq!(streamed(&station, &anna), ["stream: pong: 10"]);
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    assert_eq!((keys(&station, "promise/").await, keys(&station, "ready/").await), (0, 0));
}
