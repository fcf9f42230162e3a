//! What a stand-in sends by itself, to a real station: what people write is answered by its rules,
//! through the channel it came by, and what became of a notification stands beside it.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use tokio::time::sleep;
use yizhan::channels::HOOKS;
use yizhan::clock::SystemClock;
use yizhan::simulator::services::SERVICES;
use yizhan::store::Filter;
use yizhan::store::Store;

use super::play::raw;
use super::play::serve;
use crate::support::server::Server;
use crate::support::server::body;

/// One channel of each kind that has a hook: its settings beside base and secret.
const CHANNELS: &[(&str, &str)] = &[
    ("dingtalk", "token = \"T\""),
    ("feishu", "token = \"T\"\nencrypt_key = \"SEALWORD\""),
    ("pushplus", "token = \"T\""),
    ("serverchan-bot", "token = \"T\"\nto = \"7\""),
    ("slack", "token = \"xoxb-T\"\nto = \"#ops\""),
    (
        "sms-aliyun",
        "access_key_id = \"LTAI\"\naccess_key_secret = \"simulated\"\nsign = \"示例\"\n\
         template = \"SMS_1\"\nvariables = [\"status=body\"]\nto = \"13800000001\"",
    ),
    (
        "sms-tencent",
        "secret_id = \"AKID\"\nsecret_key = \"simulated\"\napp_id = \"14\"\nsign = \"示例\"\n\
         template = \"1\"\nto = \"+8613800000001\"",
    ),
    ("telegram", "token = \"7:T\"\nto = \"1001\""),
    (
        "voice-aliyun",
        "access_key_id = \"LTAI\"\naccess_key_secret = \"simulated\"\ntemplate = \"TTS_1\"\n\
         variables = [\"what=body\"]\nto = \"13800000001\"",
    ),
    (
        "voice-tencent",
        "secret_id = \"AKID\"\nsecret_key = \"simulated\"\napp_id = \"14\"\ntemplate = \"1\"\n\
         to = \"+8613800000001\"",
    ),
    ("wxpusher", "app_token = \"AT_T\"\nuids = [\"UID_a\"]"),
];

const RULES: &str = "\
[[rule]]
name = \"restart\"
match = \"restart {what}\"
reply = \"{{ what }} restarts\"

[[rule]]
name = \"pressed\"
on = [\"event:voice_dtmf\", \"event:voicekey_callback\", \"event:add_friend\"]
reply = \"{{ key }} was pressed\"
";

/// Each kind whose service tells what became of something: where it says what it calls it, and what
/// is told of it.
pub(super) const TELLING: &[(&str, &str, &str)] = &[
    ("pushplus", "/answer/data", "Confirmed "),
    ("sms-aliyun", "/answer/BizId", "Confirmed 13800000001 DELIVERED 用户接收成功"),
    (
        "sms-tencent",
        "/answer/Response/SendStatusSet/0/SerialNo",
        "Confirmed DELIVRD 用户短信送达成功",
    ),
    ("voice-aliyun", "/answer/CallId", "Confirmed 200000 用户接听"),
    ("voice-tencent", "/answer/Response/SendStatus/CallId", "Confirmed answered"),
];

/// Each of them can be told something by `tell KIND`.
fn pushes() -> String {
    let push = |kind: &str| {
        format!(
            "[[rule]]\nname = \"{kind}\"\nmatch = \"tell {kind}\"\n\
             push = [{{ channel = \"{kind}\", body = \"disk full\" }}]\n"
        )
    };
    TELLING.iter().map(|(kind, ..)| push(kind)).collect::<Vec<String>>().concat()
}

/// The stand-ins, and a station whose channels send to them.
struct Both {
    standins: u16,
    station: Server,
    store: Arc<dyn Store>,
    _folder: TempDir,
}

fn start(rules: &str) -> Both {
    let (standins, _) = serve(SystemClock);
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("handlers")).unwrap();
    fs::write(folder.path().join("handlers/a.toml"), rules).unwrap();
    let mut config = format!(
        "handlers = \"{0}/handlers\"\nprivate_hosts = [\"127.0.0.1\"]\n\
         [store]\nurl = \"sqlite:{0}/yizhan.db\"\n\
         [[account]]\nname = \"shop\"\nplatform = \"official-account\"\n\
         app_id = \"wx0123456789abcdef\"\ntoken = \"SHOPTOKEN\"\nmode = \"plain\"\n",
        folder.path().display()
    );
    for (kind, settings) in CHANNELS {
        write!(
            config,
            "[[channel]]\nname = \"{kind}\"\nkind = \"{kind}\"\nhook_secret = \"HOOKWORD\"\n\
             base_url = \"http://127.0.0.1:{standins}/sim/services/{kind}\"\n{settings}\n"
        )
        .unwrap();
    }
    let store = yizhan::store::open("sqlite:yizhan.db", folder.path()).unwrap();
    let station = Server::with_rules_on(Arc::clone(&store), &config);
    Both { standins, station, store, _folder: folder }
}

