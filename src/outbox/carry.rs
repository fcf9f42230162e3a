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
use super::record::Done;
use super::retry;
use super::retry::Verdict;
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
    work: Arc<Work>,
    lane: Arc<Lane>,
    claimed: Claimed,
    done: mpsc::Sender<Done>,
    tasks: Tasks,
) {
    let (id, fence) = (claimed.id, claimed.fence);
    let slot = tokio::select! {
        biased;
        () = tasks.stopping() => None,
        slot = lane.slots.acquire() => slot.ok(),
    };
    // While it waited for its place, the service may have said that it wants nothing now.
    let is_closed = matches!(lane.health().gate(work.now()), Gate::Closed(_));
    let carried = match &slot {
        Some(_) if !is_closed => carry(&work, &lane, claimed).await,
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

async fn carry(work: &Work, lane: &Lane, claimed: Claimed) -> Carried {
    let now = work.now();
    let Claimed { id, hop, tries, is_interrupted, notification, .. } = claimed;
    if notification.expires.is_some_and(|it| it <= now) {
        return Carried::without_a_try(Next::Expired);
    }
    // What waited for a place or its pace may have come into quiet hours.
    let open_at = lane.open_at(now, &notification);
    if open_at > now {
        return Carried::without_a_try(Next::Held { due: open_at });
    }
    if is_interrupted && !retry::may_repeat(&lane.terms) {
        let reason = reason_of(code::OUTBOX_INTERRUPTED);
        let next = give_up(work, lane, &notification, hop, Verdict::Park, reason);
        return Carried::without_a_try(next);
    }
    if is_interrupted {
        let labels = ChannelLabels { channel: lane.name.clone() };
        work.ground.metrics.interrupted.get_or_create(&labels).inc();
    }
    let shown = match lane.terms.takes_link {
        true => notification.clone(),
        false => notification.clone().with_link_in_body(),
    };
    let parcel = Parcel { id, attempt: tries, now, notification: Arc::new(shown) };
    let begun = tokio::time::Instant::now();
    let result = send(lane, &parcel).await;
    let took = begun.elapsed();
    observe(work, lane, &result, took);
    let attempt = attempt(lane, now, took, &result);
    let called = result.as_ref().map_or(Vec::new(), |receipt| called(work, lane, receipt));
    let next = match result {
        Ok(_) => {
            let age = work.now().saturating_sub(id.time());
            work.ground.metrics.age_seconds.observe(age.as_secs_f64());
            Next::Delivered
        }
        Err(failure) => after(work, lane, &notification, (hop, tries), failure),
    };
    Carried { next, attempts: vec![attempt], called }
}

/// What the service calls what it took, where anybody will speak of it by that.
fn called(work: &Work, lane: &Lane, receipt: &Receipt) -> Vec<Called> {
    let is_told = work.ground.channels.hook(&lane.name).is_some_and(Hook::tells)
        || lane.channel.told_by().is_some();
    let ask = (lane.channel.asks() && !is_told).then(|| ask::first(work.now()));
    if ask.is_none() && !is_told {
        return Vec::new();
    }
    receipt.ids().map(|id| Called { id: id.to_owned(), ask }).collect()
}

/// Sends; a channel that panics or takes too long has failed, and nobody knows how far it came.
async fn send(lane: &Lane, parcel: &Parcel) -> Result<Receipt, Failure> {
    let sending = AssertUnwindSafe(async { lane.channel.send(parcel).await }).catch_unwind();
    let failure = |code: Code| Failure {
        advice: code.advice.to_owned(),
        detail: code.meaning.to_owned(),
        ..Failure::new(Blame::Unknown, code.name)
    };
    match tokio::time::timeout(lane.terms.limit + PATIENCE, sending).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(failure(code::CHANNEL_PANICKED)),
        Err(_) => Err(failure(code::CHANNEL_TIMED_OUT)),
    }
}

/// Counts the attempt, and tells the channel's owner if it has been failing for too long.
fn observe(work: &Work, lane: &Lane, result: &Result<Receipt, Failure>, took: Duration) {
    let metrics = &work.ground.metrics;
    let blame = result.as_ref().err().map(|failure| failure.blame);
    metrics.count_attempt(&lane.name, blame.map_or("delivered", Blame::word));
    metrics.send_seconds.observe(took.as_secs_f64());
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
    work: &Work,
    lane: &Lane,
    notification: &Notification,
    (hop, tries): (u32, u32),
    failure: Failure,
) -> Next {
    let jitter = f64::from(work.ground.entropy.nonce()) / f64::from(u32::MAX);
    let schedule = &work.ground.settings.retry;
    let verdict = retry::after_failure(tries, failure.blame, &lane.terms, schedule, jitter);
    let reason = Reason { code: failure.code, note: failure.advice };
    match verdict {
        Verdict::Again(wait) => {
            Next::Again { due: lane.open_at(work.now() + wait, notification), reason }
        }
        verdict => give_up(work, lane, notification, hop, verdict, reason),
    }
}

/// The next channel of the route, where there is one and it may be taken; otherwise the end.
fn give_up(
    work: &Work,
    lane: &Lane,
    notification: &Notification,
    hop: u32,
    verdict: Verdict,
    reason: Reason,
) -> Next {
    let is_parked = verdict == Verdict::Park;
    let may_go_on = !is_parked || lane.terms.falls_back_on_unknown;
    if let Some(lane) = stand_in(work, notification, hop).filter(|_| may_go_on) {
        let now = work.now();
        let due = work.lanes.get(&lane).map_or(now, |next| next.open_at(now, notification));
        return Next::Elsewhere { due, lane, reason };
    }
    match is_parked {
        true => Next::Unknown(reason),
        false => Next::Refused(reason),
    }
}

/// The lane of the channel that follows that of `hop`: of those the notification names or, if it
/// names none, of those its first channel has. Channels that are not there are left out.
fn stand_in(work: &Work, notification: &Notification, hop: u32) -> Option<String> {
    let account = notification.account.as_deref();
    let channels = &work.ground.channels;
    let first = channels.lane(&notification.channel, account);
    let usual = first.and_then(|lane| work.lanes.get(&lane)).map(|lane| &lane.terms.fallback);
    let listed = match notification.fallback.is_empty() {
        true => usual.map_or(&[][..], Vec::as_slice),
        false => notification.fallback.as_slice(),
    };
    let mut lanes = listed.iter().filter_map(|name| channels.lane(name, account));
    lanes.nth(usize::try_from(hop).ok()?)
}

fn reason_of(code: Code) -> Reason {
    Reason { code: code.name.to_owned(), note: code.advice.to_owned() }
}
