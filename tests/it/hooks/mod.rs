//! Hooks: what services send by themselves, and what follows from it.

mod answers;
mod asked;
mod corpus;
mod receipts;
mod refusals;
mod service;

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::process::Child;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use sha2::Sha256;
use tempfile::TempDir;
use yizhan::clock::Clock as _;
use yizhan::clock::SystemClock;

use crate::support::server::Server;
use crate::support::server::body;
use crate::support::server::status;

const TELEGRAM: &str = "X-Telegram-Bot-Api-Secret-Token: HOOKWORD\r\n";

/// A folder with these rules.
fn folder(rules: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("handlers")).unwrap();
    fs::write(folder.path().join("handlers/a.toml"), rules).unwrap();
    folder
}

/// A station with an account `shop` in clear, and channels whose services are at `port`. `[server]`
/// is open where this begins.
fn config(folder: &TempDir, port: u16) -> String {
    let folder = folder.path().display();
    let base = format!("base_url = \"http://127.0.0.1:{port}\"\nhook_secret = \"HOOKWORD\"");
    format!(
        "handlers = \"{folder}/handlers\"\nprivate_hosts = [\"127.0.0.1\"]\nbody_limit = 65536\n\
         [store]\nurl = \"sqlite:{folder}/yizhan.db\"\n\
         [[account]]\nname = \"shop\"\nplatform = \"official-account\"\n\
         app_id = \"wx0123456789abcdef\"\ntoken = \"SHOPTOKEN\"\nmode = \"plain\"\nmax_age = \"0\"\n\
         [[channel]]\nname = \"phone\"\nkind = \"wxpusher\"\napp_token = \"AT_TOKEN\"\n{base}\n\
         [[channel]]\nname = \"plus\"\nkind = \"pushplus\"\ntoken = \"PLUSTOKEN\"\n{base}\n\
         [[channel]]\nname = \"bot\"\nkind = \"telegram\"\ntoken = \"7:BOTTOKEN\"\n{base}\n\
         [[channel]]\nname = \"robot\"\nkind = \"dingtalk\"\ntoken = \"ROBOTTOKEN\"\n{base}\n\
         [[channel]]\nname = \"mute\"\nkind = \"pushplus\"\ntoken = \"PLUSTOKEN\"\n"
    )
}

/// Posts `json` to `path`; the status and what was answered.
async fn post(server: &Server, path: &str, headers: &str, json: &str) -> (u16, String) {
    let length = json.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Content-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{json}"
    );
    let answer = server.raw(request.as_bytes()).await;
    (status(&answer), body(&answer).to_owned())
}

/// A command to WxPusher's application 97, as WxPusher passes it on.
fn command(time: u64, text: &str) -> String {
    format!(
        r#"{{"action":"send_up_cmd","data":{{"uid":"UID_a","appId":97,"appName":"demo app","time":{time},"content":"{text}"}}}}"#
    )
}

/// What DingTalk's headers say of a request that was sent so many seconds ago.
fn signed(seconds: u64) -> String {
    let timestamp = SystemClock.since_epoch().as_millis() - u128::from(seconds) * 1_000;
    let mut mac = Hmac::<Sha256>::new_from_slice(b"HOOKWORD").unwrap();
    mac.update(format!("{timestamp}\nHOOKWORD").as_bytes());
    let sign = STANDARD.encode(mac.finalize().into_bytes());
    format!("timestamp: {timestamp}\r\nsign: {sign}\r\n")
}

/// A station in a process of its own.
struct Station {
    server: Server,
    child: Child,
    log: BufReader<ChildStdout>,
    seen: String,
}

impl Station {
    /// Starts it with `config`, all of its own words logged.
    fn serve(folder: &TempDir, config: &str) -> Self {
        let text = format!("[server]\nlisten = \"127.0.0.1:0\"\n{config}");
        fs::write(folder.path().join("yizhan.toml"), text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_yizhan"));
        command.arg("serve").current_dir(folder.path()).stdout(Stdio::piped());
        let mut child = command.env_clear().env("YIZHAN_LOG", "info,yizhan=trace").spawn().unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap());
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "{seen}");
            seen.push_str(&line);
            let Some((_, rest)) = line.split_once("listening on http://127.0.0.1:") else {
                continue;
            };
            let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let server = Server::at(port.parse().unwrap());
            return Self { server, child, log, seen };
        }
    }

    /// Kills it in the middle of what it does; all that it logged.
    fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.log.read_to_string(&mut self.seen).unwrap();
        self.child.wait().unwrap();
        self.seen
    }
}
