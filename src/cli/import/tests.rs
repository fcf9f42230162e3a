//! A database as message-pusher makes it, and what is made of it.

use rusqlite::Connection;

use super::message_pusher::import;
use super::rows::rows;
use crate::entropy::SeededEntropy;

/// The tables as its AutoMigrate makes them in SQLite, without their indexes.
const SCHEMA: &str = "
CREATE TABLE users (id integer, username text UNIQUE, password text NOT NULL, display_name text,
  role int DEFAULT 1, status int DEFAULT 1, token text, email text, github_id text,
  wechat_id text, channel text, send_email_to_others int DEFAULT 0,
  save_message_to_database int DEFAULT 0, PRIMARY KEY (id));
CREATE TABLE options (key text, value text, PRIMARY KEY (key));
CREATE TABLE channels (id integer, type varchar(32), user_id integer, name varchar(32),
  description text, status integer DEFAULT 1, secret text, app_id text, account_id text,
  url text, other text, created_time integer, token text, PRIMARY KEY (id));
CREATE TABLE webhooks (id integer, user_id integer, name varchar(32), status integer DEFAULT 1,
  link char(32), created_time integer, extract_rule text NOT NULL, construct_rule text NOT NULL,
  channel varchar(32) NOT NULL, PRIMARY KEY (id));
INSERT INTO options VALUES ('SMTPServer', 'smtp.a.example'), ('SMTPPort', '465'),
  ('SMTPAccount', 'push@a.example'), ('SMTPToken', 'mail-secret');
";

fn imported(rows_of: &str) -> String {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    connection.execute_batch(rows_of).unwrap();
    import(&rows(&connection).unwrap(), &SeededEntropy::new(1)).to_string()
}

fn user(id: i64, name: &str, token: &str, channel: &str) -> String {
    format!(
        "INSERT INTO users (id, username, password, status, token, email, channel)
         VALUES ({id}, '{name}', 'hash', 1, '{token}', '{name}@a.example', '{channel}');"
    )
}

/// `columns`: type, name, secret, app_id, account_id, url, other, token.
fn channel(id: i64, user: i64, columns: [&str; 8]) -> String {
    let [kind, name, secret, app_id, account_id, url, other, token] = columns;
    format!(
        "INSERT INTO channels (id, type, user_id, name, status, secret, app_id, account_id, url,
         other, token) VALUES ({id}, '{kind}', {user}, '{name}', 1, '{secret}', '{app_id}',
         '{account_id}', '{url}', '{other}', '{token}');"
    )
}

