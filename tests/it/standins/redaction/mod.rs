//! No key is ever shown. Every secret setting of every kind holds a mark; everything goes wrong that
//! can; and the mark is in no line of the log, no attempt, no answer of the API and no page.

mod echo;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::time::sleep;
use yizhan::channels::KINDS;
use yizhan::channels::Sent;
use yizhan::clock::SystemClock;
use yizhan::config::settings::Kind;
use yizhan::notification::Notification;
use yizhan::store::DeliveryId;

use super::play::serve;
use crate::api::ALL;
use crate::api::JSON;
use crate::api::call;
use crate::services::channels;
use crate::support::server::Server;

/// As long as a key of Bark; no service knows it.
const MARKER: &str = "MARKERwrong01234";

/// Kinds with a secret that is handed to a mail server over TLS; `tests/it/email` looks after it.
const WITHOUT: &[&str] = &["email"];

/// Channels of every kind: those settings that a channel needs, and each secret that it may have.
const CHANNELS: &[(&str, &str)] = &[
    ("bark", "device_key = '{M}'\nencryption_key = '{M}'"),
    ("bark", "device_key = '{M}'"),
    ("dingtalk", "token = '{M}'\nsecret = '{M}'"),
    ("dingtalk-call", "app_key = 'k'\napp_secret = '{M}'\nrobot_code = 'r'\nto = 'u'"),
    ("dingtalk-notice", "app_key = 'k'\napp_secret = '{M}'\nagent_id = 1\nto = 'u'"),
    ("discord", "id = '1'\ntoken = '{M}'"),
    ("feishu", "token = '{M}'\nsecret = '{M}'\nencrypt_key = '{M}'"),
    ("gotify", "token = '{M}'"),
    ("ntfy", "topic = '{M}'\ntoken = '{M}'"),
    ("ntfy", "topic = '{M}'\nuser = 'phil'\npassword = '{M}'"),
    ("pushdeer", "pushkey = '{M}'"),
    ("pushplus", "token = '{M}'\nsecret_key = '{M}'"),
    ("qmsg", "key = '{M}'"),
    ("serverchan", "key = 'SCT{M}'"),
    ("serverchan", "key = 'sctp7t{M}'"),
    ("serverchan-bot", "token = '{M}'\nto = '7'"),
    ("slack", "webhook = 'T0/B0/{M}'"),
    ("slack", "token = 'xoxb-{M}'\nto = '#ops'"),
    (
        "sms-aliyun",
        "access_key_id = 'i'\naccess_key_secret = '{M}'\nsign = 's'\ntemplate = 't'\nto = '138'",
    ),
    (
        "sms-tencent",
        "secret_id = 'i'\nsecret_key = '{M}'\napp_id = '1'\npull = true\ntemplate = '1'\nto = '+86138'",
    ),
    ("sre24", "token = '{M}'"),
    ("telegram", "token = '7:{M}'\nto = '1'"),
    ("voice-aliyun", "access_key_id = 'i'\naccess_key_secret = '{M}'\ntemplate = 't'\nto = '138'"),
    (
        "voice-tencent",
        "secret_id = 'i'\nsecret_key = '{M}'\napp_id = '1'\ntemplate = '1'\nto = '+86138'",
    ),
    (
        "webhook",
        "url = '/signed'\nheaders = { Authorization = 'Bearer {M}' }\nsecret = 'whsec_{M}{M}'",
    ),
    ("wecom-robot", "key = '{M}'"),
    ("wxpusher", "app_token = 'AT_{M}'\nuids = ['UID_a']"),
    ("wxpusher", "spt = 'SPT_{M}'"),
];

