//! The way to the hook of a `[[form]]`: one signed POST of what was decided. No config lists it as a
//! channel; it queues, is retried and is kept as every channel is.

use std::sync::Arc;

use super::Channel;
use super::HttpChannel;
use super::LARGEST_ANSWER;
use super::Parcel;
use super::http::Http;
use super::refusal;
use crate::config::form::Hook;
use crate::exchange::Exchange;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Receipt;
use crate::notification::Terms;

/// What the channel of the form called `form` is called. No channel of a config has a slash in its
/// name.
pub fn form_hook_name(form: &str) -> String {
    format!("form-hook/{form}")
}

/// The channel to `hook`. It sends the `native` of a notification as it stands.
pub fn form_hook(hook: &Hook, exchange: &Arc<Exchange>) -> Arc<dyn Channel> {
    // A receiver of Standard Webhooks recognises a repetition by `webhook-id`.
    let terms = Terms { takes_id: true, ..Terms::default() };
    Arc::new(Http { channel: FormHook(hook.clone()), exchange: Arc::clone(exchange), terms })
}

struct FormHook(Hook);

impl HttpChannel for FormHook {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let native = parcel.notification.native.as_ref();
        let body = native.ok_or_else(|| Failure::new(Blame::Request, "form.empty"))?.to_string();
        let (id, seconds) = (parcel.id.to_string(), parcel.now.as_secs());
        let signature = self.0.secret.sign(&id, seconds, body.as_bytes());
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("webhook-id", id),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", signature),
        ];
        Ok(Request {
            method: Method::Post,
            url: self.0.url.clone(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
            body: body.into(),
            timeout: Terms::default().limit,
            max_answer: LARGEST_ANSWER,
        })
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        refusal(response).map_or_else(|| Ok(Receipt::default()), Err)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::json;

    use super::FormHook;
    use super::form_hook;
    use crate::channels::HttpChannel as _;
    use crate::channels::Parcel;
    use crate::config::form::Hook;
    use crate::config::secret::WebhookSecret;
    use crate::exchange::Allowed;
    use crate::exchange::Exchange;
    use crate::notification::Blame;
    use crate::notification::Notification;
    use crate::store::DeliveryId;

    fn secret() -> WebhookSecret {
        WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()
    }

    fn parcel() -> Parcel {
        let native = Some(json!({ "type": "form.decided" }));
        Parcel {
            id: DeliveryId::floor(Duration::from_hours(490_896)),
            attempt: 1,
            now: Duration::from_secs(1_767_225_605),
            notification: Arc::new(Notification { native, ..Notification::default() }),
        }
    }

    #[test]
    fn the_hook_is_sent_what_was_decided_signed_by_the_standard_scheme() {
        let hook = Hook { url: "https://ops.example.com/decided".to_owned(), secret: secret() };
        let request = FormHook(hook).request(&parcel()).unwrap();
        assert_eq!(&*request.body, br#"{"type":"form.decided"}"#);
        // hmac.new(b64decode("MfKQ…"), id + b".1767225605." + body, "sha256") in Python.
        let headers = [
            ("content-type", "application/json"),
            ("webhook-id", "019b76da-a800-7000-8000-000000000000"),
            ("webhook-timestamp", "1767225605"),
            ("webhook-signature", "v1,NxaUU7Uhh8ftTJBvAWf2fbSxLRdoQTa0lqS15VsUx3o="),
        ];
        let found: Vec<_> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, headers);
    }

    #[tokio::test]
    async fn no_name_and_no_way_to_write_an_address_leads_into_a_private_network() {
        let exchange = Arc::new(Exchange::new(Allowed::default()));
        let inside = [
            "localhost",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "[::1]",
            "[::ffff:7f00:1]",
            "10.0.0.1",
        ];
        for host in inside {
            let hook = Hook { url: format!("http://{host}:9/x"), secret: secret() };
            let failure = form_hook(&hook, &exchange).send(&parcel()).await.unwrap_err();
            assert_eq!((failure.blame, failure.code.as_str()), (Blame::Request, "channel.private"));
            assert!(failure.detail.ends_with("to allow it"), "{host}: {}", failure.detail);
        }
    }
}
