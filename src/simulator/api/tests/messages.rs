//! Customer-service, template, subscription and mass messages, files.

use serde_json::Value;
use serde_json::json;

use super::Desk;
use super::USER;
use super::done;
use super::errcode;
use crate::wechat::Platform;
use crate::wechat::id::OpenId;

const SEND: &str = "/cgi-bin/message/custom/send";
const TEMPLATE: &str = "/cgi-bin/message/template/send";

fn text(content: &str) -> Value {
    json!({"touser": USER, "msgtype": "text", "text": {"content": content}})
}

async fn custom(desk: &Desk, kind: &str, content: Value) -> i64 {
    desk.code(SEND, json!({"touser": USER, "msgtype": kind, kind: content})).await
}

#[tokio::test(start_paused = true)]
async fn a_message_can_be_sent_five_times_within_48_hours_of_the_users_own() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let answer = desk.post(SEND, text("hi")).await;
    assert_eq!(answer["errcode"], 45015);
    desk.says("hello").await;
    for _ in 0..5 {
        assert_eq!(desk.post(SEND, text("hi")).await, done());
    }
    assert_eq!(desk.code(SEND, text("hi")).await, 45047);
    assert_eq!(desk.inbox(USER), ["hi"; 5]);
    desk.says("again").await;
    desk.later(48 * 3_600);
    let token = desk.fetch_token().await;
    let request = super::Request::post(&format!("{SEND}?access_token={token}"), &text("hi"));
    assert_eq!(errcode(&desk.ask(&request).await), 45015);
}

#[tokio::test(start_paused = true)]
async fn a_menu_click_allows_three_for_a_minute() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    desk.does(json!({"MsgType": "event", "Event": "CLICK", "EventKey": "K"})).await;
    let codes = [
        desk.code(SEND, text("1")).await,
        desk.code(SEND, text("2")).await,
        desk.code(SEND, text("3")).await,
        desk.code(SEND, text("4")).await,
    ];
    assert_eq!(codes, [0, 0, 0, 45047]);
    desk.later(60);
    assert_eq!(desk.code(SEND, text("5")).await, 45015);
}

#[tokio::test(start_paused = true)]
async fn strangers_and_those_who_left_are_refused() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let mut message = text("hi");
    message["touser"] = "oNobody".into();
    assert_eq!(desk.code(SEND, message).await, 40003);
    desk.does(json!({"MsgType": "event", "Event": "unsubscribe", "EventKey": ""})).await;
    assert_eq!(desk.code(SEND, text("hi")).await, 43004);
    let body = json!({"touser": USER, "template_id": "T", "data": {"thing1": {"value": "a"}}});
    assert_eq!(desk.code(TEMPLATE, body).await, 43004);
}

#[tokio::test(start_paused = true)]
async fn users_and_the_account_can_be_in_a_state_that_refuses() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    desk.says("hello").await;
    let user = OpenId::parse(USER).unwrap();
    for code in [48002, 50002, 70000] {
        desk.simulator.refuses(&user, Some(code));
        assert_eq!(desk.code(SEND, text("hi")).await, code);
        let body = json!({"touser": USER, "template_id": "T", "data": {}});
        assert_eq!(desk.code(TEMPLATE, body).await, code);
    }
    desk.simulator.refuses(&user, None);
    let list = json!({"openid_list": [USER]});
    desk.code("/cgi-bin/tags/members/batchblacklist", list.clone()).await;
    assert_eq!(desk.code(SEND, text("hi")).await, 43019);
    desk.code("/cgi-bin/tags/members/batchunblacklist", list).await;
    desk.simulator.world().calls.denied = vec![SEND.to_owned()];
    assert_eq!(desk.code(SEND, text("hi")).await, 48001);
    desk.simulator.world().calls.denied.clear();
    assert_eq!(desk.code(SEND, text("hi")).await, 0);
}

