//! What people write to other services is answered by the rules that answer WeChat.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tokio::time::sleep;
use yizhan::dispatch::handler::Answer;
use yizhan::dispatch::handler::Context;
use yizhan::dispatch::handler::Handler;
use yizhan::outcome::Outcome;
use yizhan::wechat::inbound::Inbound;
use yizhan::wechat::inbound::message::Text;

use super::Station;
use super::TELEGRAM;
use super::command;
use super::config;
use super::folder;
use super::post;
use super::service::Service;
use crate::support::server::Server;

const RESTART: &str = "\
[[rule]]
name = \"restart\"
match = \"restart {what}\"
reply = \"{{ account }}: {{ what }} restarts for {{ from }}\"
";

/// What WxPusher says to a message that it takes.
fn takes(_: &str) -> String {
    r#"{"code":1000,"msg":"处理成功","success":true,"data":[{"uid":"UID_a","sendRecordId":7001,"code":1000,"status":"创建发送任务成功"}]}"#.to_owned()
}

fn update(id: u32, text: &str) -> String {
    json!({
        "update_id": id,
        "message": {
            "message_id": id, "from": { "id": 11, "first_name": "Anna" },
            "chat": { "id": -22, "type": "group" }, "date": 1_700_000_000, "text": text,
        },
    })
    .to_string()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_answers_a_wxpusher_command_and_a_spoken_message_alike() {
    let service = Service::answering(takes);
    let folder = folder(RESTART);
    let server = Server::with_rules(&config(&folder, service.port));
    // Somebody says it to the 公众号.
    let (timestamp, nonce) = ("1767225600", "n");
    let token = yizhan::wechat::secret::Token::parse("SHOPTOKEN").unwrap();
    let signature = yizhan::wechat::signature::sign(&token, timestamp, nonce);
    let path = format!(
        "/callback/shop?signature={}&timestamp={timestamp}&nonce={nonce}",
        signature.as_str()
    );
    let spoken = "<xml><ToUserName>gh_1</ToUserName><FromUserName>oAnna</FromUserName>\
        <CreateTime>1767225600</CreateTime><MsgType>voice</MsgType><MediaId>M</MediaId>\
        <Recognition>Restart web。</Recognition><MsgId>1</MsgId></xml>";
    let (status, answer) = post(&server, &path, "", spoken).await;
    assert_eq!(status, 200);
    assert!(answer.contains("shop: web restarts for oAnna"), "{answer}");
    // Somebody writes `#97 restart web` to WxPusher.
    let written = command(1_700_000_000_123, "#97 restart web");
    let answer = post(&server, "/hook/phone?secret=HOOKWORD", "", &written).await;
    assert_eq!(answer, (200, String::new()));
    let (path, body) = service.next();
    assert_eq!(path, "POST /api/send/message");
    let message = json(&body);
    assert_eq!(message["content"], "phone: web restarts for UID_a");
    assert_eq!(message["uids"], json!(["UID_a"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_for_a_channel_knows_the_services_own_fields_and_events() {
    let service = Service::answering(takes);
    let folder = folder(
        "[[rule]]\nname = \"welcome\"\naccount = [\"phone\"]\non = [\"event:app_subscribe\"]\n\
         key = \"door\"\nreply = \"{{ msg.data.appName }}, by {{ msg.data.source }}: {{ key }}\"\n",
    );
    let server = Server::with_rules(&config(&folder, service.port));
    let event = r#"{"action":"app_subscribe","data":{"appId":97,"appName":"demo app","source":"scan","time":1700000000000,"uid":"UID_b","extra":"door"}}"#;
    post(&server, "/hook/phone?secret=HOOKWORD", "", event).await;
    let message = json(&service.next().1);
    assert_eq!(message["content"], "demo app, by scan: door");
    assert_eq!(message["uids"], json!(["UID_b"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_delivered_twice_is_worked_on_once_also_by_the_next_process() {
    let service = Service::answering(takes);
    let folder = folder(RESTART);
    let config = config(&folder, service.port);
    let written = command(1_700_000_000_123, "restart web");
    let store = || yizhan::store::open("sqlite:yizhan.db", folder.path()).unwrap();
    let start = || Server::with_rules_on(store(), &config);
    let mut server = start();
    for _ in 0..2 {
        let answer = post(&server, "/hook/phone?secret=HOOKWORD", "", &written).await;
        assert_eq!(answer, (200, String::new()));
    }
    service.next();
    server.stop();
    let server = start();
    let again = post(&server, "/hook/phone?secret=HOOKWORD", "", &written).await;
    assert_eq!(again, (200, String::new()));
    // The same words a moment later are another message; when its answer is there, none of the
    // others can still come.
    let later = command(1_700_000_000_124, "restart db");
    post(&server, "/hook/phone?secret=HOOKWORD", "", &later).await;
    assert_eq!(json(&service.next().1)["content"], "phone: db restarts for UID_a");
    assert!(service.is_idle());
}

/// Takes 3 s for a text that begins with `慢`, and passes everything else on.
struct Slow;

impl Handler for Slow {
    fn answer(&self, inbound: &Arc<Inbound>, _: &Context) -> Answer {
        match inbound.read::<Text>() {
            Some(Ok(text)) if text.content.starts_with('慢') => {}
            Some(Ok(text)) => {
                return Answer::Now(Ok(Outcome::reply(format!("答:{}", text.content), "fast")));
            }
            _ => return Answer::Pass,
        }
        Answer::Later(Box::pin(async {
            sleep(Duration::from_secs(3)).await;
            Ok(Outcome::reply("答:慢", "slow"))
        }))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telegram_is_answered_in_the_answer_and_what_is_late_or_too_long_by_a_message() {
    let taken = |_: &str| r#"{"ok":true,"result":{"message_id":1}}"#.to_owned();
    let service = Service::answering(taken);
    let folder = folder(RESTART);
    let server = Server::start(&config(&folder, service.port), Slow);
    let (status, answer) = post(&server, "/hook/bot", TELEGRAM, &update(1, "快")).await;
    assert_eq!(status, 200);
    let expected = json!({ "method": "sendMessage", "chat_id": -22, "text": "答:快" });
    assert_eq!(json(&answer), expected);
    let long = "长".repeat(4_100);
    let (status, answer) = post(&server, "/hook/bot", TELEGRAM, &update(2, &long)).await;
    assert_eq!((status, answer.as_str()), (200, ""));
    let (path, body) = service.next();
    assert_eq!(path, "POST /bot7:BOTTOKEN/sendMessage");
    assert!(json(&body)["text"].as_str().unwrap().starts_with("答:长"));
    let (status, answer) = post(&server, "/hook/bot", TELEGRAM, &update(3, "慢")).await;
    assert_eq!((status, answer.as_str()), (200, ""));
    let (_, body) = service.next();
    assert_eq!((&json(&body)["text"], &json(&body)["chat_id"]), (&json!("答:慢"), &json!(-22)));
    // Delivered once more: the same silence, and nothing is sent again.
    let (status, answer) = post(&server, "/hook/bot", TELEGRAM, &update(3, "慢")).await;
    assert_eq!((status, answer.as_str()), (200, ""));
    assert!(service.is_idle());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dingtalk_is_answered_in_the_conversation_and_never_at_an_address_it_was_given() {
    let service = Service::answering(|_| r#"{"errcode":0,"errmsg":"ok"}"#.to_owned());
    let folder = folder(RESTART);
    let server = Server::with_rules(&config(&folder, service.port));
    let said = json!({
        "msgId": "m1", "msgtype": "text", "text": { "content": " restart web" },
        "senderStaffId": "u1", "conversationType": "2",
        "sessionWebhook": "http://169.254.169.254/robot/sendBySession?session=0a%2B1b",
    });
    post(&server, "/hook/robot", &super::signed(1), &said.to_string()).await;
    let (path, body) = service.next();
    assert_eq!(path, "POST /robot/sendBySession?session=0a%2B1b");
    let expected = json!({ "content": "robot: web restarts for u1" });
    assert_eq!(json(&body)["text"], expected);
}

/// A service that answers once it is told to, each time.
fn waiting() -> (Service, std::sync::mpsc::Sender<()>) {
    let (go, wait) = std::sync::mpsc::channel();
    let wait = std::sync::Mutex::new(wait);
    let service = Service::answering(move |_| {
        wait.lock().unwrap().recv().unwrap();
        r#"{"id":7}"#.to_owned()
    });
    (service, go)
}

/// A rule that calls what is at `port`, and reports.
fn calling(port: u16, more: &str) -> String {
    format!(
        "[[rule]]\nname = \"restart\"\nmatch = \"restart {{what}}\"\n\
         call = {{ url = \"http://127.0.0.1:{port}/\", timeout = \"30s\" }}\n\
         reply = \"{{{{ what }}}}: {{{{ call.json.id }}}}\"\n{more}"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_takes_long_says_that_it_has_begun_and_then_what_came_of_it() {
    let (ci, go) = waiting();
    let service = Service::answering(takes);
    let folder = folder(&calling(ci.port, "report = \"一会儿就好\"\n"));
    let server = Server::with_rules(&config(&folder, service.port));
    let written = command(1_700_000_000_123, "restart web");
    let answer = post(&server, "/hook/phone?secret=HOOKWORD", "", &written).await;
    assert_eq!(answer, (200, String::new()));
    assert_eq!(json(&service.next().1)["content"], "一会儿就好");
    go.send(()).unwrap();
    assert_eq!(json(&service.next().1)["content"], "web: 7");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_process_was_working_on_is_answered_by_the_next() {
    let (ci, go) = waiting();
    let service = Service::answering(takes);
    let folder = folder(&calling(ci.port, ""));
    let config = config(&folder, service.port);
    let station = Station::serve(&folder, &config);
    let written = command(1_700_000_000_123, "restart web");
    // Taken: WxPusher will not send it again.
    let answer = post(&station.server, "/hook/phone?secret=HOOKWORD", "", &written).await;
    assert_eq!(answer, (200, String::new()));
    station.kill();
    assert!(service.is_idle());
    let station = Station::serve(&folder, &config);
    for _ in 0..2 {
        go.send(()).unwrap();
    }
    let message = json(&service.next().1);
    assert_eq!((&message["content"], &message["uids"]), (&json!("web: 7"), &json!(["UID_a"])));
    assert!(service.is_idle());
    station.kill();
}
