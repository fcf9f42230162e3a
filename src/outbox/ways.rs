//! The ways out as they are now: each channel with its lane. They can be replaced while the outbox
//! sends; what is being sent then ends as it would have.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::Weak;

use tokio::sync::mpsc;

use super::Work;
use super::lane;
use super::lane::Lane;
use super::record::Done;
use crate::channels::Channel;
use crate::channels::Channels;
use crate::metrics::ChannelLabels;
use crate::tasks::Tasks;

/// The channels of one config, and their lanes.
#[derive(Clone)]
pub(super) struct Ways {
    pub(super) channels: Arc<Channels>,
    pub(super) lanes: BTreeMap<String, Arc<Lane>>,
    /// Lanes of earlier channels, until what they hold is recorded.
    leaving: Vec<Weak<Lane>>,
}

impl Ways {
    pub(super) fn new(channels: Channels) -> Self {
        let lanes = channels.iter().map(|(name, channel)| {
            (name.to_owned(), Arc::new(Lane::new(name, Arc::clone(channel))))
        });
        Self { lanes: lanes.collect(), channels: Arc::new(channels), leaving: Vec::new() }
    }

    /// The lanes that are at work, those that are leaving included.
    pub(super) fn at_work(&self) -> Vec<Arc<Lane>> {
        let leaving = self.leaving.iter().filter_map(Weak::upgrade);
        let staying = self.lanes.values().filter(|lane| lane.is_started()).cloned();
        staying.chain(leaving).collect()
    }

    /// Whether the service of one of them must be asked.
    pub(super) fn asks(&self) -> bool {
        self.lanes.values().any(|lane| lane.way().channel.asks())
    }

    /// What follows when `channels` come in their place. A channel that is not `is_changed` stays
    /// the object that it is, with what it knows of its service.
    fn followed_by(&self, mut channels: Channels, is_changed: impl Fn(&str) -> bool) -> Self {
        let mut lanes = BTreeMap::new();
        let names: Vec<String> = channels.iter().map(|(name, _)| name.to_owned()).collect();
        for name in names {
            let Some(new) = channels.of_lane(&name).map(Arc::clone) else { continue };
            let lane = match self.lanes.get(&name) {
                None => Arc::new(Lane::new(&name, new)),
                Some(lane) if is_changed(&name) || lane.is_gone() => {
                    lane.take(new);
                    Arc::clone(lane)
                }
                Some(lane) => {
                    channels.insert(&name, Arc::clone(&lane.way().channel));
                    Arc::clone(lane)
                }
            };
            lanes.insert(name, lane);
        }
        let gone = self.lanes.values().filter(|lane| !lanes.contains_key(&lane.name));
        let gone = gone.inspect(|lane| lane.close()).map(Arc::downgrade);
        let before = self.leaving.iter().filter(|lane| lane.strong_count() > 0).cloned();
        let leaving = before.chain(gone).collect();
        Self { channels: Arc::new(channels), lanes, leaving }
    }
}

/// Gives a lane without a channel this one, until the channels are replaced.
pub(super) fn stand_in(work: &Work, name: &str, channel: &Arc<dyn Channel>) {
    let _turn = work.changing.lock().unwrap_or_else(PoisonError::into_inner);
    let mut next = Ways::clone(&work.ways.load());
    let lane = || Arc::new(Lane::new(name, Arc::clone(channel)));
    next.lanes.entry(name.to_owned()).or_insert_with(lane);
    work.ways.store(Arc::new(next));
    work.replaced.send_modify(|it| *it += 1);
}

/// Puts `channels` in the place of those of today.
pub(super) fn replace(work: &Work, channels: Channels, is_changed: impl Fn(&str) -> bool) {
    let _turn = work.changing.lock().unwrap_or_else(PoisonError::into_inner);
    let before = work.ways.load_full();
    let paused = |name: &str| ChannelLabels { channel: name.to_owned() };
    let changed = before.lanes.keys().filter(|name| is_changed(name) || !has(&channels, name));
    for name in changed {
        work.ground.metrics.paused.get_or_create(&paused(name)).set(0);
    }
    work.ways.store(Arc::new(before.followed_by(channels, is_changed)));
    work.replaced.send_modify(|it| *it += 1);
}

fn has(channels: &Channels, name: &str) -> bool {
    channels.of_lane(name).is_some()
}

/// Starts the lanes of the channels that come later, until told to stop.
pub(super) async fn follow(work: Arc<Work>, done: mpsc::Sender<Done>, tasks: Tasks) {
    let mut replaced = work.replaced.subscribe();
    loop {
        start(&work, &done, &tasks, |_| true);
        tokio::select! {
            () = tasks.stopping() => return,
            // The sender lives as long as we do.
            _ = replaced.changed() => {}
        }
    }
}

/// Starts those lanes of `wants` that are not at work yet.
pub(super) fn start(
    work: &Arc<Work>,
    done: &mpsc::Sender<Done>,
    tasks: &Tasks,
    wants: impl Fn(&str) -> bool,
) {
    let ways = work.ways.load();
    for lane in ways.lanes.values().filter(|lane| wants(&lane.name) && lane.may_start()) {
        tasks.spawn(lane::run(Arc::clone(work), Arc::clone(lane), done.clone(), tasks.clone()));
    }
}
