//! What a rule says, sets, and says no to.

use std::time::Duration;

use serde_json::json;
use yizhan::notification::Format;
use yizhan::notification::Notification;
use yizhan::notification::Urgency;
use yizhan::wechat::reply::Article;
use yizhan::wechat::reply::Reply;

use super::Desk;
use super::MORNING;
use super::event;
use super::plain;
use super::said;
use super::shop;

async fn reply(rule: &str) -> Reply {
    let desk = Desk::with(&format!("[[rule]]\nname = 'r'\n{rule}\n"));
    desk.answer(&said("u1", "x"), &shop(MORNING)).await.unwrap().reply
}

#[tokio::test]
async fn every_type_of_reply_can_be_said() {
    let media_id = || "MEDIA".to_owned();
    let some = |text: &str| Some(text.to_owned());
    let table = [
        ("reply = 'hi'", Reply::text("hi")),
        ("reply = ''", Reply::Success),
        ("reply = { type = 'text', content = 'hi {{ text }}' }", Reply::text("hi x")),
        ("reply = { type = 'image', media_id = 'MEDIA' }", Reply::Image { media_id: media_id() }),
        ("reply = { type = 'voice', media_id = 'MEDIA' }", Reply::Voice { media_id: media_id() }),
        (
            "reply = { type = 'video', media_id = 'MEDIA', title = '{{ from }}' }",
            Reply::Video { media_id: media_id(), title: some("u1"), description: None },
        ),
        (
            "reply = { type = 'music', thumb_media_id = 'MEDIA', music_url = 'http://m', hq_music_url = 'http://h', title = 't', description = 'd' }",
            Reply::Music {
                title: some("t"),
                description: some("d"),
                music_url: some("http://m"),
                hq_music_url: some("http://h"),
                thumb_media_id: media_id(),
            },
        ),
        (
            "reply = { type = 'news', articles = [{ title = 'T {{ text }}', description = 'D', pic_url = 'http://p', url = 'http://u' }] }",
            Reply::News(vec![Article {
                title: "T x".into(),
                description: "D".into(),
                pic_url: "http://p".into(),
                url: "http://u".into(),
            }]),
        ),
        ("reply = { type = 'transfer' }", Reply::Transfer { kf_account: None }),
        (
            "reply = { type = 'transfer', kf_account = 'a@b' }",
            Reply::Transfer { kf_account: some("a@b") },
        ),
        (
            "reply = { type = 'update_button', replace_name = '已处理' }",
            Reply::UpdateButton { replace_name: "已处理".into() },
        ),
        (
            "reply = { type = 'update_taskcard', replace_name = '{{ text }}' }",
            Reply::UpdateTaskcard { replace_name: "x".into() },
        ),
        (
            "reply = { type = 'update_template_card', template_card = { card_type = 'text_notice', main_title = { title = '{{ text }}' }, n = 1 } }",
            Reply::TemplateCard(
                json!({"card_type": "text_notice", "main_title": {"title": "x"}, "n": 1}),
            ),
        ),
        (
            "reply = { type = 'result', err_code = 0, err_msg = 'success' }",
            Reply::Result { err_code: 0, err_msg: "success".into() },
        ),
        ("reply = { type = 'success' }", Reply::Success),
    ];
    for (rule, expected) in table {
        assert_eq!(reply(rule).await, expected, "{rule}");
    }
}

#[tokio::test]
async fn everything_the_contract_names_is_in_reach() {
    let rule = "on = 'event:CLICK'\nkey = 'K'\nset = { city = '{{ key }}' }\n\
        reply = '{{ msg.FromUserName }} {{ from }} {{ account }} {{ event }} {{ key }} {{ text }}|{{ user.city }} {{ user.none }}| {{ now }} {{ hour }} {{ msg.none }}'";
    let desk = Desk::with(&format!("[[rule]]\nname = 'r'\n{rule}\n"));
    let outcome = desk.answer(&event("CLICK", "K"), &shop(MORNING)).await.unwrap();
    assert_eq!(plain(&outcome.reply), "u1 u1 shop CLICK K |K | 2026-01-01T09:30:02+08:00 9 ");
}

