//! For which messages a rule is.

use std::time::Duration;

use yizhan::config::server::RuleOrder;

use super::Desk;
use super::MORNING;
use super::event;
use super::plain;
use super::said;
use super::shop;

#[tokio::test]
async fn the_first_rule_that_holds_answers_in_the_order_of_files_and_rules() {
    let desk = Desk::load(&[
        ("20-b.toml", "[[rule]]\nname = 'b'\nreply = 'b'\n"),
        ("10-a.toml", "[[rule]]\nname = 'x'\nequals = 'x'\nreply = 'first'\n[[rule]]\nname = 'y'\nequals = 'x'\nreply = 'second'\n"),
        ("readme.md", "no rule file"),
        (".10-a.toml", "an editor's leftover"),
    ])
    .unwrap();
    assert_eq!(desk.says("x").await.as_deref(), Some("first"));
    assert_eq!(desk.says("y").await.as_deref(), Some("b"));
    let outcome = desk.answer(&said("u1", "x"), &shop(MORNING)).await.unwrap();
    assert_eq!(outcome.by, "x");
}

#[tokio::test]
async fn equals_and_contains_know_neither_case_nor_blanks_around() {
    let desk = Desk::with(
        "[[rule]]\nname = 'help'\nequals = ['帮助', 'Help']\nreply = 'help'\n\
         [[rule]]\nname = 'price'\ncontains = ['价格', 'PRICE']\nreply = 'price'\n",
    );
    for text in ["帮助", " help\n", "HELP", "hElP"] {
        assert_eq!(desk.says(text).await.as_deref(), Some("help"), "{text}");
    }
    for text in ["价格", "什么价格啊", "the Price?"] {
        assert_eq!(desk.says(text).await.as_deref(), Some("price"), "{text}");
    }
    for text in ["help me", "价 格", ""] {
        assert_eq!(desk.says(text).await, None, "{text}");
    }
}

#[tokio::test]
async fn a_regex_is_as_it_is_written_and_its_groups_have_names() {
    let desk = Desk::with(
        "[[rule]]\nname = 'order'\nregex = '^#(?P<id>\\d+)(?P<rest>x)?$'\n\
         reply = '订单 {{ id }}{{ rest }}'\n",
    );
    assert_eq!(desk.says(" #42 ").await.as_deref(), Some("订单 42"));
    assert_eq!(desk.says("#42x").await.as_deref(), Some("订单 42x"));
    assert_eq!(desk.says("#42X").await, None);
}

#[tokio::test]
async fn by_default_a_rule_is_for_texts_and_for_voices_with_recognised_words() {
    let desk = Desk::with("[[rule]]\nname = 'all'\nreply = '{{ text }}'\n");
    let voice = "<xml><FromUserName>u1</FromUserName><MsgType>voice</MsgType>\
        <Recognition>打开灯。</Recognition></xml>";
    let silent = "<xml><FromUserName>u1</FromUserName><MsgType>voice</MsgType></xml>";
    let image = "<xml><FromUserName>u1</FromUserName><MsgType>image</MsgType></xml>";
    let context = shop(MORNING);
    let answer = async |document: &str| Some(plain(&desk.answer(document, &context).await?.reply));
    assert_eq!(answer(&said("u1", " Hi. ")).await.as_deref(), Some("Hi."));
    assert_eq!(answer(voice).await.as_deref(), Some("打开灯"));
    assert_eq!(answer(silent).await, None);
    assert_eq!(answer(image).await, None);
    assert_eq!(answer(&event("subscribe", "")).await, None);
}

#[tokio::test]
async fn on_names_types_and_events_whatever_their_case() {
    let desk = Desk::with(
        "[[rule]]\nname = 'a'\non = ['image', 'event:subscribe']\nreply = 'a'\n\
         [[rule]]\nname = 'b'\non = 'event:CLICK'\nreply = '{{ event }}'\n\
         [[rule]]\nname = 'c'\non = 'component_verify_ticket'\nreply = 'c'\n\
         [[rule]]\nname = 'd'\non = 'any'\nreply = 'd'\n",
    );
    let context = shop(MORNING);
    let answer =
        async |document: &str| plain(&desk.answer(document, &context).await.unwrap().reply);
    assert_eq!(answer("<xml><MsgType>image</MsgType></xml>").await, "a");
    assert_eq!(answer(&event("subscribe", "")).await, "a");
    assert_eq!(answer(&event("CLICK", "K")).await, "CLICK");
    assert_eq!(answer(&event("click", "K")).await, "click");
    assert_eq!(answer("<xml><InfoType>component_verify_ticket</InfoType></xml>").await, "c");
    assert_eq!(answer("<xml><MsgType>brand_new</MsgType></xml>").await, "d");
    assert_eq!(answer(&said("u1", "x")).await, "d");
}

