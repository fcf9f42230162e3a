//! Each documented call as WeChat sees it, and the limits that are checked before.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use serde_json::json;
use yizhan::platform::Api;
use yizhan::platform::Client;
use yizhan::platform::File;
use yizhan::platform::PlatformError;
use yizhan::platform::customer;
use yizhan::platform::diagnostics;
use yizhan::platform::login;
use yizhan::platform::mass;
use yizhan::platform::menu;
use yizhan::platform::qrcode;
use yizhan::platform::template;
use yizhan::platform::user;

use super::MINI;
use super::OFFICIAL;
use super::WECOM;
use super::Wire;
use super::client;

/// The one request that `api` makes: its line, and its body.
pub(crate) async fn request<A: Api<Answer: Sized>>(settings: &str, api: A) -> String {
    let wire = Wire::answering(json!({"errcode": 0}));
    client(settings, &wire).call(&api).await.unwrap();
    shown(&wire)
}

fn shown(wire: &Wire) -> String {
    // The first request of a client fetches its token.
    let call = wire.asked().pop().unwrap();
    format!("{} {}", call.line, call.body).trim_end().to_owned()
}

/// Why `api` is not sent; nothing is sent for it, not even for a token.
pub(crate) async fn limit<A: Api>(settings: &str, api: A) -> String {
    let wire = Wire::answering(json!({"errcode": 0}));
    let error = client(settings, &wire).call(&api).await.err().unwrap();
    assert!(matches!(error, PlatformError::Limit(_)), "{error}");
    assert!(wire.asked().is_empty());
    error.to_string()
}

fn file() -> File {
    File { name: owned("a.png"), bytes: Bytes::from_static(b"PNG") }
}

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

