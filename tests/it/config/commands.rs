//! `yizhan init` and `yizhan check`, run as a user runs them.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use serde_json::Value;

fn yizhan(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yizhan"))
        .args(words)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn what_init_writes_passes_check() {
    let folder = tempfile::tempdir().unwrap();
    for language in ["zh", "en"] {
        let flags = ["init", "--yes", "--app-id", "wx1", "--lang", language, "--force"];
        let init = yizhan(folder.path(), &flags);
        assert_eq!(init.status.code(), Some(0), "{init:?}");
        assert!(said(&init).contains("URL: https://YOUR-DOMAIN/callback/main"), "{init:?}");
        let check = yizhan(folder.path(), &["check"]);
        assert_eq!(check.status.code(), Some(0), "{check:?}");
        assert_eq!(said(&check), "yizhan.toml: no faults\n");
    }
}

#[test]
fn init_without_what_it_needs_is_wrong_usage_and_over_a_file_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(yizhan(folder.path(), &["init", "--yes"]).status.code(), Some(2));
    assert!(!folder.path().join("yizhan.toml").exists());
    fs::write(folder.path().join("yizhan.toml"), "mine").unwrap();
    let init = yizhan(folder.path(), &["init", "--yes", "--app-id", "wx1"]);
    assert_eq!(init.status.code(), Some(1));
    assert_eq!(fs::read_to_string(folder.path().join("yizhan.toml")).unwrap(), "mine");
    assert!(!folder.path().join("handlers").exists());
}

#[test]
fn check_prints_faults_and_warnings_and_exits_2() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{}tokne = 1\nagent_id = 7\n", super::SHOP);
    fs::write(folder.path().join("a.toml"), text).unwrap();
    let check = yizhan(folder.path(), &["check", "--config", "a.toml"]);
    assert_eq!(check.status.code(), Some(2));
    let expected = "\
warning: a.toml:9:1: `agent_id` is used by `wecom` only
a.toml:8:1: unknown key `tokne`
  did you mean `token`?
1 fault
";
    assert_eq!(said(&check), expected);
    let json = yizhan(folder.path(), &["check", "--config", "a.toml", "--json"]);
    assert_eq!(json.status.code(), Some(2));
    let expected = r#"{"severity":"fault","file":"a.toml","line":8,"column":1,"message":"unknown key `tokne`","advice":"did you mean `token`?"}
{"severity":"warning","file":"a.toml","line":9,"column":1,"message":"`agent_id` is used by `wecom` only","advice":null}
"#;
    assert_eq!(said(&json), expected);
}

#[test]
fn check_without_a_file_names_the_way_on() {
    let folder = tempfile::tempdir().unwrap();
    let check = yizhan(folder.path(), &["check"]);
    assert_eq!(check.status.code(), Some(2));
    let expected = "\
yizhan.toml: there is no such file
  `yizhan init` writes one; `--config FILE` names another
1 fault
";
    assert_eq!(said(&check), expected);
}

#[test]
fn check_prints_the_schema_without_a_config() {
    let folder = tempfile::tempdir().unwrap();
    let check = yizhan(folder.path(), &["check", "--schema"]);
    assert_eq!(check.status.code(), Some(0));
    let schema: Value = serde_json::from_slice(&check.stdout).unwrap();
    assert_eq!(schema["title"], "yizhan.toml");
}

#[test]
fn a_bare_message_is_decoded_beside_a_config_that_is_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("yizhan.toml"), "[[account]]\ntoken = \"env:NOWHERE\"\n").unwrap();
    fs::write(folder.path().join("a.json"), r#"{"MsgType":"text","MsgId":1}"#).unwrap();
    let decode = yizhan(folder.path(), &["decode", "a.json"]);
    assert_eq!(decode.status.code(), Some(0), "{decode:?}");
    let expected = r#"{"file":"a.json","kind":"message","type":"text","typed":false,"key":"text///1","fields":{"MsgType":"text","MsgId":1}}"#;
    assert_eq!(said(&decode).trim_end(), expected);
    let check = yizhan(folder.path(), &["decode", "--account", "a", "--query", "", "a.json"]);
    assert_eq!(check.status.code(), Some(2), "{check:?}");
}

