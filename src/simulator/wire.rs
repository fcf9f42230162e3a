//! How a callback travels: over HTTP, or straight into a function of the same process.

use std::future::Future;
use std::pin::Pin;

/// One request as WeChat makes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RawRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path of the callback URL.
    pub path: String,
    /// What stands behind the `?`; empty for nothing.
    pub query: String,
    /// Names as they are written, without `Host` and `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// The body; empty for a `GET`.
    pub body: Vec<u8>,
}

impl RawRequest {
    /// Path and query as in the request line.
    pub fn target(&self) -> String {
        match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// The first header of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// What came back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RawResponse {
    /// The HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
}

/// No connection, or one that broke before the answer was whole.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no connection: {0}")]
pub struct Unreachable(pub String);

/// The answer to one request, once it is there. Dropping it closes the connection.
pub type Sending<'w> = Pin<Box<dyn Future<Output = Result<RawResponse, Unreachable>> + Send + 'w>>;

/// Carries one request and brings its answer. Any async function from [`RawRequest`] to
/// [`RawResponse`] is one, so a test needs no socket.
pub trait Wire: Send + Sync {
    /// Sends `request`. WeChat's patience is kept by the caller, which drops what is returned.
    fn send(&self, request: RawRequest) -> Sending<'_>;
}

impl<F, Fut> Wire for F
where
    F: Fn(RawRequest) -> Fut + Send + Sync,
    Fut: Future<Output = RawResponse> + Send + 'static,
{
    fn send(&self, request: RawRequest) -> Sending<'_> {
        let answer = self(request);
        Box::pin(async move { Ok(answer.await) })
    }
}

/// Real HTTP/1.1 to one server: no proxy, no redirects.
#[derive(Clone, Debug)]
pub struct HttpWire {
    client: reqwest::Client,
    origin: String,
}

impl HttpWire {
    /// A wire to `origin`, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    ///
    /// [`Unreachable`] if TLS cannot be set up.
    pub fn new(origin: &str) -> Result<Self, Unreachable> {
        // The roots are compiled in: a machine without a CA store could not even build a client.
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
        let roots = roots.filter_map(|root| reqwest::Certificate::from_der(root).ok());
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .http1_only()
            .http1_title_case_headers()
            .tls_certs_only(roots)
            .build()
            .map_err(|error| Unreachable(error.to_string()))?;
        Ok(Self { client, origin: origin.trim_end_matches('/').to_owned() })
    }

    async fn exchange(&self, request: RawRequest) -> Result<RawResponse, reqwest::Error> {
        let url = format!("{}{}", self.origin, request.target());
        let mut builder = match request.method {
            "GET" => self.client.get(url),
            _ => self.client.post(url).body(request.body),
        };
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        let response = builder.send().await?;
        let status = response.status().as_u16();
        Ok(RawResponse { status, body: response.bytes().await?.to_vec() })
    }
}

impl Wire for HttpWire {
    fn send(&self, request: RawRequest) -> Sending<'_> {
        Box::pin(async move {
            let answer = self.exchange(request).await;
            // Without its URL: that carries the signature.
            answer.map_err(|error| Unreachable(chain(&error.without_url())))
        })
    }
}

/// An error with its causes, which reqwest does not print by itself.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;
    use tokio::net::TcpStream;

    use super::HttpWire;
    use super::RawRequest;
    use super::RawResponse;
    use super::Unreachable;
    use super::Wire as _;

    fn request() -> RawRequest {
        RawRequest {
            method: "POST",
            path: "/callback/shop".to_owned(),
            query: "nonce=1&echostr=a%2Bb".to_owned(),
            headers: vec![
                ("User-Agent".to_owned(), "Mozilla/4.0".to_owned()),
                ("Accept".to_owned(), "*/*".to_owned()),
                ("X-WX-SOURCE".to_owned(), "wx_client".to_owned()),
            ],
            body: b"<xml/>".to_vec(),
        }
    }

    /// A wire, and the server's end of its first connection once a request came over it.
    async fn connect() -> (HttpWire, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}/", listener.local_addr().unwrap());
        (HttpWire::new(&origin).unwrap(), listener)
    }

    async fn accept(listener: &TcpListener) -> (TcpStream, String) {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut text = String::new();
        while !text.ends_with("<xml/>") {
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).await.unwrap();
            text.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
        }
        (stream, text)
    }

    #[tokio::test]
    async fn a_request_goes_out_as_it_was_written() {
        let (wire, listener) = connect().await;
        let serve = async {
            let (mut stream, text) = accept(&listener).await;
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess";
            stream.write_all(answer).await.unwrap();
            text
        };
        let (answer, text) = tokio::join!(wire.send(request()), serve);
        assert_eq!(answer, Ok(RawResponse { status: 200, body: b"success".to_vec() }));
        assert!(
            text.starts_with("POST /callback/shop?nonce=1&echostr=a%2Bb HTTP/1.1\r\n"),
            "{text}"
        );
        assert!(text.contains("User-Agent: Mozilla/4.0\r\nAccept: */*\r\n"), "{text}");
        assert!(text.contains("Content-Length: 6\r\n"), "{text}");
    }

    #[tokio::test]
    async fn hanging_up_closes_the_connection() {
        let (wire, listener) = connect().await;
        let sending = tokio::time::timeout(Duration::from_millis(200), wire.send(request()));
        let (given_up, (mut stream, _)) = tokio::join!(sending, accept(&listener));
        assert!(given_up.is_err());
        let closed = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut [0; 8])).await;
        assert!(matches!(closed, Ok(Ok(0) | Err(_))), "{closed:?}");
    }

    #[tokio::test]
    async fn nobody_there_is_unreachable_and_the_signature_is_not_printed() {
        let (wire, listener) = connect().await;
        drop(listener);
        let Err(Unreachable(reason)) = wire.send(request()).await else { panic!("it went out") };
        assert!(reason.contains("onnection refused"), "{reason}");
        assert!(!reason.contains("nonce"), "{reason}");
    }
}
