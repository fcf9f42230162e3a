//! Five accounts of five kinds in one process, each with its own messages; and what an open
//! platform is told on behalf of the accounts that it serves.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedReceiver;
use yizhan::account::RawCallback;
use yizhan::app::Parts;
use yizhan::app::Station;
use yizhan::capture::Capture;
use yizhan::clock::SystemClock;
use yizhan::config::Config;
use yizhan::dispatch::handler::Answer;
use yizhan::dispatch::handler::Context;
use yizhan::dispatch::handler::Handler;
use yizhan::entropy::SystemEntropy;
use yizhan::outcome::Outcome;
use yizhan::simulator;
use yizhan::simulator::RawRequest;
use yizhan::simulator::RawResponse;
use yizhan::simulator::Simulator;
use yizhan::store;
use yizhan::store::Store;
use yizhan::store::names;
use yizhan::tasks::Tasks;
use yizhan::wechat::Mode;
use yizhan::wechat::Platform;
use yizhan::wechat::id::AppId;
use yizhan::wechat::inbound::Inbound;
use yizhan::wechat::reply::Reply;
use yizhan::wechat::secret::EncodingAesKey;
use yizhan::wechat::secret::Token;

use crate::support::server::Server;
use crate::support::server::status;

/// Writes down who was written to, and what.
#[derive(Clone, Default)]
struct Listening(Arc<Mutex<Vec<String>>>);