#[tokio::test]
async fn msg_reads_xml_and_json_alike_lists_and_objects_included() {
    let rule = "on = 'any'\nreply = '{{ msg.N | int + 1 }} {{ msg.O.A }} {% for it in msg.L %}{{ it }},{% endfor %} {{ msg | list | join(\" \") }}'";
    let desk = Desk::with(&format!("[[rule]]\nname = 'r'\n{rule}\n"));
    for document in [
        "<xml><N>7</N><O><A>a</A></O><L>1</L><L>2</L></xml>",
        r#"{"N":7,"O":{"A":"a"},"L":[1,"2"]}"#,
    ] {
        let outcome = desk.answer(document, &shop(MORNING)).await.unwrap();
        assert_eq!(plain(&outcome.reply), "8 a 1,2, N O L", "{document}");
    }
}

#[tokio::test]
async fn what_a_user_writes_is_never_a_template() {
    assert_eq!(plain(&reply("reply = '{{ text }}!'").await), "x!");
    let desk = Desk::with(
        "[[rule]]\nname = 'r'\nmatch = '叫 {name}'\nset = { name = '{{ name }}' }\n\
         reply = '{{ name }} {{ user.name }} {{ text | upper }}'\n",
    );
    let said = desk.says("叫 {{ 1 + 1 }}").await;
    assert_eq!(said.as_deref(), Some("{{ 1 + 1 }} {{ 1 + 1 }} 叫 {{ 1 + 1 }}"));
}

#[tokio::test]
async fn variables_are_kept_per_user_and_set_together() {
    let desk = Desk::with(
        "[[rule]]\nname = 'count'\nequals = '+'\n\
         set = { n = '{{ user.n | default(0) | int + 1 }}', before = '{{ user.n }}' }\n\
         reply = '{{ user.before | default(\"-\") }}>{{ user.n }}'\n\
         [[rule]]\nname = 'clear'\nequals = '0'\nset = { n = '' }\n",
    );
    assert_eq!(desk.says("+").await.as_deref(), Some("->1"));
    assert_eq!(desk.says("+").await.as_deref(), Some("1>2"));
    let other = desk.answer(&said("u2", "+"), &shop(MORNING)).await.unwrap();
    assert_eq!(plain(&other.reply), "->1");
    assert_eq!(desk.says("0").await.as_deref(), Some(""));
    assert_eq!(desk.says("+").await.as_deref(), Some("->1"));
}

