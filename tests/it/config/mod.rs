//! The config: what its owner writes, and what he is told about it.

mod commands;
mod faults;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use yizhan::config::Config;
use yizhan::config::Loaded;
use yizhan::config::account::Late;
use yizhan::config::account::LongText;
use yizhan::config::account::Source;
use yizhan::config::fault::Faults;
use yizhan::config::schema::schema;
use yizhan::config::settings::SECTIONS;
use yizhan::exchange::Allowed;
use yizhan::wechat::Mode;
use yizhan::wechat::Platform;
use yizhan::wechat::secret::EncodingAesKey;
use yizhan::wechat::secret::Token;

/// An account with nothing but what it needs.
const SHOP: &str = r#"
[[account]]
name = "shop"
platform = "official-account"
app_id = "wx0123456789abcdef"
token = "SHOPTOKEN"
encoding_aes_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"#;

/// The sample of the documentation, with every section.
const SAMPLE: &str = r#"
[server]
listen     = "0.0.0.0:8080"
public_url = "https://bot.example.com"
handlers   = "handlers"
capture    = ""
private_hosts = []

[store]
url = "sqlite:data/yizhan.db"

[admin]
token = "env:YIZHAN_ADMIN_TOKEN"

[[account]]
name      = "shop"
platform  = "official-account"
app_id    = "wx0123456789abcdef"
app_secret = "env:SHOP_SECRET"
agent_id  = 1000002
token     = "env:SHOP_TOKEN"
encoding_aes_key = "env:SHOP_AES_KEY"
previous_encoding_aes_key = ""
mode      = "safe"
source    = "signature"
max_age   = "5m"
late      = ["retry", "push", "hold"]
reply_within = "4.5s"
holding_text = "正在思考,请稍后回复任意内容获取答案"
api_base  = "https://api.weixin.qq.com"

[[channel]]
name = "ops"
kind = "wxpusher"
app_token = "env:WXPUSHER_TOKEN"
topics = [1234]
base_url = ""
rate = "20/m"
fallback = ["mail"]

[[key]]
name = "ci"
token = "env:CI_TOKEN"
may = ["send:ops", "send:mail"]

[[assistant]]
name = "helper"
base_url = "http://127.0.0.1:11434/v1"
model = "qwen3"
api_key = ""
system = "你是客服助手。"
memory = "30m"
"#;

/// Every setting that is used, and none at its default.
const WHOLE: &str = r#"
[server]
listen = "[::1]:9000"
public_url = "https://bot.example.com/wx/"
handlers = "/srv/rules"
capture = "seen"
private_hosts = ["db.internal", "10.0.0.0/8"]
workers = 3
body_limit = "64KiB"
timezone = "UTC"
webhook_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
[inbox]
remember = "1h"
capacity = 2048
pending = 7
handler_timeout = "30s"
[[account]]
name = "My-shop_2"
platform = "wecom"
app_id = "ww0123456789abcdef"
app_secret = "SECRET"
agent_id = 1000002
token = "abc"
encoding_aes_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
previous_encoding_aes_key = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
max_age = "0"
late = "hold"
reply_within = "2s"
holding_text = "一会儿"
long_text = "refuse"
apology = "抱歉"
api_base = "http://127.0.0.1:1/"
"#;

type Variables = BTreeMap<String, String>;

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn load_with(text: &str, pairs: &[(&str, &str)]) -> Result<Loaded, Faults> {
    Config::parse("yizhan.toml", text, Path::new("/etc/yizhan"), &variables(pairs))
}

fn load(text: &str) -> Result<Loaded, Faults> {
    load_with(text, &[])
}

fn config(text: &str) -> Config {
    load(text).unwrap_or_else(|faults| panic!("{faults}")).config
}

fn faults(text: &str) -> String {
    load(text).expect_err("it must be refused").to_string()
}

