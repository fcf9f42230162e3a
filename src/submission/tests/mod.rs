//! What is accepted and what is not, over a store in memory, with nobody who sends.

mod folding;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Submission;
use super::SubmissionError;
use super::Submissions;
use super::Submitted;
use crate::access::Key;
use crate::access::Keys;
use crate::channels::Channel;
use crate::channels::Channels;
use crate::channels::Parcel;
use crate::channels::Sending;
use crate::clock::TokioClock;
use crate::config::Config;
use crate::config::outbox::RETRY;
use crate::entropy::SystemEntropy;
use crate::metrics::Metrics;
use crate::notification::Notification;
use crate::notification::Receipt;
use crate::notification::Terms;
use crate::outbox::Ground;
use crate::outbox::LOOK;
use crate::outbox::Outbox;
use crate::outbox::Settings;
use crate::store;
use crate::store::Filter;
use crate::store::Retention;
use crate::store::Store;

/// 2026-01-01T00:00:00Z, in seconds.
const START: u64 = 1_767_225_600;

const CONFIG: &str = "
[[account]]
name = 'shop'
platform = 'official-account'
app_id = 'wx1'
token = 'abc'
mode = 'plain'
[[channel]]
name = 'ops'
kind = 'log'
[[channel]]
name = 'mail'
kind = 'log'
[[channel]]
name = 'folded'
kind = 'log'
fold = '10m'
[[topic]]
name = 'alerts'
channels = ['mail', 'ops']
[admin]
token = 'the-owner-alone'
[[key]]
name = 'ci'
token = 'ci-token-0001'
may = ['send:ops']
[[key]]
name = 'all'
token = 'all-token-0001'
may = ['send:*']
";

/// Takes everything.
struct Open;

impl Channel for Open {
    fn terms(&self) -> Terms {
        Terms::default()
    }

    fn send<'a>(&'a self, _: &'a Parcel) -> Sending<'a> {
        Box::pin(async { Ok(Receipt::default()) })
    }
}

struct Bench {
    keys: Keys,
    submissions: Submissions,
}

impl Bench {
    fn new() -> Self {
        Self::over(store::open("memory:", Path::new("")).unwrap(), START)
    }

    /// One over a store that is there already, at this second.
    fn over(store: Arc<dyn Store>, start: u64) -> Self {
        let loaded = Config::parse("a.toml", CONFIG, Path::new(""), &BTreeMap::new());
        let config = loaded.unwrap_or_else(|faults| panic!("{faults}")).config;
        let mut channels = Channels::default();
        for name in ["ops", "mail", "folded"] {
            channels.insert(name, Arc::new(Open));
        }
        let clock = Arc::new(TokioClock::starting_at(start));
        let entropy = Arc::new(SystemEntropy);
        let settings = Settings {
            retry: RETRY.into(),
            pause_after: Duration::from_hours(4),
            wait_for_channel: Duration::from_hours(24),
            retention: Retention::default(),
            look: LOOK,
        };
        let outbox = Outbox::new(Ground {
            store,
            channels,
            clock: Arc::clone(&clock) as _,
            entropy: Arc::clone(&entropy) as _,
            metrics: Metrics::new().outbox,
            settings,
        });
        let submissions = Submissions::new(outbox, &config, (clock, entropy));
        Self { keys: Keys::of(&config), submissions }
    }

    fn key(&self, name: &str) -> Arc<Key> {
        self.keys.find(&format!("{name}-token-0001")).unwrap()
    }

    async fn accept(
        &self,
        key: &str,
        submission: Submission,
    ) -> Result<Submitted, SubmissionError> {
        self.submissions.accept(&self.key(key), submission).await
    }

    /// Channel, body and due time, in seconds from the start, of all that is in the store.
    async fn waiting(&self) -> Vec<(String, String, u64)> {
        let store = self.submissions.outbox().store();
        let page = store.query(Filter::default(), None, 100).await.unwrap();
        let shown =
            page.deliveries.into_iter().rev().map(|it| {
                (it.notification.channel, it.notification.body, it.due.as_secs() - START)
            });
        shown.collect()
    }
}

fn text(channels: &[&str], body: &str) -> Submission {
    let channels: Vec<String> = channels.iter().map(|&it| it.to_owned()).collect();
    Submission::to_channels(&channels, Notification::text("", body))
}

fn with_key(idempotency_key: &str, submission: Submission) -> Submission {
    let idempotency_key = Some(idempotency_key.to_owned());
    Submission {
        notification: Notification { idempotency_key, ..submission.notification },
        ..submission
    }
}

#[tokio::test(start_paused = true)]
async fn a_submission_to_one_channel_is_the_delivery() {
    let bench = Bench::new();
    let submitted = bench.accept("ci", text(&["ops"], "done")).await.unwrap();
    assert_eq!(submitted.parts.len(), 1);
    let (delivery, _) =
        bench.submissions.outbox().store().find(submitted.id).await.unwrap().unwrap();
    assert_eq!(delivery.notification.by.as_deref(), Some("ci"));
    assert_eq!(bench.waiting().await, [("ops".to_owned(), "done".to_owned(), 0)]);
}