#[tokio::test(start_paused = true)]
async fn every_type_of_customer_service_message_is_checked() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let (image, voice) = (desk.upload("image", "a.png").await, desk.upload("voice", "a.amr").await);
    let (video, thumb) = (desk.upload("video", "a.mp4").await, desk.upload("thumb", "a.jpg").await);
    let article = json!({"title": "t", "url": "https://example.com/"});
    for (kind, content, code) in [
        ("text", json!({"content": ""}), 44004),
        ("text", json!({"content": "a".repeat(2_048)}), 0),
        ("text", json!({"content": "a".repeat(2_049)}), 45002),
        ("image", json!({"media_id": image}), 0),
        ("image", json!({"media_id": voice}), 40007),
        ("image", json!({}), 41006),
        ("voice", json!({"media_id": voice}), 0),
        ("video", json!({"media_id": video, "thumb_media_id": thumb, "title": "v"}), 0),
        ("video", json!({"media_id": video}), 41006),
        ("music", json!({"musicurl": "u", "hqmusicurl": "u", "thumb_media_id": thumb}), 0),
        ("music", json!({"thumb_media_id": thumb}), 40035),
        ("news", json!({"articles": [article]}), 0),
        ("news", json!({"articles": [article, article]}), 45008),
        ("news", json!({"articles": []}), 44003),
        ("mpnews", json!({"media_id": image}), 40007),
        ("mpnewsarticle", json!({"article_id": "A"}), 0),
        ("msgmenu", json!({"head_content": "h", "list": [{"id": "1", "content": "a"}]}), 0),
        ("msgmenu", json!({"head_content": "h"}), 40035),
        ("wxcard", json!({"card_id": "C"}), 0),
        ("miniprogrampage", json!({"appid": "wx2", "pagepath": "p", "thumb_media_id": thumb}), 0),
        ("miniprogrampage", json!({"pagepath": "p", "thumb_media_id": thumb}), 40166),
        ("link", json!({"title": "t", "url": "https://example.com/"}), 0),
        ("poll", json!({}), 40008),
    ] {
        desk.says("hello").await;
        assert_eq!(custom(&desk, kind, content.clone()).await, code, "{kind} {content}");
    }
    let mut named = text("hi");
    named["customservice"] = json!({"kf_account": "a1@acct"});
    assert_eq!(desk.code(SEND, named.clone()).await, 61452);
    let operator = json!({"kf_account": "a1@acct", "nickname": "n"});
    assert_eq!(desk.code("/customservice/kfaccount/add", operator).await, 0);
    assert_eq!(desk.code(SEND, named).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_mini_program_sends_what_it_may() {
    let desk = Desk::new(Platform::MiniProgram).await;
    desk.does(json!({"MsgType": "event", "Event": "user_enter_tempsession"})).await;
    assert_eq!(custom(&desk, "text", json!({"content": "hi"})).await, 0);
    assert_eq!(custom(&desk, "voice", json!({"media_id": "x"})).await, 48008);
    assert_eq!(custom(&desk, "link", json!({"title": "t", "url": "u"})).await, 0);
    assert_eq!(custom(&desk, "text", json!({"content": "hi"})).await, 45047);
}

#[tokio::test(start_paused = true)]
async fn typing_is_shown_after_an_exchange_until_a_message_comes() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let path = "/cgi-bin/message/custom/typing";
    let typing = json!({"touser": USER, "command": "Typing"});
    assert_eq!(desk.code(path, typing.clone()).await, 45080);
    desk.says("hello").await;
    assert_eq!(desk.code(path, typing.clone()).await, 0);
    assert_eq!(desk.code(path, typing.clone()).await, 45081);
    assert_eq!(desk.code(SEND, text("hi")).await, 0);
    assert_eq!(desk.code(path, typing.clone()).await, 0);
    assert_eq!(desk.code(path, json!({"touser": USER, "command": "CancelTyping"})).await, 0);
    assert_eq!(desk.code(path, json!({"touser": USER, "command": "x"})).await, 45072);
    desk.later(31);
    assert_eq!(desk.code(path, typing).await, 45080);
}

