//! Secrets: parsed once, compared in constant time, never printed.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::GeneralPurpose;
use base64::engine::GeneralPurposeConfig;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;
use zeroize::Zeroizing;

use super::limits;

/// WeChat makes the 43 characters of a key at random, so the two spare bits of the last are often
/// set; a strict decoder refuses three keys of four.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a secret cannot be used. Does not carry the secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// Anybody could sign with it.
    #[error("the token is empty")]
    EmptyToken,
    /// The console takes 3 to 32 letters or digits.
    #[error("the token has {0} characters; WeChat takes 3 to 32 letters or digits")]
    TokenLength(usize),
    /// A character the console does not take.
    #[error("the token has a character that is neither a letter nor a digit, at {0}")]
    TokenCharacter(usize),
    /// Not the 43 characters shown in the console.
    #[error("the EncodingAESKey has {0} characters instead of 43")]
    KeyLength(usize),
    /// A character outside of base64.
    #[error("the EncodingAESKey has a character that is not base64")]
    KeyNotBase64,
}

/// What both sides know and nobody else: the Token typed into the console.
#[derive(Clone, Eq, PartialEq)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// Takes what the console takes: 3 to 32 letters or digits. `-` and `_` are let through too,
    /// since 企业微信 has made such tokens.
    ///
    /// # Errors
    ///
    /// A [`SecretError`] about the token.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let is_foreign = |letter: char| !(letter.is_ascii_alphanumeric() || "-_".contains(letter));
        match text.chars().count() {
            0 => Err(SecretError::EmptyToken),
            length if !limits::TOKEN_CHARS.contains(&length) => {
                Err(SecretError::TokenLength(length))
            }
            _ => match text.find(is_foreign) {
                Some(at) => Err(SecretError::TokenCharacter(at)),
                None => Ok(Self(Zeroizing::new(text.to_owned()))),
            },
        }
    }

    /// Whether `given` is this token; compared in constant time.
    pub fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }

    /// `Bearer …`, as a header carries it where the token is not used to sign.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.expose())
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(hidden)")
    }
}

/// The message key of one account: 32 bytes, typed into the console as 43 base64 characters.
///
/// Source: "Message encryption and decryption", section EncodingAESKey.
#[derive(Clone, Eq, PartialEq)]
pub struct EncodingAesKey([u8; 32]);

impl EncodingAesKey {
    /// Parses the 43 characters shown in the console.
    ///
    /// # Errors
    ///
    /// [`SecretError::KeyLength`] for any other length, [`SecretError::KeyNotBase64`] for a
    /// foreign character.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if text.len() != limits::AES_KEY_CHARS {
            return Err(SecretError::KeyLength(text.chars().count()));
        }
        let bytes = Zeroizing::new(LENIENT.decode(text).map_err(|_| SecretError::KeyNotBase64)?);
        let bytes = bytes.as_slice().try_into().map_err(|_| SecretError::KeyNotBase64)?;
        Ok(Self(bytes))
    }

    pub(super) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for EncodingAesKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("EncodingAesKey(hidden)")
    }
}

impl Drop for EncodingAesKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::EncodingAesKey;
    use super::SecretError;
    use super::Token;

    #[test]
    fn a_key_with_spare_bits_set_is_the_key_without_them() {
        let with = EncodingAesKey::parse("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C");
        let without = EncodingAesKey::parse("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2A");
        assert_eq!(with, without);
        assert!(with.is_ok());
    }

    #[test]
    fn a_key_of_42_or_44_characters_is_refused() {
        let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C=";
        assert_eq!(EncodingAesKey::parse(&key[..42]), Err(SecretError::KeyLength(42)));
        assert_eq!(EncodingAesKey::parse(key), Err(SecretError::KeyLength(44)));
    }

    #[test]
    fn a_key_with_a_foreign_character_is_refused() {
        let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2!";
        assert_eq!(EncodingAesKey::parse(key), Err(SecretError::KeyNotBase64));
    }

    #[test]
    fn a_token_is_3_to_32_letters_or_digits() {
        assert_eq!(Token::parse(""), Err(SecretError::EmptyToken));
        assert_eq!(Token::parse("ab"), Err(SecretError::TokenLength(2)));
        assert_eq!(Token::parse("a b"), Err(SecretError::TokenCharacter(1)));
        assert!(Token::parse("abc").is_ok());
        assert!(Token::parse(&"a".repeat(33)).is_err());
    }

    #[test]
    fn secrets_do_not_print_themselves() {
        let token = Token::parse("QDG6eK").unwrap();
        let key = EncodingAesKey::parse(&"A".repeat(43)).unwrap();
        assert_eq!(format!("{token:?} {key:?}"), "Token(hidden) EncodingAesKey(hidden)");
    }
}
