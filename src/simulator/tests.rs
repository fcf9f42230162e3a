//! The simulator against small servers in process, on a paused clock.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use super::Account;
use super::Exchange;
use super::Follower;
use super::RawRequest;
use super::RawResponse;
use super::Simulator;
use super::What;
use super::Wire;
use crate::clock::TokioClock;
use crate::entropy::SeededEntropy;
use crate::wechat::Mode;
use crate::wechat::Platform;
use crate::wechat::callback::Agreement;
use crate::wechat::callback::Envelope;
use crate::wechat::callback::Received;
use crate::wechat::envelope::Cipher;
use crate::wechat::id::AppId;
use crate::wechat::id::OpenId;
use crate::wechat::reply::Reply;
use crate::wechat::reply::write_envelope;
use crate::wechat::secret::EncodingAesKey;
use crate::wechat::secret::Token;
use crate::wechat::wire::Format;

const NOW: i64 = 1_767_225_600;
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

fn token() -> Token {
    Token::parse("SimToken1").unwrap()
}

fn cipher() -> Cipher {
    Cipher::new(&EncodingAesKey::parse(KEY).unwrap())
}

fn account(platform: Platform, mode: Mode) -> Account {
    let app_id = match platform {
        Platform::WecomBot => "",
        Platform::Wecom => "ww0011223344556677",
        _ => "wx00112233445566aa",
    };
    let account = Account::new(platform, token(), AppId::parse(app_id).unwrap());
    match mode {
        Mode::Plain => account,
        mode => account.sealed(mode, &EncodingAesKey::parse(KEY).unwrap()),
    }
}

fn play(account: Account, wire: impl Wire + 'static) -> Arc<Simulator> {
    let clock = Arc::new(TokioClock::starting_at(NOW.unsigned_abs()));
    Simulator::new(account, "/callback/t", wire, clock, Arc::new(SeededEntropy::new(1)))
}

fn follower(simulator: &Arc<Simulator>) -> Follower {
    simulator.follower(OpenId::parse("oSimUser0000000000000000001").unwrap())
}

/// The other side, by the core's own rules.
#[derive(Clone)]
struct Server(Arc<Agreement>);

impl Server {
    fn new(account: &Account) -> Self {
        Self(Arc::new(Agreement {
            platform: account.platform,
            mode: account.mode,
            token: Some(token()),
            ciphers: account.cipher.iter().cloned().collect(),
            receive_id: account.app_id.clone(),
            max_age: Duration::from_mins(1),
        }))
    }

    fn answer(&self, request: RawRequest, reply: &Reply) -> RawResponse {
        if request.method == "GET" {
            let echo = self.0.check_url(&request.query, NOW).unwrap();
            return RawResponse { status: 200, body: echo.into_bytes() };
        }
        let received = self.0.open(&request.query, request.body, NOW + 20).unwrap();
        RawResponse { status: 200, body: self.write(&received, reply).into_bytes() }
    }

    fn write(&self, received: &Received, reply: &Reply) -> String {
        let platform = self.0.platform;
        let plain = reply.write(&received.inbound, platform, NOW);
        match received.envelope {
            Some(Envelope { format, key }) if *reply != Reply::Success => {
                let sealed = self.0.seal(key, &plain, "1767225600", "42", b"0123456789abcdef");
                let (encrypt, signature) = sealed.unwrap();
                write_envelope(format, platform, &encrypt, signature.as_str(), NOW, "42")
            }
            _ => plain,
        }
    }
}

/// Answers `reply` after `delay`, from the first request on, to whichever try is alive then.
fn after(delay: Duration, account: &Account, reply: &'static str) -> impl Wire + use<> {
    let server = Server::new(account);
    let ready = Arc::new(std::sync::OnceLock::new());
    move |request: RawRequest| {
        let (server, ready) = (server.clone(), Arc::clone(&ready));
        async move {
            let now = tokio::time::Instant::now();
            tokio::time::sleep_until(*ready.get_or_init(|| now + delay)).await;
            server.answer(request, &Reply::text(reply))
        }
    }
}

fn saying(body: &'static str) -> impl Wire {
    move |_: RawRequest| async move { RawResponse { status: 200, body: body.into() } }
}

async fn says_ping(account: Account, wire: impl Wire + 'static) -> Exchange {
    follower(&play(account, wire)).says("ping").await
}

