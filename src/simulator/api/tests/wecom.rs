//! 企业微信: application messages, cards, chats, members, customers, robots.

use serde_json::Value;
use serde_json::json;

use super::Desk;
use super::Request;
use super::USER;
use super::done;
use super::errcode;
use crate::wechat::Platform;

const SEND: &str = "/cgi-bin/message/send";

async fn wecom() -> Desk {
    Desk::new(Platform::Wecom).await
}

fn to(users: &str, kind: &str, content: impl Into<Value>) -> Value {
    let content = content.into();
    json!({"touser": users, "agentid": 1_000_002, "msgtype": kind, kind: content})
}

#[tokio::test(start_paused = true)]
async fn each_secret_has_one_token_until_it_ends() {
    let desk = wecom().await;
    let target = "/cgi-bin/gettoken?corpid=wx1&corpsecret=S";
    let again = desk.ask(&Request::get(target)).await;
    let expected = json!({"errcode": 0, "errmsg": "ok", "access_token": desk.token,
        "expires_in": 7200});
    assert_eq!(again, expected);
    let other = desk.ask(&Request::get("/cgi-bin/gettoken?corpid=wx1&corpsecret=T")).await;
    assert_ne!(other["access_token"], desk.token);
    let wrong = desk.ask(&Request::get("/cgi-bin/gettoken?corpid=wx2&corpsecret=S")).await;
    let text = wrong["errmsg"].as_str().unwrap();
    assert!(text.starts_with("invalid corpid, hint: [1767225600"), "{text}");
    assert!(text.ends_with("/devtool/query?e=40013"), "{text}");
    desk.later(7_200);
    assert_eq!(errcode(&desk.get("/cgi-bin/getcallbackip").await), 42001);
}

#[tokio::test(start_paused = true)]
async fn a_message_names_the_receivers_that_do_not_exist() {
    let desk = wecom().await;
    let answer = desk.post(SEND, to("oUser1|u3", "text", json!({"content": "hi"}))).await;
    assert_eq!((&answer["errcode"], &answer["invaliduser"]), (&json!(0), &json!("u3")));
    assert_eq!(desk.inbox(USER), ["hi"]);
    let answer = desk.post(SEND, to("u3|u4", "text", json!({"content": "hi"}))).await;
    assert_eq!((&answer["errcode"], &answer["invaliduser"]), (&json!(81013), &json!("u3|u4")));
    assert_eq!(desk.code(SEND, to("", "text", json!({"content": "hi"}))).await, 40063);
    let mut other = to(USER, "text", json!({"content": "hi"}));
    other["agentid"] = 7.into();
    assert_eq!(desk.code(SEND, other.clone()).await, 40056);
    other["agentid"] = Value::Null;
    assert_eq!(desk.code(SEND, other).await, 41011);
    assert_eq!(desk.code(SEND, to("@all", "text", json!({"content": "all"}))).await, 0);
    assert_eq!(desk.inbox(USER), ["hi", "all"]);
}

