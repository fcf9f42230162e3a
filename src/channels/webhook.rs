//! `webhook`: one JSON object to a URL, signed by the Standard Webhooks scheme where there is a
//! secret.

use serde_json::json;

use super::ChannelKind;
use super::HttpChannel;
use super::LARGEST_ANSWER;
use super::Parcel;
use super::Setup;
use super::refusal;
use crate::config::secret::Secret;
use crate::config::secret::WebhookSecret;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Failure;
use crate::notification::Receipt;
use crate::notification::Terms;

/// The methods that carry a body, and so a notification.
const METHODS: [(Method, &str); 3] =
    [(Method::Post, "POST"), (Method::Put, "PUT"), (Method::Patch, "PATCH")];

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "webhook",
    doc: "One JSON object to a URL of yours, signed by the Standard Webhooks scheme.",
    settings: &[
        Setting::with(
            "url",
            Kind::Text,
            "\"\"",
            "Where it goes: a whole address, or the path behind `base_url`.",
        ),
        Setting::with(
            "method",
            Kind::Word(|| METHODS.iter().map(|(_, word)| *word).collect()),
            "\"POST\"",
            "POST, PUT or PATCH.",
        ),
        Setting::bare(
            "headers",
            Kind::Secrets,
            "{ Authorization = \"env:OPS_AUTHORIZATION\" }",
            "Headers to send along.",
        ),
        Setting::with(
            "secret",
            Kind::Secret,
            "\"\"",
            "Signs each request: whsec_ and 24 to 64 bytes in base64. Empty: not signed.",
        ),
    ],
    example: "\
[[channel]]
name = \"ops\"
kind = \"webhook\"
url = \"https://ops.example.com/notify\"
secret = \"env:OPS_WEBHOOK_SECRET\"
",
    // A receiver of Standard Webhooks recognises a repetition by `webhook-id`.
    terms: || Terms { takes_id: true, ..Terms::default() },
    limits: &[],
    build: |setup| setup.http(Webhook::read(setup)?),
};

struct Webhook {
    url: String,
    method: Method,
    headers: Vec<(String, Secret)>,
    secret: Option<WebhookSecret>,
}

impl Webhook {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let url = url(setup);
        let method = fields.table.one_of("method", &METHODS);
        let headers = fields.secrets("headers");
        let secret = fields.webhook_secret("secret");
        Some(Self { url: url?, method: method?, headers: headers?, secret: secret? })
    }
}

/// The address: `url`, behind `base_url` where there is one.
fn url(setup: &Setup<'_>) -> Option<String> {
    let table = &setup.fields.table;
    let text = table.text("url")?.value;
    let whole = match &setup.common.base_url {
        Some(base) if text.is_empty() || text.starts_with('/') => format!("{base}{text}"),
        Some(_) => {
            let advice = "with a `base_url`, `url` is the path behind it".to_owned();
            table.value_fault("url", "`url` must begin with `/`", Some(advice));
            return None;
        }
        None => text.to_owned(),
    };
    let parsed = url::Url::parse(&whole).ok();
    if parsed.is_some_and(|it| matches!(it.scheme(), "http" | "https") && it.has_host()) {
        return Some(whole);
    }
    let message = match text {
        "" => "`url` is missing".to_owned(),
        _ => "`url` is no http address".to_owned(),
    };
    let advice = "write `https://host/path`".to_owned();
    let place = if text.is_empty() { table.place() } else { table.place_of("url") };
    table.fault_at(place, message, Some(advice));
    None
}

impl HttpChannel for Webhook {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let (id, body) = (parcel.id.to_string(), body(parcel));
        let seconds = parcel.now.as_secs();
        let mut headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("webhook-id".to_owned(), id.clone()),
            ("webhook-timestamp".to_owned(), seconds.to_string()),
        ];
        if let Some(secret) = &self.secret {
            let signature = secret.sign(&id, seconds, body.as_bytes());
            headers.push(("webhook-signature".to_owned(), signature));
        }
        let own = self.headers.iter();
        headers.extend(own.map(|(name, value)| (name.clone(), value.expose().to_owned())));
        Ok(Request {
            method: self.method,
            url: self.url.clone(),
            headers,
            body: body.into(),
            timeout: Terms::default().limit,
            max_answer: LARGEST_ANSWER,
        })
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        refusal(response).map_or_else(|| Ok(Receipt::default()), Err)
    }

    fn secrets(&self) -> Vec<&Secret> {
        self.headers.iter().map(|(_, value)| value).collect()
    }
}

/// The notification as a receiver reads it. What is empty is there all the same.
fn body(parcel: &Parcel) -> String {
    let notification = &parcel.notification;
    json!({
        "id": parcel.id.to_string(),
        "channel": notification.channel,
        "to": notification.to,
        "title": notification.title,
        "body": notification.body,
        "format": notification.format,
        "urgency": notification.urgency,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::Webhook;
    use crate::channels::HttpChannel as _;
    use crate::channels::Parcel;
    use crate::config::secret::Secret;
    use crate::config::secret::WebhookSecret;
    use crate::exchange::Method;
    use crate::notification::Notification;
    use crate::store::DeliveryId;

    #[test]
    fn the_request_has_the_standard_headers_and_the_notification_as_json() {
        let webhook = Webhook {
            url: "https://ops.example.com/notify".to_owned(),
            method: Method::Put,
            headers: vec![("x-key".to_owned(), Secret::new("k1"))],
            secret: WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        };
        let notification =
            Notification { title: "部署".to_owned(), ..Notification::text("ops", "done") };
        let parcel = Parcel {
            id: DeliveryId::floor(Duration::from_hours(490_896)),
            attempt: 2,
            now: Duration::from_secs(1_767_225_605),
            notification: Arc::new(notification),
        };

        let request = webhook.request(&parcel).unwrap();

        assert_eq!((request.method, request.url.as_str()), (Method::Put, webhook.url.as_str()));
        let body = r#"{"id":"019b76da-a800-7000-8000-000000000000","channel":"ops","to":[],"title":"部署","body":"done","format":"text","urgency":"normal"}"#;
        assert_eq!(std::str::from_utf8(&request.body), Ok(body));
        // hmac.new(b64decode("MfKQ…"), id + b".1767225605." + body, "sha256") in Python.
        let headers = [
            ("content-type", "application/json"),
            ("webhook-id", "019b76da-a800-7000-8000-000000000000"),
            ("webhook-timestamp", "1767225605"),
            ("webhook-signature", "v1,DMga/xrqm+810xUrwn3dRcK0Cfve1hIyOrscWEgBxzY="),
            ("x-key", "k1"),
        ];
        let found: Vec<_> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, headers);
    }
}
