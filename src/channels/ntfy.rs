//! `ntfy`: a notification to whoever subscribed to a topic.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;

use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::Parcel;
use super::Setup;
use super::answer;
use super::common;
use super::common::until_hour;
use super::http::post_json;
use super::refusal;
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
use crate::notification::Urgency;

/// What is longer becomes a file. Source: docs.ntfy.sh, "Publishing", "Limitations".
const LONGEST: Limit = Limit::Bytes(4_096);

/// When the server's day ends, in UTC, by the clock of China. Source: github.com/binwiederhier/ntfy,
/// `server/server.go`, the reset of statistics at midnight.
const MIDNIGHT: u64 = 8;

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "ntfy",
    doc: "A notification of ntfy, from ntfy.sh or a server of your own.",
    settings: &[
        Setting::bare(
            "topic",
            Kind::Secret,
            "\"env:NTFY_TOPIC\"",
            "The topic; who knows it can read it.",
        )
        .required(),
        Setting::with(
            "token",
            Kind::Secret,
            "\"\"",
            "An access token, tk_…, where the topic is protected.",
        ),
        Setting::with("user", Kind::Text, "\"\"", "A user, instead of a token."),
        Setting::with("password", Kind::Secret, "\"\"", "The user's password."),
        Setting::with("tags", Kind::Texts, "[]", "Labels, some of which are shown as emoji."),
    ],
    example: "\
[[channel]]
name = \"ntfy\"
kind = \"ntfy\"
topic = \"env:NTFY_TOPIC\"
tags = [\"warning\"]
",
    // ntfy.sh takes 60 at once, and then one each 5 s.
    terms: || Terms {
        rate: Some(Rate { count: 60, per: Duration::from_mins(5) }),
        takes_link: true,
        ..Terms::default()
    },
    limits: &[Bound::Text("text", LONGEST)],
    build: |setup| setup.http(Ntfy::read(setup)?),
};

struct Ntfy {
    base: String,
    topic: Secret,
    authorization: Option<Secret>,
    /// The token or the password that is in it.
    key: Option<Secret>,
    tags: Vec<String>,
}

impl Ntfy {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let topic = fields.required_secret("topic");
        let tags = fields.table.texts("tags");
        let (token, password) = (fields.secret("token")?, fields.secret("password")?);
        let user = fields.table.text("user")?.value;
        let key = token.clone().or_else(|| password.clone());
        let authorization = match (token, user, password) {
            (None, "", None) => None,
            (Some(token), "", None) => Some(Secret::new(format!("Bearer {}", token.expose()))),
            (None, user, Some(password)) if !user.is_empty() => {
                let pair = STANDARD.encode(format!("{user}:{}", password.expose()));
                Some(Secret::new(format!("Basic {pair}")))
            }
            _ => {
                let advice = "give `token`, or `user` and `password`, or none".to_owned();
                fields.table.fault("token", "it is not clear who publishes", Some(advice));
                return None;
            }
        };
        let base = setup.base_url("https://ntfy.sh");
        let tags = tags?.into_iter().map(|it| it.value.to_owned()).collect();
        Some(Self { base, topic: topic?, authorization, key, tags })
    }
}

/// Source: docs.ntfy.sh, "Publishing": `^[-_A-Za-z0-9]{1,64}$`.
fn is_topic(text: &str) -> bool {
    let is_allowed = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(is_allowed)
}

impl HttpChannel for Ntfy {
    /// `to` is another topic.
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let notification = &parcel.notification;
        let own = [self.topic.expose().to_owned()];
        let topic = common::receiver(parcel, &own)?;
        if !is_topic(topic) {
            let advice = "A topic is 1 to 64 letters, digits, `-` and `_`.";
            let detail = "the receiver is no topic";
            return Err(common::misdirected(detail, advice));
        }
        let mut body = match &notification.native {
            Some(native @ Value::Object(_)) => native.clone(),
            _ => {
                let mut body = json!({ "message": message(parcel).text });
                if notification.format == Format::Markdown {
                    body["markdown"] = true.into();
                }
                body
            }
        };
        body["topic"] = topic.into();
        let title = text::line(&notification.title);
        if !title.is_empty() {
            body["title"] = title.into();
        }
        if let Some(link) = &notification.link {
            body["click"] = link.as_str().into();
        }
        if !self.tags.is_empty() {
            body["tags"] = json!(self.tags);
        }
        match notification.urgency {
            Urgency::Low => body["priority"] = 2.into(),
            Urgency::Normal => {}
            Urgency::High => body["priority"] = 5.into(),
        }
        let mut request = post_json(format!("{}/", self.base), &body);
        if let Some(authorization) = &self.authorization {
            let value = authorization.expose().to_owned();
            request.headers.push(("authorization".to_owned(), value));
        }
        Ok(request)
    }

    /// Source: docs.ntfy.sh, "Publishing"; github.com/binwiederhier/ntfy, `server/errors.go`.
    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        let Some(failure) = refusal(response) else {
            return match answer["id"].as_str() {
                Some(id) => Ok(Receipt { id: Some(id.to_owned()), ..Receipt::default() }),
                None => Err(answer::unreadable(response)),
            };
        };
        let Some(code) = answer["code"].as_u64() else {
            return Err(failure);
        };
        let (blame, advice) = match code {
            40101 | 40301 => {
                (failure.blame, "Compare `token`, or `user` and `password`, with the server's.")
            }
            42908 => {
                let retry_after = until_hour(response, MIDNIGHT);
                (Blame::Quota { retry_after }, "The day's messages are used up.")
            }
            _ => (failure.blame, failure.advice.as_str()),
        };
        let detail = answer["error"].as_str().unwrap_or_default();
        Err(common::failure("ntfy", &code.to_string(), blame, detail, advice))
    }

    fn remark(&self, parcel: &Parcel) -> String {
        if parcel.notification.native.is_some() { String::new() } else { message(parcel).remark() }
    }

    fn secrets(&self) -> Vec<&Secret> {
        [Some(&self.topic), self.authorization.as_ref(), self.key.as_ref()]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// Not every app of ntfy shows markdown, and none HTML.
fn message(parcel: &Parcel) -> Cut {
    let notification = &parcel.notification;
    let format = match notification.format {
        Format::Markdown => Format::Markdown,
        Format::Text | Format::Html => Format::Text,
    };
    let message = text::shown(&notification.body, notification.format, format);
    text::cut(&message, format, LONGEST)
}
