//! What waits for a channel that the config does not have any more: for a while the channel may come
//! back, then it goes through the stand-ins it was accepted with, or is refused.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::Work;
use super::ways;
use crate::channels::Channel;
use crate::channels::Parcel;
use crate::channels::Sending;
use crate::code;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Terms;
use crate::store::Lane;

/// How long what may still wait is put off at a time, so that a channel that comes back finds it.
const PUT_OFF: Duration = Duration::from_mins(10);

/// The channel in the place of one that is gone. It refuses what it is given.
pub(super) struct Gone {
    wait: Duration,
}

impl Channel for Gone {
    fn terms(&self) -> Terms {
        Terms { waits_for_channel: Some(self.wait), concurrency: 1, ..Terms::default() }
    }

    fn send<'a>(&'a self, _: &'a Parcel) -> Sending<'a> {
        let code = code::OUTBOX_CHANNEL;
        let failure = Failure {
            advice: code.advice.to_owned(),
            detail: code.meaning.to_owned(),
            ..Failure::new(Blame::Request, code.name)
        };
        Box::pin(std::future::ready(Err(failure)))
    }
}

/// Until when what was accepted at `accepted` is put off, where it may still wait.
pub(super) fn put_off(terms: &Terms, accepted: Duration, now: Duration) -> Option<Duration> {
    let until = accepted.saturating_add(terms.waits_for_channel?);
    (until > now).then(|| until.min(now + PUT_OFF))
}

/// Looks at the lanes in which something waits: reports those without a channel, once each, and
/// puts [`Gone`] where they have waited long enough.
pub(super) fn look(work: &Work, waiting: &[Lane], known: &mut BTreeSet<String>) {
    let ways = work.ways.load_full();
    let wait = work.ground.settings.wait_for_channel;
    let has_channel = |name: &str| ways.channels.of_lane(name).is_some();
    let orphans: Vec<&Lane> = waiting.iter().filter(|lane| !has_channel(&lane.name)).collect();
    work.ground.metrics.orphans.set(i64::try_from(orphans.len()).unwrap_or(i64::MAX));
    known.retain(|name| orphans.iter().any(|lane| lane.name == *name));
    for lane in orphans {
        if known.insert(lane.name.clone()) {
            let (code, channel) = (code::OUTBOX_CHANNEL, &lane.name);
            tracing::warn!(code = code.name, advice = code.advice, channel, "{}", code.meaning);
        }
        let is_over = lane.due.saturating_add(wait) <= work.now();
        if is_over && !ways.lanes.contains_key(&lane.name) {
            let gone: Arc<dyn Channel> = Arc::new(Gone { wait });
            ways::stand_in(work, &lane.name, &gone);
        }
    }
}
