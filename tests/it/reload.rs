//! A config that changes while the station runs: all of it is in force, or nothing.

use std::fs;
use std::fs::File;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;
use yizhan::config::prints::LIVE_OF_SERVER;
use yizhan::config::prints::LIVE_SECTIONS;
use yizhan::config::settings;

use crate::api::ALL;
use crate::api::CI;
use crate::api::Called;
use crate::api::JSON;
use crate::api::call;
use crate::outbox::standin::StandIn;
use crate::support::server::Server;

/// How long a change may take until it is in force.
const SOON: Duration = Duration::from_secs(10);

/// How long after it nothing has come of a change, nothing will: the watch waits 0.2 s.
const QUIET: Duration = Duration::from_millis(700);

/// What no test changes, at the address of another machine's choosing.
const HEAD: &str = "
[store]
url = 'memory:'
[[account]]
name = 'shop'
platform = 'official-account'
app_id = 'wx1'
token = 'Token0123'
mode = 'plain'
[admin]
token = 'the-owner-alone'
[[key]]
name = 'all'
token = 'all-token-0001'
may = ['send:*', 'read', 'admin']
";

/// A config in a folder of its own, and a station that runs by it.
struct Desk {
    folder: TempDir,
    server: Server,
}

impl Desk {
    fn new(rest: &str) -> Self {
        Self::with("", rest)
    }

