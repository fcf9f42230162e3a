//! A conversation in which no reply is read that is longer than any server's: lettre itself reads
//! a line until it ends, and a reply of many lines again from its start with each.
#![expect(deprecated, reason = "lettre's stream, which alone knows TLS from the start")]

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncNetworkStream;
use lettre::transport::smtp::client::AsyncTokioStream;
use lettre::transport::smtp::client::TlsParameters;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio_util::compat::Compat;
use tokio_util::compat::FuturesAsyncReadCompatExt as _;

/// How much is read before we say something again, in bytes. A reply has a few hundred; while TLS
/// begins it is the server's certificates.
const LARGEST: usize = 32 << 10;

/// A connection that ends in an error where more comes at once than [`LARGEST`].
#[derive(Debug)]
pub(super) struct Bounded {
    stream: Compat<AsyncNetworkStream>,
    left: usize,
}

impl Bounded {
    /// Connects to `address`; sealed from the start where there is a `tls`.
    pub(super) async fn connect(
        address: (&str, u16),
        tls: Option<TlsParameters>,
    ) -> Result<Self, Error> {
        let stream = AsyncNetworkStream::connect_tokio1(address, None, tls, None).await?;
        Ok(Self { stream: stream.compat(), left: LARGEST })
    }
}

impl AsyncTokioStream for Bounded {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.get_ref().peer_addr()
    }
}

impl AsyncRead for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other("the server says more than 32 KiB at once")));
        }
        let before = into.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, into);
        self.left = self.left.saturating_sub(into.filled().len() - before);
        polled
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.left = LARGEST;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
