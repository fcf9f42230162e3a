//! A disk that cannot be written: said at the start, and survived later.

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use yizhan::exchange::Exchange;
use yizhan::exchange::Method;
use yizhan::exchange::Request;
use yizhan::wechat::secret::Token;
use yizhan::wechat::signature;

use super::standin::StandIn;
use super::write_config;
use super::yizhan;

/// What fills the disk: nearly as long as a message may be.
const LONG: usize = 60_000;

#[test]
fn a_store_that_cannot_be_opened_ends_the_start_with_its_place() {
    let start = |spoil: fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        write_config(folder.path(), 9, "");
        spoil(folder.path());
        let output = yizhan(folder.path(), &["serve"]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let said = |why: &str| {
        let begin =
            "yizhan: cannot open the store; see `[store] url`: cannot open `data/yizhan.db`: ";
        (Some(1), format!("{begin}{why}\n"))
    };
    let folder = |folder: &Path| fs::create_dir_all(folder.join("data/yizhan.db")).unwrap();
    assert_eq!(start(folder), said("Is a directory (os error 21)"));
    let file = |folder: &Path| fs::write(folder.join("data"), "x").unwrap();
    assert_eq!(start(file), said("File exists (os error 17)"));
    let other = |folder: &Path| {
        fs::create_dir(folder.join("data")).unwrap();
        fs::write(folder.join("data/yizhan.db"), [7; 5_000]).unwrap();
    };
    assert_eq!(start(other), said("file is not a database: Error code 26: file is not a database"));
}

/// A station whose files may not grow.
struct Station {
    process: Child,
    base: String,
}

impl Drop for Station {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Station {
    /// No file grows over 200 KiB; a soft limit, as a disk that is full for a while.
    fn start(folder: &Path) -> Self {
        let binary = env!("CARGO_BIN_EXE_yizhan");
        let mut process = Command::new("sh")
            .args(["-c", &format!("trap '' XFSZ; ulimit -S -f 400; exec {binary} serve")])
            .current_dir(folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening on ") {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "it ended");
        }
        let base = line.split("listening on ").nth(1).unwrap().trim().to_owned();
        // Read on, so that the station is never stopped by its log.
        std::thread::spawn(move || log.lines().for_each(drop));
        Self { process, base }
    }

    fn gives_space(&self) {
        let id = self.process.id().to_string();
        let status =
            Command::new("prlimit").args(["--pid", &id, "--fsize=unlimited"]).status().unwrap();
        assert!(status.success());
    }

    async fn post(&self, path: &str, body: String) -> (u16, String) {
        let headers =
            [("authorization", "Bearer ci-token-00000001"), ("content-type", "application/json")];
        let request = Request {
            method: Method::Post,
            url: format!("{}{path}", self.base),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: body.into(),
            timeout: Duration::from_secs(10),
            max_answer: 1 << 20,
        };
        let answer = Exchange::to(&self.base).send(request).await.unwrap();
        (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
    }

    async fn sends(&self, number: usize) -> (u16, String) {
        let body = format!("{number}:{}", "x".repeat(LONG));
        let body = format!("{{\"channel\":\"ops\",\"body\":\"{body}\"}}");
        self.post("/api/v1/notifications", body).await
    }

    /// A user writes what a rule pushes on.
    async fn hears(&self, id: u64) -> u16 {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().to_string();
        let token = Token::parse("SHOPTOKEN").unwrap();
        let signature = signature::sign(&token, &now, "n");
        let path =
            format!("/callback/shop?signature={}&timestamp={now}&nonce=n", signature.as_str());
        let body = format!(
            "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName>\
             <CreateTime>{now}</CreateTime><MsgType>text</MsgType><Content>x</Content>\
             <MsgId>{id}</MsgId></xml>"
        );
        self.post(&path, body).await.0
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_what_it_cannot_keep_and_loses_nothing() {
    let (folder, service) = (tempfile::tempdir().unwrap(), StandIn::answering(200));
    let key = "[[key]]\nname = \"ci\"\ntoken = \"ci-token-00000001\"\nmay = [\"send:*\"]\n\
               [admin]\ntoken = \"the-owner-alone-1\"\n";
    write_config(folder.path(), service.port, key);
    let pushed = "y".repeat(LONG);
    let rule = format!(
        "[[rule]]\nname = \"r\"\nreply = \"ok\"\npush = [{{ channel = \"ops\", body = \"{pushed}\" }}]\n"
    );
    fs::create_dir(folder.path().join("handlers")).unwrap();
    fs::write(folder.path().join("handlers/a.toml"), rule).unwrap();
    let station = Station::start(folder.path());

    let mut accepted = 0;
    let mut refused = None;
    for number in 0..20 {
        match station.sends(number).await {
            (202, _) => accepted += 1,
            other => refused = refused.or(Some(other)),
        }
    }
    assert!(accepted > 0, "the limit was there before anything was written");
    let (status, body) = refused.expect("200 KiB hold no twenty messages of 60 KB");
    assert_eq!(status, 503);
    assert!(body.starts_with(r#"{"error":{"code":"store.failed","#), "{body}");
    // A message is answered once its push is on the disk. What was sent may have made room.
    let mut id = 0;
    let waited = loop {
        let hearing = station.hears(id);
        tokio::pin!(hearing);
        match tokio::time::timeout(Duration::from_millis(800), &mut hearing).await {
            Ok(status) => assert_eq!(status, 200),
            Err(_) => {
                station.gives_space();
                break hearing.await;
            }
        }
        id += 1;
        assert!(id < 50, "200 KiB hold no fifty messages of 60 KB");
    };
    assert_eq!(waited, 200);
    accepted += usize::try_from(id).unwrap();
    let (status, body) = station.sends(20).await;
    assert_eq!(status, 202, "{body}");
    for _ in 0..500 {
        if service.counts().len() == accepted + 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let counts = service.counts();
    assert_eq!(counts.len(), accepted + 2, "what was accepted, the push, and the last");
}
