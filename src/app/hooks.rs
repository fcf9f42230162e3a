//! The hooks of channels: whom people write to beside the accounts of WeChat.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::account::Account;
use crate::channels::Channels;
use crate::channels::HOOKS;
use crate::config::Config;
use crate::intake::Door;
use crate::metrics::Metrics;

/// How long a service is left waiting for its acknowledgement: some give up after 3 s, and the work
/// goes on all the same.
const REPLY_WITHIN: Duration = Duration::from_millis(2_500);

/// The names of the channels that have a hook.
pub(super) fn names(config: &Config) -> impl Iterator<Item = &String> {
    let has_hook = |kind: &str| HOOKS.iter().any(|hook| hook.kind == kind);
    let channels = config.channels.iter();
    let channels = channels.filter(move |it| it.hook_secret.is_some() && has_hook(&it.kind));
    channels.map(|channel| &channel.name)
}

/// The hooks of `channels`, by name.
pub(super) fn open(channels: &Channels, metrics: &Metrics) -> HashMap<String, Arc<Door>> {
    let doors = channels.hooks().map(|(name, hook)| {
        let account = Account::of_channel(name, REPLY_WITHIN, metrics.account(name));
        let door = Door { account: Arc::new(account), hook: hook.clone() };
        (name.to_owned(), Arc::new(door))
    });
    doors.collect()
}