#[test]
fn users_are_keys_and_channels_are_channels() {
    let found = imported(
        &[
            user(1, "root", "root-token-0001", "bark"),
            channel(1, 1, ["bark", "phone", "device-key", "", "", "https://api.day.app", "", ""]),
            channel(2, 1, ["email", "mail", "", "", "", "", "", "mail-token-0001"]),
            channel(3, 1, ["group", "both", "", "phone|mail|none", "||", "", "", ""]),
        ]
        .concat(),
    );
    let expected = "\
# From message-pusher. Keys are good once `[admin] token` is set; secrets may be
# moved to `env:NAME` or `file:PATH`. `yizhan check` says what is missing.
#
# Not as it was:
# - group `both` of `root`: without none
# - a push of `root` that names no channel went through `bark`; now it goes through all of the key's

[[channel]]
name = \"phone\"
kind = \"bark\"
device_key = \"device-key\"

[[channel]]
name = \"mail\"
kind = \"email\"
host = \"smtp.a.example\"
port = 465
security = \"tls\"
from = \"push@a.example\"
password = \"mail-secret\"
to = [\"root@a.example\"]

[[topic]]
name = \"both\"
channels = [\"phone\", \"mail\"]

[[key]]
name = \"root\"
token = \"root-token-0001\"
may = [\"send:phone\", \"send:mail\"]

[[key]]
name = \"root-mail\"
token = \"mail-token-0001\"
may = [\"send:mail\"]
";
    assert_eq!(found, expected);
}

#[test]
fn a_robot_s_address_becomes_its_key_and_its_host_where_that_is_another() {
    let robot = |id, kind, url| channel(id, 1, [kind, kind, "SEC1", "", "", url, "", ""]);
    let found = imported(
        &[
            user(1, "root", "root-token-0001", ""),
            robot(1, "corp", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k-1"),
            robot(2, "ding", "https://oapi.dingtalk.com/robot/send?access_token=t-1"),
            robot(3, "lark", "https://open.larksuite.com/open-apis/bot/v2/hook/h-1"),
            robot(4, "discord", "https://discord.com/api/webhooks/123/abc"),
            channel(5, 1, ["telegram", "tg", "1:abc", "", "-100", "", "", ""]),
            robot(6, "custom", "https://a.example"),
            robot(7, "ding", "https://a.example/robot"),
        ]
        .concat(),
    );
    for section in [
        "name = \"corp\"\nkind = \"wecom-robot\"\nkey = \"k-1\"\n",
        "name = \"ding\"\nkind = \"dingtalk\"\ntoken = \"t-1\"\nsecret = \"SEC1\"\n",
        "kind = \"feishu\"\nbase_url = \"https://open.larksuite.com\"\ntoken = \"h-1\"\n",
        "name = \"discord\"\nkind = \"discord\"\nid = \"123\"\ntoken = \"abc\"\n",
        "name = \"tg\"\nkind = \"telegram\"\ntoken = \"1:abc\"\nto = [\"-100\"]\n",
        "# - channel `custom` (custom) of `root`: there is no such kind of channel here\n",
        "# - channel `ding` (ding) of `root`: its address is not one of the service's webhooks\n",
    ] {
        assert!(found.contains(section), "{section}\n{found}");
    }
}

#[test]
fn an_account_comes_with_its_channel_and_the_secrets_that_it_lacks() {
    let found = imported(
        &[
            user(1, "root", "root-token-0001", ""),
            channel(1, 1, ["corp_app", "企业", "s1", "ww1|1000002", "zhangsan|lisi", "", "", ""]),
            channel(2, 1, ["test", "wx", "s2", "wx0123456789abcdef", "oAbc", "", "T1", ""]),
        ]
        .concat(),
    );
    for section in [
        "# - `企业` of `root` is called `corp-app-1`\n",
        "# - `wx` sends to whom a push names in `to`; it went to `oAbc` by itself\n",
        "[[account]]\nname = \"corp-app-1\"\nplatform = \"wecom\"\napp_id = \"ww1\"\napp_secret = \"s1\"\nagent_id = 1000002\ntoken = \"",
        "account = \"corp-app-1\"\nto = [\"zhangsan\", \"lisi\"]\n",
        "kind = \"wechat-template\"\naccount = \"wx\"\ntemplate_id = \"T1\"\ntitle_field = \"title\"\n",
    ] {
        assert!(found.contains(section), "{section}\n{found}");
    }
}

#[test]
fn what_is_not_taken_is_listed_and_a_bad_token_is_replaced() {
    let off = "UPDATE channels SET status = 2 WHERE id = 3;
        INSERT INTO webhooks VALUES (1, 1, 'alert', 1, 'x', 0, '', '', 'bark');";
    let found = imported(
        &[
            user(1, "root", "short", ""),
            user(2, "二", "root-token-0002", ""),
            channel(1, 1, ["bark", "phone", "k1", "", "", "", "", ""]),
            channel(2, 2, ["bark", "phone", "k2", "", "", "http://10.0.0.2:8080/", "", ""]),
            channel(3, 1, ["bark", "old", "k3", "", "", "", "", ""]),
            channel(4, 1, ["client", "ws", "k4", "", "", "", "", ""]),
            off.to_owned(),
        ]
        .concat(),
    );
    for line in [
        "# - `phone` of `二` is called `phone-2`\n",
        "# - the user of key `root` had a token that is too short or has signs that no token may have: it has a new one\n",
        "# - channel `old` (bark) of `root`: it or its user is switched off\n",
        "# - channel `ws` (client) of `root`: there is no such kind of channel here\n",
        "# - webhook `alert` of `root`: there is no such thing here",
        "base_url = \"http://10.0.0.2:8080\"\n",
        "[[key]]\nname = \"user-2\"\ntoken = \"root-token-0002\"\nmay = [\"send:phone-2\"]\n",
    ] {
        assert!(found.contains(line), "{line}\n{found}");
    }
    assert!(!found.contains("short\""), "{found}");
}

#[test]
fn a_database_of_something_else_is_refused() {
    let connection = Connection::open_in_memory().unwrap();
    let error = rows(&connection).unwrap_err().to_string();
    assert!(error.contains("no such table: users"), "{error}");
}
