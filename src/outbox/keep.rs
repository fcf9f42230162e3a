//! What goes on beside sending: leases are renewed, lanes woken when something falls due, rows
//! that nobody keeps any more removed, and the books shown as metrics.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::Work;
use super::orphan;
use crate::metrics::StateLabels;
use crate::store::Books;
use crate::store::State;
use crate::store::StoreError;
use crate::tasks::Tasks;

/// The shortest time between two looks.
const LEAST: Duration = Duration::from_millis(20);

/// A lease of nothing, where no lane is at work.
const UNHELD: Duration = Duration::from_hours(1);

/// How many looks pass between two times that the books are shown.
const SHOW: u32 = 5;

/// How many looks pass between two times that old rows are looked for.
const TEND: u32 = 60;

/// Renews leases, all at a third of the shortest, until we are told to stop and nothing is held any
/// more.
pub(super) async fn leases(work: Arc<Work>, tasks: Tasks) {
    let mut replaced = work.replaced.subscribe();
    loop {
        replaced.borrow_and_update();
        let shortest = work.ways.load().at_work().iter().map(|lane| lane.lease()).min();
        tokio::select! {
            () = finished(&work, &tasks) => return,
            () = tokio::time::sleep(shortest.unwrap_or(UNHELD) / 3) => renew(&work).await,
            // The sender lives as long as we do.
            _ = replaced.changed() => {}
        }
    }
}

/// Ends once we are told to stop and what was being sent is recorded.
async fn finished(work: &Work, tasks: &Tasks) {
    tasks.stopping().await;
    while work.ways.load().at_work().iter().any(|lane| !lane.leases().is_empty()) {
        tokio::time::sleep(LEAST).await;
    }
}

async fn renew(work: &Work) {
    for lane in work.ways.load().at_work() {
        let leases = lane.leases();
        if leases.is_empty() {
            continue;
        }
        match work.ground.store.extend(leases, work.now() + lane.lease()).await {
            Ok(lost) if lost.is_empty() => {}
            // Recorded in this moment, or the machine slept for longer than the lease.
            Ok(lost) => {
                tracing::debug!(lost = lost.len(), channel = lane.name, "leases have ended");
            }
            Err(error) => work.report(&error, "renew leases"),
        }
    }
}

/// Wakes lanes in which something is due, whoever put it there.
pub(super) async fn watch(work: Arc<Work>, tasks: Tasks) {
    let mut changed = work.ground.store.subscribe();
    let mut orphans = BTreeSet::new();
    loop {
        changed.borrow_and_update();
        let wait = match wake_due(&work, &mut orphans).await {
            Ok(wait) => wait,
            Err(error) => {
                work.report(&error, "look for what is due");
                work.ground.settings.look
            }
        };
        tokio::select! {
            () = tasks.stopping() => return,
            () = tokio::time::sleep(wait) => {}
            () = async {
                tokio::time::sleep(LEAST).await;
                // The sender is the store, which we hold.
                drop(changed.changed().await);
            } => {}
        }
    }
}

/// Wakes them, and says when to look again. Lanes without a channel are reported, once each.
async fn wake_due(work: &Work, orphans: &mut BTreeSet<String>) -> Result<Duration, StoreError> {
    let waiting = work.ground.store.lanes().await?;
    orphan::look(work, &waiting, orphans);
    let ways = work.ways.load_full();
    let now = work.now();
    let mut wait = work.ground.settings.look;
    let mut overdue = Duration::ZERO;
    for found in waiting {
        overdue = overdue.max(now.saturating_sub(found.due));
        let Some(lane) = ways.lanes.get(&found.name) else { continue };
        if !lane.is_started() {
            continue;
        }
        match found.due.checked_sub(now) {
            None | Some(Duration::ZERO) => lane.wake(),
            Some(until) => wait = wait.min(until.max(LEAST)),
        }
    }
    work.ground.metrics.overdue.set(overdue.as_secs_f64());
    Ok(wait)
}

/// Shows the books, and removes what nobody keeps any more.
pub(super) async fn tend(work: Arc<Work>, tasks: Tasks) {
    let look = work.ground.settings.look;
    let mut tended = tokio::time::Instant::now();
    loop {
        match work.ground.store.books().await {
            Ok(books) => show(&work, &books),
            Err(error) => work.report(&error, "read its books"),
        }
        tokio::select! {
            () = tasks.stopping() => return,
            () = tokio::time::sleep(SHOW * look) => {}
        }
        if tended.elapsed() >= TEND * look {
            tended = tokio::time::Instant::now();
            tokio::select! {
                () = tasks.stopping() => return,
                () = tend_once(&work) => {}
            }
        }
    }
}

/// All that is to be done now, part by part.
async fn tend_once(work: &Work) {
    loop {
        match work.ground.store.tend(work.now(), work.ground.settings.retention).await {
            Ok(tended) => {
                if tended.expired > 0 {
                    tracing::info!(expired = tended.expired, "notifications have expired");
                }
                if !tended.has_more {
                    return;
                }
                tokio::task::yield_now().await;
            }
            Err(error) => return work.report(&error, "remove old deliveries"),
        }
    }
}

fn show(work: &Work, books: &Books) {
    let metrics = &work.ground.metrics;
    let counts = [books.waiting, books.delivered, books.refused, books.expired, books.unknown];
    let mut sum = 0;
    for ((_, state), count) in State::ALL.into_iter().zip(counts) {
        sum += count;
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        metrics.deliveries.get_or_create(&StateLabels { state }).set(count);
    }
    let off = i64::try_from(books.accepted.abs_diff(sum)).unwrap_or(i64::MAX);
    metrics.imbalance.set(off);
    if off != 0 {
        tracing::error!(accepted = books.accepted, sum, "the books of the outbox do not balance");
    }
}
