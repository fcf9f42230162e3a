//! Every errcode of the table, and faults of every kind.

use serde_json::json;

use super::Desk;
use super::errcode;
use crate::simulator::api::Reply;
use crate::simulator::api::Request;
use crate::simulator::api::errmsg;
use crate::simulator::fault::Fault;
use crate::simulator::fault::Kind;
use crate::wechat::Platform;
use crate::wechat::errcode::Surface;
use crate::wechat::errcode::TABLE;

#[tokio::test(start_paused = true)]
async fn every_errcode_of_the_table_can_be_produced_with_its_text() {
    let official = Desk::new(Platform::OfficialAccount).await;
    let wecom = Desk::new(Platform::Wecom).await;
    let mut produced = 0;
    for row in TABLE.iter().filter(|row| row.surface != Surface::Crypt) {
        let desk = if row.surface == Surface::Wecom { &wecom } else { &official };
        desk.simulator.fault(Fault::errcode("/cgi-bin/getcallbackip", row.number)).unwrap();
        let answer = desk.get("/cgi-bin/getcallbackip").await;
        assert_eq!(answer["errcode"], row.number);
        let text = errmsg(row.surface, row.number);
        assert_ne!(text, "unknown error", "{}", row.number);
        assert!(answer["errmsg"].as_str().unwrap().starts_with(text), "{answer}");
        produced += 1;
    }
    assert!(produced > 250, "{produced}");
    assert_eq!(errcode(&official.get("/cgi-bin/getcallbackip").await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lost_call_does_nothing_and_a_cut_one_does_its_work() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let path = "/cgi-bin/message/custom/send";
    let body = json!({"touser": "oUser1", "msgtype": "text", "text": {"content": "hi"}});
    desk.says("hello").await;
    desk.simulator.fault(Fault::new(Kind::Lost, path)).unwrap();
    assert_eq!(desk.post(path, body.clone()).await, json!("broken"));
    assert_eq!(desk.inbox("oUser1"), [""; 0]);
    desk.simulator.fault(Fault::new(Kind::Cut, path)).unwrap();
    assert_eq!(desk.post(path, body).await, json!("broken"));
    assert_eq!(desk.inbox("oUser1"), ["hi"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_can_be_slow_wrong_or_refused_by_the_line() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let request = Request::get(&desk.target("/cgi-bin/getcallbackip"));
    let slow = Fault { slow_ms: Some(3_000), ..Fault::new(Kind::Slow, "*") };
    desk.simulator.fault(slow).unwrap();
    let begun = tokio::time::Instant::now();
    assert_eq!(errcode(&desk.ask(&request).await), 0);
    assert_eq!(begun.elapsed().as_secs(), 3);

    let body = Fault { body: Some("<oops".to_owned()), ..Fault::new(Kind::Body, "*") };
    desk.simulator.fault(body).unwrap();
    let Reply::Whole(response) = desk.simulator.answer(&request).await else { panic!() };
    assert_eq!((response.status, response.body.as_slice()), (200, &b"<oops"[..]));

    let status = Fault { status: Some(503), ..Fault::new(Kind::Status, "*") };
    desk.simulator.fault(status).unwrap();
    let Reply::Whole(response) = desk.simulator.answer(&request).await else { panic!() };
    assert_eq!((response.status, response.content_type.as_str()), (503, "text/html"));

    desk.simulator.fault(Fault::new(Kind::Revoke, "*")).unwrap();
    assert_eq!(errcode(&desk.ask(&request).await), 40001);
}

#[tokio::test(start_paused = true)]
async fn callbacks_can_be_lost_doubled_and_reordered() {
    let desk = Desk::new(Platform::OfficialAccount).await;
    let heard = |desk: &Desk| {
        let heard = std::mem::take(&mut *desk.heard.lock().unwrap());
        let letter = |it: &String| it.split("[CDATA[").nth(4).unwrap_or_default()[..1].to_owned();
        heard.iter().map(letter).collect::<String>()
    };
    desk.simulator.fault(Fault::new(Kind::Lost, "callback")).unwrap();
    desk.says("a").await;
    assert_eq!(heard(&desk), "");
    desk.simulator.fault(Fault::new(Kind::Double, "callback")).unwrap();
    desk.says("b").await;
    assert_eq!(heard(&desk), "bb");
    desk.simulator.fault(Fault::new(Kind::Reorder, "callback")).unwrap();
    tokio::join!(desk.says("c"), desk.says("d"));
    assert_eq!(heard(&desk), "dc");
}