#[tokio::test(start_paused = true)]
async fn every_type_of_application_message_is_checked() {
    let desk = wecom().await;
    let (image, file) = (desk.upload("image", "a.png").await, desk.upload("file", "a.zip").await);
    let video = desk.upload("video", "a.mp4").await;
    let article = json!({"title": "t", "url": "https://example.com/"});
    let paper = json!({"title": "t", "thumb_media_id": image, "content": "c"});
    let card = json!({"title": "t", "description": "d", "url": "https://example.com/"});
    for (kind, content, code) in [
        ("text", json!({"content": "hi"}), 0),
        ("text", json!({"content": ""}), 44004),
        ("image", json!({"media_id": image}), 0),
        ("image", json!({"media_id": file}), 40007),
        ("voice", json!({"media_id": "x"}), 40007),
        ("video", json!({"media_id": video, "title": "v"}), 0),
        ("file", json!({"media_id": file}), 0),
        ("textcard", card, 0),
        ("textcard", json!({"title": "t"}), 40058),
        ("news", json!({"articles": [article]}), 0),
        ("news", json!({"articles": []}), 45008),
        ("news", json!({"articles": [{"title": "t"}]}), 40058),
        ("mpnews", json!({"articles": [paper]}), 0),
        ("markdown", json!({"content": "**b**"}), 0),
        ("miniprogram_notice", json!({"appid": "wx2", "title": "t"}), 0),
        ("interactive_taskcard", json!({"title": "t", "description": "d", "task_id": "k"}), 0),
        ("template_card", json!({"card_type": "text_notice", "card_action": {"type": 1}}), 0),
        ("template_card", json!({"card_type": "text_notice"}), 42028),
        ("template_card", json!({"card_type": "dance"}), 42027),
        ("poll", json!({}), 40008),
    ] {
        let answer = desk.post(SEND, to(USER, kind, content.clone())).await;
        assert_eq!(errcode(&answer), code, "{kind} {content} {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_card_can_be_changed_once_and_a_message_taken_back() {
    let desk = wecom().await;
    let card = json!({"card_type": "button_interaction", "main_title": {"title": "request 7"},
        "task_id": "req-7", "button_list": [{"text": "yes", "key": "ok"}]});
    let sent = desk.post(SEND, to(USER, "template_card", card)).await;
    let update = json!({"userids": [USER, "u9"], "agentid": 1_000_002,
        "response_code": sent["response_code"], "button": {"replace_name": "approved"}});
    let path = "/cgi-bin/message/update_template_card";
    assert_eq!(desk.post(path, update.clone()).await["invaliduser"], json!(["u9"]));
    assert_eq!(desk.code(path, update).await, 60140);
    let recall = json!({"msgid": sent["msgid"]});
    assert_eq!(desk.post("/cgi-bin/message/recall", recall.clone()).await, done());
    assert_eq!(desk.code("/cgi-bin/message/recall", recall).await, 40058);
    let sent = desk.post(SEND, to(USER, "text", json!({"content": "hi"}))).await;
    desk.later(86_401);
    let token = desk.fetch_token().await;
    let target = format!("/cgi-bin/message/recall?access_token={token}");
    let recall = json!({"msgid": sent["msgid"]});
    assert_eq!(errcode(&desk.ask(&Request::post(&target, &recall)).await), 42052);
}

#[tokio::test(start_paused = true)]
async fn doubles_and_floods_vanish_without_an_error() {
    let desk = wecom().await;
    let mut body = to(USER, "text", json!({"content": "hi"}));
    body["enable_duplicate_check"] = 1.into();
    for _ in 0..3 {
        assert_eq!(desk.code(SEND, body.clone()).await, 0);
    }
    assert_eq!(desk.inbox(USER).len(), 1);
    for number in 0..40 {
        let body = to(USER, "text", json!({"content": number.to_string()}));
        assert_eq!(desk.code(SEND, body).await, 0);
    }
    assert_eq!(desk.inbox(USER).len(), 30);
}

#[tokio::test(start_paused = true)]
async fn files_have_more_than_five_bytes_and_a_time_as_text() {
    let desk = wecom().await;
    let path = "/cgi-bin/media/upload";
    assert_eq!(errcode(&desk.upload_to(path, "file", "a.txt", b"12345").await), 40006);
    let answer = desk.upload_to(path, "file", "a.txt", b"123456").await;
    assert_eq!(answer["created_at"], "1767225600");
}

#[tokio::test(start_paused = true)]
async fn an_application_chat_reaches_its_members() {
    let desk = wecom().await;
    desk.simulator.knows(&crate::wechat::id::OpenId::parse("lisi").unwrap());
    let path = "/cgi-bin/appchat/create";
    assert_eq!(desk.code(path, json!({"userlist": [USER]})).await, 40058);
    assert_eq!(desk.code(path, json!({"userlist": [USER, "u9"]})).await, 60111);
    let chat = json!({"name": "n", "userlist": [USER, "lisi"], "chatid": "C1"});
    assert_eq!(desk.post(path, chat).await["chatid"], "C1");
    let body = |id: &str| json!({"chatid": id, "msgtype": "text", "text": {"content": "hi"}});
    assert_eq!(desk.code("/cgi-bin/appchat/send", body("C1")).await, 0);
    assert_eq!(desk.code("/cgi-bin/appchat/send", body("C2")).await, 40050);
    assert_eq!(desk.inbox("lisi"), ["hi"]);
    let update = json!({"chatid": "C1", "del_user_list": ["lisi"]});
    assert_eq!(desk.code("/cgi-bin/appchat/update", update).await, 0);
    let found = desk.get("/cgi-bin/appchat/get?chatid=C1").await;
    assert_eq!(found["chat_info"]["userlist"], json!([USER]));
}

#[tokio::test(start_paused = true)]
async fn members_departments_and_the_application_are_described() {
    let desk = wecom().await;
    let member = desk.get(&format!("/cgi-bin/user/get?userid={USER}")).await;
    assert_eq!((&member["userid"], &member["department"]), (&json!(USER), &json!([1])));
    assert_eq!(errcode(&desk.get("/cgi-bin/user/get?userid=u9").await), 60111);
    let list = desk.get("/cgi-bin/user/simplelist?department_id=1").await;
    assert_eq!(list["userlist"][0]["userid"], USER);
    assert_eq!(desk.get("/cgi-bin/department/list").await["department"][0]["id"], 1);
    assert_eq!(desk.get("/cgi-bin/agent/get?agentid=1000002").await["close"], 0);
    assert_eq!(errcode(&desk.get("/cgi-bin/agent/get?agentid=1").await), 40056);
}

#[tokio::test(start_paused = true)]
async fn a_customers_message_waits_for_sync_msg_and_allows_five_answers() {
    let desk = wecom().await;
    desk.simulator.customer_says("wm1", "在吗").await;
    let heard = desk.heard.lock().unwrap().join("");
    assert!(heard.contains("<Event><![CDATA[kf_msg_or_event]]>"), "{heard}");
    assert!(!heard.contains("FromUserName"), "{heard}");
    let page = desk.post("/cgi-bin/kf/sync_msg", json!({"cursor": "", "limit": 1})).await;
    assert_eq!((&page["next_cursor"], &page["has_more"]), (&json!("1"), &json!(1)));
    let welcome = page["msg_list"][0]["event"]["welcome_code"].clone();
    let rest = desk.post("/cgi-bin/kf/sync_msg", json!({"cursor": "1"})).await;
    assert_eq!(rest["msg_list"][0]["text"], json!({"content": "在吗"}));
    assert_eq!(desk.code("/cgi-bin/kf/sync_msg", json!({"token": "x"})).await, 95007);
    let body = json!({"code": welcome, "msgtype": "text", "text": {"content": "hi"}});
    assert_eq!(desk.code("/cgi-bin/kf/send_msg_on_event", body.clone()).await, 0);
    assert_eq!(desk.code("/cgi-bin/kf/send_msg_on_event", body).await, 95007);
    let account = desk.get("/cgi-bin/kf/account/list").await["account_list"][0].clone();
    let body = json!({"touser": "wm1", "open_kfid": account["open_kfid"], "msgtype": "text",
        "text": {"content": "hi"}});
    for _ in 0..5 {
        assert_eq!(desk.code("/cgi-bin/kf/send_msg", body.clone()).await, 0);
    }
    assert_eq!(desk.code("/cgi-bin/kf/send_msg", body.clone()).await, 95001);
    desk.later(48 * 3_600);
    let token = desk.fetch_token().await;
    let target = format!("/cgi-bin/kf/send_msg?access_token={token}");
    assert_eq!(errcode(&desk.ask(&Request::post(&target, &body)).await), 95002);
}

#[tokio::test(start_paused = true)]
async fn a_robot_has_a_key_and_twenty_messages_a_minute() {
    let desk = wecom().await;
    let path = "/cgi-bin/webhook/send?key=0123456789";
    let body = json!({"msgtype": "markdown", "markdown": {"content": "**b**"}});
    let send = async |path: &str| errcode(&desk.ask(&Request::post(path, &body)).await);
    assert_eq!(send("/cgi-bin/webhook/send?key=").await, 93000);
    for _ in 0..20 {
        assert_eq!(send(path).await, 0);
    }
    assert_eq!(send(path).await, 45009);
    desk.later(60);
    assert_eq!(send(path).await, 0);
    assert_eq!(desk.inbox("group").len(), 21);
    assert!(!desk.simulator.transcript(0, 100, None).to_string().contains("0123456789"));
}

#[tokio::test(start_paused = true)]
async fn a_robot_answers_a_message_at_its_address_once_within_an_hour() {
    let desk = Desk::new(Platform::WecomBot).await;
    let url = || {
        let url = desk.simulator.response_url(USER);
        url.strip_prefix("https://qyapi.weixin.qq.com").unwrap().to_owned()
    };
    let body = json!({"msgtype": "markdown", "markdown": {"content": "**hi**"}});
    let say = async |url: &str| errcode(&desk.ask(&Request::post(url, &body)).await);
    let first = url();
    assert_eq!(say(&first).await, 0);
    assert_eq!(say(&first).await, 40058);
    let (late, soon) = (url(), url());
    desk.later(3_599);
    assert_eq!(say(&soon).await, 0);
    desk.later(1);
    assert_eq!(say(&late).await, 40058);
    assert_eq!(say("/cgi-bin/aibot/response?response_code=x").await, 40058);
    assert_eq!(desk.inbox(USER), ["**hi**", "**hi**"]);
}