#[test]
fn what_the_owner_leaves_out_has_the_documented_default() {
    let config = config(SHOP);
    let server = &config.server;
    assert_eq!(server.listen, "0.0.0.0:8080");
    assert_eq!(server.public_url, None);
    assert_eq!(server.handlers, Path::new("/etc/yizhan/handlers"));
    assert_eq!(server.capture, None);
    assert_eq!(server.private_hosts, Allowed::default());
    assert_eq!(server.workers, None);
    assert_eq!(server.body_limit, 1_048_576);
    assert!(server.webhook_secret.is_none());
    assert_eq!(config.inbox.remember, Duration::from_mins(10));
    assert_eq!(config.inbox.capacity, 131_072);
    assert_eq!(config.inbox.pending, 20_000);
    assert_eq!(config.inbox.handler_timeout, Duration::from_mins(5));
    let account = &config.accounts[0];
    assert_eq!(account.name, "shop");
    assert_eq!(account.platform, Platform::OfficialAccount);
    assert_eq!(account.app_id.as_str(), "wx0123456789abcdef");
    assert!(account.app_secret.is_none());
    assert_eq!(account.agent_id, None);
    assert_eq!(account.token, Token::parse("SHOPTOKEN").ok());
    assert_eq!(account.keys, [EncodingAesKey::parse(&"A".repeat(43)).unwrap()]);
    assert_eq!(account.mode, Mode::Safe);
    assert_eq!(account.source, Source::Signature);
    assert_eq!(account.max_age, Duration::from_mins(5));
    assert_eq!(account.late, [Late::Stream, Late::Retry, Late::Push, Late::Hold]);
    assert_eq!(account.reply_within, Duration::from_millis(4500));
    assert_eq!(account.holding_text, "正在思考,请稍后回复任意内容获取答案");
    assert_eq!(account.long_text, LongText::Split);
    assert_eq!(account.apology, None);
    assert_eq!(account.api_base, "https://api.weixin.qq.com");
}

#[test]
fn everything_the_owner_writes_is_taken() {
    let config = config(WHOLE);
    let server = &config.server;
    assert_eq!(server.listen, "[::1]:9000");
    assert_eq!(server.public_url.as_deref(), Some("https://bot.example.com/wx"));
    assert_eq!(server.handlers, Path::new("/srv/rules"));
    assert_eq!(server.capture.as_ref().map(|it| &*it.folder), Some(Path::new("/etc/yizhan/seen")));
    assert_eq!(server.private_hosts, Allowed::parse(["db.internal", "10.0.0.0/8"]).unwrap());
    assert_eq!(server.workers.map(usize::from), Some(3));
    assert_eq!(server.body_limit, 65_536);
    assert!(server.webhook_secret.is_some());
    assert_eq!(config.inbox.pending, 7);
    assert_eq!(config.inbox.handler_timeout, Duration::from_secs(30));
    let account = &config.accounts[0];
    assert_eq!(account.platform, Platform::Wecom);
    assert_eq!(account.app_secret.as_ref().unwrap().expose(), "SECRET");
    assert_eq!(account.agent_id, Some(1_000_002));
    assert_eq!(account.keys.len(), 2);
    assert_eq!(account.keys[0], EncodingAesKey::parse(&"A".repeat(43)).unwrap());
    assert_eq!(account.max_age, Duration::ZERO);
    assert_eq!(account.late, [Late::Hold]);
    assert_eq!(account.reply_within, Duration::from_secs(2));
    assert_eq!(account.long_text, LongText::Refuse);
    assert_eq!(account.apology.as_deref(), Some("抱歉"));
    assert_eq!(account.api_base, "http://127.0.0.1:1");
}

#[test]
fn the_documented_sample_loads() {
    let key = "A".repeat(43);
    let set = [
        ("SHOP_SECRET", "s"),
        ("SHOP_TOKEN", "abc"),
        ("SHOP_AES_KEY", key.as_str()),
        ("YIZHAN_ADMIN_TOKEN", "the-owner-alone"),
        ("CI_TOKEN", "ci-token-0001"),
    ];
    let loaded = load_with(SAMPLE, &set).map_err(|faults| faults.to_string()).unwrap();
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    let expected = [
        "yizhan.toml:20:1: `agent_id` is used by `wecom` only",
        "yizhan.toml:39:1: there is no channel `mail`",
        "yizhan.toml:44:1: there is no channel `mail`\n  the config has `ops`, `wechat-customer`",
    ];
    assert_eq!(warnings, expected);
}

