//! One delivery on one try: sent, and what became of it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::mpsc;

use super::Work;
use super::ask;
use super::health::Change;
use super::health::Gate;
use super::lane::Lane;
use super::lane::Way;
use super::orphan;
use super::record::Done;
use super::retry;
use super::retry::Verdict;
use super::route;
use crate::channels::Hook;
use crate::channels::Parcel;
use crate::code;
use crate::code::Code;
use crate::metrics::ChannelLabels;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Notification;
use crate::notification::Receipt;
use crate::store::Attempt;
use crate::store::Called;
use crate::store::Claimed;
use crate::store::Finish;
use crate::store::Next;
use crate::store::Reason;
use crate::tasks::Tasks;

/// How much longer than its limit a send may take before it is ended from outside.
const PATIENCE: Duration = Duration::from_secs(1);

/// Sends one delivery, once one of its channel's places is free, and hands in what became of it.
pub(super) async fn run(
    (work, lane, way): (Arc<Work>, Arc<Lane>, Arc<Way>),
    claimed: Claimed,
    done: mpsc::Sender<Done>,
    tasks: Tasks,
) {
    let (id, fence) = (claimed.id, claimed.fence);
    let slot = tokio::select! {
        biased;
        () = tasks.stopping() => None,
        slot = way.slots.acquire() => slot.ok(),
    };
    // While it waited for its place, the service may have said that it wants nothing now, or the
    // config that it is another one.
    let is_closed = matches!(lane.health().gate(work.now()), Gate::Closed(_));
    let carried = match &slot {
        Some(_) if !is_closed && lane.is_current(&way) => {
            carry(&Trip { work: &work, lane: &lane, way: &way }, claimed).await
        }
        _ => Carried::without_a_try(Next::HandedBack),
    };
    drop(slot);
    let Carried { next, attempts, called } = carried;
    let finish = Finish { id, fence, next, attempts, called };
    let done = done.send(Done { lane: Arc::clone(&lane), finish }).await;
    if done.is_err() {
        // Nobody records any more: the lease ends by itself, and it is sent again.
        lane.release(id);
    }
}

/// What one try is made with.
struct Trip<'t> {
    work: &'t Work,
    lane: &'t Lane,
    way: &'t Arc<Way>,
}

/// What became of one claim.
struct Carried {
    next: Next,
    attempts: Vec<Attempt>,
    called: Vec<Called>,
}

impl Carried {
    fn without_a_try(next: Next) -> Self {
        Self { next, attempts: Vec::new(), called: Vec::new() }
    }
}

async fn carry(trip: &Trip<'_>, claimed: Claimed) -> Carried {
    let Trip { work, lane, way } = trip;
    let now = work.now();
    let Claimed { id, hop, tries, is_interrupted, notification, .. } = claimed;
    if notification.expires.is_some_and(|it| it <= now) {
        return Carried::without_a_try(Next::Expired);
    }
    // What waited for a place or its pace may have come into quiet hours.
    let open_at = way.open_at(now, &notification);
    if open_at > now {
        return Carried::without_a_try(Next::Held { due: open_at });
    }
    if let Some(due) = orphan::put_off(&way.terms, id.time(), now) {
        return Carried::without_a_try(Next::Held { due });
    }
    if is_interrupted && !retry::may_repeat(&way.terms) {
        let reason = reason_of(code::OUTBOX_INTERRUPTED);
        let next = give_up(trip, &notification, hop, Verdict::Park, reason);
        return Carried::without_a_try(next);
    }
    if is_interrupted {
        let labels = ChannelLabels { channel: lane.name.clone() };
        work.ground.metrics.interrupted.get_or_create(&labels).inc();
    }
    let shown = match way.terms.takes_link {
        true => notification.clone(),
        false => notification.clone().with_link_in_body(),
    };
    let parcel = Parcel { id, attempt: tries, now, notification: Arc::new(shown) };
    let begun = tokio::time::Instant::now();
    let result = send(way, &parcel).await;
    let took = begun.elapsed();
    observe(trip, &result, took);
    let attempt = attempt(lane, now, took, &result);
    let called = result.as_ref().map_or(Vec::new(), |receipt| called(trip, receipt));
    let next = match result {
        Ok(_) => {
            let age = work.now().saturating_sub(id.time());
            work.ground.metrics.age_seconds.observe(age.as_secs_f64());
            Next::Delivered
        }
        Err(failure) => after(trip, &notification, (hop, tries), failure),
    };
    Carried { next, attempts: vec![attempt], called }
}

/// What the service calls what it took, where anybody will speak of it by that.
fn called(trip: &Trip<'_>, receipt: &Receipt) -> Vec<Called> {
    let Trip { work, lane, way } = trip;
    let is_told = work.ways.load().channels.hook(&lane.name).is_some_and(Hook::tells)
        || way.channel.told_by().is_some();
    let ask = (way.channel.asks() && !is_told).then(|| ask::first(work.now()));
    if ask.is_none() && !is_told {
        return Vec::new();
    }
    receipt.ids().map(|id| Called { id: id.to_owned(), ask }).collect()
}

