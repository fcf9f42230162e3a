//! The table of services in both READMEs is what the lists of the code say, and behind each tick
//! there are fixtures.

use std::fs;
use std::path::Path;

use yizhan::channels::ChannelKind;
use yizhan::channels::HOOKS;
use yizhan::channels::KINDS;
use yizhan::dialects::DIALECTS;
use yizhan::dialects::dialect;

use crate::channels;
use crate::services;

/// The head of each table, and its words for yes, for events and keys only.
const READMES: [(&str, &str, [&str; 3]); 2] = [
    ("README.md", "| service | kind | sends |", ["yes", "events", "keys"]),
    ("README.zh-CN.md", "| 服务 | kind | 发送 |", ["可用", "事件", "按键"]),
];

/// Dialects of things that are no kind of channel, as each README calls them.
const NO_KINDS: [(&str, &str, &str); 3] = [
    ("message-pusher", "message-pusher, self-hosted", "message-pusher（自建）"),
    ("multi-platform", "multi-platform alert SDK", "多平台告警 SDK"),
    ("wecomchan", "wecomchan, self-hosted", "wecomchan（自建）"),
];

/// What the multi-platform SDK's paths send through.
const MULTI_PLATFORM: [(&str, &str); 7] = [
    ("/email/send/message", "email"),
    ("/slack/send/message", "slack"),
    ("/dingding/send/message", "dingtalk"),
    ("/dingding/call", "dingtalk-call"),
    ("/wx/apps/send", "wecom-app"),
    ("/sms/send", "sms-tencent"),
    ("/vms/send", "voice-tencent"),
];

/// Kinds to whose users their account listens: it has callbacks instead of a hook.
const ACCOUNTS: [(&str, &str); 2] =
    [("wechat-customer", "official-account"), ("wecom-app", "wecom")];

/// The events that are keys pressed during a call.
const KEYS: [&str; 2] = ["event:voice_dtmf", "event:voicekey_callback"];

const NONE: &str = "–";

/// How much of a thing a kind has.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Has {
    Nothing,
    /// Only some channels of the kind have it; the cell names them.
    Some,
    Events,
    Keys,
    All,
}

impl Has {
    /// Whether the cell of a table says so.
    fn is_said(self, cell: &str, words: [&str; 3]) -> bool {
        let [yes, events, keys] = words;
        match self {
            Self::Nothing => cell == NONE,
            Self::Some => !cell.is_empty() && cell != NONE && !words.contains(&cell),
            Self::Events => cell == events,
            Self::Keys => cell == keys,
            Self::All => cell == yes,
        }
    }
}

#[test]
fn the_tables_of_services_say_what_the_code_does() {
    for (file, head, words) in READMES {
        let (kinds, others) = rows(file, head);
        let names: Vec<&str> = kinds.iter().map(|row| row[1].trim_matches('`')).collect();
        let expected: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(names, expected, "{file}: one row for each kind, in this order");
        for (row, kind) in kinds.iter().zip(KINDS) {
            let all = [sends(kind), receives(kind), receipts(kind), spoken(kind)];
            for (at, has) in all.into_iter().enumerate() {
                let cell = &row[2 + at];
                assert!(has.is_said(cell, words), "{file}: {}: `{cell}` is {has:?}", kind.name);
            }
        }
        let is_english = file == "README.md";
        let titles = NO_KINDS.map(|(_, en, zh)| if is_english { en } else { zh });
        let expected = titles.map(|title| [title, NONE, NONE, NONE, NONE, words[0]]);
        assert_eq!(others, expected, "{file}");
    }
}

#[test]
fn every_dialect_is_in_the_tables_and_has_fixtures() {
    for dialect in DIALECTS {
        let is_kind = KINDS.iter().any(|kind| kind.name == dialect.name);
        let is_other = NO_KINDS.iter().any(|(name, ..)| *name == dialect.name);
        assert!(is_kind != is_other, "{}", dialect.name);
        let folder = Path::new("fixtures/dialects").join(dialect.name);
        assert!(services::files(&folder, "http").len() > 1, "{}", folder.display());
    }
    let paths = MULTI_PLATFORM.map(|(path, _)| path);
    assert_eq!(dialect("multi-platform").unwrap().paths, paths);
}

/// The rows of a README's table: those with a kind, and the others.
fn rows(file: &str, head: &str) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let text = fs::read_to_string(file).unwrap();
    let (_, table) = text.split_once(head).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| -> Vec<String> {
        row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    rows.map(cells).partition(|cells| cells[1] != NONE)
}

/// Each sends: with the requests and answers that its folder has, or in a test of its own.
fn sends(kind: &ChannelKind) -> Has {
    let folder = Path::new("fixtures/channels").join(kind.name);
    let is_shown = folder.is_dir()
        && services::files(&folder, "expected")
            .iter()
            .any(|path| fs::read_to_string(path).unwrap().starts_with("delivered"));
    assert!(is_shown || services::WITHOUT_HTTP.contains(&kind.name), "{}", folder.display());
    Has::All
}

/// What its hook makes of what people wrote or did, by the hook's fixtures.
fn receives(kind: &ChannelKind) -> Has {
    if let Some((_, platform)) = ACCOUNTS.iter().find(|(name, _)| *name == kind.name) {
        let folder = Path::new("fixtures/callbacks").join(platform);
        assert!(!services::files(&folder, "expected").is_empty(), "{}", folder.display());
        return Has::All;
    }
    let told = told(kind);
    let from = told.iter().filter_map(|line| line.split_once(" from ").map(|(kind, _)| kind));
    let kinds: Vec<&str> = from.filter(|kind| !kind.contains(' ')).collect();
    match kinds.as_slice() {
        [] => Has::Nothing,
        kinds if kinds.iter().all(|it| KEYS.contains(it)) => Has::Keys,
        kinds if kinds.iter().all(|it| it.starts_with("event:")) => Has::Events,
        _ => Has::All,
    }
}

/// Whether anybody tells what became of what it sent: its hook, the account's callbacks, or its
/// service when it is asked.
fn receipts(kind: &ChannelKind) -> Has {
    let is_told =
        told(kind).iter().any(|it| it.starts_with("confirmed ") || it.starts_with("failed "));
    let (own, _) = channels::build(kind.example, &channels::variables(kind.example));
    if is_told || own.iter().any(|(_, channel)| channel.told_by().is_some()) {
        return Has::All;
    }
    let folder = Path::new("fixtures/channels").join(kind.name);
    if !folder.is_dir() {
        return Has::Nothing;
    }
    let (_, all) = services::channels(&folder, "http://127.0.0.1:9");
    let asking = all.iter().filter(|(_, channel)| channel.asks()).count();
    match asking {
        0 => return Has::Nothing,
        _ => assert!(Path::new("fixtures/asked").join(kind.name).is_dir(), "{}", kind.name),
    }
    if asking < all.iter().count() { Has::Some } else { Has::All }
}

/// Whether its service's clients may speak to us.
fn spoken(kind: &ChannelKind) -> Has {
    let is_own = dialect(kind.name).is_some();
    let is_shared = MULTI_PLATFORM.iter().any(|(_, name)| *name == kind.name);
    if is_own || is_shared { Has::All } else { Has::Nothing }
}

/// What was made of all that the fixtures send to its hook.
fn told(kind: &ChannelKind) -> Vec<String> {
    if !HOOKS.iter().any(|hook| hook.kind == kind.name) {
        return Vec::new();
    }
    let files = services::files(&Path::new("fixtures/hooks").join(kind.name), "expected");
    let texts = files.iter().map(|path| fs::read_to_string(path).unwrap());
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}
