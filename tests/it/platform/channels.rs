//! The channels that go through an account of WeChat: what each sends.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use yizhan::channels::Channel;
use yizhan::channels::Channels;
use yizhan::channels::Means;
use yizhan::channels::Parcel;
use yizhan::clock::SystemClock;
use yizhan::config::Config;
use yizhan::config::fault::Faults;
use yizhan::exchange::Allowed;
use yizhan::exchange::Exchange;
use yizhan::notification::Blame;
use yizhan::notification::Failure;
use yizhan::notification::Format;
use yizhan::notification::Notification;
use yizhan::notification::Receipt;
use yizhan::store::DeliveryId;
use yizhan::window::Windows;

use super::MINI;
use super::OFFICIAL;
use super::WECOM;
use super::Wire;
use super::client;
use super::refusal;
use super::store;
use super::token;

/// The channel `c` that `settings` describe, through the account `shop` on `wire`.
fn channel(account: &str, settings: &str, wire: &Arc<Wire>) -> Arc<dyn Channel> {
    let text = format!(
        "[[account]]\nname = \"shop\"\nplatform = \"official-account\"\napp_id = \"wx1\"\n\
         token = \"RefToken01\"\nmode = \"plain\"\n\
         [[channel]]\nname = \"c\"\naccount = \"shop\"\n{settings}\n"
    );
    let loaded = Config::parse("a.toml", &text, Path::new(""), &BTreeMap::new()).unwrap();
    let means = Means {
        windows: Arc::new(Windows::new(store(), Arc::new(SystemClock))),
        exchange: Arc::new(Exchange::new(Allowed::default())),
        clock: Arc::new(SystemClock),
        clients: [client(account, wire)].into_iter().collect(),
    };
    let mut faults = Faults::new();
    let channels = Channels::build(&loaded.config.channels, &means, &mut faults);
    assert!(faults.is_empty(), "{faults}");
    Arc::clone(channels.of_lane("c").unwrap())
}

async fn send(channel: &Arc<dyn Channel>, notification: Notification) -> Result<Receipt, Failure> {
    let id = DeliveryId::floor(Duration::from_hours(490_896));
    let now = Duration::from_hours(490_896);
    channel.send(&Parcel { id, attempt: 1, now, notification: Arc::new(notification) }).await
}

fn to(user: &str) -> Notification {
    let title = "订单".to_owned();
    Notification { to: vec![user.to_owned()], title, ..Notification::text("c", "已发货") }
}

fn last(wire: &Wire) -> String {
    let asked = wire.asked().pop().unwrap();
    format!("{} {}", asked.line, asked.body)
}

#[tokio::test(start_paused = true)]
async fn a_customer_channel_sends_text_or_what_native_says() {
    let wire = Wire::answering(json!({"errcode": 0}));
    let settings = "kind = \"wechat-customer\"\nkf_account = \"a1@acct\"";
    let channel = channel(OFFICIAL, settings, &wire);

    send(&channel, to("oRef1")).await.unwrap();
    assert_eq!(
        last(&wire),
        r#"POST /cgi-bin/message/custom/send {"touser":"oRef1","msgtype":"text","text":{"content":"订单\n已发货"},"customservice":{"kf_account":"a1@acct"}}"#
    );
    let native = Some(json!({"msgtype": "image", "image": {"media_id": "M"}}));
    send(&channel, Notification { native, ..to("oRef1") }).await.unwrap();
    assert_eq!(
        last(&wire),
        r#"POST /cgi-bin/message/custom/send {"msgtype":"image","image":{"media_id":"M"},"touser":"oRef1","customservice":{"kf_account":"a1@acct"}}"#
    );
    let sent = wire.asked().len();
    let native = Some(json!({"msgtype": "image"}));
    let failure = send(&channel, Notification { native, ..to("oRef1") }).await.unwrap_err();
    assert_eq!(failure.to_string(), "channel.native: `native` is no message");
    let failure = send(&channel, Notification::text("c", "x")).await.unwrap_err();
    assert_eq!(failure.to_string(), "channel.recipient: `to` names 0 users");
    assert_eq!(wire.asked().len(), sent);
}

#[tokio::test(start_paused = true)]
async fn a_customer_channel_passes_wechats_no_on() {
    let wire = Wire::new(|asked| Ok(token(asked, "T1").unwrap_or_else(|| refusal(43_004))));
    let channel = channel(OFFICIAL, "kind = \"wechat-customer\"", &wire);
    let failure = send(&channel, to("oRef1")).await.unwrap_err();
    assert_eq!((failure.blame, failure.code.as_str()), (Blame::Request, "43004"));
}

