//! Captures: `.http` files, each one callback as it came. Request line, headers, a blank line, and
//! the body to its last byte. A running station writes them ([`Recorder`]) with everything replaced
//! that is secret or somebody's.

mod disguise;
mod folder;
mod recorder;
mod stand_in;

pub use self::folder::names;
pub use self::recorder::ACCOUNTS_FILE;
pub use self::recorder::Recorder;
pub use self::recorder::Taken;
pub use self::recorder::What;
pub use self::stand_in::has_header;

/// Why a file is no capture.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The head, up to the blank line, is not UTF-8 at this byte.
    #[error("the head is not UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// The first line is not `METHOD /path?query HTTP/1.1`.
    #[error("the first line is no request line such as `POST /callback/shop?nonce=1 HTTP/1.1`")]
    RequestLine,
    /// This line, counted from 1, is not `Name: value`.
    #[error("line {0} is no header such as `Content-Type: text/xml`")]
    Header(usize),
}

/// One captured request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Capture {
    /// `GET` or `POST`.
    pub method: String,
    /// The path as it came, still percent-encoded.
    pub path: String,
    /// What stood behind the `?`; empty for nothing.
    pub query: String,
    /// In the order and the spelling in which they came.
    pub headers: Vec<(String, String)>,
    /// The body to its last byte.
    pub body: Vec<u8>,
}

impl Capture {
    /// Reads a capture. Lines of the head may end in LF or CRLF; a file that ends with its headers
    /// has an empty body.
    ///
    /// # Errors
    ///
    /// [`CaptureError`] says which line is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, CaptureError> {
        let (head, body) = split(bytes);
        let head = std::str::from_utf8(head)
            .map_err(|error| CaptureError::NotUtf8(error.valid_up_to()))?;
        let mut lines = head.lines();
        let line = lines.next().ok_or(CaptureError::RequestLine)?;
        let (method, target) = request_line(line).ok_or(CaptureError::RequestLine)?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = Vec::new();
        for (index, line) in lines.enumerate() {
            let (name, value) = line.split_once(':').ok_or(CaptureError::Header(index + 2))?;
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(CaptureError::Header(index + 2));
            }
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
        Ok(Self { method, path, query, headers, body: body.to_vec() })
    }

    /// Writes it as [`Capture::parse`] reads it, the lines of the head ending in LF.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\n", self.method, self.target());
        for (name, value) in &self.headers {
            out.extend([name, ": ", value, "\n"]);
        }
        out.push('\n');
        let mut out = out.into_bytes();
        out.extend_from_slice(&self.body);
        out
    }

    /// Path and query, as in the request line.
    pub fn target(&self) -> String {
        match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// The first header of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// The head without the blank line behind it, and the body.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut start = 0;
    while let Some(length) = bytes[start..].iter().position(|byte| *byte == b'\n') {
        let next = start + length + 1;
        if matches!(&bytes[start..next], b"\n" | b"\r\n") {
            return (&bytes[..start], &bytes[next..]);
        }
        start = next;
    }
    (bytes, b"")
}

/// Method and target. A target written as a whole URL, as a proxy sees it, is cut to its path.
fn request_line(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_ascii_whitespace();
    let (method, target) = (words.next()?, words.next()?);
    let is_http = words.next().is_none_or(|version| version.starts_with("HTTP/"));
    let is_method = method.bytes().all(|byte| byte.is_ascii_uppercase());
    let target = match target.split_once("://") {
        Some(("http" | "https", rest)) => rest.find(['/', '?']).map_or("/", |at| &rest[at..]),
        _ => target,
    };
    let is_target = target.starts_with('/');
    (is_method && is_http && is_target && words.next().is_none()).then_some((method, target))
}

#[cfg(test)]
mod tests {
    use super::Capture;
    use super::CaptureError;

    #[test]
    fn the_body_is_kept_to_its_last_byte() {
        let bytes = b"POST /callback/shop?nonce=1&a=b HTTP/1.1\nContent-Type: text/xml\nPragma:no-cache\n\n<xml>\r\n\n\xff</xml>\n";
        let capture = Capture::parse(bytes).unwrap();
        assert_eq!(capture.method, "POST");
        assert_eq!(capture.path, "/callback/shop");
        assert_eq!(capture.query, "nonce=1&a=b");
        assert_eq!(capture.header("content-type"), Some("text/xml"));
        assert_eq!(capture.header("PRAGMA"), Some("no-cache"));
        assert_eq!(capture.body, b"<xml>\r\n\n\xff</xml>\n");
    }

    #[test]
    fn a_capture_with_crlf_is_the_one_with_lf() {
        let crlf = b"GET /callback/shop?echostr=1 HTTP/1.1\r\nHost: example.com\r\n\r\n";
        let lf = b"GET /callback/shop?echostr=1 HTTP/1.1\nHost: example.com\n\n";
        let capture = Capture::parse(crlf).unwrap();
        assert_eq!(capture, Capture::parse(lf).unwrap());
        assert_eq!(capture.to_bytes(), lf);
    }

    #[test]
    fn a_file_may_end_with_its_headers_and_name_a_whole_url() {
        let capture = Capture::parse(b"GET https://bot.example.com/callback/a?b=c").unwrap();
        assert_eq!(capture.target(), "/callback/a?b=c");
        assert_eq!(capture.body, b"");
    }

    #[test]
    fn what_is_no_capture_is_refused_with_its_line() {
        let cases: [(&[u8], CaptureError); 6] = [
            (b"", CaptureError::RequestLine),
            (b"<xml></xml>", CaptureError::RequestLine),
            (b"POST callback HTTP/1.1\n\n", CaptureError::RequestLine),
            (b"POST / FTP/1\n\n", CaptureError::RequestLine),
            (b"POST / HTTP/1.1\nHost: a\nnonsense\n\n", CaptureError::Header(3)),
            (b"POST /\xff HTTP/1.1\n\n", CaptureError::NotUtf8(6)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(Capture::parse(bytes), Err(expected));
        }
    }
}
