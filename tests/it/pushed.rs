//! A station and the simulated platform, over HTTP both ways: what is late, and what a rule sends,
//! arrives, and arrives once.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::App;
use actix_web::HttpServer;
use actix_web::web;
use serde_json::json;
use tempfile::TempDir;
use yizhan::account::RawCallback;
use yizhan::app::Station;
use yizhan::clock::Clock as _;
use yizhan::clock::SystemClock;
use yizhan::config::Config;
use yizhan::dispatch::handler::Answer;
use yizhan::dispatch::handler::Context;
use yizhan::dispatch::handler::Handler;
use yizhan::entropy::SystemEntropy;
use yizhan::notification::Fate;
use yizhan::outcome::Outcome;
use yizhan::simulator;
use yizhan::simulator::Account;
use yizhan::simulator::Follower;
use yizhan::simulator::HttpWire;
use yizhan::simulator::RawRequest;
use yizhan::simulator::RawResponse;
use yizhan::simulator::Seats;
use yizhan::simulator::Simulator;
use yizhan::simulator::Wire;
use yizhan::store;
use yizhan::store::Filter;
use yizhan::store::State;
use yizhan::store::Store;
use yizhan::wechat::Mode;
use yizhan::wechat::Platform;
use yizhan::wechat::id::AppId;
use yizhan::wechat::id::OpenId;
use yizhan::wechat::inbound::Inbound;
use yizhan::wechat::secret::EncodingAesKey;
use yizhan::wechat::secret::Token;

use crate::api::ALL;
use crate::api::JSON;
use crate::api::call;
use crate::outbox::standin::StandIn;
use crate::support::AES_KEY;
use crate::support::APP_ID;
use crate::support::TOKEN;
use crate::support::server::Server;

const METRICS: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

const SEND: &str = "/cgi-bin/message/custom/send";

/// Takes 1.3 s for a text that begins with `慢`, and passes everything else on.
struct Slow;

impl Handler for Slow {
    fn answer(&self, inbound: &Arc<Inbound>, _: &Context) -> Answer {
        let text = inbound.text().to_owned();
        if !text.starts_with('慢') {
            return Answer::Pass;
        }
        Answer::Later(Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(1_300)).await;
            Ok(Outcome::reply(format!("答:{text}").as_str(), "slow"))
        }))
    }
}

/// How one account is set up on both sides, and what stands beside it in the config.
struct Plan {
    platform: Platform,
    account: &'static str,
    /// More sections of the config.
    more: String,
}

/// A 公众号 with the right to send.
fn official() -> Plan {
    let account = "app_secret = \"S\"\nlate = [\"push\"]\nmode = \"plain\"";
    Plan { platform: Platform::OfficialAccount, account, more: String::new() }
}

impl Plan {
    /// `[server]` is open where this begins, see [`Server::start`].
    fn config(&self, folder: &Path, api: u16) -> String {
        let Self { platform, account, more } = self;
        let (platform, folder) = (platform.name(), folder.display());
        format!(
            "handlers = \"{folder}/handlers\"\nprivate_hosts = [\"127.0.0.1\"]\n\
             [store]\nurl = \"sqlite:{folder}/yizhan.db\"\n\
             [[account]]\nname = \"shop\"\nplatform = \"{platform}\"\napp_id = \"{APP_ID}\"\n\
             token = \"{TOKEN}\"\nencoding_aes_key = \"{AES_KEY}\"\nreply_within = \"300ms\"\n\
             api_base = \"http://127.0.0.1:{api}\"\n{account}\n{more}"
        )
    }

    fn simulator(&self, wire: impl Wire + 'static, api: u16) -> Arc<Simulator> {
        let (token, app_id) = (Token::parse(TOKEN).unwrap(), AppId::parse(APP_ID).unwrap());
        let account = Account::new(self.platform, token, app_id);
        let account = account.reached_at(format!("http://127.0.0.1:{api}"));
        let account = match self.platform {
            Platform::OfficialAccount => account,
            _ => account.sealed(Mode::Safe, &EncodingAesKey::parse(AES_KEY).unwrap()),
        };
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        Simulator::new(account, "/callback/shop", wire, clock, entropy)
    }
}

