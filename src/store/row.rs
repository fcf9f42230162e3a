//! The rows, as the store's operations speak of them.

use std::time::Duration;

use super::DeliveryId;
use crate::notification::Notification;
use crate::notification::Report;

/// A notification on its way into the store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewDelivery {
    /// Ours, made by [`super::Ids`] before the first write.
    pub id: DeliveryId,
    /// The queue it waits in.
    pub lane: String,
    /// When it may first be claimed.
    pub due: Duration,
    /// Carries channel, idempotency key and expiry along.
    pub notification: Notification,
}

/// What became of one [`NewDelivery`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Accepted {
    /// It is in the store.
    New(DeliveryId),
    /// The same was accepted before, as this one: the same id, or the same idempotency key.
    Known(DeliveryId),
    /// This one has the same idempotency key and another content; nothing was written.
    Conflict(DeliveryId),
}

impl Accepted {
    /// The id of the delivery that is in the store.
    pub fn id(self) -> DeliveryId {
        match self {
            Self::New(id) | Self::Known(id) | Self::Conflict(id) => id,
        }
    }
}

/// A delivery that the caller alone may work on until its lease ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claimed {
    /// Which one.
    pub id: DeliveryId,
    /// Proves the claim; a later claim of the same delivery has a higher one.
    pub fence: u64,
    /// Which channel of [`Notification::route`] it goes through: 0 is the first.
    pub hop: u32,
    /// How often it was claimed on this hop, this claim included.
    pub tries: u32,
    /// How many attempts are recorded, on all hops.
    pub attempts: u32,
    /// The claim before this one was never finished: its holder died, and may have sent it.
    pub is_interrupted: bool,
    /// What is to be sent.
    pub notification: Notification,
}

/// What [`super::Store::claim`] found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Claim {
    /// What is claimed, in the order in which it was accepted.
    pub deliveries: Vec<Claimed>,
    /// Set if the pace allows no more: when it does again.
    pub again_at: Option<Duration>,
}

/// What is recorded of a claimed delivery. The claim ends with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finish {
    /// Which one.
    pub id: DeliveryId,
    /// The claim's.
    pub fence: u64,
    /// What follows.
    pub next: Next,
    /// What was tried; kept.
    pub attempts: Vec<Attempt>,
    /// What its service calls it, where that is told or asked later; at most [`MOST_CALLED`] are
    /// kept.
    pub called: Vec<Called>,
}

/// How many of a service's ids are kept of one delivery: of a message to thousands, what became of
/// the first is known.
pub const MOST_CALLED: usize = 100;

/// What a service calls a notification that it took.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Called {
    /// Unique among all that its channel has sent.
    pub id: String,
    /// When the service is asked what became of it; `None`: it tells by itself.
    pub ask: Option<Duration>,
}

/// What follows an attempt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Next {
    /// The service took it.
    Delivered,
    /// Nobody will try again by themselves.
    Refused(Reason),
    /// Nobody knows whether it arrived, and a person must decide.
    Unknown(Reason),
    /// It was of no use any more.
    Expired,
    /// It is tried again.
    Again {
        /// Not earlier than that.
        due: Duration,
        /// Why it was not delivered.
        reason: Reason,
    },
    /// It is tried through the next channel of its route, on that channel's lane.
    Elsewhere {
        /// Not earlier than that.
        due: Duration,
        /// The lane of the next hop.
        lane: String,
        /// Why the last channel did not deliver it.
        reason: Reason,
    },
    /// It was not tried at all: the claim is handed back and does not count as a try.
    HandedBack,
    /// The same, and it is not to be claimed before that.
    Held {
        /// Not earlier than that.
        due: Duration,
    },
}

/// Why a delivery is where it is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reason {
    /// The service's code or one of ours.
    pub code: String,
    /// What to do, or what a person wrote when burying it.
    pub note: String,
}

/// One try.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// When it began.
    pub at: Duration,
    /// How long it took.
    pub took: Duration,
    /// The channel it went through.
    pub channel: String,
    /// `None`: delivered. Otherwise whose fault it was, as [`crate::notification::Blame::word`].
    pub blame: Option<String>,
    /// The error code, or the service's id of the message.
    pub code: String,
    /// What to do about it.
    pub advice: String,
    /// What the service said.
    pub detail: String,
}

/// A question to a service that is due: what became of what it took.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Question {
    /// The lane that sent it.
    pub channel: String,
    /// What the service calls it.
    pub called: String,
    /// When it was sent.
    pub sent: Duration,
    /// How often this was asked before.
    pub asked: u32,
    /// Which delivery it is.
    pub delivery: DeliveryId,
    /// What was sent.
    pub notification: Notification,
}

