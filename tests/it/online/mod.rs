//! `yizhan check --online`, run as a user runs it, against the simulated platform and a station.

mod assistants;

use std::fs;
use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;

use actix_web::App;
use actix_web::HttpServer;
use actix_web::middleware::DefaultHeaders;
use actix_web::web;
use serde_json::Value;
use yizhan::clock::SystemClock;
use yizhan::entropy::SeededEntropy;
use yizhan::simulator;
use yizhan::simulator::Account;
use yizhan::simulator::AppSecret;
use yizhan::simulator::HttpWire;
use yizhan::simulator::Seats;
use yizhan::simulator::Simulator;
use yizhan::simulator::fault::Fault;
use yizhan::wechat::Platform;
use yizhan::wechat::id::AppId;
use yizhan::wechat::secret::Token;

use crate::support::AES_KEY;
use crate::support::APP_ID;
use crate::support::TOKEN;
use crate::support::server::Counting;
use crate::support::server::Server;

const SECRET: &str = "SECRET0123456789";

/// WeChat's API on a port of its own, until the test ends.
struct Api {
    port: u16,
    simulator: Arc<Simulator>,
    handle: actix_web::dev::ServerHandle,
}

impl Drop for Api {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// The API of an account that has [`SECRET`]; `date` is what it says the time is.
fn api(platform: Platform, date: Option<&'static str>) -> Api {
    let token = Token::parse(TOKEN).unwrap();
    let account = Account::new(platform, token, AppId::parse(APP_ID).unwrap());
    let account = account.secret(AppSecret::new(SECRET));
    let wire = HttpWire::new("http://127.0.0.1:9").unwrap();
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SeededEntropy::new(1)));
    let simulator = Simulator::new(account, "/callback", wire, clock, entropy);
    let seats = web::Data::new(Seats::new().seat("shop", Arc::clone(&simulator), &[]));
    let server = HttpServer::new(move || {
        let headers =
            date.map_or_else(DefaultHeaders::new, |date| DefaultHeaders::new().add(("Date", date)));
        App::new().wrap(headers).configure(|config| simulator::routes(config, &seats))
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
    let handle = server.handle();
    std::thread::spawn(move || tokio::runtime::Runtime::new().unwrap().block_on(server));
    Api { port, simulator, handle }
}

/// The account `shop` as the config has it. The lines matter: `app_secret` is line 9.
fn shop(platform: &str, api: u16, secret: &str) -> String {
    format!(
        "[[account]]\nname = \"shop\"\nplatform = \"{platform}\"\napp_id = \"{APP_ID}\"\n\
         token = \"{TOKEN}\"\nencoding_aes_key = \"{AES_KEY}\"\napp_secret = \"{secret}\"\n\
         api_base = \"http://127.0.0.1:{api}\"\n"
    )
}

/// What a run printed and how it ended.
struct Run {
    code: Option<i32>,
    out: String,
    progress: String,
}

/// Checks `account` with the station at `port`; 0 for no public URL. Ports become words.
fn check(account: &str, port: u16, api: u16, flags: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let public_url = if port == 0 { String::new() } else { format!("http://127.0.0.1:{port}") };
    let text = format!("[server]\npublic_url = \"{public_url}\"\n{account}");
    fs::write(folder.path().join("a.toml"), text).unwrap();
    let run = run(folder.path(), &[&["check", "--online", "--config", "a.toml"], flags].concat());
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(files, [folder.path().join("a.toml")], "it wrote something");
    let named = |text: &str| {
        let text = text.replace(&format!("127.0.0.1:{api}"), "API");
        text.replace(&format!("127.0.0.1:{port}"), "HUB")
            .replace(&format!("the port {port}"), "the port PORT")
    };
    Run { out: named(&run.out), progress: named(&run.progress), ..run }
}

fn run(folder: &Path, words: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_yizhan"))
        .args(words)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code(), out: text(&output.stdout), progress: text(&output.stderr) }
}

/// The station with `shop`.
fn station(account: &str) -> Server {
    Server::start(account, Counting::default())
}

