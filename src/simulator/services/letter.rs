//! What services send by themselves to the hook of a channel: what somebody wrote, and what became
//! of a notification.

use std::time::Duration;

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::desk::Desk;
use super::desk::Taken;
use super::provoke::is_lost;

/// How one service does it.
#[derive(Debug)]
pub(super) struct Teller {
    /// What somebody wrote, or did.
    pub(super) says: fn(&Saying<'_>) -> Letter,
    /// What became of what was taken; none: it does not tell.
    pub(super) tells: Option<fn(&Saying<'_>, &Taken, bool) -> Letter>,
    /// Whether it takes an answer for a yes. It asks for no more than the status 200 where this says
    /// nothing.
    pub(super) is_yes: fn(&str) -> bool,
}

/// Any body with the status 200.
pub(super) fn anything(_: &str) -> bool {
    true
}

/// What is to be told.
pub(super) struct Saying<'a> {
    /// Who writes; empty: whoever the service likes.
    pub(super) from: &'a str,
    /// What is written.
    pub(super) text: &'a str,
    /// What proves that the service has sent it.
    pub(super) secret: &'a str,
    /// What it is sealed with, for the service that can.
    pub(super) encrypt_key: &'a str,
    /// A number that nothing had before.
    pub(super) number: u64,
    /// Now by the machine's clock, since 1970.
    pub(super) now: Duration,
}

impl Saying<'_> {
    /// Who writes, or else `somebody`.
    pub(super) fn writer<'s>(&'s self, somebody: &'s str) -> &'s str {
        if self.from.is_empty() { somebody } else { self.from }
    }

    /// The same as a number.
    pub(super) fn writer_number(&self, somebody: i64) -> i64 {
        self.from.parse().unwrap_or(somebody)
    }
}

/// What is sent to the hook.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// What is put behind the `?` of the hook's address; empty: nothing.
    pub query: String,
    /// Headers beside `Content-Type`.
    pub headers: Vec<(String, String)>,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Letter {
    /// JSON.
    pub(super) fn json(body: &Value) -> Self {
        let content_type = "application/json; charset=utf-8";
        Self { query: String::new(), headers: Vec::new(), content_type, body: body.to_string() }
    }

    /// JSON of a service that signs nothing: the owner has put a word into the address.
    pub(super) fn by_word(saying: &Saying<'_>, body: &Value) -> Self {
        let secret: String = byte_serialize(saying.secret.as_bytes()).collect();
        Self { query: format!("secret={secret}"), ..Self::json(body) }
    }

    /// The same with one header more.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// What to write, in the words of the one who steers.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'a> {
    /// Who writes.
    pub from: &'a str,
    /// What is written; empty: it is about what became of `id`.
    pub text: &'a str,
    /// What the service called a notification.
    pub id: &'a str,
    /// What proves that the service has sent it.
    pub secret: &'a str,
    /// Feishu's Encrypt Key.
    pub encrypt_key: &'a str,
}

/// The letter that is wanted.
pub(super) fn write(
    desk: &mut Desk<'_>,
    teller: &Teller,
    wanted: &Wanted<'_>,
) -> Result<Letter, String> {
    let number = desk.number();
    let saying = Saying {
        from: wanted.from,
        text: wanted.text,
        secret: wanted.secret,
        encrypt_key: wanted.encrypt_key,
        number,
        now: desk.signed,
    };
    if wanted.id.is_empty() {
        return Ok((teller.says)(&saying));
    }
    let tells = teller.tells.ok_or("this service does not tell what became of anything")?;
    let taken = desk.taken(wanted.id).ok_or("it has taken nothing that it calls so")?;
    Ok(tells(&saying, taken, !is_lost(&taken.to)))
}
