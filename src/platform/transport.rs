//! The seam between a client and the network: in production [`Exchange`], in tests a script.

use std::future::Future;
use std::pin::Pin;

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