fn owned(text: &str) -> String {
    text.to_owned()
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
    let typing = |command| customer::Typing { touser: owned("oRef1"), command };
    let expected = r#"POST /cgi-bin/message/custom/typing {"touser":"oRef1","command":"Typing"}"#;
    assert_eq!(request(OFFICIAL, typing(customer::Command::Typing)).await, expected);
    let expected = r#"POST /cgi-bin/message/custom/business/typing {"touser":"oRef1","command":"CancelTyping"}"#;
    assert_eq!(request(MINI, typing(customer::Command::CancelTyping)).await, expected);
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
        request(OFFICIAL, customer::OpenSession { kf_account: account(), openid: openid() }).await,
        r#"POST /customservice/kfsession/create {"kf_account":"a1@acct","openid":"oRef1"}"#
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

fn data(fields: &[(&str, &str)]) -> template::Data {
    let cell = |(name, value): &(&str, &str)| ((*name).to_owned(), template::Cell::from(*value));
    fields.iter().map(cell).collect()
}

#[tokio::test(start_paused = true)]
async fn template_and_subscription_messages() {
    let program = template::Miniprogram {
        appid: owned("wx00112233445566aa"),
        pagepath: Some(owned("pages/o?id=7")),
    };
    let send = template::Send {
        touser: owned("oRef1"),
        template_id: owned("TPL-1"),
        url: Some(owned("https://example.com/o/7")),
        miniprogram: Some(program.clone()),
        client_msg_id: Some(owned("o-7-1")),
        data: BTreeMap::from([
            (
                owned("thing1"),
                template::Cell { value: owned("Tea"), color: Some(owned("#173177")) },
            ),
            (owned("time2"), "2026-01-01 08:00".into()),
        ]),
    };
    assert_eq!(
        request(OFFICIAL, send).await,
        r##"POST /cgi-bin/message/template/send {"touser":"oRef1","template_id":"TPL-1","url":"https://example.com/o/7","miniprogram":{"appid":"wx00112233445566aa","pagepath":"pages/o?id=7"},"client_msg_id":"o-7-1","data":{"thing1":{"value":"Tea","color":"#173177"},"time2":{"value":"2026-01-01 08:00"}}}"##
    );
    let notice = template::SendNotice {
        touser: owned("oRef1"),
        template_id: owned("TPL-1"),
        page: Some(owned("https://example.com/o/7")),
        data: data(&[("thing1", "Tea")]),
        ..template::SendNotice::default()
    };
    assert_eq!(
        request(OFFICIAL, notice).await,
        r#"POST /cgi-bin/message/subscribe/bizsend {"touser":"oRef1","template_id":"TPL-1","page":"https://example.com/o/7","data":{"thing1":{"value":"Tea"}}}"#
    );
    let subscription = template::SendSubscription {
        touser: owned("oRef1"),
        template_id: owned("TPL-2"),
        page: Some(owned("pages/o?id=7")),
        miniprogram_state: Some(template::State::Formal),
        lang: Some(owned("zh_CN")),
        data: data(&[("amount2", "￥10"), ("date3", "2026-01-01 08:00"), ("thing1", "Tea")]),
    };
    assert_eq!(
        request(MINI, subscription).await,
        r#"POST /cgi-bin/message/subscribe/send {"touser":"oRef1","template_id":"TPL-2","page":"pages/o?id=7","miniprogram_state":"formal","lang":"zh_CN","data":{"amount2":{"value":"￥10"},"date3":{"value":"2026-01-01 08:00"},"thing1":{"value":"Tea"}}}"#
    );
    let once = template::OneTime {
        touser: owned("oRef1"),
        template_id: owned("TPL-1"),
        scene: owned("7"),
        title: owned("T"),
        data: data(&[("content", "C")]),
        ..template::OneTime::default()
    };
    assert_eq!(
        request(OFFICIAL, once).await,
        r#"POST /cgi-bin/message/template/subscribe {"touser":"oRef1","template_id":"TPL-1","scene":"7","title":"T","data":{"content":{"value":"C"}}}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_template_message_keeps_its_limits() {
    let send =
        template::Send { client_msg_id: Some(owned(&"x".repeat(33))), ..template::Send::default() };
    assert_eq!(limit(OFFICIAL, send).await, "`client_msg_id` has 33 bytes; at most 32");
    let data = data(&[("thing1", "a\nb")]);
    let send = template::SendSubscription { data, ..template::SendSubscription::default() };
    let text = "`thing1` must be not empty, without line breaks and control characters";
    assert_eq!(limit(MINI, send).await, text);
    let text = "`template` is nothing that `mini-program` can send";
    assert_eq!(limit(MINI, template::Send::default()).await, text);
}

fn to_all(body: mass::Body) -> mass::SendAll {
    let filter = mass::Filter { is_to_all: false, tag_id: Some(2) };
    mass::SendAll { filter, body, send_ignore_reprint: None, clientmsgid: Some(owned("c-7")) }
}

#[tokio::test(start_paused = true)]
async fn mass_messages() {
    let images = mass::Body::Images {
        media_ids: vec![owned("A"), owned("B")],
        recommend: Some(owned("R")),
        need_open_comment: Some(1),
        only_fans_can_comment: Some(0),
    };
    assert_eq!(
        request(OFFICIAL, to_all(images)).await,
        r#"POST /cgi-bin/message/mass/sendall {"filter":{"is_to_all":false,"tag_id":2},"msgtype":"image","images":{"media_ids":["A","B"],"recommend":"R","need_open_comment":1,"only_fans_can_comment":0},"clientmsgid":"c-7"}"#
    );
    let send = mass::Send {
        touser: vec![owned("oRef1"), owned("oRef2")],
        body: mass::Body::Mpnews { media_id: owned("M") },
        send_ignore_reprint: Some(1),
        clientmsgid: None,
    };
    assert_eq!(
        request(OFFICIAL, send).await,
        r#"POST /cgi-bin/message/mass/send {"touser":["oRef1","oRef2"],"msgtype":"mpnews","mpnews":{"media_id":"M"},"send_ignore_reprint":1}"#
    );
    let preview = mass::Preview {
        touser: None,
        towxname: Some(owned("anna")),
        body: mass::Body::Image { media_id: owned("M") },
    };
    assert_eq!(
        request(OFFICIAL, preview).await,
        r#"POST /cgi-bin/message/mass/preview {"towxname":"anna","msgtype":"image","image":{"media_id":"M"}}"#
    );
    assert_eq!(
        request(OFFICIAL, mass::Get { msg_id: 9_007_199_254_740_993 }).await,
        r#"POST /cgi-bin/message/mass/get {"msg_id":9007199254740993}"#
    );
    assert_eq!(
        request(OFFICIAL, mass::Delete { msg_id: 7, article_idx: Some(2) }).await,
        r#"POST /cgi-bin/message/mass/delete {"msg_id":7,"article_idx":2}"#
    );
    assert_eq!(
        request(OFFICIAL, mass::SetSpeed { speed: 4 }).await,
        r#"POST /cgi-bin/message/mass/speed/set {"speed":4}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_mass_message_that_was_sent_before_gives_the_id_it_had() {
    let answer = json!({"errcode": 45_065, "errmsg": "clientmsgid exist", "msg_id": 7});
    let client = client(OFFICIAL, &Wire::answering(answer));
    let text = mass::Body::Text { content: owned("x") };
    assert_eq!(client.call(&to_all(text)).await.unwrap().msg_id, 7);
}

#[tokio::test(start_paused = true)]
async fn a_mass_message_keeps_its_limits() {
    let body = mass::Body::Text { content: owned("x") };
    let one = mass::Send {
        touser: vec![owned("oRef1")],
        body,
        send_ignore_reprint: None,
        clientmsgid: None,
    };
    assert_eq!(limit(OFFICIAL, one).await, "`touser` has 1 recipients; 2 to 10000");
    let text = mass::Body::Text { content: owned("x") };
    let all = mass::SendAll { clientmsgid: Some(owned(&"x".repeat(65))), ..to_all(text) };
    assert_eq!(limit(OFFICIAL, all).await, "`clientmsgid` has 65 bytes; at most 64");
}

#[tokio::test(start_paused = true)]
async fn menus() {
    use menu::Button;
    use menu::Entry;
    let name = || owned("N");
    let button = vec![
        Entry::Button(Button::Click { name: name(), key: owned("K") }),
        Entry::List {
            name: name(),
            sub_button: vec![
                Button::View { name: name(), url: owned("https://e.com") },
                Button::PicPhotoOrAlbum { name: name(), key: owned("K") },
                Button::Miniprogram {
                    name: name(),
                    url: owned("u"),
                    appid: owned("a"),
                    pagepath: owned("p"),
                },
            ],
        },
    ];
    assert_eq!(
        request(OFFICIAL, menu::Create { button }).await,
        r#"POST /cgi-bin/menu/create {"button":[{"type":"click","name":"N","key":"K"},{"name":"N","sub_button":[{"type":"view","name":"N","url":"https://e.com"},{"type":"pic_photo_or_album","name":"N","key":"K"},{"type":"miniprogram","name":"N","url":"u","appid":"a","pagepath":"p"}]}]}"#
    );
    assert_eq!(request(OFFICIAL, menu::Get {}).await, "GET /cgi-bin/menu/get");
    assert_eq!(request(OFFICIAL, menu::Delete {}).await, "GET /cgi-bin/menu/delete");
    let none = menu::Create { button: Vec::new() };
    assert_eq!(limit(OFFICIAL, none).await, "`button` has 0 buttons; 1 to 3");
}

#[tokio::test(start_paused = true)]
async fn users_and_tags() {
    let info = user::Info { openid: owned("oRef1"), lang: Some(owned("zh_CN")) };
    assert_eq!(request(OFFICIAL, info).await, "GET /cgi-bin/user/info?openid=oRef1&lang=zh_CN");
    let wanted = user::Wanted { openid: owned("oRef1"), lang: None };
    assert_eq!(
        request(OFFICIAL, user::Infos { user_list: vec![wanted] }).await,
        r#"POST /cgi-bin/user/info/batchget {"user_list":[{"openid":"oRef1"}]}"#
    );
    let remark = user::SetRemark { openid: owned("oRef1"), remark: owned("安娜") };
    assert_eq!(
        request(OFFICIAL, remark).await,
        r#"POST /cgi-bin/user/info/updateremark {"openid":"oRef1","remark":"安娜"}"#
    );
    let tag = user::NewTag { id: None, name: Some(owned("VIP")) };
    assert_eq!(
        request(OFFICIAL, user::CreateTag { tag }).await,
        r#"POST /cgi-bin/tags/create {"tag":{"name":"VIP"}}"#
    );
    assert_eq!(
        request(OFFICIAL, user::Tag { openid_list: vec![owned("oRef1")], tagid: 2 }).await,
        r#"POST /cgi-bin/tags/members/batchtagging {"openid_list":["oRef1"],"tagid":2}"#
    );
    assert_eq!(
        request(OFFICIAL, user::Block { openid_list: vec![owned("oRef1")] }).await,
        r#"POST /cgi-bin/tags/members/batchblacklist {"openid_list":["oRef1"]}"#
    );
    let many = user::Block { openid_list: vec![String::new(); 21] };
    assert_eq!(limit(OFFICIAL, many).await, "`openid_list` has 21 users; 1 to 20");
}

#[tokio::test(start_paused = true)]
async fn all_followers_are_walked_page_by_page() {
    let wire = Wire::new(|asked| {
        let page = match asked.line.split("next_openid=").nth(1) {
            None => {
                json!({"total": 3, "count": 2, "data": {"openid": ["o1", "o2"]}, "next_openid": "o2"})
            }
            Some("o2") => {
                json!({"total": 3, "count": 1, "data": {"openid": ["o3"]}, "next_openid": "o3"})
            }
            Some(_) => json!({"total": 3, "count": 0, "next_openid": ""}),
        };
        Ok(super::token(asked, "T1").unwrap_or(page))
    });
    let client = client(OFFICIAL, &wire);
    let mut pages = user::followers(&client);
    let mut all = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        all.extend(page);
    }
    assert_eq!(all, ["o1", "o2", "o3"]);
    assert_eq!(pages.next().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn qr_codes() {
    let scene = || qrcode::Scene::SceneStr(owned("door-7"));
    let life = Duration::from_hours(24 * 30);
    assert_eq!(
        request(OFFICIAL, qrcode::temporary(scene(), life)).await,
        r#"POST /cgi-bin/qrcode/create {"expire_seconds":2592000,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"door-7"}}}"#
    );
    assert_eq!(
        request(OFFICIAL, qrcode::permanent(qrcode::Scene::SceneId(7))).await,
        r#"POST /cgi-bin/qrcode/create {"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":7}}}"#
    );
    let long = qrcode::temporary(scene(), life + Duration::from_secs(1));
    assert_eq!(limit(OFFICIAL, long).await, "`expire_seconds` must be 1 to 2592000");
    let answer =
        json!({"ticket": "gQH/8+=", "expire_seconds": 60, "url": "http://weixin.qq.com/q/x"});
    let client = client(OFFICIAL, &Wire::answering(answer));
    let ticket = client.call(&qrcode::permanent(scene())).await.unwrap();
    assert_eq!(
        ticket.picture(),
        "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQH%2F8%2B%3D"
    );
}

#[tokio::test(start_paused = true)]
async fn diagnostics_and_logins() {
    assert_eq!(
        request(OFFICIAL, diagnostics::ClearQuota { appid: owned("wx1") }).await,
        r#"POST /cgi-bin/clear_quota {"appid":"wx1"}"#
    );
    assert_eq!(
        request(OFFICIAL, diagnostics::ClearQuotaBySecret {}).await,
        "POST /cgi-bin/clear_quota/v2?appid=wx00112233445566bb&appsecret=SECRET {}"
    );
    assert_eq!(
        request(
            OFFICIAL,
            diagnostics::GetQuota { cgi_path: owned("/cgi-bin/message/custom/send") }
        )
        .await,
        r#"POST /cgi-bin/openapi/quota/get {"cgi_path":"/cgi-bin/message/custom/send"}"#
    );
    let check = diagnostics::CheckCallback {
        action: diagnostics::Action::All,
        check_operator: diagnostics::Carrier::Default,
    };
    assert_eq!(
        request(OFFICIAL, check).await,
        r#"POST /cgi-bin/callback/check {"action":"all","check_operator":"DEFAULT"}"#
    );
    assert_eq!(
        request(MINI, login::CodeToSession { js_code: owned("J") }).await,
        "GET /sns/jscode2session?js_code=J&grant_type=authorization_code&appid=wx00112233445566bb&secret=SECRET"
    );
    assert_eq!(
        request(OFFICIAL, login::CodeToUser { code: owned("C") }).await,
        "GET /sns/oauth2/access_token?code=C&grant_type=authorization_code&appid=wx00112233445566bb&secret=SECRET"
    );
    assert_eq!(
        request(OFFICIAL, login::JsapiTicket {}).await,
        "GET /cgi-bin/ticket/getticket?type=jsapi"
    );
    assert_eq!(
        request(MINI, login::PhoneNumber { code: owned("P") }).await,
        r#"POST /wxa/business/getuserphonenumber {"code":"P"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn everything_else_goes_raw() {
    let wire = Wire::answering(json!({"errcode": 0, "publish_id": 7}));
    let client = client(OFFICIAL, &wire);
    let answer: Value =
        client.post_json("/cgi-bin/freepublish/submit", &json!({"media_id": "M"})).await.unwrap();
    assert_eq!(answer["publish_id"], 7);
    client.get("/cgi-bin/get_current_autoreply_info", &[]).await.unwrap();
    client.upload("/cgi-bin/x", &[("a", "b")], file()).await.unwrap();
    let lines = [
        "POST /cgi-bin/freepublish/submit",
        "GET /cgi-bin/get_current_autoreply_info",
        "POST /cgi-bin/x?a=b",
    ];
    assert_eq!(wire.lines(), lines);
}

#[tokio::test(start_paused = true)]
async fn the_example_of_the_docs_runs() {
    // As docs/api.md has it.
    async fn greet(client: &Client, openid: &str) -> Result<(), PlatformError> {
        let who = user::Info { openid: openid.to_owned(), lang: None };
        let name = client.call(&who).await?.remark;
        let body = customer::Body::Text { content: format!("{name},您好") };
        let (touser, customservice, aimsgcontext, businessid) =
            (openid.to_owned(), None, None, None);
        client
            .call(&customer::Send { touser, body, customservice, aimsgcontext, businessid })
            .await?;
        client
            .post_json(
                "/cgi-bin/freepublish/batchget",
                &serde_json::json!({"offset": 0, "count": 20}),
            )
            .await?;
        Ok(())
    }
    let wire = Wire::answering(json!({"remark": "安娜"}));
    greet(&client(OFFICIAL, &wire), "oRef1").await.unwrap();
    assert_eq!(
        wire.lines(),
        [
            "GET /cgi-bin/user/info?openid=oRef1",
            "POST /cgi-bin/message/custom/send",
            "POST /cgi-bin/freepublish/batchget",
        ]
    );
}