impl Handler for Listening {
    fn answer(&self, inbound: &Arc<Inbound>, context: &Context) -> Answer {
        let Context { account, app_id, .. } = context;
        let line = format!("{account} {app_id} {}", inbound.type_name());
        self.0.lock().unwrap().push(line);
        Answer::Now(Ok(Outcome::reply(Reply::Success, "listening")))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_accounts_of_five_kinds_in_one_process_each_get_their_own_messages() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let heard = Listening::default();
    let accounts = fs::read_to_string(fixtures.join("accounts.toml")).unwrap();
    let server = Server::start(&accounts, heard.clone());
    let sent = [
        ("official-account/safe-scan", ""),
        ("mini-program/plain-text-json", ""),
        ("wecom/text", ""),
        ("wecom-bot/text", ""),
        ("open-platform/served-account-text", "/wx5a90c3d17e2b4f68"),
        ("open-platform/served-account-text", ""),
        ("open-platform/authorized", ""),
    ];
    for (file, served) in sent {
        let bytes = fs::read(fixtures.join(format!("callbacks/{file}.http"))).unwrap();
        let mut capture = Capture::parse(&bytes).unwrap();
        capture.headers.push(("Connection".to_owned(), "close".to_owned()));
        let own = capture.path.clone();
        capture.path = format!("{own}{served}");
        assert_eq!(status(&server.raw(&capture.to_bytes()).await), 200, "{file}");
    }
    let expected = [
        "oa-safe wx0a1b2c3d4e5f6073 event:SCAN",
        "mini-plain wx1a1b2c3d4e5f6071 text",
        "wecom ww2a1b2c3d4e5f6071 text",
        "wecom-bot  text",
        "component wx5a90c3d17e2b4f68 text",
        // The same message again, to the platform's own URL: it was worked on already.
        "component wx3a1b2c3d4e5f6071 authorized",
    ];
    assert_eq!(*heard.0.lock().unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_open_platform_serves_other_accounts() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let heard = Listening::default();
    let accounts = fs::read_to_string(fixtures.join("accounts.toml")).unwrap();
    let server = Server::start(&accounts, heard.clone());
    let file = fixtures.join("callbacks/official-account/safe-scan.http");
    let mut capture = Capture::parse(&fs::read(file).unwrap()).unwrap();
    capture.headers.push(("Connection".to_owned(), "close".to_owned()));
    capture.path.push_str("/wx5a90c3d17e2b4f68");
    assert_eq!(status(&server.raw(&capture.to_bytes()).await), 404);
    assert!(heard.0.lock().unwrap().is_empty());
}

const COMPONENT: &str = "wx3a1b2c3d4e5f6071";
const TOKEN: &str = "ComponentToken01";
const AES_KEY: &str = "WygFRoCO43vaZ1GAm3W0e2vfw3TFbE5iw5OZ7NjfgMU";

/// A station with one open platform, and the platform's side of it.
struct Desk {
    store: Arc<dyn Store>,
    heard: Listening,
    wechat: Arc<Simulator>,
    _parts: Parts,
}

fn desk(api_base: &str) -> Desk {
    let text = format!(
        "[server]\nprivate_hosts = ['127.0.0.1']\n[[account]]\nname = 'component'\n\
         platform = 'open-platform'\napp_id = '{COMPONENT}'\napp_secret = 'component-secret'\n\
         token = '{TOKEN}'\nencoding_aes_key = '{AES_KEY}'\napi_base = '{api_base}'\n\
         publication_check = true\n"
    );
    let folder = Path::new("tests");
    let config = Config::parse("test.toml", &text, folder, &BTreeMap::new()).unwrap().config;
    let store = store::open("memory:", folder).unwrap();
    let heard = Listening::default();
    let station = Station::new(config).with_store(Arc::clone(&store)).handler(heard.clone());
    let parts = station.build().unwrap();
    let intake = Arc::clone(&parts.intake);
    let wire = move |request: RawRequest| {
        let intake = Arc::clone(&intake);
        async move {
            let RawRequest { query, body, .. } = request;
            let served = Some(AppId::parse("wx570bc396a51b8ff8").unwrap());
            let callback = RawCallback { query, body, served, ..RawCallback::default() };
            let body = intake.answer("component", callback).await.unwrap();
            RawResponse { status: 200, body: body.into_bytes() }
        }
    };
    let token = Token::parse(TOKEN).unwrap();
    let key = EncodingAesKey::parse(AES_KEY).unwrap();
    let app_id = AppId::parse(COMPONENT).unwrap();
    let account = simulator::Account::new(Platform::OpenPlatform, token, app_id);
    let account = account.sealed(Mode::Safe, &key);
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let wechat = Simulator::new(account, "/callback/component", wire, clock, entropy);
    Desk { store, heard, wechat, _parts: parts }
}

impl Desk {
    async fn notice(&self, fields: &str) -> String {
        let document = format!(
            "<xml><AppId>{COMPONENT}</AppId><CreateTime>1767225600</CreateTime>{fields}</xml>"
        );
        self.wechat.deliver(&document).await.to_string()
    }

    async fn kept(&self, name: &str) -> Option<String> {
        let bytes = self.store.get(Duration::ZERO, name).await.unwrap();
        bytes.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    async fn checker(&self, fields: &str) -> String {
        let document = format!(
            "<xml><ToUserName>gh_3c884a361561</ToUserName><FromUserName>oChecker1</FromUserName>\
             <CreateTime>1767225600</CreateTime>{fields}</xml>"
        );
        self.wechat.deliver(&document).await.text().to_owned()
    }
}

#[tokio::test]
async fn tickets_and_authorizations_are_kept_before_wechat_is_answered() {
    let desk = desk("http://127.0.0.1:9");
    let ticket = "<InfoType>component_verify_ticket</InfoType>\
        <ComponentVerifyTicket>ticket@@@1</ComponentVerifyTicket>";
    assert!(desk.notice(ticket).await.contains("200"));
    assert_eq!(desk.kept(&names::component_ticket(COMPONENT)).await.unwrap(), "ticket@@@1");
    let authorized = "<InfoType>authorized</InfoType><AuthorizerAppid>wxA</AuthorizerAppid>\
        <AuthorizationCode>code@@@1</AuthorizationCode>\
        <AuthorizationCodeExpiredTime>1767229200</AuthorizationCodeExpiredTime>";
    desk.notice(authorized).await;
    let kept: Value =
        serde_json::from_str(&desk.kept(&names::authorizer(COMPONENT, "wxA")).await.unwrap())
            .unwrap();
    assert_eq!((&kept["code"], &kept["code_expires"]), (&"code@@@1".into(), &1_767_229_200.into()));
    let withdrawn = "<InfoType>unauthorized</InfoType><AuthorizerAppid>wxA</AuthorizerAppid>";
    desk.notice(withdrawn).await;
    assert_eq!(desk.kept(&names::authorizer(COMPONENT, "wxA")).await, None);
    // Other handlers hear of authorizations, and never see a ticket.
    let heard = desk.heard.0.lock().unwrap().clone();
    let expected =
        ["component wx570bc396a51b8ff8 authorized", "component wx570bc396a51b8ff8 unauthorized"];
    assert_eq!(heard, expected);
}

/// Answers calls as WeChat's API does; what was asked comes out of the channel.
async fn api() -> (String, UnboundedReceiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    Tasks::new().spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = String::new();
            let asked: Value = loop {
                let mut bytes = [0; 4096];
                let length = stream.read(&mut bytes).await.unwrap();
                text.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
                let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
                if let Ok(asked) = serde_json::from_str(body) {
                    break asked;
                }
            };
            let target = text.split(' ').nth(1).unwrap().to_owned();
            let answer = match target.split('?').next().unwrap() {
                "/cgi-bin/component/api_component_token" => {
                    r#"{"component_access_token":"CT","expires_in":7200}"#
                }
                "/cgi-bin/component/api_query_auth" => {
                    r#"{"authorization_info":{"authorizer_appid":"wx570bc396a51b8ff8","authorizer_access_token":"AT0","expires_in":7200,"authorizer_refresh_token":"RT"}}"#
                }
                "/cgi-bin/component/api_authorizer_token" => {
                    r#"{"authorizer_access_token":"AT","expires_in":7200,"authorizer_refresh_token":"RT"}"#
                }
                _ => r#"{"errcode":0,"errmsg":"ok"}"#,
            };
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length:";
            let answer = format!("{head} {}\r\n\r\n{answer}", answer.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
            tell.send((target, asked)).unwrap();
        }
    });
    (base, told)
}

async fn next(asked: &mut UnboundedReceiver<(String, Value)>) -> (String, Value) {
    tokio::time::timeout(Duration::from_secs(20), asked.recv()).await.unwrap().unwrap()
}

#[tokio::test]
async fn the_publication_check_is_answered_in_its_three_cases() {
    let (base, mut asked) = api().await;
    let desk = desk(&base);
    let text = |content: &str| format!("<MsgType>text</MsgType><Content>{content}</Content>");
    let first = text("TESTCOMPONENT_MSG_TYPE_TEXT") + "<MsgId>1</MsgId>";
    assert_eq!(desk.checker(&first).await, "TESTCOMPONENT_MSG_TYPE_TEXT_callback");
    let event = "<MsgType>event</MsgType><Event>LOCATION</Event>";
    assert_eq!(desk.checker(event).await, "LOCATIONfrom_callback");
    let ticket = "<InfoType>component_verify_ticket</InfoType>\
        <ComponentVerifyTicket>ticket@@@1</ComponentVerifyTicket>";
    desk.notice(ticket).await;
    let third = text("QUERY_AUTH_CODE:queryauthcode@@@7") + "<MsgId>2</MsgId>";
    assert_eq!(desk.checker(&third).await, "");
    let (path, body) = next(&mut asked).await;
    assert_eq!(path, "/cgi-bin/component/api_component_token");
    assert_eq!(body["component_appid"], COMPONENT);
    assert_eq!(body["component_appsecret"], "component-secret");
    assert_eq!(body["component_verify_ticket"], "ticket@@@1");
    let (path, body) = next(&mut asked).await;
    assert_eq!(path, "/cgi-bin/component/api_query_auth?component_access_token=CT");
    assert_eq!(body["authorization_code"], "queryauthcode@@@7");
    let (path, body) = next(&mut asked).await;
    assert_eq!(path, "/cgi-bin/component/api_authorizer_token?component_access_token=CT");
    assert_eq!(body["authorizer_refresh_token"], "RT");
    let (path, body) = next(&mut asked).await;
    assert_eq!(path, "/cgi-bin/message/custom/send?access_token=AT");
    assert_eq!(body["touser"], "oChecker1");
    assert_eq!(body["text"]["content"], "queryauthcode@@@7_from_api");
    assert_eq!(*desk.heard.0.lock().unwrap(), Vec::<String>::new());
    // Somebody else's message is no check.
    let other = "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName>\
        <CreateTime>1</CreateTime><MsgType>text</MsgType>\
        <Content>TESTCOMPONENT_MSG_TYPE_TEXT</Content><MsgId>3</MsgId></xml>";
    assert_eq!(desk.wechat.deliver(other).await.text(), "");
    assert_eq!(desk.heard.0.lock().unwrap().len(), 1);
}
