//! What services tell later of what they took: noted when it comes, and asked of those that do not
//! tell by themselves. None of it touches sending.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;

use super::Work;
use crate::channels::Sent;
use crate::metrics::ChannelLabels;
use crate::notification::Report;
use crate::store::Question;
use crate::store::StoreError;
use crate::tasks::Tasks;

/// How long after it was sent a service is asked, and then again unless it knows: a message is on
/// its way for seconds, one to many for minutes, and what is not there within the hour is not
/// awaited any more.
const SCHEDULE: [Duration; 4] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(5),
    Duration::from_hours(1),
];

/// How many questions are taken at once, and how many are asked side by side.
const BATCH: u32 = 16;
const AT_ONCE: usize = 4;

/// How long a question is ours. Longer than a batch of them can take.
const LEASE: Duration = Duration::from_mins(30);

/// The shortest time between two looks for questions.
const LEAST: Duration = Duration::from_millis(200);

/// How long our own record of a send may come after what its service tells of it.
const RECORDED_WITHIN: Duration = Duration::from_secs(1);

/// When a service is first asked about what is sent `now`.
pub(super) fn first(now: Duration) -> Duration {
    now + SCHEDULE[0]
}

/// When it is asked again about what was sent at `sent`, having been asked so often before.
fn next(sent: Duration, asked: u32) -> Option<Duration> {
    SCHEDULE.get(usize::try_from(asked).ok()? + 1).map(|after| sent + *after)
}

/// Notes what the service of `channels` told of what one of them sent, and counts it.
pub(super) async fn note(
    work: &Work,
    channels: &[&str],
    reports: Vec<Report>,
) -> Result<(), StoreError> {
    let Some(first) = channels.first() else { return Ok(()) };
    let mut recorded = work.recorded.subscribe();
    let mut foreign = note_known(work, channels, reports).await?;
    if !foreign.is_empty() {
        // A service may tell sooner than its yes is written down.
        drop(tokio::time::timeout(RECORDED_WITHIN, recorded.changed()).await);
        foreign = note_known(work, channels, foreign).await?;
    }
    for _ in foreign {
        work.ground.metrics.count_report(first, "foreign");
    }
    Ok(())
}

/// The same for what we sent; the rest is given back.
async fn note_known(
    work: &Work,
    channels: &[&str],
    mut left: Vec<Report>,
) -> Result<Vec<Report>, StoreError> {
    for channel in channels {
        if left.is_empty() {
            break;
        }
        let known = work.ground.store.report(work.now(), channel, left.clone()).await?;
        let mut unknown = Vec::new();
        for (report, is_known) in left.into_iter().zip(known) {
            match is_known {
                true => work.ground.metrics.count_report(channel, report.fate.word()),
                false => unknown.push(report),
            }
        }
        left = unknown;
    }
    Ok(left)
}

/// Asks what is due to be asked, until told to stop.
pub(super) async fn run(work: Arc<Work>, tasks: Tasks) {
    let mut replaced = work.replaced.subscribe();
    loop {
        if !work.ways.load().asks() {
            tokio::select! {
                () = tasks.stopping() => return,
                // The sender lives as long as we do.
                _ = replaced.changed() => continue,
            }
        }
        let look = work.ground.settings.look;
        let wait = match ask_due(&work, &tasks).await {
            Ok(Some(again_at)) => again_at.saturating_sub(work.now()).max(LEAST),
            Ok(None) => look,
            Err(error) => {
                work.report(&error, "read what is to be asked");
                look
            }
        };
        tokio::select! {
            () = tasks.stopping() => return,
            () = tokio::time::sleep(wait) => {}
            () = work.asked.notified() => {}
        }
    }
}

/// Asks all of it, batch by batch. When there is more.
async fn ask_due(work: &Work, tasks: &Tasks) -> Result<Option<Duration>, StoreError> {
    loop {
        let found = work.ground.store.questions(work.now(), BATCH, LEASE).await?;
        if found.due.is_empty() {
            return Ok(found.again_at);
        }
        let asking = futures_util::stream::iter(found.due);
        let asking = asking.for_each_concurrent(AT_ONCE, |question| ask(work, question));
        tokio::select! {
            () = asking => {}
            // What was not answered is asked when the lease has ended, by whoever runs then.
            () = tasks.stopping() => return Ok(None),
        }
    }
}

async fn ask(work: &Work, question: Question) {
    let Question { channel, called, sent, asked, delivery, notification } = question;
    let way = work.ways.load().lanes.get(&channel).map(|lane| lane.way());
    let Some(way) = way.filter(|way| way.channel.asks()) else {
        return put_off(work, &channel, &called, None).await;
    };
    let now = work.now();
    let about = Sent { called, at: sent, now, asked, id: delivery, notification };
    let answer = tokio::time::timeout(way.terms.limit, way.channel.ask(&about)).await;
    if let Ok(Ok(Some(report))) = answer {
        let report = Report { id: about.called, ..report };
        if let Err(error) = note(work, &[&channel], vec![report]).await {
            work.report(&error, "note what a service told");
        }
        return;
    }
    if !matches!(answer, Ok(Ok(None))) {
        let labels = ChannelLabels { channel: channel.clone() };
        work.ground.metrics.unanswered.get_or_create(&labels).inc();
    }
    if let Ok(Err(failure)) = answer {
        let (code, channel) = (&failure.code, &channel);
        tracing::debug!(code, channel, "a service does not say what became of a notification");
    }
    put_off(work, &channel, &about.called, next(sent, asked)).await;
}

async fn put_off(work: &Work, channel: &str, called: &str, due: Option<Duration>) {
    if let Err(error) = work.ground.store.put_off(channel, called, due).await {
        work.report(&error, "put off a question");
    }
}
