//! The query of a callback: what may decide about trust, each at most once.

use std::borrow::Cow;

/// Why a query is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The same parameter twice: two readers could take different ones.
    #[error("`{0}` is there more than once")]
    Duplicate(&'static str),
    /// A percent sign without two hexadecimal digits, or not UTF-8 once decoded.
    #[error("`{0}` is not valid percent-encoding")]
    Encoding(&'static str),
    /// Absent or empty.
    #[error("`{0}` is missing")]
    Missing(&'static str),
}

/// The parameters WeChat sends; others (of the owner's URL, or new ones) are passed over.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Query<'q> {
    signature: Cow<'q, str>,
    msg_signature: Cow<'q, str>,
    timestamp: Cow<'q, str>,
    nonce: Cow<'q, str>,
    echostr: Cow<'q, str>,
    encrypt_type: Cow<'q, str>,
}

impl<'q> Query<'q> {
    /// Reads what stands behind the `?`. A `+` stays a `+`: the only values that can have one are
    /// base64, where it means itself.
    ///
    /// # Errors
    ///
    /// [`QueryError::Duplicate`] and [`QueryError::Encoding`], for the six parameters only.
    pub fn parse(text: &'q str) -> Result<Self, QueryError> {
        let mut query = Self::default();
        let mut seen = [false; 6];
        // Nearly no query of WeChat's has one, so one look saves a look into each part.
        let is_encoded = text.contains('%');
        let decode = |part| if is_encoded { decode(part) } else { Some(Cow::Borrowed(part)) };
        for (name, value) in pairs(text) {
            let decoded_name = decode(name);
            let slot = match decoded_name.as_deref() {
                Some("signature") => (0, "signature", &mut query.signature),
                Some("msg_signature") => (1, "msg_signature", &mut query.msg_signature),
                Some("timestamp") => (2, "timestamp", &mut query.timestamp),
                Some("nonce") => (3, "nonce", &mut query.nonce),
                Some("echostr") => (4, "echostr", &mut query.echostr),
                Some("encrypt_type") => (5, "encrypt_type", &mut query.encrypt_type),
                _ => continue,
            };
            let (index, name, place) = slot;
            if std::mem::replace(&mut seen[index], true) {
                return Err(QueryError::Duplicate(name));
            }
            *place = decode(value).ok_or(QueryError::Encoding(name))?;
        }
        Ok(query)
    }

    /// `signature`: over token, timestamp and nonce.
    ///
    /// # Errors
    ///
    /// [`QueryError::Missing`], as for all that follow.
    pub fn signature(&self) -> Result<&str, QueryError> {
        present("signature", &self.signature)
    }

    /// `msg_signature`: over those and the ciphertext.
    ///
    /// # Errors
    ///
    /// [`QueryError::Missing`].
    pub fn msg_signature(&self) -> Result<&str, QueryError> {
        present("msg_signature", &self.msg_signature)
    }

    /// `timestamp`, as it was sent.
    ///
    /// # Errors
    ///
    /// [`QueryError::Missing`].
    pub fn timestamp(&self) -> Result<&str, QueryError> {
        present("timestamp", &self.timestamp)
    }

    /// `nonce`, as it was sent.
    ///
    /// # Errors
    ///
    /// [`QueryError::Missing`].
    pub fn nonce(&self) -> Result<&str, QueryError> {
        present("nonce", &self.nonce)
    }

    /// `echostr`, which the URL check wants back.
    ///
    /// # Errors
    ///
    /// [`QueryError::Missing`].
    pub fn echostr(&self) -> Result<&str, QueryError> {
        present("echostr", &self.echostr)
    }

    /// `encrypt_type`: `aes` for a sealed body, `raw` or nothing for a plain one. Told by the
    /// request, so it decides nothing; it only makes a mistaken mode easier to explain.
    pub fn encrypt_type(&self) -> &str {
        &self.encrypt_type
    }
}

fn present<'v>(name: &'static str, value: &'v str) -> Result<&'v str, QueryError> {
    match value {
        "" => Err(QueryError::Missing(name)),
        value => Ok(value),
    }
}

/// `a=1&b` as (`a`, `1`), (`b`, ``).
fn pairs(mut text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut is_over = false;
    std::iter::from_fn(move || {
        if is_over {
            return None;
        }
        let (pair, rest) = cut(text, b'&').unwrap_or_else(|| {
            is_over = true;
            (text, "")
        });
        text = rest;
        Some(cut(pair, b'=').unwrap_or((pair, "")))
    })
}

/// `text` before and behind the first `byte`, which is an ASCII one. As `split_once`, which is
/// slow on texts this short.
fn cut(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|it| it == byte)?;
    Some((&text[..at], &text[at + 1..]))
}

/// Undoes percent-encoding; borrows where there is none.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let mut byte = *first;
        if byte == b'%' {
            let [high, low, tail @ ..] = rest else { return None };
            byte = (digit(*high)? << 4) | digit(*low)?;
            rest = tail;
        }
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn digit(letter: u8) -> Option<u8> {
    let value = char::from(letter).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::Query;
    use super::QueryError;

    #[test]
    fn parameters_come_in_any_order_beside_foreign_ones() {
        let query = Query::parse("nonce=2&openid=o1&a&timestamp=1&signature=ab").unwrap();
        assert_eq!(query.signature(), Ok("ab"));
        assert_eq!(query.timestamp(), Ok("1"));
        assert_eq!(query.nonce(), Ok("2"));
        assert_eq!(query.msg_signature(), Err(QueryError::Missing("msg_signature")));
    }

    #[test]
    fn a_plus_is_a_plus_however_it_is_written() {
        assert_eq!(Query::parse("echostr=a%2Bb+c%2f%3D").unwrap().echostr(), Ok("a+b+c/="));
    }

    #[test]
    fn a_parameter_given_twice_is_refused_even_if_equal_or_disguised() {
        for text in ["nonce=1&nonce=1", "nonce=&nonce=1", "nonce=1&n%6fnce=2"] {
            assert_eq!(Query::parse(text), Err(QueryError::Duplicate("nonce")), "{text}");
        }
    }

    #[test]
    fn broken_percent_encoding_is_refused_where_it_counts() {
        for text in ["nonce=%", "nonce=%4", "nonce=%zz", "nonce=%ff"] {
            assert_eq!(Query::parse(text), Err(QueryError::Encoding("nonce")), "{text}");
        }
        assert!(Query::parse("other=%zz").is_ok());
    }
}
