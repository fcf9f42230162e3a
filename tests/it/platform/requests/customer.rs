//! Customer-service messages, typing and operators.

use yizhan::platform::customer;

use super::limit;
use super::owned;
use super::request;
use crate::platform::MINI;
use crate::platform::OFFICIAL;
use crate::platform::WECOM;

fn text(content: &str) -> customer::Body {
    customer::Body::Text { content: content.to_owned() }
}

fn to_user(body: customer::Body) -> customer::Send {
    customer::Send {
        touser: "oRef1".to_owned(),
        body,
        customservice: None,
        aimsgcontext: None,
        businessid: None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_customer_message_of_each_type_with_a_file() {
    use customer::Body;
    let bodies = [
        (
            text("你好 <a href=\"https://e.com\">x</a>"),
            r#""msgtype":"text","text":{"content":"你好 <a href=\"https://e.com\">x</a>"}"#,
        ),
        (Body::Image { media_id: owned("M") }, r#""msgtype":"image","image":{"media_id":"M"}"#),
        (Body::Voice { media_id: owned("M") }, r#""msgtype":"voice","voice":{"media_id":"M"}"#),
        (
            Body::Video {
                media_id: owned("M"),
                thumb_media_id: Some(owned("C")),
                title: Some(owned("T")),
                description: None,
            },
            r#""msgtype":"video","video":{"media_id":"M","thumb_media_id":"C","title":"T"}"#,
        ),
        (
            Body::Music {
                title: Some(owned("T")),
                description: Some(owned("D")),
                musicurl: owned("https://e.com/m"),
                hqmusicurl: owned("https://e.com/h"),
                thumb_media_id: owned("C"),
            },
            r#""msgtype":"music","music":{"title":"T","description":"D","musicurl":"https://e.com/m","hqmusicurl":"https://e.com/h","thumb_media_id":"C"}"#,
        ),
    ];
    assert_sent(bodies).await;
}

#[tokio::test(start_paused = true)]
async fn a_customer_message_of_each_type_without_a_file() {
    use customer::Body;
    let article = customer::Article {
        title: owned("T"),
        description: owned("D"),
        url: owned("https://e.com"),
        picurl: owned("https://e.com/p"),
    };
    let choice = customer::Choice { id: owned("1"), content: owned("好") };
    let bodies = [
        (
            Body::News { articles: vec![article] },
            r#""msgtype":"news","news":{"articles":[{"title":"T","description":"D","url":"https://e.com","picurl":"https://e.com/p"}]}"#,
        ),
        (Body::Mpnews { media_id: owned("M") }, r#""msgtype":"mpnews","mpnews":{"media_id":"M"}"#),
        (
            Body::Mpnewsarticle { article_id: owned("A") },
            r#""msgtype":"mpnewsarticle","mpnewsarticle":{"article_id":"A"}"#,
        ),
        (
            Body::Msgmenu {
                head_content: owned("H"),
                list: vec![choice],
                tail_content: owned("T"),
            },
            r#""msgtype":"msgmenu","msgmenu":{"head_content":"H","list":[{"id":"1","content":"好"}],"tail_content":"T"}"#,
        ),
        (Body::Wxcard { card_id: owned("C") }, r#""msgtype":"wxcard","wxcard":{"card_id":"C"}"#),
        (
            Body::Miniprogrampage {
                title: owned("T"),
                appid: Some(owned("wx1")),
                pagepath: owned("p?a=1"),
                thumb_media_id: owned("C"),
            },
            r#""msgtype":"miniprogrampage","miniprogrampage":{"title":"T","appid":"wx1","pagepath":"p?a=1","thumb_media_id":"C"}"#,
        ),
        (
            Body::Link {
                title: owned("T"),
                description: owned("D"),
                url: owned("https://e.com"),
                thumb_url: owned("https://e.com/p"),
            },
            r#""msgtype":"link","link":{"title":"T","description":"D","url":"https://e.com","thumb_url":"https://e.com/p"}"#,
        ),
    ];
    assert_sent(bodies).await;
}

async fn assert_sent(bodies: impl IntoIterator<Item = (customer::Body, &str)>) {
    for (body, expected) in bodies {
        let expected =
            format!(r#"POST /cgi-bin/message/custom/send {{"touser":"oRef1",{expected}}}"#);
        assert_eq!(request(OFFICIAL, to_user(body)).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_customer_message_in_an_operators_name_and_written_by_a_machine() {
    let message = customer::Send {
        customservice: Some(customer::Operator { kf_account: owned("a1@acct") }),
        aimsgcontext: Some(customer::AiContext { is_ai_msg: 1 }),
        ..to_user(text("hello"))
    };
    let expected = r#"POST /cgi-bin/message/custom/send {"touser":"oRef1","msgtype":"text","text":{"content":"hello"},"customservice":{"kf_account":"a1@acct"},"aimsgcontext":{"is_ai_msg":1}}"#;
    assert_eq!(request(OFFICIAL, message).await, expected);
}

#[tokio::test(start_paused = true)]
async fn typing_has_a_path_for_each_platform() {
    let typing = |command| customer::Typing { touser: owned("oRef1"), command, businessid: None };
    let expected = r#"POST /cgi-bin/message/custom/typing {"touser":"oRef1","command":"Typing"}"#;
    assert_eq!(request(OFFICIAL, typing(customer::Command::Typing)).await, expected);
    let expected = r#"POST /cgi-bin/message/custom/business/typing {"touser":"oRef1","command":"CancelTyping"}"#;
    assert_eq!(request(MINI, typing(customer::Command::CancelTyping)).await, expected);
    let of_merchant =
        customer::Typing { businessid: Some(owned("B1")), ..typing(customer::Command::Typing) };
    let expected = r#"POST /cgi-bin/message/custom/business/typing {"touser":"oRef1","command":"Typing","businessid":"B1"}"#;
    assert_eq!(request(MINI, of_merchant).await, expected);
}

#[tokio::test(start_paused = true)]
async fn operators_and_their_sessions() {
    let account = || owned("a1@acct");
    let openid = || owned("oRef1");
    assert_eq!(
        request(OFFICIAL, customer::Operators {}).await,
        "GET /cgi-bin/customservice/getkflist"
    );
    assert_eq!(
        request(OFFICIAL, customer::OnlineOperators {}).await,
        "GET /cgi-bin/customservice/getonlinekflist"
    );
    assert_eq!(
        request(OFFICIAL, customer::AddOperator { kf_account: account(), nickname: owned("安") })
            .await,
        r#"POST /customservice/kfaccount/add {"kf_account":"a1@acct","nickname":"安"}"#
    );
    assert_eq!(
        request(
            OFFICIAL,
            customer::UpdateOperator { kf_account: account(), nickname: owned("安") }
        )
        .await,
        r#"POST /customservice/kfaccount/update {"kf_account":"a1@acct","nickname":"安"}"#
    );
    assert_eq!(
        request(OFFICIAL, customer::RemoveOperator { kf_account: account() }).await,
        r#"POST /customservice/kfaccount/del {"kf_account":"a1@acct"}"#
    );
    let invitation =
        customer::InviteOperator { kf_account: account(), invite_wx: owned("anna_wx") };
    assert_eq!(
        request(OFFICIAL, invitation).await,
        r#"POST /customservice/kfaccount/inviteworker {"kf_account":"a1@acct","invite_wx":"anna_wx"}"#
    );
    assert_eq!(
        request(OFFICIAL, customer::OpenSession { kf_account: account(), openid: openid() }).await,
        r#"POST /customservice/kfsession/create {"kf_account":"a1@acct","openid":"oRef1"}"#
    );
    assert_eq!(
        request(OFFICIAL, customer::CloseSession { kf_account: account(), openid: openid() }).await,
        r#"POST /customservice/kfsession/close {"kf_account":"a1@acct","openid":"oRef1"}"#
    );
    assert_eq!(
        request(OFFICIAL, customer::Session { openid: openid() }).await,
        "GET /customservice/kfsession/getsession?openid=oRef1"
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_platform_would_refuse_is_not_sent() {
    let long = to_user(text(&"好".repeat(683)));
    assert_eq!(limit(OFFICIAL, long).await, "`text.content` has 2049 bytes; at most 2048");
    let two = to_user(customer::Body::News { articles: vec![customer::Article::default(); 2] });
    assert_eq!(limit(OFFICIAL, two).await, "`news.articles` has 2 articles; 1 to 1");
    let voice = to_user(customer::Body::Voice { media_id: owned("M") });
    assert_eq!(limit(MINI, voice).await, "`voice` is nothing that `mini-program` can send");
    assert_eq!(limit(WECOM, to_user(text("x"))).await, "`text` is nothing that `wecom` can send");
}

#[tokio::test(start_paused = true)]
async fn a_customer_message_of_a_sub_merchant() {
    let message = customer::Send { businessid: Some(owned("B1")), ..to_user(text("hello")) };
    let expected = r#"POST /cgi-bin/message/custom/send {"touser":"oRef1","msgtype":"text","text":{"content":"hello"},"businessid":"B1"}"#;
    assert_eq!(request(MINI, message).await, expected);
}
