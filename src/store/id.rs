//! The ids of deliveries: ours, and made before the first write, so that every write may be
//! repeated.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

use crate::entropy::Entropy;

/// A delivery's id: a UUID of version 7, so that ids sort as their deliveries were accepted.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeliveryId([u8; 16]);

impl DeliveryId {
    /// The smallest id of a moment; for "accepted before".
    pub fn floor(time: Duration) -> Self {
        Self::from_parts(millis(time), 0, [0; 8])
    }

    /// The bytes, as they are stored.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// From the bytes that were stored.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// When it was made, in whole milliseconds.
    pub fn time(&self) -> Duration {
        let mut bytes = [0; 8];
        bytes[2..].copy_from_slice(&self.0[..6]);
        Duration::from_millis(u64::from_be_bytes(bytes))
    }

    /// 48 bits of time, 12 bits of count, 62 random bits, and version and variant between them.
    fn from_parts(millis: u64, count: u16, random: [u8; 8]) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[6..8].copy_from_slice(&(0x7000 | count).to_be_bytes());
        bytes[8..].copy_from_slice(&random);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        Self(bytes)
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                out.write_char('-')?;
            }
            write!(out, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for DeliveryId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// What is no delivery id.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a delivery id looks like `019b76da-a800-7000-8000-000000000000`")]
pub struct IdError;

impl FromStr for DeliveryId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let digits: Vec<u8> = text.bytes().filter(|it| *it != b'-').collect();
        if digits.len() != 32 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(IdError);
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| IdError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| IdError)?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for DeliveryId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<DeliveryId> for String {
    fn from(id: DeliveryId) -> Self {
        id.to_string()
    }
}

/// Makes ids that rise, however many are made in one millisecond and wherever the clock jumps.
pub struct Ids {
    entropy: Arc<dyn Entropy>,
    /// The millisecond and count of the last id.
    last: Mutex<(u64, u16)>,
}

impl Ids {
    /// Ids whose random part is taken from `entropy`.
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy, last: Mutex::default() }
    }

    /// The next id.
    pub fn next(&self, now: Duration) -> DeliveryId {
        let mut random = [0; 8];
        self.entropy.fill(&mut random);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (time, count) = *last;
        *last = match (millis(now) > time, count) {
            (true, _) => (millis(now), 0),
            (false, 0xfff) => (time + 1, 0),
            (false, count) => (time, count + 1),
        };
        DeliveryId::from_parts(last.0, last.1, random)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::DeliveryId;
    use super::Ids;
    use crate::entropy::SeededEntropy;

    #[test]
    fn ids_rise_within_one_millisecond_and_when_the_clock_goes_back() {
        let ids = Ids::new(Arc::new(SeededEntropy::new(1)));
        let mut last = ids.next(Duration::from_secs(1_000));
        for _ in 0..10_000 {
            let next = ids.next(Duration::from_secs(999));
            assert!(next > last, "{last} then {next}");
            last = next;
        }
    }

    #[test]
    fn an_id_is_a_uuid_of_version_7_and_reads_back() {
        let id = Ids::new(Arc::new(SeededEntropy::new(1))).next(Duration::from_hours(490_896));
        let text = id.to_string();
        assert_eq!(&text[..15], "019b76da-a800-7");
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(id.time(), Duration::from_hours(490_896));
        assert!("019b76da-a800".parse::<DeliveryId>().is_err());
        assert!("019b76da-a800-7000-8000-00000000000g".parse::<DeliveryId>().is_err());
    }
}