/// A folder with `rules`, and a store to be.
fn folder(rules: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("handlers")).unwrap();
    fs::write(folder.path().join("handlers/a.toml"), rules).unwrap();
    folder
}

fn open(folder: &TempDir) -> Arc<dyn Store> {
    store::open("sqlite:yizhan.db", folder.path()).unwrap()
}

/// Serves the platform's API for the rest of the process.
fn serve(listener: TcpListener, platform: &Arc<Simulator>) {
    let seats = web::Data::new(Seats::new().seat("shop", Arc::clone(platform), &[]));
    let server =
        HttpServer::new(move || App::new().configure(|config| simulator::routes(config, &seats)));
    let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
    std::thread::spawn(move || tokio::runtime::Runtime::new().unwrap().block_on(server));
}

/// Both sides, and the user who writes.
struct World {
    platform: Arc<Simulator>,
    station: Server,
    store: Arc<dyn Store>,
    anna: Follower,
    _folder: TempDir,
}

impl World {
    fn start(plan: &Plan, rules: &str) -> Self {
        Self::start_in(folder(rules), plan)
    }

    fn start_in(folder: TempDir, plan: &Plan) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let api = listener.local_addr().unwrap().port();
        let store = open(&folder);
        let config = plan.config(folder.path(), api);
        let station = Server::start_on(Arc::clone(&store), &config, Slow);
        let wire = HttpWire::new(&format!("http://127.0.0.1:{}", station.port)).unwrap();
        let platform = plan.simulator(wire, api);
        serve(listener, &platform);
        let anna = platform.follower(OpenId::parse("oAnna").unwrap());
        Self { platform, station, store, anna, _folder: folder }
    }

    /// How often the API was called by `path`.
    fn calls(&self, path: &str) -> usize {
        let all = self.platform.transcript(0, 1_000, Some("api"));
        all["entries"].as_array().unwrap().iter().filter(|call| call["path"] == path).count()
    }

    /// What she was sent through the API.
    fn inbox(&self) -> Vec<String> {
        let pushed = self.platform.pushed(self.anna.open_id(), 0);
        pushed.into_iter().map(|it| it.text).collect()
    }

    /// Stops the station in order; each delivery as it is then: state, code and attempts.
    async fn stop(mut self) -> Vec<(&'static str, String, u32)> {
        self.station.stop();
        let page = self.store.query(Filter::default(), None, 100).await.unwrap();
        let told = page.deliveries.into_iter();
        told.map(|it| (it.state.word(), it.reason.code, it.attempts)).collect()
    }
}

/// Waits for what happens in other threads.
async fn until(is_so: impl AsyncFn() -> bool) {
    for _ in 0..500 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not happen within 10 s");
}

fn delivered() -> (&'static str, String, u32) {
    ("delivered", String::new(), 1)
}

#[tokio::test]
async fn a_late_answer_is_pushed_once_and_typing_is_shown_before() {
    let world = World::start(&official(), "");
    assert_eq!(world.anna.says("慢").await.text(), "");
    until(async || !world.inbox().is_empty() && world.calls("/cgi-bin/message/custom/typing") == 2)
        .await;
    assert_eq!(world.inbox(), ["答:慢"]);
    assert_eq!((world.calls(SEND), world.calls("/cgi-bin/stable_token")), (1, 1));
    let platform = Arc::clone(&world.platform);
    assert_eq!(world.stop().await, [delivered()]);
    let sent = platform.transcript(0, 1_000, Some("api"))["entries"].to_string();
    assert_eq!(sent.matches("答:慢").count(), 1, "{sent}");
}

