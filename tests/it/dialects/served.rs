//! Dialects over HTTP: what a running station answers, and what it has sent on.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use yizhan::notification::Notification;
use yizhan::store;
use yizhan::store::Filter;
use yizhan::store::Store;

use crate::support::server::Counting;
use crate::support::server::Server;
use crate::support::server::body;
use crate::support::server::status;

const KEY: &str = "scripts-key-0001";

/// A station whose key sends through two channels, and what it has accepted.
struct Station {
    server: Server,
    store: Arc<dyn Store>,
}

impl Station {
    fn start() -> Self {
        Self::with("")
    }

    /// The same with a channel called `own`, which the key may send through as well.
    fn with(more: &str) -> Self {
        let config = format!(
            "private_hosts = ['127.0.0.1']\n[admin]\ntoken = 'owner-token-0001'\n\
             [[account]]\nname = 'shop'\nplatform = 'official-account'\n\
             app_id = 'wx0a1b2c3d4e5f6073'\ntoken = 'DialectsToken01'\nmode = 'plain'\n\
             [[channel]]\nname = 'ops'\nkind = 'log'\n[[channel]]\nname = 'mail'\nkind = 'log'\n\
             [[channel]]\nname = 'spare'\nkind = 'log'\n{more}\n\
             [[topic]]\nname = 'all'\nchannels = ['mail', 'ops']\n\
             [[key]]\nname = 'scripts'\ntoken = '{KEY}'\nmay = ['send:ops', 'send:mail'{}]\n",
            if more.is_empty() { "" } else { ", 'send:own'" },
        );
        let store = store::open("memory:", Path::new("")).unwrap();
        let server = Server::start_on(Arc::clone(&store), &config, Counting::default());
        Self { server, store }
    }

    async fn ask(&self, first: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        let request = format!(
            "{first} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\
             {headers}\r\n{body}"
        );
        self.server.raw(request.as_bytes()).await
    }

    async fn json(&self, first: &str, headers: &str, body_text: &str) -> Value {
        let answer = self.ask(first, headers, body_text).await;
        serde_json::from_str(body(&answer)).unwrap_or_else(|_| panic!("{answer}"))
    }

    /// What was accepted, the oldest first: channel and text of each.
    async fn accepted(&self) -> Vec<(String, String)> {
        let page = self.store.query(Filter::default(), None, 100).await.unwrap();
        let parts = page.deliveries.into_iter().rev().map(|it| {
            let Notification { channel, title, body, .. } = it.notification;
            (channel, format!("{title}|{body}"))
        });
        parts.collect()
    }
}

