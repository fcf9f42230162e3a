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
