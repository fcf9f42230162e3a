//! Users, tags, menus, codes, logins, material, drafts, operators, checks, the open platform.

use serde_json::Value;
use serde_json::json;

use super::Desk;
use super::Request;
use super::USER;
use super::done;
use super::errcode;
use crate::wechat::Platform;
use crate::wechat::id::OpenId;

async fn official() -> Desk {
    Desk::new(Platform::OfficialAccount).await
}

#[tokio::test(start_paused = true)]
async fn followers_are_described_listed_and_remarked() {
    let desk = official().await;
    let body = json!({"openid": USER, "remark": "Li"});
    assert_eq!(desk.post("/cgi-bin/user/info/updateremark", body).await, done());
    let info = desk.get(&format!("/cgi-bin/user/info?openid={USER}&lang=zh_CN")).await;
    let expected = json!({
        "subscribe": 1, "openid": USER, "language": "zh_CN", "subscribe_time": 1_767_225_600,
        "unionid": "uoUser1", "remark": "Li", "groupid": 0, "tagid_list": [],
        "subscribe_scene": "ADD_SCENE_SEARCH", "qr_scene": 0, "qr_scene_str": "",
    });
    assert_eq!(info, expected);
    let asked = json!({"user_list": [{"openid": USER, "lang": "zh_CN"}]});
    let batch = desk.post("/cgi-bin/user/info/batchget", asked).await;
    assert_eq!(batch, json!({"user_info_list": [expected]}));
    let list = desk.get("/cgi-bin/user/get").await;
    let expected = json!({"total": 1, "count": 1, "data": {"openid": [USER]}, "next_openid": USER});
    assert_eq!(list, expected);
    let rest = desk.get(&format!("/cgi-bin/user/get?next_openid={USER}")).await;
    assert_eq!(rest, json!({"total": 1, "count": 0, "next_openid": ""}));
    assert_eq!(errcode(&desk.get("/cgi-bin/user/info?openid=oNobody").await), 40003);
    desk.does(json!({"MsgType": "event", "Event": "unsubscribe", "EventKey": ""})).await;
    let info = desk.get(&format!("/cgi-bin/user/info?openid={USER}")).await;
    assert_eq!(info, json!({"subscribe": 0, "openid": USER}));
}

