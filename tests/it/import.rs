//! `yizhan import` on a file of message-pusher's, and what `yizhan check` says of the config.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Output;

use rusqlite::Connection;

const OWN: &str = "[admin]\ntoken = \"owner-token-0001\"\n[[account]]\nname = \"shop\"\n\
    platform = \"official-account\"\napp_id = \"wx0123456789abcdef\"\ntoken = \"ShopToken01\"\n\
    mode = \"plain\"\n";

const DATABASE: &str = "
CREATE TABLE users (id integer PRIMARY KEY, username text, password text, status int, token text,
  email text, channel text);
CREATE TABLE options (key text PRIMARY KEY, value text);
CREATE TABLE channels (id integer PRIMARY KEY, type text, user_id int, name text, status int,
  secret text, app_id text, account_id text, url text, other text, token text);
CREATE TABLE webhooks (id integer PRIMARY KEY, user_id int, name text, status int);
INSERT INTO users VALUES (1, 'root', 'hash', 1, 'root-token-0001', 'root@a.example', 'phone');
INSERT INTO options VALUES ('SMTPServer', 'smtp.a.example'), ('SMTPPort', '465'),
  ('SMTPAccount', 'push@a.example'), ('SMTPToken', 'secret');
INSERT INTO channels VALUES
  (1, 'bark', 1, 'phone', 1, 'k', '', '', 'https://api.day.app', '', NULL),
  (2, 'email', 1, 'mail', 1, '', '', '', '', '', 'mail-token-0001'),
  (3, 'corp_app', 1, '企业', 1, 's', 'ww0123456789abcdef|1000002', 'zhangsan', '', 'plugin', NULL),
  (4, 'test', 1, 'wx', 1, 's', 'wx0123456789abcde0', 'oAbc', '', 'T1', NULL),
  (5, 'corp', 1, 'robot', 1, '', '', '',
   'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k', '', NULL),
  (6, 'ding', 1, 'ding', 1, 'SEC1', '', '',
   'https://oapi.dingtalk.com/robot/send?access_token=t', '', NULL),
  (7, 'lark', 1, 'lark', 1, '', '', '',
   'https://open.feishu.cn/open-apis/bot/v2/hook/h', '', NULL),
  (8, 'telegram', 1, 'tg', 1, '1:abc', '', '-100', '', '', NULL),
  (9, 'discord', 1, 'discord', 1, '', '', '',
   'https://discord.com/api/webhooks/123456789012345678/abc', '', NULL),
  (10, 'group', 1, 'both', 1, '', 'phone|mail', '|', '', '', NULL),
  (11, 'custom', 1, 'panel', 1, '', '', '', 'https://a.example', '{}', NULL);
";

fn yizhan(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yizhan")).current_dir(folder).args(args).output().unwrap()
}

#[test]
fn what_is_imported_is_a_config_without_faults() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("message-pusher.db");
    Connection::open(&file).unwrap().execute_batch(DATABASE).unwrap();
    let before = fs::read(&file).unwrap();
    let output = yizhan(folder.path(), &["import", "message-pusher", "message-pusher.db"]);
    assert!(output.status.success(), "{output:?}");
    let imported = String::from_utf8(output.stdout).unwrap();
    assert_eq!(imported.matches("[[channel]]").count(), 9, "{imported}");
    assert!(imported.contains("# - channel `panel` (custom) of `root`"), "{imported}");
    assert_eq!(fs::read(&file).unwrap(), before);
    fs::write(folder.path().join("yizhan.toml"), format!("{OWN}\n{imported}")).unwrap();
    let output = yizhan(folder.path(), &["check"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_is_no_such_database_is_refused_and_nothing_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.db"), "hello, I am no database").unwrap();
    Connection::open(folder.path().join("b.db"))
        .unwrap()
        .execute_batch("CREATE TABLE a (b)")
        .unwrap();
    for (file, exit) in [("a.db", 2), ("b.db", 2), ("missing.db", 2)] {
        let output = yizhan(folder.path(), &["import", "message-pusher", file]);
        assert_eq!(output.status.code(), Some(exit), "{file}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{file}");
    }
    let output = yizhan(folder.path(), &["import", "message-pusher", "missing.db"]);
    let said = "yizhan: there is no file `missing.db`; name message-pusher's database, \
                `message-pusher.db` in its data folder\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), said);
}
