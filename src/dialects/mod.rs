//! What other push services would have answered, for programs that speak to them: an existing
//! script works after its base URL has changed. ONE FILE AND ONE LINE for each dialect.
//!
//! A [`Dialect`] is pure: it reads a [`Call`] (`call.rs`, `body.rs`), and puts what became of it
//! into the service's own answer. Keys, channels and the outbox are `desk.rs`, HTTP is `http.rs`.

mod bark;
mod body;
mod call;
mod decode;
mod desk;
mod gotify;
mod http;
mod ids;
mod message;
mod message_pusher;
mod multi_platform;
mod ntfy;
mod preview;
mod pushdeer;
mod pushplus;
mod qmsg;
mod repeats;
mod report;
mod serverchan;
mod spread;
mod sre24;
mod wecomchan;
mod wxpusher;

use std::time::Duration;

use serde_json::Value;

pub use self::body::Body;
pub use self::call::Call;
pub use self::desk::Desk;
pub use self::http::routes;
pub use self::message::Answer;
pub use self::message::Fate;
pub use self::message::FateState;
pub use self::message::MOST_KEYS;
pub use self::message::Message;
pub use self::message::Own;
pub use self::message::Question;
pub use self::message::Reading;
pub use self::message::Refusal;
pub use self::message::Sent;
pub use self::message::Through;
pub use self::message::Told;

/// Every dialect. To add one: write its file, add its line, give it a folder of fixtures.
pub const DIALECTS: &[Dialect] = &[
    bark::DIALECT,
    gotify::DIALECT,
    message_pusher::DIALECT,
    multi_platform::DIALECT,
    ntfy::DIALECT,
    pushdeer::DIALECT,
    pushplus::DIALECT,
    qmsg::DIALECT,
    serverchan::DIALECT,
    sre24::DIALECT,
    wecomchan::DIALECT,
    wxpusher::DIALECT,
];

/// One service whose clients we answer.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// What it is called, in the log and in its folder of fixtures.
    pub name: &'static str,
    /// What is spoken, in one line.
    pub doc: &'static str,
    /// The path below which it is served, and which takes the place of the service's own address.
    /// Empty: `paths` are served at the root.
    pub base: &'static str,
    /// The paths that it is served at if it has no base.
    pub paths: &'static [&'static str],
    /// How long a call waits for what the service behind says, because its clients expect a no of
    /// that service in the answer. Zero: it is answered once the message is on the disk.
    pub patience: Duration,
    /// Whether its clients ask for a message by a number, which is remembered for them.
    pub numbers: bool,
    /// What a call wants.
    pub read: fn(&Call) -> Reading,
    /// What the service would have answered.
    pub answer: fn(&Call, &Told<'_>) -> Answer,
    /// What the service would have told the address that a message names for its result.
    pub report: fn(&Fate) -> Value,
}

impl Dialect {
    /// What most have.
    const USUAL: Self = Self {
        name: "",
        doc: "",
        base: "",
        paths: &[],
        patience: Duration::ZERO,
        numbers: false,
        read: |_| Reading::Say(Answer::text(404, "")),
        answer: |_, _| Answer::text(404, ""),
        report: |_| Value::Null,
    };
}

/// The dialect called `name`.
pub fn dialect(name: &str) -> Option<&'static Dialect> {
    DIALECTS.iter().find(|dialect| dialect.name == name)
}
