//! `/sim/…` over HTTP in process.

use std::sync::Arc;

use actix_web::App;
use actix_web::http::Method;
use actix_web::http::header;
use actix_web::test;
use actix_web::web;
use serde_json::Value;
use serde_json::json;

use crate::clock::SystemClock;
use crate::entropy::SeededEntropy;
use crate::simulator;
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

const USER: &str = "oSimulatedFollower0000000001";

/// A bot in process that says what it heard, or the name and key of the event.
fn seats() -> web::Data<Seats> {
    let platform = Platform::OfficialAccount;
    let app_id = AppId::parse("wx1").unwrap();
    let account = Account::new(platform, Token::parse("SimToken1").unwrap(), app_id);
    let wire = move |request: RawRequest| async move {
        if request.method == "GET" {
            return RawResponse { status: 200, body: b"hello".to_vec() };
        }
        let inbound = Inbound::parse(request.body).unwrap();
        let heard = match inbound.text() {
            "" => format!("{} {}", inbound.name(), inbound.event_key()),
            text => text.to_owned(),
        };
        let body = Reply::text(&heard).write(&inbound, platform, 1_767_225_600);
        RawResponse { status: 200, body: body.into_bytes() }
    };
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SeededEntropy::new(1)));
    let simulator = Simulator::new(account, "/callback", wire, clock, entropy);
    simulator.knows(&simulator.first_follower());
    web::Data::new(Seats::new().seat("shop", simulator, &[]))
}

/// The status and JSON of each request, one after another: method, path, body.
async fn ask(seats: &web::Data<Seats>, requests: &[(&str, &str, Value)]) -> Vec<(u16, Value)> {
    let app = App::new().configure(|config| simulator::routes(config, seats));
    let app = test::init_service(app).await;
    let mut answers = Vec::new();
    for (method, path, body) in requests {
        let mut request = test::TestRequest::default()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(path);
        if !body.is_null() {
            request = request.insert_header(header::ContentType::json());
            request = request.set_payload(body.to_string());
        }
        let response = test::call_service(&app, request.to_request()).await;
        let status = response.status().as_u16();
        answers.push((status, test::read_body_json(response).await));
    }
    answers
}

#[actix_web::test]
async fn a_text_is_said_by_the_first_follower_and_noted() {
    let seats = seats();
    let answers = ask(
        &seats,
        &[
            ("POST", "/sim/say", json!({"text": "你好"})),
            ("GET", "/sim/transcript?kind=callback", Value::Null),
        ],
    )
    .await;
    assert_eq!(answers[0].1["shown"]["text"], "你好");
    assert_eq!(answers[0].1["shown"]["fields"]["ToUserName"], USER);
    let entry = &answers[1].1["entries"][0];
    assert!(entry["message"].as_str().unwrap().contains("<Content><![CDATA[你好]]></Content>"));
    assert_eq!(entry["tries"][0]["what"], "answered");
}

#[actix_web::test]
async fn a_scan_follows_or_scans_and_a_click_clicks() {
    let seats = seats();
    let answers = ask(
        &seats,
        &[
            ("POST", "/sim/scan", json!({"scene": "7"})),
            ("POST", "/sim/unfollow", json!({})),
            ("POST", "/sim/scan", json!({"scene": "7"})),
            ("POST", "/sim/click", json!({"key": "HELP"})),
            ("POST", "/sim/follow", json!({"from": "oNew"})),
            ("POST", "/sim/scan", json!({"ticket": "none"})),
            ("POST", "/sim/click", json!({})),
        ],
    )
    .await;
    let shown: Vec<&str> =
        answers.iter().map(|(_, it)| it["shown"]["text"].as_str().unwrap_or("")).collect();
    let expected = ["SCAN 7", "unsubscribe ", "subscribe qrscene_7", "CLICK HELP", "subscribe "];
    assert_eq!(shown[..5], expected);
    assert_eq!((answers[5].0, answers[6].0), (400, 400));
    assert_eq!(answers[6].1["error"]["message"], "`key` is missing");
}

#[actix_web::test]
async fn any_program_may_steer_and_no_page_of_another_site() {
    let seats = seats();
    let app = App::new().configure(|config| simulator::routes(config, &seats));
    let app = test::init_service(app).await;
    for (origin, status) in
        [("", 200), ("http://localhost:8080", 200), ("http://evil.example", 404)]
    {
        let mut request = test::TestRequest::post()
            .uri("/sim/say")
            .insert_header(header::ContentType::form_url_encoded())
            .insert_header((header::HOST, "localhost:8080"))
            .set_payload(r#"{"text":"hi"}"#);
        if !origin.is_empty() {
            request = request.insert_header((header::ORIGIN, origin));
        }
        let response = test::call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), status, "{origin}");
    }
}