#[tokio::test]
async fn next_goes_on_and_the_first_reply_that_says_something_stays() {
    let desk = Desk::with(
        "[[rule]]\nname = 'count'\nset = { n = '{{ user.n | default(0) | int + 1 }}' }\nnext = true\n\
         [[rule]]\nname = 'first'\nwhen = 'user.n == \"1\"'\nreply = 'welcome'\nnext = true\n\
         [[rule]]\nname = 'help'\nequals = 'help'\nreply = 'help {{ user.n }}'\n\
         [[rule]]\nname = 'never'\nequals = 'help'\nset = { n = '100' }\n",
    );
    let context = shop(MORNING);
    let mut answers = Vec::new();
    for text in ["help", "help", "other"] {
        let outcome = desk.answer(&said("u1", text), &context).await.unwrap();
        answers.push((outcome.by.clone(), plain(&outcome.reply)));
    }
    let expected = [("first", "welcome"), ("help", "help 2"), ("count", "")];
    let expected = expected.map(|(by, text)| (by.to_owned(), text.to_owned()));
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn inside_the_cooldown_a_rule_says_its_deny_or_nothing() {
    let desk = Desk::with(
        "[[rule]]\nname = 'draw'\nequals = 'draw'\ncooldown = '10s'\nreply = 'won'\n\
         deny = '{{ from }}, wait'\n\
         [[rule]]\nname = 'quiet'\nequals = 'quiet'\ncooldown = '10s'\nreply = 'ok'\n",
    );
    let answer = async |user: &str, text: &str, second: u64| {
        let context = shop(MORNING + Duration::from_secs(second));
        plain(&desk.answer(&said(user, text), &context).await.unwrap().reply)
    };
    assert_eq!(answer("u1", "draw", 0).await, "won");
    assert_eq!(answer("u1", "draw", 9).await, "u1, wait");
    assert_eq!(answer("u2", "draw", 9).await, "won");
    assert_eq!(answer("u1", "quiet", 9).await, "ok");
    assert_eq!(answer("u1", "quiet", 9).await, "");
    assert_eq!(answer("u1", "draw", 10).await, "won");
}

#[tokio::test]
async fn a_template_that_fails_is_an_error_that_shows_nothing_of_the_message() {
    let desk = Desk::with("[[rule]]\nname = 'r'\nreply = '{{ text + 1 }}'\n");
    let answer = desk.try_answer(&said("u1", "my secret"), &shop(MORNING)).await.unwrap();
    let error = answer.unwrap_err().to_string();
    assert_eq!(error, "rule `r`: its reply failed: a template failed: invalid operation");
}

#[tokio::test]
async fn a_reply_of_several_lines_has_no_line_feed_at_its_end() {
    assert_eq!(reply("reply = '''\n一\n二\n'''").await, Reply::text("一\n二"));
    assert_eq!(reply("reply = '''\n{{ text }}\n二\n'''").await, Reply::text("x\n二"));
    assert_eq!(reply("reply = '''\n{{ text | upper }}\n二\n'''").await, Reply::text("X\n二"));
}

#[tokio::test]
async fn what_is_pushed_is_made_of_templates_and_belongs_to_the_account() {
    let desk = Desk::with(
        "[[rule]]\nname = 'r'\nmatch = '部署 {service}'\nreply = 'ok'\n\
         set = { last = '{{ service }}' }\n\
         push = [{ channel = 'ops', title = '部署', body = '{{ from }} 部署了 {{ user.last }}', \
         to = ['{{ from }}'], format = 'markdown', urgency = 'high', fallback = 'mail', \
         native = { a = '{{ service }}', b = 1 } }]\n",
    );
    let outcome = desk.answer(&said("u1", "部署 api"), &shop(MORNING)).await.unwrap();
    let expected = Notification {
        channel: "ops".to_owned(),
        account: Some("shop".to_owned()),
        to: vec!["u1".to_owned()],
        title: "部署".to_owned(),
        body: "u1 部署了 api".to_owned(),
        format: Format::Markdown,
        urgency: Urgency::High,
        native: Some(json!({"a": "api", "b": 1})),
        fallback: vec!["mail".to_owned()],
        ..Notification::default()
    };
    assert_eq!((outcome.reply, outcome.notifications), (Reply::text("ok"), vec![expected]));
}

#[tokio::test]
async fn every_rule_that_goes_on_pushes_one_that_is_denied_does_not_and_an_empty_one_says_nothing()
{
    let desk = Desk::with(
        "[[rule]]\nname = 'a'\npush = [{ channel = 'ops', body = 'a' }]\nnext = true\n\
         [[rule]]\nname = 'b'\npush = [{ channel = 'mail', body = 'b' }]\ncooldown = '9s'\nnext = true\n\
         [[rule]]\nname = 'c'\nreply = 'c'\npush = [{ channel = 'ops', body = \"{{ 'x' if text == 'y' }}\" }]\n",
    );
    let mut pushed = Vec::new();
    for _ in 0..2 {
        let outcome = desk.answer(&said("u1", "x"), &shop(MORNING)).await.unwrap();
        assert_eq!((outcome.by.as_str(), outcome.reply), ("c", Reply::text("c")));
        pushed.push(outcome.notifications.into_iter().map(|it| it.body).collect::<Vec<_>>());
    }
    assert_eq!(pushed, [vec!["a", "b"], vec!["a"]]);
}
