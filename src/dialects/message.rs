//! What a call wants, and what became of it: the values between a dialect and the desk.

use std::time::Duration;

use serde_json::Value;

use crate::notification::Format;
use crate::notification::Urgency;
use crate::store::DeliveryId;

/// What a call is read as.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// It is answered as it stands: a probe, or a call that the service itself would refuse.
    Say(Answer),
    /// A message for each of these keys, at most [`MOST_KEYS`] of them. An empty one is asked for
    /// all the same, so that the refusal is the one of a wrong key.
    Send {
        /// The tokens of `[[key]]`s.
        keys: Vec<String>,
        /// What is sent.
        message: Box<Message>,
    },
    /// What became of a message.
    Ask(Question),
    /// A message is taken back, as far as it has not left yet.
    Withdraw {
        /// The token of the `[[key]]` that handed it in.
        key: String,
        /// Which message.
        question: Question,
    },
    /// Whether a key is good, of which nothing is sent.
    Check {
        /// The token of a `[[key]]`.
        key: String,
    },
}

/// The most keys of one call; those behind are passed over, as the services do.
pub const MOST_KEYS: usize = 100;

impl Reading {
    /// A message for one key.
    pub(super) fn send(key: impl Into<String>, message: Message) -> Self {
        Self::Send { keys: vec![key.into()], message: Box::new(message) }
    }
}

/// Which message is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Question {
    /// By our own id, in the service's writing.
    Id(DeliveryId),
    /// By the number that the answer to its sending had.
    Number(u64),
    /// By something that never was an id of ours.
    Nothing,
}

/// One message, in what all services have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// One line; may be empty.
    pub title: String,
    /// The text; may be empty where there is a title.
    pub body: String,
    /// How the body is to be read.
    pub format: Format,
    /// How much it may disturb.
    pub urgency: Urgency,
    /// Where it leads to; may be empty.
    pub link: String,
    /// Not to be sent earlier, since 1970.
    pub not_before: Option<Duration>,
    /// Of no use from then on, since 1970.
    pub expires: Option<Duration>,
    /// Which of the key's channels it goes out through.
    pub through: Through,
    /// What only the service that is spoken here understands.
    pub own: Own,
    /// Where its result is to be told; may be empty.
    pub report_to: String,
}

/// Which of a key's channels a message goes out through.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Through {
    /// All that the key names.
    #[default]
    All,
    /// The one of this name; the call is refused if the key does not name it.
    Named(String),
    /// The one of this name, or all if the key does not name it.
    NamedOrAll(String),
    /// Those of these kinds; the call is refused if the key names none.
    Kinds(&'static [&'static str]),
    /// Those of these kinds, or all if the key names none.
    KindsOrAll(&'static [&'static str]),
}

/// What a channel of the very service that is spoken is given beside the message, and no other:
/// receivers and settings mean nothing to another service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Own {
    /// The kinds of channel that understand it.
    pub kinds: &'static [&'static str],
    /// Whom it is for.
    pub to: Vec<String>,
    /// The service's own form, for what a message cannot say.
    pub native: Option<Value>,
}

impl Own {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.to.is_empty() && self.native.is_none()
    }
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Told<'m> {
    /// Of a message: for each key in its order, what it is called now or why it was refused.
    Sent {
        /// What was sent.
        message: &'m Message,
        /// In the order of the keys.
        outcomes: Vec<Result<Sent, Refusal>>,
    },
    /// Of a question; none: nothing is known of such a message.
    Fate(Option<Box<Fate>>),
    /// Of a message that was to be taken back: from how many channels it was. [`Refusal::Message`]:
    /// there is no such message of this key's.
    Withdrawn(Result<u64, Refusal>),
    /// Of a look at a key: its name.
    Key(Result<String, Refusal>),
}

/// A message that was accepted: it is on the disk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sent {
    /// The first of its deliveries.
    pub id: DeliveryId,
    /// The key's name.
    pub key: String,
}

/// Why a message was not accepted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// No key has this token.
    Key,
    /// The key may not send, or names no such channel. Says which, for a person.
    Channel(String),
    /// It says nothing, or more than is accepted, or a channel cannot take it. Says what.
    Message(String),
    /// More than may be sent, for now.
    TooMany,
    /// It could not be written down; the same may be accepted later.
    Unavailable,
    /// The service behind the channel said no: its code, and what it said.
    Upstream {
        /// As the channel has it: `dingtalk.310000`.
        code: String,
        /// What the service said.
        detail: String,
    },
}

impl Refusal {
    /// What a person reads of it, where the service has no words of its own for it.
    pub(super) fn words(&self) -> &str {
        match self {
            Self::Key => "key 无效：请在 yizhan.toml 的 [[key]] 中配置",
            Self::Channel(what) | Self::Message(what) => what,
            Self::TooMany => "发送过于频繁，请稍后再试",
            Self::Unavailable => "暂时无法保存消息，请稍后再试",
            Self::Upstream { detail, .. } => detail,
        }
    }
}

/// What became of a message that was accepted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fate {
    /// Which one.
    pub id: DeliveryId,
    /// How far it is.
    pub state: FateState,
    /// What it said.
    pub title: String,
    /// What it said.
    pub body: String,
    /// When its state changed last, since 1970.
    pub changed: Duration,
}

/// How far a message is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FateState {
    /// It waits, or is being sent.
    Waiting,
    /// The service behind took it.
    Delivered,
    /// It was given up, or nobody knows; why.
    Failed(String),
}

/// An answer as that service would have given it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Answer {
    /// JSON, as nearly all of them answer.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self { status, content_type: "application/json; charset=utf-8", body: body.to_string() }
    }

    /// A word that is no JSON.
    pub(super) fn text(status: u16, body: &str) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: body.to_owned() }
    }
}

impl From<Answer> for Reading {
    fn from(answer: Answer) -> Self {
        Self::Say(answer)
    }
}
