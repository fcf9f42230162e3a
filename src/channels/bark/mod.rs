//! `bark`: a notification on an iPhone.

mod seal;

use serde_json::Value;
use serde_json::json;

use self::seal::Key;
use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::Parcel;
use super::Setup;
use super::answer;
use super::common;
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
use crate::notification::Receipt;
use crate::notification::Terms;
use crate::notification::Urgency;

/// Apple takes 4 KB in all; this much is left beside title, settings and what Bark adds. What is
/// sealed grows by a third. Source: Apple, "Generating a remote notification".
const LONGEST_BODY: Limit = Limit::Json(3_000);
const LONGEST_SEALED: Limit = Limit::Json(2_200);

/// Longer titles are not shown anyway.
const LONGEST_TITLE: Limit = Limit::Json(256);

/// What high urgency is on the phone: `critical` sounds on a muted one.
const LEVELS: [(&str, &str); 2] = [("timeSensitive", "timeSensitive"), ("critical", "critical")];

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "bark",
    doc: "A notification of the Bark app on an iPhone.",
    settings: &[
        Setting::bare(
            "device_key",
            Kind::Secret,
            "\"env:BARK_KEY\"",
            "The key that the app shows.",
        )
        .required(),
        Setting::with("group", Kind::Text, "\"\"", "The group it is shown in."),
        Setting::with("sound", Kind::Text, "\"\"", "The sound; empty: the app's own."),
        Setting::with("icon", Kind::Text, "\"\"", "The address of an icon."),
        Setting::with(
            "high",
            Kind::Word(|| LEVELS.iter().map(|(_, word)| *word).collect()),
            "\"timeSensitive\"",
            "What high urgency is: timeSensitive, or critical, which sounds on a muted phone.",
        ),
        Setting::with(
            "encryption_key",
            Kind::Secret,
            "\"\"",
            "The key of the app's encryption, set to CBC there: 16, 24 or 32 characters. Empty: none.",
        ),
    ],
    example: "\
[[channel]]
name = \"phone\"
kind = \"bark\"
device_key = \"env:BARK_KEY\"
group = \"ops\"
",
    // What comes again with one id takes the place of what is there.
    terms: || Terms { takes_id: true, takes_link: true, ..Terms::default() },
    limits: &[
        Bound::Text("title", LONGEST_TITLE),
        Bound::Text("text", LONGEST_BODY),
        Bound::Text("text, encrypted", LONGEST_SEALED),
    ],
    build: |setup| setup.http(Bark::read(setup)?),
};

struct Bark {
    base: String,
    device_key: Secret,
    /// Those that are set, with their values.
    fixed: Vec<(&'static str, String)>,
    high: &'static str,
    seal: Option<Key>,
}

impl Bark {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let device_key = fields.required_secret("device_key");
        let text = |key| fields.table.text(key).map(|it| (key, it.value.to_owned()));
        let fixed: Option<Vec<_>> = ["group", "sound", "icon"].into_iter().map(text).collect();
        let high = fields.table.one_of("high", &LEVELS);
        let seal = match fields.secret("encryption_key")?.map(Key::parse) {
            None => None,
            Some(Some(key)) => Some(key),
            Some(None) => {
                let advice = "write the 16, 24 or 32 characters that the app was given".to_owned();
                let message = "`encryption_key` has a length that no key has";
                fields.table.value_fault("encryption_key", message, Some(advice));
                return None;
            }
        };
        let base = setup.base_url("https://api.day.app");
        let fixed = fixed?.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        Some(Self { base, device_key: device_key?, fixed, high: high?, seal })
    }
}

impl Bark {
    fn longest(&self) -> Limit {
        if self.seal.is_some() { LONGEST_SEALED } else { LONGEST_BODY }
    }
}