#[test]
fn what_has_no_effect_in_late_is_told_with_what_happens_instead() {
    let key = "A".repeat(43);
    let account = |platform: &str, late: &str, more: &str| {
        let text = format!(
            "[[account]]\nname = \"shop\"\nplatform = \"{platform}\"\ntoken = \"abc\"\n\
             app_id = \"wx0123456789abcdef\"\nencoding_aes_key = \"{key}\"\n{more}{late}\n"
        );
        let loaded = load_with(&text, &[]).map_err(|faults| faults.to_string()).unwrap();
        loaded
            .warnings
            .iter()
            .map(|it| format!("{}: {}", it.message, it.advice.as_deref().unwrap()))
            .collect::<Vec<_>>()
    };
    let held = "what is late is held for the user's next message";
    let lost = "what is late is lost";
    let secret = "app_secret = \"s\"\n";
    let wecom = "app_secret = \"s\"\nagent_id = 1000002\n";
    let all = "late = [\"retry\", \"push\", \"hold\"]";
    let none: &[String] = &[];
    assert_eq!(account("official-account", "", ""), none);
    assert_eq!(account("official-account", all, secret), none);
    assert_eq!(account("wecom", all, wecom), none);
    assert_eq!(account("wecom-bot", all, ""), none);
    let table = [
        ("official-account", all, "", format!("`push` in `late` needs an `app_secret`: {held}")),
        ("official-account", "late = \"push\"", "", format!("`push` in `late` needs an `app_secret`: {lost}")),
        ("wecom", all, secret, format!("`push` in `late` needs an `app_secret` and an `agent_id`: {held}")),
        ("wecom", "late = [\"stream\", \"hold\"]", "", format!("`stream` in `late`: only a robot of 企业微信 has it: {held}")),
        (
            "wecom-bot",
            "late = [\"stream\", \"retry\"]",
            "",
            "`retry` behind what ends the wait has no effect: name `retry` first to wait for WeChat's later deliveries".to_owned(),
        ),
        (
            "mini-program",
            "late = [\"push\", \"hold\"]",
            secret,
            "`hold` in `late`: a mini-program takes no answer in reply: what is late is pushed".to_owned(),
        ),
        (
            "official-account",
            "late = [\"hold\", \"retry\"]",
            "",
            "`retry` behind what ends the wait has no effect: name `retry` first to wait for WeChat's later deliveries".to_owned(),
        ),
    ];
    for (platform, late, more, expected) in table {
        assert_eq!(account(platform, late, more), [expected], "{platform} {late}");
    }
}

#[test]
fn a_holding_text_longer_than_a_reply_is_refused() {
    let text = format!("{SHOP}holding_text = \"{}\"\n", "字".repeat(683));
    let expected = "yizhan.toml:8:16: `holding_text` has 2049 bytes; a reply takes 2048";
    assert_eq!(faults(&text), expected);
}

