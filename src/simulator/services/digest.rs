//! Digests as services write them.

use std::fmt::Write as _;

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::BlockModeEncrypt as _;
use cbc::cipher::KeyIvInit as _;
use cbc::cipher::block_padding::Pkcs7;
use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use sha2::Digest as _;
use sha2::Sha256;

/// SHA-256 in small hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// HMAC-SHA256.
pub(super) fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key);
    let mut mac = mac.expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// What sealing starts from.
pub(super) fn iv(number: u64) -> [u8; 16] {
    let mut iv = [7; 16];
    iv[..8].copy_from_slice(&number.to_be_bytes());
    iv
}

/// AES-256-CBC with the SHA-256 of `key`, and what it started from in front.
pub(super) fn seal(key: &str, iv: [u8; 16], plain: &[u8]) -> Vec<u8> {
    let key: [u8; 32] = Sha256::digest(key).into();
    let encryptor = cbc::Encryptor::<Aes256>::new(&key.into(), &iv.into());
    let room = plain.len() + 16;
    let mut sealed = plain.to_vec();
    sealed.resize(room, 0);
    let sealed = encryptor.encrypt_padded::<Pkcs7>(&mut sealed, plain.len());
    let sealed = sealed.expect("there is room for a block more");
    [&iv, sealed].concat()
}

/// In base64.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// In small hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
