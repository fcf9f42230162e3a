//! `wechat-customer`: an account's own way to its users. A customer-service message of a 公众号 or
//! 小程序, or a message of the application in 企业微信. No config names it: every account that may
//! send has one.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use super::Channel;
use super::Parcel;
use super::Sending;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Guarantee;
use crate::notification::Notification;
use crate::notification::Receipt;
use crate::notification::Terms;
use crate::platform::Client;
use crate::wechat::Platform;

/// Sends through the API of one account.
pub struct WechatCustomer(Arc<Client>);

impl WechatCustomer {
    /// What it is called, with the account's name behind a slash.
    pub const NAME: &str = "wechat-customer";

    /// The channel of `client`'s account.
    pub fn new(client: Arc<Client>) -> Self {
        Self(client)
    }

    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, Failure> {
        let client = &self.0;
        let message = message(&parcel.notification, client.platform(), client.agent_id())?;
        let path = match client.platform() {
            Platform::Wecom => "/cgi-bin/message/send",
            _ => "/cgi-bin/message/custom/send",
        };
        let answer = client.post_json(path, &message).await.map_err(|error| error.failure())?;
        let id = answer["msgid"].as_str().map(str::to_owned);
        Ok(Receipt { id, ..Receipt::default() })
    }
}

impl Channel for WechatCustomer {
    fn terms(&self) -> Terms {
        // A user would see the same words twice; what may have arrived is left to a person.
        Terms { guarantee: Guarantee::AtMostOnce, ..Terms::default() }
    }

    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        Box::pin(self.deliver(parcel))
    }
}

/// The body of the request: `native` as it is, or title and body as a text.
fn message(
    notification: &Notification,
    platform: Platform,
    agent_id: Option<u32>,
) -> Result<Value, Failure> {
    let is_wecom = platform == Platform::Wecom;
    let to = match notification.to.as_slice() {
        [] => return Err(refused("it names nobody", "Put the user's OpenID or UserID into `to`.")),
        [user] => user.clone(),
        users if is_wecom => users.join("|"),
        _ => {
            let advice = "Send one notification to each user.";
            return Err(refused("customer service writes to one user at a time", advice));
        }
    };
    let mut message = match &notification.native {
        Some(native @ Value::Object(_)) => native.clone(),
        _ => {
            let texts = [notification.title.as_str(), notification.body.as_str()];
            let texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
            json!({ "msgtype": "text", "text": { "content": texts.join("\n") } })
        }
    };
    message["touser"] = to.into();
    if is_wecom {
        message["agentid"] = agent_id.into();
    }
    Ok(message)
}

fn refused(detail: &str, advice: &str) -> Failure {
    let (advice, detail) = (advice.to_owned(), detail.to_owned());
    Failure { advice, detail, ..Failure::new(Blame::Request, "channel.receiver") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::message;
    use crate::notification::Notification;
    use crate::wechat::Platform;

    fn to(users: &[&str], body: &str) -> Notification {
        let to = users.iter().map(|user| (*user).to_owned()).collect();
        Notification { to, ..Notification::text("wechat-customer", body) }
    }

    #[test]
    fn a_notification_is_a_text_to_one_user_or_the_message_it_brings() {
        let account = Platform::OfficialAccount;
        let text = Notification { title: "t".to_owned(), ..to(&["oAnna"], "b") };
        let expected = json!({"msgtype":"text","text":{"content":"t\nb"},"touser":"oAnna"});
        assert_eq!(message(&text, account, None), Ok(expected));
        let native = json!({"msgtype":"image","image":{"media_id":"M"}});
        let image = Notification { native: Some(native), ..to(&["oAnna"], "") };
        let expected = json!({"msgtype":"image","image":{"media_id":"M"},"touser":"oAnna"});
        assert_eq!(message(&image, account, None), Ok(expected));
        let expected = json!({"msgtype":"text","text":{"content":"b"},"touser":"a|b","agentid":7});
        assert_eq!(message(&to(&["a", "b"], "b"), Platform::Wecom, Some(7)), Ok(expected));
    }

    #[test]
    fn customer_service_writes_to_one_user() {
        for users in [&[][..], &["oAnna", "oBen"]] {
            let failure = message(&to(users, "b"), Platform::OfficialAccount, None).unwrap_err();
            assert_eq!(failure.code, "channel.receiver");
        }
    }
}