#[test]
fn two_accounts_of_one_name_are_a_fault_and_of_one_token_a_warning() {
    let twice = format!("{SHOP}{SHOP}");
    let expected =
        "yizhan.toml:10:8: a second account is called `shop`\n  a name leads to one account";
    assert_eq!(faults(&twice), expected);
    let renamed = format!("{SHOP}{}", SHOP.replace("\"shop\"", "\"mall\""));
    let warnings = load(&renamed).unwrap().warnings;
    let expected = "yizhan.toml:13:1: `mall` has the same token as `shop`\n  \
        give every account a token of its own: it is what tells them apart";
    assert_eq!(warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
}

#[test]
fn a_config_without_an_account_and_a_channel_is_refused() {
    let expected = "yizhan.toml:1:1: there is no `[[account]]` and no `[[channel]]`: it could do nothing\n  \
        `yizhan init` writes one to start from";
    assert_eq!(faults("[server]\n"), expected);
    assert!(faults("").contains("there is no `[[account]]` and no `[[channel]]`"));
    let only = "[[channel]]\nname = \"ops\"\nkind = \"log\"\n";
    let config = load_with(only, &[]).map_err(|faults| faults.to_string()).unwrap().config;
    assert_eq!((config.accounts.len(), config.channels.len()), (0, 1));
}

#[test]
fn plain_mode_needs_no_key_and_cloud_run_no_token() {
    let plain = "[[account]]\nname = \"a\"\nplatform = \"mini-program\"\napp_id = \"wx1\"\n\
        token = \"abc\"\nmode = \"plain\"\n";
    assert_eq!(config(plain).accounts[0].keys, []);
    let hosted = "[[account]]\nname = \"a\"\nplatform = \"mini-program\"\napp_id = \"wx1\"\n\
        source = \"cloud-run\"\n";
    let account = config(hosted).accounts.remove(0);
    assert_eq!((account.mode, account.token), (Mode::Plain, None));
    assert_eq!(account.api_base, "http://api.weixin.qq.com");
}

#[test]
fn a_wecom_robot_needs_no_app_id() {
    let robot = "[[account]]\nname = \"a\"\nplatform = \"wecom-bot\"\ntoken = \"abc\"\n\
        encoding_aes_key = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"\n";
    let account = config(robot).accounts.remove(0);
    assert_eq!(account.app_id.as_str(), "");
    assert_eq!(account.api_base, "https://qyapi.weixin.qq.com");
}

#[test]
fn the_environment_overrides_the_file() {
    let set = [
        ("YIZHAN_SERVER__LISTEN", "127.0.0.1:1"),
        ("YIZHAN_SERVER__WORKERS", "2"),
        ("YIZHAN_SERVER__PRIVATE_HOSTS", "db, 10.0.0.7"),
        ("YIZHAN_SERVER__PUBLIC_URL", ""),
        ("YIZHAN_INBOX__PENDING", "9"),
        ("YIZHAN_ACCOUNT__MY_SHOP__TOKEN", "env:ELSEWHERE"),
        ("YIZHAN_ACCOUNT__MY_SHOP__LATE", "hold,retry"),
        ("YIZHAN_CONFIG", "not a setting"),
        ("ELSEWHERE", "OTHERTOKEN"),
    ];
    let text = SHOP.replace("\"shop\"", "\"my-shop\"");
    let config = load_with(&text, &set).map_err(|faults| faults.to_string()).unwrap().config;
    assert_eq!(config.server.listen, "127.0.0.1:1");
    assert_eq!(config.server.workers.map(usize::from), Some(2));
    assert_eq!(config.server.private_hosts, Allowed::parse(["db", "10.0.0.7"]).unwrap());
    assert_eq!(config.server.public_url, None);
    assert_eq!(config.inbox.pending, 9);
    assert_eq!(config.accounts[0].token, Token::parse("OTHERTOKEN").ok());
    assert_eq!(config.accounts[0].late, [Late::Hold, Late::Retry]);
}

#[test]
fn a_variable_that_fits_nothing_is_a_fault_that_names_it() {
    let set = [
        ("YIZHAN_ACCOUNT__SHPO__TOKEN", "abc"),
        ("YIZHAN_ACCOUNT__TOKEN", "abc"),
        ("YIZHAN_INBOX__CAPACITY", "many"),
        ("YIZHAN_SERVER__LISTN", "127.0.0.1:1"),
        ("YIZHAN_SEVER__LISTEN", "127.0.0.1:1"),
    ];
    let expected = "\
YIZHAN_ACCOUNT__SHPO__TOKEN: no `[[account]]` is called `SHPO`
  did you mean `SHOP`?
YIZHAN_ACCOUNT__TOKEN: no name in the variable
  write `YIZHAN_ACCOUNT__NAME__KEY`
YIZHAN_SERVER__LISTN: unknown key `listn` in `[server]`
  did you mean `listen`?
YIZHAN_SEVER__LISTEN: there is no section `sever`
  did you mean `YIZHAN_SERVER__…`?
YIZHAN_INBOX__CAPACITY: `capacity` must be an integer, not a string";
    assert_eq!(load_with(SHOP, &set).unwrap_err().to_string(), expected);
}

#[test]
fn port_says_where_to_listen_unless_the_owner_does() {
    let listen =
        |text: &str, set: &[(&str, &str)]| load_with(text, set).unwrap().config.server.listen;
    assert_eq!(listen(SHOP, &[("PORT", "80")]), "0.0.0.0:80");
    let fixed = format!("[server]\nlisten = \"[::]:1\"\n{SHOP}");
    assert_eq!(listen(&fixed, &[("PORT", "80")]), "[::]:1");
    let both = [("PORT", "80"), ("YIZHAN_SERVER__LISTEN", "127.0.0.1:2")];
    assert_eq!(listen(SHOP, &both), "127.0.0.1:2");
    let faults = load_with(SHOP, &[("PORT", "http")]).unwrap_err().to_string();
    assert!(faults.starts_with("PORT: `listen` is no address and port"), "{faults}");
}

#[test]
fn a_secret_file_is_relative_to_the_config_and_loses_its_line_end() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("secrets")).unwrap();
    fs::write(folder.path().join("secrets/token"), "FILETOKEN\r\n").unwrap();
    let path = folder.path().join("yizhan.toml");
    fs::write(&path, SHOP.replace("SHOPTOKEN", "file:secrets/token")).unwrap();
    let loaded = Config::load(&path, &Variables::new()).unwrap();
    assert_eq!(loaded.config.accounts[0].token, Token::parse("FILETOKEN").ok());
    assert_eq!(loaded.config.server.handlers, folder.path().join("handlers"));
}

