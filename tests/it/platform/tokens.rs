//! One token: fetched once for all, shared, renewed in time, and not burnt.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tokio::task::JoinSet;
use yizhan::platform::Client;
use yizhan::platform::PlatformError;
use yizhan::wechat::id::AppId;

use super::MINI;
use super::OFFICIAL;
use super::OPEN;
use super::WECOM;
use super::Wire;
use super::client;
use super::client_on;
use super::refusal;
use super::store;
use super::timeout;
use super::token;

/// WeChat with a stable token: the same until it is forced or ends, and only that one is good.
struct Stable {
    life: u64,
    current: AtomicU64,
    /// What WeChat takes; behind `current`, as when somebody else has forced a new one.
    good: AtomicU64,
}

impl Stable {
    fn wire(life: u64) -> (Arc<Self>, Arc<Wire>) {
        let (current, good) = (AtomicU64::new(1), AtomicU64::new(1));
        let wechat = Arc::new(Self { life, current, good });
        let answering = Arc::clone(&wechat);
        let wire = Wire::new(move |asked| {
            if asked.line != "POST /cgi-bin/stable_token" {
                let good = format!("T{}", answering.good.load(Ordering::SeqCst));
                let is_good = asked.token.as_deref() == Some(good.as_str());
                return Ok(if is_good { json!({"errcode": 0}) } else { refusal(40_001) });
            }
            if asked.json()["force_refresh"] == json!(true) {
                let next = answering.current.fetch_add(1, Ordering::SeqCst) + 1;
                answering.good.store(next, Ordering::SeqCst);
            }
            let current = answering.current.load(Ordering::SeqCst);
            Ok(json!({"access_token": format!("T{current}"), "expires_in": answering.life}))
        });
        (wechat, wire)
    }
}

/// `tasks` tasks of 500 callers each, all at once; how many succeeded.
async fn storm(client: &Arc<Client>, tasks: usize) -> usize {
    let mut running = JoinSet::new();
    for _ in 0..tasks {
        let client = Arc::clone(client);
        running.spawn(async move {
            let calls = (0..500).map(|_| client.get("/cgi-bin/getcallbackip", &[]));
            let answers = futures_util::future::join_all(calls).await;
            answers.into_iter().flatten().count()
        });
    }
    running.join_all().await.into_iter().sum()
}

fn forced(wire: &Wire) -> usize {
    wire.asked().iter().filter(|it| it.json()["force_refresh"] == json!(true)).count()
}

