//! The seam between a client and the network: in production [`Exchange`], in tests a script.

use std::future::Future;
use std::pin::Pin;

use url::Url;

use crate::exchange::Allowed;
use crate::exchange::Exchange;
use crate::exchange::ExchangeError;
use crate::exchange::Request;
use crate::exchange::Response;

/// An exchange under way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response, ExchangeError>> + Send + 'a>>;

/// What carries requests to WeChat.
pub trait Transport: Send + Sync {
    /// Sends `request` and reads the whole answer.
    fn send(&self, request: Request) -> Sending<'_>;
}

impl Transport for Exchange {
    fn send(&self, request: Request) -> Sending<'_> {
        Box::pin(Self::send(self, request))
    }
}

/// Reaches the host of `api_base` wherever it is, since its owner wrote it down, and nothing else
/// inside private networks. 微信云托管 answers for `api.weixin.qq.com` at 169.254.0.x.
pub fn exchange_to(api_base: &str) -> Exchange {
    let url = Url::parse(api_base).ok();
    let host = url.as_ref().and_then(Url::host_str);
    Exchange::new(Allowed::parse(host).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::exchange_to;
    use crate::exchange::ExchangeError;
    use crate::exchange::Method;
    use crate::exchange::Request;

    #[tokio::test]
    async fn only_the_host_of_the_base_is_reached_inside() {
        let exchange = exchange_to("http://127.0.0.1:9");
        let ask = |url: &str| {
            exchange.send(Request {
                method: Method::Get,
                url: url.to_owned(),
                headers: Vec::new(),
                body: Bytes::new(),
                timeout: std::time::Duration::from_secs(5),
                max_answer: 1,
            })
        };
        let own = ask("http://127.0.0.1:9/cgi-bin/token").await.unwrap_err();
        assert!(matches!(own, ExchangeError::Connect { .. }), "{own}");
        let other = ask("http://10.0.0.1/").await.unwrap_err();
        assert!(matches!(other, ExchangeError::Refused(_)), "{other}");
    }
}