/// A server that answers one request with these bytes.
fn canned(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert_ne!(stream.read(&mut [0; 4096]).unwrap(), 0);
        stream.write_all(answer.as_bytes()).unwrap();
    });
    port
}

/// What is always said of a station on this machine.
const LOCAL: &str = "\
a.toml: no faults
warning: a.toml:2:1: `public_url` leads into a private network
  WeChat calls from the internet and does not reach it
warning: a.toml:2:1: `public_url` is plain http
  put TLS in front; on the way anybody can read and answer
";

const PORT: &str = "\
warning: a.toml:2:1: `public_url` has the port PORT
  公众号 and 小程序 are called on the ports 80 and 443 only
";

const NO_URL: &str = "\
a.toml: no faults
warning: a.toml:2:1: there is no `public_url`: no callback URL was called
  set `[server] public_url` to the address WeChat reaches this station at
";

const CLOCK: &str = "ok: the clock agrees with that of http://API\n";

#[test]
fn a_station_that_works_has_no_faults() {
    let api = api(Platform::OfficialAccount, None);
    let account = shop("official-account", api.port, SECRET);
    let station = station(&account);
    let run = check(&account, station.port, api.port, &[]);
    let expected = format!(
        "{LOCAL}{PORT}{CLOCK}\
         ok: `shop`: WeChat takes its calls from this machine\n\
         ok: `shop`: http://HUB/callback/shop answers as WeChat wants\n\
         ok: `shop`: WeChat reaches the address of its callback URL\n\
         online: no faults\n"
    );
    assert_eq!(run.out, expected, "{}", run.progress);
    let progress = "\
shop: asking http://API for the time …
shop: fetching a token and calling the API …
shop: calling the callback URL as WeChat does …
shop: having WeChat call the callback URL …
";
    assert_eq!((run.progress.as_str(), run.code), (progress, Some(0)));
}

#[test]
fn the_url_of_wecom_is_called_with_a_sealed_text() {
    let api = api(Platform::Wecom, None);
    let account = shop("wecom", api.port, SECRET);
    let station = station(&account);
    let run = check(&account, station.port, api.port, &[]);
    let expected = format!(
        "{LOCAL}{CLOCK}\
         ok: `shop`: WeChat takes its calls from this machine\n\
         ok: `shop`: http://HUB/callback/shop answers as WeChat wants\n\
         online: no faults\n"
    );
    assert_eq!((run.out, run.code), (expected, Some(0)));
    let other = account.replace(AES_KEY, &"A".repeat(43));
    let run = check(&other, station.port, api.port, &[]);
    let expected = "\
a.toml:2:1: `shop`: http://HUB/callback/shop answers with the status 400 instead of 200
  pass path and query on unchanged; else the station's log says why it refused
online: 1 fault
";
    assert!(run.out.ends_with(expected), "{}", run.out);
    assert_eq!(run.code, Some(1));
}

#[test]
fn a_fresh_token_is_asked_for_once_and_never_forced() {
    let api = api(Platform::OfficialAccount, None);
    let account = shop("official-account", api.port, SECRET) + "token_api = \"classic\"\n";
    api.simulator.fault(Fault::errcode("/cgi-bin/getcallbackip", 40001)).unwrap();
    let run = check(&account, 0, api.port, &[]);
    let expected = format!(
        "{NO_URL}{CLOCK}\
         a.toml:9:1: `shop`: the access_token is not the newest one, or the AppSecret is wrong \
         (40001 from /cgi-bin/getcallbackip: invalid credential, access_token is invalid or not latest)\n  \
         Compare `app_secret` with WeChat's console.\nonline: 1 fault\n"
    );
    assert_eq!((run.out, run.code), (expected, Some(1)));
    let calls = api.simulator.transcript(0, 100, Some("api"));
    let calls = calls["entries"].as_array().unwrap();
    let paths: Vec<_> = calls.iter().map(|call| call["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/cgi-bin/stable_token", "/cgi-bin/getcallbackip"]);
    assert_eq!(calls[0]["body"]["force_refresh"], Value::Bool(false), "{}", calls[0]);
}

