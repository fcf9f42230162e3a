//! The one place that sends HTTP requests: a limit on time and size, no redirects, no proxy out of
//! the environment, and into private networks only where the config allows it.

mod error;
mod guard;
mod streaming;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use reqwest::dns::Addrs;
use reqwest::dns::Name;
use reqwest::dns::Resolve;
use reqwest::dns::Resolving;
use reqwest::header::CONTENT_LENGTH;
use tokio::time::Instant;
use url::Url;

pub use self::error::ExchangeError;
use self::error::explain;
pub use self::guard::Allowed;
pub use self::guard::NotAHost;
use self::streaming::Bounds;
pub use self::streaming::Streaming;

/// How long a connection nobody uses is kept; below what servers and their proxies commonly keep.
const IDLE: Duration = Duration::from_secs(50);

/// The methods that rules and channels use.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Method {
    /// `GET`
    #[default]
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// `HEAD`
    Head,
}

impl Method {
    /// Each method with its name.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Get, "GET"),
        (Self::Post, "POST"),
        (Self::Put, "PUT"),
        (Self::Patch, "PATCH"),
        (Self::Delete, "DELETE"),
        (Self::Head, "HEAD"),
    ];
}

/// What is to be asked.
#[derive(Clone)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Whom; `http` or `https`.
    pub url: String,
    /// Names and values. `User-Agent` is set unless it stands here.
    pub headers: Vec<(String, String)>,
    /// What is sent along.
    pub body: Bytes,
    /// How long the whole exchange may take, the reading of the answer included.
    pub timeout: Duration,
    /// The largest answer that is read, in bytes.
    pub max_answer: usize,
}

impl fmt::Debug for Request {
    /// Neither path, headers nor body: any of them may hold a secret.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Request({:?} {})", self.method, origin(&self.url))
    }
}

/// What was answered; any status, since what it means is the caller's to know.
#[derive(Clone)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values; a value that is not text is left out.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
}

impl fmt::Debug for Response {
    /// Not the body: it belongs in no log.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

/// Sends requests. Cheap to share; its connections are kept open and used again.
pub struct Exchange {
    reach: ArcSwap<Reach>,
}

/// Where requests may go, and the connections that were made under it.
struct Reach {
    allowed: Arc<Allowed>,
    // Reading the machine's certificates takes a while, and many stations never ask anybody.
    client: OnceLock<reqwest::Client>,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Exchange")
            .field("allowed", &self.reach.load().allowed)
            .finish_non_exhaustive()
    }
}

impl Exchange {
    /// Sends everywhere in public, and inside only where `allowed` says so.
    pub fn new(allowed: Allowed) -> Self {
        Self { reach: ArcSwap::from_pointee(Reach::new(allowed)) }
    }

    /// Sends inside private networks where `allowed` says so, from now on. What is under way ends as
    /// it would have; connections that were kept open to elsewhere are not used again.
    pub fn allow(&self, allowed: Allowed) {
        if *self.reach.load().allowed != allowed {
            self.reach.store(Arc::new(Reach::new(allowed)));
        }
    }

    /// Reaches the host of `base` wherever it is, since its owner wrote it down, and nothing else
    /// inside private networks.
    pub fn to(base: &str) -> Self {
        let url = Url::parse(base).ok();
        let host = url.as_ref().and_then(Url::host_str);
        Self::new(Allowed::parse(host).unwrap_or_default())
    }

    /// Sends `request` and reads the whole answer.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`] says how far it came.
    pub async fn send(&self, request: Request) -> Result<Response, ExchangeError> {
        let mut answer = self.open(request).await?;
        let mut body = Vec::new();
        while let Some(part) = answer.next().await? {
            body.extend_from_slice(&part);
        }
        let Streaming { status, headers, .. } = answer;
        Ok(Response { status, headers, body: body.into() })
    }

