//! Query and body → verified → plaintext, in the three modes. Which checks apply is decided by
//! what the account agreed on with WeChat, never by what a request says about itself.

use std::time::Duration;

use super::Mode;
use super::Platform;
use super::envelope::Cipher;
use super::envelope::EnvelopeError;
use super::envelope::Opened;
use super::id::AppId;
use super::inbound::Inbound;
use super::query::Query;
use super::query::QueryError;
use super::secret::Token;
use super::signature;
use super::wire::Field;
use super::wire::Format;
use super::wire::Kind;
use super::wire::Tree;
use super::wire::WireError;

/// Why a callback was refused. Nothing here carries a secret or a message body.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// A parameter is missing, there twice, or badly encoded.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The sender does not know our token: not WeChat, or the token differs from the console's.
    #[error("the signature does not match")]
    SignatureMismatch,
    /// `timestamp` is not a number.
    #[error("the timestamp is not a number")]
    Timestamp,
    /// Signed long ago: a recording, or clocks that differ.
    #[error("the timestamp is {age_s} s old, this account takes {max_age_s} s")]
    Stale {
        /// How old it is, in seconds.
        age_s: u64,
        /// How old it may be, in seconds.
        max_age_s: u64,
    },
    /// The body has no single `Encrypt` element, and this account takes nothing unsealed.
    #[error("the body is not sealed, this account's mode is `{}`", mode.name())]
    NotSealed {
        /// The account's mode.
        mode: Mode,
    },
    /// The body is sealed and this account has no key.
    #[error("the body is sealed, this account's mode is `plain`")]
    Sealed,
    /// The body has its message in clear beside the sealed part.
    #[error("the body is in compatible mode, this account's mode is `safe`")]
    Compatible,
    /// The sealed part does not open, or is not for us.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The body, or what was sealed in it, is neither XML nor JSON.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The account expects Cloud Run's source header.
    #[error("the request has no `x-wx-source` header")]
    NoSource,
}

/// What one account agreed on with WeChat.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// The kind of account.
    pub platform: Platform,
    /// How bodies travel. 企业微信 is always [`Mode::Safe`].
    pub mode: Mode,
    /// Signs everything; `None` only where Cloud Run's gateway is trusted instead.
    pub token: Option<Token>,
    /// The keys that open: today's, then the one before it.
    pub ciphers: Vec<Cipher>,
    /// The id in our envelopes.
    pub receive_id: AppId,
    /// The oldest timestamp taken; zero for any.
    pub max_age: Duration,
}

/// A callback that was verified and decrypted.
#[derive(Clone, Debug)]
pub struct Received {
    /// What it says.
    pub inbound: Inbound,
    /// How the reply is sealed; `None` for a reply in clear.
    pub envelope: Option<Envelope>,
}

/// How a callback was sealed, and so how its reply is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Envelope {
    /// XML or JSON.
    pub format: Format,
    /// Which of the account's keys opened it. While a key is being changed the platform opens the
    /// reply with the same one. Source: open platform, "Message encryption", changing the key.
    pub key: usize,
}

impl Agreement {
    /// Answers the URL check (GET): the bytes to send back, nothing around them.
    ///
    /// Sources: "Access guide", step 2; 企业微信 "Callback configuration", URL check.
    ///
    /// # Errors
    ///
    /// [`CallbackError`] says why this was not WeChat.
    pub fn check_url(&self, query: &str, now: i64) -> Result<String, CallbackError> {
        let query = Query::parse(query)?;
        let Some(token) = &self.token else { return Err(CallbackError::SignatureMismatch) };
        let echostr = query.echostr()?;
        if !self.platform.is_wecom() {
            verify_plain(&query, token)?;
            self.check_age(&query, now)?;
            return Ok(echostr.to_owned());
        }
        // A proxy in front may have turned the `+` of base64 into a blank.
        let echostr = echostr.replace(' ', "+");
        verify_sealed(&query, token, &echostr)?;
        self.check_age(&query, now)?;
        let (opened, _) = self.unseal(&echostr)?;
        String::from_utf8(opened.message).map_err(|_| EnvelopeError::NotUtf8.into())
    }

    /// Verifies a signed callback (POST), decrypts and reads it.
    ///
    /// # Errors
    ///
    /// [`CallbackError`] says which check failed; later checks were not made.
    pub fn open(&self, query: &str, body: Vec<u8>, now: i64) -> Result<Received, CallbackError> {
        let query = Query::parse(query)?;
        let Some(token) = &self.token else { return Err(CallbackError::SignatureMismatch) };
        if self.mode == Mode::Plain {
            verify_plain(&query, token)?;
            self.check_age(&query, now)?;
            return Self::open_unsigned(body);
        }
        query.msg_signature()?;
        let envelope = Tree::parse(body)?;
        let encrypt = self.sealed_part(&envelope)?;
        verify_sealed(&query, token, encrypt)?;
        self.check_age(&query, now)?;
        let (opened, key) = self.unseal(encrypt)?;
        let inbound = Inbound::parse(opened.message)?;
        Ok(Received { inbound, envelope: Some(Envelope { format: envelope.format(), key }) })
    }

    /// Reads a body that the caller trusts for another reason than a signature.
    ///
    /// # Errors
    ///
    /// [`CallbackError::Sealed`] or [`CallbackError::Wire`].
    pub fn open_unsigned(body: Vec<u8>) -> Result<Received, CallbackError> {
        let inbound = Inbound::parse(body)?;
        match inbound.root().children().any(is_encrypt) {
            true => Err(CallbackError::Sealed),
            false => Ok(Received { inbound, envelope: None }),
        }
    }

