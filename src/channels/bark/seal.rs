//! Bark's own encryption: what a notification says is sealed on its way through Bark's server and
//! Apple's, and opened by the app.

use aes::Aes128;
use aes::Aes192;
use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Encryptor;
use cbc::cipher::BlockModeEncrypt;
use cbc::cipher::KeyIvInit;
use cbc::cipher::block_padding::Pkcs7;
use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use sha2::Sha256;

use crate::channels::common::hex;
use crate::config::secret::Secret;

/// Bytes in a block of AES, and characters in what the app calls Iv.
const BLOCK: usize = 16;

/// The key that the app was given: 16, 24 or 32 ASCII characters, for AES-128, AES-192 or AES-256.
pub(super) struct Key(Secret);

impl Key {
    /// None: it has another length.
    pub(super) fn parse(key: Secret) -> Option<Self> {
        matches!(key.expose().len(), 16 | 24 | 32).then_some(Self(key))
    }

    /// It, to be kept out of what is shown.
    pub(super) fn secret(&self) -> &Secret {
        &self.0
    }

    /// An Iv for `plain` that nobody without the key foresees, and the same when the same is sent
    /// again.
    pub(super) fn iv(&self, plain: &[u8]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes());
        let mut mac = mac.expect("HMAC takes keys of any length");
        mac.update(plain);
        hex(&mac.finalize().into_bytes()[..BLOCK / 2])
    }

    /// `plain` by AES-CBC with PKCS #7, as base64. `iv` has 16 bytes.
    ///
    /// Source: Bark, "push encryption".
    pub(super) fn seal(&self, plain: &[u8], iv: &str) -> String {
        let (key, iv) = (self.0.expose().as_bytes(), iv.as_bytes());
        match key.len() {
            16 => encrypt::<Encryptor<Aes128>>(key, iv, plain),
            24 => encrypt::<Encryptor<Aes192>>(key, iv, plain),
            _ => encrypt::<Encryptor<Aes256>>(key, iv, plain),
        }
    }
}

fn encrypt<C: KeyIvInit + BlockModeEncrypt>(key: &[u8], iv: &[u8], plain: &[u8]) -> String {
    let cipher = C::new_from_slices(key, iv).expect("key and Iv have the lengths of the cipher");
    let mut bytes = plain.to_vec();
    bytes.resize(plain.len() + BLOCK, 0);
    let sealed = cipher.encrypt_padded::<Pkcs7>(&mut bytes, plain.len());
    STANDARD.encode(sealed.expect("there is a block's room for the padding"))
}

#[cfg(test)]
mod tests {
    use super::Key;
    use crate::config::secret::Secret;

    #[test]
    fn a_message_is_sealed_as_bark_documents_it() {
        let key = Key::parse(Secret::new("1234567890123456")).unwrap();
        let plain = br#"{"body": "test", "sound": "birdsong"}"#;
        let sealed = "d3QhjQjP5majvNt5CjsvFWwqqj2gKl96RFj5OO+u6ynTt7lkyigDYNA3abnnCLpr";
        assert_eq!(key.seal(plain, "1111111111111111"), sealed);
        let sealed = "+aPt5cwN9GbTLLSFri60l3h1X00u/9j1FENfWiTxhNHVLGU+XoJ15JJG5W/d/yf0";
        assert_eq!(key.seal(plain, "1234567890123456"), sealed);
    }

    #[test]
    fn the_length_of_the_key_chooses_the_cipher_and_others_are_none() {
        for (length, is_key) in [(15, false), (16, true), (24, true), (32, true), (33, false)] {
            let key = Key::parse(Secret::new("k".repeat(length)));
            assert_eq!(key.is_some(), is_key, "{length}");
            if let Some(key) = key {
                assert_eq!(key.seal(b"0123456789abcdef", &key.iv(b"x")).len(), 44);
            }
        }
    }
}
