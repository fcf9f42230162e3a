//! Messages of 企业微信 applications.

use serde_json::json;
use yizhan::platform::wecom;

use super::limit;
use super::owned;
use super::request;
use crate::platform::WECOM;

fn to_members(body: wecom::Body) -> wecom::Send {
    wecom::Send {
        touser: Some(owned("zhangsan|lisi")),
        toparty: None,
        totag: None,
        agentid: 1_000_002,
        body,
        safe: None,
        enable_id_trans: None,
        enable_duplicate_check: None,
        duplicate_check_interval: None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_simple_message_of_an_application_of_each_type() {
    use wecom::Body;
    let bodies = [
        (Body::Text { content: owned("你好") }, r#""msgtype":"text","text":{"content":"你好"}"#),
        (Body::Image { media_id: owned("M") }, r#""msgtype":"image","image":{"media_id":"M"}"#),
        (Body::Voice { media_id: owned("M") }, r#""msgtype":"voice","voice":{"media_id":"M"}"#),
        (
            Body::Video { media_id: owned("M"), title: Some(owned("T")), description: None },
            r#""msgtype":"video","video":{"media_id":"M","title":"T"}"#,
        ),
        (Body::File { media_id: owned("M") }, r#""msgtype":"file","file":{"media_id":"M"}"#),
        (
            Body::Textcard {
                title: owned("T"),
                description: owned("D"),
                url: owned("https://e.com"),
                btntxt: Some(owned("更多")),
            },
            r#""msgtype":"textcard","textcard":{"title":"T","description":"D","url":"https://e.com","btntxt":"更多"}"#,
        ),
    ];
    assert_sent(bodies).await;
}

#[tokio::test(start_paused = true)]
async fn an_article_of_an_application_of_each_type() {
    use wecom::Body;
    let article = wecom::Article {
        title: owned("T"),
        url: Some(owned("https://e.com")),
        ..wecom::Article::default()
    };
    let page = wecom::Page {
        title: owned("T"),
        thumb_media_id: owned("C"),
        content: owned("<p>"),
        ..wecom::Page::default()
    };
    let item = wecom::Item { key: owned("地点"), value: owned("三楼") };
    let bodies = [
        (
            Body::News { articles: vec![article] },
            r#""msgtype":"news","news":{"articles":[{"title":"T","url":"https://e.com"}]}"#,
        ),
        (
            Body::Mpnews { articles: vec![page] },
            r#""msgtype":"mpnews","mpnews":{"articles":[{"title":"T","thumb_media_id":"C","content":"<p>"}]}"#,
        ),
        (
            Body::Markdown { content: owned("**x**") },
            r#""msgtype":"markdown","markdown":{"content":"**x**"}"#,
        ),
        (
            Body::MiniprogramNotice {
                appid: owned("wx1"),
                page: Some(owned("p")),
                title: owned("会议室已订"),
                description: None,
                emphasis_first_item: Some(true),
                content_item: vec![item],
            },
            r#""msgtype":"miniprogram_notice","miniprogram_notice":{"appid":"wx1","page":"p","title":"会议室已订","emphasis_first_item":true,"content_item":[{"key":"地点","value":"三楼"}]}"#,
        ),
    ];
    assert_sent(bodies).await;
}

#[tokio::test(start_paused = true)]
async fn a_card_of_an_application_of_each_type() {
    use wecom::Body;
    let button = wecom::TaskButton {
        key: owned("ok"),
        name: owned("好"),
        color: Some(owned("red")),
        is_bold: Some(true),
    };
    let bodies = [
        (
            Body::InteractiveTaskcard {
                title: owned("T"),
                description: owned("D"),
                url: Some(owned("https://e.com")),
                task_id: owned("t-7"),
                btn: vec![button],
            },
            r#""msgtype":"interactive_taskcard","interactive_taskcard":{"title":"T","description":"D","url":"https://e.com","task_id":"t-7","btn":[{"key":"ok","name":"好","color":"red","is_bold":true}]}"#,
        ),
        (
            Body::TemplateCard {
                card: json!({"card_type": "button_interaction", "task_id": "req-7"}),
            },
            r#""msgtype":"template_card","template_card":{"card_type":"button_interaction","task_id":"req-7"}"#,
        ),
    ];
    assert_sent(bodies).await;
}

async fn assert_sent(bodies: impl IntoIterator<Item = (wecom::Body, &str)>) {
    for (body, expected) in bodies {
        let expected = format!(
            r#"POST /cgi-bin/message/send {{"touser":"zhangsan|lisi","agentid":1000002,{expected}}}"#
        );
        assert_eq!(request(WECOM, to_members(body)).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn cards_recalls_and_group_chats() {
    let update = wecom::UpdateCard {
        userids: vec![owned("zhangsan")],
        agentid: 1_000_002,
        response_code: owned("RC"),
        button: Some(wecom::Button { replace_name: owned("approved") }),
        ..wecom::UpdateCard::default()
    };
    assert_eq!(
        request(WECOM, update).await,
        r#"POST /cgi-bin/message/update_template_card {"userids":["zhangsan"],"agentid":1000002,"response_code":"RC","button":{"replace_name":"approved"}}"#
    );
    assert_eq!(
        request(WECOM, wecom::Recall { msgid: owned("M") }).await,
        r#"POST /cgi-bin/message/recall {"msgid":"M"}"#
    );
    let chat = wecom::CreateChat {
        userlist: vec![owned("a"), owned("b")],
        chatid: Some(owned("C")),
        ..wecom::CreateChat::default()
    };
    assert_eq!(
        request(WECOM, chat).await,
        r#"POST /cgi-bin/appchat/create {"userlist":["a","b"],"chatid":"C"}"#
    );
    let send = wecom::SendToChat {
        chatid: owned("C"),
        body: wecom::Body::Text { content: owned("x") },
        safe: None,
    };
    assert_eq!(
        request(WECOM, send).await,
        r#"POST /cgi-bin/appchat/send {"chatid":"C","msgtype":"text","text":{"content":"x"}}"#
    );
    assert_eq!(
        request(WECOM, wecom::GetChat { chatid: owned("C") }).await,
        "GET /cgi-bin/appchat/get?chatid=C"
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_of_an_application_keeps_its_limits() {
    let message = |content: String| to_members(wecom::Body::Text { content });
    assert_eq!(
        limit(WECOM, message("x".repeat(2_049))).await,
        "`text.content` has 2049 bytes; at most 2048"
    );
    let crowd = wecom::Send { touser: Some(vec!["u"; 1_001].join("|")), ..message(owned("x")) };
    assert_eq!(limit(WECOM, crowd).await, "`touser` has 1001 receivers; at most 1000");
    let nobody = wecom::Send { touser: None, ..message(owned("x")) };
    assert_eq!(limit(WECOM, nobody).await, "`touser` must be given, or `toparty`, or `totag`");
    let card = wecom::Body::InteractiveTaskcard {
        title: owned("T"),
        description: owned("D"),
        url: None,
        task_id: owned("t-7"),
        btn: Vec::new(),
    };
    let text = "`interactive_taskcard.btn` has 0 buttons; 1 to 2";
    assert_eq!(limit(WECOM, to_members(card)).await, text);
    let articles = vec![wecom::Article::default(); 9];
    let news = to_members(wecom::Body::News { articles });
    assert_eq!(limit(WECOM, news).await, "`news.articles` has 9 articles; 1 to 8");
}

#[tokio::test(start_paused = true)]
async fn every_choice_of_a_message_of_an_application() {
    let message = wecom::Send {
        touser: None,
        toparty: Some(owned("1|2")),
        totag: Some(owned("3")),
        safe: Some(1),
        enable_id_trans: Some(1),
        enable_duplicate_check: Some(1),
        duplicate_check_interval: Some(14_400),
        ..to_members(wecom::Body::Text { content: owned("x") })
    };
    assert_eq!(
        request(WECOM, message).await,
        r#"POST /cgi-bin/message/send {"toparty":"1|2","totag":"3","agentid":1000002,"msgtype":"text","text":{"content":"x"},"safe":1,"enable_id_trans":1,"enable_duplicate_check":1,"duplicate_check_interval":14400}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_whole_card_takes_the_place_of_the_one_that_was_tapped() {
    let update = wecom::UpdateCard {
        userids: vec![owned("zhangsan")],
        partyids: Some(vec![1]),
        tagids: Some(vec![2]),
        atall: Some(0),
        agentid: 1_000_002,
        response_code: owned("RC"),
        template_card: Some(json!({"card_type": "text_notice", "replace_text": "已批准"})),
        enable_id_trans: Some(1),
        ..wecom::UpdateCard::default()
    };
    assert_eq!(
        request(WECOM, update).await,
        r#"POST /cgi-bin/message/update_template_card {"userids":["zhangsan"],"partyids":[1],"tagids":[2],"atall":0,"agentid":1000002,"response_code":"RC","template_card":{"card_type":"text_notice","replace_text":"已批准"},"enable_id_trans":1}"#
    );
}

#[tokio::test(start_paused = true)]
async fn statistics_and_the_members_of_a_group_chat() {
    assert_eq!(
        request(WECOM, wecom::Statistics { time_type: 1 }).await,
        r#"POST /cgi-bin/message/get_statistics {"time_type":1}"#
    );
    let update = wecom::UpdateChat {
        chatid: owned("C"),
        name: Some(owned("值班")),
        owner: Some(owned("a")),
        add_user_list: Some(vec![owned("c")]),
        del_user_list: Some(vec![owned("b")]),
    };
    assert_eq!(
        request(WECOM, update).await,
        r#"POST /cgi-bin/appchat/update {"chatid":"C","name":"值班","owner":"a","add_user_list":["c"],"del_user_list":["b"]}"#
    );
}
