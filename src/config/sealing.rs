//! What the store's secrets are sealed with.

use std::fmt;

use zeroize::Zeroizing;

use super::secret::Noted;
use super::secret::Origin;
use super::table::Table;

/// How many digits a key has.
const DIGITS: usize = 64;

/// A key of 256 bits. Wiped when dropped, never printed.
#[derive(Clone, Eq, PartialEq)]
pub struct SealingKey(Zeroizing<[u8; 32]>);

impl SealingKey {
    /// Takes the bytes of a key.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads 64 hexadecimal digits. None for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != DIGITS || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
            return None;
        }
        let mut key = Zeroizing::new([0; 32]);
        for (byte, at) in key.iter_mut().zip((0..DIGITS).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        Some(Self(key))
    }

    /// The bytes, for the one place that seals with them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// As [`SealingKey::parse`] reads it.
    pub fn to_hex(&self) -> Zeroizing<String> {
        let digits = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digits = digits.map(|it| char::from_digit(it.into(), 16).expect("below 16"));
        Zeroizing::new(digits.collect())
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SealingKey(hidden)")
    }
}

/// The keys that the owner gave.
#[derive(Clone, Debug, Default)]
pub struct SealingKeys {
    /// Seals. None: the one in the file beside the store.
    pub key: Option<SealingKey>,
    /// Still opens, while a key is being changed.
    pub previous: Option<SealingKey>,
}

impl SealingKeys {
    /// Reads `key` and `previous_key`.
    pub(super) fn read(table: &Table<'_>, origin: Origin<'_>) -> Option<Self> {
        let (key, previous) = (read(table, origin, "key"), read(table, origin, "previous_key"));
        Some(Self { key: key.ok()?, previous: previous.ok()? })
    }
}

fn read(table: &Table<'_>, origin: Origin<'_>, key: &str) -> Result<Option<SealingKey>, Noted> {
    let Some(text) = origin.secret(table, key)? else {
        return Ok(None);
    };
    SealingKey::parse(text.expose()).map(Some).ok_or_else(|| {
        let advice = "write 64 hexadecimal digits, as `openssl rand -hex 32` prints them";
        table.value_fault(key, format!("`{key}` is no key"), Some(advice.to_owned()));
        Noted
    })
}

#[cfg(test)]
mod tests {
    use super::SealingKey;

    const DIGITS: &str = "00ff10203a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d401";

    #[test]
    fn a_key_is_64_hexadecimal_digits() {
        let key = SealingKey::parse(DIGITS).unwrap();
        assert_eq!(key.expose()[..4], [0, 0xff, 0x10, 0x20]);
        assert_eq!(key.expose()[31], 1);
        assert_eq!(*key.to_hex(), DIGITS);
        assert_eq!(SealingKey::parse(&DIGITS.to_uppercase()).unwrap(), key);
        let odd = format!("+{}", &DIGITS[1..]);
        for text in ["", &DIGITS[1..], &format!("{DIGITS}0"), &odd, &"𝄞".repeat(16)] {
            assert!(SealingKey::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_key_does_not_print_itself() {
        let key = SealingKey::parse(DIGITS).unwrap();
        assert_eq!(format!("{key:?}"), "SealingKey(hidden)");
    }
}
