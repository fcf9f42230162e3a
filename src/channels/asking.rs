//! Asking a service what became of a notification that it took.

use std::time::Duration;

use super::Sent;
use super::http::broken;
use super::http::covered;
use super::http::hidden;
use super::http::hide;
use crate::config::secret::Secret;
use crate::exchange::Exchange;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Failure;
use crate::notification::Fate;
use crate::notification::Report;

/// The most exchanges of one question: a key is asked for, and then what is wanted.
const STEPS: usize = 2;

/// What a service says to a question.
#[derive(Clone, Debug)]
pub enum Told {
    /// It does not know yet.
    NotYet,
    /// What became of it, and what it said of that.
    Fate(Fate, String),
    /// This is to be asked next, with what it said.
    Then(Request),
}

/// Sends `request` and whatever is to be asked then, each within `limit`; `read` says what an answer
/// means.
pub(super) async fn ask(
    exchange: &Exchange,
    sent: &Sent,
    (request, limit): (Request, Duration),
    secrets: &[&Secret],
    read: impl Fn(&Response) -> Result<Told, Failure>,
) -> Result<Option<Report>, Failure> {
    let mut next = Some(request);
    for _ in 0..STEPS {
        let Some(request) = next.take() else { break };
        let request = Request { timeout: limit, ..request };
        let response = exchange.send(request).await.map_err(|error| broken(&error))?;
        let response = covered(response, secrets);
        let told = read(&response).map_err(|failure| hidden(failure, secrets));
        match told? {
            Told::NotYet => {}
            Told::Fate(fate, detail) => {
                let (id, detail) = (sent.called.clone(), hide(detail, secrets));
                return Ok(Some(Report { id, fate, detail }));
            }
            Told::Then(request) => next = Some(request),
        }
    }
    Ok(None)
}
