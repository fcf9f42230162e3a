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
