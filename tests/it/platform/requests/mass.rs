//! Mass messages.

use serde_json::json;
use yizhan::platform::mass;

use super::limit;
use super::owned;
use super::request;
use crate::platform::OFFICIAL;
use crate::platform::Wire;
use crate::platform::client;

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
        request(OFFICIAL, mass::GetSpeed {}).await,
        "POST /cgi-bin/message/mass/speed/get {}"
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
async fn a_mass_message_of_each_type() {
    use mass::Body;
    let bodies = [
        (Body::Text { content: owned("好") }, r#""msgtype":"text","text":{"content":"好"}"#),
        (Body::Voice { media_id: owned("M") }, r#""msgtype":"voice","voice":{"media_id":"M"}"#),
        (
            Body::Mpvideo {
                media_id: owned("M"),
                title: Some(owned("T")),
                description: Some(owned("D")),
            },
            r#""msgtype":"mpvideo","mpvideo":{"media_id":"M","title":"T","description":"D"}"#,
        ),
        (
            Body::Wxcard { card_id: owned("C"), card_ext: Some(owned("{}")) },
            r#""msgtype":"wxcard","wxcard":{"card_id":"C","card_ext":"{}"}"#,
        ),
    ];
    for (body, expected) in bodies {
        let all = mass::SendAll {
            filter: mass::Filter { is_to_all: true, tag_id: None },
            clientmsgid: None,
            ..to_all(body)
        };
        let expected = format!(
            r#"POST /cgi-bin/message/mass/sendall {{"filter":{{"is_to_all":true}},{expected}}}"#
        );
        assert_eq!(request(OFFICIAL, all).await, expected);
    }
}