#[tokio::test]
async fn a_key_is_that_of_a_button_or_of_a_qr_code_followed_or_scanned() {
    let desk =
        Desk::with("[[rule]]\nname = 'door'\nkey = 'door'\nreply = '{{ event }} {{ key }}'\n");
    let context = shop(MORNING);
    for (document, expected) in [
        (event("CLICK", "door"), Some("CLICK door")),
        (event("SCAN", "door"), Some("SCAN door")),
        (event("subscribe", "qrscene_door"), Some("subscribe door")),
        (event("CLICK", "window"), None),
        (event("subscribe", ""), None),
        (said("u1", "door"), None),
    ] {
        let answer = desk.answer(&document, &context).await.map(|it| plain(&it.reply));
        assert_eq!(answer.as_deref(), expected, "{document}");
    }
}

#[tokio::test]
async fn for_everyone_who_is_not_in_from_the_rule_does_not_exist() {
    let desk = Desk::with(
        "[[rule]]\nname = 'admin'\nequals = 'restart'\nfrom = ['boss']\nreply = 'ok'\n\
         [[rule]]\nname = 'rest'\nreply = 'what?'\n",
    );
    let context = shop(MORNING);
    for (user, expected) in [("boss", "ok"), ("u1", "what?")] {
        let outcome = desk.answer(&said(user, "restart"), &context).await.unwrap();
        assert_eq!(plain(&outcome.reply), expected);
    }
}

#[tokio::test]
async fn a_rule_of_another_account_does_not_answer() {
    let desk = Desk::with("[[rule]]\nname = 'a'\naccount = ['ops']\nreply = 'ops'\n");
    assert_eq!(desk.says("x").await, None);
    let mut context = shop(MORNING);
    context.account = "ops".into();
    let outcome = desk.answer(&said("u1", "x"), &context).await.unwrap();
    assert_eq!(plain(&outcome.reply), "ops");
}

#[tokio::test]
async fn when_must_hold_with_or_without_braces() {
    let desk = Desk::with(
        "[[rule]]\nname = 'early'\nwhen = '{{ hour < 9 }}'\nreply = 'closed'\n\
         [[rule]]\nname = 'long'\nequals = 'x'\nwhen = 'text | length > 5'\nreply = 'never'\n\
         [[rule]]\nname = 'broken'\nwhen = 'user.n + 1 > 0'\nreply = 'never'\n\
         [[rule]]\nname = 'open'\nwhen = 'now[:10] == \"2026-01-01\"'\nreply = '{{ now }}'\n",
    );
    assert_eq!(desk.says("x").await.as_deref(), Some("2026-01-01T09:30:02+08:00"));
    let night = shop(MORNING.saturating_sub(Duration::from_hours(1)));
    let outcome = desk.answer(&said("u1", "x"), &night).await.unwrap();
    assert_eq!(plain(&outcome.reply), "closed");
}

#[tokio::test]
async fn holes_take_what_was_written_in_its_own_case() {
    let desk = Desk::with(
        "[[rule]]\nname = 'deploy'\nmatch = '部署 {service} 到 {env}'\nreply = '{{ service }}>{{ env }}'\n\
         [[rule]]\nname = 'en'\nmatch = 'deploy {service} to {env}'\nreply = '{{ service }}>{{ env }}'\n",
    );
    for (text, expected) in [
        ("部署 Shop 到 Prod", Some("Shop>Prod")),
        ("部署商城到生产", Some("商城>生产")),
        ("DEPLOY Shop  to  Prod Two", Some("Shop>Prod Two")),
        ("deployment to x", None),
    ] {
        assert_eq!(desk.says(text).await.as_deref(), expected, "{text}");
    }
}

#[tokio::test]
async fn the_first_rule_answers_or_if_asked_the_newest() {
    let files = [
        (
            "10-a.toml",
            "[[rule]]\nname = 'a'\nregex = '^开'\nreply = 'a'\n[[rule]]\nname = 'b'\nequals = '开灯'\nreply = 'b'",
        ),
        (
            "20-b.toml",
            "[[rule]]\nname = 'c'\ncontains = '灯'\nreply = 'c'\n[[rule]]\nname = 'd'\nmatch = '关{x}'\nreply = 'd'",
        ),
    ];
    let orders = [(RuleOrder::OldestFirst, "a a c"), (RuleOrder::NewestFirst, "c a d")];
    for (order, expected) in orders {
        let desk = Desk::ordered(&files, order).unwrap();
        let mut answers = Vec::new();
        for text in ["开灯", "开", "关灯"] {
            answers.push(desk.says(text).await.unwrap());
        }
        assert_eq!(answers.join(" "), expected);
    }
}