    /// One with more settings of `[server]`.
    fn with(server: &str, rest: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("handlers")).unwrap();
        let path = folder.path().join("yizhan.toml");
        fs::write(&path, whole(server, rest)).unwrap();
        Self { server: Server::of_file(&path), folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Saves the config as editors do: written beside, then renamed over.
    fn save(&self, rest: &str) {
        self.save_with("", rest);
    }

    /// The same with more settings of `[server]`.
    fn save_with(&self, server: &str, rest: &str) {
        fs::write(self.path("yizhan.toml~"), whole(server, rest)).unwrap();
        fs::rename(self.path("yizhan.toml~"), self.path("yizhan.toml")).unwrap();
    }

    async fn get(&self, path: &str) -> Called {
        call(&self.server, &format!("GET {path}"), &[ALL], "").await
    }

    /// What sending `body` through `channel` is answered.
    async fn send(&self, channel: &str) -> Called {
        let body = format!(r#"{{"channel": "{channel}", "body": "done"}}"#);
        call(&self.server, "POST /api/v1/notifications", &[ALL, JSON], &body).await
    }

    /// Sends, and waits until it has left the queue; the notification as the API shows it.
    async fn sent(&self, channel: &str) -> Value {
        let sent = self.send(channel).await;
        let id = sent.json["id"].as_str().unwrap_or_else(|| panic!("{}", sent.text)).to_owned();
        let until = Instant::now() + SOON;
        loop {
            let shown = self.get(&format!("/api/v1/notifications/{id}")).await.json;
            if shown["state"] != "waiting" || Instant::now() > until {
                return shown;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn channels(&self) -> Vec<String> {
        let listed = self.get("/api/v1/channels").await.json;
        let names = listed["channels"].as_array().unwrap().iter();
        names.map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until these are the channels.
    async fn until_channels(&self, names: &[&str]) {
        let until = Instant::now() + SOON;
        while self.channels().await != names && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(self.channels().await, names);
    }

    /// How many changes of the config were refused.
    async fn refused(&self) -> u64 {
        let metrics = self.get("/metrics").await.text;
        let line = metrics.lines().find(|it| it.starts_with("yizhan_config_reload_failures_total"));
        line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
    }

    async fn until_refused(&self, count: u64) {
        let until = Instant::now() + SOON;
        while self.refused().await < count && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(self.refused().await, count);
    }
}

fn whole(server: &str, rest: &str) -> String {
    format!(
        "[server]\nlisten = '127.0.0.1:0'\nworkers = 1\nhandlers = 'handlers'\n\
         private_hosts = ['127.0.0.1']\n{server}{HEAD}{rest}"
    )
}

fn webhook(name: &str, service: &StandIn) -> String {
    let port = service.port;
    format!(
        "[[channel]]\nname = '{name}'\nkind = 'webhook'\nurl = 'http://127.0.0.1:{port}/'\n\
         secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'\n"
    )
}

fn log(name: &str) -> String {
    format!("[[channel]]\nname = '{name}'\nkind = 'log'\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_come_change_and_go() {
    let (one, two) = (StandIn::answering(200), StandIn::answering(200));
    let desk = Desk::new(&webhook("ops", &one));
    assert_eq!(desk.sent("ops").await["state"], "delivered");
    assert_eq!((one.counts().len(), two.counts().len()), (1, 0));
    assert_eq!(desk.send("more").await.error().1, "api.unknown");

    desk.save(&format!("{}{}", webhook("ops", &two), webhook("more", &one)));
    desk.until_channels(&["more", "ops"]).await;
    assert_eq!(desk.sent("ops").await["state"], "delivered");
    assert_eq!(desk.sent("more").await["state"], "delivered");
    assert_eq!((one.counts().len(), two.counts().len()), (2, 1));

    desk.save(&webhook("more", &one));
    desk.until_channels(&["more"]).await;
    assert_eq!(desk.send("ops").await.error().1, "api.unknown");
    assert_eq!(desk.sent("more").await["state"], "delivered");
    assert_eq!(desk.refused().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_and_hooks_follow_the_config() {
    let desk = Desk::new(&log("ops"));
    let hook = "/hook/plus?secret=HOOKWORD";
    assert_eq!(desk.get(hook).await.status, 404);

    let topic = "[[topic]]\nname = 'all'\nchannels = ['ops', 'plus']\n";
    let plus =
        "[[channel]]\nname = 'plus'\nkind = 'pushplus'\ntoken = 'T'\nhook_secret = 'HOOKWORD'\n";
    desk.save(&format!("{topic}{}{plus}", log("ops")));
    desk.until_channels(&["ops", "plus"]).await;
    assert_eq!(desk.get(hook).await.status, 200);
    // The parts change one after the other.
    let expected = serde_json::json!([{ "name": "all", "channels": ["ops", "plus"] }]);
    let until = Instant::now() + SOON;
    let mut topics = Value::Null;
    while topics != expected && Instant::now() < until {
        topics = desk.get("/api/v1/channels").await.json["topics"].clone();
    }
    assert_eq!(topics, expected);

    desk.save(&format!("{}{}", log("ops"), plus.replace("HOOKWORD", "OTHERWORD")));
    let until = Instant::now() + SOON;
    while desk.get(hook).await.status == 200 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(desk.get(hook).await.status, 401);
    assert_eq!(desk.get(&hook.replace("HOOKWORD", "OTHERWORD")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_follow_the_config_and_where_they_tell_of_decisions_too() {
    let (one, two) = (StandIn::answering(200), StandIn::answering(200));
    let server = "public_url = 'https://bot.example.com'\nwebhook_secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'\n";
    let desk = Desk::with(server, &log("ops"));
    let ask = async || {
        let asked =
            call(&desk.server, "POST /api/v1/forms/ask", &[ALL, JSON], "{\"data\":{}}").await;
        asked.json["link"].as_str().map(|it| it.replace("https://bot.example.com", ""))
    };
    assert_eq!(ask().await, None);
    let form = |service: &StandIn| {
        let port = service.port;
        format!(
            "{}[[form]]\nname = 'ask'\ntitle = 'Ask'\nchannels = ['ops']\n\
             hook = 'http://127.0.0.1:{port}/'\naction = [{{ name = 'yes', label = 'Yes' }}]\n",
            log("ops")
        )
    };
    desk.save_with(server, &form(&one));
    let until = Instant::now() + SOON;
    let link = loop {
        if let Some(link) = ask().await {
            break link;
        }
        assert!(Instant::now() < until);
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    // What was sent out before tells where the form tells now.
    desk.save_with(server, &format!("{}{}", form(&two), log("seen")));
    desk.until_channels(&["form-hook/ask", "ops", "seen"]).await;
    let page = desk.get(&link).await.text;
    let token = page.split_once("name=\"token\" value=\"").unwrap().1.split('"').next().unwrap();
    let pressed = format!("token={token}&action=yes");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let pressed = call(&desk.server, &format!("POST {link}"), &[form], &pressed).await;
    assert_eq!(pressed.status, 303, "{}", pressed.text);
    while two.counts().is_empty() && Instant::now() < until + SOON {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((one.counts().len(), two.counts().len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_rotated() {
    let key =
        |tokens: &str| format!("{}[[key]]\nname = 'ci'\n{tokens}\nmay = ['read']\n", log("ops"));
    let desk = Desk::new(&key("token = 'ci-token-0001'"));
    let new = ("Authorization", "Bearer ci-token-0002");
    let status = async |key| call(&desk.server, "GET /api/v1/channels", &[key], "").await.status;
    assert_eq!((status(CI).await, status(new).await), (200, 401));

    // For as long as both are in use, both are good.
    desk.save(&key("token = 'ci-token-0002'\nprevious_token = 'ci-token-0001'"));
    let until = Instant::now() + SOON;
    while status(new).await != 200 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((status(CI).await, status(new).await), (200, 200));

    desk.save(&key("token = 'ci-token-0002'"));
    while status(CI).await != 401 && Instant::now() < until + SOON {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((status(CI).await, status(new).await), (401, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_reached_inside_follows_the_config() {
    let service = StandIn::answering(200);
    let channel = webhook("ops", &service);
    let desk = Desk::new(&channel);
    assert_eq!(desk.sent("ops").await["state"], "delivered");

    let none = whole("", &channel).replace("['127.0.0.1']", "[]");
    fs::write(desk.path("yizhan.toml"), &none).unwrap();
    let until = Instant::now() + SOON;
    loop {
        let sent = desk.send("ops").await.json["id"].as_str().unwrap().to_owned();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let shown = desk.get(&format!("/api/v1/notifications/{sent}")).await;
        if shown.text.contains("channel.private") {
            break;
        }
        assert!(Instant::now() < until, "{}", shown.text);
    }
    let count = service.counts().len();

    desk.save(&channel);
    // The service is there again, though nothing has changed about the channel.
    let until = Instant::now() + SOON;
    while service.counts().len() == count && Instant::now() < until {
        desk.send("ops").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(service.counts().len() > count);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_any_fault_the_old_config_stays() {
    let desk = Desk::new(&log("ops"));
    // What is no TOML, what has a fault in its last line, and what its channel's kind does not like.
    desk.save(&format!("{}[[channel]\n", log("more")));
    desk.until_refused(1).await;
    desk.save(&format!("{}[[key]]\nname = 'ci'\ntoken = 'ci-token-0001'\nmy = []\n", log("more")));
    desk.until_refused(2).await;
    desk.save(&format!("{}[[channel]]\nname = 'b'\nkind = 'webhok'\n", log("more")));
    desk.until_refused(3).await;
    assert_eq!(desk.channels().await, ["ops"]);
    assert_eq!(call(&desk.server, "GET /api/v1/channels", &[CI], "").await.status, 401);

    desk.save(&log("more"));
    desk.until_channels(&["more"]).await;
    assert_eq!(desk.refused().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_a_rule_sends_through_is_not_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("handlers")).unwrap();
    let rule = "[[rule]]\nname = 'a'\nequals = 'x'\npush = [{ channel = 'ops', body = 'x' }]\n";
    fs::write(folder.path().join("handlers/a.toml"), rule).unwrap();
    let path = folder.path().join("yizhan.toml");
    fs::write(&path, whole("", &log("ops"))).unwrap();
    let desk = Desk { server: Server::of_file(&path), folder };

    desk.save(&log("more"));
    desk.until_refused(1).await;
    assert_eq!(desk.channels().await, ["ops"]);

    // A rule that was written for the new config is read by it, and then watched by it as well.
    desk.save(&format!("{}{}", log("ops"), log("more")));
    desk.until_channels(&["more", "ops"]).await;
    fs::write(desk.path("handlers/a.toml"), rule.replace("'ops'", "'more'")).unwrap();
    tokio::time::sleep(QUIET).await;
    let rules = desk.get("/api/v1/rules").await.json;
    assert_eq!(rules["faults"], serde_json::json!([]), "{rules}");
    desk.save(&log("more"));
    desk.until_channels(&["more"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_effect_at_a_restart_only_is_refused_with_all_that_came_with_it() {
    let desk = Desk::new(&log("ops"));
    desk.save_with("body_limit = '2MiB'\n", &log("more"));
    desk.until_refused(1).await;
    let account = "[[account]]\nname = 'b'\nplatform = 'official-account'\napp_id = 'wx2'\n\
        token = 'Token0123'\nmode = 'plain'\n";
    desk.save(&format!("{account}{}", log("more")));
    desk.until_refused(2).await;
    assert_eq!(desk.channels().await, ["ops"]);
    assert_eq!(desk.get("/callback/b").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_half_written_does_no_harm() {
    let desk = Desk::new(&format!("{}{}", log("mail"), log("ops")));
    let text = whole("", &format!("{}{}{}", log("mail"), log("ops"), log("more")));
    // What is there so far would be a config, without the other channels.
    let (first, rest) = text.split_at(text.find("[[channel]]\nname = 'ops'").unwrap());
    let mut file = File::create(desk.path("yizhan.toml")).unwrap();
    file.write_all(first.as_bytes()).unwrap();
    file.sync_all().unwrap();
    tokio::time::sleep(QUIET).await;
    assert_eq!(desk.channels().await, ["mail", "ops"]);

    file.write_all(rest.as_bytes()).unwrap();
    drop(file);
    desk.until_channels(&["mail", "more", "ops"]).await;
    assert_eq!(desk.refused().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_behind_links_is_watched_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    // As Kubernetes mounts it: one link to another, which is swapped.
    for (version, channel) in [("..v1", "one"), ("..v2", "two")] {
        fs::create_dir_all(path("mounted").join(version)).unwrap();
        fs::write(path("mounted").join(version).join("yizhan.toml"), whole("", &log(channel)))
            .unwrap();
    }
    symlink("..v1", path("mounted/..data")).unwrap();
    symlink("..data/yizhan.toml", path("mounted/yizhan.toml")).unwrap();
    fs::create_dir(path("mounted/handlers")).unwrap();
    let server = Server::of_file(&path("mounted/yizhan.toml"));
    let desk = Desk { server, folder: tempfile::tempdir().unwrap() };
    assert_eq!(desk.channels().await, ["one"]);
    symlink("..v2", path("mounted/..next")).unwrap();
    fs::rename(path("mounted/..next"), path("mounted/..data")).unwrap();
    desk.until_channels(&["two"]).await;

    // As an administrator links it, and writes to the file that the link leads to.
    fs::write(path("real.toml"), whole("", &log("three"))).unwrap();
    fs::remove_file(path("mounted/yizhan.toml")).unwrap();
    symlink(path("real.toml"), path("mounted/yizhan.toml")).unwrap();
    desk.until_channels(&["three"]).await;
    fs::write(path("real.toml"), whole("", &log("four"))).unwrap();
    desk.until_channels(&["four"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_reads_its_config_and_secrets_again_on_sighup_and_says_what_came_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let key = "[[key]]\nname = 'ci'\ntoken = 'file:token'\nmay = ['read']\n";
    fs::create_dir(folder.path().join("handlers")).unwrap();
    fs::write(folder.path().join("token"), "ci-token-0001").unwrap();
    fs::write(folder.path().join("yizhan.toml"), whole("", key)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_yizhan"));
    command.arg("serve").current_dir(folder.path()).stdout(Stdio::piped()).env_clear();
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut until = |word: &str| lines.find(|line| line.contains(word)).unwrap();
    let listening = until("listening on http://127.0.0.1:");
    let port = listening.rsplit(':').next().unwrap();
    let server = Server::at(port.trim().parse().unwrap());
    let status = async |key| call(&server, "GET /api/v1/channels", &[key], "").await.status;
    let hangup = || {
        let sent = Command::new("kill").args(["-HUP", &child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    };
    assert_eq!(status(CI).await, 200);

    // The file of a secret is not watched; a signal says that it is another one.
    fs::write(folder.path().join("token"), "ci-token-0002").unwrap();
    hangup();
    let said = until("the changed config is in force");
    assert!(said.contains("[[key]] ci: token") && !said.contains("0002"), "{said}");
    let new = ("Authorization", "Bearer ci-token-0002");
    assert_eq!((status(CI).await, status(new).await), (401, 200));
    hangup();
    until("it says what it said before");

    // A fault is said with its line and what to do.
    fs::write(folder.path().join("yizhan.toml"), whole("listn = ''\n", key)).unwrap();
    let said = until("the config was not reloaded");
    assert!(said.contains("yizhan.toml:6:1: unknown key `listn`"), "{said}");
    until("did you mean `listen`?");
    let sealing = format!("key = '{}'\n[[account]]", "11".repeat(32));
    for (from, to, spot) in [
        ("workers = 1", "workers = 2", "3:1: `[server] workers`"),
        ("[[account]]", &*sealing, "9:1: `[store] key`"),
    ] {
        let restart = whole("", key).replacen(from, to, 1);
        fs::write(folder.path().join("yizhan.toml"), restart).unwrap();
        let said = until("the config was not reloaded");
        let expected = format!("yizhan.toml:{spot} takes effect at a restart only");
        assert!(said.contains(&expected), "{said}");
        until("restart yizhan, or put it back");
    }
    assert_eq!(status(new).await, 200);

    child.kill().unwrap();
    child.wait().unwrap();
}

/// What stands between two headlines of a page.
fn chapter<'p>(page: &'p str, headline: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("\n## {headline}\n")).unwrap();
    rest.split("\n## ").next().unwrap()
}

#[test]
fn the_pages_name_what_takes_effect_at_once() {
    let pages = [
        (include_str!("../../docs/deploy.md"), "A changed config", "- What takes effect at once"),
        (include_str!("../../docs/deploy.zh-CN.md"), "改了配置", "- 立即生效的有"),
    ];
    for (page, headline, line) in pages {
        let chapter = chapter(page, headline);
        let said = chapter.split_once(line).unwrap().1.split("\n- ").next().unwrap();
        let mut named: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
        named.sort_unstable();
        let heads = LIVE_SECTIONS.iter().map(|name| settings::section(name).unwrap().head());
        let heads: Vec<String> = heads.chain(["[server]".to_owned()]).collect();
        let mut expected: Vec<&str> =
            heads.iter().map(String::as_str).chain(LIVE_OF_SERVER).collect();
        expected.sort_unstable();
        assert_eq!(named, expected, "{headline}");
        assert!(LIVE_OF_SERVER.iter().all(|key| settings::SERVER.keys().contains(key)));
    }
}