fn both(text: &str) -> Vec<(String, String)> {
    ["ops", "mail"].map(|channel| (channel.to_owned(), text.to_owned())).to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_s_message_goes_out_through_every_channel_of_its_key() {
    let station = Station::start();
    let get = format!("GET /as/serverchan/{KEY}.send?title=disk&desp=node%207");
    let answer = station.json(&get, "", "").await;
    assert_eq!((&answer["code"], &answer["errno"]), (&0.into(), &0.into()));
    assert_eq!(station.accepted().await, both("disk|node 7"));
    let wrong = "GET /as/serverchan/wrong-key-00001.send?title=disk";
    let answer = station.ask(wrong, "", "").await;
    assert_eq!(status(&answer), 400);
    assert!(body(&answer).contains("bad pushtoken"), "{answer}");
    assert_eq!(station.accepted().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn head_previews_and_the_same_get_again_send_nothing() {
    let station = Station::start();
    let target = format!("/as/bark/{KEY}/disk/full");
    let answer = station.ask(&format!("HEAD {target}"), "", "").await;
    assert_eq!((status(&answer), body(&answer)), (200, ""));
    let bot = "User-Agent: Slackbot-LinkExpanding 1.0\r\n";
    let answer = station.ask(&format!("GET {target}"), bot, "").await;
    assert_eq!(status(&answer), 403);
    assert!(body(&answer).contains("dialect.preview"), "{answer}");
    assert_eq!(station.accepted().await, []);
    for _ in 0..2 {
        let answer = station.json(&format!("GET {target}"), "", "").await;
        assert_eq!(answer["message"], "success");
    }
    assert_eq!(station.accepted().await, both("disk|full"));
    for _ in 0..2 {
        station.json(&format!("POST {target}"), bot, "").await;
    }
    assert_eq!(station.accepted().await.len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_in_a_page_of_another_origin_may_ask_and_read_the_answer() {
    let station = Station::start();
    let ask = "Origin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n";
    let answer = station.ask("OPTIONS /as/ntfy/ops", ask, "").await;
    assert_eq!(status(&answer), 204);
    assert!(answer.contains("access-control-allow-origin: *\r\n"), "{answer}");
    let answer = station.ask(&format!("POST /as/ntfy/{KEY}"), "", "full").await;
    assert_eq!(status(&answer), 200);
    assert!(answer.contains("access-control-allow-origin: *\r\n"), "{answer}");
    assert_eq!(station.accepted().await, both("|full"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_body_is_refused_in_the_service_s_words_and_a_huge_one_is_not_read() {
    let station = Station::start();
    let form = format!("pushkey={KEY}&text={}", "满".repeat(150_000));
    let answer = station.json("POST /as/pushdeer/message/push", "", &form).await;
    assert_eq!(answer["code"], 80_501);
    assert_eq!(answer["content"]["result"], json!([]));
    let answer = station.ask("POST /as/ntfy/ops", "", &"x".repeat((1 << 20) + 1)).await;
    assert_eq!(status(&answer), 413);
    assert_eq!(station.accepted().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_was_answered_leads_back_to_its_message() {
    let station = Station::start();
    let message = format!("{{\"appToken\":\"{KEY}\",\"content\":\"full\",\"uids\":[\"UID_a\"]}}");
    let sent = station.json("POST /as/wxpusher/api/send/message", "", &message).await;
    let number = &sent["data"][0]["sendRecordId"];
    let query = format!("GET /as/wxpusher/api/send/query/status?sendRecordId={number}");
    let answer = station.json(&query, "", "").await;
    assert_eq!((&answer["code"], &answer["success"]), (&1000.into(), &true.into()));
    let other = "GET /as/wxpusher/api/send/query/status?sendRecordId=1";
    assert_eq!(station.json(other, "", "").await["code"], 1001);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_result_is_told_to_the_address_that_the_message_names() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/done", listener.local_addr().unwrap());
    let station = Station::start();
    let message = format!(r#"{{"token":"{KEY}","content":"full","callbackUrl":"{url}"}}"#);
    let path = "POST /as/pushplus/send";
    let (answer, told) = tokio::join!(station.json(path, "", &message), say(&listener, ""));
    assert!(told.starts_with("POST /done HTTP/1.1\r\n"), "{told}");
    let told: Value = serde_json::from_str(body(&told)).unwrap();
    assert_eq!(told["event"], "message_complate");
    assert_eq!(told["messageInfo"]["shortCode"], answer["data"]);
    assert_eq!((&told["messageInfo"]["sendStatus"], &told["sendStatus"]), (&2.into(), &2.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_may_stand_in_a_header_instead_of_the_address() {
    let station = Station::start();
    let bearer = format!("Authorization: Bearer {KEY}\r\n");
    let answer = station.json("POST /as/bark/-/disk/full", &bearer, "").await;
    assert_eq!(answer["message"], "success");
    assert_eq!(station.accepted().await, both("disk|full"));
    for (path, header) in [("/as/bark/-/disk", ""), ("/as/bark/wrong/disk", bearer.as_str())] {
        let answer = station.ask(&format!("POST {path}"), header, "").await;
        assert_eq!(status(&answer), 400, "{path}");
    }
    assert_eq!(station.accepted().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_not_left_yet_is_taken_back_by_the_key_that_handed_it_in() {
    // One a day: the second message waits.
    let station = Station::with("[[channel]]\nname = 'own'\nkind = 'log'\nrate = '1/d'\n");
    let message = format!("{{\"appToken\":\"{KEY}\",\"content\":\"full\"}}");
    let path = "POST /as/wxpusher/api/send/message";
    assert_eq!(station.json(path, "", &message).await["code"], 1000);
    let sent = station.json(path, "", &message).await;
    let number = &sent["data"][0]["messageContentId"];
    let delete = |key: &str| {
        format!("DELETE /as/wxpusher/api/send/message?messageContentId={number}&appToken={key}")
    };
    assert_eq!(station.json(&delete("wrong-key-00001"), "", "").await["code"], 1002);
    assert_eq!(station.json(&delete(KEY), "", "").await["code"], 1000);
    assert_eq!(station.json(&delete(KEY), "", "").await["code"], 1001);
    let cancelled = Filter { code: Some("api.cancelled".to_owned()), ..Filter::default() };
    let page = station.store.query(Filter { lane: Some("own".to_owned()), ..cancelled }, None, 9);
    assert_eq!(page.await.unwrap().deliveries.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_or_topic_may_be_named_and_only_if_the_key_names_it() {
    let station = Station::start();
    let push = |channel: &str| {
        format!("POST /as/message-pusher/push/root?token={KEY}&title={channel}&channel={channel}")
    };
    assert_eq!(station.json(&push("mail"), "", "").await["success"], true);
    assert_eq!(station.json(&push("all"), "", "").await["success"], true);
    let answer = station.json(&push("spare"), "", "").await;
    assert_eq!(answer["message"], "无效的渠道名称：spare");
    let of = |channel: &str, text: &str| (channel.to_owned(), text.to_owned());
    let expected = [of("mail", "mail|"), of("mail", "all|"), of("ops", "all|")];
    assert_eq!(station.accepted().await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_of_the_same_service_keeps_receivers_and_settings() {
    let bark = r#"{"title":"disk","body":"full","sound":"bell","url":"https://a.example/","level":"passive"}"#;
    let own = "kind = 'bark'\ndevice_key = 'PHONE'\n";
    let sent = sent_on(own, &format!("/as/bark/{KEY}"), bark, r#"{"code":200}"#).await;
    assert_eq!(sent["device_key"], "PHONE");
    let told = ["title", "body", "sound", "url", "level"].map(|key| sent[key].as_str().unwrap());
    assert_eq!(told, ["disk", "full", "bell", "https://a.example/", "passive"]);
    let people =
        format!(r#"{{"appToken":"{KEY}","content":"full","uids":["UID_a"],"topicIds":[12]}}"#);
    let own = "kind = 'wxpusher'\napp_token = 'AT_OWN'\ntopics = [1]\n";
    let taken = r#"{"code":1000,"success":true,"data":[]}"#;
    let sent = sent_on(own, "/as/wxpusher/api/send/message", &people, taken).await;
    let told = (&sent["appToken"], &sent["uids"], &sent["topicIds"], &sent["content"]);
    let expected = (&"AT_OWN".into(), &json!(["UID_a"]), &json!([12]), &"full".into());
    assert_eq!(told, expected);
    let ntfy = r#"{"topic":"alerts","message":"full","tags":["disk"],"priority":5}"#;
    let own = "kind = 'ntfy'\ntopic = 'mine'\n";
    let path = format!("/as/ntfy/?auth={}", STANDARD.encode(format!("Bearer {KEY}")));
    let sent = sent_on(own, &path, ntfy, r#"{"id":"a"}"#).await;
    let told = (&sent["topic"], &sent["message"], &sent["tags"], &sent["priority"]);
    assert_eq!(told, (&"alerts".into(), &"full".into(), &json!(["disk"]), &5.into()));
}

/// What a channel of this kind sends on when this is posted.
async fn sent_on(own: &str, path: &str, message: &str, answer: &str) -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let station = Station::with(&format!("[[channel]]\nname = 'own'\nbase_url = '{base}'\n{own}"));
    let path = format!("POST {path}");
    let (_, asked) = tokio::join!(station.json(&path, "", message), say(&listener, answer));
    assert_eq!(station.accepted().await.len(), 3);
    serde_json::from_str(body(&asked)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sdk_is_told_what_the_service_behind_said() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let station = Station::with(&format!(
        "[[channel]]\nname = 'own'\nkind = 'dingtalk'\nbase_url = '{base}'\ntoken = 'T'\n"
    ));
    let path = format!("POST /dingding/send/message/?key={KEY}");
    let content = r#"{"content":"磁盘满","isAtAll":true}"#;
    let refusal = r#"{"errcode":310000,"errmsg":"sign not match"}"#;
    let (answer, _) = tokio::join!(station.json(&path, "", content), say(&listener, refusal));
    let message: Value = serde_json::from_str(answer["message"].as_str().unwrap()).unwrap();
    assert_eq!((&answer["code"], &message["errcode"]), (&1.into(), &310_000.into()));
    let taken = r#"{"errcode":0,"errmsg":"ok"}"#;
    let (answer, _) = tokio::join!(station.json(&path, "", content), say(&listener, taken));
    assert_eq!(answer, json!({ "code": 0 }));
    let text = "|磁盘满".to_owned();
    assert_eq!(station.accepted().await, vec![("own".to_owned(), text); 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sdk_sends_text_messages_once_there_is_a_channel_for_them() {
    let sms = r#"{"mobiles":["+8613800000009"],"template":"1","params":["7","98%"]}"#;
    let path = format!("POST /sms/send?key={KEY}");
    let answer = Station::start().json(&path, "", sms).await;
    assert_eq!(answer, json!({ "code": 1, "message": "not implemented" }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let station = Station::with(&format!(
        "[[channel]]\nname = 'own'\nkind = 'sms-tencent'\nbase_url = '{base}'\nsecret_id = 'AKIDEXAMPLE'\n\
         secret_key = 'SECRETEXAMPLE'\napp_id = '1400000000'\nsign = '示例'\ntemplate = '100001'\n\
         variables = ['body']\nto = ['+8613800000000']\n"
    ));
    let taken = r#"{"Response":{"SendStatusSet":[{"SerialNo":"2640:1","PhoneNumber":"+8613800000009","Code":"Ok","Message":"send success"}],"RequestId":"r1"}}"#;
    let (answer, asked) = tokio::join!(station.json(&path, "", sms), say(&listener, taken));
    assert_eq!(answer, json!({ "code": 0 }));
    let asked: Value = serde_json::from_str(body(&asked)).unwrap();
    assert_eq!(asked["PhoneNumberSet"], json!(["+8613800000009"]));
    assert_eq!(asked["TemplateParamSet"], json!(["7", "98%"]));
}

/// Takes one request, whole, and answers it.
async fn say(listener: &TcpListener, answer: &str) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = String::new();
    while !is_whole(&request) {
        let mut bytes = [0; 4_096];
        let read = stream.read(&mut bytes).await.unwrap();
        assert_ne!(read, 0, "the request ends early");
        request.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length:";
    let answer = format!("{head} {}\r\n\r\n{answer}", answer.len());
    stream.write_all(answer.as_bytes()).await.unwrap();
    request
}

/// Whether as much has come as the request says it has.
fn is_whole(request: &str) -> bool {
    let head = request.split_once("\r\n\r\n").map(|(head, _)| head.to_ascii_lowercase());
    let length = head.and_then(|head| {
        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
    });
    length.is_some_and(|length: usize| body(request).len() >= length)
}
