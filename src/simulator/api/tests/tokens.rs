//! Tokens, quotas, methods and addresses.

use serde_json::json;

use super::Desk;
use super::Request;
use super::done;
use super::errcode;
use crate::simulator::Account;
use crate::simulator::AppSecret;
use crate::simulator::fault::Fault;
use crate::wechat::Platform;
use crate::wechat::id::AppId;
use crate::wechat::secret::Token;

const SEND: &str = "/cgi-bin/message/custom/send";

fn account() -> Account {
    let (token, id) = (Token::parse("Token1").unwrap(), AppId::parse("wx1").unwrap());
    Account::new(Platform::OfficialAccount, token, id)
}

async fn get(desk: &Desk, target: &str) -> i64 {
    errcode(&desk.ask(&Request::get(target)).await)
}

#[tokio::test(start_paused = true)]
async fn a_token_works_for_two_hours() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    assert_eq!(desk.token.len(), 136);
    assert_eq!(errcode(&desk.get("/cgi-bin/getcallbackip").await), 0);
    desk.later(7_199);
    assert_eq!(errcode(&desk.get("/cgi-bin/getcallbackip").await), 0);
    desk.later(1);
    let answer = desk.get("/cgi-bin/getcallbackip").await;
    assert_eq!(answer["errcode"], 42001);
    let text = answer["errmsg"].as_str().unwrap();
    assert!(text.starts_with("access_token expired rid: "), "{text}");
    assert_eq!(text.len(), "access_token expired rid: ".len() + 26);
}

#[tokio::test(start_paused = true)]
async fn a_second_fetch_ends_the_first_token_after_five_minutes() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    desk.fetch_token().await;
    desk.later(299);
    assert_eq!(errcode(&desk.get("/cgi-bin/getcallbackip").await), 0);
    desk.later(1);
    assert_eq!(errcode(&desk.get("/cgi-bin/getcallbackip").await), 40001);
}

#[tokio::test(start_paused = true)]
async fn the_stable_token_stays_the_same_and_touches_no_other() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let body = json!({"grant_type": "client_credential", "appid": "wx1", "secret": "S"});
    let first = desk.post("/cgi-bin/stable_token", body.clone()).await;
    assert_eq!(first["expires_in"], 7200);
    desk.later(6_000);
    let again = desk.post("/cgi-bin/stable_token", body.clone()).await;
    assert_eq!(again, json!({"access_token": first["access_token"], "expires_in": 1200}));
    assert_eq!(errcode(&desk.get("/cgi-bin/getcallbackip").await), 0);
    // Five minutes before the end there is a new one, and both work.
    desk.later(900);
    let new = desk.post("/cgi-bin/stable_token", body).await;
    assert_ne!(new["access_token"], first["access_token"]);
    let old = first["access_token"].as_str().unwrap();
    let path = format!("/cgi-bin/getcallbackip?access_token={old}");
    assert_eq!(get(&desk, &path).await, 0);
    desk.later(300);
    assert_eq!(get(&desk, &path).await, 40001);
}

#[tokio::test(start_paused = true)]
async fn a_forced_stable_token_ends_the_old_one_at_once_and_is_rare() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let body = json!({"grant_type": "client_credential", "appid": "wx1", "secret": "S",
        "force_refresh": true});
    let first = desk.post("/cgi-bin/stable_token", body.clone()).await;
    let path =
        format!("/cgi-bin/getcallbackip?access_token={}", first["access_token"].as_str().unwrap());
    assert_eq!(desk.code("/cgi-bin/stable_token", body.clone()).await, 45011);
    desk.later(30);
    assert_eq!(desk.code("/cgi-bin/stable_token", body.clone()).await, 0);
    assert_eq!(get(&desk, &path).await, 40001);
    for _ in 2..20 {
        desk.later(30);
        assert_eq!(desk.code("/cgi-bin/stable_token", body.clone()).await, 0);
    }
    desk.later(30);
    assert_eq!(desk.code("/cgi-bin/stable_token", body).await, 45009);
    assert_eq!(get(&desk, "/cgi-bin/stable_token").await, 43002);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_name_or_secret_fetches_nothing() {
    let desk = Desk::of(account().secret(AppSecret::new("S"))).await;
    let token = "/cgi-bin/token?grant_type=client_credential";
    for (target, code) in [
        (format!("{token}&appid=wx1&secret=S"), 0),
        (format!("{token}&appid=wx1&secret=T"), 40125),
        (format!("{token}&appid=wx2&secret=S"), 40013),
        (format!("{token}&appid=wx1"), 41004),
        (format!("{token}&secret=S"), 41002),
        ("/cgi-bin/token?grant_type=x&appid=wx1&secret=S".to_owned(), 40002),
    ] {
        assert_eq!(get(&desk, &target).await, code, "{target}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_missing_or_made_up_opens_nothing() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    assert_eq!(get(&desk, "/cgi-bin/getcallbackip").await, 41001);
    assert_eq!(get(&desk, "/cgi-bin/getcallbackip?access_token=84_x").await, 40014);
    desk.simulator.revoke_tokens();
    assert_eq!(errcode(&desk.get("/cgi-bin/getcallbackip").await), 40001);
}

#[tokio::test(start_paused = true)]
async fn methods_bodies_and_paths_are_looked_at() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    assert_eq!(errcode(&desk.get(SEND).await), 43002);
    assert_eq!(desk.code("/cgi-bin/getcallbackip", json!({})).await, 43001);
    assert_eq!(errcode(&desk.get("/cgi-bin/nothing").await), 40066);
    let broken = Request::new("POST", &desk.target(SEND), "", b"{".to_vec());
    assert_eq!(errcode(&desk.ask(&broken).await), 47001);
    let empty = Request::new("POST", &desk.target(SEND), "", Vec::new());
    assert_eq!(errcode(&desk.ask(&empty).await), 44002);
}

#[tokio::test(start_paused = true)]
async fn addresses_that_are_not_listed_fetch_no_token() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    desk.simulator.world().calls.addresses = Some(vec!["10.0.0.1".parse().unwrap()]);
    let target = "/cgi-bin/token?grant_type=client_credential&appid=wx1&secret=S";
    let mut request = Request::get(target);
    request.peer = Some("203.0.113.7".parse().unwrap());
    let answer = desk.ask(&request).await;
    assert_eq!(answer["errcode"], 40164);
    let text = answer["errmsg"].as_str().unwrap();
    assert!(text.starts_with("invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist"));
    request.peer = Some("10.0.0.1".parse().unwrap());
    assert_eq!(errcode(&desk.ask(&request).await), 0);
}