#[tokio::test(start_paused = true)]
async fn messages_of_one_user_go_out_one_after_the_other_and_those_of_others_beside_them() {
    let wire = Wire::answering(json!({"errcode": 0}));
    let channel = channel(OFFICIAL, "kind = \"wechat-customer\"", &wire);
    send(&channel, to("oRef1")).await.unwrap();
    let begun = tokio::time::Instant::now();
    let one = futures_util::future::join_all((0..3).map(|_| send(&channel, to("oRef1"))));
    let sent = one.await;
    assert!(sent.iter().all(Result::is_ok));
    assert_eq!(begun.elapsed(), Duration::from_millis(300));
    let begun = tokio::time::Instant::now();
    let (one, two) = tokio::join!(send(&channel, to("oRef1")), send(&channel, to("oRef2")));
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(begun.elapsed(), Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn a_template_channel_sends_fields_and_its_own_id() {
    let wire = Wire::answering(json!({"errcode": 0, "msgid": 9_007_199_254_740_993_i64}));
    let settings = "kind = \"wechat-template\"\ntemplate_id = \"TPL\"\ntitle_field = \"thing1\"\n\
        body_field = \"thing2\"";
    let template = channel(OFFICIAL, settings, &wire);
    assert!(template.terms().takes_id);
    let receipt = send(&template, to("oRef1")).await.unwrap();
    assert_eq!(receipt.id.as_deref(), Some("9007199254740993"));
    assert_eq!(
        last(&wire),
        r#"POST /cgi-bin/message/template/send {"touser":"oRef1","template_id":"TPL","client_msg_id":"019b76daa80070008000000000000000","data":{"thing1":{"value":"订单"},"thing2":{"value":"已发货"}}}"#
    );

    let subscription = channel(MINI, settings, &wire);
    assert!(!subscription.terms().takes_id);
    let native = json!({"template_id": "T2", "page": "p?a=1", "data": {"thing1": {"value": "茶"}}});
    let native = Some(native);
    send(&subscription, Notification { native, ..to("oRef1") }).await.unwrap();
    assert_eq!(
        last(&wire),
        r#"POST /cgi-bin/message/subscribe/send {"touser":"oRef1","template_id":"T2","page":"p?a=1","data":{"thing1":{"value":"茶"}}}"#
    );
}

#[tokio::test(start_paused = true)]
async fn an_application_channel_sends_to_members_and_checks_for_doubles() {
    let wire = Wire::answering(json!({"errcode": 0, "invaliduser": "u3", "msgid": "M1"}));
    let settings = "kind = \"wecom-app\"\nto = [\"zhangsan\", \"party:2\"]";
    let channel = channel(WECOM, settings, &wire);
    let notification =
        Notification { format: Format::Markdown, ..Notification::text("c", "**x**") };

    let receipt = send(&channel, notification).await.unwrap();

    assert_eq!(receipt, Receipt { id: Some("M1".to_owned()), detail: "not for u3".to_owned() });
    // Behind the text stands the delivery's id, in characters that nobody sees.
    let salt = "\u{200b}".repeat(8);
    let expected = format!(
        r#"POST /cgi-bin/message/send {{"touser":"zhangsan","toparty":"2","agentid":1000002,"msgtype":"markdown","markdown":{{"content":"**x**{salt}"}},"enable_duplicate_check":1}}"#
    );
    assert_eq!(last(&wire), expected);
}

/// A body of 3000 bytes, and HTML.
fn long_html() -> Notification {
    let body = format!("<p>node <b>7</b>: {}</p>", "满".repeat(1_000));
    Notification { format: Format::Html, body, ..to("oRef1") }
}

#[tokio::test(start_paused = true)]
async fn what_wechat_shows_is_text_and_no_longer_than_it_takes() {
    let remark = "the last 324 characters were cut off: the service takes no more";
    let wire = Wire::answering(json!({"errcode": 0}));
    let customer = channel(OFFICIAL, "kind = \"wechat-customer\"", &wire);
    assert_eq!(send(&customer, long_html()).await.unwrap().detail, remark);
    let (_, said) =
        last(&wire).split_once("\"content\":\"").map(|it| (it.0.len(), it.1.to_owned())).unwrap();
    let said = said.split('"').next().unwrap().replace("\\n", "\n");
    assert!(said.starts_with("订单\nnode 7: 满") && said.ends_with("满…"), "{said}");
    assert!((2_040..=2_048).contains(&said.len()), "{}", said.len());

    let wire = Wire::answering(json!({"errcode": 0, "msgid": "M1"}));
    let application = channel(WECOM, "kind = \"wecom-app\"", &wire);
    let detail = send(&application, long_html()).await.unwrap().detail;
    assert_eq!(detail, remark.replace("324", "332"));
    assert!(last(&wire).contains(r#""msgtype":"text""#));
}
