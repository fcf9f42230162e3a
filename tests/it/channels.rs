//! Every kind of channel: its settings, its example, and what it sends.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use yizhan::channels::Channels;
use yizhan::channels::KINDS;
use yizhan::channels::Means;
use yizhan::clock::Clock;
use yizhan::clock::SystemClock;
use yizhan::config::Config;
use yizhan::config::fault::Faults;
use yizhan::entropy::Entropy;
use yizhan::entropy::SystemEntropy;
use yizhan::exchange::Allowed;
use yizhan::exchange::Exchange;
use yizhan::platform::Clients;
use yizhan::window::Windows;

const ACCOUNT: &str = "[[account]]\nname = \"shop\"\nplatform = \"official-account\"\n\
    app_id = \"wx0123456789abcdef\"\ntoken = \"SHOPTOKEN\"\nmode = \"plain\"\n";

/// Accounts that may call WeChat: a 公众号, a 小程序 and an application of 企业微信.
const CALLING: &str = "\
[[account]]
name = \"shop\"
platform = \"official-account\"
app_id = \"wx0123456789abcdef\"
app_secret = \"s\"
token = \"SHOPTOKEN\"
mode = \"plain\"
[[account]]
name = \"mini\"
platform = \"mini-program\"
app_id = \"wx0123456789abcdee\"
app_secret = \"s\"
token = \"MINITOKEN\"
mode = \"plain\"
[[account]]
name = \"corp\"
platform = \"wecom\"
app_id = \"ww0123456789abcdef\"
app_secret = \"s\"
agent_id = 1000002
token = \"CORPTOKEN\"
encoding_aes_key = \"KhzNNzOBjkcG/0SweC6WkCHEceYlWmvC3uLpGU4tsif\"
";

fn clients() -> Clients {
    let config = Config::parse("yizhan.toml", CALLING, Path::new(""), &BTreeMap::new()).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let store = yizhan::store::open("memory:", Path::new("")).unwrap();
    Clients::open(&config.config.accounts, &store, &clock, &entropy)
}

/// The channels of a config that has `text` beside an account, and what is wrong with them.
pub(crate) fn build(text: &str, environment: &BTreeMap<String, String>) -> (Channels, Faults) {
    let store = yizhan::store::open("memory:", Path::new("")).unwrap();
    let means = Means {
        windows: Arc::new(Windows::new(store, Arc::new(SystemClock))),
        exchange: Arc::new(Exchange::new(Allowed::default())),
        clock: Arc::new(SystemClock),
        clients: clients(),
    };
    let text = format!("{ACCOUNT}{text}");
    let mut faults = Faults::new();
    let channels = match Config::parse("yizhan.toml", &text, Path::new(""), environment) {
        Ok(loaded) => Channels::build(&loaded.config.channels, &means, &mut faults),
        Err(found) => {
            faults = found;
            Channels::default()
        }
    };
    (channels, faults)
}

/// Every variable that `text` names, with a value that any secret can have.
pub(crate) fn variables(text: &str) -> BTreeMap<String, String> {
    let names = text.split("\"env:").skip(1).filter_map(|it| it.split('"').next());
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    names.map(|name| (name.to_owned(), secret.to_owned())).collect()
}

fn faults(text: &str) -> String {
    build(text, &BTreeMap::new()).1.to_string()
}

#[test]
fn kinds_are_sorted_and_explained() {
    assert!(KINDS.is_sorted_by(|a, b| a.name < b.name));
    for kind in KINDS {
        assert!(kind.doc.ends_with('.'), "{}", kind.name);
        for setting in kind.settings {
            assert!(setting.doc.ends_with('.'), "{} {}", kind.name, setting.key);
        }
    }
}

#[test]
fn the_example_of_every_kind_is_a_channel_of_it() {
    for kind in KINDS {
        let (channels, faults) = build(kind.example, &variables(kind.example));
        assert!(faults.is_empty(), "{}: {faults}", kind.name);
        assert_eq!(channels.iter().count(), 1, "{}", kind.name);
    }
}