#[tokio::test(start_paused = true)]
async fn files_are_checked_and_kept_for_three_days() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let path = "/cgi-bin/media/upload";
    let answer = desk.upload_to(path, "image", "a.png", b"\x89PNG").await;
    assert_eq!((&answer["type"], &answer["created_at"]), (&json!("image"), &json!(1_767_225_600)));
    let big = vec![0; (64 << 10) + 1];
    for (kind, name, bytes, code) in [
        ("image", "a.exe", &b"x"[..], 40005),
        ("image", "a.png", b"", 44001),
        ("image", "", b"x", 41005),
        ("thumb", "a.jpg", &big, 40012),
        ("movie", "a.mp4", b"x", 40004),
    ] {
        let answer = desk.upload_to(path, kind, name, bytes).await;
        assert_eq!(errcode(&answer), code, "{kind} {name}");
    }
    let id = answer["media_id"].as_str().unwrap();
    let target = desk.target(&format!("/cgi-bin/media/get?media_id={id}"));
    let request = super::Request::get(&target);
    let super::Reply::Whole(response) = desk.simulator.answer(&request).await else { panic!() };
    assert_eq!(response.body, b"\x89PNG");
    let disposition = "attachment; filename=\"a.png\"".to_owned();
    assert_eq!(response.headers, [("Content-disposition", disposition)]);
    desk.later(3 * 86_400);
    let token = desk.fetch_token().await;
    let target = format!("/cgi-bin/media/get?media_id={id}&access_token={token}");
    assert_eq!(errcode(&desk.ask(&super::Request::get(&target)).await), 40007);
}

#[tokio::test(start_paused = true)]
async fn a_template_message_ends_in_its_event() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let body = json!({"touser": USER, "template_id": "TPL-1", "client_msg_id": "o-7-1",
        "data": {"thing1": {"value": "Tea"}}});
    let answer = desk.post(TEMPLATE, body.clone()).await;
    assert_eq!(answer, json!({"errcode": 0, "errmsg": "ok", "msgid": 200_228_332}));
    assert_eq!(desk.post(TEMPLATE, body.clone()).await["msgid"], 200_228_332);
    assert_eq!(desk.inbox(USER), ["thing1: Tea"]);
    let heard = desk.jobs_done().await;
    assert_eq!(heard.len(), 1);
    assert!(heard[0].contains("<Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event>"), "{}", heard[0]);
    assert!(heard[0].contains("<MsgID>200228332</MsgID>"), "{}", heard[0]);
    assert!(heard[0].contains("<Status><![CDATA[success]]></Status>"), "{}", heard[0]);

    desk.code("/cgi-bin/tags/members/batchblacklist", json!({"openid_list": [USER]})).await;
    let blocked = json!({"touser": USER, "template_id": "TPL-1", "data": {}});
    assert_eq!(desk.code(TEMPLATE, blocked).await, 0);
    assert!(desk.jobs_done().await[0].contains("<![CDATA[failed:user block]]>"));

    let mut wrong = body.clone();
    wrong["data"]["thing1"]["value"] = "a".repeat(21).into();
    let answer = desk.post(TEMPLATE, wrong).await;
    assert_eq!(answer["errcode"], 47003);
    let text = answer["errmsg"].as_str().unwrap();
    assert!(text.starts_with("argument invalid! data.thing1.value invalid"), "{text}");
    let mut wrong = body.clone();
    wrong["miniprogram"] = json!({"appid": "x", "pagepath": "p"});
    assert_eq!(desk.code(TEMPLATE, wrong).await, 40166);
}

#[tokio::test(start_paused = true)]
async fn an_account_with_a_library_takes_only_its_templates() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let short = json!({"template_id_short": "TM00015"});
    let added = desk.post("/cgi-bin/template/api_add_template", short).await;
    let id = added["template_id"].as_str().unwrap();
    let data = json!({"thing1": {"value": "Tea"}});
    let body = |id: &str| json!({"touser": USER, "template_id": id, "data": data});
    assert_eq!(desk.code(TEMPLATE, body("TPL-1")).await, 40037);
    assert_eq!(desk.code(TEMPLATE, body(&"x".repeat(129))).await, 40036);
    assert_eq!(desk.code(TEMPLATE, body(id)).await, 0);
    let all = desk.get("/cgi-bin/template/get_all_private_template").await;
    assert_eq!(all["template_list"][0]["template_id"], id);
    let removed = json!({"template_id": id});
    assert_eq!(desk.code("/cgi-bin/template/del_private_template", removed.clone()).await, 0);
    assert_eq!(desk.code("/cgi-bin/template/del_private_template", removed).await, 40037);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_message_wants_the_users_consent_each_time() {
    for (platform, path) in [
        (Platform::OfficialAccount, "/cgi-bin/message/subscribe/bizsend"),
        (Platform::MiniProgram, "/cgi-bin/message/subscribe/send"),
    ] {
        let desk = Desk::new(platform).await;
        let body = json!({"touser": USER, "template_id": "TPL-2",
            "data": {"thing1": {"value": "Tea"}, "date2": {"value": "2026-01-01 08:00"}}});
        assert_eq!(desk.code(path, body.clone()).await, 43101);
        desk.simulator.grant(&OpenId::parse(USER).unwrap(), "TPL-2", 1);
        assert_eq!(desk.code(path, body.clone()).await, 0);
        assert_eq!(desk.code(path, body.clone()).await, 43101);
        let heard = desk.jobs_done().await;
        assert!(heard[0].contains("subscribe_msg_sent_event"), "{}", heard[0]);
        let mut wrong = body;
        wrong["page"] = "/pages/x".into();
        assert_eq!(desk.code(path, wrong).await, 41030);
    }
}

