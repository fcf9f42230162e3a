//! A service that does everything wrong: above all, it says what it was asked, keys included.

use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::MARKER;

/// Ways to fail: the first step of the path that is asked for.
pub(super) const WAYS: &[&str] = &[
    "echo", "edge", "later", "refused", "busy", "enough", "text", "page", "away", "cut", "silent",
];

/// What is shown of an answer, in characters; `edge` puts the key over it.
const SHOWN: usize = 300;

/// Serves until the test's process ends; its port.
pub(super) fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    port
}

fn answer(mut stream: TcpStream) {
    let Some(asked) = read(&mut stream) else { return };
    let way = asked.split('/').nth(1).unwrap_or_default();
    let is_for_token = asked.contains("gettoken") || asked.contains("oauth2/accessToken");
    let (status, body) = match way {
        "later" if is_for_token => (200, token()),
        "echo" | "later" => (200, says(&asked)),
        "edge" => (200, says(&over_the_edge(&asked))),
        "refused" => (401, says(&asked)),
        "busy" => (500, says(&asked)),
        "enough" => (429, says(&asked)),
        "text" => (200, asked.clone()),
        "page" => (403, format!("<html>{asked}</html>")),
        "away" => (302, asked.clone()),
        "silent" => return thread::sleep(Duration::from_secs(20)),
        _ => return,
    };
    let length = body.len();
    let location = asked.split(' ').nth(1).unwrap_or("/");
    let head = format!(
        "HTTP/1.1 {status} Said\r\nlocation: {location}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    drop(stream.write_all(format!("{head}{body}").as_bytes()));
}

fn token() -> String {
    let token = format!("token-{MARKER}");
    json!({"errcode": 0, "access_token": token, "expires_in": 7200, "accessToken": token,
        "expireIn": 7200})
    .to_string()
}

/// A no in the words of every service at once, with `words` wherever there is room for some.
fn says(words: &str) -> String {
    let inner = json!({"Code": format!("AuthFailure.{words}"), "Message": words});
    json!({
        "code": 40001, "errcode": 40001, "Code": format!("isv.{words}"), "Message": words,
        "ok": false, "success": false, "error_code": 400, "id": null,
        "msg": words, "message": words, "errmsg": words, "reason": words, "info": words,
        "error": words, "errorDescription": words, "description": words,
        "Response": {"Error": inner, "RequestId": words},
    })
    .to_string()
}

/// What may stand before the mark in a key.
const BEGINNINGS: &[&str] = &["SCT", "sctp7t", "7:", "xoxb-", "T0/B0/", "AT_", "SPT_"];

/// The key that was sent, where what is shown ends within it.
fn over_the_edge(asked: &str) -> String {
    let Some(at) = asked.find(MARKER) else { return asked.to_owned() };
    let begins = BEGINNINGS.iter().find(|it| asked[..at].ends_with(**it)).copied();
    let begins = begins.unwrap_or_default();
    let pad = SHOWN - MARKER.len() / 2 - begins.len();
    format!("{}{begins}{MARKER}", "x".repeat(pad))
}

/// A whole request.
fn read(stream: &mut TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut lines = head.lines().map(str::to_ascii_lowercase);
        let length = lines.find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(text.into_owned());
        }
    }
}
