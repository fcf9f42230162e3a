//! Identical notifications within ten minutes.

use std::sync::Arc;
use std::time::Duration;

use super::Bench;
use super::START;
use super::Submission;
use super::text;
use super::with_key;
use crate::notification::Format;
use crate::notification::Notification;
use crate::submission::word;
use crate::tasks::Tasks;

async fn say(bench: &Bench, body: &str) -> crate::submission::Submitted {
    bench.accept("all", text(&["folded"], body)).await.unwrap()
}

fn row(body: &str, due: u64) -> (String, String, u64) {
    ("folded".to_owned(), body.to_owned(), due)
}

#[tokio::test(start_paused = true)]
async fn the_first_goes_out_and_the_others_as_a_count_when_the_window_ends() {
    let bench = Bench::new();
    let tasks = Tasks::new();
    bench.submissions.start(&tasks);
    let first = say(&bench, "disk full").await;
    assert!(!first.parts[0].is_folded);
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_secs(30)).await;
        let more = say(&bench, "disk full").await;
        assert!(more.parts[0].is_folded);
        assert_eq!(bench.submissions.find(more.id).await.unwrap().unwrap().state(), "folded");
    }
    say(&bench, "disk empty").await;
    assert_eq!(bench.waiting().await, [row("disk full", 0), row("disk empty", 360)]);
    tokio::time::sleep(Duration::from_secs(241)).await;
    let counted = row("还有 12 条类似的 / 12 more like this\n\ndisk full", 600);
    let waiting = bench.waiting().await;
    assert!(waiting.contains(&counted), "{waiting:?}");
    assert_eq!(waiting.len(), 3);
    // The window is over, so the next is a first one again.
    assert!(!say(&bench, "disk full").await.parts[0].is_folded);
}

#[tokio::test(start_paused = true)]
async fn a_folded_submission_has_the_life_of_the_count() {
    let bench = Bench::new();
    let tasks = Tasks::new();
    bench.submissions.start(&tasks);
    say(&bench, "disk full").await;
    let more = say(&bench, "disk full").await;
    tokio::time::sleep(Duration::from_secs(601)).await;
    let life = bench.submissions.find(more.id).await.unwrap().unwrap();
    let (part, found) = &life.parts[0];
    assert_eq!(word(part, found.as_ref()), "waiting");
    assert_eq!(
        found.as_ref().unwrap().delivery.notification.body,
        "还有 1 条类似的 / 1 more like this\n\ndisk full"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_count_is_lost_when_the_process_dies() {
    let bench = Bench::new();
    for _ in 0..4 {
        say(&bench, "disk full").await;
    }
    let store = Arc::clone(bench.submissions.outbox().store());
    drop(bench);
    // An hour later another one begins.
    let bench = Bench::over(store, START + 3_600);
    let tasks = Tasks::new();
    bench.submissions.start(&tasks);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let expected =
        [row("disk full", 0), row("还有 3 条类似的 / 3 more like this\n\ndisk full", 3_600)];
    let mut waiting = bench.waiting().await;
    waiting.sort();
    assert_eq!(waiting, expected);
}

#[tokio::test(start_paused = true)]
async fn who_comes_after_the_end_says_the_count_before_its_own() {
    let bench = Bench::new();
    say(&bench, "disk full").await;
    say(&bench, "disk full").await;
    tokio::time::advance(Duration::from_mins(10)).await;
    assert!(!say(&bench, "disk full").await.parts[0].is_folded);
    let mut waiting = bench.waiting().await;
    waiting.sort();
    let expected = [
        row("disk full", 0),
        row("disk full", 600),
        row("还有 1 条类似的 / 1 more like this\n\ndisk full", 600),
    ];
    assert_eq!(waiting, expected);
}

#[tokio::test(start_paused = true)]
async fn two_instances_on_one_store_count_together() {
    let one = Bench::new();
    let other = Bench::over(Arc::clone(one.submissions.outbox().store()), START);
    let both = (0..50).map(|number| say(if number % 2 == 0 { &one } else { &other }, "disk full"));
    let all = futures_util::future::join_all(both).await;
    assert_eq!(all.iter().filter(|it| !it.parts[0].is_folded).count(), 1);
    tokio::time::advance(Duration::from_mins(10)).await;
    say(&one, "disk full").await;
    let waiting = one.waiting().await;
    assert!(
        waiting.contains(&row("还有 49 条类似的 / 49 more like this\n\ndisk full", 600)),
        "{waiting:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_repeated_idempotency_key_is_not_counted_and_what_is_for_later_is_not_folded() {
    let bench = Bench::new();
    for _ in 0..3 {
        let submission = with_key("a", text(&["folded"], "disk full"));
        assert!(!bench.accept("all", submission).await.unwrap().parts[0].is_folded);
    }
    let delay = Some(Duration::from_mins(1));
    let later = Submission { delay, ..text(&["folded"], "disk full") };
    assert!(!bench.accept("all", later).await.unwrap().parts[0].is_folded);
    assert!(say(&bench, "disk full").await.parts[0].is_folded);
}

#[tokio::test(start_paused = true)]
async fn only_what_says_the_same_to_the_same_in_the_same_words_is_folded() {
    let bench = Bench::new();
    let other = |change: fn(Notification) -> Notification| {
        let submission = text(&["folded"], "disk full");
        Submission { notification: change(submission.notification.clone()), ..submission }
    };
    say(&bench, "disk full").await;
    for submission in [
        other(|it| Notification { to: vec!["anna".to_owned()], ..it }),
        other(|it| Notification { title: "a".to_owned(), ..it }),
        other(|it| Notification { format: Format::Html, ..it }),
        other(|it| Notification { link: Some("https://a.example/".to_owned()), ..it }),
        text(&["ops"], "disk full"),
    ] {
        assert!(!bench.accept("all", submission).await.unwrap().parts[0].is_folded);
    }
    assert!(!bench.accept("all", text(&["ops"], "disk full")).await.unwrap().parts[0].is_folded);
}
