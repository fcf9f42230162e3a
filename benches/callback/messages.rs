//! Accounts, rules and unique messages, as the simulated WeChat sends them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use yizhan::clock::SystemClock;
use yizhan::config::Config;
use yizhan::entropy::SystemEntropy;
use yizhan::simulator::Account;
use yizhan::simulator::RawRequest;
use yizhan::simulator::RawResponse;
use yizhan::simulator::Simulator;
use yizhan::wechat::Mode;
use yizhan::wechat::Platform;
use yizhan::wechat::id::AppId;
use yizhan::wechat::secret::EncodingAesKey;
use yizhan::wechat::secret::Token;
use yizhan::wechat::wire::Format;

pub(crate) const KEY: &str = "KhzNNzOBjkcG/0SweC6WkCHEceYlWmvC3uLpGU4tsif";
const TOKEN: &str = "BenchToken01";

/// (name, platform, mode, format, id)
pub(crate) type Spec = (&'static str, Platform, Mode, Format, &'static str);

pub(crate) const PLAIN: Spec =
    ("plain", Platform::OfficialAccount, Mode::Plain, Format::Xml, "wxbench0000000001");
pub(crate) const SAFE: Spec =
    ("safe", Platform::OfficialAccount, Mode::Safe, Format::Xml, "wxbench0000000002");
pub(crate) const WECOM: Spec = ("wecom", Platform::Wecom, Mode::Safe, Format::Json, "wwbench003");

/// The config of the three accounts, and of `more` that nobody writes to.
pub(crate) fn config_text(listen: &str, handlers: &Path, more: usize) -> String {
    let mut text = format!(
        "[server]\nlisten = \"{listen}\"\nhandlers = '{}'\nworkers = 1\n",
        handlers.display()
    );
    let mut account = |name: &str, platform: &str, mode: &str, id: &str, token: &str| {
        write!(
            text,
            "[[account]]\nname = \"{name}\"\nplatform = \"{platform}\"\napp_id = \"{id}\"\n\
             token = \"{token}\"\nmode = \"{mode}\"\n"
        )
        .unwrap();
        if mode != "plain" {
            writeln!(text, "encoding_aes_key = \"{KEY}\"").unwrap();
        }
    };
    for (name, platform, mode, _, id) in [PLAIN, SAFE, WECOM] {
        account(name, platform.name(), mode.name(), id, TOKEN);
    }
    for number in 0..more {
        let (name, token) = (format!("more-{number}"), format!("MoreToken{number}"));
        account(&name, "official-account", "plain", &format!("wxmore{number}"), &token);
    }
    text
}

/// That config, read; `more` accounts and `rules` rules.
pub(crate) fn config(folder: &Path, more: usize, rules: usize) -> Config {
    let handlers = folder.join(format!("rules-{rules}"));
    write_rules(&handlers, rules);
    let text = config_text("127.0.0.1:0", &handlers, more);
    Config::parse("bench.toml", &text, Path::new(""), &BTreeMap::new()).unwrap().config
}

/// `count` rules: keywords and patterns of each kind, and an echo at the end, which answers.
pub(crate) fn write_rules(folder: &Path, count: usize) {
    let mut text = String::new();
    for number in 1..count {
        let condition = match number % 4 {
            0 => format!("equals = [\"word {number}\", \"词语{number}\"]"),
            1 => format!("contains = [\"product-{number}\"]"),
            2 => format!("match = \"deploy service{number} to {{env}}\""),
            _ => format!("regex = '^#order{number}-(?P<id>\\d+)$'"),
        };
        writeln!(text, "[[rule]]\nname = \"r{number}\"\n{condition}\nreply = \"no\"").unwrap();
    }
    text.push_str("[[rule]]\nname = \"echo\"\nreply = \"{{ text }}\"\n");
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("rules.toml"), text).unwrap();
}

/// The platform's side of an account.
pub(crate) fn simulator((name, platform, mode, format, id): Spec) -> Arc<Simulator> {
    let token = Token::parse(TOKEN).unwrap();
    let mut account = Account::new(platform, token, AppId::parse(id).unwrap()).format(format);
    if mode != Mode::Plain {
        account = account.sealed(mode, &EncodingAesKey::parse(KEY).unwrap());
    }
    let nowhere = |_: RawRequest| async { RawResponse { status: 500, body: Vec::new() } };
    let callback = format!("/callback/{name}");
    Simulator::new(account, &callback, nowhere, Arc::new(SystemClock), Arc::new(SystemEntropy))
}

/// The text of message `number`: 350 bytes, as a usual one.
pub(crate) fn document(number: u64, format: Format) -> String {
    let user = number % 1_000_000;
    match format {
        Format::Xml => format!(
            "<xml><ToUserName><![CDATA[gh_0a1b2c3d4e5f]]></ToUserName>\n\
             <FromUserName><![CDATA[oBenchUser{user:018}]]></FromUserName>\n\
             <CreateTime>1767225600</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n\
             <Content><![CDATA[{}]]></Content>\n<MsgId>{}</MsgId>\n</xml>",
            said(number),
            7_300_000_000_000_000_000 + number
        ),
        Format::Json => format!(
            "{{\"ToUserName\":\"gh_0a1b2c3d4e5f\",\"FromUserName\":\"oBenchUser{user:018}\",\
             \"CreateTime\":1767225600,\"MsgType\":\"text\",\"Content\":\"{}\",\"MsgId\":{}}}",
            said(number),
            7_300_000_000_000_000_000 + number
        ),
    }
}

/// What the user of message `number` says, and is told.
pub(crate) fn said(number: u64) -> String {
    format!("你好,请问订单 {number} 什么时候到? hello")
}
