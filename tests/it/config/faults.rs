//! Bad configs and what is said about them.

use super::SHOP;
use super::faults;

/// A file with a fault in nearly every line.
const BAD: &str = r#"
[server]
listen = "8080"
public_url = "bot.example.com"
privat_hosts = []
private_hosts = ["db:5432"]
body_limit = "1GiB"
timezone = "Asia/Shanghia"
webhook_secret = "secret"
[inbox]
remember = "5s"
handler_timeout = "0"
[serve]
[[account]]
name = "my shop"
platform = "official"
tokne = "abc"
[[account]]
name = "a"
platform = "wecom"
app_id = "ww 1"
token = "ab"
encoding_aes_key = "short"
mode = "plain"
max_age = "soon"
late = ["retry", "retry"]
reply_within = "5s"
[[key]]
token = 7
colour = "red"
"#;

/// What is said about it, in the order of its lines.
const SAID: &str = r#"yizhan.toml:3:10: `listen` is no address and port: `8080`
  write `host:port`, such as `0.0.0.0:8080` or `[::]:8080`
yizhan.toml:4:14: `public_url` is no http address: `bot.example.com`
  write `https://host` or `https://host/path`, without a query
yizhan.toml:5:1: unknown key `privat_hosts`
  did you mean `private_hosts`?
yizhan.toml:6:18: `db:5432` is neither a host name, nor an address, nor a network such as `10.0.0.0/8`
  write no scheme, no port and no path
yizhan.toml:7:14: `body_limit` must be 1KiB to 64MiB
yizhan.toml:8:12: `timezone` is unknown: `Asia/Shanghia`
  write an IANA name, such as `Asia/Shanghai` or `UTC`
yizhan.toml:9:18: `webhook_secret` is no webhook secret
  write `whsec_` and 24 to 64 random bytes in base64
yizhan.toml:11:12: `remember` must be at least 15s
  WeChat delivers a message again for 15 s
yizhan.toml:12:19: `handler_timeout` must be more than 0
yizhan.toml:13:2: unknown key `serve`
  did you mean `server`?
yizhan.toml:14:1: `token` is missing
  an empty token lets anybody sign; type the same one here and in WeChat's console
yizhan.toml:14:1: mode `safe` needs an `encoding_aes_key`
  copy the 43 characters from WeChat's console
yizhan.toml:15:8: `name` cannot be `my shop`
  at most 64 letters, digits, `-` and `_`
yizhan.toml:16:12: `platform` cannot be `official`
  did you mean `official-account`?
yizhan.toml:17:1: unknown key `tokne`
  did you mean `token`?
yizhan.toml:21:10: `app_id`: an identifier has no blanks; there is one at byte 2
yizhan.toml:22:9: `token`: the token has 2 characters; WeChat takes 3 to 32 letters or digits
yizhan.toml:23:20: `encoding_aes_key`: the EncodingAESKey has 5 characters instead of 43
yizhan.toml:24:8: `wecom` cannot be in mode `plain`
  it always seals: `mode = "safe"`
yizhan.toml:25:11: `max_age` is no duration
  write a number with `ms`, `s`, `m`, `h` or `d`: `"4.5s"`, `"10m"`
yizhan.toml:26:8: `late` names one thing twice
yizhan.toml:27:16: `reply_within` must be more than 0 and less than 5s
  WeChat hangs up after 5 s; leave time for the way
yizhan.toml:28:1: `name` is missing
yizhan.toml:29:9: `token` must be a string, not an integer
  put it in quotes
yizhan.toml:30:1: unknown key `colour`"#;

const PLATFORM: &str = "platform = \"official-account\"\n";
const KEY: &str = "encoding_aes_key = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"\n";

