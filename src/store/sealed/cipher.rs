//! One value, sealed and opened.
//!
//! A sealed value is a mark of four bytes, 24 bytes of nonce, and what XChaCha20-Poly1305 gives
//! (draft-irtf-cfrg-xchacha-03, section 2), its tag last. The name of the row goes in as associated
//! data, so a value that was moved to another row does not open.

use chacha20poly1305::KeyInit as _;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::XNonce;
use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::aead::Payload;

use crate::config::sealing::SealingKey;

/// How many bytes a nonce has: enough that random ones never meet.
pub(super) const NONCE: usize = 24;

/// What a sealed value begins with; its last byte is the one way of sealing so far. No value of a
/// module begins so: they are JSON, text, or an id, and an id's first byte is of its time.
const MARK: [u8; 4] = *b"\0yz\x01";

/// Whether `value` is a sealed one, by whatever key.
pub(super) fn is_sealed(value: &[u8]) -> bool {
    value.starts_with(&MARK)
}

/// Seals `value` for the row `name`. No two calls with one key may share a nonce.
pub(super) fn seal(key: &SealingKey, nonce: [u8; NONCE], name: &[u8], value: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: value, aad: name };
    let nonce = XNonce::from(nonce);
    let sealed = XChaCha20Poly1305::new(key.expose().into()).encrypt(&nonce, payload);
    let sealed = sealed.expect("a value is shorter than 256 GiB");
    let mut out = Vec::with_capacity(MARK.len() + NONCE + sealed.len());
    out.extend_from_slice(&MARK);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    out
}

/// What was sealed for the row `name` with this key. None for anything else.
pub(super) fn open(key: &SealingKey, name: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let rest = sealed.strip_prefix(&MARK)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
    let payload = Payload { msg: sealed, aad: name };
    let cipher = XChaCha20Poly1305::new(key.expose().into());
    cipher.decrypt(&XNonce::from(*nonce), payload).ok()
}

#[cfg(test)]
mod tests {
    use super::open;
    use super::seal;
    use crate::config::sealing::SealingKey;

    /// Source: draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    const KEY: &str = "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f";
    const NONCE: &str = "404142434445464748494a4b4c4d4e4f5051525354555657";
    const PLAIN: &str = "Ladies and Gentlemen of the class of '99: If I could offer you only one \
                         tip for the future, sunscreen would be it.";
    const SEALED: &str = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb\
                          731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452\
                          2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
                          21f9664c97637da9768812f615c68b13b52e";
    const TAG: &str = "c0875924c1c7987947deafd8780acf49";

    fn key(hex: &str) -> SealingKey {
        SealingKey::parse(hex).unwrap()
    }

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn the_published_vector_stands_behind_mark_and_nonce() {
        let (nonce, name) = (bytes(NONCE).try_into().unwrap(), bytes("50515253c0c1c2c3c4c5c6c7"));
        let sealed = seal(&key(KEY), nonce, &name, PLAIN.as_bytes());
        assert_eq!(sealed, bytes(&format!("00797a01{NONCE}{SEALED}{TAG}")));
        assert_eq!(open(&key(KEY), &name, &sealed).unwrap(), PLAIN.as_bytes());
    }

    #[test]
    fn nothing_else_opens() {
        let sealed = seal(&key(KEY), [7; 24], b"token/shop", b"secret");
        assert_eq!(open(&key(KEY), b"token/shop", &sealed).unwrap(), b"secret");
        assert_eq!(open(&key(KEY), b"token/other", &sealed), None);
        assert_eq!(open(&key(&KEY.replace("80", "81")), b"token/shop", &sealed), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(open(&key(KEY), b"token/shop", &changed), None, "byte {at}");
            assert_eq!(open(&key(KEY), b"token/shop", &sealed[..at]), None, "cut at {at}");
        }
    }
}
