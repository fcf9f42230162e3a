//! A station that runs: until it is told to stop, and how it stops.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use super::GRACE;
use super::Parts;
use super::StationError;
use crate::receiver::Bound;

/// A station that listens. It answers once one of the `until`s is awaited.
pub struct Running {
    pub(super) parts: Parts,
    pub(super) bound: Bound,
    pub(super) is_ready: Arc<AtomicBool>,
}

impl Running {
    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.bound.addresses.first().map_or(0, std::net::SocketAddr::port)
    }

    /// Serves until SIGTERM or SIGINT, then stops in order.
    ///
    /// # Errors
    ///
    /// That of the server.
    pub async fn until_told(self) -> Result<(), StationError> {
        self.until(told()?).await
    }

    /// Serves until `told` ends: takes no more connections, finishes what is in flight, ends.
    ///
    /// # Errors
    ///
    /// That of the server.
    pub async fn until(mut self, told: impl Future<Output = ()>) -> Result<(), StationError> {
        tokio::select! {
            ended = &mut self.bound.running => return Ok(ended?),
            () = told => {}
        }
        tracing::info!("stopping: finishing what is in flight");
        self.is_ready.store(false, Ordering::Release);
        let stop = self.bound.handle.stop(true);
        let (ended, (), is_done) =
            tokio::join!(&mut self.bound.running, stop, self.parts.tasks.stop(GRACE));
        if !is_done {
            tracing::warn!("stopped with work unfinished after {} s", GRACE.as_secs());
        }
        Ok(ended?)
    }
}

/// Ends at the first SIGTERM or SIGINT.
///
/// # Errors
///
/// That of the system: signals cannot be listened to.
pub fn told() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::SignalKind;
    let mut terminate = tokio::signal::unix::signal(SignalKind::terminate())?;
    let mut interrupt = tokio::signal::unix::signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
