//! The simulated platform over real sockets: connections that break, and the page about it.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use actix_web::App;
use actix_web::HttpServer;
use actix_web::web;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use yizhan::clock::SystemClock;
use yizhan::entropy::SeededEntropy;
use yizhan::simulator;
use yizhan::simulator::Account;
use yizhan::simulator::HttpWire;
use yizhan::simulator::Seats;
use yizhan::simulator::Simulator;
use yizhan::simulator::api;
use yizhan::wechat::Platform;
use yizhan::wechat::id::AppId;
use yizhan::wechat::secret::Token;

use crate::support::server::body;

/// A simulated 公众号 on a port of its own.
fn start() -> (u16, actix_web::dev::ServerHandle) {
    let token = Token::parse("Token1").unwrap();
    let account = Account::new(Platform::OfficialAccount, token, AppId::parse("wx1").unwrap());
    let wire = HttpWire::new("http://127.0.0.1:9").unwrap();
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SeededEntropy::new(1)));
    let simulator = Simulator::new(account, "/callback", wire, clock, entropy);
    let seats = web::Data::new(Seats::new().seat("shop", simulator, &[]));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server =
        HttpServer::new(move || App::new().configure(|config| simulator::routes(config, &seats)));
    let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
    let handle = server.handle();
    std::thread::spawn(move || tokio::runtime::Runtime::new().unwrap().block_on(server));
    (port, handle)
}

/// Everything that comes back on a connection of its own.
async fn raw(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset is one way to close a connection.
    drop(stream.read_to_end(&mut answer).await);
    String::from_utf8(answer).unwrap()
}

fn post(path: &str, json: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{json}",
        json.len()
    )
}

const TOKEN: &str = "GET /cgi-bin/token?grant_type=client_credential&appid=wx1&secret=S HTTP/1.1\r\n\
    Host: a\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_lost_call_gets_not_one_byte() {
    let (port, handle) = start();
    for kind in ["lost", "cut"] {
        let fault = format!(r#"{{"kind":"{kind}","path":"/cgi-bin/token"}}"#);
        let answer = raw(port, &post("/sim/fault", &fault)).await;
        assert!(body(&answer).contains(kind), "{answer}");
        assert_eq!(raw(port, TOKEN).await, "", "{kind}");
    }
    let answer = raw(port, TOKEN).await;
    assert!(body(&answer).starts_with("{\"access_token\":\"84_"), "{answer}");
    let transcript = "GET /sim/transcript HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let transcript = raw(port, transcript).await;
    assert!(body(&transcript).contains("\"fault\":\"lost\""), "{transcript}");
    handle.stop(false).await;
}

#[test]
fn wrong_flags_are_wrong_usage() {
    let url = ["--callback", "http://127.0.0.1:1/", "--token", "Token0123"];
    let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    for (args, reason) in [
        (vec!["--callback", "nowhere", "--token", "Token0123"], "`nowhere` is no URL"),
        (vec!["--callback", "http://127.0.0.1:1/", "--token", "a b"], "neither a letter nor"),
        ([&url[..], &["--mode", "safe"]].concat(), "the mode `safe` needs `--aes-key`"),
        ([&url[..], &["--platform", "wecom"]].concat(), "the mode `safe` needs `--aes-key`"),
        ([&url[..], &["--aes-key", key]].concat(), "give `--app-id`"),
        ([&url[..], &["--aes-key", "short", "--app-id", "wx1"]].concat(), "instead of 43"),
        ([&url[..], &["--platform", "fax"]].concat(), "one of official-account, mini-program"),
    ] {
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_yizhan"))
            .arg("simulate")
            .args(&args)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{args:?} {said}");
        assert!(said.contains(reason), "{args:?} {said}");
    }
}

#[test]
fn the_table_has_more_than_a_hundred_endpoints_each_once_on_each_platform() {
    let mut seen = BTreeMap::new();
    for endpoint in api::all() {
        assert!(endpoint.path.starts_with('/'), "{}", endpoint.path);
        assert!(!endpoint.purpose.is_empty() && !endpoint.purpose.ends_with('.'));
        for platform in endpoint.platforms().split(", ") {
            let key = format!("{} {platform}", endpoint.path);
            assert!(seen.insert(key.clone(), endpoint.methods()).is_none(), "{key} twice");
        }
    }
    let paths: std::collections::BTreeSet<&str> = api::all().map(|it| it.path).collect();
    assert!(paths.len() >= 130, "{}", paths.len());
}

#[test]
fn both_pages_list_the_endpoints_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["docs/simulate.md", "docs/simulate.zh-CN.md"] {
        let text = fs::read_to_string(root.join(name)).unwrap();
        let listed: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("| GET") || line.starts_with("| POST"))
            .collect();
        let expected: Vec<String> = api::all()
            .map(|it| match name.contains("zh-CN") {
                true => format!("| {} | `{}` | {} |", it.methods(), it.path, it.platforms()),
                false => {
                    let (methods, path, on) = (it.methods(), it.path, it.platforms());
                    format!("| {methods} | `{path}` | {on} | {} |", it.purpose)
                }
            })
            .collect();
        assert_eq!(listed, expected, "{name} should have:\n{}", expected.join("\n"));
    }
}