#[test]
fn a_misspelt_setting_is_named_with_the_one_that_was_meant() {
    for kind in KINDS {
        let all = kind.settings.iter().map(|setting| setting.key).chain(["concurrency"]);
        let longest = all.max_by_key(|key| key.len()).unwrap();
        let misspelt = format!("{}{longest}s = 1\n", kind.example);
        let (_, faults) = build(&misspelt, &variables(&misspelt));
        let line = 6 + misspelt.lines().count();
        let expected =
            format!("yizhan.toml:{line}:1: unknown key `{longest}s`\n  did you mean `{longest}`?");
        assert_eq!(faults.to_string(), expected, "{}", kind.name);
    }
}

#[test]
fn faults_of_a_channel_come_with_their_place() {
    let expected =
        "yizhan.toml:9:8: there is no kind of channel `webhok`\n  did you mean `webhook`?";
    assert_eq!(faults("[[channel]]\nname = \"ops\"\nkind = \"webhok\"\n"), expected);
    let expected = "yizhan.toml:7:1: `url` is missing\n  write `https://host/path`";
    assert_eq!(faults("[[channel]]\nname = \"ops\"\nkind = \"webhook\"\n"), expected);
    let text = "[[channel]]\nname = \"a/b\"\nkind = \"log\"\nrate = \"fast\"\ntimeout = \"1h\"\n\
        delivery = \"once\"\nfallback = \"a/b\"\n";
    let expected = "\
yizhan.toml:8:8: `name` cannot be `a/b`
  at most 64 letters, digits, `-` and `_`
yizhan.toml:10:8: `rate` cannot be `fast`
  write a number and `s`, `m`, `h` or `d`, such as `20/m`
yizhan.toml:11:11: `timeout` must be 100ms to 5m
yizhan.toml:12:12: `delivery` cannot be `once`
  one of `at_least_once`, `at_most_once`
yizhan.toml:13:12: a channel cannot stand in for itself";
    assert_eq!(faults(text), expected);
}

#[test]
fn a_variable_sets_a_setting_of_the_kind_as_it_is_read() {
    let text = "[[channel]]\nname = \"ops\"\nkind = \"webhook\"\n";
    let set = [("YIZHAN_CHANNEL__OPS__URL", "https://a.example/b"), ("SECRET", "short")];
    let mut environment: BTreeMap<String, String> =
        set.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert_eq!(build(text, &environment).1.to_string(), "");
    environment.insert("YIZHAN_CHANNEL__OPS__SECRET".to_owned(), "env:SECRET".to_owned());
    let expected = "YIZHAN_CHANNEL__OPS__SECRET: `secret` is no webhook secret\n  \
        write `whsec_` and 24 to 64 random bytes in base64";
    assert_eq!(build(text, &environment).1.to_string(), expected);
}

#[test]
fn the_settings_of_a_channel_are_not_printed() {
    let text = format!("{ACCOUNT}[[channel]]\nname = \"ops\"\nkind = \"log\"\nkey = \"geheim\"\n");
    let none = BTreeMap::<String, String>::new();
    let config = Config::parse("yizhan.toml", &text, Path::new(""), &none).unwrap().config;
    let printed = format!("{config:?}");
    assert!(printed.contains("\"key\"") && !printed.contains("geheim"), "{printed}");
}

#[test]
fn a_channel_through_wechat_names_an_account_that_may_call_it() {
    let of = |kind: &str, account: &str| {
        faults(&format!("[[channel]]\nname = \"c\"\nkind = \"{kind}\"\naccount = \"{account}\"\n"))
    };
    let fault = of("wechat-customer", "shopp");
    assert!(
        fault.contains("no account `shopp` may call WeChat\n  did you mean `shop`?"),
        "{fault}"
    );
    let fault = of("wechat-template", "corp");
    let expected = "`corp` is a `wecom`\n  this kind of channel goes through `official-account` or `mini-program`";
    assert!(fault.contains(expected), "{fault}");
    assert_eq!(of("wecom-app", "corp"), "");
}