#[tokio::test(start_paused = true)]
async fn tags_are_made_given_and_taken() {
    let desk = official().await;
    let made = desk.post("/cgi-bin/tags/create", json!({"tag": {"name": "vip"}})).await;
    assert_eq!(made, json!({"tag": {"id": 100, "name": "vip"}}));
    let again = json!({"tag": {"name": "vip"}});
    assert_eq!(desk.code("/cgi-bin/tags/create", again).await, 45157);
    let tagging = json!({"openid_list": [USER], "tagid": 100});
    assert_eq!(desk.post("/cgi-bin/tags/members/batchtagging", tagging.clone()).await, done());
    let tags = desk.get("/cgi-bin/tags/get").await;
    assert_eq!(tags["tags"][1], json!({"id": 100, "name": "vip", "count": 1}));
    let of = desk.post("/cgi-bin/tags/getidlist", json!({"openid": USER})).await;
    assert_eq!(of, json!({"tagid_list": [100]}));
    let members = desk.post("/cgi-bin/user/tag/get", json!({"tagid": 100})).await;
    assert_eq!(members["data"], json!({"openid": [USER]}));
    let renamed = json!({"tag": {"id": 100, "name": "gold"}});
    assert_eq!(desk.code("/cgi-bin/tags/update", renamed).await, 0);
    assert_eq!(desk.code("/cgi-bin/tags/members/batchuntagging", tagging).await, 0);
    assert_eq!(desk.code("/cgi-bin/tags/delete", json!({"tag": {"id": 100}})).await, 0);
    assert_eq!(desk.code("/cgi-bin/tags/delete", json!({"tag": {"id": 100}})).await, 45159);
    assert_eq!(desk.code("/cgi-bin/tags/delete", json!({"tag": {"id": 2}})).await, 45058);
    let block = json!({"openid_list": [USER]});
    assert_eq!(desk.code("/cgi-bin/tags/members/batchblacklist", block.clone()).await, 0);
    let list = desk.post("/cgi-bin/tags/members/getblacklist", json!({"begin_openid": ""})).await;
    assert_eq!(list["data"], json!({"openid": [USER]}));
    assert_eq!(desk.code("/cgi-bin/tags/members/batchunblacklist", block).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_menu_is_checked_kept_and_removed() {
    let desk = official().await;
    let leaf = json!({"type": "click", "name": "n", "key": "K"});
    let menu = json!({"button": [leaf, {"name": "more", "sub_button": [leaf, leaf]}]});
    assert_eq!(errcode(&desk.get("/cgi-bin/menu/get").await), 46003);
    assert_eq!(desk.post("/cgi-bin/menu/create", menu.clone()).await, done());
    assert_eq!(desk.get("/cgi-bin/menu/get").await, json!({"menu": menu}));
    let current = desk.get("/cgi-bin/get_current_selfmenu_info").await;
    assert_eq!(current["selfmenu_info"]["button"][1]["sub_button"]["list"], json!([leaf, leaf]));
    let mut rule = menu.clone();
    rule["matchrule"] = json!({"tag_id": "2"});
    let added = desk.post("/cgi-bin/menu/addconditional", rule).await;
    let matched = desk.post("/cgi-bin/menu/trymatch", json!({"user_id": USER})).await;
    assert_eq!(matched, menu);
    let id = json!({"menuid": added["menuid"]});
    assert_eq!(desk.code("/cgi-bin/menu/delconditional", id).await, 0);
    for wrong in [
        json!({"button": []}),
        json!({"button": [leaf, leaf, leaf, leaf]}),
        json!({"button": [{"type": "click", "name": "n"}]}),
        json!({"button": [{"type": "dance", "name": "n"}]}),
        json!({"button": [{"name": "n", "sub_button": [leaf, leaf, leaf, leaf, leaf, leaf]}]}),
    ] {
        assert_eq!(desk.code("/cgi-bin/menu/create", wrong.clone()).await, 40035, "{wrong}");
    }
    let escaped = br#"{"button":[{"type":"click","name":"\u5e2e","key":"K"}]}"#.to_vec();
    let target = desk.target("/cgi-bin/menu/create");
    assert_eq!(errcode(&desk.ask(&Request::new("POST", &target, "", escaped)).await), 40033);
    assert_eq!(desk.get("/cgi-bin/menu/delete").await, done());
    assert_eq!(errcode(&desk.get("/cgi-bin/menu/get").await), 46003);
}

#[tokio::test(start_paused = true)]
async fn a_code_has_a_ticket_a_picture_and_an_end() {
    let desk = official().await;
    let body = json!({"expire_seconds": 60, "action_name": "QR_STR_SCENE",
        "action_info": {"scene": {"scene_str": "door-7"}}});
    let made = desk.post("/cgi-bin/qrcode/create", body.clone()).await;
    assert_eq!(made["expire_seconds"], 60);
    let ticket = made["ticket"].as_str().unwrap();
    assert_eq!(desk.simulator.scene_of(ticket).as_deref(), Some("door-7"));
    let query: String = url::form_urlencoded::byte_serialize(ticket.as_bytes()).collect();
    let request = Request::get(&format!("/cgi-bin/showqrcode?ticket={query}"));
    let super::Reply::Whole(picture) = desk.simulator.answer(&request).await else { panic!() };
    assert_eq!((picture.content_type.as_str(), &picture.body[..3]), ("image/gif", &b"GIF"[..]));
    desk.later(60);
    assert_eq!(desk.simulator.scene_of(ticket), None);
    for (name, value) in [("action_name", json!("QR_DANCE")), ("action_info", json!({}))] {
        let mut wrong = body.clone();
        wrong[name] = value;
        assert_eq!(desk.code("/cgi-bin/qrcode/create", wrong).await, 40035, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_code_works_once_for_five_minutes() {
    let desk = official().await;
    let user = OpenId::parse(USER).unwrap();
    let code = desk.simulator.login_code(&user);
    let path = "/sns/oauth2/access_token?appid=wx1&secret=S&grant_type=authorization_code&code=";
    let token = desk.ask(&Request::get(&format!("{path}{code}"))).await;
    assert_eq!((&token["openid"], &token["expires_in"]), (&json!(USER), &json!(7200)));
    assert_eq!(errcode(&desk.ask(&Request::get(&format!("{path}{code}"))).await), 40163);
    assert_eq!(errcode(&desk.ask(&Request::get(&format!("{path}x"))).await), 40029);
    let sns = token["access_token"].as_str().unwrap();
    let info = format!("/sns/userinfo?access_token={sns}&openid=");
    let profile = desk.ask(&Request::get(&format!("{info}{USER}"))).await;
    assert_eq!(profile["unionid"], "uoUser1");
    assert_eq!(errcode(&desk.ask(&Request::get(&format!("{info}oOther"))).await), 49003);
    let refresh = token["refresh_token"].as_str().unwrap();
    let path_2 = "/sns/oauth2/refresh_token?appid=wx1&grant_type=refresh_token&refresh_token=";
    let renewed = desk.ask(&Request::get(&format!("{path_2}{refresh}"))).await;
    assert_eq!(renewed["openid"], USER);
    assert_eq!(errcode(&desk.ask(&Request::get(&format!("{path_2}x"))).await), 40030);
    let code = desk.simulator.login_code(&user);
    desk.later(300);
    assert_eq!(errcode(&desk.ask(&Request::get(&format!("{path}{code}"))).await), 42003);
    desk.later(30 * 86_400);
    assert_eq!(errcode(&desk.ask(&Request::get(&format!("{path_2}{refresh}"))).await), 42002);
}

#[tokio::test(start_paused = true)]
async fn a_mini_program_logs_in_and_reads_a_phone_number() {
    let desk = Desk::new(Platform::MiniProgram).await;
    let user = OpenId::parse(USER).unwrap();
    let path = "/sns/jscode2session?appid=wx1&secret=S&grant_type=authorization_code&js_code=";
    for _ in 0..100 {
        let code = desk.simulator.login_code(&user);
        let session = desk.ask(&Request::get(&format!("{path}{code}"))).await;
        assert_eq!(session["openid"], USER);
        assert_eq!(session["session_key"].as_str().unwrap().len(), 24);
    }
    let code = desk.simulator.login_code(&user);
    assert_eq!(errcode(&desk.ask(&Request::get(&format!("{path}{code}"))).await), 45011);
    let code = desk.simulator.login_code(&user);
    let phone = "/wxa/business/getuserphonenumber";
    let found = desk.post(phone, json!({"code": code})).await;
    assert_eq!(found["phone_info"]["watermark"]["appid"], "wx1");
    assert_eq!(desk.code(phone, json!({"code": "x"})).await, 40029);
}

#[tokio::test(start_paused = true)]
async fn a_check_of_a_file_ends_in_its_event() {
    let desk = Desk::new(Platform::MiniProgram).await;
    let text =
        |content: &str| json!({"version": 2, "scene": 1, "openid": USER, "content": content});
    let found = desk.post("/wxa/msg_sec_check", text("fine")).await;
    assert_eq!(found["result"], json!({"suggest": "pass", "label": 100}));
    let found = desk.post("/wxa/msg_sec_check", text("RISKY")).await;
    assert_eq!(found["result"], json!({"suggest": "risky", "label": 20_006}));
    let body = json!({"version": 2, "scene": 1, "openid": USER, "media_type": 2,
        "media_url": "https://example.com/a.png"});
    let answer = desk.post("/wxa/media_check_async", body).await;
    let heard = desk.jobs_done().await;
    assert!(heard[0].contains("wxa_media_check"), "{}", heard[0]);
    assert!(heard[0].contains(answer["trace_id"].as_str().unwrap()), "{}", heard[0]);
}

#[tokio::test(start_paused = true)]
async fn material_and_drafts_are_kept_listed_and_published() {
    let desk = official().await;
    let added = desk.upload_to("/cgi-bin/material/add_material", "image", "a.jpg", b"JPG").await;
    let thumb = added["media_id"].as_str().unwrap();
    let count = desk.get("/cgi-bin/material/get_materialcount").await;
    assert_eq!(count["image_count"], 1);
    let page = json!({"type": "image", "offset": 0, "count": 20});
    let list = desk.post("/cgi-bin/material/batchget_material", page).await;
    assert_eq!((&list["total_count"], &list["item"][0]["name"]), (&json!(1), &json!("a.jpg")));
    let article = json!({"title": "t", "content": "<p>c</p>", "thumb_media_id": thumb});
    let wrong = json!({"articles": [{"title": "t", "content": "c", "thumb_media_id": "x"}]});
    assert_eq!(desk.code("/cgi-bin/draft/add", wrong).await, 40007);
    let draft = desk.post("/cgi-bin/draft/add", json!({"articles": [article]})).await;
    let id = draft["media_id"].as_str().unwrap();
    let mut new = article.clone();
    new["title"] = "new".into();
    let update = json!({"media_id": id, "index": 0, "articles": new});
    assert_eq!(desk.code("/cgi-bin/draft/update", update).await, 0);
    let found = desk.post("/cgi-bin/draft/get", json!({"media_id": id})).await;
    assert_eq!(found["news_item"][0]["title"], "new");
    assert_eq!(desk.get("/cgi-bin/draft/count").await, json!({"total_count": 1}));
    let submitted = desk.post("/cgi-bin/freepublish/submit", json!({"media_id": id})).await;
    let publish = json!({"publish_id": submitted["publish_id"]});
    let status = desk.post("/cgi-bin/freepublish/get", publish.clone()).await;
    assert_eq!(status["publish_status"], 1);
    let heard = desk.jobs_done().await;
    assert!(heard[0].contains("PUBLISHJOBFINISH"), "{}", heard[0]);
    let status = desk.post("/cgi-bin/freepublish/get", publish).await;
    assert_eq!(status["publish_status"], 0);
    let article = json!({"article_id": status["article_id"]});
    let found = desk.post("/cgi-bin/freepublish/getarticle", article.clone()).await;
    assert_eq!(found["news_item"][0]["title"], "new");
    assert_eq!(desk.code("/cgi-bin/freepublish/delete", article.clone()).await, 0);
    assert_eq!(desk.code("/cgi-bin/freepublish/getarticle", article).await, 40035);
    let remove = json!({"media_id": thumb});
    assert_eq!(desk.code("/cgi-bin/material/del_material", remove.clone()).await, 0);
    assert_eq!(desk.code("/cgi-bin/material/get_material", remove).await, 40007);
}

#[tokio::test(start_paused = true)]
async fn operators_serve_and_their_sessions_are_events() {
    let desk = official().await;
    let operator = |name: &str| json!({"kf_account": name, "nickname": "n", "invite_wx": "wxid"});
    let base = "/customservice/kfaccount";
    assert_eq!(desk.code(&format!("{base}/add"), operator("a1@acct")).await, 0);
    for (name, code) in
        [("a1@acct", 61453), ("a1", 61452), ("abcdefghijk@a", 61454), ("a-b@acct", 61455)]
    {
        assert_eq!(desk.code(&format!("{base}/add"), operator(name)).await, code, "{name}");
    }
    let session = json!({"kf_account": "a1@acct", "openid": USER});
    assert_eq!(desk.code("/customservice/kfsession/create", session.clone()).await, 65415);
    assert_eq!(desk.code(&format!("{base}/inviteworker"), operator("a1@acct")).await, 0);
    assert_eq!(desk.code(&format!("{base}/inviteworker"), operator("a1@acct")).await, 65407);
    assert_eq!(desk.code("/customservice/kfsession/create", session.clone()).await, 0);
    let list = desk.get("/cgi-bin/customservice/getonlinekflist").await;
    assert_eq!(list["kf_online_list"][0]["accepted_case"], 1);
    let path = format!("/customservice/kfsession/getsession?openid={USER}");
    assert_eq!(desk.get(&path).await["kf_account"], "a1@acct");
    assert_eq!(desk.code("/customservice/kfsession/close", session.clone()).await, 0);
    assert_eq!(desk.code("/customservice/kfsession/close", session).await, 65413);
    let heard = desk.jobs_done().await.concat();
    assert!(heard.contains("kf_create_session") && heard.contains("kf_close_session"), "{heard}");
    let span = json!({"starttime": 0, "endtime": 86_401, "msgid": 1, "number": 10});
    assert_eq!(desk.code("/customservice/msgrecord/getmsglist", span).await, 65417);
    let removed = desk.get(&format!("{base}/del?kf_account=a1@acct")).await;
    assert_eq!(removed, done());
}

#[tokio::test(start_paused = true)]
async fn a_component_serves_accounts_that_authorize_it() {
    let desk = Desk::new(Platform::OpenPlatform).await;
    let post = async |path: &str, token: &str, body: Value| {
        let target = format!("/cgi-bin/component/{path}?component_access_token={token}");
        desk.ask(&Request::post(&target, &body)).await
    };
    let ask = |ticket: &str| {
        json!({"component_appid": "wx1", "component_appsecret": "S",
            "component_verify_ticket": ticket})
    };
    assert_eq!(errcode(&post("api_component_token", "", ask("x")).await), 61006);
    desk.simulator.pushes_ticket().await;
    let heard = desk.heard.lock().unwrap().join("");
    let ticket = heard.split("ticket@@@").nth(1).unwrap().split(']').next().unwrap();
    let answer = post("api_component_token", "", ask(&format!("ticket@@@{ticket}"))).await;
    let token = answer["component_access_token"].as_str().unwrap();
    desk.simulator.authorizes("wx9").await;
    let heard = desk.heard.lock().unwrap().join("");
    let code = heard.split("queryauthcode@@@").nth(1).unwrap().split(']').next().unwrap();
    let code = format!("queryauthcode@@@{code}");
    let query = json!({"component_appid": "wx1", "authorization_code": code});
    let found = post("api_query_auth", token, query.clone()).await["authorization_info"].clone();
    assert_eq!(found["authorizer_appid"], "wx9");
    assert_eq!(errcode(&post("api_query_auth", token, query.clone()).await), 61009);
    assert_eq!(errcode(&post("api_query_auth", "", query).await), 41001);
    let own = found["authorizer_access_token"].as_str().unwrap();
    let call = |token: &str| Request::get(&format!("/cgi-bin/getcallbackip?access_token={token}"));
    assert_eq!(errcode(&desk.ask(&call(own)).await), 0);
    assert_eq!(errcode(&desk.ask(&call(token)).await), 61015);
    let renew = |refresh: &Value| {
        json!({"component_appid": "wx1", "authorizer_appid": "wx9",
            "authorizer_refresh_token": refresh})
    };
    let refresh = &found["authorizer_refresh_token"];
    assert_eq!(errcode(&post("api_authorizer_token", token, renew(refresh)).await), 0);
    assert_eq!(errcode(&post("api_authorizer_token", token, renew(&json!("x"))).await), 61023);
    desk.simulator.unauthorizes("wx9").await;
    assert_eq!(errcode(&post("api_authorizer_token", token, renew(refresh)).await), 61003);
}
