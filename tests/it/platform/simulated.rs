//! Our calls against our simulated WeChat: what one side sends, the other takes, and its answers
//! are read. Both were written from the platform's pages, apart from each other.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use url::Url;
use yizhan::clock::TokioClock;
use yizhan::entropy::SeededEntropy;
use yizhan::exchange::Request;
use yizhan::exchange::Response;
use yizhan::platform::Api;
use yizhan::platform::Client;
use yizhan::platform::File;
use yizhan::platform::PlatformError;
use yizhan::platform::Sending;
use yizhan::platform::Transport;
use yizhan::platform::customer;
use yizhan::platform::kf;
use yizhan::platform::mass;
use yizhan::platform::media;
use yizhan::platform::menu;
use yizhan::platform::qrcode;
use yizhan::platform::template;
use yizhan::platform::user;
use yizhan::platform::wecom;
use yizhan::simulator::Account;
use yizhan::simulator::Follower;
use yizhan::simulator::RawRequest;
use yizhan::simulator::RawResponse;
use yizhan::simulator::Simulator;
use yizhan::simulator::api;
use yizhan::wechat::Mode;
use yizhan::wechat::Platform;
use yizhan::wechat::id::AppId;
use yizhan::wechat::id::OpenId;
use yizhan::wechat::secret::EncodingAesKey;
use yizhan::wechat::secret::Token;

use super::MINI;
use super::OFFICIAL;
use super::WECOM;
use super::client_over;
use super::store;
use super::timeout;
use crate::support::AES_KEY;
use crate::support::APP_ID;
use crate::support::START;
use crate::support::TOKEN;

/// Straight to the simulated platform.
pub(super) struct Line(pub(super) Arc<Simulator>);

impl Transport for Line {
    fn send(&self, request: Request) -> Sending<'_> {
        Box::pin(async move {
            let url = Url::parse(&request.url).unwrap();
            let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
            let content_type = request.headers.iter().find(|(name, _)| name == "content-type");
            let content_type = content_type.map_or("", |(_, value)| value);
            let method = format!("{:?}", request.method).to_uppercase();
            let body = request.body.to_vec();
            let asked = api::Request::new(&method, &target, content_type, body);
            let api::Reply::Whole(answer) = self.0.answer(&asked).await else {
                return Err(timeout(true));
            };
            let headers = answer.headers.into_iter();
            let headers = headers.map(|(name, value)| (name.to_lowercase(), value)).collect();
            Ok(Response { status: answer.status, headers, body: answer.body.into() })
        })
    }
}

/// A client, and the platform it calls.
pub(super) struct Desk {
    pub(super) simulator: Arc<Simulator>,
    client: Arc<Client>,
    anna: Follower,
}

impl Desk {
    pub(super) fn new(platform: Platform) -> Self {
        let account =
            Account::new(platform, Token::parse(TOKEN).unwrap(), AppId::parse(APP_ID).unwrap());
        let (account, settings) = match platform {
            Platform::Wecom => {
                let key = EncodingAesKey::parse(AES_KEY).unwrap();
                (account.sealed(Mode::Safe, &key), WECOM)
            }
            Platform::MiniProgram => (account, MINI),
            _ => (account, OFFICIAL),
        };
        let silent =
            |_: RawRequest| std::future::ready(RawResponse { status: 200, body: Vec::new() });
        let (clock, entropy) =
            (Arc::new(TokioClock::starting_at(START)), Arc::new(SeededEntropy::new(7)));
        let simulator = Simulator::new(account, "/callback/shop", silent, clock, entropy);
        let anna = simulator.follower(OpenId::parse("oAnna").unwrap());
        simulator.knows(anna.open_id());
        let client = client_over(settings, Arc::new(Line(Arc::clone(&simulator))), store(), 1);
        Self { simulator, client, anna }
    }

    async fn call<A: Api>(&self, api: A) -> A::Answer {
        self.client.call(&api).await.unwrap()
    }

    async fn upload(&self, kind: media::Kind, name: &str) -> String {
        self.client.upload_media(kind, file(name)).await.unwrap().media_id
    }

    /// She writes, since that allows five messages, and gets this one as `shown`.
    async fn gets(&self, body: customer::Body, shown: &str) {
        self.anna.says("hi").await;
        let before = self.inbox().len();
        self.call(to_anna(body)).await;
        assert_eq!(self.inbox()[before..], [shown]);
    }

    /// How she got what the account sent her, and of which type it was.
    fn inbox(&self) -> Vec<String> {
        let pushed = self.simulator.pushed(self.anna.open_id(), 0);
        pushed.into_iter().map(|it| format!("{} {}", it.kind, it.text)).collect()
    }
}

fn owned(text: &str) -> String {
    text.to_owned()
}