#[test]
fn a_wrong_secret_is_one_json_line_without_the_secret() {
    let api = api(Platform::OfficialAccount, None);
    let account = shop("official-account", api.port, "WRONG-SECRET");
    let run = check(&account, 0, api.port, &["--json"]);
    let expected = r#"{"severity":"warning","file":"a.toml","line":2,"column":1,"message":"there is no `public_url`: no callback URL was called","advice":"set `[server] public_url` to the address WeChat reaches this station at"}
{"severity":"fault","account":"shop","file":"a.toml","line":9,"column":1,"message":"`shop`: the AppSecret is wrong (40125 from /cgi-bin/stable_token: invalid appsecret)","advice":"Compare `app_secret` with WeChat's console; it changes whenever somebody resets it there."}
"#;
    assert_eq!((run.out.as_str(), run.code), (expected, Some(1)));
    assert!(!run.progress.contains("WRONG-SECRET"), "{}", run.progress);
}

#[test]
fn an_address_that_is_not_listed_is_named_with_the_place_of_the_list() {
    for (platform, name, path, code, errmsg, expected) in [
        (
            Platform::OfficialAccount,
            "official-account",
            "/cgi-bin/stable_token",
            40164,
            "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist",
            "a.toml:9:1: `shop`: 203.0.113.7 is not on the IP allow-list (40164)\n  \
             add 203.0.113.7 in WeChat's console: 基本配置 → IP 白名单 (the IP list beside the \
             AppSecret)\nonline: 1 fault\n",
        ),
        (
            Platform::Wecom,
            "wecom",
            "/cgi-bin/getcallbackip",
            60020,
            "not allow to access from your ip, hint: [1], from ip: 198.51.100.4, more info at x",
            "a.toml:9:1: `shop`: 198.51.100.4 is not on the IP allow-list (60020)\n  \
             add 198.51.100.4 in WeChat's console: 应用管理 → the application → 企业可信 IP (its \
             trusted addresses)\nonline: 1 fault\n",
        ),
    ] {
        let api = api(platform, None);
        let fault = Fault { errmsg: Some(errmsg.to_owned()), ..Fault::errcode(path, code) };
        api.simulator.fault(fault).unwrap();
        let run = check(&shop(name, api.port, SECRET), 0, api.port, &[]);
        assert_eq!(run.out, format!("{NO_URL}{CLOCK}{expected}"));
        assert_eq!(run.code, Some(1));
    }
}

#[test]
fn a_frozen_secret_and_a_wrong_id_are_told_apart() {
    let api = api(Platform::OfficialAccount, None);
    let account = shop("official-account", api.port, SECRET);
    api.simulator.fault(Fault::errcode("/cgi-bin/stable_token", 40243)).unwrap();
    let run = check(&account, 0, api.port, &[]);
    let frozen = "a.toml:9:1: `shop`: the AppSecret is frozen (40243 from /cgi-bin/stable_token: ";
    assert!(run.out.contains(frozen), "{}", run.out);
    assert!(run.out.contains("  Unfreeze the AppSecret in WeChat's console.\n"), "{}", run.out);
    let run = check(&account.replace(APP_ID, "wx1"), 0, api.port, &[]);
    let wrong = "a.toml:6:1: `shop`: the AppID is invalid, or its kind of account may not do this (40013 \
                 from /cgi-bin/stable_token: invalid appid)\n";
    assert!(run.out.contains(wrong), "{}", run.out);
    assert_eq!(run.code, Some(1));
}