#[tokio::test(start_paused = true)]
async fn a_mass_message_goes_to_all_and_ends_in_its_event() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    desk.simulator.knows(&OpenId::parse("oUser2").unwrap());
    let path = "/cgi-bin/message/mass/sendall";
    let body = json!({"filter": {"is_to_all": true}, "msgtype": "text",
        "text": {"content": "news"}, "clientmsgid": "c1"});
    let answer = desk.post(path, body.clone()).await;
    let id = answer["msg_id"].as_i64().unwrap();
    assert_eq!(answer["errmsg"], "send job submission success");
    let status = |status: &str| json!({"msg_id": id, "msg_status": status});
    let get = "/cgi-bin/message/mass/get";
    assert_eq!(desk.post(get, json!({"msg_id": id})).await, status("SENDING"));
    assert_eq!(desk.code(path, body.clone()).await, 45066);
    let heard = desk.jobs_done().await;
    for part in ["<Event><![CDATA[MASSSENDJOBFINISH]]>", "<TotalCount>2<", "<SentCount>2<"] {
        assert!(heard[0].contains(part), "{}", heard[0]);
    }
    assert_eq!(desk.post(get, json!({"msg_id": id})).await, status("SEND_SUCCESS"));
    assert_eq!(desk.inbox("oUser2"), ["news"]);
    assert_eq!(desk.code("/cgi-bin/message/mass/delete", json!({"msg_id": id})).await, 0);
    assert_eq!(desk.post(get, json!({"msg_id": id})).await, status("DELETE"));
    desk.later(60);
    let again = desk.post(path, body).await;
    assert_eq!((errcode(&again), &again["msg_id"]), (45065, &json!(id)));
}

#[tokio::test(start_paused = true)]
async fn mass_messages_have_their_own_limits() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let path = "/cgi-bin/message/mass/send";
    let to = |users: Value| json!({"touser": users, "msgtype": "text", "text": {"content": "n"}});
    assert_eq!(desk.code(path, to(json!([USER]))).await, 40035);
    assert_eq!(desk.code(path, to(json!(["oA", "oB"]))).await, 40003);
    let mut long = to(json!([USER, "oB"]));
    long["clientmsgid"] = "c".repeat(65).into();
    assert_eq!(desk.code(path, long).await, 45067);
    for _ in 0..100 {
        assert_eq!(desk.code(path, to(json!([USER, "oB"]))).await, 0);
    }
    assert_eq!(desk.code(path, to(json!([USER, "oB"]))).await, 45028);
    let preview = json!({"touser": USER, "msgtype": "text", "text": {"content": "look"}});
    assert_eq!(desk.code("/cgi-bin/message/mass/preview", preview).await, 0);
    assert_eq!(desk.code("/cgi-bin/message/mass/speed/set", json!({"speed": 4})).await, 0);
    let speed = desk.post("/cgi-bin/message/mass/speed/get", json!({})).await;
    assert_eq!(speed, json!({"speed": 4, "realspeed": 10}));
    assert_eq!(desk.code("/cgi-bin/message/mass/speed/set", json!({"speed": 5})).await, 45083);
}
