//! `dingtalk`: a robot in a DingTalk group.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use serde_json::json;
use sha2::Sha256;

use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::Parcel;
use super::Setup;
use super::answer;
use super::answer::LATER;
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

/// The largest text, in bytes as JSON has them: of the 20000 of a whole message, title and
/// mentions need some.
const TEXT: Limit = Limit::Json(18_000);

/// The longest title, which only a phone's list of chats shows.
const TITLE: Limit = Limit::Chars(64);

/// What a receiver begins with that is a conversation: its hook names those it was written in.
const SESSION: &str = "session:";

/// The most who are mentioned.
const MENTIONS: usize = 50;

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "dingtalk",
    doc: "A robot in a DingTalk group; `to` mentions by phone number or user id, `all` everybody.",
    settings: &[
        Setting::bare(
            "token",
            Kind::Secret,
            "\"env:DINGTALK_TOKEN\"",
            "The `access_token` in the robot's webhook address.",
        )
        .required(),
        Setting::with(
            "secret",
            Kind::Secret,
            "\"\"",
            "SEC…, where the robot demands signatures. Empty: not signed.",
        ),
    ],
    example: "\
[[channel]]
name = \"group\"
kind = \"dingtalk\"
token = \"env:DINGTALK_TOKEN\"
secret = \"env:DINGTALK_SECRET\"
",
    // Who sends more is muted for ten minutes.
    terms: || Terms { rate: Some(Rate { count: 20, per: super::MINUTE }), ..Terms::default() },
    limits: &[
        Bound::Text("title", TITLE),
        Bound::Text("text", TEXT),
        Bound::Count("mentions", MENTIONS),
        Bound::Rest(MUTED),
    ],
    build: |setup| setup.http(DingTalk::read(setup)?),
};

struct DingTalk {
    base: String,
    token: Secret,
    secret: Option<Secret>,
}

impl DingTalk {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let token = setup.fields.required_secret("token");
        let secret = setup.fields.secret("secret");
        let base = setup.base_url("https://oapi.dingtalk.com");
        Some(Self { base, token: token?, secret: secret? })
    }

    /// The robot's address, signed where it demands that; or that of a conversation with it.
    fn url(&self, parcel: &Parcel) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(session) = parcel.notification.to.iter().find_map(|to| to.strip_prefix(SESSION))
        {
            query.append_pair("session", session);
            return format!("{}/robot/sendBySession?{}", self.base, query.finish());
        }
        query.append_pair("access_token", self.token.expose());
        if let Some(secret) = &self.secret {
            let now = parcel.now.as_millis();
            query.append_pair("timestamp", &now.to_string());
            query.append_pair("sign", &sign(secret.expose(), now));
        }
        format!("{}/robot/send?{}", self.base, query.finish())
    }

    fn text(parcel: &Parcel) -> Cut {
        let format = match parcel.notification.format {
            Format::Text => Format::Text,
            Format::Markdown | Format::Html => Format::Markdown,
        };
        text::cut(&text::titled(&parcel.notification, format), format, TEXT)
    }
}

/// The signature of a message sent at `timestamp`, in milliseconds since 1970.
///
/// Source: DingTalk, "custom robot security settings".
fn sign(secret: &str, timestamp: u128) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let mut mac = mac.expect("HMAC takes keys of any length");
    mac.update(format!("{timestamp}\n{secret}").as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

impl HttpChannel for DingTalk {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let notification = &parcel.notification;
        let url = self.url(parcel);
        if let Some(native) = answer::native(notification) {
            return Ok(post_json(url, &native));
        }
        if notification.to.len() > MENTIONS {
            let advice = "Mention fewer, or `all`.";
            return Err(answer::unfit("channel.receiver", "at most 50 can be mentioned", advice));
        }
        let mut content = Self::text(parcel).text;
        if content.is_empty() {
            return Err(answer::empty());
        }
        let is_number = |to: &&String| to.bytes().all(|it| matches!(it, b'0'..=b'9' | b'+' | b'-'));
        let is_named = |to: &&String| *to != "all" && !to.starts_with(SESSION);
        let named = notification.to.iter().filter(is_named);
        let (mobiles, users): (Vec<&String>, Vec<&String>) = named.partition(is_number);
        let is_all = notification.to.iter().any(|to| to == "all");
        let at = json!({ "atMobiles": mobiles, "atUserIds": users, "isAtAll": is_all });
        if notification.format == Format::Text {
            let body = json!({ "msgtype": "text", "text": { "content": content }, "at": at });
            return Ok(post_json(url, &body));
        }
        // In markdown a mention must stand in the text too.
        let mentions: Vec<String> =
            mobiles.iter().chain(&users).map(|who| format!("@{who}")).collect();
        if !mentions.is_empty() {
            content = format!("{content}\n\n{}", mentions.join(" "));
        }
        let title = text::cut(&text::title(notification), Format::Text, TITLE).text;
        let markdown = json!({ "title": title, "text": content });
        Ok(post_json(url, &json!({ "msgtype": "markdown", "markdown": markdown, "at": at })))
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        let code = match answer["status"].as_i64() {
            Some(1111) => TOO_FAST,
            _ => answer::code(&answer, "errcode", response)?,
        };
        match code {
            0 => Ok(Receipt::default()),
            _ => Err(answer::refused("dingtalk", code, &answer["errmsg"], CODES, response)),
        }
    }

    fn remark(&self, parcel: &Parcel) -> String {
        Self::text(parcel).remark()
    }

    fn secrets(&self) -> Vec<&Secret> {
        std::iter::once(&self.token).chain(&self.secret).collect()
    }
}

/// The robot is muted.
const TOO_FAST: i64 = 130_101;

/// For how long, in seconds.
const MUTED: u64 = 600;

const NO_ROBOT: &str = "The robot is gone: add one to the group and set its `token`.";

/// Source: DingTalk, "custom robots: error codes".
const CODES: &[Meaning] = &[
    (-1, LATER, ""),
    (40035, Blame::Request, "A part of the message is missing or malformed."),
    (90030, wait(60), ""),
    (TOO_FAST, wait(MUTED), "The robot is muted for ten minutes: lower `rate`."),
    (300_001, Blame::Request, NO_ROBOT),
    (300_005, Blame::Request, NO_ROBOT),
    (302_033, wait(60), "Lower `rate`."),
    (
        310_000,
        Blame::Request,
        "Compare the robot's security settings: its key words, `secret` and this machine's clock, its IP addresses.",
    ),
    (400_013, Blame::Request, "The group is dissolved."),
    (400_101, Blame::Request, NO_ROBOT),
    (400_102, Blame::Request, "The robot is switched off in the group's settings."),
    (400_106, Blame::Request, NO_ROBOT),
    (410_100, wait(60), "Lower `rate`."),
    (460_101, Blame::Request, "The message is too long."),
];

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn a_message_is_signed_as_dingtalk_signs_it() {
        let time = 1_700_000_000_000;
        assert_eq!(sign("SECexample", time), "uroalHrWHORz59talE1o26b8HuX2kOp8WlAN91F9Pj0=");
        let sign = sign("SEC000000000000000000000", time);
        assert_eq!(sign, "1zJ/w34EOSVAYr7cu7Vo8LnebmK2/GrCgegtr8mQrqM=");
    }
}