impl HttpChannel for Bark {
    /// `to` are other devices' keys.
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let notification = &parcel.notification;
        let mut body = match &notification.native {
            Some(native @ Value::Object(_)) => native.clone(),
            _ => json!({}),
        };
        for (key, value) in &self.fixed {
            body[*key] = value.as_str().into();
        }
        let title = text::line(&notification.title);
        if !title.is_empty() {
            body["title"] = text::cut(&title, Format::Text, LONGEST_TITLE).text.into();
        }
        if let Some(link) = &notification.link {
            body["url"] = link.as_str().into();
        }
        if !notification.body.is_empty() {
            let key = if notification.format == Format::Text { "body" } else { "markdown" };
            body[key] = shown(parcel, self.longest()).text.into();
        }
        let level = match notification.urgency {
            Urgency::Low => Some("passive"),
            Urgency::Normal => None,
            Urgency::High => Some(self.high),
        };
        if let Some(level) = level {
            body["level"] = level.into();
        }
        if let Some(key) = &self.seal {
            let plain = body.to_string();
            let iv = key.iv(plain.as_bytes());
            body = json!({ "ciphertext": key.seal(plain.as_bytes(), &iv), "iv": iv });
        }
        // The server itself reads what is left.
        body["id"] = parcel.id.to_string().into();
        match notification.to.as_slice() {
            [] => body["device_key"] = self.device_key.expose().into(),
            [one] => body["device_key"] = one.as_str().into(),
            several => body["device_keys"] = json!(several),
        }
        Ok(post_json(format!("{}/push", self.base), &body))
    }

    /// Source: github.com/Finb/bark-server, `route_push.go`.
    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let Some(code) = answer["code"].as_u64() else {
            return Err(match refusal(response) {
                Some(failure) if response.status == 418 => Failure {
                    advice: "The server wants a user and a password.".to_owned(),
                    ..failure
                },
                failure => failure.unwrap_or_else(|| answer::unreadable(response)),
            });
        };
        let message = answer["message"].as_str().unwrap_or_default();
        if code != 200 {
            return Err(failure(code, message));
        }
        let devices = answer["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        let refused: Vec<&Value> = devices.iter().filter(|it| it["code"] != 200).collect();
        match refused.first() {
            Some(first) if refused.len() == devices.len() => {
                let code = first["code"].as_u64().unwrap_or(400);
                Err(failure(code, first["message"].as_str().unwrap_or_default()))
            }
            Some(_) => {
                let detail = format!("{} of {} devices were refused", refused.len(), devices.len());
                Ok(Receipt { detail, ..Receipt::default() })
            }
            None => Ok(Receipt::default()),
        }
    }

    fn remark(&self, parcel: &Parcel) -> String {
        shown(parcel, self.longest()).remark()
    }

    fn secrets(&self) -> Vec<&Secret> {
        std::iter::once(&self.device_key).chain(self.seal.as_ref().map(Key::secret)).collect()
    }
}

fn shown(parcel: &Parcel, longest: Limit) -> Cut {
    let notification = &parcel.notification;
    let format = match notification.format {
        Format::Text => Format::Text,
        Format::Markdown | Format::Html => Format::Markdown,
    };
    let body = text::shown(&notification.body, notification.format, format);
    text::cut(&body, format, longest)
}

fn failure(code: u64, message: &str) -> Failure {
    let too_large = message.contains("PayloadTooLarge");
    let is_gone = message.contains("BadDeviceToken") || message.contains("Unregistered");
    let blame = match code {
        429 => Blame::Quota { retry_after: None },
        500.. if !too_large && !is_gone => Blame::Service { retry_after: None },
        _ => Blame::Request,
    };
    let advice = match message {
        _ if too_large => "Send less text: Apple takes 4 KB in all.",
        _ if is_gone => "The app was removed from the phone: register it again.",
        message if message.contains("device token") => {
            "Compare the key with the one the app shows."
        }
        _ => "",
    };
    common::failure("bark", &code.to_string(), blame, &without_keys(message), advice)
}

/// Bark puts the key of the device into its words, in brackets.
fn without_keys(message: &str) -> String {
    let mut shown = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, inner)) = rest.split_once('[') {
        shown.push_str(before);
        shown.push_str("[…]");
        rest = inner.split_once(']').map_or("", |(_, after)| after);
    }
    shown.push_str(rest);
    shown
}
