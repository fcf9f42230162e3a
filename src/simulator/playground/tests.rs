//! The playground's routes, over HTTP in process.

use std::sync::Arc;

use actix_web::App;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::test;
use actix_web::web;
use serde_json::Value;
use serde_json::json;

use super::routes;
use crate::clock::SystemClock;
use crate::entropy::SeededEntropy;
use crate::simulator::Account;
use crate::simulator::RawRequest;
use crate::simulator::RawResponse;
use crate::simulator::Seats;
use crate::simulator::Simulator;
use crate::wechat::Platform;
use crate::wechat::id::AppId;
use crate::wechat::inbound::Inbound;
use crate::wechat::reply::Reply;
use crate::wechat::secret::Token;

/// A bot in process that says what it heard, or the name of the event.
fn playground() -> web::Data<Seats> {
    let platform = Platform::OfficialAccount;
    let app_id = AppId::parse("wx00112233445566aa").unwrap();
    let account = Account::new(platform, Token::parse("SimToken1").unwrap(), app_id);
    let wire = move |request: RawRequest| async move {
        let inbound = Inbound::parse(request.body).unwrap();
        let heard = if inbound.text().is_empty() { inbound.name() } else { inbound.text() };
        let body = Reply::text(heard).write(&inbound, platform, 1_767_225_600);
        RawResponse { status: 200, body: body.into_bytes() }
    };
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SeededEntropy::new(1)));
    let simulator = Simulator::new(account, "/callback/shop", wire, clock, entropy);
    web::Data::new(Seats::new().seat("shop", simulator, &["帮助"]))
}

/// The status and the JSON that `body` is answered with.
async fn say(body: &str) -> (StatusCode, Value) {
    let app = App::new().configure(|config| routes(config, playground()));
    let app = test::init_service(app).await;
    let request = test::TestRequest::post()
        .uri("/playground/say")
        .insert_header(header::ContentType::json())
        .set_payload(body.to_owned())
        .to_request();
    let response = test::call_service(&app, request).await;
    let status = response.status();
    (status, test::read_body_json(response).await)
}

#[actix_web::test]
async fn a_text_is_delivered_and_every_try_reported() {
    let (status, answer) = say(r#"{"from":"oAbc","text":"你好 <b>"}"#).await;
    assert_eq!(status, 200);
    assert_eq!(answer["tries"].as_array().unwrap().len(), 1);
    assert_eq!(answer["tries"][0]["what"], "answered");
    assert_eq!(answer["tries"][0]["at_ms"], 0);
    assert_eq!(answer["shown"]["type"], "text");
    assert_eq!(answer["shown"]["text"], "你好 <b>");
    assert_eq!(answer["shown"]["fields"]["ToUserName"], "oAbc");
}

#[actix_web::test]
async fn any_message_can_be_sent() {
    let message = json!({"message": {"MsgType": "event", "Event": "CLICK", "EventKey": "HELP"}});
    let (_, answer) = say(&message.to_string()).await;
    assert_eq!(answer["shown"]["text"], "CLICK");
}

#[actix_web::test]
async fn what_is_not_a_saying_is_refused_with_advice() {
    for (body, status) in [
        ("{", 400),
        ("{}", 400),
        (r#"{"text":"a","message":{}}"#, 400),
        (r#"{"text":"a","form":"typo"}"#, 400),
        (r#"{"text":"a","from":"a b"}"#, 400),
        (r#"{"text":"a","account":"nobody"}"#, 404),
    ] {
        let (found, answer) = say(body).await;
        assert_eq!(found, status, "{body}");
        assert_eq!(answer["error"]["code"], "simulator.request", "{body}");
        assert!(answer["error"]["advice"].is_string(), "{body}");
    }
}

#[actix_web::test]
async fn another_site_cannot_make_a_browser_post() {
    let app = App::new().configure(|config| routes(config, playground()));
    let app = test::init_service(app).await;
    let request = test::TestRequest::post()
        .uri("/playground/say")
        .insert_header(header::ContentType::plaintext())
        .set_payload(r#"{"text":"a"}"#)
        .to_request();
    assert_eq!(test::call_service(&app, request).await.status(), 400);
}

#[actix_web::test]
async fn the_page_runs_only_its_own_script_and_loads_nothing_from_elsewhere() {
    let app = App::new().configure(|config| routes(config, playground()));
    let app = test::init_service(app).await;
    let request = test::TestRequest::get().uri("/playground").to_request();
    let response = test::call_service(&app, request).await;
    let policy = response.headers().get(header::CONTENT_SECURITY_POLICY).unwrap();
    let policy = policy.to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let body = test::read_body(response).await;
    let page = std::str::from_utf8(&body).unwrap();
    assert!(!page.contains("innerHTML") && !page.contains(" src="));
    assert!(!page.contains("/*style*/") && !page.contains("/*script*/"));
}
