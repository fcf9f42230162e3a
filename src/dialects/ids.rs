//! Our ids in the writing of other services. What is derived is as hard to guess as the id: it has
//! its 62 random bits, or 52 of them where clients read a number of JavaScript.

use std::time::Duration;

use crate::store::DeliveryId;

/// Where a number of JavaScript ends to be exact.
const EXACT: u64 = (1 << 52) - 1;

/// The letters of ids that are words.
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// 32 hexadecimal digits: pushplus's `shortCode`. [`DeliveryId`] parses them.
pub(super) fn hex(id: DeliveryId) -> String {
    id.to_string().replace('-', "")
}

/// A number from 1, exact in JavaScript, that differs from those of other ids.
pub(super) fn number(id: DeliveryId) -> u64 {
    (random(id) & EXACT) + 1
}

/// Letters and digits, as many as `length`: ntfy's ids have 12.
pub(super) fn word(id: DeliveryId, length: usize) -> String {
    let mut rest = random(id);
    let mut word = String::with_capacity(length);
    for _ in 0..length {
        let at = usize::try_from(rest % 62).unwrap_or_default();
        word.push(char::from(LETTERS[at]));
        rest /= 62;
    }
    word
}

/// Server酱's pair: `pushid`, a number, and `readkey`, without which the number is of no use.
pub(super) fn pair(id: DeliveryId) -> (String, String) {
    (id.time().as_millis().to_string(), format!("SCT{}", &hex(id)[12..]))
}

/// The id of such a pair.
pub(super) fn of_pair(pushid: &str, readkey: &str) -> Option<DeliveryId> {
    let time = DeliveryId::floor(Duration::from_millis(pushid.parse().ok()?));
    let rest = readkey.strip_prefix("SCT").filter(|it| it.len() == 20 && it.is_ascii())?;
    format!("{}{rest}", &hex(time)[..12]).parse().ok()
}

/// The random bits.
fn random(id: DeliveryId) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&id.as_bytes()[8..]);
    u64::from_be_bytes(bytes) & (u64::MAX >> 2)
}

#[cfg(test)]
mod tests {
    use super::hex;
    use super::number;
    use super::of_pair;
    use super::pair;
    use super::word;
    use crate::store::DeliveryId;

    #[test]
    fn an_id_has_a_writing_for_each_service() {
        let id: DeliveryId = "019b76da-a800-7123-8abc-def012345678".parse().unwrap();
        assert_eq!(hex(id), "019b76daa80071238abcdef012345678");
        assert_eq!(hex(id).parse(), Ok(id));
        assert_eq!(number(id), 0xc_def0_1234_5678 + 1);
        assert_eq!(word(id, 12), "0aQPahFj9v00");
        assert_eq!(pair(id), ("1767225600000".to_owned(), "SCT71238abcdef012345678".to_owned()));
        let least = DeliveryId::from_bytes([0; 16]);
        assert_eq!((number(least), word(least, 3)), (1, "000".to_owned()));
    }

    #[test]
    fn a_pair_leads_back_and_anything_else_does_not() {
        let id: DeliveryId = "019b76da-a800-7123-8abc-def012345678".parse().unwrap();
        let (pushid, readkey) = pair(id);
        assert_eq!(of_pair(&pushid, &readkey), Some(id));
        for (pushid, readkey) in [
            ("", readkey.as_str()),
            ("x", &readkey),
            (&pushid, ""),
            (&pushid, "SCTabc"),
            (&pushid, "SCT磁盘磁盘磁盘磁盘"),
        ] {
            assert_eq!(of_pair(pushid, readkey), None, "{pushid} {readkey}");
        }
    }
}