/// What [`super::Store::questions`] found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Questions {
    /// What is to be asked now.
    pub due: Vec<Question>,
    /// When the next is due; `None`: there is none.
    pub again_at: Option<Duration>,
}

/// What a service told later, as it is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reported {
    /// When we heard of it.
    pub at: Duration,
    /// The lane that had sent it.
    pub channel: String,
    /// What was told.
    pub report: Report,
}

/// Where a delivery is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// Waiting for its time, or being sent.
    Waiting,
    /// The service took it.
    Delivered,
    /// Given up, with a reason; kept for a person.
    Refused,
    /// Given up because it was of no use any more.
    Expired,
    /// Given up because nobody knows whether it arrived.
    Unknown,
}

impl State {
    /// Each state with the word for it; in the order of their numbers in the store.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Waiting, "waiting"),
        (Self::Delivered, "delivered"),
        (Self::Refused, "refused"),
        (Self::Expired, "expired"),
        (Self::Unknown, "unknown"),
    ];

    /// The word that is shown.
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The state of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, it)| *it == word).map(|(state, _)| *state)
    }
}

/// All that is known of a delivery.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delivery {
    /// Which one.
    pub id: DeliveryId,
    /// Where it is.
    pub state: State,
    /// The queue it waits in, or left.
    pub lane: String,
    /// When it was accepted.
    pub accepted: Duration,
    /// When it is due; while it is being sent, when its lease ends.
    pub due: Duration,
    /// Whether it is being sent now.
    pub is_claimed: bool,
    /// When it left the queue.
    pub ended: Option<Duration>,
    /// Why it is where it is; empty if nothing went wrong.
    pub reason: Reason,
    /// How many attempts there were.
    pub attempts: u32,
    /// What is sent.
    pub notification: Notification,
}

/// Which deliveries are meant; every field narrows it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Filter {
    /// This one only.
    pub id: Option<DeliveryId>,
    /// In this state.
    pub state: Option<State>,
    /// In this lane.
    pub lane: Option<String>,
    /// Refused or unknown with this code.
    pub code: Option<String>,
    /// Accepted then or later.
    pub since: Option<Duration>,
    /// Accepted before.
    pub until: Option<Duration>,
}

/// One page of a query, the newest first.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Page {
    /// What was found.
    pub deliveries: Vec<Delivery>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<DeliveryId>,
}

/// A lane in which something waits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// When the first of it is due.
    pub due: Duration,
}

/// What became of everything that was ever accepted. Rows that retention removed are counted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Books {
    /// All that was accepted.
    pub accepted: u64,
    /// Of it, what is waiting or being sent.
    pub waiting: u64,
    /// What a service took.
    pub delivered: u64,
    /// What was given up, with a reason.
    pub refused: u64,
    /// What was of no use any more.
    pub expired: u64,
    /// Of what nobody knows whether it arrived.
    pub unknown: u64,
}

impl Books {
    /// Whether nothing is missing and nothing is there twice.
    pub fn balance(&self) -> bool {
        let ended = self.delivered + self.refused + self.expired + self.unknown;
        self.accepted == self.waiting + ended
    }
}

/// How long what has ended is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retention {
    /// What was delivered or expired, counted from when it was accepted.
    pub delivered: Duration,
    /// What was refused or is unknown, and may be revived until then.
    pub buried: Duration,
    /// How many deliveries that have ended are kept at most; the oldest go first.
    pub count: u64,
}

impl Default for Retention {
    fn default() -> Self {
        let day = Duration::from_hours(24);
        Self { delivered: 7 * day, buried: 30 * day, count: 1_000_000 }
    }
}

/// What [`super::Store::tend`] did. It does a bounded part at a time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tended {
    /// Waiting deliveries that have expired.
    pub expired: u64,
    /// Ended deliveries, values and message keys that were removed.
    pub removed: u64,
    /// Whether there is more to do at once.
    pub has_more: bool,
}

/// An inbound message that is done, and what follows from it; all of it is written, or nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Settlement {
    /// By what a retry of the message is recognised.
    pub key: String,
    /// What is answered to a retry.
    pub answer: Vec<u8>,
    /// How long the key is remembered.
    pub remember: Duration,
    /// What goes out.
    pub deliveries: Vec<NewDelivery>,
    /// What is remembered, of the user or as an answer held back: key, value, and how long.
    /// A value of `None` forgets.
    pub values: Vec<(String, Option<Vec<u8>>, Duration)>,
}

/// What became of a [`Settlement`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Settled {
    /// Written, with what became of each of its deliveries.
    New(Vec<Accepted>),
    /// The message was settled before, with this answer; nothing was written.
    Known(Vec<u8>),
}
