//! The way back to somebody who wrote to a 企业微信 robot: one POST to the address that came with
//! the message. No config lists it as a channel.
//!
//! Source: "Intelligent robot", `response_url`: once, within an hour; markdown or a template card.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Channel;
use super::HttpChannel;
use super::LARGEST_ANSWER;
use super::Parcel;
use super::http::Http;
use super::refusal;
use crate::exchange::Exchange;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Guarantee;
use crate::notification::Receipt;
use crate::notification::Terms;

/// How long an answer is taken.
const LIFE: Duration = Duration::from_hours(1);

/// How long one POST may take.
const LIMIT: Duration = Duration::from_secs(10);

/// What the `native` of a notification is for this channel: where it goes, and what is sent.
pub fn to_robot(response_url: &str, message: &Value) -> Value {
    json!({ "response_url": response_url, "message": message })
}

/// The channel of every robot's late answers. The address takes one message, so what may have
/// arrived is not sent again.
pub fn robot(exchange: &Arc<Exchange>) -> Arc<dyn Channel> {
    let guarantee = Guarantee::AtMostOnce;
    let terms = Terms { guarantee, limit: LIMIT, takes_link: true, ..Terms::default() };
    Arc::new(Http { channel: Robot, exchange: Arc::clone(exchange), terms })
}

struct Robot;

impl HttpChannel for Robot {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        if parcel.now >= parcel.id.time().saturating_add(LIFE) {
            return Err(Failure::new(Blame::Request, "response_url.expired"));
        }
        let native = parcel.notification.native.as_ref();
        let url = native.and_then(|it| it["response_url"].as_str());
        let Some((native, url)) = native.zip(url) else {
            return Err(Failure::new(Blame::Request, "response_url.missing"));
        };
        Ok(Request {
            method: Method::Post,
            url: url.to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: native["message"].to_string().into(),
            timeout: LIMIT,
            max_answer: LARGEST_ANSWER,
        })
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        if let Some(refused) = refusal(response) {
            return Err(refused);
        }
        let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        match answer["errcode"].as_i64() {
            None | Some(0) => Ok(Receipt::default()),
            Some(code) => Err(Failure::new(Blame::Request, code.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::json;

    use super::Blame;
    use super::Exchange;
    use super::Robot;
    use super::robot;
    use super::to_robot;
    use crate::channels::HttpChannel as _;
    use crate::channels::Parcel;
    use crate::exchange::Allowed;
    use crate::exchange::Response;
    use crate::notification::Notification;
    use crate::store::DeliveryId;

    #[test]
    fn the_message_goes_to_its_address_within_an_hour() {
        let message = json!({ "msgtype": "markdown", "markdown": { "content": "**好**" } });
        let native = to_robot("https://qyapi.weixin.qq.com/r?response_code=1", &message);
        let notification = Notification { native: Some(native), ..Notification::default() };
        let accepted = Duration::from_hours(490_896);
        let at = |now| Parcel {
            id: DeliveryId::floor(accepted),
            attempt: 1,
            now,
            notification: Arc::new(notification.clone()),
        };
        let request = Robot.request(&at(accepted)).unwrap();
        assert_eq!(request.url, "https://qyapi.weixin.qq.com/r?response_code=1");
        assert_eq!(request.body, r#"{"msgtype":"markdown","markdown":{"content":"**好**"}}"#);
        let late = Robot.request(&at(accepted + Duration::from_hours(1))).unwrap_err();
        assert_eq!(late.code, "response_url.expired");
    }

    #[test]
    fn what_the_robots_platform_answers_is_read() {
        let read = |status, body: &'static str| {
            let response = Response { status, headers: Vec::new(), body: body.into() };
            Robot.receipt(&response).map(drop).map_err(|failure| failure.code)
        };
        assert_eq!(read(200, r#"{"errcode":0,"errmsg":"ok"}"#), Ok(()));
        assert_eq!(read(200, ""), Ok(()));
        assert_eq!(read(200, r#"{"errcode":40058,"errmsg":"used"}"#), Err("40058".to_owned()));
        assert_eq!(read(404, ""), Err("http.404".to_owned()));
    }

    #[tokio::test]
    async fn an_address_inside_a_private_network_is_not_called() {
        let robot = robot(&Arc::new(Exchange::new(Allowed::default())));
        for url in ["http://127.0.0.1:9/r", "http://[::1]:9/r", "http://169.254.169.254/r"] {
            let message = json!({ "msgtype": "markdown", "markdown": { "content": "x" } });
            let native = Some(to_robot(url, &message));
            let parcel = Parcel {
                id: DeliveryId::floor(Duration::from_hours(490_896)),
                attempt: 1,
                now: Duration::from_hours(490_896),
                notification: Arc::new(Notification { native, ..Notification::default() }),
            };
            let failure = robot.send(&parcel).await.unwrap_err();
            assert_eq!((failure.blame, failure.code.as_str()), (Blame::Request, "channel.private"));
        }
    }
}
