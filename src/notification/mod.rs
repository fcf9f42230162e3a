//! What goes out through a channel, and the words in which a channel says how it wants to be used
//! ([`Terms`]) and what became of it ([`Receipt`], [`Failure`]).
//!
//! Times are durations since 1970 as [`crate::clock::Clock`] gives them; in JSON they are
//! milliseconds.

mod link;
mod millis;
mod quiet;
mod terms;
mod verdict;

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use sha2::Digest as _;
use sha2::Sha256;

pub use self::quiet::Quiet;
pub use self::quiet::QuietError;
pub use self::terms::Guarantee;
pub use self::terms::Rate;
pub use self::terms::RateError;
pub use self::terms::Terms;
pub use self::verdict::Blame;
pub use self::verdict::Failure;
pub use self::verdict::Fate;
pub use self::verdict::Receipt;
pub use self::verdict::Report;

/// One message for one channel. Who wants it to go out through several makes one for each.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notification {
    /// The channel's name in the config.
    pub channel: String,
    /// The account it belongs to, for channels that go through WeChat itself: their limits and
    /// tokens are an account's, so its deliveries queue apart from those of other accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Whom it is for, as the channel's service names people; empty: whoever the channel is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// One line; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// An http address to go on to. A channel whose service has no place for one shows it below
    /// the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// How the body is to be read.
    pub format: Format,
    /// How much it may disturb.
    pub urgency: Urgency,
    /// The service's own form of a message, for what title and body cannot say (a template
    /// message, an image of customer service); the channel knows how to read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native: Option<serde_json::Value>,
    /// Not to be sent earlier.
    #[serde(with = "millis", skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Duration>,
    /// Of no use from then on.
    #[serde(with = "millis", skip_serializing_if = "Option::is_none")]
    pub expires: Option<Duration>,
    /// The same key and the same content are one notification, however often it is handed in.
    /// Callers put their own name in front (`ci/…`), since keys of two callers may be equal.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
    /// Who handed it in: the name of a key of the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Channels to try, in order, once this one refuses for good; empty: those of the channel.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<String>,
}

impl Notification {
    /// A text for `channel`.
    pub fn text(channel: impl Into<String>, body: impl Into<String>) -> Self {
        Self { channel: channel.into(), body: body.into(), ..Self::default() }
    }

    /// What two notifications with one idempotency key must agree in: everything but the times,
    /// which callers often reckon from now.
    pub fn fingerprint(&self) -> [u8; 32] {
        let timeless = Self { not_before: None, expires: None, ..self.clone() };
        let json = serde_json::to_vec(&timeless).expect("a notification is always JSON");
        Sha256::digest(json).into()
    }

    /// The channels it may go through: its own, then those that stand in for it.
    pub fn route(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.channel).chain(&self.fallback).map(String::as_str)
    }
}

/// How a body is to be read. A channel whose service cannot show it makes text of it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// As it stands.
    #[default]
    Text,
    /// Markdown.
    Markdown,
    /// HTML.
    Html,
}

/// How much a notification may disturb; what each means is the service's.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// Without a sound.
    Low,
    /// As the service does by itself.
    #[default]
    Normal,
    /// Through "do not disturb", where the service can.
    High,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Format;
    use super::Notification;
    use super::Urgency;

    #[test]
    fn its_json_leaves_out_what_is_empty_and_writes_times_in_milliseconds() {
        let notification = Notification {
            to: vec!["anna".to_owned()],
            title: "部署".to_owned(),
            format: Format::Markdown,
            urgency: Urgency::High,
            expires: Some(Duration::from_millis(1_500)),
            ..Notification::text("ops", "done")
        };
        let json = serde_json::to_string(&notification).unwrap();
        let expected = r#"{"channel":"ops","to":["anna"],"title":"部署","body":"done","format":"markdown","urgency":"high","expires":1500}"#;
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<Notification>(&json).unwrap(), notification);
    }

    #[test]
    fn the_fingerprint_is_of_the_content_and_not_of_the_times() {
        let first = Notification::text("ops", "done");
        let later = Notification { expires: Some(Duration::from_secs(9)), ..first.clone() };
        assert_eq!(first.fingerprint(), later.fingerprint());
        assert_ne!(first.fingerprint(), Notification::text("ops", "Done").fingerprint());
    }
}
