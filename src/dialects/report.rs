//! The result of a message, told to the address that its sender named.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Semaphore;

use super::Dialect;
use super::desk::fate_of;
use crate::exchange::Exchange;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::submission::Submissions;
use crate::submission::Submitted;
use crate::tasks::Tasks;

/// How long a result is waited for. A message that is still tried then is not reported.
const WAIT: Duration = Duration::from_hours(1);

/// How many results may be waited for at once.
const MOST: usize = 256;

/// How long the address may take, and how much of its answer is read.
const LIMIT: Duration = Duration::from_secs(10);
const LARGEST_ANSWER: usize = 4 << 10;

/// Waits for results, and tells them. What it waits for is in memory: a restart forgets it, as the
/// services themselves promise no more.
pub(super) struct Reporter {
    tasks: Tasks,
    exchange: Arc<Exchange>,
    submissions: Submissions,
    room: Arc<Semaphore>,
}

impl Reporter {
    pub(super) fn new(tasks: Tasks, exchange: Arc<Exchange>, submissions: Submissions) -> Self {
        Self { tasks, exchange, submissions, room: Arc::new(Semaphore::new(MOST)) }
    }

    /// Tells `url` what becomes of a message, once, by one POST. Only the public internet and the
    /// private hosts of the config are reached, and no redirect is followed.
    pub(super) fn report(&self, dialect: &Dialect, message: Submitted, url: String) {
        let (name, write) = (dialect.name, dialect.report);
        let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() else {
            tracing::warn!(dialect = name, "{MOST} results are waited for: one is not reported");
            return;
        };
        let (tasks, exchange, submissions) =
            (self.tasks.clone(), Arc::clone(&self.exchange), self.submissions.clone());
        self.tasks.spawn(async move {
            let _permit = permit;
            let decided = tokio::time::timeout(WAIT, decided(&submissions, &message));
            tokio::select! {
                decided = decided => if decided.is_err() { return },
                () = tasks.stopping() => return,
            }
            let Ok(Some(life)) = submissions.find(message.id).await else { return };
            let body = write(&fate_of(&life));
            if let Err(error) = exchange.send(request(url, &body)).await {
                tracing::warn!(dialect = name, "a result could not be reported: {error}");
            }
        });
    }
}

/// Ends once every part has left the queue. One that is counted with others does not wait there.
async fn decided(submissions: &Submissions, message: &Submitted) {
    for part in message.parts.iter().filter(|part| !part.is_folded) {
        // A store that fails is reported by the outbox itself, and is asked once more afterwards.
        drop(submissions.outbox().outcome(part.id).await);
    }
}

fn request(url: String, body: &Value) -> Request {
    let content_type = "application/json; charset=utf-8".to_owned();
    Request {
        method: Method::Post,
        url,
        headers: vec![("content-type".to_owned(), content_type)],
        body: body.to_string().into(),
        timeout: LIMIT,
        max_answer: LARGEST_ANSWER,
    }
}