#[actix_web::test]
async fn the_clock_moves_and_stands() {
    let seats = seats();
    let answers = ask(
        &seats,
        &[
            ("POST", "/sim/clock", json!({"freeze": true})),
            ("POST", "/sim/clock", json!({"advance": 7200})),
            ("GET", "/sim/clock", Value::Null),
            ("POST", "/sim/clock", json!({"freeze": false})),
            ("POST", "/sim/clock", json!({"advance": -1})),
            ("POST", "/sim/clock", json!({"freeze": true, "advance": "2h"})),
            ("POST", "/sim/clock", json!({"advance": "3d"})),
            ("POST", "/sim/clock", json!({"advance": "soon"})),
        ],
    )
    .await;
    let now = |index: usize| answers[index].1["now"].as_i64().unwrap();
    assert_eq!((now(1), now(2)), (now(0) + 7200, now(0) + 7200));
    assert_eq!(answers[3].1["frozen"], false);
    assert_eq!((answers[4].0, answers[7].0), (400, 400));
    assert_eq!(now(6), now(5) + 3 * 86_400);
}

#[actix_web::test]
async fn the_url_is_checked_as_the_console_does() {
    let answers = ask(&seats(), &[("POST", "/sim/verify", json!({}))]).await;
    // The bot of this test reads only messages.
    let reason = "the body is not the one asked for";
    assert_eq!(answers[0].1, json!({"verified": false, "reason": reason}));
}

#[actix_web::test]
async fn faults_limits_and_consents_are_set_and_shown() {
    let seats = seats();
    let token = "/cgi-bin/token?grant_type=client_credential&appid=wx1&secret=S";
    let fault = json!({"kind": "errcode", "errcode": 45009, "path": "/cgi-bin/token"});
    let answers = ask(
        &seats,
        &[
            ("POST", "/sim/fault", fault),
            ("GET", token, Value::Null),
            ("GET", "/sim/fault", Value::Null),
            ("POST", "/sim/limits", json!({"path": "/cgi-bin/token", "daily": 0})),
            ("GET", token, Value::Null),
            ("POST", "/sim/fault", json!({"kind": "lost"})),
            ("DELETE", "/sim/fault", Value::Null),
            ("POST", "/sim/fault", json!({"kind": "errcode"})),
            ("POST", "/sim/fault", json!({"kind": "dance"})),
            ("POST", "/sim/agree", json!({"template_id": "T", "count": 2})),
            ("POST", "/sim/limits?account=x", json!({"account": "nobody"})),
            ("POST", "/sim/refuse", json!({"errcode": 48002})),
            ("POST", "/sim/limits", json!({"denied": ["/cgi-bin/menu/create"]})),
        ],
    )
    .await;
    assert_eq!(answers[0].1["waiting"][0]["errcode"], 45009);
    assert_eq!(answers[1].1["errcode"], 45009);
    assert_eq!(answers[2].1, json!({"waiting": []}));
    assert_eq!(answers[4].1["errcode"], 45009);
    assert_eq!(answers[6].1, json!({"waiting": []}));
    assert_eq!(answers[7].1["error"]["message"], "`errcode` is missing");
    assert_eq!((answers[7].0, answers[8].0, answers[10].0), (400, 400, 404));
    assert_eq!(answers[9].1["shown"]["text"], "subscribe_msg_popup_event ");
    assert_eq!(answers[11].1, json!({"errcode": 48002}));
    assert_eq!(answers[12].1["denied"], json!(["/cgi-bin/menu/create"]));
}

#[actix_web::test]
async fn what_the_bot_pushes_is_in_the_inbox() {
    let seats = seats();
    let token = "/cgi-bin/token?grant_type=client_credential&appid=wx1&secret=S";
    let answers = ask(&seats, &[("GET", token, Value::Null)]).await;
    let token = answers[0].1["access_token"].as_str().unwrap();
    let path = format!("/cgi-bin/message/custom/send?access_token={token}");
    let body = json!({"touser": USER, "msgtype": "text", "text": {"content": "later"}});
    let answers = ask(
        &seats,
        &[
            ("POST", "/sim/say", json!({"text": "hi"})),
            ("POST", &path, body),
            ("GET", "/sim/inbox", Value::Null),
            ("GET", "/sim/inbox?since=1", Value::Null),
            ("GET", &format!("/playground/inbox?from={USER}"), Value::Null),
        ],
    )
    .await;
    assert_eq!(answers[1].1, json!({"errcode": 0, "errmsg": "ok"}));
    let message = &answers[2].1["messages"][0];
    assert_eq!((&message["text"], &message["type"]), (&json!("later"), &json!("text")));
    assert_eq!(message["via"], "/cgi-bin/message/custom/send");
    assert_eq!(answers[3].1, json!({"messages": []}));
    assert_eq!(answers[4].1["messages"][0]["text"], "later");
}
