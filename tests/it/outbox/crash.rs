//! `kill -9` while notifications are being sent: none is lost, and doubles are among those that
//! were in flight at a kill. `make chaos` runs it with 20,000.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use yizhan::entropy::SystemEntropy;
use yizhan::exchange::Exchange;
use yizhan::exchange::Method;
use yizhan::exchange::Request;
use yizhan::notification::Notification;
use yizhan::store;
use yizhan::store::Filter;
use yizhan::store::Ids;
use yizhan::store::NewDelivery;
use yizhan::store::State;
use yizhan::store::Store;

use super::command;
use super::serve;
use super::standin::StandIn;
use super::write_config;

/// How many notifications each time, unless `YIZHAN_CHAOS` says so.
const COUNT: usize = 1_000;

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

/// Puts `count` notifications into the store, in batches as programs do. The ids, in order.
async fn enqueue(
    store: &dyn Store,
    count: usize,
    notification: impl Fn(usize) -> Notification,
) -> Vec<String> {
    let ids = Ids::new(Arc::new(SystemEntropy));
    let mut accepted = Vec::new();
    for batch in 0..count.div_ceil(50) {
        let numbers = 50 * batch..count.min(50 * batch + 50);
        let deliveries = numbers.map(&notification).map(|notification| NewDelivery {
            id: ids.next(now()),
            lane: notification.channel.clone(),
            due: now(),
            notification,
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
    count: usize,
    sent: impl AsyncFn() -> usize,
) -> BTreeMap<String, usize> {
    let begun = Instant::now();
    let mut caught = BTreeMap::new();
    for kill in 1..=KILLS {
        let mut station = serve(folder);
        let enough = count * kill / (KILLS + 1);
        until("the station has sent more", begun, async || sent().await >= enough).await;
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
    let text = |number| Notification::text("ops", format!("{number}"));
    let accepted = enqueue(store.as_ref(), count, text).await;
    assert_eq!(accepted.len(), count);

    let sent = async || service.counts().len();
    let caught = kill_again_and_again(folder.path(), store.as_ref(), count, sent).await;
    finish(folder.path(), store.as_ref()).await;

    let counts = service.counts();
    let received: BTreeSet<String> = counts.keys().cloned().collect();
    assert_eq!(received, BTreeSet::from_iter(accepted), "lost, or never accepted");
    judge("a webhook", store.as_ref(), counts, &caught).await;
}

/// Lets a station send what is left.
async fn finish(folder: &Path, store: &dyn Store) {
    let mut station = serve(folder);
    until("nothing waits any more", Instant::now(), async || {
        store.books().await.unwrap().waiting == 0
    })
    .await;
    station.kill().unwrap();
    station.wait().unwrap();
}

/// Each delivery came once, and once more at most for each kill that found it in flight; and the
/// books say so.
async fn judge(
    to: &str,
    store: &dyn Store,
    counts: impl IntoIterator<Item = (String, usize)>,
    caught: &BTreeMap<String, usize>,
) {
    let (mut all, mut doubles) = (0, 0);
    for (id, count) in counts {
        let allowed = 1 + caught.get(&id).copied().unwrap_or_default();
        assert!(count <= allowed, "{id} came {count} times, {} times in flight", allowed - 1);
        assert!(count > 0, "{id} is lost");
        all += 1;
        doubles += count - 1;
    }
    let audit = store.audit().await.unwrap();
    assert_eq!(audit.delivered, all);
    assert!(audit.balance() && audit == store.books().await.unwrap());
    let held: usize = caught.values().sum();
    eprintln!("{all} to {to}, {KILLS} kills: {held} held at a kill, {doubles} came twice");
}

/// The simulated platform in a process of its own, and what it is asked through.
struct Simulated {
    process: Child,
    base: String,
    exchange: Exchange,
}

impl Drop for Simulated {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Simulated {
    /// Its followers write to `callback`.
    fn start(folder: &Path, callback: u16) -> Self {
        let callback = format!("http://127.0.0.1:{callback}/");
        let words =
            ["simulate", "--callback", &callback, "--token", "SHOPTOKEN", "--port", "0", "--json"];
        let mut process = command(folder, &words).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        let base = said["api"].as_str().unwrap().to_owned();
        Self { process, exchange: Exchange::to(&base), base }
    }

    async fn ask(&self, method: Method, path: &str, body: String) -> serde_json::Value {
        let request = Request {
            method,
            url: format!("{}{path}", self.base),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.into(),
            timeout: Duration::from_secs(10),
            max_answer: 1 << 20,
        };
        let answer = self.exchange.send(request).await.unwrap();
        assert_eq!(answer.status, 200, "{path}");
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// The user writes, which lets the account send them five messages.
    async fn says(&self, user: &str) {
        let body = format!("{{\"from\":\"{user}\",\"text\":\"hi\"}}");
        self.ask(Method::Post, "/sim/say", body).await;
    }

    /// How many messages the user was sent.
    async fn sent_to(&self, user: &str) -> usize {
        let path = format!("/sim/inbox?from={user}");
        let inbox = self.ask(Method::Get, &path, String::new()).await;
        inbox["messages"].as_array().unwrap().len()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_the_simulated_platform_get_every_message_over_kill_9() {
    let (folder, callback) = (tempfile::tempdir().unwrap(), StandIn::answering(200));
    let platform = Simulated::start(folder.path(), callback.port);
    let config = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n\
         [[account]]\nname = \"shop\"\nplatform = \"official-account\"\n\
         app_id = \"wx0123456789abcdef\"\napp_secret = \"SECRET\"\ntoken = \"SHOPTOKEN\"\n\
         mode = \"plain\"\napi_base = \"{}\"\n\
         [[channel]]\nname = \"users\"\nkind = \"wechat-customer\"\naccount = \"shop\"\n\
         timeout = \"2s\"\nconcurrency = 32\n",
        platform.base
    );
    std::fs::write(folder.path().join("yizhan.toml"), config).unwrap();
    let store = store::open("sqlite:data/yizhan.db", folder.path()).unwrap();
    let count = count();
    let user = |number: usize| format!("oUser{number}");
    for number in 0..count {
        platform.says(&user(number)).await;
    }
    let text = |number| Notification {
        to: vec![user(number)],
        ..Notification::text("users", format!("{number}"))
    };
    let accepted = enqueue(store.as_ref(), count, text).await;
    assert_eq!(accepted.len(), count);

    let sent = async || usize::try_from(store.books().await.unwrap().delivered).unwrap();
    let caught = kill_again_and_again(folder.path(), store.as_ref(), count, sent).await;
    finish(folder.path(), store.as_ref()).await;

    let mut counts = Vec::new();
    for (number, id) in accepted.into_iter().enumerate() {
        counts.push((id, platform.sent_to(&user(number)).await));
    }
    judge("users of WeChat", store.as_ref(), counts, &caught).await;
}