#[tokio::test]
async fn a_robot_answers_late_once_at_the_address_of_the_message() {
    let plan = Plan {
        platform: Platform::WecomBot,
        account: "late = [\"push\", \"hold\"]",
        more: String::new(),
    };
    let world = World::start(&plan, "");
    assert_eq!(world.anna.says("慢 **1**").await.text(), "");
    until(async || !world.inbox().is_empty()).await;
    assert_eq!(world.inbox(), ["答:慢 **1**"]);
    let calls = world.calls("/cgi-bin/aibot/response");
    assert_eq!(world.stop().await, [delivered()]);
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn a_file_uploaded_through_the_api_is_sent_by_its_id() {
    let more = "[admin]\ntoken = 'the-owner-alone'\n[[key]]\nname = 'all'\n\
        token = 'all-token-0001'\nmay = ['send:wechat-customer']\n";
    let world = World::start(&Plan { more: more.to_owned(), ..official() }, "");
    world.anna.says("hi").await;
    let line = "POST /api/v1/media?account=shop&type=image&name=a.png";
    let uploaded = call(&world.station, line, &[ALL], "PNG").await;
    assert_eq!(uploaded.status, 201, "{}", uploaded.text);
    let media_id = &uploaded.json["media_id"];
    let body = json!({
        "channel": "wechat-customer", "account": "shop", "to": "oAnna",
        "native": { "msgtype": "image", "image": { "media_id": media_id } },
    });
    let sent =
        call(&world.station, "POST /api/v1/notifications", &[ALL, JSON], &body.to_string()).await;
    assert_eq!(sent.status, 202, "{}", sent.text);
    until(async || world.platform.pushed(world.anna.open_id(), 0).len() == 1).await;
    assert_eq!(world.platform.pushed(world.anna.open_id(), 0)[0].kind, "image");
    for (line, expected) in [
        ("POST /api/v1/media?account=shp&type=image&name=a.png", (404, "api.unknown")),
        ("POST /api/v1/media?account=shop&type=image&name=a.exe", (400, "api.invalid")),
        ("POST /api/v1/media?account=shop&type=image", (400, "api.invalid")),
        ("POST /api/v1/media?account=shop&type=picture&name=a.png", (400, "api.invalid")),
    ] {
        let refused = call(&world.station, line, &[ALL], "PNG").await;
        assert_eq!((refused.status, refused.error().1), expected, "{}", refused.text);
    }
}

#[tokio::test]
async fn without_the_right_to_send_it_is_held() {
    let plan = Plan { account: "late = [\"push\", \"hold\"]\nmode = \"plain\"", ..official() };
    let world = World::start(&plan, "");
    let told = world.anna.says("慢").await;
    assert_eq!(told.text(), "正在思考,请稍后回复任意内容获取答案");
    until(async || {
        let metrics = world.station.raw(METRICS).await;
        metrics.contains("yizhan_held_answers_total{account=\"shop\"} 1\n")
    })
    .await;
    assert_eq!(world.anna.says("好了吗").await.text(), "答:慢");
    assert_eq!(world.inbox(), Vec::<String>::new());
    assert_eq!(world.stop().await, []);
}

#[tokio::test]
async fn what_a_rule_pushes_arrives_at_a_webhook_and_at_a_user() {
    let ops = StandIn::answering(200);
    let more = format!(
        "[[channel]]\nname = \"ops\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{}/\"\n",
        ops.port
    );
    let rules = "[[rule]]\nname = \"deploy\"\nequals = [\"部署\"]\nreply = \"好\"\npush = [\n\
        { channel = \"ops\", title = \"部署\", body = \"{{ from }}\" },\n\
        { channel = \"wechat-customer\", to = [\"{{ from }}\"], body = \"完成\" },\n]\n";
    let world = World::start(&Plan { more, ..official() }, rules);
    assert_eq!(world.anna.says("部署").await.text(), "好");
    until(async || world.inbox().len() == 1 && ops.counts().len() == 1).await;
    assert_eq!(world.inbox(), ["完成"]);
    let id = ops.counts().into_keys().next().unwrap();
    assert!(ops.bodies(&id)[0].contains("oAnna"), "{:?}", ops.bodies(&id));
    assert_eq!(world.stop().await, [delivered(), delivered()]);
    assert_eq!(ops.counts()[&id], 1);
}

#[tokio::test]
async fn what_wechat_tells_of_a_template_message_is_its_receipt() {
    let more = "[[channel]]\nname = \"orders\"\nkind = \"wechat-template\"\naccount = \"shop\"\n\
        template_id = \"T\"\nbody_field = \"thing1\"\n";
    let rules = "[[rule]]\nname = \"order\"\nequals = [\"下单\"]\n\
        push = [{ channel = \"orders\", to = [\"{{ from }}\"], body = \"已下单\" }]\n";
    let world = World::start(&Plan { more: more.to_owned(), ..official() }, rules);
    world.anna.says("下单").await;
    until(async || world.inbox().len() == 1).await;
    let page = world.store.query(Filter::default(), None, 1).await.unwrap();
    let id = page.deliveries[0].id;
    tokio::select! {
        () = world.platform.work_off() => {}
        () = until(async || !world.store.reports(id).await.unwrap().is_empty()) => {}
    }
    let report = world.store.reports(id).await.unwrap().remove(0);
    assert_eq!((report.channel.as_str(), report.report.fate), ("orders", Fate::Confirmed));
    assert_eq!(report.report.detail, "success");
    assert_eq!(world.stop().await, [delivered()]);
}

#[tokio::test]
async fn a_token_that_was_revoked_is_renewed_once() {
    let world = World::start(&official(), "");
    world.anna.says("慢1").await;
    until(async || world.calls("/cgi-bin/message/custom/typing") == 2 && world.inbox().len() == 1)
        .await;
    world.platform.revoke_tokens();
    let before = world.calls("/cgi-bin/stable_token");
    world.anna.says("慢2").await;
    until(async || world.inbox().len() == 2).await;
    assert_eq!(world.inbox(), ["答:慢1", "答:慢2"]);
    assert_eq!(world.calls("/cgi-bin/stable_token"), before + 1);
    assert_eq!(world.stop().await, [delivered(), delivered()]);
}

#[tokio::test]
async fn to_a_user_outside_the_window_nothing_is_sent() {
    let rules = "[[rule]]\nname = \"tell\"\nequals = [\"告诉\"]\nreply = \"好\"\n\
        push = [{ channel = \"wechat-customer\", to = [\"oBen\"], body = \"来了\" }]\n";
    let folder = folder(rules);
    // He wrote once, long ago.
    let window = r#"{"message":{"until":1,"left":5},"act":{"until":0,"left":0}}"#.into();
    let (now, kept) = (SystemClock.since_epoch(), Duration::from_hours(1));
    open(&folder).set(now, "window/shop/oBen", Some(window), kept).await.unwrap();
    let world = World::start_in(folder, &official());
    world.platform.knows(&OpenId::parse("oBen").unwrap());
    assert_eq!(world.anna.says("告诉").await.text(), "好");
    until(async || {
        let page = world.store.query(Filter::default(), None, 1).await.unwrap();
        page.deliveries[0].state != State::Waiting
    })
    .await;
    assert_eq!(world.calls(SEND), 0);
    assert_eq!(world.stop().await, [("refused", "window.closed".to_owned(), 1)]);
}

#[tokio::test]
async fn an_application_of_wecom_pushes_a_message_of_its_own() {
    let account = "app_secret = \"S\"\nagent_id = 1000002\nlate = [\"push\"]\nmode = \"safe\"";
    let plan = Plan { platform: Platform::Wecom, account, more: String::new() };
    let world = World::start(&plan, "");
    assert_eq!(world.anna.says("慢").await.text(), "");
    until(async || world.inbox().len() == 1).await;
    let message = world.platform.pushed(world.anna.open_id(), 0).remove(0).message;
    assert_eq!((&message["touser"], &message["agentid"]), (&"oAnna".into(), &1_000_002.into()));
    // Behind the text stands the delivery's id, in characters that nobody sees.
    assert!(world.inbox()[0].starts_with("答:慢"), "{message}");
    assert_eq!(world.calls("/cgi-bin/message/send"), 1);
    assert_eq!(world.stop().await, [delivered()]);
}

#[tokio::test]
async fn what_one_process_settled_the_next_sends_once() {
    let (plan, folder) = (official(), folder(""));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = plan.config(folder.path(), listener.local_addr().unwrap().port());
    let in_server = format!("[server]\n{text}");
    let config = Config::parse("a.toml", &in_server, folder.path(), &BTreeMap::new()).unwrap();

    // The first one accepts and settles, and ends before anything is sent.
    let parts = Station::new(config.config).handler(Slow).build().unwrap();
    let intake = Arc::clone(&parts.intake);
    let first = plan.simulator(
        move |request: RawRequest| {
            let intake = Arc::clone(&intake);
            async move {
                let RawRequest { query, body, .. } = request;
                let callback = RawCallback { query, body, ..RawCallback::default() };
                let body = intake.answer("shop", callback).await.unwrap();
                RawResponse { status: 200, body: body.into_bytes() }
            }
        },
        9,
    );
    let anna = OpenId::parse("oAnna").unwrap();
    assert_eq!(first.follower(anna.clone()).says("慢").await.text(), "");
    parts.tasks.stop(Duration::from_secs(5)).await;
    let page = parts.outbox.store().query(Filter::default(), None, 10).await.unwrap();
    assert_eq!((page.deliveries.len(), page.deliveries[0].attempts), (1, 0));
    drop((parts, first));

    // The next one, and the platform that knows of her message.
    let silent = |_: RawRequest| std::future::ready(RawResponse { status: 200, body: Vec::new() });
    let platform = plan.simulator(silent, 9);
    platform.follower(anna.clone()).says("慢").await;
    serve(listener, &platform);
    let store = open(&folder);
    let station = Server::start_on(Arc::clone(&store), &text, Slow);
    until(async || !platform.pushed(&anna, 0).is_empty()).await;
    let anna = platform.follower(anna);
    let world = World { platform, station, store, anna, _folder: folder };
    let platform = Arc::clone(&world.platform);
    assert_eq!(world.stop().await, [delivered()]);
    assert_eq!(platform.pushed(&OpenId::parse("oAnna").unwrap(), 0).len(), 1);
}

#[tokio::test]
async fn an_open_platform_turns_its_ticket_and_an_authorization_into_tokens() {
    let plan = Plan {
        platform: Platform::OpenPlatform,
        account: "app_secret = \"S\"\nmode = \"safe\"",
        more: String::new(),
    };
    let world = World::start(&plan, "");
    world.platform.pushes_ticket().await;
    world.platform.authorizes("wx5e5e5e5e5e5e5e5e").await;
    until(async || world.calls("/cgi-bin/component/api_query_auth") == 1).await;
    assert_eq!(world.calls("/cgi-bin/component/api_component_token"), 1);
    let key = format!("refresh/{APP_ID}/wx5e5e5e5e5e5e5e5e");
    let now = || SystemClock.since_epoch();
    until(async || world.store.get(now(), &key).await.unwrap().is_some()).await;
    world.platform.unauthorizes("wx5e5e5e5e5e5e5e5e").await;
    until(async || world.store.get(now(), &key).await.unwrap().is_none()).await;
    assert_eq!(world.stop().await, []);
}

#[tokio::test]
async fn the_publication_check_passes_by_the_account_s_own_calls() {
    let plan = Plan {
        platform: Platform::OpenPlatform,
        account: "app_secret = \"S\"\nmode = \"safe\"\npublication_check = true",
        more: String::new(),
    };
    let world = World::start(&plan, "");
    let checker = |fields: &str| {
        format!(
            "<xml><ToUserName>gh_3c884a361561</ToUserName><FromUserName>oChecker</FromUserName>\
             <CreateTime>{}</CreateTime>{fields}</xml>",
            SystemClock.unix()
        )
    };
    let says = |text: &str, id: u32| {
        checker(&format!("<MsgType>text</MsgType><Content>{text}</Content><MsgId>{id}</MsgId>"))
    };
    let tell = async |document: String| world.platform.deliver(&document).await.text().to_owned();
    assert_eq!(
        tell(says("TESTCOMPONENT_MSG_TYPE_TEXT", 1)).await,
        "TESTCOMPONENT_MSG_TYPE_TEXT_callback"
    );
    let event = checker("<MsgType>event</MsgType><Event>LOCATION</Event>");
    assert_eq!(tell(event).await, "LOCATIONfrom_callback");
    world.platform.pushes_ticket().await;
    let (code, _) = world.platform.authorization_code("wx570bc396a51b8ff8");
    assert_eq!(tell(says(&format!("QUERY_AUTH_CODE:{code}"), 2)).await, "");
    let user = OpenId::parse("oChecker").unwrap();
    until(async || !world.platform.pushed(&user, 0).is_empty()).await;
    let platform = Arc::clone(&world.platform);
    // One token of the component, shared with all else that it calls.
    assert_eq!(world.calls("/cgi-bin/component/api_component_token"), 1);
    assert_eq!(world.stop().await, []);
    let said: Vec<_> = platform.pushed(&user, 0).into_iter().map(|it| it.text).collect();
    assert_eq!(said, [format!("{code}_from_api")]);
}
