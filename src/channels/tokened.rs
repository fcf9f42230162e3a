//! Channels whose service wants a token, which it gives an application for its key and takes for
//! some hours.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::Asking;
use super::Channel;
use super::Parcel;
use super::Sending;
use super::Sent;
use super::Told;
use super::asking;
use super::common;
use super::http::broken;
use super::http::covered;
use super::http::hidden;
use super::http::told;
use crate::clock::Clock;
use crate::config::secret::Secret;
use crate::exchange::Exchange;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Receipt;
use crate::notification::Report;
use crate::notification::Terms;

/// How long before its end a token is given up: clocks differ, and requests take time.
const EARLY: Duration = Duration::from_mins(5);

/// The longest that a service is believed about it.
const LONGEST: Duration = Duration::from_hours(24);

/// The token is asked for, the message sent; and both once more, where the service takes the token
/// no longer. Each gets this part of the channel's time limit.
const STEPS: u32 = 4;

/// A token, as the service gave it.
pub(super) struct Token {
    /// What is sent along.
    pub(super) value: Secret,
    /// How long it is good.
    pub(super) lasts: Duration,
}

/// A channel that is one HTTP exchange with a token. No method does any I/O.
pub(super) trait TokenChannel: Send + Sync {
    /// The request for a token.
    fn ask(&self) -> Request;

    /// The token in the answer to it.
    ///
    /// # Errors
    ///
    /// The service's no.
    fn token(&self, response: &Response) -> Result<Token, Failure>;

    /// The request that carries the parcel.
    ///
    /// # Errors
    ///
    /// A notification that this service cannot be given, with [`Blame::Request`].
    fn request(&self, parcel: &Parcel, token: &str) -> Result<Request, Failure>;

    /// What the service's answer means.
    ///
    /// # Errors
    ///
    /// Its no, and whose fault that is.
    fn receipt(&self, response: &Response) -> Result<Receipt, Failure>;

    /// The request that asks what became of a notification that the service took; none: it does not
    /// tell.
    fn question(&self, sent: &Sent, token: &str) -> Option<Request>;

    /// What the service's answer to that means.
    ///
    /// # Errors
    ///
    /// It does not say. It is asked again.
    fn fate(&self, response: &Response) -> Result<Told, Failure>;

    /// Whether it tells.
    fn asks(&self) -> bool;

    /// Whether it says no to the token, and so took nothing.
    fn is_stale(&self, failure: &Failure) -> bool;

    /// What the service is not given of the parcel; empty: nothing.
    fn remark(&self, parcel: &Parcel) -> String;

    /// What must not stand in a receipt or a failure. The token is added to it.
    fn secrets(&self) -> Vec<&Secret>;
}

/// Sends the requests of a [`TokenChannel`].
pub(super) struct Tokened<C> {
    pub(super) channel: C,
    pub(super) exchange: Arc<Exchange>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) terms: Terms,
    /// The token, and until when it is good. Who holds the lock asks for all who wait.
    pub(super) held: Mutex<Option<(Secret, Duration)>>,
}

impl<C: TokenChannel> Tokened<C> {
    fn step(&self) -> Duration {
        self.terms.limit / STEPS
    }

    /// A token other than `refused`.
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, Failure> {
        let ask = async {
            let mut held = self.held.lock().await;
            let now = self.clock.since_epoch();
            if let Some((token, until)) = &*held
                && now < *until
                && refused.is_none_or(|refused| refused.expose() != token.expose())
            {
                return Ok(token.clone());
            }
            let request = Request { timeout: self.step(), ..self.channel.ask() };
            let response = self.exchange.send(request).await;
            // No message is on its way yet, whatever became of the question.
            let response = response.map_err(|error| later(broken(&error)))?;
            let secrets = self.channel.secrets();
            let response = covered(response, &secrets);
            let token = self.channel.token(&response);
            let Token { value, lasts } =
                token.map_err(|failure| later(hidden(failure, &secrets)))?;
            *held = Some((value.clone(), now + lasts.min(LONGEST).saturating_sub(EARLY)));
            Ok(value)
        };
        let asked = tokio::time::timeout(self.step(), ask).await;
        asked.unwrap_or_else(|_| {
            let detail = "the service gave no token in time";
            Err(common::failure(
                "token",
                "timeout",
                Blame::Service { retry_after: None },
                detail,
                "",
            ))
        })
    }

    async fn say(&self, parcel: &Parcel, token: &Secret) -> Result<Receipt, Failure> {
        let request = self.channel.request(parcel, token.expose())?;
        let request = Request { timeout: self.step(), ..request };
        let response = self.exchange.send(request).await.map_err(|error| broken(&error))?;
        let secrets: Vec<&Secret> = self.channel.secrets().into_iter().chain([token]).collect();
        let response = covered(response, &secrets);
        told(self.channel.receipt(&response), &secrets, self.channel.remark(parcel))
    }

    async fn inquire(&self, sent: &Sent, token: &Secret) -> Result<Option<Report>, Failure> {
        let Some(request) = self.channel.question(sent, token.expose()) else { return Ok(None) };
        let secrets: Vec<&Secret> = self.channel.secrets().into_iter().chain([token]).collect();
        let read = |response: &Response| self.channel.fate(response);
        asking::ask(&self.exchange, sent, (request, self.step()), &secrets, read).await
    }
}

/// What nobody knows of a question for a token is no reason to leave the message alone.
fn later(failure: Failure) -> Failure {
    match failure.blame {
        Blame::Unknown => Failure { blame: Blame::Service { retry_after: None }, ..failure },
        _ => failure,
    }
}

impl<C: TokenChannel> Channel for Tokened<C> {
    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        Box::pin(async move {
            // What the service cannot be given needs no token.
            self.channel.request(parcel, "")?;
            let token = self.token(None).await?;
            match self.say(parcel, &token).await {
                Err(failure) if self.channel.is_stale(&failure) => {
                    let token = self.token(Some(&token)).await?;
                    self.say(parcel, &token).await
                }
                said => said,
            }
        })
    }

    fn asks(&self) -> bool {
        self.channel.asks()
    }

    fn ask<'a>(&'a self, sent: &'a Sent) -> Asking<'a> {
        Box::pin(async move {
            let token = self.token(None).await?;
            match self.inquire(sent, &token).await {
                Err(failure) if self.channel.is_stale(&failure) => {
                    let token = self.token(Some(&token)).await?;
                    self.inquire(sent, &token).await
                }
                told => told,
            }
        })
    }
}
