//! An account at run time: opens callbacks, seals answers.

use std::sync::Arc;
use std::time::Duration;

use crate::code;
use crate::code::Code;
use crate::config::account::Source;
use crate::config::secret::Secret;
use crate::entropy::Entropy;
use crate::metrics::AccountMetrics;
use crate::wechat::Mode;
use crate::wechat::Platform;
use crate::wechat::callback::Agreement;
use crate::wechat::callback::CallbackError;
use crate::wechat::callback::Envelope;
use crate::wechat::callback::Received;
use crate::wechat::envelope::EnvelopeError;
use crate::wechat::id::AppId;
use crate::wechat::inbound::Inbound;
use crate::wechat::query::QueryError;
use crate::wechat::reply;
use crate::wechat::reply::Reply;

/// How an account answers what takes longer than one delivery lasts.
#[derive(Clone, Debug)]
pub struct Patience {
    /// Leave the request open until WeChat hangs up, and answer its retry.
    pub retries: bool,
    /// What becomes of an answer that no delivery carries: the first of these that it allows.
    pub ways: Vec<Way>,
    /// What is said on the last delivery if the answer will be held.
    pub holding_text: String,
    /// How long the last delivery waits for the answer.
    pub reply_within: Duration,
}

/// What may become of a late answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Way {
    /// A robot's answer: its beginning is said at once, and the platform asks how it goes on.
    Stream,
    /// It is sent through this channel.
    Push(String),
    /// It is kept for the user's next message.
    Hold,
}

/// One account, served at `/callback/NAME`.
#[derive(Debug)]
pub struct Account {
    /// Its name in the config.
    pub name: Arc<str>,
    /// What WeChat calls it; empty for a 企业微信 robot.
    pub app_id: Arc<str>,
    /// What it agreed on with WeChat.
    pub agreement: Agreement,
    /// What proves that a callback is WeChat's.
    pub source: Source,
    /// It is a channel of another service: its messages come to its hook and not to a callback,
    /// and its answers go out through itself.
    pub is_channel: bool,
    /// It may write to its users, so it must be known who of them allows that.
    pub may_push: bool,
    /// How late answers are given.
    pub patience: Patience,
    /// A text too long for one reply is split, the rest going to the user's next messages;
    /// otherwise it is refused.
    pub splits_texts: bool,
    /// What is said when a handler fails.
    pub apology: Option<String>,
    /// Its counters.
    pub metrics: AccountMetrics,
}

/// One POST from WeChat, or from somebody who pretends to be.
#[derive(Clone, Debug, Default)]
pub struct RawCallback {
    /// What stands behind the `?`.
    pub query: String,
    /// The body, within the server's limit.
    pub body: Vec<u8>,
    /// It has a `x-wx-source` or `x-wx-sources` header.
    pub has_source: bool,
    /// Its `Authorization` header.
    pub authorization: Option<Secret>,
    /// The AppID that stands in the path behind the account: whose message it is, where the account
    /// is an open platform that serves others.
    pub served: Option<AppId>,
    /// The headers that a capture has; empty where none is made.
    pub headers: Vec<(String, String)>,
}

impl Account {
    /// The channel called `name` as an account: what people write to its service is worked on like
    /// what they write in WeChat, and handlers see the platform of a 公众号. It opens no callback,
    /// having neither token nor key.
    pub fn of_channel(name: &str, reply_within: Duration, metrics: AccountMetrics) -> Self {
        let agreement = Agreement {
            platform: Platform::OfficialAccount,
            mode: Mode::Safe,
            token: None,
            ciphers: Vec::new(),
            receive_id: AppId::parse("").expect("an empty id has no blanks"),
            max_age: Duration::ZERO,
        };
        let patience = Patience {
            retries: false,
            ways: vec![Way::Push(name.to_owned())],
            holding_text: String::new(),
            reply_within,
        };
        Self {
            name: name.into(),
            app_id: "".into(),
            agreement,
            source: Source::Signature,
            is_channel: true,
            may_push: false,
            patience,
            splits_texts: false,
            apology: None,
            metrics,
        }
    }

