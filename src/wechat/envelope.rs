//! The sealed form of a message: AES-256-CBC over 16 random bytes, the length, the message and the
//! receiver's id, padded to 32 bytes, in base64.
//!
//! Source: "Message encryption and decryption", "Technical solution".

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::BlockModeDecrypt as _;
use cbc::cipher::BlockModeEncrypt as _;
use cbc::cipher::InnerIvInit as _;
use cbc::cipher::KeyInit as _;
use cbc::cipher::block_padding::NoPadding;

use super::id::AppId;
use super::limits;
use super::secret::EncodingAesKey;

/// Why an envelope cannot be opened. One reason for all that is wrong inside of it: telling them
/// apart would let a sender probe the padding.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Not base64, or not whole AES blocks. WXBizMsgCrypt -40010.
    #[error("the ciphertext is not base64 of whole blocks")]
    NotCiphertext,
    /// Sealed with another key, cut off, or forged. WXBizMsgCrypt -40007 and -40008.
    #[error("the ciphertext does not open with this key")]
    WrongKey,
    /// It opened, and is meant for somebody else. WXBizMsgCrypt -40005.
    #[error("the envelope is for `{found}`, this account is `{expected}`")]
    WrongReceiver {
        /// Our id.
        expected: AppId,
        /// The id in the envelope; what is not an id is not shown.
        found: AppId,
    },
    /// The message inside is not UTF-8.
    #[error("the sealed message is not UTF-8")]
    NotUtf8,
}

/// What an envelope held.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opened {
    /// The message: XML, JSON, or the plain `echostr`.
    pub message: Vec<u8>,
    /// The 16 bytes in front of it.
    pub random: [u8; 16],
    /// The receiver's id behind it.
    pub receive_id: String,
}

/// One account's key, set up once.
#[derive(Clone)]
pub struct Cipher {
    aes: Aes256,
    iv: [u8; 16],
}

impl Cipher {
    /// Expands the key's schedule.
    pub fn new(key: &EncodingAesKey) -> Self {
        let bytes = key.expose();
        let mut iv = [0; 16];
        iv.copy_from_slice(&bytes[..16]);
        Self { aes: Aes256::new(bytes.into()), iv }
    }

    /// Opens base64 ciphertext whoever it is for. Callers verify the signature before, and check
    /// the receiver after ([`Opened::check_receiver`]).
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::NotCiphertext`] and [`EnvelopeError::WrongKey`].
    pub fn open(&self, encrypt: &str) -> Result<Opened, EnvelopeError> {
        let mut bytes = STANDARD.decode(encrypt).map_err(|_| EnvelopeError::NotCiphertext)?;
        if bytes.is_empty() || bytes.len() % 16 != 0 {
            return Err(EnvelopeError::NotCiphertext);
        }
        let decryptor = cbc::Decryptor::<&Aes256>::inner_iv_init(&self.aes, (&self.iv).into());
        decryptor
            .decrypt_padded::<NoPadding>(&mut bytes)
            .map_err(|_| EnvelopeError::NotCiphertext)?;
        take_apart(bytes).ok_or(EnvelopeError::WrongKey)
    }

    /// Seals `message` for `receive_id`, as base64. `random` must be fresh for every message.
    pub fn seal(&self, message: &[u8], receive_id: &str, random: &[u8; 16]) -> String {
        let used = limits::ENVELOPE_HEADER + message.len() + receive_id.len();
        let padding = limits::PADDING_BLOCK - used % limits::PADDING_BLOCK;
        let mut bytes = Vec::with_capacity(used + padding);
        bytes.extend_from_slice(random);
        // The platform's own limit is far below 4 GiB; a reply is checked against it before.
        bytes.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(message);
        bytes.extend_from_slice(receive_id.as_bytes());
        bytes.resize(used + padding, u8::try_from(padding).unwrap_or_default());
        let encryptor = cbc::Encryptor::<&Aes256>::inner_iv_init(&self.aes, (&self.iv).into());
        let length = bytes.len();
        encryptor
            .encrypt_padded::<NoPadding>(&mut bytes, length)
            .expect("the length was just made a multiple of the block");
        STANDARD.encode(&bytes)
    }
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Cipher(hidden)")
    }
}

impl Opened {
    /// Checks that the envelope was meant for `expected`.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::WrongReceiver`].
    pub fn check_receiver(&self, expected: &AppId) -> Result<(), EnvelopeError> {
        if self.receive_id == expected.as_str() {
            return Ok(());
        }
        let found = AppId::parse(&self.receive_id).unwrap_or_default();
        Err(EnvelopeError::WrongReceiver { expected: expected.clone(), found })
    }
}

/// Splits the decrypted bytes. Every length in them comes from outside and is checked before use.
fn take_apart(mut bytes: Vec<u8>) -> Option<Opened> {
    let padding = usize::from(*bytes.last()?);
    if !(1..=limits::PADDING_BLOCK).contains(&padding) || padding > bytes.len() {
        return None;
    }
    let end = bytes.len() - padding;
    if bytes[end..].iter().any(|byte| usize::from(*byte) != padding) {
        return None;
    }
    bytes.truncate(end);
    let random = bytes.get(..16)?.try_into().ok()?;
    let length = bytes.get(16..limits::ENVELOPE_HEADER)?.try_into().ok()?;
    let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
    let receiver_at = limits::ENVELOPE_HEADER.checked_add(length)?;
    let receive_id = std::str::from_utf8(bytes.get(receiver_at..)?).ok()?.to_owned();
    bytes.truncate(receiver_at);
    bytes.drain(..limits::ENVELOPE_HEADER);
    Some(Opened { message: bytes, random, receive_id })
}