#[test]
fn every_secret_setting_of_every_kind_holds_the_mark() {
    let mut missing = Vec::new();
    for kind in KINDS.iter().filter(|kind| !WITHOUT.contains(&kind.name)) {
        let is_secret = |kind: &Kind| matches!(kind, Kind::Secret | Kind::Secrets);
        for setting in kind.settings.iter().filter(|it| is_secret(&it.kind)) {
            let holds = |settings: &str| {
                let mut lines = settings.lines().filter(|line| line.contains("{M}"));
                lines.any(|line| line.starts_with(&format!("{} = ", setting.key)))
            };
            if !CHANNELS.iter().any(|(name, settings)| *name == kind.name && holds(settings)) {
                missing.push(format!("{}: {}", kind.name, setting.key));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

/// Every way to fail, and where a channel of a kind finds it.
fn ways(kind: &str, echo: u16, standins: u16) -> Vec<(&'static str, String)> {
    let echo = |way: &&'static str| (*way, format!("http://127.0.0.1:{echo}/{way}"));
    let mut ways: Vec<_> = echo::WAYS.iter().map(echo).collect();
    // Nobody listens there.
    ways.push(("closed", "http://127.0.0.1:9".to_owned()));
    ways.push(("real", format!("http://127.0.0.1:{standins}/sim/services/{kind}")));
    ways
}

/// A channel for each way of each line of the table, and a topic for each way.
fn config(folder: &str, echo: u16, standins: u16) -> String {
    let mut config = format!(
        "[server]\nlisten = '127.0.0.1:0'\nhandlers = '{folder}/handlers'\n\
         private_hosts = ['127.0.0.1']\n[store]\nurl = 'sqlite:{folder}/yizhan.db'\n\
         [[account]]\nname = 'shop'\nplatform = 'official-account'\napp_id = 'wx1'\n\
         token = 'Token0123'\nmode = 'plain'\n[outbox]\npause_after = '0'\n[admin]\ntoken = 'the-owner-alone'\n\
         [[key]]\nname = 'all'\ntoken = 'all-token-0001'\nmay = ['send:*', 'read', 'admin']\n"
    );
    let mut topics = std::collections::BTreeMap::<_, Vec<String>>::new();
    for (number, (kind, settings)) in CHANNELS.iter().enumerate() {
        for (way, base) in ways(kind, echo, standins) {
            let name = format!("{kind}-{number}-{way}");
            let settings = settings.replace("{M}", MARKER);
            writeln!(
                config,
                "[[channel]]\nname = '{name}'\nkind = '{kind}'\nbase_url = '{base}'\n\
                 hook_secret = '{MARKER}'\ntimeout = '1s'\nrate = '1000/s'\n{settings}"
            )
            .unwrap();
            topics.entry(way).or_default().push(format!("'{name}'"));
        }
    }
    for (way, channels) in topics {
        let channels = channels.join(", ");
        writeln!(config, "[[topic]]\nname = '{way}'\nchannels = [{channels}]").unwrap();
    }
    config
}

/// Sends to every topic, and waits until everything has been tried; each delivery as the API shows it.
async fn send_all(server: &Server, topics: &[&str]) -> Vec<Value> {
    let mut ids = Vec::new();
    for topic in topics {
        let body = format!(r#"{{"topic":"{topic}","title":"disk","body":"full"}}"#);
        let line = "POST /api/v1/notifications";
        let sent = call(server, line, &[ALL, JSON], &body).await;
        assert_eq!(sent.status, 202, "{}", sent.text);
        let deliveries = sent.json["deliveries"].as_array().unwrap().iter();
        ids.extend(deliveries.map(|it| it["id"].as_str().unwrap().to_owned()));
    }
    let mut lives = Vec::new();
    for id in ids {
        let show = format!("GET /api/v1/notifications/{id}");
        let mut life = Value::Null;
        for _ in 0..400 {
            life = call(server, &show, &[ALL], "").await.json;
            let is_tried = |it: &Value| !it["attempts"].as_array().unwrap().is_empty();
            if life["deliveries"].as_array().unwrap().iter().all(is_tried) {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        let tried = life.pointer("/deliveries/0/attempts/0");
        assert!(tried.is_some(), "{life}");
        lives.push(life);
    }
    lives
}

/// Sends more to the channels that are refused, until all of them are paused, which the log tells.
async fn pause_the_refused(server: &Server) {
    for _ in 0..15 {
        let body = r#"{"topic":"refused","title":"disk","body":"full"}"#;
        let sent = call(server, "POST /api/v1/notifications", &[ALL, JSON], body).await;
        assert_eq!(sent.status, 202, "{}", sent.text);
    }
    let mut paused = 0;
    for _ in 0..400 {
        let metrics = call(server, "GET /metrics", &[], "").await.text;
        let is_paused = |line: &&str| {
            line.starts_with("yizhan_outbox_channel_paused") && line.ends_with("-refused\"} 1")
        };
        paused = metrics.lines().filter(is_paused).count();
        if paused == CHANNELS.len() {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("only {paused} channels are paused");
}

/// The words around the first place where a key is shown.
fn leak(text: &str) -> Option<String> {
    let basic = STANDARD.encode(format!("phil:{MARKER}"));
    // Half of it is too much too.
    let marks = [&MARKER[..MARKER.len() / 2], &basic[..12]];
    let at = marks.iter().find_map(|mark| text.find(mark))?;
    let (from, to) = (at.saturating_sub(200), (at + 60).min(text.len()));
    Some(text[text.floor_char_boundary(from)..text.ceil_char_boundary(to)].to_owned())
}

fn yizhan(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yizhan"));
    command.args(args).current_dir(folder).env_clear();
    command
}

/// A process that does not outlive its test.
struct Process(Child);

impl Process {
    /// Ends it; what it wrote beside its log.
    fn end(&mut self) -> String {
        self.0.kill().unwrap();
        let mut errors = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        self.0.wait().unwrap();
        errors
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended before.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A station in a process of its own. What it logs is read as it comes, so that nobody waits for
/// room.
fn start(folder: &Path) -> (Server, Process, JoinHandle<String>) {
    let mut serve = yizhan(folder, &["serve"]);
    serve.env("YIZHAN_LOG", "trace").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = serve.spawn().unwrap();
    let mut log = BufReader::new(child.stdout.take().unwrap());
    let mut seen = String::new();
    loop {
        let mut line = String::new();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "{seen}");
        seen.push_str(&line);
        let Some((_, rest)) = line.split_once("listening on http://127.0.0.1:") else { continue };
        let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let logged = std::thread::spawn(move || {
            log.read_to_string(&mut seen).unwrap();
            seen
        });
        return (Server::at(port.parse().unwrap()), Process(child), logged);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_key_is_shown_whatever_goes_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    fs::create_dir(folder.path().join("handlers")).unwrap();
    let (standins, _) = serve(SystemClock);
    let config = config(&path, echo::serve(), standins);
    fs::write(folder.path().join("yizhan.toml"), config).unwrap();
    let (server, mut child, logged) = start(folder.path());

    let topics: Vec<&str> = ways("", 0, 0).into_iter().map(|(way, _)| way).collect();
    let lives = send_all(&server, &topics).await;
    pause_the_refused(&server).await;

    let mut shown = Vec::new();
    for life in &lives {
        shown.push((life["deliveries"][0]["channel"].to_string(), life.to_string()));
    }
    for page in ["/api/v1/notifications?limit=200", "/api/v1/channels", "/api/docs", "/metrics"] {
        let answer = call(&server, &format!("GET {page}"), &[ALL], "").await;
        assert_eq!(answer.status, 200, "{page}");
        shown.push((page.to_owned(), answer.text));
    }
    shown.push(("stderr".to_owned(), child.end()));
    let log = logged.join().unwrap();
    for (number, (kind, _)) in CHANNELS.iter().enumerate() {
        let words = format!("channel=\"{kind}-{number}-refused\"");
        assert!(log.contains(&words), "the log says nothing of {words}");
    }
    shown.push(("log".to_owned(), log));
    let ids = lives.iter().map(|life| life["deliveries"][0]["id"].as_str().unwrap());
    let told = ids.step_by(9).map(|id| vec!["outbox", "show", id]);
    for args in told.chain([vec!["outbox", "list"], vec!["check"], vec!["channels"]]) {
        let output = yizhan(folder.path(), &args).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        shown.push((args.join(" "), String::from_utf8(text).unwrap()));
    }

    let leaks: Vec<String> =
        shown.iter().filter_map(|(what, text)| Some(format!("{what}: {}", leak(text)?))).collect();
    assert!(leaks.is_empty(), "{} places:\n{}", leaks.len(), leaks.join("\n"));
    // Nothing went well by accident, but where a yes is all that is looked for.
    let outcomes: BTreeSet<&str> = lives
        .iter()
        .filter_map(|life| life["deliveries"][0]["attempts"][0]["outcome"].as_str())
        .collect();
    assert_eq!(outcomes, BTreeSet::from(["delivered", "quota", "request", "service", "unknown"]));
}

/// What a service is asked afterwards goes wrong too.
#[tokio::test]
async fn no_key_is_shown_by_a_question() {
    let port = echo::serve();
    let mut asked = BTreeSet::new();
    for (kind, settings) in CHANNELS {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings.replace("{M}", MARKER);
        let settings = format!(
            "[[channel]]\nname = 'it'\nkind = '{kind}'\nbase_url = '{{base}}'\ntimeout = '4s'\n\
             {settings}\n"
        );
        fs::write(folder.path().join("channel.toml"), settings).unwrap();
        for way in ["echo", "edge", "later", "busy", "text"] {
            let (_, channels) = channels(folder.path(), &format!("http://127.0.0.1:{port}/{way}"));
            let channel = channels.of_lane("it").unwrap();
            if !channel.asks() {
                continue;
            }
            // One of the two is how the service calls what it took.
            for called in ["1", "1:2"] {
                let sent = Sent {
                    called: called.to_owned(),
                    at: Duration::from_secs(1_700_000_000),
                    now: Duration::from_secs(1_700_000_030),
                    asked: 0,
                    id: DeliveryId::floor(Duration::from_secs(1_700_000_000)),
                    notification: Notification::text("it", "hi"),
                };
                let told = channel.ask(&sent).await;
                assert_eq!(leak(&format!("{told:?}")), None, "{kind} {way}");
                if told.is_err() {
                    asked.insert(*kind);
                }
            }
        }
    }
    let expected = [
        "dingtalk-notice",
        "pushplus",
        "serverchan",
        "sms-aliyun",
        "sms-tencent",
        "voice-aliyun",
        "wxpusher",
    ];
    assert_eq!(asked, BTreeSet::from(expected));
}