#[test]
fn a_file_that_is_not_there_or_no_text_is_one_clear_fault() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("yizhan.toml");
    let missing = Config::load(&path, &Variables::new()).unwrap_err().to_string();
    let expected = format!(
        "{}: there is no such file\n  `yizhan init` writes one; `--config FILE` names another",
        path.display()
    );
    assert_eq!(missing, expected);
    fs::write(&path, b"a = 1\nb = \"\xb5\xea\"\n").unwrap();
    let gbk = Config::load(&path, &Variables::new()).unwrap_err().to_string();
    let expected = format!("{}:2:1: not UTF-8\n  save the file as UTF-8", path.display());
    assert_eq!(gbk, expected);
}

#[test]
fn no_secret_is_ever_printed() {
    let text = SHOP.replace("wx0123456789abcdef\"", "wx1\"\napp_secret = \"HUSH\"");
    let printed = format!("{:?}", load(&text).unwrap());
    for secret in ["HUSH", "SHOPTOKEN", "AAAAAAAAAAAA"] {
        assert!(!printed.contains(secret), "{secret} is in {printed}");
    }
}

#[test]
fn the_example_is_a_config_that_loads_without_a_warning() {
    let text = include_str!("../../../deploy/yizhan.example.toml");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("aes");
    fs::write(&file, "B".repeat(43)).unwrap();
    let text = text.replace("/run/secrets/office_aes_key", &file.display().to_string());
    let key = "A".repeat(43);
    let set = [("SHOP_TOKEN", "abc"), ("SHOP_AES_KEY", key.as_str()), ("OFFICE_TOKEN", "xyz")];
    let loaded = load_with(&text, &set).map_err(|faults| faults.to_string()).unwrap();
    assert_eq!(loaded.warnings, []);
    let names: Vec<&str> = loaded.config.accounts.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["shop", "office"]);
}

#[test]
fn the_schema_knows_every_setting_and_its_default() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for section in SECTIONS {
        let table = &schema["properties"][section.name];
        let table = if section.is_many { &table["items"] } else { table };
        for setting in section.settings {
            let entry = &table["properties"][setting.key];
            assert_eq!(entry["description"], setting.doc, "{} {}", section.name, setting.key);
            assert_eq!(entry["default"].is_null(), setting.default.is_none(), "{}", setting.key);
        }
    }
    let account = &schema["properties"]["account"]["items"];
    assert_eq!(account["required"], serde_json::json!(["name", "platform"]));
    assert_eq!(account["properties"]["mode"]["enum"][2], "safe");
    assert_eq!(account["properties"]["late"]["default"][2], "push");
}
