//! Pages on the phone, as they are kept: what one shows, and the id by which its link is known.
//!
//! Whoever has the link may see the page, and press what is on it; so the id is a secret of 128
//! bits, and each receiver is given a link of their own.

mod html;
mod id;

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

pub use self::html::clean;
pub use self::html::excerpt;
pub use self::html::linked;
pub use self::html::of_markdown;
pub use self::html::of_text;
pub use self::id::PageId;

/// What every key of a page begins with in the store, before its id.
const PREFIX: &str = "page/";

/// How long it is still known of a page that it has expired; after that there is no such page.
const KNOWN: Duration = Duration::from_hours(24 * 30);

/// One page.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// When it expires, in milliseconds since 1970.
    pub expires: u64,
    /// What is on it.
    pub content: Content,
}

/// What is on a page.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Content {
    /// Something to read.
    Message(Message),
    /// A form, as one of its receivers is shown it.
    Form(Invitation),
    /// Words that no rule was for, to be mended and said again.
    Mend(Mend),
}

/// Something to read.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// One line; may be empty.
    pub title: String,
    /// The text, as clean HTML.
    pub html: String,
}

/// Whom a form was sent to, and through what.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    /// The id of what was sent out; each receiver has a link to the same.
    pub sent: String,
    /// The receiver, as the channel names people; empty: whoever the channel is for.
    pub to: String,
    /// The channel.
    pub channel: String,
    /// Comes back with what was pressed: it shows that the page was seen.
    pub token: String,
}

/// Words to be mended.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Mend {
    /// The account that was written to.
    pub account: String,
    /// The fields of the message that stay, by their names: who wrote, and to whom.
    pub fields: Vec<(String, String)>,
    /// What was typed, or recognised.
    pub words: String,
    /// Comes back with the mended words: it shows that the page was seen.
    pub token: String,
    /// What was said again, once it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
}

/// What was said again.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// The mended words.
    pub words: String,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// What was answered; none as long as it is being worked on, or where the answer is no text.
    pub answer: Option<String>,
}

/// A page that is to be kept, with the id that its link has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewPage {
    /// Its id.
    pub id: PageId,
    /// What it is.
    pub page: Page,
}

impl NewPage {
    /// The page as the store takes it: key, value, and how long it is kept from `now`.
    pub fn row(&self, now: Duration) -> (String, Option<Vec<u8>>, Duration) {
        (key(&self.id), Some(self.page.to_json()), self.page.keep(now))
    }
}

impl Page {
    /// The page that the store has.
    pub fn of_json(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// The page as the store has it.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a page is always JSON")
    }

    /// Whether it has expired at `now`.
    pub fn is_expired(&self, now: Duration) -> bool {
        millis(now) >= self.expires
    }

    /// How long it is kept from `now` on.
    pub fn keep(&self, now: Duration) -> Duration {
        Duration::from_millis(self.expires).saturating_sub(now) + KNOWN
    }
}

/// Where the store has the page with this id.
pub fn key(id: &PageId) -> String {
    format!("{PREFIX}{id}")
}

/// The link to a page; `public_url` has no slash at its end.
pub fn link(public_url: &str, id: &PageId) -> String {
    format!("{public_url}/p/{id}")
}

/// A time since 1970 in milliseconds.
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Content;
    use super::Message;
    use super::NewPage;
    use super::Page;
    use super::PageId;
    use super::link;
    use crate::entropy::SeededEntropy;

    #[test]
    fn a_page_is_kept_for_thirty_days_behind_its_end_so_that_it_can_say_that_it_has_expired() {
        let id = PageId::new(&SeededEntropy::new(1));
        let content = Content::Message(Message { title: "a".into(), html: "<p>b</p>".into() });
        let new = NewPage { id, page: Page { expires: 5_000, content } };
        let (key, value, keep) = new.row(Duration::from_secs(2));
        assert_eq!(key, format!("page/{}", new.id));
        assert_eq!(keep, Duration::from_secs(3) + Duration::from_hours(720));
        let json = r#"{"expires":5000,"content":{"kind":"message","title":"a","html":"<p>b</p>"}}"#;
        assert_eq!(value.as_deref(), Some(json.as_bytes()));
        assert_eq!(Page::of_json(json.as_bytes()), Some(new.page.clone()));
        assert!(!new.page.is_expired(Duration::from_millis(4_999)));
        assert!(new.page.is_expired(Duration::from_secs(5)));
        let link = link("https://bot.example.com", &new.id);
        assert_eq!(link, format!("https://bot.example.com/p/{}", new.id));
    }
}
