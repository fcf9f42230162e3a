//! One story: channels, their service, and a clock that moves when the story says so.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::App;
use actix_web::HttpServer;
use actix_web::web;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use yizhan::channels::Channels;
use yizhan::channels::Parcel;
use yizhan::channels::Sent;
use yizhan::clock::Clock;
use yizhan::entropy::SeededEntropy;
use yizhan::notification::Blame;
use yizhan::notification::Failure;
use yizhan::notification::Format;
use yizhan::notification::Notification;
use yizhan::notification::Receipt;
use yizhan::simulator;
use yizhan::simulator::Account;
use yizhan::simulator::HttpWire;
use yizhan::simulator::Seats;
use yizhan::simulator::Simulator;
use yizhan::store::DeliveryId;
use yizhan::wechat::Platform;
use yizhan::wechat::id::AppId;
use yizhan::wechat::secret::Token;

use crate::services::channels;
use crate::support::server::body;

/// 2026-11-26, 23:00 in China.
const START: u64 = 1_795_705_200;

/// A clock that stands until it is moved.
#[derive(Clone)]
pub(crate) struct Still(Arc<AtomicU64>);

impl Clock for Still {
    fn since_epoch(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// Serves the simulator on a port of its own.
pub(crate) fn serve(clock: impl Clock + 'static) -> (u16, actix_web::dev::ServerHandle) {
    let token = Token::parse("Token1").unwrap();
    let account = Account::new(Platform::OfficialAccount, token, AppId::parse("wx1").unwrap());
    let wire = HttpWire::new("http://127.0.0.1:9").unwrap();
    let entropy = Arc::new(SeededEntropy::new(1));
    let simulator = Simulator::new(account, "/callback", wire, Arc::new(clock), entropy);
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

/// One request on a connection of its own: everything that comes back.
pub(crate) async fn raw(port: u16, method: &str, path: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset is one way to close a connection.
    drop(stream.read_to_end(&mut answer).await);
    String::from_utf8(answer).unwrap()
}

/// What a story is played with.
pub(crate) struct Play {
    kind: &'static str,
    port: u16,
    handle: actix_web::dev::ServerHandle,
    channels: Channels,
    clock: Still,
    sent: u8,
    /// What the service called the last that it took.
    last: String,
}

impl Play {
    /// The channels of a folder, and the service of their kind.
    pub(crate) fn start(kind: &'static str, folder: &Path) -> Self {
        let clock = Still(Arc::new(AtomicU64::new(START)));
        let (port, handle) = serve(clock.clone());
        let base = format!("http://127.0.0.1:{port}/sim/services/{kind}");
        let (_, channels) = channels(folder, &base);
        Self { kind, port, handle, channels, clock, sent: 0, last: String::new() }
    }

    /// The story with what comes of each of its lines.
    pub(crate) async fn tell(mut self, story: &str) -> String {
        let mut told = String::new();
        for line in story.lines().filter(|line| !line.starts_with("  ")) {
            writeln!(told, "{line}").unwrap();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let results = self.act(line).await.replace(&self.port.to_string(), "PORT");
            for result in results.lines() {
                writeln!(told, "  {result}").unwrap();
            }
        }
        let transcript = raw(self.port, "GET", "/sim/transcript", "", "").await;
        let shown = transcript.split("{\"seq\"").find(|entry| entry.contains("SECRET"));
        assert_eq!(shown, None, "{}", self.kind);
        assert!(transcript.contains("\"kind\":\"service\""), "{}: {transcript}", self.kind);
        self.handle.stop(false).await;
        told
    }

    async fn act(&mut self, line: &str) -> String {
        let (word, rest) = line.split_once(' ').unwrap();
        match word {
            "wait" => {
                self.clock.0.fetch_add(rest.parse().unwrap(), Ordering::SeqCst);
                String::new()
            }
            "fault" => self.fault(rest).await,
            "ask" => self.ask(rest).await,
            "GET" | "POST" | "PUT" | "DELETE" => self.request(word, rest).await,
            _ => match rest.strip_prefix("times ") {
                Some(rest) => self.send_often(word.parse().unwrap(), rest).await,
                None => shown(&self.send(line).await),
            },
        }
    }

    /// `{"kind":"cut"}`, at whatever path of the service.
    async fn fault(&self, json: &str) -> String {
        let mut fault: Value = serde_json::from_str(json).unwrap();
        fault["path"] = format!("/sim/services/{}/*", self.kind).into();
        let headers = "Content-Type: application/json\r\n";
        let answer = raw(self.port, "POST", "/sim/fault", headers, &fault.to_string()).await;
        assert!(body(&answer).contains("waiting"), "{answer}");
        String::new()
    }

    /// `POST /path body`; what stands as `«字*3»` is three of them. A body that is no JSON is a form.
    async fn request(&self, method: &str, rest: &str) -> String {
        let (path, said) = rest.split_once(' ').unwrap_or((rest, ""));
        let said = stretched(said);
        let is_json = said.starts_with(['{', '[']);
        let kind = if is_json { "application/json" } else { "application/x-www-form-urlencoded" };
        let headers = match said.is_empty() {
            true => String::new(),
            false => format!("Content-Type: {kind}\r\n"),
        };
        let path = format!("/sim/services/{}{path}", self.kind);
        let answer = raw(self.port, method, &path, &headers, &said).await;
        let status = answer.split(' ').nth(1).unwrap_or("no answer");
        format!("{status} {}", body(&answer))
    }

    async fn send_often(&mut self, times: usize, what: &str) -> String {
        let mut told = String::new();
        let mut last = (String::new(), 0);
        for _ in 0..times {
            let result = self.send(what).await;
            let shown = match result {
                Ok(_) => "delivered".to_owned(),
                result => shown(&result),
            };
            match last.0 == shown {
                true => last.1 += 1,
                false => {
                    push_counted(&mut told, &last);
                    last = (shown, 1);
                }
            }
        }
        push_counted(&mut told, &last);
        told
    }

    /// `NAME: text`, `NAME to A,B: text`, `NAME md: text`; a title stands in front of a ` | `.
    async fn send(&mut self, line: &str) -> Result<Receipt, Failure> {
        let (head, text) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
        let (title, text) = text.split_once(" | ").unwrap_or(("", text));
        let mut words = head.split(' ');
        let name = words.next().unwrap();
        let mut notification =
            Notification { title: title.to_owned(), ..Notification::text(name, stretched(text)) };
        while let Some(word) = words.next() {
            match word {
                "md" => notification.format = Format::Markdown,
                "to" => {
                    let to = words.next().unwrap().split(',');
                    notification.to = to.map(str::to_owned).collect();
                }
                other => panic!("{line}: `{other}`"),
            }
        }
        self.sent += 1;
        let parcel = Parcel {
            id: self.id(),
            attempt: 1,
            now: self.clock.since_epoch(),
            notification: Arc::new(notification),
        };
        let result = self.channel(name).send(&parcel).await;
        if let Ok(Receipt { id: Some(id), .. }) = &result {
            self.last.clone_from(id);
        }
        result
    }

    fn id(&self) -> DeliveryId {
        let mut bytes = *DeliveryId::floor(Duration::from_secs(START)).as_bytes();
        bytes[15] = self.sent;
        DeliveryId::from_bytes(bytes)
    }

    fn channel(&self, name: &str) -> &Arc<dyn yizhan::channels::Channel> {
        self.channels.of_lane(name).unwrap_or_else(|| panic!("no channel {name}"))
    }

    /// `NAME ID`: what became of it; `last` is what was taken last.
    async fn ask(&mut self, rest: &str) -> String {
        let (name, called) = rest.split_once(' ').unwrap();
        let called = if called == "last" { &self.last } else { called };
        self.sent += 1;
        let now = self.clock.since_epoch();
        let sent = Sent {
            called: called.to_owned(),
            at: Duration::from_secs(START),
            now,
            asked: 0,
            id: self.id(),
            notification: Notification::text(name, "hi"),
        };
        match self.channel(name).ask(&sent).await {
            Ok(None) => "not yet".to_owned(),
            Ok(Some(report)) => format!("{:?}: {}", report.fate, report.detail),
            Err(failure) => shown(&Err(failure)),
        }
    }
}

fn push_counted(told: &mut String, (shown, count): &(String, usize)) {
    if *count > 0 {
        writeln!(told, "{count} times {shown}").unwrap();
    }
}

/// `text` with each `«字*3»` as three of them.
fn stretched(text: &str) -> String {
    let Some((before, rest)) = text.split_once('«') else { return text.to_owned() };
    let (inner, after) = rest.split_once('»').unwrap();
    let (what, count) = inner.split_once('*').unwrap();
    let many = what.repeat(count.parse().unwrap());
    format!("{before}{many}{}", stretched(after))
}

/// A verdict on one line.
fn shown(verdict: &Result<Receipt, Failure>) -> String {
    match verdict {
        Ok(receipt) => {
            let id = receipt.id.as_deref().unwrap_or("-");
            format!("delivered {id} {}", receipt.detail).trim_end().to_owned()
        }
        Err(failure) => {
            let wait = match failure.blame {
                Blame::Service { retry_after } | Blame::Quota { retry_after } => retry_after,
                Blame::Request | Blame::Unknown => None,
            };
            let wait = wait.map(|wait| format!(" {wait:?}")).unwrap_or_default();
            format!("{}{wait} {}: {}", failure.blame.word(), failure.code, failure.detail)
        }
    }
}

#[test]
fn a_stretch_is_written_out() {
    assert_eq!(stretched(r#"{"a":"«字*3»"}"#), r#"{"a":"字字字"}"#);
    assert_eq!(json!({"a": stretched("«x*0»")}), json!({"a": ""}));
}