    /// Sends `request`, and leaves the body of the answer to be read as it comes. The limits on time
    /// and size hold for all of it.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`] says how far it came.
    pub async fn open(&self, request: Request) -> Result<Streaming, ExchangeError> {
        let until = Instant::now() + request.timeout;
        let url = Url::parse(&request.url).map_err(|_| ExchangeError::Url)?;
        let host = url.host().filter(|_| matches!(url.scheme(), "http" | "https"));
        let host = host.ok_or(ExchangeError::Url)?;
        let reach = self.reach.load_full();
        if !reach.allowed.permits_host(&host) {
            return Err(ExchangeError::Refused(host.to_string()));
        }
        let origin = url.origin().ascii_serialization();
        let left = Arc::new(AtomicBool::new(request.body.is_empty()));
        let (after, limit) = (request.timeout, request.max_answer);
        let outgoing = build(request, url, &left)?;
        let work = async { reach.client()?.execute(outgoing).await };
        match tokio::time::timeout_at(until, work).await {
            Ok(Ok(answer)) => Streaming::begin(answer, Bounds { origin, until, after, limit }),
            Ok(Err(error)) => Err(explain(error, origin)),
            Err(_) => {
                let may_have_arrived = left.load(Ordering::Relaxed);
                Err(ExchangeError::TimedOut { origin, after, may_have_arrived })
            }
        }
    }
}

impl Reach {
    fn new(allowed: Allowed) -> Self {
        Self { allowed: Arc::new(allowed), client: OnceLock::new() }
    }

    fn client(&self) -> Result<&reqwest::Client, reqwest::Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // Without a store of certificates on the machine this fails, even for plain HTTP.
        let client = self.builder().build().or_else(|_| {
            let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
            let roots = roots.filter_map(|der| reqwest::Certificate::from_der(der).ok());
            self.builder().tls_certs_only(roots).build()
        })?;
        Ok(self.client.get_or_init(|| client))
    }

    fn builder(&self) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .user_agent(concat!("yizhan/", env!("CARGO_PKG_VERSION")))
            .pool_idle_timeout(IDLE)
            .dns_resolver(GuardedResolver(Arc::clone(&self.allowed)))
    }
}

fn build(
    request: Request,
    url: Url,
    left: &Arc<AtomicBool>,
) -> Result<reqwest::Request, ExchangeError> {
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
        Method::Head => reqwest::Method::HEAD,
    };
    let mut outgoing = reqwest::Request::new(method, url);
    let headers = outgoing.headers_mut();
    for (name, value) in request.headers {
        let parsed = (reqwest::header::HeaderName::try_from(name.as_str()), value.try_into());
        let (Ok(name), Ok(value)) = parsed else { return Err(ExchangeError::Header(name)) };
        headers.append(name, value);
    }
    headers.remove(CONTENT_LENGTH);
    if !request.body.is_empty() {
        headers.insert(CONTENT_LENGTH, request.body.len().into());
        let left = Arc::clone(left);
        // Taken from the stream means handed to the connection.
        let body = futures_util::stream::once(async move {
            left.store(true, Ordering::Relaxed);
            Ok::<_, std::convert::Infallible>(request.body)
        });
        *outgoing.body_mut() = Some(reqwest::Body::wrap_stream(body));
    }
    Ok(outgoing)
}

/// Scheme, host and port of a URL, for messages.
fn origin(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "?".to_owned(), |url| url.origin().ascii_serialization())
}

/// A host of which no address may be reached.
#[derive(Debug, thiserror::Error)]
#[error("no address of `{host}` may be reached")]
struct NothingPermitted {
    host: String,
    /// Whether it has addresses at all.
    is_known: bool,
}

/// Leaves only those addresses of a host that may be reached: what a name leads to can change
/// between a check and the connection, so the check is here.
struct GuardedResolver(Arc<Allowed>);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str();
            let found = tokio::net::lookup_host((host, 0)).await;
            let found: Vec<SocketAddr> = found.into_iter().flatten().collect();
            let is_known = !found.is_empty();
            let is_listed = allowed.has_name(host);
            let may = |it: &SocketAddr| is_listed || allowed.permits(it.ip());
            let permitted: Vec<SocketAddr> = found.into_iter().filter(may).collect();
            if permitted.is_empty() {
                return Err(NothingPermitted { host: host.to_owned(), is_known }.into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests;
