//! What an `[[account]]` chooses from a list of words.

/// What proves that a callback is WeChat's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// The signature in the query.
    Signature,
    /// The headers that 微信云托管 adds. Only behind that platform.
    CloudRun,
    /// The token in a header: a cloud function of the owner's hands on what it is given.
    CloudFunction,
}

impl Source {
    /// Each source with its name in the config.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::Signature, "signature"),
        (Self::CloudRun, "cloud-run"),
        (Self::CloudFunction, "cloud-function"),
    ];

    /// Its name in the config.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(source, _)| *source == self).map_or("", |(_, name)| name)
    }
}

/// How the access_token of a 公众号 or 小程序 is fetched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenApi {
    /// `stable_token`: the same one for everybody who asks.
    Stable,
    /// `token`: each call makes a new one and ends the one before. For accounts whose token is
    /// fetched so by others as well, who then have to share the store.
    Classic,
}

impl TokenApi {
    /// Each with its name in the config.
    pub const ALL: [(Self, &'static str); 2] =
        [(Self::Stable, "stable"), (Self::Classic, "classic")];
}

/// What may happen to an answer that is not ready in time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Late {
    /// A robot of 企业微信 says that more will come, and the platform asks for it until it is there.
    Stream,
    /// WeChat is kept waiting until it hangs up, and its retry gets the answer.
    Retry,
    /// Sent as a customer-service or application message, where [`super::account::Account::may_push`].
    Push,
    /// Kept, and given to the user's next message.
    Hold,
}

impl Late {
    /// Each with its name in the config.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Stream, "stream"),
        (Self::Retry, "retry"),
        (Self::Push, "push"),
        (Self::Hold, "hold"),
    ];
}

/// What becomes of a reply text that is too long for one message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LongText {
    /// Its first part is the reply, the rest is held.
    Split,
    /// It is refused, and the handler has failed.
    Refuse,
}

impl LongText {
    /// Each with its name in the config.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Split, "split"), (Self::Refuse, "refuse")];
}
