//! `confirm`: who asks for something dangerous is asked back.

use std::sync::Arc;
use std::time::Duration;

use yizhan::dispatch::handler::Handler;

use super::Desk;
use super::MORNING;
use super::event;
use super::faults_of;
use super::plain;
use super::said;
use super::shop;
use crate::support::Setup;
use crate::support::TestStation;

/// Counts how often it was done.
const RESTART: &str = r#"
[[rule]]
name    = "restart"
match   = "重启 {host}"
from    = ["oAnna", "oBen"]
confirm = "真的要重启 {{ host }} 吗？60 秒内回复「是」"
set     = { done = "{{ user.done | default(0) | int + 1 }}" }
reply   = "{{ host }} 已重启，第 {{ user.done }} 次"

[[rule]]
name  = "else"
reply = "听到：{{ text }}"
"#;

/// What `user` is told who says `text` so many seconds after [`MORNING`].
async fn says(desk: &Desk, user: &str, second: u64, text: &str) -> String {
    let context = shop(MORNING + Duration::from_secs(second));
    plain(&desk.answer(&said(user, text), &context).await.unwrap().reply)
}

#[tokio::test]
async fn a_rule_that_asks_back_is_done_once_its_sender_says_yes() {
    let desk = Desk::with(RESTART);
    let asked = "真的要重启 db1 吗？60 秒内回复「是」";
    assert_eq!(says(&desk, "oAnna", 0, "重启 db1").await, asked);
    assert_eq!(says(&desk, "oAnna", 60, "是").await, "db1 已重启，第 1 次");
    assert_eq!(says(&desk, "oAnna", 61, "是").await, "听到：是");
    assert_eq!(says(&desk, "oAnna", 62, "重启 db1").await, asked);
    assert_eq!(says(&desk, "oAnna", 63, " YES ").await, "db1 已重启，第 2 次");
}

#[tokio::test]
async fn a_yes_that_comes_too_late_is_a_message_like_any_other() {
    let desk = Desk::with(RESTART);
    says(&desk, "oAnna", 0, "重启 db1").await;
    assert_eq!(says(&desk, "oAnna", 61, "是").await, "听到：是");
    assert_eq!(says(&desk, "oAnna", 61, "是").await, "听到：是");
}

#[tokio::test]
async fn any_other_message_is_answered_and_cancels_what_was_asked() {
    let desk = Desk::with(RESTART);
    says(&desk, "oAnna", 0, "重启 db1").await;
    assert_eq!(says(&desk, "oAnna", 1, "不").await, "听到：不");
    assert_eq!(says(&desk, "oAnna", 2, "是").await, "听到：是");
    says(&desk, "oAnna", 3, "重启 db1").await;
    says(&desk, "oAnna", 4, "重启 db2").await;
    assert_eq!(says(&desk, "oAnna", 5, "是").await, "db2 已重启，第 1 次");
}

#[tokio::test]
async fn an_event_is_neither_a_yes_nor_a_no() {
    let desk = Desk::with(&RESTART.replace("oAnna", "u1"));
    says(&desk, "u1", 0, "重启 db1").await;
    assert_eq!(desk.answer(&event("LOCATION", ""), &shop(MORNING)).await, None);
    assert_eq!(says(&desk, "u1", 1, "是").await, "db1 已重启，第 1 次");
}

#[tokio::test]
async fn nobody_else_can_say_yes_and_who_may_not_is_not_even_asked() {
    let desk = Desk::with(RESTART);
    says(&desk, "oAnna", 0, "重启 db1").await;
    assert_eq!(says(&desk, "oBen", 1, "是").await, "听到：是");
    assert_eq!(says(&desk, "oEve", 1, "是").await, "听到：是");
    assert_eq!(says(&desk, "oEve", 2, "重启 db1").await, "听到：重启 db1");
    assert_eq!(says(&desk, "oAnna", 3, "是").await, "db1 已重启，第 1 次");
}

#[tokio::test]
async fn who_may_no_longer_once_the_rules_have_changed_gets_nothing_done_by_a_yes() {
    let desk = Desk::with(RESTART);
    says(&desk, "oAnna", 0, "重启 db1").await;
    desk.write("10-rules.toml", &RESTART.replace("\"oAnna\", ", ""));
    desk.handler.reload().unwrap();
    assert_eq!(says(&desk, "oAnna", 1, "是").await, "听到：是");
}

#[tokio::test]
async fn the_time_and_the_words_of_a_yes_can_be_set() {
    let table = r#"{ text = "真的？", within = "5m", yes = ["确认", "Sure"] }"#;
    let desk =
        Desk::with(&RESTART.replace("\"真的要重启 {{ host }} 吗？60 秒内回复「是」\"", table));
    assert_eq!(says(&desk, "oAnna", 0, "重启 db1").await, "真的？");
    assert_eq!(says(&desk, "oAnna", 300, "sure").await, "db1 已重启，第 1 次");
    says(&desk, "oAnna", 301, "重启 db1").await;
    assert_eq!(says(&desk, "oAnna", 302, "是").await, "听到：是");
}

#[tokio::test]
async fn what_was_said_is_a_yes_without_the_full_stop_of_the_recognition() {
    let desk = Desk::with(RESTART);
    says(&desk, "oAnna", 0, "重启 db1").await;
    let voice = said("oAnna", "").replace(">text<", ">voice<").replace(
        "<Content><![CDATA[]]></Content>",
        "<MediaId>m</MediaId><Recognition>是。</Recognition>",
    );
    let outcome = desk.answer(&voice, &shop(MORNING)).await.unwrap();
    assert_eq!(plain(&outcome.reply), "db1 已重启，第 1 次");
}

#[tokio::test(start_paused = true)]
async fn however_often_wechat_delivers_both_messages_it_is_done_once() {
    let desk = Desk::with(RESTART);
    let rules: Arc<dyn Handler> = Arc::new(desk.handler.clone());
    let station = TestStation::new(&Setup::default(), vec![rules]);
    let anna = station.follower("oAnna");
    let message =
        |text: &str| anna.document(serde_json::json!({"MsgType": "text", "Content": text}));
    let (command, yes) = (message("重启 db1"), message("是"));
    for _ in 0..3 {
        let exchange = station.simulator().deliver(&command).await;
        assert_eq!(exchange.text(), "真的要重启 db1 吗？60 秒内回复「是」");
    }
    tokio::time::sleep(Duration::from_secs(59)).await;
    for _ in 0..3 {
        assert_eq!(station.simulator().deliver(&yes).await.text(), "db1 已重启，第 1 次");
    }
    anna.says("重启 db1").await;
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(anna.says("是").await.text(), "听到：是");
}

#[test]
fn what_is_wrong_with_a_question_is_said() {
    let table = [
        ("confirm = ''", "a.toml:3:1: `confirm` is empty\n"),
        (
            "confirm = { text = 'x', within = '2h' }",
            "a.toml:3:34: `within` must be more than 0 and at most 1 hour\n",
        ),
        (
            "confirm = { text = 'x', yes = [] }",
            "a.toml:3:31: `yes` is empty: nobody could say it\n",
        ),
        ("confirm = { yes = 'x' }", "a.toml:3:11: `text` is missing\n"),
        (
            "confirm = { text = 'x', wihtin = '9s' }",
            "a.toml:3:25: unknown key `wihtin`\n  did you mean `within`?\n",
        ),
    ];
    for (line, expected) in table {
        assert_eq!(faults_of(&format!("[[rule]]\nname = 'r'\n{line}\nreply = 'x'")), expected);
    }
}