#[tokio::test(start_paused = true)]
async fn the_day_has_2000_classic_tokens_and_quotas_can_be_cleared() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let target = "/cgi-bin/token?grant_type=client_credential&appid=wx1&secret=S";
    for _ in 1..2_000 {
        assert_eq!(get(&desk, target).await, 0);
    }
    assert_eq!(get(&desk, target).await, 45009);
    let body = json!({"appid": "wx1", "appsecret": "S"});
    assert_eq!(desk.post("/cgi-bin/clear_quota/v2", body.clone()).await, done());
    assert_eq!(get(&desk, target).await, 0);
    for _ in 1..10 {
        assert_eq!(desk.code("/cgi-bin/clear_quota/v2", body.clone()).await, 0);
    }
    assert_eq!(desk.code("/cgi-bin/clear_quota/v2", body).await, 48006);
}

#[tokio::test(start_paused = true)]
async fn a_quota_and_a_call_can_be_looked_up() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let answer = desk.post(SEND, json!({"touser": "oNobody", "msgtype": "text"})).await;
    let quota = desk.post("/cgi-bin/openapi/quota/get", json!({"cgi_path": SEND})).await;
    let expected = json!({"daily_limit": 500_000, "used": 1, "remain": 499_999});
    assert_eq!(quota["quota"], expected);
    assert_eq!(desk.code("/cgi-bin/openapi/quota/get", json!({"cgi_path": "/x"})).await, 76021);
    let rid = answer["errmsg"].as_str().unwrap().split("rid: ").nth(1).unwrap();
    let found = desk.post("/cgi-bin/openapi/rid/get", json!({"rid": rid})).await;
    assert_eq!(found["request"]["request_url"], SEND);
    let unknown = json!({"rid": "00000000-00000000-00000000"});
    assert_eq!(desk.code("/cgi-bin/openapi/rid/get", unknown).await, 76001);
    assert_eq!(desk.code("/cgi-bin/openapi/rid/get", json!({"rid": "x"})).await, 76002);
    desk.later(8 * 86_400);
    let token = desk.fetch_token().await;
    let target = format!("/cgi-bin/openapi/rid/get?access_token={token}");
    assert_eq!(errcode(&desk.ask(&Request::post(&target, &json!({"rid": rid}))).await), 76004);
}

#[tokio::test(start_paused = true)]
async fn a_minute_limit_set_by_hand_holds_for_that_minute() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let limit = crate::simulator::world::calls::Limit { daily: None, per_minute: Some(1) };
    desk.simulator.world().calls.set_limit("/cgi-bin/getcallbackip", limit);
    assert_eq!(errcode(&desk.get("/cgi-bin/getcallbackip").await), 0);
    assert_eq!(errcode(&desk.get("/cgi-bin/getcallbackip").await), 45011);
    desk.later(60);
    assert_eq!(errcode(&desk.get("/cgi-bin/getcallbackip").await), 0);
}

#[tokio::test(start_paused = true)]
async fn on_cloud_run_listed_paths_need_no_token() {
    let desk = Desk::of(account().on_cloud_run()).await;
    assert_eq!(desk.token, "", "tokens are not fetched through it");
    let request = Request::get("/cgi-bin/getcallbackip");
    let super::Reply::Whole(response) = desk.simulator.answer(&request).await else { panic!() };
    assert_eq!(response.to_json(), json!({"ip_list": ["127.0.0.1"]}));
    assert_eq!(response.headers[0].0, "x-openapi-seqid");
    desk.simulator.world().calls.open_apis = Some(vec![SEND.to_owned()]);
    assert_eq!(get(&desk, "/cgi-bin/getcallbackip").await, 85107);
    let target = "/cgi-bin/token?grant_type=client_credential&appid=wx1&secret=S";
    assert_eq!(get(&desk, target).await, 85107);
}

#[tokio::test(start_paused = true)]
async fn secrets_are_in_no_transcript() {
    let desk = Desk::of(account().secret(AppSecret::new("TOPSECRET"))).await;
    let body = json!({"grant_type": "client_credential", "appid": "wx1", "secret": "TOPSECRET"});
    let token = desk.post("/cgi-bin/stable_token", body).await;
    desk.simulator.fault(Fault::errcode("*", -1)).unwrap();
    let transcript = desk.simulator.transcript(0, 100, None).to_string();
    assert!(!transcript.contains("TOPSECRET"), "{transcript}");
    assert!(!transcript.contains(token["access_token"].as_str().unwrap()), "{transcript}");
    assert!(transcript.contains("/cgi-bin/stable_token"), "{transcript}");
}
