//! The code of an authorization is exchanged, whatever fails on the way and whoever dies.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use yizhan::clock::Clock;
use yizhan::clock::TokioClock;
use yizhan::dispatch::Dispatcher;
use yizhan::dispatch::builtin::Authorizations;
use yizhan::dispatch::builtin::Notices;
use yizhan::dispatch::handler::Answer;
use yizhan::dispatch::handler::Context;
use yizhan::dispatch::handler::Handler as _;
use yizhan::exchange::ExchangeError;
use yizhan::outcome::Progress;
use yizhan::platform::Client;
use yizhan::platform::Clients;
use yizhan::store::Store;
use yizhan::store::names;
use yizhan::tasks::Tasks;
use yizhan::wechat::Platform;
use yizhan::wechat::inbound::Inbound;

use super::Asked;
use super::OPEN;
use super::Wire;
use super::client_on;
use super::refusal;
use super::store;
use super::timeout;
use super::token;
use crate::support::START;

const COMPONENT: &str = "wx00112233445566bb";
const QUERY: &str = "/cgi-bin/component/api_query_auth";
const INFO: &str = "/cgi-bin/component/api_get_authorizer_info";

/// One process on a store.
struct Process {
    store: Arc<dyn Store>,
    authorizations: Authorizations,
    clients: Clients,
    clock: Arc<TokioClock>,
    tasks: Tasks,
}

impl Process {
    fn on(store: Arc<dyn Store>, wire: &Arc<Wire>, seed: u64) -> Self {
        let clock = Arc::new(TokioClock::starting_at(START));
        let client: Arc<Client> = client_on(OPEN, wire, Arc::clone(&store), seed);
        let clients: Clients = [client].into_iter().collect();
        let tasks = Tasks::new();
        let authorizations =
            Authorizations::new(Arc::clone(&store), Arc::clone(&clock) as _, tasks.clone());
        Self { store, authorizations, clients, clock, tasks }
    }

    /// Is told `fields`; the answer is there when this returns.
    async fn hears(&self, fields: &str) {
        let document =
            format!("<xml><AppId>{COMPONENT}</AppId><CreateTime>1</CreateTime>{fields}</xml>");
        let inbound = Arc::new(Inbound::parse(document.into_bytes()).unwrap());
        let context = Context {
            account: "shop".into(),
            app_id: COMPONENT.into(),
            platform: Platform::OpenPlatform,
            from: String::new(),
            now: self.clock.since_epoch(),
            clients: self.clients.clone(),
            progress: Progress::default(),
        };
        let rest = Dispatcher::new(Vec::new());
        let notices = Notices::new(Arc::clone(&self.store), self.authorizations.clone(), rest);
        let Answer::Later(work) = notices.answer(&inbound, &context) else { panic!("not kept") };
        work.await.unwrap();
    }

    /// The account A authorizes the open platform, by a code that ends in an hour.
    async fn authorized(&self) {
        let code = "<AuthorizationCode>CODE</AuthorizationCode>";
        let ends = START + 3_600;
        self.hears(&format!(
            "<InfoType>authorized</InfoType><AuthorizerAppid>wxA</AuthorizerAppid>{code}\
             <AuthorizationCodeExpiredTime>{ends}</AuthorizationCodeExpiredTime>"
        ))
        .await;
    }

    /// The first ticket.
    async fn ticket(&self) {
        self.hears(
            "<InfoType>component_verify_ticket</InfoType>\
             <ComponentVerifyTicket>T</ComponentVerifyTicket>",
        )
        .await;
    }

    async fn value(&self, name: &str) -> Option<String> {
        let value = self.store.get(self.clock.since_epoch(), name).await.unwrap();
        value.map(|it| String::from_utf8(it).unwrap())
    }

    async fn refresh_token(&self) -> Option<String> {
        self.value(&format!("refresh/{COMPONENT}/wxA")).await
    }

    /// The code that is still to be exchanged.
    async fn code(&self) -> Option<String> {
        let kept = self.value(&names::authorizer(COMPONENT, "wxA")).await?;
        let kept: Value = serde_json::from_str(&kept).unwrap();
        kept["code"].as_str().map(str::to_owned)
    }
}

