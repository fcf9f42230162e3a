//! Randomness, handed in, so that a test sees the same bytes each time.

use std::sync::Mutex;
use std::sync::PoisonError;

use rand::Rng as _;
use rand::SeedableRng as _;
use rand::rngs::SmallRng;

/// The letters and digits that platform secrets and nonces are made of.
const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What gives random bytes.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);

    /// `length` letters and digits, as WeChat wants them in a Token or an `EncodingAESKey`.
    fn alphanumeric(&self, length: usize) -> String {
        let mut text = String::with_capacity(length);
        let mut bytes = [0_u8; 64];
        while text.len() < length {
            self.fill(&mut bytes);
            // 248 is the largest multiple of 62 in a byte: beyond it some letters would be likelier.
            let fair = bytes.iter().filter(|byte| **byte < 248);
            let letters = fair.map(|byte| char::from(ALPHANUMERIC[usize::from(byte % 62)]));
            text.extend(letters.take(length - text.len()));
        }
        text
    }

    /// A nonce as WeChat sends it: a decimal number.
    fn nonce(&self) -> u32 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    /// The 16 bytes in front of a sealed message. Letters and digits, because some receivers of
    /// our answers read them as text.
    fn prefix(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        bytes.map(|byte| ALPHANUMERIC[usize::from(byte) % 62])
    }
}

/// The operating system's randomness, through a generator in user space.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that takes the global generator")]
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// The same bytes for the same seed; for tests and for reproducible load.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<SmallRng>);

impl SeededEntropy {
    /// Starts at `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(SmallRng::seed_from_u64(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::Entropy as _;
    use super::SeededEntropy;
    use super::SystemEntropy;

    #[test]
    fn a_generated_aes_key_has_43_letters_or_digits() {
        let key = SystemEntropy.alphanumeric(43);
        assert_eq!(key.len(), 43);
        assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        assert_eq!(SeededEntropy::new(7).prefix(), SeededEntropy::new(7).prefix());
        assert_ne!(SeededEntropy::new(7).prefix(), SeededEntropy::new(8).prefix());
    }
}