#[tokio::test(start_paused = true)]
async fn a_topic_goes_out_through_each_of_its_channels_once() {
    let bench = Bench::new();
    let submission =
        Submission { topics: vec!["alerts".to_owned()], ..text(&["ops"], "disk full") };
    let submitted = bench.accept("all", submission).await.unwrap();
    let channels: Vec<&str> = submitted.parts.iter().map(|it| it.channel.as_str()).collect();
    assert_eq!(channels, ["ops", "mail"]);
    assert!(submitted.parts.iter().all(|it| it.id != submitted.id));
    let row = |channel: &str| (channel.to_owned(), "disk full".to_owned(), 0);
    assert_eq!(bench.waiting().await, [row("ops"), row("mail")]);
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_counted_from_now_and_the_later_time_holds() {
    let bench = Bench::new();
    let delay = Some(Duration::from_mins(1));
    bench.accept("ci", Submission { delay, ..text(&["ops"], "a") }).await.unwrap();
    let not_before = Some(Duration::from_secs(START + 90));
    let submission = Submission { delay, ..text(&["ops"], "b") };
    let notification = Notification { not_before, ..submission.notification.clone() };
    bench.accept("ci", Submission { notification, ..submission }).await.unwrap();
    let row = |body: &str, due| ("ops".to_owned(), body.to_owned(), due);
    assert_eq!(bench.waiting().await, [row("a", 60), row("b", 90)]);
}

#[tokio::test(start_paused = true)]
async fn a_key_sends_where_it_may_and_nowhere_else() {
    let bench = Bench::new();
    for channels in [&["mail"][..], &["ops", "mail"], &["nowhere"]] {
        let error = bench.accept("ci", text(channels, "done")).await.unwrap_err();
        let missing = channels.last().unwrap();
        assert_eq!(error.to_string(), format!("the key `ci` may not `send:{missing}`"));
        assert_eq!(error.code().status, 403);
    }
    let fallback = vec!["mail".to_owned()];
    let submission = text(&["ops"], "done");
    let notification = Notification { fallback, ..submission.notification };
    let error = bench.accept("ci", Submission { notification, ..submission }).await.unwrap_err();
    assert_eq!(error.to_string(), "the key `ci` may not `send:mail`");
    assert_eq!(bench.waiting().await, []);
}

#[tokio::test(start_paused = true)]
async fn what_leads_nowhere_or_says_nothing_is_refused() {
    let bench = Bench::new();
    let topics = vec!["alarms".to_owned()];
    let many: Vec<String> = (0..101).map(|it| it.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (submission, expected) in [
        (text(&[], "done"), "it names no channel and no topic"),
        (text(&["ops"], ""), "it says nothing: title and body are empty"),
        (text(&["nowhere"], "done"), "there is no channel `nowhere`"),
        (Submission { topics, ..text(&[], "done") }, "there is no topic `alarms`"),
        (text(&many, "done"), "it goes out through 101 channels; at most 100 are accepted"),
        (
            with_key("", text(&["ops"], "done")),
            "an idempotency key has 1 to 255 visible ASCII characters",
        ),
        (text(&["ops"], &"a".repeat(262_145)), "262145 bytes are more than 262144"),
    ] {
        let error = bench.accept("all", submission).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(bench.waiting().await, []);
}

#[tokio::test(start_paused = true)]
async fn the_same_idempotency_key_is_answered_the_same_and_sends_nothing_more() {
    let bench = Bench::new();
    let submission = || with_key("build-7", text(&["ops", "mail"], "done"));
    let first = bench.accept("all", submission()).await.unwrap();
    tokio::time::advance(Duration::from_hours(23)).await;
    assert_eq!(bench.accept("all", submission()).await.unwrap(), first);
    assert_eq!(bench.waiting().await.len(), 2);
    let error = bench.accept("all", with_key("build-7", text(&["ops"], "done"))).await.unwrap_err();
    assert!(matches!(error, SubmissionError::Conflict(id) if id == first.id), "{error}");
    assert_eq!(error.code().status, 409);
    // Another key's owner may choose the same.
    bench.accept("ci", with_key("build-7", text(&["ops"], "done"))).await.unwrap();
    tokio::time::advance(Duration::from_hours(2)).await;
    assert_ne!(bench.accept("all", submission()).await.unwrap().id, first.id);
}

#[tokio::test(start_paused = true)]
async fn topics_are_replaced_while_the_station_runs() {
    let bench = Bench::new();
    let text_of = CONFIG.replace("channels = ['mail', 'ops']", "channels = ['ops']");
    let loaded = Config::parse("a.toml", &text_of, Path::new(""), &BTreeMap::new()).unwrap();
    bench.submissions.replace(&loaded.config);
    let submission = Submission { topics: vec!["alerts".to_owned()], ..text(&[], "done") };
    let submitted = bench.accept("ci", submission).await.unwrap();
    assert_eq!(submitted.parts.len(), 1);
}