/// What of the account is written otherwise, how, and what is said about it.
const CASES: &[(&str, &str, &str)] = &[
    ("name = \"shop\"\n", "", "yizhan.toml:2:1: `name` is missing"),
    ("\"shop\"", "\"\"", "yizhan.toml:3:1: `name` is empty"),
    (
        "\"shop\"",
        "\"店\"",
        "yizhan.toml:3:8: `name` cannot be `店`\n  at most 64 letters, digits, `-` and `_`",
    ),
    (
        PLATFORM,
        "",
        "yizhan.toml:2:1: `platform` is missing\n  one of `official-account`, `mini-program`, `wecom`, `wecom-bot`, `open-platform`",
    ),
    (
        "official-account",
        "oficial-account",
        "yizhan.toml:4:12: `platform` cannot be `oficial-account`\n  did you mean `official-account`?",
    ),
    (
        "app_id = \"wx0123456789abcdef\"\n",
        "",
        "yizhan.toml:2:1: `app_id` is missing\n  it is the AppID shown in WeChat's console",
    ),
    (
        "wx0123456789abcdef",
        "",
        "yizhan.toml:5:10: `app_id` is empty\n  it is the AppID shown in WeChat's console",
    ),
    (
        "token = \"SHOPTOKEN\"\n",
        "",
        "yizhan.toml:2:1: `token` is missing\n  an empty token lets anybody sign; type the same one here and in WeChat's console",
    ),
    (
        "SHOPTOKEN",
        "",
        "yizhan.toml:6:1: `token` is empty\n  an empty token lets anybody sign; type the same one here and in WeChat's console",
    ),
    (
        "SHOPTOKEN",
        "ab",
        "yizhan.toml:6:9: `token`: the token has 2 characters; WeChat takes 3 to 32 letters or digits",
    ),
    (
        "SHOPTOKEN",
        "a+b",
        "yizhan.toml:6:9: `token`: the token has a character that is neither a letter nor a digit, at 1",
    ),
    (
        "SHOPTOKEN",
        "env:NOT_THERE",
        "yizhan.toml:6:9: `token`: the environment variable `NOT_THERE` is not set\n  set `NOT_THERE`, or write the secret as `file:PATH`",
    ),
    (
        "SHOPTOKEN",
        "file:not-there",
        "yizhan.toml:6:9: `token`: cannot read `/etc/yizhan/not-there`: No such file or directory (os error 2)\n  a path is relative to the config file",
    ),
    (
        KEY,
        "",
        "yizhan.toml:2:1: mode `safe` needs an `encoding_aes_key`\n  copy the 43 characters from WeChat's console",
    ),
    (
        KEY,
        "mode = \"compatible\"\nencoding_aes_key = \"\"\n",
        "yizhan.toml:8:1: mode `compatible` needs an `encoding_aes_key`\n  copy the 43 characters from WeChat's console",
    ),
    (
        "AAAAAAAAAAA\"",
        "\"",
        "yizhan.toml:7:20: `encoding_aes_key`: the EncodingAESKey has 32 characters instead of 43",
    ),
    (
        "AAAAAAAAAAA\"",
        "AAAAAAAAAA!\"",
        "yizhan.toml:7:20: `encoding_aes_key`: the EncodingAESKey has a character that is not base64",
    ),
    (
        PLATFORM,
        "platform = \"wecom\"\nmode = \"plain\"\n",
        "yizhan.toml:5:8: `wecom` cannot be in mode `plain`\n  it always seals: `mode = \"safe\"`",
    ),
    (
        PLATFORM,
        "platform = \"wecom-bot\"\nmode = \"compatible\"\n",
        "yizhan.toml:5:8: `wecom-bot` cannot be in mode `compatible`\n  it always seals: `mode = \"safe\"`",
    ),
    (
        PLATFORM,
        "platform = \"open-platform\"\nmode = \"plain\"\n",
        "yizhan.toml:5:8: `open-platform` cannot be in mode `plain`\n  it always seals: `mode = \"safe\"`",
    ),
    (
        PLATFORM,
        "platform = \"wecom\"\nsource = \"cloud-run\"\n",
        "yizhan.toml:5:10: `wecom` cannot come from `cloud-run`\n  it serves `official-account` and `mini-program`",
    ),
    (
        KEY,
        "source = \"cloud-run\"\nmode = \"safe\"\n",
        "yizhan.toml:8:8: `cloud-run` cannot be in mode `safe`\n  the platform seals nothing: `mode = \"plain\"`",
    ),
    (
        KEY,
        "mode = \"plain\"\nlate = [\"later\"]\n",
        "yizhan.toml:8:9: `late` cannot be `later`\n  one of `stream`, `retry`, `push`, `hold`",
    ),
    (
        KEY,
        "mode = \"plain\"\nreply_within = \"0\"\n",
        "yizhan.toml:8:16: `reply_within` must be more than 0 and less than 5s\n  WeChat hangs up after 5 s; leave time for the way",
    ),
    (
        KEY,
        "mode = \"plain\"\nagent_id = -1\n",
        "yizhan.toml:8:12: `agent_id` is -1; it must be 0 to 4294967295",
    ),
    (
        KEY,
        "mode = \"plain\"\napi_base = \"ftp://x\"\n",
        "yizhan.toml:8:12: `api_base` is no http address: `ftp://x`\n  write `https://host` or `https://host/path`, without a query",
    ),
    (
        KEY,
        "mode = \"plain\"\nholding = \"x\"\n",
        "yizhan.toml:8:1: unknown key `holding`\n  did you mean `holding_text`?",
    ),
];

#[test]
fn all_faults_of_a_file_are_reported_at_once() {
    assert_eq!(faults(BAD), SAID);
}

#[test]
fn each_fault_of_an_account_is_named_with_its_place_and_advice() {
    for (written, instead, said) in CASES {
        let text = SHOP.replace(written, instead);
        assert_ne!(text, SHOP, "{written}");
        assert_eq!(faults(&text), *said, "{instead}");
    }
}

#[test]
fn what_is_wrong_with_an_assistant_is_said_with_its_place() {
    let text = format!(
        "{SHOP}[[assistant]]\nname = \"my helper\"\nbase_url = \"127.0.0.1:11434\"\nmodel = \"\"\n\
         memory = \"30d\"\ntimeout = \"0\"\nmemory_tokens = -1\nover_budget = \"\"\ntemprature = 1\n\
         [[assistant]]\nname = \"a\"\nbase_url = \"https://m.example/v1/\"\nmodel = \"m\"\n\
         [[assistant]]\nname = \"a\"\nbase_url = \"https://m.example/v1\"\nmodel = \"m\"\n"
    );
    let said = "\
yizhan.toml:9:8: `name` cannot be `my helper`
  at most 64 letters, digits, `-` and `_`
yizhan.toml:10:12: `base_url` is no http address
  write `http://host/v1`, as the model's server documents it
yizhan.toml:11:1: `model` is empty
yizhan.toml:12:10: `memory` must be at most 7 days
yizhan.toml:13:11: `timeout` must be from 1 second to 10 minutes
yizhan.toml:14:17: `memory_tokens` is -1; it must be 0 to 1000000
yizhan.toml:15:1: `over_budget` is empty
yizhan.toml:16:1: unknown key `temprature`
yizhan.toml:22:8: a second assistant is called `a`";
    assert_eq!(faults(&text), said);
}