#[test]
fn a_clock_that_differs_by_more_than_a_minute_is_a_fault() {
    let api = api(Platform::OfficialAccount, Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    let account = shop("official-account", api.port, SECRET);
    let run = check(&account, 0, api.port, &[]);
    let (before, after) = run.out.split_once(" s ahead of that of http://API\n").unwrap();
    assert!(before.contains("a.toml:3:1: `shop`: this machine's clock is "), "{before}");
    let expected = "  set the clock by NTP, such as with `timedatectl set-ntp true`; callbacks older than \
                    300 s (`max_age`) are refused\n\
                    ok: `shop`: WeChat takes its calls from this machine\nonline: 1 fault\n";
    assert_eq!((after, run.code), (expected, Some(1)));
}

#[test]
fn an_api_that_does_not_answer_is_asked_once_and_needed_only_for_keys() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let account = shop("official-account", unused, SECRET);
    let run = check(&account, 0, unused, &[]);
    let expected = format!(
        "{NO_URL}a.toml:10:1: `shop`: WeChat's API does not answer: cannot connect to http://API\n  \
         let this machine reach it, or correct `api_base`\nonline: 1 fault\n"
    );
    assert_eq!((run.out, run.code), (expected, Some(1)));
    assert_eq!(run.progress, "shop: asking http://API for the time …\n");
    let run = check(&account.replace("app_secret = \"SECRET0123456789\"\n", ""), 0, unused, &[]);
    let expected = format!(
        "{NO_URL}warning: a.toml:9:1: `shop`: WeChat's API does not answer: cannot connect to \
         http://API\n  the clock was not compared; without an `app_secret` the API is not needed \
         otherwise\nonline: no faults\n"
    );
    assert_eq!((run.out, run.code), (expected, Some(0)));
}

#[test]
fn a_url_that_the_console_refuses_says_why() {
    let api = api(Platform::OfficialAccount, None);
    let account = shop("official-account", api.port, SECRET);
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let station = station(&account.replace(TOKEN, "AnotherToken1"));
    for (port, message, advice) in [
        (
            unused,
            "cannot be called: cannot connect to http://HUB",
            "start `yizhan serve` and what stands in front of it, and open the port in the firewall",
        ),
        (
            station.port,
            "answers with the status 401 instead of 200",
            "the station that runs there has another `token` or another clock, or a login stands in \
             front; its log says which",
        ),
        (
            canned("HTTP/1.1 301 Moved\r\nLocation: https://a/\r\nContent-Length: 0\r\n\r\n"),
            "answers with the status 301 instead of 200",
            "WeChat follows no redirect: give it the address that this one leads to",
        ),
        (
            canned("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<!doctype html>"),
            "answers with a page",
            "lead /callback/ to the station; another site or a login answers there",
        ),
        (
            canned("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
            "answers with the status 502 instead of 200",
            "a proxy answers and no station behind it: start `yizhan serve`",
        ),
    ] {
        let run = check(&account, port, api.port, &[]);
        let fault = format!("a.toml:2:1: `shop`: http://HUB/callback/shop {message}\n  {advice}\n");
        assert!(run.out.contains(&fault), "{}", run.out);
        assert!(run.out.ends_with("online: 1 fault\n"), "{}", run.out);
        assert_eq!(run.code, Some(1));
    }
}

#[test]
fn a_server_without_tls_behind_https_is_named_as_such() {
    let port = canned("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    let api = api(Platform::OfficialAccount, None);
    let folder = tempfile::tempdir().unwrap();
    let account = shop("official-account", api.port, SECRET);
    let text = format!("[server]\npublic_url = \"https://127.0.0.1:{port}\"\n{account}");
    fs::write(folder.path().join("a.toml"), text).unwrap();
    let run = run(folder.path(), &["check", "--online", "--config", "a.toml"]);
    let url = format!("https://127.0.0.1:{port}");
    let said = format!("{url}/callback/shop cannot be called: no secure connection to {url}: ");
    assert!(run.out.contains(&said), "{}", run.out);
    let advice =
        "WeChat takes no certificate that is expired, of another name, or without its whole chain";
    assert!(run.out.contains(advice), "{}", run.out);
    assert_eq!(run.code, Some(1));
}

#[test]
fn a_config_with_faults_is_not_tried() {
    let run = check("[[account]]\nname = \"shop\"\n", 0, 1, &[]);
    assert!(run.out.ends_with("3 faults\n"), "{}", run.out);
    assert_eq!((run.progress.as_str(), run.code), ("", Some(2)));
}
