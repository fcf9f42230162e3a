//! The rule files that come with the hub, and the examples beside them.

use std::path::PathBuf;
use std::time::Duration;

use yizhan::dispatch::handler::Answer;
use yizhan::dispatch::handler::Handler as _;
use yizhan::dispatch::rules::Counts;
use yizhan::dispatch::rules::Rules;
use yizhan::dispatch::rules::RulesHandler;
use yizhan::dispatch::rules::Settings;
use yizhan::exchange::Allowed;
use yizhan::wechat::inbound::Inbound;

use super::MORNING;
use super::event;
use super::plain;
use super::said;
use super::settings;
use super::shop;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The shipped rules, as a fresh config without any account of ours reads them.
fn shipped() -> RulesHandler {
    let settings =
        Settings { private_hosts: Allowed::default(), webhook_secret: None, ..settings() };
    RulesHandler::load(folder("handlers"), Vec::new(), settings, Counts::default()).unwrap()
}

/// The rule that answers a document, and what it says.
fn answer(handler: &RulesHandler, document: &str, second: u64) -> (String, String) {
    let inbound = std::sync::Arc::new(Inbound::parse(document.as_bytes().to_vec()).unwrap());
    match handler.answer(&inbound, &shop(MORNING + Duration::from_secs(second))) {
        Answer::Now(Ok(outcome)) => (outcome.by, plain(&outcome.reply)),
        Answer::Now(Err(error)) => panic!("{document}: {error}"),
        Answer::Pass => (String::new(), String::new()),
        Answer::Later(_) | Answer::Reported(..) => panic!("{document}: a shipped rule waits"),
    }
}

#[test]
fn the_shipped_rules_answer_a_chat_out_of_the_box() {
    let handler = shipped();
    let chat = [
        ("帮助", "help", "我会这些 / I can do this:"),
        ("HELP", "help", "我会这些 / I can do this:"),
        ("我是谁", "who-am-i", "还不知道，发送「叫我小明」告诉我 / Send \"call me Ann\" first(u1)"),
        ("叫我 小明", "call-me", "好的，小明！发送「我是谁」试试。"),
        ("Who am I", "who-am-i", "你是小明 / You are 小明(u1)"),
        ("call me Ann", "call-me-en", "All right, Ann! Now send \"who am i\"."),
        ("现在几点了？", "time", "上午好，现在 09:30 / It is 09:30"),
        ("掷骰子", "dice", "🎲 5"),
        ("dice", "dice", "骰子还在转，十秒后再来 / Still rolling, try again in ten seconds"),
        ("查订单 #42", "order", "订单 42：已发货 / Order 42: shipped"),
        ("Order 2000", "order", "订单 2000：已发货 / Order 2000: shipped ✈"),
        ("计算 6*7", "calc", "6 * 7 = 42"),
        ("calc 3-5", "calc", "3 - 5 = -2"),
        ("人工", "agent", "Transfer { kf_account: None }"),
        ("随便说说", "fallback", "你说：随便说说"),
    ];
    for (text, rule, begin) in chat {
        let (by, said) = answer(&handler, &said("u1", text), 0);
        assert_eq!(by, rule, "{text}");
        assert_eq!(said.lines().next(), Some(begin), "{text}");
    }
    let (_, last) = answer(&handler, &said("u1", "再说"), 0);
    assert_eq!(last, "你说：再说\n(第 16 句。发送「帮助」看看我会什么 / Send \"help\")");
    let evening = answer(&handler, &said("u1", "agent"), 10 * 3600);
    assert_eq!(evening.0, "agent-closed");
    assert!(evening.1.ends_with("it is 19 now"), "{}", evening.1);
}

#[test]
fn the_shipped_rules_answer_events_and_other_messages() {
    let handler = shipped();
    let message = |kind: &str, rest: &str| {
        format!("<xml><FromUserName>u1</FromUserName><MsgType>{kind}</MsgType>{rest}</xml>")
    };
    let media = "<MediaId>M1</MediaId>";
    let table = [
        (event("subscribe", ""), "welcome"),
        (event("subscribe", "qrscene_door"), "scanned-the-door"),
        (event("SCAN", "door"), "scanned-the-door"),
        (event("unsubscribe", ""), "goodbye"),
        (event("CLICK", "NEWS"), "menu-news"),
        (event("CLICK", "OTHER"), "menu-other"),
        (said("u1", "news"), "say-news"),
        (message("image", media), "picture"),
        (message("voice", media), "voice"),
        (message("voice", "<Recognition>帮助。</Recognition>"), "help"),
        (message("location", "<Label>北京</Label>"), "location"),
        (message("video", media), "other-message"),
        (event("TEMPLATESENDJOBFINISH", ""), ""),
    ];
    for (document, rule) in table {
        assert_eq!(answer(&handler, &document, 0).0, rule, "{document}");
    }
    assert_eq!(answer(&handler, &message("image", media), 0).1, "Image { media_id: \"M1\" }");
}

#[test]
fn every_example_is_read_without_a_fault_and_every_shipped_rule_is_known() {
    let names = |name: &str| -> Vec<String> {
        let rules = Rules::load(&folder(name), &[], &settings());
        let rules = rules.unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(rules.warnings(), []);
        rules.names().map(str::to_owned).collect()
    };
    let examples = names("handlers/examples");
    assert_eq!(examples.len(), 19);
    let mut all = names("handlers");
    all.extend(examples);
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count, "an example can be copied beside the shipped rules");
}

#[test]
fn the_shipped_files_show_every_key_and_every_reply() {
    let mut text = String::new();
    for name in ["handlers", "handlers/examples"] {
        for entry in std::fs::read_dir(folder(name)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    for key in [
        "on", "match", "equals", "contains", "regex", "key", "from", "when", "call", "forward",
        "reply", "push", "set", "next", "cooldown", "deny",
    ] {
        let is_shown = text.lines().any(|line| line.split('=').next().unwrap().trim() == key);
        assert!(is_shown, "{key}");
    }
    for reply in [
        "text",
        "image",
        "voice",
        "video",
        "music",
        "news",
        "transfer",
        "update_button",
        "update_taskcard",
        "update_template_card",
        "result",
        "success",
    ] {
        assert!(text.contains(&format!("type = \"{reply}\"")), "{reply}");
    }
}

#[test]
fn every_rule_in_the_docs_stands_in_a_file_that_is_read() {
    let mut files = String::new();
    for name in ["handlers", "handlers/examples"] {
        for entry in std::fs::read_dir(folder(name)).unwrap() {
            let path = entry.unwrap().path();
            files.push_str(&std::fs::read_to_string(path).unwrap_or_default());
        }
    }
    for page in ["docs/rules.md", "docs/rules.zh-CN.md"] {
        let text = std::fs::read_to_string(folder(page)).unwrap();
        let blocks: Vec<&str> = text
            .split("```toml\n")
            .skip(1)
            .map(|block| block.split("```").next().unwrap())
            .collect();
        assert!(blocks.len() >= 10, "{page}");
        for block in blocks {
            assert!(files.contains(block), "{page}\n{block}");
        }
    }
}