    /// The kind of account.
    pub fn platform(&self) -> Platform {
        self.agreement.platform
    }

    /// Verifies, decrypts and reads a callback; `now` in Unix seconds.
    ///
    /// # Errors
    ///
    /// [`CallbackError`] says why it is refused.
    pub fn open(&self, callback: RawCallback, now: i64) -> Result<Received, CallbackError> {
        match self.source {
            Source::Signature => self.agreement.open(&callback.query, callback.body, now),
            Source::CloudRun => {
                let received = Agreement::open_unsigned(callback.body)?;
                // The path check of Cloud Run may come without the header; it begins nothing.
                let is_probe = received.inbound.kind() == "probe";
                match callback.has_source || is_probe {
                    true => Ok(received),
                    false => Err(CallbackError::NoSource),
                }
            }
            Source::CloudFunction => match self.is_from_function(&callback) {
                true => Agreement::open_unsigned(callback.body),
                false => Err(CallbackError::SignatureMismatch),
            },
        }
    }

    /// `Authorization: Bearer TOKEN`; compared in constant time.
    fn is_from_function(&self, callback: &RawCallback) -> bool {
        let given = callback.authorization.as_ref().map(Secret::expose).unwrap_or_default();
        let given = given.strip_prefix("Bearer ").unwrap_or_default();
        self.agreement.token.as_ref().is_some_and(|token| token.is(given))
    }

    /// Writes the answer to `inbound`: in the format it came in, sealed if it was sealed.
    pub fn answer(
        &self,
        reply: &Reply,
        inbound: &Inbound,
        envelope: Option<Envelope>,
        now: i64,
        entropy: &dyn Entropy,
    ) -> String {
        let platform = self.platform();
        let message = reply.write(inbound, platform, now);
        let envelope = envelope.filter(|_| *reply != Reply::Success);
        let Some(Envelope { format, key }) = envelope else { return message };
        let (nonce, random) = (entropy.nonce().to_string(), entropy.prefix());
        let sealed = self.agreement.seal(key, &message, &now.to_string(), &nonce, &random);
        // What came sealed was opened with a key, so there is one to seal with.
        let Some((encrypt, signature)) = sealed else { return "success".to_owned() };
        reply::write_envelope(format, platform, &encrypt, signature.as_str(), now, &nonce)
    }
}

/// The code of a refused callback.
pub fn code_of(error: &CallbackError) -> Code {
    match error {
        CallbackError::Query(QueryError::Missing("signature" | "msg_signature"))
        | CallbackError::SignatureMismatch => code::CALLBACK_SIGNATURE,
        CallbackError::Query(_) | CallbackError::Timestamp => code::CALLBACK_PARAMETER,
        CallbackError::Stale { .. } => code::CALLBACK_STALE,
        CallbackError::NotSealed { .. } | CallbackError::Sealed | CallbackError::Compatible => {
            code::CALLBACK_MODE
        }
        CallbackError::Envelope(EnvelopeError::WrongReceiver { .. }) => code::CALLBACK_RECEIVER,
        CallbackError::Envelope(_) => code::CALLBACK_ENVELOPE,
        CallbackError::NoSource => code::CALLBACK_SOURCE,
        _ => code::CALLBACK_UNREADABLE,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Account;
    use super::RawCallback;
    use crate::metrics::AccountMetrics;
    use crate::wechat::callback::CallbackError;

    #[test]
    fn a_channel_opens_no_callback() {
        let metrics = AccountMetrics::default();
        let channel = Account::of_channel("phone", Duration::from_secs(4), metrics);
        let body = "<xml><Encrypt>AAAA</Encrypt></xml>";
        for query in ["", "timestamp=1&nonce=2&signature=", "timestamp=1&nonce=2&msg_signature="] {
            let query = query.to_owned();
            let callback = RawCallback { query, body: body.into(), ..RawCallback::default() };
            let refused = channel.open(callback, 1).unwrap_err();
            let expected =
                matches!(refused, CallbackError::Query(_) | CallbackError::SignatureMismatch);
            assert!(expected, "{refused}");
        }
    }
}
