//! The signature of a callback: SHA-1 over its parts, sorted byte by byte, in lower-case hex.
//!
//! Source: "Access guide", step 2; WeCom "Callback configuration", msg_signature.

use sha1::Digest as _;
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

use super::secret::Token;

/// 40 hexadecimal digits.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Signature([u8; 40]);

impl Signature {
    /// The digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Compares in constant time. Upper-case digits are another signature: WeChat sends none.
    pub fn is(&self, other: &str) -> bool {
        self.0.as_slice().ct_eq(other.as_bytes()).into()
    }
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Signature(hidden)")
    }
}

/// Signs an unsealed callback, or the URL check of a 公众号 or 小程序.
pub fn sign(token: &Token, timestamp: &str, nonce: &str) -> Signature {
    digest([token.expose(), timestamp, nonce])
}

/// Signs what is sealed: `encrypt` is the base64 text as it travels, or 企业微信's `echostr`.
pub fn sign_sealed(token: &Token, timestamp: &str, nonce: &str, encrypt: &str) -> Signature {
    digest([token.expose(), timestamp, nonce, encrypt])
}

fn digest<const N: usize>(mut parts: [&str; N]) -> Signature {
    parts.sort_unstable();
    let mut sha1 = Sha1::new();
    for part in parts {
        sha1.update(part.as_bytes());
    }
    let mut digits = [0; 40];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(sha1.finalize()) {
        pair[0] = HEX[usize::from(byte >> 4)];
        pair[1] = HEX[usize::from(byte & 0xf)];
    }
    Signature(digits)
}

const HEX: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::sign;
    use super::sign_sealed;
    use crate::wechat::secret::Token;

    /// (token, timestamp, nonce, signature), from the mini-program message-push page.
    const PUBLISHED: &[(&str, &str, &str, &str)] = &[
        ("AAAAA", "1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        ("AAAAA", "1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        ("AAAAA", "1714112445", "415670741", "6c5c811b55cc85e0e1b54100749188c20beb3f5d"),
    ];

    #[test]
    fn the_published_signatures_come_out() {
        for (token, timestamp, nonce, expected) in PUBLISHED {
            let token = Token::parse(token).unwrap();
            assert_eq!(sign(&token, timestamp, nonce).as_str(), *expected);
        }
    }

    #[test]
    fn parts_are_sorted_byte_by_byte() {
        let token = Token::parse("kjr2TKI8umCBfVF3wAHk8JiPwma5VBme").unwrap();
        let echostr = "6KmUQuPVu7UhjyVqRdbo5SfcRqaHvbUlKSHFvBV2ZuR6TIlKsygcfeSd1GDplg1C5KSKr6UPHCaC/nIX3ZNt9w==";
        let signature = sign_sealed(&token, "1583940690", "VHh7ymSeb0jc4lSb", echostr);
        assert_eq!(signature.as_str(), "1ba3cb09c0d2c2b3ed6900d37f91a6efae6cb011");
    }

    #[test]
    fn upper_case_digits_and_other_lengths_are_another_signature() {
        let token = Token::parse("AAAAA").unwrap();
        let signature = sign(&token, "1714036504", "1514711492");
        assert!(signature.is("f464b24fc39322e44b38aa78f5edd27bd1441696"));
        assert!(!signature.is("F464B24FC39322E44B38AA78F5EDD27BD1441696"));
        assert!(!signature.is("f464b24fc39322e44b38aa78f5edd27bd144169"));
        assert!(!signature.is(""));
    }
}