/// WeChat, which answers the exchange of a code as `query` says, the first time being 0.
fn wechat(
    query: impl Fn(usize) -> Result<Value, ExchangeError> + Send + Sync + 'static,
) -> Arc<Wire> {
    let times = AtomicUsize::new(0);
    Wire::new(move |asked: &Asked| match asked.line.split(' ').nth(1) {
        Some(QUERY) => query(times.fetch_add(1, Ordering::Relaxed)),
        Some(INFO) => Ok(json!({"authorization_info": info("R-info")})),
        _ => Ok(token(asked, "C1").unwrap_or_default()),
    })
}

fn info(refresh: &str) -> Value {
    json!({"authorizer_appid": "wxA", "authorizer_refresh_token": refresh})
}

fn exchanged() -> Value {
    json!({"authorization_info": info("R1")})
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_code_is_exchanged_again_until_that_works_and_not_after() {
    // Not reached twice, each with the tries of a call; busy once.
    let wire = wechat(|time| match time {
        0..8 => Err(timeout(false)),
        8..12 => Ok(refusal(-1)),
        _ => Ok(exchanged()),
    });
    let process = Process::on(store(), &wire, 1);
    process.ticket().await;
    process.authorized().await;
    assert_eq!(process.code().await.as_deref(), Some("CODE"));
    pass(600).await;
    assert_eq!(process.refresh_token().await.as_deref(), Some("R1"));
    assert_eq!(process.code().await, None);
    let count = wire.count(QUERY);
    assert!((3..=13).contains(&count), "{count}");
    pass(7_200).await;
    assert_eq!(wire.count(QUERY), count);
    assert_eq!(process.authorizations.resume(&process.clients).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_code_that_came_before_the_first_ticket_waits_for_it() {
    let wire = wechat(|_| Ok(exchanged()));
    let process = Process::on(store(), &wire, 1);
    process.authorized().await;
    pass(60).await;
    assert_eq!((wire.count(QUERY), process.refresh_token().await), (0, None));
    process.ticket().await;
    pass(600).await;
    assert_eq!(process.refresh_token().await.as_deref(), Some("R1"));
}

#[tokio::test(start_paused = true)]
async fn the_next_process_exchanges_what_the_last_one_could_not() {
    let dead = wechat(|_| Err(timeout(false)));
    let first = Process::on(store(), &dead, 1);
    first.ticket().await;
    first.authorized().await;
    pass(10).await;
    // It ends, with the code in the store.
    assert!(first.tasks.stop(Duration::from_mins(1)).await);
    assert_eq!(first.refresh_token().await, None);

    let wire = wechat(|_| Ok(exchanged()));
    let next = Process::on(Arc::clone(&first.store), &wire, 2);
    assert_eq!(next.authorizations.resume(&next.clients).await.unwrap(), 1);
    pass(1).await;
    assert_eq!(next.refresh_token().await.as_deref(), Some("R1"));
    assert_eq!((wire.count(QUERY), next.code().await), (1, None));
}

#[tokio::test(start_paused = true)]
async fn where_the_answer_was_lost_the_account_is_asked_for_otherwise() {
    // WeChat took the code, and nobody heard what it answered.
    let wire = wechat(|time| if time == 0 { Err(timeout(true)) } else { Ok(refusal(61009)) });
    let process = Process::on(store(), &wire, 1);
    process.ticket().await;
    process.authorized().await;
    pass(60).await;
    assert_eq!(process.refresh_token().await.as_deref(), Some("R-info"));
    assert_eq!((wire.count(QUERY), wire.count(INFO), process.code().await), (2, 1, None));
}

#[tokio::test(start_paused = true)]
async fn a_code_that_ended_is_given_up() {
    let wire = wechat(|_| Err(timeout(false)));
    let process = Process::on(store(), &wire, 1);
    process.ticket().await;
    process.authorized().await;
    pass(3_500).await;
    assert_eq!(process.code().await.as_deref(), Some("CODE"));
    pass(1_200).await;
    assert_eq!((process.code().await, process.refresh_token().await), (None, None));
    let count = wire.count(QUERY);
    pass(7_200).await;
    assert_eq!(wire.count(QUERY), count);
}

#[tokio::test(start_paused = true)]
async fn who_took_the_authorization_back_is_not_followed_any_more() {
    let wire = wechat(|time| if time < 4 { Err(timeout(false)) } else { Ok(exchanged()) });
    let process = Process::on(store(), &wire, 1);
    process.ticket().await;
    process.authorized().await;
    pass(4).await;
    process.hears("<InfoType>unauthorized</InfoType><AuthorizerAppid>wxA</AuthorizerAppid>").await;
    pass(3_000).await;
    assert_eq!((process.refresh_token().await, process.code().await), (None, None));
}
