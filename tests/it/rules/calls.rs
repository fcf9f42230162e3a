//! `call` and `forward`, against a server on this machine.

use std::sync::Arc;
use std::sync::Mutex;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use yizhan::dispatch::handler::Answer;
use yizhan::dispatch::handler::Handler as _;
use yizhan::notification::Notification;
use yizhan::wechat::inbound::Inbound;
use yizhan::wechat::reply::Reply;

use super::Desk;
use super::MORNING;
use super::faults_of;
use super::on_one_thread;
use super::plain;
use super::printed;
use super::request;
use super::said;
use super::shop;

/// A server that answers every request with one text and keeps what it was asked.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `answer` is status, headers and body as they go over the wire; empty for none at all.
    async fn saying(answer: impl Into<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (answer.into(), Arc::clone(&asked));
        tokio::task::spawn_local(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                serve(socket, &answer, &kept).await;
            }
        });
        Self { port, asked }
    }

    async fn answering(body: &str) -> Self {
        let length = body.len();
        Self::saying(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}")).await
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(mut socket: TcpStream, answer: &str, kept: &Mutex<Vec<String>>) {
    let asked = request(&mut socket).await;
    kept.lock().unwrap().push(asked);
    match answer.is_empty() {
        true => std::future::pending::<()>().await,
        // The client may have hung up over an answer that is too large.
        false => drop(socket.write_all(answer.as_bytes()).await),
    }
}

fn rule(port: u16, rule: &str) -> Desk {
    let rule = rule.replace("HOST", &format!("127.0.0.1:{port}"));
    Desk::with(&format!("[[rule]]\nname = 'r'\n{rule}\n"))
}

async fn error(desk: &Desk) -> String {
    let answer = desk.try_answer(&said("u1", "x"), &shop(MORNING)).await.unwrap();
    answer.unwrap_err().to_string()
}

#[tokio::test]
async fn the_contracts_own_rule_calls_and_replies() {
    on_one_thread(async {
        let server = Server::answering(r#"{"id": 42}"#).await;
        let desk = rule(
            server.port,
            r#"
account = ["shop"]
on    = ["text", "voice"]
match = "部署 {service} 到 {env}"
from  = ["u1"]
when  = "{{ hour >= 9 }}"
call  = { method = "POST", url = "http://HOST/deploy", json = { service = "{{ service }}" }, timeout = "30s" }
reply = "已开始部署 {{ service }},编号 {{ call.json.id }}"
"#,
        );
        assert_eq!(desk.says("部署 商城 到 生产").await.unwrap(), "已开始部署 商城,编号 42");
        assert_eq!(desk.says("部署").await, None);
        let asked = server.asked();
        assert_eq!(asked.len(), 1);
        assert!(asked[0].starts_with("POST /deploy HTTP/1.1\r\n"), "{}", asked[0]);
        assert!(asked[0].contains("content-type: application/json\r\n"), "{}", asked[0]);
        assert!(asked[0].ends_with("\r\n\r\n{\"service\":\"商城\"}"), "{}", asked[0]);
    })
    .await;
}

#[tokio::test]
async fn values_are_encoded_where_they_go() {
    on_one_thread(async {
        let server = Server::answering("ok").await;
        let desk = rule(
            server.port,
            "match = 'q {x}'\n\
             call = { url = 'http://HOST/find/{{ x }}?q={{ x | upper }}&a=b', headers = { X-User = '{{ from }}' }, \
             form = { 'a b' = '{{ x }}' } }\n\
             next = true\nreply = '{{ call.status }} {{ call.text }} {{ call.json }}'\n\
             [[rule]]\nname = 's'\nmatch = 'q {x}'\n\
             call = { method = 'PUT', url = 'http://HOST/{{ \"a/b\" | safe }}', json = { n = 1, list = ['{{ x }}', true], o = { x = '{{ x }}' } } }\n\
             next = true\n\
             [[rule]]\nname = 't'\nmatch = 'q {x}'\n\
             call = { url = 'http://HOST/', body = 'x={{ x }}', headers = { Content-Type = 'text/css' } }"
                .replace("HOST", &format!("127.0.0.1:{}", server.port))
                .as_str(),
        );
        assert_eq!(desk.says("q a/b?c=\"d\"&").await.as_deref(), Some("200 ok "));
        let asked = server.asked();
        let first = "POST /find/a%2Fb%3Fc%3D%22d%22%26?q=A%2FB%3FC%3D%22D%22%26&a=b HTTP/1.1\r\n";
        assert!(asked[0].starts_with(first), "{}", asked[0]);
        assert!(asked[0].contains("x-user: u1\r\n"), "{}", asked[0]);
        assert!(asked[0].ends_with("\r\n\r\na+b=a%2Fb%3Fc%3D%22d%22%26"), "{}", asked[0]);
        assert!(asked[1].starts_with("PUT /a/b HTTP/1.1\r\n"), "{}", asked[1]);
        let json = r#"{"n":1,"list":["a/b?c=\"d\"&",true],"o":{"x":"a/b?c=\"d\"&"}}"#;
        assert!(asked[1].ends_with(json), "{}", asked[1]);
        assert!(asked[2].contains("content-type: text/css\r\n"), "{}", asked[2]);
        assert!(asked[2].ends_with("\r\n\r\nx=a/b?c=\"d\"&"), "{}", asked[2]);
    })
    .await;
}

#[tokio::test]
async fn a_call_can_send_the_list_of_matches_as_preg_match_all_gives_it() {
    on_one_thread(async {
        let server = Server::answering("ok").await;
        let call = "call = { url = 'http://HOST/', matches = true }\nreply = '{{ call.text }}'";
        let desk = rule(server.port, &format!("regex = '把(.+)加到(.+)里'\n{call}"));
        assert_eq!(desk.says("把牛奶加到购物单里").await.as_deref(), Some("ok"));
        let desk = rule(server.port, &format!("regex = '(\\d+)号(楼)?'\n{call}"));
        desk.says("3号楼和5号").await;
        let desk = rule(server.port, &format!("regex = '(?P<n>\\d+)号'\n{call}"));
        desk.says("3号和5号").await;
        let asked = server.asked();
        assert!(asked[0].starts_with("POST / HTTP/1.1\r\n"), "{}", asked[0]);
        assert!(asked[0].contains("content-type: application/json\r\n"), "{}", asked[0]);
        let bodies: Vec<&str> = asked.iter().filter_map(|it| it.split("\r\n\r\n").nth(1)).collect();
        let expected = [
            r#"[["把牛奶加到购物单里"],["牛奶"],["购物单"]]"#,
            r#"[["3号楼","5号"],["3","5"],["楼",""]]"#,
            r#"{"0":["3号","5号"],"n":["3","5"],"1":["3","5"]}"#,
        ];
        assert_eq!(bodies, expected);
    })
    .await;
}

#[test]
fn matches_need_a_regex_and_are_all_that_a_call_sends() {
    let faults = |rule: &str| faults_of(&format!("[[rule]]\nname = 'r'\n{rule}"));
    assert_eq!(
        faults("match = 'x {y}'\ncall = { url = 'http://a.example/', matches = true }"),
        "a.toml:4:37: `matches` without a `regex`\n  \
         give the rule a `regex`, or write the body as `json`\n"
    );
    assert_eq!(
        faults("regex = 'x'\ncall = { url = 'http://a.example/', json = 1, matches = true }"),
        "a.toml:4:47: `matches` beside `json`: a call sends one of them\n"
    );
}

#[tokio::test]
async fn a_status_is_no_failure_and_can_be_looked_at() {
    on_one_thread(async {
        let server = Server::saying("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno").await;
        let desk = rule(
            server.port,
            "call = { url = 'http://HOST/' }\n\
             reply = '{% if call.status == 200 %}ok{% else %}{{ call.text }}{% endif %}'",
        );
        assert_eq!(desk.says("x").await.as_deref(), Some("no"));
    })
    .await;
}

#[tokio::test]
async fn a_call_that_fails_is_an_error_of_the_rule() {
    on_one_thread(async {
        let silent = Server::saying("").await;
        let call = "call = { url = 'http://HOST/?key=secret', timeout = '50ms' }\nreply = 'x'";
        let expected = format!(
            "rule `r`: its call failed: http://127.0.0.1:{} did not answer within 50ms",
            silent.port
        );
        assert_eq!(error(&rule(silent.port, call)).await, expected);

        let large = "x".repeat((1 << 20) + 1);
        let server = Server::answering(&large).await;
        let expected = format!(
            "rule `r`: its call failed: the answer of http://127.0.0.1:{} is larger than 1048576 bytes",
            server.port
        );
        assert_eq!(error(&rule(server.port, "call = { url = 'http://HOST/' }")).await, expected);

        let outside = rule(1, "match = '{h}'\ncall = { url = 'http://{{ \"10.0.0.1\" }}/' }");
        assert_eq!(
            error(&outside).await,
            "rule `r`: its call failed: 10.0.0.1 is inside a private network; \
             list it in `server.private_hosts` to allow it"
        );
    })
    .await;
}

/// However a host inside is written: by name, as an address, in decimal, in hexadecimal, as version
/// 6, as version 4 in version 6.
const INSIDE: [&str; 9] = [
    "localhost",
    "10.0.0.1",
    "169.254.169.254",
    "167772161",
    "0x0a000001",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "[fd00::1]",
    "[64:ff9b::10.0.0.1]",
];

#[tokio::test]
async fn neither_a_call_nor_a_forward_reaches_a_private_network_however_it_is_written() {
    for host in INSIDE {
        for work in ["call = { url = 'URL' }", "forward = 'URL'"] {
            // Out of a template, so that it is not known when the rules are read.
            let url = format!("http://{{{{ \"{host}\" | safe }}}}:9/");
            let rules = format!("[[rule]]\nname = 'r'\n{}\n", work.replace("URL", &url));
            let text = error(&Desk::outside(&rules).unwrap()).await;
            assert!(text.contains("is inside a private network"), "{host} {work}: {text}");
            assert!(text.ends_with("list it in `server.private_hosts` to allow it"), "{text}");
            // Known when they are read, it is a fault.
            let url = format!("http://{host}:9/");
            let rules = format!("[[rule]]\nname = 'r'\n{}\n", work.replace("URL", &url));
            let faults = printed(Desk::outside(&rules));
            assert!(faults.contains("is inside a private network"), "{host} {work}: {faults}");
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    on_one_thread(async {
        let server = Server::saying(
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        )
        .await;
        let desk =
            rule(server.port, "call = { url = 'http://HOST/' }\nreply = '{{ call.status }}'");
        assert_eq!(desk.says("x").await.as_deref(), Some("302"));
        assert_eq!(server.asked().len(), 1);
        let desk = rule(server.port, "forward = 'http://HOST/'");
        assert_eq!(error(&desk).await, "rule `r`: it answered with status 302");
        assert_eq!(server.asked().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_user_cannot_lead_a_call_to_another_host() {
    on_one_thread(async {
        let server = Server::answering("ok").await;
        let desk = rule(
            server.port,
            "match = 'get {x}'\ncall = { url = 'http://HOST/{{ x }}' }\nreply = '1'",
        );
        for text in ["get @10.0.0.1/", "get ../../x", "get \\\\10.0.0.1", "get x\r\nHost: y"] {
            assert_eq!(desk.says(text).await.as_deref(), Some("1"), "{text}");
        }
        let paths: Vec<String> = server
            .asked()
            .iter()
            .map(|it| it.split(' ').nth(1).unwrap_or_default().to_owned())
            .collect();
        let dots = desk.try_answer(&said("u1", "get .."), &shop(MORNING)).await.unwrap();
        assert_eq!(
            dots.unwrap_err().to_string(),
            "rule `r`: its call cannot be made: a template failed: its URL would have `..` as a part of the path"
        );
        let expected =
            ["/%4010.0.0.1%2F", "/..%2F..%2Fx", "/%5C%5C10.0.0.1", "/x%0D%0AHost%3A%20y"];
        assert_eq!(paths, expected);
    })
    .await;
}

#[tokio::test]
async fn only_a_rule_that_waits_is_answered_later() {
    on_one_thread(async {
        let server = Server::answering("ok").await;
        let desk = rule(
            server.port,
            "equals = 'x'\ncall = { url = 'http://HOST/' }\ncooldown = '9s'\ndeny = 'no'",
        );
        let inbound = Arc::new(Inbound::parse(said("u1", "x").into_bytes()).unwrap());
        let context = shop(MORNING);
        let Answer::Later(work) = desk.handler.answer(&inbound, &context) else { panic!() };
        assert_eq!(work.await.unwrap().reply, Reply::Success);
        // Inside the cooldown nobody is asked.
        let Answer::Now(outcome) = desk.handler.answer(&inbound, &context) else { panic!() };
        assert_eq!(plain(&outcome.unwrap().reply), "no");
        assert_eq!(server.asked().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_external_handler_gets_the_message_signed_and_its_answer_is_the_reply() {
    on_one_thread(async {
        let server = Server::answering(
            r#"{"reply": {"type": "image", "media_id": "M"}, "push": [{"channel": "ops", "body": "b"}]}"#,
        )
        .await;
        let desk = rule(server.port, "forward = 'http://HOST/hook'");
        let outcome = desk.answer(&said("u1", "x"), &shop(MORNING)).await.unwrap();
        assert_eq!(outcome.reply, Reply::Image { media_id: "M".into() });
        assert_eq!(outcome.by, "r");
        let account = Some("shop".to_owned());
        assert_eq!(outcome.notifications, [Notification { account, ..Notification::text("ops", "b") }]);
        let asked = server.asked().remove(0);
        let (head, body) = asked.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
        assert_eq!(
            body,
            r#"{"account":"shop","kind":"message","type":"text","typed":true,"key":"text/gh_1/u1/7300000000000000001","fields":{"ToUserName":"gh_1","FromUserName":"u1","CreateTime":"1767231000","MsgType":"text","Content":"x","MsgId":"7300000000000000001"}}"#
        );
        // sha256(b"shop\0" + key)[:16], and hmac.new(secret, f"{id}.1767231002.{body}", "sha256"),
        // both computed with Python.
        for header in [
            "webhook-id: msg_47ab55738312083d417819724436e580",
            "webhook-timestamp: 1767231002",
            "webhook-signature: v1,ulRz7qCWMUy8sdy2Hofwnxt63omJexrTW4A3AKbO2Ps=",
        ] {
            assert!(head.contains(header), "{header}\n{head}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_of_an_external_handler_that_is_no_reply_is_an_error() {
    on_one_thread(async {
        for (answer, expected) in [
            ("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", "it answered with status 500"),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{\"push\":[{}]}",
                "its answer is not understood: a notification needs a `channel`",
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"reply\":7}",
                "its answer is not understood: a reply is a string or an object",
            ),
        ] {
            let server = Server::saying(answer).await;
            let desk = rule(server.port, "forward = 'http://HOST/'");
            assert_eq!(error(&desk).await, format!("rule `r`: {expected}"));
        }
        let server = Server::saying("HTTP/1.1 204 No Content\r\n\r\n").await;
        let desk = rule(server.port, "forward = { url = 'http://HOST/', timeout = '1s' }");
        assert_eq!(desk.says("x").await.as_deref(), Some(""));
    })
    .await;
}

#[tokio::test]
async fn a_rule_after_one_that_waited_sees_what_that_one_set() {
    on_one_thread(async {
        let server = Server::answering(r#"{"city": "上海"}"#).await;
        let desk = rule(
            server.port,
            "call = { url = 'http://HOST/' }\nset = { city = '{{ call.json.city }}' }\nnext = true\n\
             [[rule]]\nname = 's'\nwhen = 'user.city == \"上海\"'\nreply = '{{ user.city }}'",
        );
        assert_eq!(desk.says("x").await.as_deref(), Some("上海"));
    })
    .await;
}
