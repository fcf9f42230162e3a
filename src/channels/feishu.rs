//! `feishu`: a robot in a group of Feishu or Lark.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use serde_json::Value;
use serde_json::json;
use sha2::Sha256;

use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::Parcel;
use super::Setup;
use super::answer;
use super::answer::Meaning;
use super::answer::wait;
use super::http::post_json;
use super::text;
use super::text::Cut;
use super::text::Limit;
use crate::config::secret::Secret;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Format;
use crate::notification::Rate;
use crate::notification::Receipt;
use crate::notification::Terms;

/// The largest text, in bytes as JSON has them: of the 20 KB of a whole message, title and
/// mentions need some.
const TEXT: Limit = Limit::Json(18_000);

/// The longest title of a card.
const TITLE: Limit = Limit::Chars(200);

/// How long it is left alone once it was sent too much, in seconds.
const REST: u64 = 60;

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "feishu",
    doc: "A robot in a group of Feishu or Lark; `to` mentions by open id, `all` everybody.",
    settings: &[
        Setting::bare(
            "token",
            Kind::Secret,
            "\"env:FEISHU_TOKEN\"",
            "The last part of the robot's webhook address.",
        )
        .required(),
        Setting::with(
            "secret",
            Kind::Secret,
            "\"\"",
            "Where the robot demands signatures. Empty: not signed.",
        ),
        Setting::with(
            "encrypt_key",
            Kind::Secret,
            "\"\"",
            "The Encrypt Key of the app whose events come to the hook. Empty: they come in clear.",
        ),
    ],
    example: "\
[[channel]]
name = \"group\"
kind = \"feishu\"
token = \"env:FEISHU_TOKEN\"
secret = \"env:FEISHU_SECRET\"
",
    // 100 a minute and 5 a second.
    terms: || {
        let rate = Rate { count: 5, per: Duration::from_secs(3) };
        Terms { rate: Some(rate), ..Terms::default() }
    },
    limits: &[Bound::Text("title", TITLE), Bound::Text("text", TEXT), Bound::Rest(REST)],
    build: |setup| setup.http(Feishu::read(setup)?),
};

struct Feishu {
    base: String,
    token: Secret,
    secret: Option<Secret>,
}

impl Feishu {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let token = setup.fields.required_secret("token");
        let secret = setup.fields.secret("secret");
        let base = setup.base_url("https://open.feishu.cn");
        Some(Self { base, token: token?, secret: secret? })
    }

    /// A text with its title, or the markdown of a card, which has its title above.
    fn text(parcel: &Parcel) -> Cut {
        let notification = &parcel.notification;
        match notification.format {
            Format::Text => {
                let text = text::titled(notification, Format::Text);
                text::cut(&text, Format::Text, TEXT)
            }
            format => {
                let body = text::shown(&notification.body, format, Format::Markdown);
                text::cut(&body, Format::Markdown, TEXT)
            }
        }
    }
}

/// The signature of a message sent at `timestamp`, in seconds since 1970: of nothing, with time
/// and secret as the key.
///
/// Source: Feishu, "custom bot guide", signature verification.
fn sign(secret: &str, timestamp: u64) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(format!("{timestamp}\n{secret}").as_bytes());
    let mac = mac.expect("HMAC takes keys of any length");
    STANDARD.encode(mac.finalize().into_bytes())
}

fn message(parcel: &Parcel) -> Result<Value, Failure> {
    let notification = &parcel.notification;
    if let Some(native) = answer::native(notification) {
        return Ok(native);
    }
    let text = Feishu::text(parcel).text;
    let mentions = notification.to.iter();
    if notification.format == Format::Text {
        if text.is_empty() {
            return Err(answer::empty());
        }
        let mentions =
            mentions.fold(String::new(), |text, who| text + "<at user_id=\"" + who + "\"></at> ");
        let text = format!("{mentions}{text}");
        return Ok(json!({ "msg_type": "text", "content": { "text": text } }));
    }
    let title = text::line(&notification.title);
    if text.is_empty() && title.is_empty() {
        return Err(answer::empty());
    }
    let mentions = mentions.fold(String::new(), |text, who| text + "<at id=" + who + "></at> ");
    let content = format!("{mentions}{text}");
    let mut card = json!({ "elements": [{ "tag": "markdown", "content": content }] });
    if !title.is_empty() {
        let title = text::cut(&title, Format::Text, TITLE).text;
        card["header"] = json!({ "title": { "tag": "plain_text", "content": title } });
    }
    Ok(json!({ "msg_type": "interactive", "card": card }))
}

impl HttpChannel for Feishu {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let mut message = message(parcel)?;
        if let Some(secret) = &self.secret {
            let now = parcel.now.as_secs();
            message["timestamp"] = now.to_string().into();
            message["sign"] = sign(secret.expose(), now).into();
        }
        let url = format!("{}/open-apis/bot/v2/hook/{}", self.base, self.token.expose());
        Ok(post_json(url, &message))
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        let key = if answer["code"].is_null() { "StatusCode" } else { "code" };
        match answer::code(&answer, key, response)? {
            0 => Ok(Receipt::default()),
            code => Err(answer::refused("feishu", code, &answer["msg"], CODES, response)),
        }
    }

    fn remark(&self, parcel: &Parcel) -> String {
        Self::text(parcel).remark()
    }

    fn secrets(&self) -> Vec<&Secret> {
        std::iter::once(&self.token).chain(&self.secret).collect()
    }
}

/// Source: Feishu, "custom bot guide", error codes.
const CODES: &[Meaning] = &[
    (9499, Blame::Request, "A part of the message is missing or malformed."),
    (11232, wait(REST), "Lower `rate`; at full and half hours the service is busiest."),
    (19001, Blame::Request, "The robot is gone: add one to the group and set its `token`."),
    (19021, Blame::Request, "Compare `secret` with the robot's, and set this machine's clock."),
    (19022, Blame::Request, "Add this machine's address to those the robot allows."),
    (19024, Blame::Request, "The message lacks the key words that the robot demands."),
];

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn a_message_is_signed_as_feishu_signs_it() {
        let signed = sign("SECexample", 1_700_000_000);
        assert_eq!(signed, "giaCP81WKcKmxS0uSLlrqVVwRIDJGES6GpFgEr4g4C4=");
        assert_eq!(sign("demo", 1_599_360_473), "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=");
    }
}