/// Sends; a channel that panics or takes too long has failed, and nobody knows how far it came.
async fn send(way: &Way, parcel: &Parcel) -> Result<Receipt, Failure> {
    let sending = AssertUnwindSafe(async { way.channel.send(parcel).await }).catch_unwind();
    let failure = |code: Code| Failure {
        advice: code.advice.to_owned(),
        detail: code.meaning.to_owned(),
        ..Failure::new(Blame::Unknown, code.name)
    };
    match tokio::time::timeout(way.terms.limit + PATIENCE, sending).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(failure(code::CHANNEL_PANICKED)),
        Err(_) => Err(failure(code::CHANNEL_TIMED_OUT)),
    }
}

/// Counts the attempt, and tells the channel's owner if it has been failing for too long.
fn observe(trip: &Trip<'_>, result: &Result<Receipt, Failure>, took: Duration) {
    let Trip { work, lane, way } = trip;
    let metrics = &work.ground.metrics;
    let blame = result.as_ref().err().map(|failure| failure.blame);
    metrics.count_attempt(&lane.name, blame.map_or("delivered", Blame::word));
    metrics.send_seconds.observe(took.as_secs_f64());
    // How an earlier channel fares says nothing of the one that came in its place.
    if !lane.is_current(way) {
        return;
    }
    let now = work.now();
    let change = match blame {
        None => lane.health().delivered(),
        Some(Blame::Quota { retry_after }) => {
            lane.health().rest(now + retry::rest(retry_after));
            None
        }
        Some(_) => lane.health().failed(now, work.ground.settings.pause_after),
    };
    let labels = ChannelLabels { channel: lane.name.clone() };
    match change {
        Some(Change::Paused) => {
            metrics.paused.get_or_create(&labels).set(1);
            let code = code::OUTBOX_PAUSED;
            let channel = &lane.name;
            tracing::error!(code = code.name, advice = code.advice, channel, "{}", code.meaning);
        }
        Some(Change::Resumed) => {
            metrics.paused.get_or_create(&labels).set(0);
            tracing::info!(channel = lane.name, "the channel works again");
        }
        None => {}
    }
}

fn attempt(
    lane: &Lane,
    at: Duration,
    took: Duration,
    result: &Result<Receipt, Failure>,
) -> Attempt {
    let channel = lane.name.clone();
    match result {
        Ok(receipt) => Attempt {
            at,
            took,
            channel,
            blame: None,
            code: receipt.id.clone().unwrap_or_default(),
            advice: String::new(),
            detail: receipt.detail.clone(),
        },
        Err(failure) => Attempt {
            at,
            took,
            channel,
            blame: Some(failure.blame.word().to_owned()),
            code: failure.code.clone(),
            advice: failure.advice.clone(),
            detail: failure.detail.clone(),
        },
    }
}

/// What follows a failure.
fn after(
    trip: &Trip<'_>,
    notification: &Notification,
    (hop, tries): (u32, u32),
    failure: Failure,
) -> Next {
    let Trip { work, way, .. } = trip;
    let jitter = f64::from(work.ground.entropy.nonce()) / f64::from(u32::MAX);
    let schedule = &work.ground.settings.retry;
    let verdict = retry::after_failure(tries, failure.blame, &way.terms, schedule, jitter);
    let reason = Reason { code: failure.code, note: failure.advice };
    match verdict {
        Verdict::Again(wait) => {
            Next::Again { due: way.open_at(work.now() + wait, notification), reason }
        }
        verdict => give_up(trip, notification, hop, verdict, reason),
    }
}

/// The next channel of the route, where there is one and it may be taken; otherwise the end.
fn give_up(
    trip: &Trip<'_>,
    notification: &Notification,
    hop: u32,
    verdict: Verdict,
    reason: Reason,
) -> Next {
    let Trip { work, lane, way } = trip;
    let is_parked = verdict == Verdict::Park;
    let may_go_on = !is_parked || way.terms.falls_back_on_unknown;
    let ways = work.ways.load();
    let stand_in = route::stand_in(&ways, notification, (&lane.name, hop));
    if let Some(lane) = stand_in.filter(|_| may_go_on) {
        let now = work.now();
        let due = ways.lanes.get(&lane).map_or(now, |it| it.way().open_at(now, notification));
        return Next::Elsewhere { due, lane, reason };
    }
    match is_parked {
        true => Next::Unknown(reason),
        false => Next::Refused(reason),
    }
}

fn reason_of(code: Code) -> Reason {
    Reason { code: code.name.to_owned(), note: code.advice.to_owned() }
}
