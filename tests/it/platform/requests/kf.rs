//! WeChat customer service.

use serde_json::json;
use yizhan::platform::kf;

use super::owned;
use super::request;
use crate::platform::WECOM;
use crate::platform::Wire;
use crate::platform::client;

#[tokio::test(start_paused = true)]
async fn customer_service_goes_on_where_it_ended() {
    let page =
        json!({"errcode": 0, "next_cursor": "C2", "has_more": 0, "msg_list": [{"msgid": "M1"}]});
    let wire = Wire::answering(page);
    let client = client(WECOM, &wire);
    let page = client.kf_page("wk1", Some("TOKEN")).await.unwrap();
    assert_eq!(page.msg_list, [json!({"msgid": "M1"})]);
    // Not kept yet: after a crash here the same page comes again.
    client.kf_page("wk1", None).await.unwrap();
    client.keep_kf_cursor("wk1", &page.next_cursor).await.unwrap();
    client.kf_page("wk1", None).await.unwrap();
    client.kf_page("wk2", None).await.unwrap();

    let bodies: Vec<_> = wire.asked().into_iter().skip(1).map(|it| it.body).collect();
    assert_eq!(
        bodies,
        [
            r#"{"token":"TOKEN","limit":1000,"voice_format":0,"open_kfid":"wk1"}"#,
            r#"{"limit":1000,"voice_format":0,"open_kfid":"wk1"}"#,
            r#"{"cursor":"C2","limit":1000,"voice_format":0,"open_kfid":"wk1"}"#,
            r#"{"limit":1000,"voice_format":0,"open_kfid":"wk2"}"#,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn customer_service_answers_and_greets() {
    let send = kf::Send {
        touser: owned("wmX"),
        open_kfid: owned("wk1"),
        msgid: Some(owned("m-1")),
        body: kf::Body::Text { content: owned("您好") },
    };
    assert_eq!(
        request(WECOM, send).await,
        r#"POST /cgi-bin/kf/send_msg {"touser":"wmX","open_kfid":"wk1","msgid":"m-1","msgtype":"text","text":{"content":"您好"}}"#
    );
    let list = vec![json!({"type": "click", "click": {"id": "1", "content": "订单"}})];
    let body = kf::Body::Msgmenu { head_content: Some(owned("请选")), list, tail_content: None };
    assert_eq!(
        request(WECOM, kf::SendOnEvent { code: owned("W"), msgid: None, body }).await,
        r#"POST /cgi-bin/kf/send_msg_on_event {"code":"W","msgtype":"msgmenu","msgmenu":{"head_content":"请选","list":[{"type":"click","click":{"id":"1","content":"订单"}}]}}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_to_a_customer_of_each_type() {
    use kf::Body;
    let media_id = || owned("M");
    let bodies = [
        (Body::Image { media_id: media_id() }, r#""msgtype":"image","image":{"media_id":"M"}"#),
        (Body::Voice { media_id: media_id() }, r#""msgtype":"voice","voice":{"media_id":"M"}"#),
        (Body::Video { media_id: media_id() }, r#""msgtype":"video","video":{"media_id":"M"}"#),
        (Body::File { media_id: media_id() }, r#""msgtype":"file","file":{"media_id":"M"}"#),
        (
            Body::Link {
                title: owned("T"),
                desc: Some(owned("D")),
                url: owned("https://e.com"),
                thumb_media_id: media_id(),
            },
            r#""msgtype":"link","link":{"title":"T","desc":"D","url":"https://e.com","thumb_media_id":"M"}"#,
        ),
        (
            Body::Miniprogram {
                appid: owned("wx1"),
                title: Some(owned("T")),
                thumb_media_id: media_id(),
                pagepath: owned("p"),
            },
            r#""msgtype":"miniprogram","miniprogram":{"appid":"wx1","title":"T","thumb_media_id":"M","pagepath":"p"}"#,
        ),
        (
            Body::Location {
                name: Some(owned("塔")),
                address: Some(owned("路 1")),
                latitude: 23.5,
                longitude: 113.25,
            },
            r#""msgtype":"location","location":{"name":"塔","address":"路 1","latitude":23.5,"longitude":113.25}"#,
        ),
        (
            Body::BusinessCard { userid: owned("zhangsan") },
            r#""msgtype":"business_card","business_card":{"userid":"zhangsan"}"#,
        ),
        (
            Body::CaLink { link_url: owned("https://work.weixin.qq.com/ca/x") },
            r#""msgtype":"ca_link","ca_link":{"link_url":"https://work.weixin.qq.com/ca/x"}"#,
        ),
    ];
    for (body, expected) in bodies {
        let send = kf::Send { touser: owned("wmX"), open_kfid: owned("wk1"), msgid: None, body };
        let expected =
            format!(r#"POST /cgi-bin/kf/send_msg {{"touser":"wmX","open_kfid":"wk1",{expected}}}"#);
        assert_eq!(request(WECOM, send).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_customers_wrote_and_who_serves_them() {
    let sync = kf::Sync {
        cursor: Some(owned("C1")),
        token: Some(owned("T")),
        limit: 1_000,
        voice_format: Some(1),
        open_kfid: owned("wk1"),
    };
    assert_eq!(
        request(WECOM, sync).await,
        r#"POST /cgi-bin/kf/sync_msg {"cursor":"C1","token":"T","limit":1000,"voice_format":1,"open_kfid":"wk1"}"#
    );
    let get = kf::GetState { open_kfid: owned("wk1"), external_userid: owned("wmX") };
    assert_eq!(
        request(WECOM, get).await,
        r#"POST /cgi-bin/kf/service_state/get {"open_kfid":"wk1","external_userid":"wmX"}"#
    );
    let trans = kf::SetState {
        open_kfid: owned("wk1"),
        external_userid: owned("wmX"),
        service_state: 3,
        servicer_userid: Some(owned("zhangsan")),
    };
    assert_eq!(
        request(WECOM, trans).await,
        r#"POST /cgi-bin/kf/service_state/trans {"open_kfid":"wk1","external_userid":"wmX","service_state":3,"servicer_userid":"zhangsan"}"#
    );
}
