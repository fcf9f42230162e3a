//! What clients encode: percent-encoding, base64, encoded words of mail headers.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::GeneralPurpose;
use base64::engine::GeneralPurposeConfig;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Decodes `%XX` once, and `+` as a blank where `plus` says so. What is no such sequence stays as
/// it is: clients send `100%` unescaped.
pub(super) fn percent(text: &str, plus: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (*first, tail) {
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push((high << 4) | low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            (b'+', _) if plus => bytes.push(b' '),
            (byte, _) => bytes.push(byte),
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

/// Decodes base64 of either alphabet, with or without padding, into text.
pub(super) fn base64(text: &str) -> Option<String> {
    let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()?;
    String::from_utf8(bytes).ok()
}

/// Decodes the encoded words of a header; what is none stays. Only UTF-8 and ASCII are read, which
/// is what clients write. Source: RFC 2047, sections 2 and 6.2.
pub(super) fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut after_word = false;
    while let Some(start) = rest.find("=?") {
        let (before, from) = rest.split_at(start);
        let Some((word, length)) = word(from) else {
            out.push_str(before);
            out.push_str("=?");
            rest = &from[2..];
            after_word = false;
            continue;
        };
        // White space between two encoded words is not shown.
        if !(after_word && before.trim().is_empty()) {
            out.push_str(before);
        }
        out.push_str(&word);
        rest = &from[length..];
        after_word = true;
    }
    out.push_str(rest);
    out
}

/// The encoded word that `text` begins with, and its length: `=?charset?B or Q?text?=`.
fn word(text: &str) -> Option<(String, usize)> {
    let mut parts = text[2..].splitn(3, '?');
    let (charset, encoding, tail) = (parts.next()?, parts.next()?, parts.next()?);
    let end = tail.find("?=")?;
    let charset = charset.split('*').next().unwrap_or_default();
    if !["utf-8", "utf8", "us-ascii"].iter().any(|it| charset.eq_ignore_ascii_case(it)) {
        return None;
    }
    let encoded = &tail[..end];
    let decoded = match encoding {
        "B" | "b" => base64(encoded)?,
        "Q" | "q" => {
            percent(&encoded.replace('%', "=25").replace('_', " ").replace('=', "%"), false)
        }
        _ => return None,
    };
    let length = text.len() - tail.len() + end + 2;
    Some((decoded, length))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok())
}

#[cfg(test)]
mod tests {
    use super::base64;
    use super::percent;
    use super::words;

    #[test]
    fn a_percent_sign_that_encodes_nothing_stays() {
        assert_eq!(percent("100%+%E7%A3%81%e7%9b%98%2B%", true), "100% 磁盘+%");
        assert_eq!(percent("a+b%zz%4", false), "a+b%zz%4");
        assert_eq!(percent("%FF", false), "\u{fffd}");
    }

    #[test]
    fn base64_has_two_alphabets_and_may_lack_its_padding() {
        for text in ["QmVhcmVyIHQ/Pg==", "QmVhcmVyIHQ_Pg", "QmVhcmVyIHQ/Pg"] {
            assert_eq!(base64(text).as_deref(), Some("Bearer t?>"), "{text}");
        }
        assert_eq!(base64("***"), None);
    }

    #[test]
    fn encoded_words_are_decoded_and_the_rest_stays() {
        assert_eq!(words("=?UTF-8?B?56OB55uY?= =?utf-8?q?_=E6=BB=A1_50%?= now"), "磁盘 满 50% now");
        assert_eq!(words("a =?utf-8?B?!?= b"), "a =?utf-8?B?!?= b");
        assert_eq!(words("=?GBK?B?tMXFzA==?="), "=?GBK?B?tMXFzA==?=");
        assert_eq!(words("50%=?"), "50%=?");
    }
}
