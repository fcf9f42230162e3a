//! Template messages, and subscription messages of both kinds.

use std::collections::BTreeMap;

use yizhan::platform::template;

use super::limit;
use super::owned;
use super::request;
use crate::platform::MINI;
use crate::platform::OFFICIAL;

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

#[tokio::test(start_paused = true)]
async fn the_templates_of_subscription_messages() {
    assert_eq!(request(MINI, template::Templates {}).await, "GET /wxaapi/newtmpl/gettemplate");
}

#[tokio::test(start_paused = true)]
async fn a_tap_leads_into_a_mini_program() {
    let miniprogram =
        Some(template::Miniprogram { appid: owned("wx1"), pagepath: Some(owned("pages/o")) });
    let notice = template::SendNotice {
        touser: owned("oRef1"),
        template_id: owned("TPL-1"),
        miniprogram: miniprogram.clone(),
        data: data(&[("thing1", "Tea")]),
        ..template::SendNotice::default()
    };
    assert_eq!(
        request(OFFICIAL, notice).await,
        r#"POST /cgi-bin/message/subscribe/bizsend {"touser":"oRef1","template_id":"TPL-1","miniprogram":{"appid":"wx1","pagepath":"pages/o"},"data":{"thing1":{"value":"Tea"}}}"#
    );
    let once = template::OneTime {
        touser: owned("oRef1"),
        template_id: owned("TPL-1"),
        url: Some(owned("https://e.com")),
        miniprogram,
        scene: owned("7"),
        title: owned("T"),
        data: data(&[("content", "C")]),
    };
    assert_eq!(
        request(OFFICIAL, once).await,
        r#"POST /cgi-bin/message/template/subscribe {"touser":"oRef1","template_id":"TPL-1","url":"https://e.com","miniprogram":{"appid":"wx1","pagepath":"pages/o"},"scene":"7","title":"T","data":{"content":{"value":"C"}}}"#
    );
}