impl Both {
    /// Lets the service of a kind write to the hook of its channel; what comes back.
    async fn write(&self, kind: &str, more: Value) -> Value {
        let url = format!("http://127.0.0.1:{}/hook/{kind}", self.station.port);
        let mut writing = json!({"kind": kind, "url": url, "secret": "HOOKWORD"});
        writing.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        if kind == "feishu" {
            writing["encrypt_key"] = "SEALWORD".into();
        }
        let headers = "Content-Type: application/json\r\n";
        let answer = raw(self.standins, "POST", "/sim/hook", headers, &writing.to_string()).await;
        serde_json::from_str(body(&answer)).unwrap_or_else(|_| panic!("{answer}"))
    }

    /// Waits until the service of a kind has been sent something with `words` in it.
    async fn sent(&self, kind: &str, words: &str) -> Value {
        let path = "/sim/transcript?kind=service";
        for _ in 0..200 {
            let answer = raw(self.standins, "GET", path, "", "").await;
            let page: Value = serde_json::from_str(body(&answer)).unwrap();
            let mut entries = page["entries"].as_array().unwrap().iter();
            let is_it = |it: &&Value| it["service"] == kind && it.to_string().contains(words);
            if let Some(entry) = entries.find(is_it) {
                return entry.clone();
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("nobody sent `{words}` to {kind}");
    }

    /// What services told of the only delivery of a channel.
    async fn receipts(&self, channel: &str) -> Vec<String> {
        let filter = Filter { lane: Some(channel.to_owned()), ..Filter::default() };
        let page = self.store.query(filter, None, 10).await.unwrap();
        assert_eq!(page.deliveries.len(), 1, "{channel}");
        let reports = self.store.reports(page.deliveries[0].id).await.unwrap();
        reports.iter().map(|it| format!("{:?} {}", it.report.fate, it.report.detail)).collect()
    }
}

#[test]
fn every_kind_with_a_hook_has_a_service_that_writes_to_it() {
    let hooks: Vec<&str> = HOOKS.iter().map(|hook| hook.kind).collect();
    let with_hook = SERVICES.iter().filter(|it| it.has_hook());
    assert_eq!(with_hook.map(|it| it.kind).collect::<Vec<_>>(), hooks);
    assert_eq!(CHANNELS.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), hooks);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_write_to_a_service_is_answered_through_it() {
    let both = start(RULES);
    for (kind, _) in CHANNELS {
        let (text, answered) = match *kind {
            "pushplus" | "voice-aliyun" | "voice-tencent" => ("2", "2 was pressed"),
            _ => ("restart web", "web restarts"),
        };
        let told = both.write(kind, json!({ "text": text })).await;
        assert_eq!(told["accepted"], true, "{kind}: {told}");
        // Telegram takes its answer with the hook's.
        match *kind {
            "telegram" => assert!(told["body"].as_str().unwrap().contains(answered), "{told}"),
            _ => {
                let entry = both.sent(kind, answered).await;
                assert_eq!(entry["status"], 200, "{entry}");
            }
        }
    }
    let forged = both.write("slack", json!({ "text": "restart web", "secret": "OTHER" })).await;
    assert_eq!((&forged["status"], &forged["accepted"]), (&json!(401), &json!(false)), "{forged}");
    let transcript = raw(both.standins, "GET", "/sim/transcript", "", "").await;
    assert!(transcript.contains("\"kind\":\"hook\""), "{transcript}");
    for secret in ["HOOKWORD", "SEALWORD", "xoxb-T"] {
        assert!(!transcript.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_became_of_a_notification_stands_beside_it() {
    let both = start(&pushes());
    for (kind, called, told) in TELLING {
        let answer = both.write("telegram", json!({ "text": format!("tell {kind}") })).await;
        assert_eq!(answer["status"], 200, "{answer}");
        let entry = both.sent(kind, "disk full").await;
        let id = entry.pointer(called).unwrap_or_else(|| panic!("{entry}"));
        let answer = both.write(kind, json!({ "id": id })).await;
        assert_eq!(answer["accepted"], true, "{kind}: {answer}");
        assert_eq!(both.receipts(kind).await, [*told], "{kind}");
    }
    let strange = both.write("pushplus", json!({ "id": "5f0c" })).await;
    let said = "it has taken nothing that it calls so";
    assert_eq!(strange["error"]["message"], said, "{strange}");
    let mute = both.write("wxpusher", json!({ "id": "7001" })).await;
    let said = "this service does not tell what became of anything";
    assert_eq!(mute["error"]["message"], said, "{mute}");
}