    /// Seals a reply with the `key` of its [`Envelope`]: `(Encrypt, MsgSignature)`. `None` where
    /// the account has no such key.
    pub fn seal(
        &self,
        key: usize,
        message: &str,
        timestamp: &str,
        nonce: &str,
        random: &[u8; 16],
    ) -> Option<(String, signature::Signature)> {
        let cipher = self.ciphers.get(key)?;
        let encrypt = cipher.seal(message.as_bytes(), self.receive_id.as_str(), random);
        let signature = signature::sign_sealed(self.token.as_ref()?, timestamp, nonce, &encrypt);
        Some((encrypt, signature))
    }

    /// The one `Encrypt` (`encrypt` in 企业微信's JSON) of an envelope. Everything beside it could
    /// have been written by anybody and is not looked at.
    fn sealed_part<'t>(&self, envelope: &'t Tree) -> Result<&'t str, CallbackError> {
        let not_sealed = CallbackError::NotSealed { mode: self.mode };
        let mut sealed = envelope.root().children().filter(|field| is_encrypt(*field));
        let Some(encrypt) = sealed.next() else { return Err(not_sealed) };
        let is_text = encrypt.kind() == Kind::Text && !encrypt.text().trim_ascii().is_empty();
        if !is_text || sealed.next().is_some() {
            return Err(not_sealed);
        }
        let in_clear = envelope.root().children().any(|field| field.name() == "MsgType");
        match self.mode == Mode::Safe && in_clear {
            true => Err(CallbackError::Compatible),
            false => Ok(encrypt.text().trim_ascii()),
        }
    }

    /// Opens with the key, or with the previous one while it is being changed; says which.
    fn unseal(&self, encrypt: &str) -> Result<(Opened, usize), CallbackError> {
        let mut failure = EnvelopeError::WrongKey;
        for (key, cipher) in self.ciphers.iter().enumerate() {
            match cipher.open(encrypt) {
                Ok(opened) => {
                    opened.check_receiver(&self.receive_id)?;
                    return Ok((opened, key));
                }
                Err(error) => failure = error,
            }
        }
        Err(failure.into())
    }

    fn check_age(&self, query: &Query<'_>, now: i64) -> Result<(), CallbackError> {
        let max_age_s = self.max_age.as_secs();
        if max_age_s == 0 {
            return Ok(());
        }
        let timestamp: i64 = query.timestamp()?.parse().map_err(|_| CallbackError::Timestamp)?;
        let age_s = u64::try_from(now.saturating_sub(timestamp)).unwrap_or(0);
        match age_s > max_age_s {
            true => Err(CallbackError::Stale { age_s, max_age_s }),
            false => Ok(()),
        }
    }
}

fn is_encrypt(field: Field<'_>) -> bool {
    matches!(field.name(), "Encrypt" | "encrypt")
}

fn verify_plain(query: &Query<'_>, token: &Token) -> Result<(), CallbackError> {
    let given = query.signature()?;
    match signature::sign(token, query.timestamp()?, query.nonce()?).is(given) {
        true => Ok(()),
        false => Err(CallbackError::SignatureMismatch),
    }
}

fn verify_sealed(query: &Query<'_>, token: &Token, encrypt: &str) -> Result<(), CallbackError> {
    let given = query.msg_signature()?;
    match signature::sign_sealed(token, query.timestamp()?, query.nonce()?, encrypt).is(given) {
        true => Ok(()),
        false => Err(CallbackError::SignatureMismatch),
    }
}

#[cfg(test)]
mod tests {
    use super::Agreement;
    use super::Envelope;
    use crate::wechat::Mode;
    use crate::wechat::Platform;
    use crate::wechat::envelope::Cipher;
    use crate::wechat::id::AppId;
    use crate::wechat::secret::EncodingAesKey;
    use crate::wechat::secret::Token;
    use crate::wechat::signature::sign_sealed;
    use crate::wechat::wire::Format;

    const TODAY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    const BEFORE: &str = "KhzNNzOBjkcG/0SweC6WkCHEceYlWmvC3uLpGU4tsif";
    const RANDOM: &[u8; 16] = b"0123456789abcdef";

    fn cipher(key: &str) -> Cipher {
        Cipher::new(&EncodingAesKey::parse(key).unwrap())
    }

    #[test]
    fn while_a_key_is_changed_a_reply_is_sealed_with_the_key_that_opened_its_message() {
        let token = Token::parse("QDG6eK").unwrap();
        let agreement = Agreement {
            platform: Platform::OfficialAccount,
            mode: Mode::Safe,
            token: Some(token.clone()),
            ciphers: vec![cipher(TODAY), cipher(BEFORE)],
            receive_id: AppId::parse("wx1").unwrap(),
            max_age: std::time::Duration::ZERO,
        };
        for (number, key) in [TODAY, BEFORE].into_iter().enumerate() {
            let encrypt = cipher(key).seal(b"<xml></xml>", "wx1", RANDOM);
            let signature = sign_sealed(&token, "1", "2", &encrypt);
            let query = format!("msg_signature={}&timestamp=1&nonce=2", signature.as_str());
            let body = format!("<xml><Encrypt>{encrypt}</Encrypt></xml>");
            let received = agreement.open(&query, body.into_bytes(), 0).unwrap();
            assert_eq!(received.envelope, Some(Envelope { format: Format::Xml, key: number }));
            let (sealed, _) = agreement.seal(number, "hi", "1", "2", RANDOM).unwrap();
            assert_eq!(cipher(key).open(&sealed).unwrap().message, b"hi");
        }
    }
}