#[tokio::test(start_paused = true)]
async fn four_tasks_of_500_callers_at_expiry_fetch_one_token() {
    let (_, wire) = Stable::wire(7_200);
    let client = client(OFFICIAL, &wire);

    assert_eq!(storm(&client, 4).await, 2_000);
    assert_eq!(wire.count("stable_token"), 1);

    tokio::time::advance(Duration::from_hours(2)).await;
    assert_eq!(storm(&client, 4).await, 2_000);
    assert_eq!(wire.count("stable_token"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_40001_forces_one_token() {
    let (wechat, wire) = Stable::wire(7_200);
    let client = client(OFFICIAL, &wire);
    client.get("/cgi-bin/getcallbackip", &[]).await.unwrap();
    // WeChat takes the token back, and `stable_token` goes on giving it.
    wechat.good.store(99, Ordering::SeqCst);

    assert_eq!(storm(&client, 4).await, 2_000);
    assert_eq!(forced(&wire), 1);
    assert_eq!(wire.count("stable_token"), 3);
    let force = wire.asked().into_iter().rfind(|it| it.line.contains("stable_token"));
    assert_eq!(
        force.unwrap().body,
        r#"{"grant_type":"client_credential","appid":"wx00112233445566bb","secret":"SECRET","force_refresh":true}"#
    );
}

#[tokio::test(start_paused = true)]
async fn where_no_token_helps_a_storm_forces_one_and_leaves_it_for_30_seconds() {
    let current = AtomicU64::new(1);
    let wire = Wire::new(move |asked| {
        let is_forced = asked.json()["force_refresh"] == json!(true);
        let number = current.fetch_add(u64::from(is_forced), Ordering::SeqCst);
        let token = token(asked, &format!("T{}", number + u64::from(is_forced)));
        Ok(token.unwrap_or_else(|| refusal(40_001)))
    });
    let client = client(OFFICIAL, &wire);

    for _ in 0..10 {
        assert_eq!(storm(&client, 1).await, 0);
    }
    assert_eq!(forced(&wire), 1);
    tokio::time::advance(Duration::from_secs(31)).await;
    assert_eq!(storm(&client, 1).await, 0);
    assert_eq!(forced(&wire), 2);
}

#[tokio::test(start_paused = true)]
async fn a_day_has_20_forced_tokens() {
    let wire = Wire::new(|asked| Ok(token(asked, "T1").unwrap_or_else(|| refusal(40_001))));
    let client = client(OFFICIAL, &wire);
    for _ in 0..40 {
        let error = client.get("/cgi-bin/getcallbackip", &[]).await.unwrap_err();
        assert_eq!(error.code(), Some(40_001));
        tokio::time::advance(Duration::from_secs(31)).await;
    }
    assert_eq!(forced(&wire), 20);
}

#[tokio::test(start_paused = true)]
async fn a_new_token_in_normal_mode_forces_none() {
    let (wechat, wire) = Stable::wire(7_200);
    let client = client(OFFICIAL, &wire);
    client.get("/cgi-bin/getcallbackip", &[]).await.unwrap();
    // Another program has forced T2.
    wechat.current.store(2, Ordering::SeqCst);
    wechat.good.store(2, Ordering::SeqCst);

    client.get("/cgi-bin/getcallbackip", &[]).await.unwrap();
    assert_eq!((wire.count("stable_token"), forced(&wire)), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn two_processes_on_one_store_share_a_token() {
    let (_, wire) = Stable::wire(7_200);
    let store = store();
    let first = client_on(OFFICIAL, &wire, Arc::clone(&store), 1);
    let second = client_on(OFFICIAL, &wire, store, 2);

    let (one, two) = tokio::join!(storm(&first, 2), storm(&second, 2));

    assert_eq!((one, two), (1_000, 1_000));
    assert_eq!(wire.count("stable_token"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_died_while_it_renewed_holds_the_others_up_for_a_minute() {
    let (_, wire) = Stable::wire(7_200);
    let store = store();
    let now = Duration::from_secs(crate::support::START);
    let client = client_on(OFFICIAL, &wire, Arc::clone(&store), 1);
    // The key of the account, as the first process would have locked it.
    let key = "token/stable/wx00112233445566bb/0917b13a";
    store.lock(now, key, "dead", Duration::from_mins(1)).await.unwrap().unwrap();

    let begun = tokio::time::Instant::now();
    client.get("/cgi-bin/getcallbackip", &[]).await.unwrap();
    let waited = begun.elapsed().as_secs();
    assert!((59..=61).contains(&waited), "{waited} s");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_five_minutes_before_it_ends_and_nobody_waits_for_it() {
    let (_, wire) = Stable::wire(7_200);
    let client = client(OFFICIAL, &wire);
    client.get("/cgi-bin/getcallbackip", &[]).await.unwrap();
    tokio::time::advance(Duration::from_secs(6_890)).await;
    client.get("/cgi-bin/getcallbackip", &[]).await.unwrap();
    assert_eq!(wire.count("stable_token"), 1);

    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(storm(&client, 1).await, 500);
    assert_eq!(wire.count("stable_token"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_still_works_survives_a_failed_renewal() {
    let fetched = AtomicU64::new(0);
    let wire = Wire::new(move |asked| {
        if token(asked, "").is_some() && fetched.fetch_add(1, Ordering::SeqCst) > 0 {
            return Ok(refusal(-1));
        }
        Ok(token(asked, "T1").unwrap_or_else(|| json!({"errcode": 0})))
    });
    let client = client(OFFICIAL, &wire);
    client.get("/cgi-bin/getcallbackip", &[]).await.unwrap();
    tokio::time::advance(Duration::from_secs(7_000)).await;

    assert_eq!(storm(&client, 1).await, 500);
    // One renewal: a try, and three more after 1, 2 and 4 seconds.
    assert_eq!(wire.count("stable_token"), 5);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_secret_is_tried_once_in_five_minutes() {
    let wire = Wire::new(|asked| match token(asked, "") {
        Some(_) => Ok(refusal(40_125)),
        None => Ok(json!({"errcode": 0})),
    });
    let client = client(OFFICIAL, &wire);
    for _ in 0..3 {
        assert_eq!(storm(&client, 1).await, 0);
    }
    assert_eq!(wire.asked().len(), 1);

    let error = client.get("/cgi-bin/getcallbackip", &[]).await.unwrap_err();
    let text = "/cgi-bin/stable_token was refused with 40125: no";
    assert_eq!(error.to_string(), text);
    assert!(error.advice().starts_with("Compare `app_secret`"), "{}", error.advice());
    tokio::time::advance(Duration::from_mins(5)).await;
    assert_eq!(storm(&client, 1).await, 0);
    assert_eq!(wire.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_not_listed_stops_the_calls_of_the_account_until_it_is() {
    let is_listed = Arc::new(Mutex::new(false));
    let listed = Arc::clone(&is_listed);
    let wire = Wire::new(move |asked| {
        let answer = if *listed.lock().unwrap() { json!({"errcode": 0}) } else { refusal(60_020) };
        Ok(token(asked, "T1").unwrap_or(answer))
    });
    let client = client(WECOM, &wire);
    assert!(client.get("/cgi-bin/getcallbackip", &[]).await.is_err());
    let error = client.get("/cgi-bin/getcallbackip", &[]).await.unwrap_err();
    assert_eq!(error.code(), Some(60_020));
    assert_eq!(wire.lines().len(), 1);

    *is_listed.lock().unwrap() = true;
    tokio::time::advance(Duration::from_mins(5)).await;
    client.get("/cgi-bin/getcallbackip", &[]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn callers_who_waited_for_a_failed_fetch_do_not_fetch_themselves() {
    let wire = Wire::new(|_| Err(timeout(true)));
    let client = client(&format!("{OFFICIAL}\ntoken_api = \"classic\""), &wire);
    assert_eq!(storm(&client, 4).await, 0);
    assert_eq!(wire.asked().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_account_fetches_its_token_its_own_way() {
    let classic = format!("{OFFICIAL}\ntoken_api = \"classic\"");
    for (settings, line, body) in [
        (
            OFFICIAL,
            "POST /cgi-bin/stable_token",
            r#"{"grant_type":"client_credential","appid":"wx00112233445566bb","secret":"SECRET","force_refresh":false}"#,
        ),
        (
            MINI,
            "POST /cgi-bin/stable_token",
            r#"{"grant_type":"client_credential","appid":"wx00112233445566bb","secret":"SECRET","force_refresh":false}"#,
        ),
        (
            &classic,
            "GET /cgi-bin/token?grant_type=client_credential&appid=wx00112233445566bb&secret=SECRET",
            "",
        ),
        (WECOM, "GET /cgi-bin/gettoken?corpid=wx00112233445566bb&corpsecret=SECRET", ""),
    ] {
        let wire = Wire::answering(json!({"errcode": 0}));
        client(settings, &wire).get("/cgi-bin/getcallbackip", &[]).await.unwrap();
        let [fetch, call] = wire.asked().try_into().unwrap();
        assert_eq!((fetch.line.as_str(), fetch.body.as_str()), (line, body));
        assert_eq!(fetch.token, None);
        assert_eq!(call.token.as_deref(), Some("T1"));
    }
}

#[tokio::test(start_paused = true)]
async fn behind_cloud_run_there_is_no_token() {
    let wire = Wire::answering(json!({"errcode": 0}));
    let client = client(&format!("{OFFICIAL}\nsource = \"cloud-run\""), &wire);
    client.get("/cgi-bin/getcallbackip", &[]).await.unwrap();
    let [call] = wire.asked().try_into().unwrap();
    assert_eq!((call.line.as_str(), call.token), ("GET /cgi-bin/getcallbackip", None));
}

/// An open platform that has a ticket, and one account that authorized it.
fn open_platform() -> Arc<Wire> {
    Wire::new(|asked| {
        let answer = match asked.line.as_str() {
            "POST /cgi-bin/component/api_component_token" => {
                json!({"component_access_token": "C1", "expires_in": 7200})
            }
            "POST /cgi-bin/component/api_query_auth"
            | "POST /cgi-bin/component/api_get_authorizer_info" => json!({"authorization_info": {
                "authorizer_appid": "wx570bc396a51b8ff8",
                "authorizer_access_token": "A0",
                "expires_in": 7200,
                "authorizer_refresh_token": "R1",
            }}),
            "POST /cgi-bin/component/api_authorizer_token" => json!({
                "authorizer_access_token": "A1",
                "expires_in": 7200,
                "authorizer_refresh_token": "R2",
            }),
            _ => json!({"errcode": 0}),
        };
        Ok::<Value, _>(answer)
    })
}

#[tokio::test(start_paused = true)]
async fn an_open_platform_acts_for_an_account_that_authorized_it() {
    let wire = open_platform();
    let component = client(OPEN, &wire);
    component.keep_ticket("ticket@@@1").await.unwrap();
    let authorized = component.authorize("CODE").await.unwrap();
    assert_eq!(authorized.authorizer_appid, "wx570bc396a51b8ff8");
    let app_id = AppId::parse("wx570bc396a51b8ff8").unwrap();
    let account = component.on_behalf_of(&app_id);

    account.get("/cgi-bin/getcallbackip", &[]).await.unwrap();

    let seen: Vec<_> = wire.asked().into_iter().map(|it| (it.line, it.token, it.body)).collect();
    let of_component = Some("C1".to_owned());
    assert_eq!(
        seen,
        [
            (
                "POST /cgi-bin/component/api_component_token".to_owned(),
                None,
                r#"{"component_appid":"wx00112233445566bb","component_appsecret":"SECRET","component_verify_ticket":"ticket@@@1"}"#.to_owned()
            ),
            (
                "POST /cgi-bin/component/api_query_auth".to_owned(),
                of_component.clone(),
                r#"{"component_appid":"wx00112233445566bb","authorization_code":"CODE"}"#.to_owned()
            ),
            (
                "POST /cgi-bin/component/api_authorizer_token".to_owned(),
                of_component,
                r#"{"component_appid":"wx00112233445566bb","authorizer_appid":"wx570bc396a51b8ff8","authorizer_refresh_token":"R1"}"#.to_owned()
            ),
            ("GET /cgi-bin/getcallbackip".to_owned(), Some("A1".to_owned()), String::new()),
        ]
    );

    // The refresh token changed with the token; the next one is made with it.
    tokio::time::advance(Duration::from_hours(2)).await;
    account.get("/cgi-bin/getcallbackip", &[]).await.unwrap();
    let renewals: Vec<_> =
        wire.asked().into_iter().filter(|it| it.line.contains("authorizer_token")).collect();
    assert!(
        renewals[1].body.contains(r#""authorizer_refresh_token":"R2""#),
        "{}",
        renewals[1].body
    );
}

#[tokio::test(start_paused = true)]
async fn an_open_platform_without_a_ticket_or_an_authorization_says_so() {
    let wire = open_platform();
    let component = client(OPEN, &wire);
    let error = component.authorize("CODE").await.unwrap_err();
    assert!(matches!(error, PlatformError::NoTicket), "{error}");

    component.keep_ticket("ticket@@@1").await.unwrap();
    let stranger = component.on_behalf_of(&AppId::parse("wxd101a85aa106f53e").unwrap());
    let error = stranger.get("/cgi-bin/getcallbackip", &[]).await.unwrap_err();
    assert_eq!(error.to_string(), "`wxd101a85aa106f53e` has not authorized this open platform");
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_code_was_lost_is_asked_for_by_its_id() {
    let wire = open_platform();
    let component = client(OPEN, &wire);
    component.keep_ticket("ticket@@@1").await.unwrap();
    let app_id = AppId::parse("wx570bc396a51b8ff8").unwrap();
    component.recover(&app_id).await.unwrap();
    let asked = wire.asked().pop().unwrap();
    assert_eq!(asked.line, "POST /cgi-bin/component/api_get_authorizer_info");
    assert_eq!(asked.token.as_deref(), Some("C1"));
    assert_eq!(
        asked.body,
        r#"{"component_appid":"wx00112233445566bb","authorizer_appid":"wx570bc396a51b8ff8"}"#
    );
    // What is kept makes tokens.
    component.on_behalf_of(&app_id).get("/cgi-bin/getcallbackip", &[]).await.unwrap();
    let asked = wire.asked();
    assert!(asked[2].body.contains(r#""authorizer_refresh_token":"R1""#), "{}", asked[2].body);
}