fn file(name: &str) -> File {
    File { name: owned(name), bytes: Bytes::from_static(b"0123456789") }
}

fn to_anna(body: customer::Body) -> customer::Send {
    customer::Send {
        touser: owned("oAnna"),
        body,
        customservice: None,
        aimsgcontext: None,
        businessid: None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_customer_message_of_every_type_with_a_file_arrives() {
    use customer::Body;
    let desk = Desk::new(Platform::OfficialAccount);
    let image = desk.upload(media::Kind::Image, "a.png").await;
    let voice = desk.upload(media::Kind::Voice, "a.mp3").await;
    let video = desk.upload(media::Kind::Video, "a.mp4").await;
    let thumb = desk.upload(media::Kind::Thumb, "a.jpg").await;
    let music = Body::Music {
        title: Some(owned("T")),
        description: None,
        musicurl: owned("https://e.com/m"),
        hqmusicurl: owned("https://e.com/h"),
        thumb_media_id: thumb.clone(),
    };
    let page = Body::Miniprogrampage {
        title: owned("T"),
        appid: Some(owned("wx1")),
        pagepath: owned("p"),
        thumb_media_id: thumb.clone(),
    };
    let video = Body::Video {
        media_id: video,
        thumb_media_id: Some(thumb),
        title: Some(owned("T")),
        description: None,
    };
    desk.gets(Body::Image { media_id: image.clone() }, &format!("image {image}")).await;
    desk.gets(Body::Voice { media_id: voice.clone() }, &format!("voice {voice}")).await;
    desk.gets(video, "video T").await;
    desk.gets(music, "music T").await;
    desk.gets(page, "miniprogrampage T").await;
}

#[tokio::test(start_paused = true)]
async fn a_customer_message_of_every_type_without_a_file_arrives() {
    use customer::Body;
    let desk = Desk::new(Platform::OfficialAccount);
    let article = customer::Article {
        title: owned("T"),
        url: owned("https://e.com"),
        ..customer::Article::default()
    };
    let menu = Body::Msgmenu {
        head_content: owned("H"),
        list: vec![customer::Choice { id: owned("1"), content: owned("好") }],
        tail_content: owned("T"),
    };
    let link = Body::Link {
        title: owned("T"),
        description: owned("D"),
        url: owned("https://e.com"),
        thumb_url: owned("https://e.com/p"),
    };
    desk.gets(Body::Text { content: owned("你好") }, "text 你好").await;
    desk.gets(Body::News { articles: vec![article] }, "news T").await;
    desk.gets(Body::Mpnewsarticle { article_id: owned("A") }, "mpnewsarticle A").await;
    desk.gets(menu, "msgmenu H").await;
    desk.gets(Body::Wxcard { card_id: owned("C") }, "wxcard C").await;
    desk.gets(link, "link T").await;
}

#[tokio::test(start_paused = true)]
async fn typing_and_messages_of_a_mini_program() {
    let desk = Desk::new(Platform::MiniProgram);
    desk.anna.says("hi").await;
    let typing = |command| customer::Typing { touser: owned("oAnna"), command, businessid: None };
    desk.call(typing(customer::Command::Typing)).await;
    desk.call(typing(customer::Command::CancelTyping)).await;
    let image = desk.upload(media::Kind::Image, "a.jpg").await;
    desk.call(to_anna(customer::Body::Image { media_id: image.clone() })).await;
    desk.simulator.grant(desk.anna.open_id(), "TPL", 1);
    let message = || template::SendSubscription {
        touser: owned("oAnna"),
        template_id: owned("TPL"),
        page: Some(owned("pages/o?id=7")),
        miniprogram_state: Some(template::State::Formal),
        lang: Some(owned("zh_CN")),
        data: [(owned("thing1"), "茶".into())].into(),
    };
    desk.call(message()).await;
    assert_eq!(desk.inbox(), [format!("image {image}"), owned("subscribe thing1: 茶")]);
    let refused = desk.client.call(&message()).await.unwrap_err();
    assert!(matches!(refused, PlatformError::Refused(it) if it.code == 43_101));
}

#[tokio::test(start_paused = true)]
async fn templates_and_notices() {
    let desk = Desk::new(Platform::OfficialAccount);
    let template = || template::Send {
        touser: owned("oAnna"),
        template_id: owned("TPL"),
        client_msg_id: Some(owned("o-7")),
        data: [(owned("thing1"), "茶".into())].into(),
        ..template::Send::default()
    };
    let first = desk.call(template()).await.msgid;
    // The same id is the same message.
    assert_eq!(desk.call(template()).await.msgid, first);
    desk.simulator.grant(desk.anna.open_id(), "T2", 1);
    desk.call(template::SendNotice {
        touser: owned("oAnna"),
        template_id: owned("T2"),
        data: [(owned("thing1"), "水".into())].into(),
        ..template::SendNotice::default()
    })
    .await;
    assert_eq!(desk.inbox(), ["template thing1: 茶", "subscribe thing1: 水"]);
}

#[tokio::test(start_paused = true)]
async fn mass_messages_from_preview_to_deletion() {
    let desk = Desk::new(Platform::OfficialAccount);
    let text = || mass::Body::Text { content: owned("大家好") };
    desk.call(mass::Preview { touser: Some(owned("oAnna")), towxname: None, body: text() }).await;
    let everybody = || mass::SendAll {
        filter: mass::Filter { is_to_all: true, tag_id: None },
        body: text(),
        send_ignore_reprint: None,
        clientmsgid: Some(owned("c-7")),
    };
    let sent = desk.call(everybody()).await;
    let status = || mass::Get { msg_id: sent.msg_id };
    assert_eq!(desk.call(status()).await.msg_status, "SENDING");
    tokio::time::sleep(Duration::from_secs(61)).await;
    // The same id is the same message.
    assert_eq!(desk.call(everybody()).await.msg_id, sent.msg_id);
    assert_eq!(desk.inbox(), ["text 大家好", "text 大家好"]);
    assert_eq!(desk.call(status()).await.msg_status, "SEND_SUCCESS");
    desk.call(mass::Delete { msg_id: sent.msg_id, article_idx: None }).await;
    assert_eq!(desk.call(status()).await.msg_status, "DELETE");
    desk.call(mass::SetSpeed { speed: 4 }).await;
    assert_eq!(desk.call(mass::GetSpeed {}).await.speed, 4);
}

#[tokio::test(start_paused = true)]
async fn files_come_back_as_they_went() {
    let desk = Desk::new(Platform::OfficialAccount);
    let id = desk.upload(media::Kind::Image, "a.png").await;
    let media::Downloaded::File(back) = desk.client.download_media(&id).await.unwrap() else {
        panic!("no file");
    };
    assert_eq!((back.name.as_str(), back.bytes), ("a.png", file("a.png").bytes));
    let id = desk.upload(media::Kind::Video, "a.mp4").await;
    let video = desk.client.download_media(&id).await.unwrap();
    assert!(matches!(video, media::Downloaded::VideoUrl(_)));
    let hosted = desk.client.upload_image(file("a.png")).await.unwrap();
    assert!(hosted.url.starts_with("http://mmbiz.qpic.cn/"), "{}", hosted.url);
    let description = media::Description { title: owned("T"), introduction: owned("I") };
    let video = desk.client.add_material(media::Kind::Video, file("v.mp4"), Some(&description));
    assert!(!video.await.unwrap().media_id.is_empty());
    let image = desk.client.add_material(media::Kind::Image, file("i.png"), None).await.unwrap();
    assert!(!image.url.is_empty());
    let back = desk.client.download_material(&image.media_id).await.unwrap();
    assert!(matches!(back, media::Downloaded::File(it) if it.bytes == file("").bytes));
    assert_eq!(desk.call(media::Count {}).await["image_count"], 1);
    desk.call(media::Remove { media_id: image.media_id }).await;
    assert_eq!(desk.call(media::Count {}).await["image_count"], 0);
}

#[tokio::test(start_paused = true)]
async fn followers_tags_menus_and_codes() {
    let desk = Desk::new(Platform::OfficialAccount);
    desk.call(user::SetRemark { openid: owned("oAnna"), remark: owned("安娜") }).await;
    let tag = user::NewTag { id: None, name: Some(owned("VIP")) };
    let tag = desk.call(user::CreateTag { tag }).await.tag;
    assert_eq!((tag.id, tag.name.as_str()), (100, "VIP"));
    let openid_list = vec![owned("oAnna")];
    desk.call(user::Tag { openid_list: openid_list.clone(), tagid: tag.id }).await;
    assert_eq!(desk.call(user::TagsOf { openid: owned("oAnna") }).await.tagid_list, [100]);
    let info = desk.call(user::Info { openid: owned("oAnna"), lang: Some(owned("zh_CN")) }).await;
    assert_eq!((info.subscribe, info.remark.as_str(), info.tagid_list), (1, "安娜", vec![100]));
    let wanted = user::Wanted { openid: owned("oAnna"), lang: None };
    let infos = desk.call(user::Infos { user_list: vec![wanted] }).await;
    assert_eq!(infos.user_info_list[0].remark, "安娜");
    let tagged = desk.call(user::WithTag { tagid: 100, next_openid: None }).await;
    assert_eq!(tagged.data.openid, openid_list);
    let mut pages = user::followers(&desk.client);
    assert_eq!(pages.next().await.unwrap(), Some(openid_list.clone()));
    desk.call(user::Block { openid_list: openid_list.clone() }).await;
    assert_eq!(desk.call(user::Blacklist::default()).await.data.openid, openid_list);
    desk.call(user::Unblock { openid_list }).await;

    let click = menu::Button::Click { name: owned("N"), key: owned("K") };
    desk.call(menu::Create { button: vec![menu::Entry::Button(click)] }).await;
    assert_eq!(desk.call(menu::Get {}).await["menu"]["button"][0]["key"], "K");
    desk.call(menu::Delete {}).await;
    let scene = qrcode::Scene::SceneStr(owned("door-7"));
    let code = desk.call(qrcode::temporary(scene, Duration::from_mins(1))).await;
    assert!(!code.ticket.is_empty() && !code.url.is_empty());
}

#[tokio::test(start_paused = true)]
async fn messages_cards_and_chats_of_an_application() {
    let desk = Desk::new(Platform::Wecom);
    let message = |body| wecom::Send {
        touser: Some(owned("oAnna|oNobody")),
        toparty: None,
        totag: None,
        agentid: 1_000_002,
        body,
        safe: None,
        enable_id_trans: None,
        enable_duplicate_check: Some(1),
        duplicate_check_interval: None,
    };
    let text = || wecom::Body::Text { content: owned("你好") };
    let sent = desk.call(message(text())).await;
    assert_eq!(sent.invaliduser, "oNobody");
    // A double is taken, and not delivered.
    desk.call(message(text())).await;
    assert_eq!(desk.inbox(), ["text 你好"]);
    desk.call(wecom::Recall { msgid: sent.msgid }).await;
    let file = desk.upload(media::Kind::File, "a.txt").await;
    desk.call(message(wecom::Body::File { media_id: file.clone() })).await;
    desk.call(message(wecom::Body::Markdown { content: owned("**x**") })).await;
    let card = json!({
        "card_type": "button_interaction", "task_id": "req-7",
        "main_title": {"title": "T"}, "button_list": [{"text": "批准", "key": "yes"}],
    });
    let sent = desk.call(message(wecom::Body::TemplateCard { card })).await;
    let updated = desk.call(wecom::UpdateCard {
        userids: vec![owned("oAnna"), owned("oNobody")],
        agentid: 1_000_002,
        response_code: sent.response_code,
        button: Some(wecom::Button { replace_name: owned("已批准") }),
        ..wecom::UpdateCard::default()
    });
    assert_eq!(updated.await.invaliduser, ["oNobody"]);
    let expected = [
        "text 你好",
        &format!("file {file}"),
        "markdown **x**",
        "template_card T",
        "update_template_card 已批准",
    ];
    assert_eq!(desk.inbox(), expected);
    desk.simulator.knows(&OpenId::parse("oBen").unwrap());
    let userlist = vec![owned("oAnna"), owned("oBen")];
    let chat = desk.call(wecom::CreateChat { userlist, ..wecom::CreateChat::default() }).await;
    desk.call(wecom::SendToChat { chatid: chat.chatid.clone(), body: text(), safe: None }).await;
    assert_eq!(desk.inbox().pop().unwrap(), "text 你好");
    let found = desk.call(wecom::GetChat { chatid: chat.chatid }).await;
    assert_eq!(found["chat_info"]["owner"], "oAnna");
}

#[tokio::test(start_paused = true)]
async fn customers_of_a_company_write_and_are_answered() {
    let desk = Desk::new(Platform::Wecom);
    let account = "wkSimulated0000000000000000001";
    desk.simulator.customer_says("wmAnna", "在吗").await;
    let page = desk.client.kf_page(account, None).await.unwrap();
    assert_eq!(page.msg_list.len(), 2);
    let code = page.msg_list[0]["event"]["welcome_code"].as_str().unwrap();
    assert_eq!(page.msg_list[1]["text"]["content"], "在吗");
    let text = || kf::Body::Text { content: owned("您好") };
    desk.call(kf::SendOnEvent { code: owned(code), msgid: None, body: text() }).await;
    let (touser, open_kfid) = (owned("wmAnna"), owned(account));
    let sent =
        desk.call(kf::Send { touser, open_kfid, msgid: Some(owned("m-1")), body: text() }).await;
    assert_eq!(sent.msgid, "m-1");
    desk.client.keep_kf_cursor(account, &page.next_cursor).await.unwrap();
    let later = desk.client.kf_page(account, None).await.unwrap();
    assert_eq!(later.msg_list.len(), 1);
    assert_eq!(later.msg_list[0]["msgid"], "m-1");
    let (open_kfid, external_userid) = (owned(account), owned("wmAnna"));
    assert_eq!(desk.call(kf::GetState { open_kfid, external_userid }).await.service_state, 0);
}