#[test]
fn check_reads_the_books_of_a_store_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{}[store]\nurl = \"sqlite:a.db\"\n", super::SHOP);
    fs::write(folder.path().join("yizhan.toml"), text).unwrap();
    let check = || {
        let check = yizhan(folder.path(), &["check"]);
        (said(&check), check.status.code())
    };
    let fine = ("yizhan.toml: no faults\n".to_owned(), Some(0));
    assert_eq!(check(), fine);
    assert!(!folder.path().join("a.db").exists(), "it made a store");
    // It stays open: a check beside a station that runs.
    let store = yizhan::store::open("sqlite:a.db", folder.path()).unwrap();
    assert_eq!(check(), fine);
    let database = rusqlite::Connection::open(folder.path().join("a.db")).unwrap();
    let changed = database.execute("INSERT OR REPLACE INTO book (entry, count) VALUES (5, 2)", []);
    assert_eq!(changed, Ok(1));
    let expected = "\
yizhan.toml: no faults
yizhan.toml:9:1: the store's books do not balance: they say 2 accepted (0 waiting, 0 delivered, 0 refused, 0 expired, 0 unknown), and its rows 0 accepted (0 waiting, 0 delivered, 0 refused, 0 expired, 0 unknown)
  keep a copy of the file and report it; `yizhan outbox list` shows what is there
";
    assert_eq!(check(), (expected.to_owned(), Some(1)));
    drop(store);
    fs::write(folder.path().join("a.db"), "no database, and longer than its head has to be")
        .unwrap();
    let (said, code) = check();
    assert!(said.contains("warning: yizhan.toml:9:1: the store cannot be read: "), "{said}");
    assert_eq!(code, Some(0));
}

#[test]
fn a_sealed_store_without_its_key_ends_every_command_and_names_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let config = |key: &str| {
        let text = format!("{}[store]\nurl = \"sqlite:a.db\"\n{key}", super::SHOP);
        fs::write(folder.path().join("yizhan.toml"), text).unwrap();
    };
    config("");
    drop(yizhan::store::open("sqlite:a.db", folder.path()).unwrap());
    let path = folder.path().join("a.db.key");
    let key = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();

    let gone = "the secrets in `a.db` are sealed, and their key is gone: put `a.db.key` back, or \
                write its 64 digits as `[store] key`";
    for words in [&["serve"][..], &["outbox", "list"]] {
        let output = yizhan(folder.path(), words);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains(gone), "{text}");
    }
    let check = yizhan(folder.path(), &["check"]);
    assert_eq!(check.status.code(), Some(1), "{check:?}");
    let expected = format!(
        "yizhan.toml: no faults\nyizhan.toml:9:1: {gone}\n  until then `yizhan serve` does not start\n"
    );
    assert_eq!(said(&check), expected);
    assert!(!path.exists());

    config("key = \"file:kept\"\n");
    fs::write(folder.path().join("kept"), &key).unwrap();
    let list = yizhan(folder.path(), &["outbox", "list"]);
    assert_eq!(list.status.code(), Some(0), "{list:?}");

    config("key = \"short\"\n");
    let check = yizhan(folder.path(), &["check"]);
    assert_eq!(check.status.code(), Some(2), "{check:?}");
    let expected = "yizhan.toml:10:7: `key` is no key\n  write 64 hexadecimal digits, as `openssl rand \
                    -hex 32` prints them\n1 fault\n";
    assert_eq!(said(&check), expected);
}

#[test]
fn a_command_leaves_the_key_to_the_next_start_of_the_station() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["11".repeat(32), "22".repeat(32)];
    let config = |keys: &str| {
        let text = format!("{}[store]\nurl = \"sqlite:a.db\"\n{keys}", super::SHOP);
        let text = format!("{text}[[channel]]\nname = \"ops\"\nkind = \"log\"\n");
        fs::write(folder.path().join("yizhan.toml"), text).unwrap();
    };
    let ends = |words: &[&str]| yizhan(folder.path(), words).status.code();
    let (send, list) = (["send", "--channel", "ops", "hello"], ["outbox", "list"]);
    config(&format!("key = \"{one}\"\n"));
    assert_eq!(ends(&send), Some(0));

    config(&format!("key = \"{two}\"\nprevious_key = \"{one}\"\n"));
    assert_eq!([ends(&send), ends(&list)], [Some(0), Some(0)]);
    config(&format!("key = \"{one}\"\n"));
    assert_eq!(ends(&list), Some(0), "the station that runs has this one only");
    config(&format!("key = \"{two}\"\n"));
    assert_eq!(ends(&list), Some(1));
}
