//! Writes what became of deliveries: whatever has come in while the last batch was being written
//! is the next one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::Work;
use super::lane::Lane;
use crate::store::Finish;
use crate::store::StoreError;

/// The most that is written at once.
const BATCH: usize = 1_024;

/// How long it waits after the store failed; twice as long after each further failure.
const SHORTEST_BREAK: Duration = Duration::from_millis(100);
const LONGEST_BREAK: Duration = Duration::from_secs(5);

/// What became of a claim.
pub(super) struct Done {
    pub(super) lane: Arc<Lane>,
    pub(super) finish: Finish,
}

/// Records until nobody sends any more.
pub(super) async fn run(work: Arc<Work>, mut done: mpsc::Receiver<Done>) {
    let mut batch = Vec::new();
    while done.recv_many(&mut batch, BATCH).await > 0 {
        record(&work, &batch).await;
        if batch.iter().any(|done| done.finish.called.iter().any(|it| it.ask.is_some())) {
            work.asked.notify_one();
        }
        for Done { lane, finish } in batch.drain(..) {
            lane.release(finish.id);
        }
        work.recorded.send_modify(|it| *it += 1);
    }
}

/// Writes a batch. What the store cannot take as a whole it is given one by one.
async fn record(work: &Work, batch: &[Done]) {
    let finishes: Vec<Finish> = batch.iter().map(|it| it.finish.clone()).collect();
    match write(work, finishes).await {
        Ok(()) => {}
        Err(error) if batch.len() == 1 => give_up(work, &batch[0], &error),
        Err(_) => {
            for done in batch {
                if let Err(error) = write(work, vec![done.finish.clone()]).await {
                    give_up(work, done, &error);
                }
            }
        }
    }
}

/// Its lease ends by itself, and it is sent again.
fn give_up(work: &Work, done: &Done, error: &StoreError) {
    work.report(error, "record what became of a delivery");
    tracing::error!(delivery = %done.finish.id, channel = done.lane.name, "it may be sent again");
}

/// Writes it, for as long as the store is only full or held by somebody else.
async fn write(work: &Work, batch: Vec<Finish>) -> Result<(), StoreError> {
    let mut pause = SHORTEST_BREAK;
    loop {
        match work.ground.store.finish(work.now(), batch.clone()).await {
            Ok(accepted) => {
                let stale = accepted.iter().filter(|it| !**it).count();
                if stale > 0 {
                    tracing::warn!(stale, "leases had ended before their outcome was recorded");
                }
                return Ok(());
            }
            Err(error @ (StoreError::Full | StoreError::Busy)) => {
                work.report(&error, "record outcomes, and tries again");
                tokio::time::sleep(pause).await;
                pause = (2 * pause).min(LONGEST_BREAK);
            }
            Err(error) => return Err(error),
        }
    }
}