#[tokio::test(start_paused = true)]
async fn an_answer_after_seven_seconds_reaches_the_second_try() {
    let account = account(Platform::OfficialAccount, Mode::Safe);
    let wire = after(Duration::from_secs(7), &account, "pong");
    let exchange = says_ping(account, wire).await;
    assert_eq!(
        exchange.to_string(),
        "0 s  try 1: no answer after 5 s\n5 s  try 2: 200 after 2 s, text: pong\n"
    );
    assert_eq!(exchange.text(), "pong");
    assert_eq!(exchange.took(), Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn after_three_cut_lines_the_user_sees_the_platforms_apology() {
    let account = account(Platform::OfficialAccount, Mode::Safe);
    let wire = after(Duration::from_secs(16), &account, "too late");
    let exchange = says_ping(account, wire).await;
    let expected = "0 s  try 1: no answer after 5 s
5 s  try 2: no answer after 5 s
10 s  try 3: no answer after 5 s
shown: 该公众号暂时无法提供服务，请稍后再试
";
    assert_eq!(exchange.to_string(), expected);
    assert!(!exchange.is_answered());
}

#[tokio::test(start_paused = true)]
async fn every_platform_mode_and_format_gets_its_answer() {
    for (platform, mode, format) in [
        (Platform::OfficialAccount, Mode::Plain, Format::Xml),
        (Platform::OfficialAccount, Mode::Compatible, Format::Xml),
        (Platform::OfficialAccount, Mode::Compatible, Format::Json),
        (Platform::OfficialAccount, Mode::Safe, Format::Json),
        (Platform::Wecom, Mode::Safe, Format::Xml),
        (Platform::Wecom, Mode::Safe, Format::Json),
        (Platform::WecomBot, Mode::Safe, Format::Json),
        (Platform::OpenPlatform, Mode::Safe, Format::Xml),
    ] {
        let account = account(platform, mode).format(format);
        let wire = after(Duration::ZERO, &account, "你好 👋 ]]>");
        let exchange = says_ping(account, wire).await;
        assert!(exchange.is_answered(), "{platform:?} {mode:?} {format:?}: {exchange}");
        assert_eq!(exchange.text(), "你好 👋 ]]>", "{platform:?} {mode:?} {format:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_delivery_is_signed_and_sealed_anew_and_says_the_same() {
    let account = account(Platform::OfficialAccount, Mode::Safe);
    let server = Server::new(&account);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&seen);
    let wire = move |request: RawRequest| {
        requests.lock().unwrap().push(request);
        std::future::pending()
    };
    says_ping(account, wire).await;
    let requests = seen.lock().unwrap().clone();
    assert_eq!(requests.len(), 3);
    assert_ne!(requests[0].query, requests[1].query);
    assert_ne!(requests[0].body, requests[1].body);
    let opened = requests.into_iter().map(|it| server.0.open(&it.query, it.body, NOW).unwrap());
    let mut documents: Vec<_> = opened.map(|it| it.inbound.root().to_json()).collect();
    documents.dedup();
    assert_eq!(documents.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_query_and_the_headers_are_the_platforms() {
    let simulator = play(account(Platform::OfficialAccount, Mode::Safe), saying("success"));
    let request = simulator.request(&follower(&simulator).document(json!({"MsgType": "text"})));
    let names: Vec<_> = request.query.split('&').map(|it| it.split('=').next().unwrap()).collect();
    let expected = ["signature", "timestamp", "nonce", "openid", "encrypt_type", "msg_signature"];
    assert_eq!(names, expected);
    assert_eq!(request.header("user-agent"), Some("Mozilla/4.0"));
    assert_eq!(request.header("content-type"), Some("text/xml"));

    let simulator = play(account(Platform::Wecom, Mode::Safe), saying("success"));
    let request = simulator.request(&follower(&simulator).document(json!({"MsgType": "text"})));
    let names: Vec<_> = request.query.split('&').map(|it| it.split('=').next().unwrap()).collect();
    assert_eq!(names, ["msg_signature", "timestamp", "nonce"]);
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_answered_is_abnormal_and_final() {
    let cases: [(&'static str, &str); 7] = [
        ("ok", "neither `success` nor a reply"),
        ("\u{feff}success", "neither `success` nor a reply"),
        ("\n<xml></xml>", "neither `success` nor a reply"),
        (r#"{"MsgType":"text"}"#, "the reply is Json, the account's is not"),
        (
            "<xml><ToUserName>me</ToUserName></xml>",
            "`ToUserName` is `me` instead of `oSimUser0000000000000000001`",
        ),
        (
            "<xml><ToUserName>oSimUser0000000000000000001</ToUserName><FromUserName>gh_0a1b2c3d4e5f</FromUserName><CreateTime>now</CreateTime></xml>",
            "`CreateTime` is no number",
        ),
        (
            "<xml><ToUserName>oSimUser0000000000000000001</ToUserName><FromUserName>gh_0a1b2c3d4e5f</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType></xml>",
            "`Content` is missing",
        ),
    ];
    for (body, reason) in cases {
        let account = account(Platform::OfficialAccount, Mode::Plain);
        let exchange = says_ping(account, saying(body)).await;
        let whats: Vec<_> = exchange.tries.into_iter().map(|it| it.what).collect();
        assert_eq!(whats, [What::Abnormal(reason.to_owned())], "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_in_clear_is_abnormal_in_safe_mode() {
    let exchange =
        says_ping(account(Platform::OfficialAccount, Mode::Safe), saying("<xml></xml>")).await;
    assert_eq!(exchange.tries[0].what, What::Abnormal("the reply is in clear".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_reply_signed_or_sealed_by_somebody_else_is_abnormal() {
    for (token, receiver, reason) in [
        ("OtherToken", "wx00112233445566aa", "`MsgSignature` does not match"),
        (
            "SimToken1",
            "wx00000000000000ff",
            "the envelope is for `wx00000000000000ff`, this account is `wx00112233445566aa`",
        ),
    ] {
        let wire = move |_: RawRequest| async move {
            let encrypt = cipher().seal(b"<xml/>", receiver, b"0123456789abcdef");
            let token = Token::parse(token).unwrap();
            let signature = crate::wechat::signature::sign_sealed(&token, "1", "2", &encrypt);
            let platform = Platform::OfficialAccount;
            let signature = signature.as_str();
            let body = write_envelope(Format::Xml, platform, &encrypt, signature, 1, "2");
            RawResponse { status: 200, body: body.into_bytes() }
        };
        let account = account(Platform::OfficialAccount, Mode::Safe);
        let exchange = says_ping(account, wire).await;
        assert_eq!(exchange.tries[0].what, What::Abnormal(reason.to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_retried_at_once() {
    let count = Arc::new(AtomicU32::new(0));
    let wire = move |_: RawRequest| {
        let status = if count.fetch_add(1, Ordering::Relaxed) == 0 { 502 } else { 200 };
        async move { RawResponse { status, body: b"success".to_vec() } }
    };
    let exchange = says_ping(account(Platform::OfficialAccount, Mode::Plain), wire).await;
    let expected = "0 s  try 1: 502 after 0 s\n0 s  try 2: 200 after 0 s, nothing to show\n";
    assert_eq!(exchange.to_string(), expected);
}

#[tokio::test(start_paused = true)]
async fn mini_programs_may_only_hand_over() {
    let account = account(Platform::MiniProgram, Mode::Safe).format(Format::Json);
    let wire = after(Duration::ZERO, &account, "no");
    let exchange = says_ping(account, wire).await;
    let reason = "a mini-program takes no `text`".to_owned();
    assert_eq!(exchange.tries[0].what, What::Abnormal(reason));
    assert_eq!(exchange.text(), "该小程序客服暂时无法提供服务，请稍后再试");
}

#[tokio::test(start_paused = true)]
async fn the_url_check_wants_the_echo_and_nothing_else() {
    for platform in [Platform::OfficialAccount, Platform::Wecom, Platform::WecomBot] {
        let account = account(platform, Mode::Safe);
        let wire = after(Duration::ZERO, &account, "");
        assert_eq!(play(account.clone(), wire).verify_url().await, Ok(()), "{platform:?}");
        let failed = play(account, saying("\"1\"")).verify_url().await;
        assert_eq!(failed, Err(super::delivery::CheckError::WrongBody), "{platform:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn wecom_waits_one_second_for_its_url_check() {
    let account = account(Platform::Wecom, Mode::Safe);
    let wire = after(Duration::from_secs(2), &account, "");
    let failed = play(account, wire).verify_url().await.unwrap_err();
    assert_eq!(failed.to_string(), "no answer after 1 s");
}

#[tokio::test(start_paused = true)]
async fn cloud_run_sends_headers_instead_of_a_query_and_asks_for_the_path() {
    let account = account(Platform::OfficialAccount, Mode::Plain).on_cloud_run();
    let wire = |request: RawRequest| async move {
        assert_eq!(request.query, "");
        assert_eq!(request.header("x-wx-source"), Some("wx_client"));
        RawResponse { status: 200, body: b"success".to_vec() }
    };
    let simulator = play(account, wire);
    assert!(follower(&simulator).says("hi").await.is_answered());
    assert_eq!(simulator.probe().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn messages_of_two_followers_are_on_their_way_side_by_side() {
    let account = account(Platform::OfficialAccount, Mode::Safe);
    let wire = after(Duration::from_secs(3), &account, "pong");
    let simulator = play(account, wire);
    let other = simulator.follower(OpenId::parse("oSimUser0000000000000000002").unwrap());
    let one = follower(&simulator);
    let start = tokio::time::Instant::now();
    let (first, second) = tokio::join!(one.says("a"), other.says("b"));
    assert_eq!((first.text(), second.text()), ("pong", "pong"));
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}
