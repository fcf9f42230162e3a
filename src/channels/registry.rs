//! The channels of one station, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Channel;
use super::ChannelKind;
use super::Hook;
use super::KINDS;
use super::OWN;
use super::kind;
use super::kind::Means;
use super::kind::Setup;
use crate::config::channel::Channel as Common;
use crate::config::fault::Faults;
use crate::config::fault::did_you_mean;
use crate::config::settings;
use crate::config::settings::Setting;

/// Every way out, by name.
#[derive(Clone, Default)]
pub struct Channels {
    by_name: BTreeMap<String, Arc<dyn Channel>>,
    hooks: BTreeMap<String, Hook>,
}

impl Channels {
    /// Makes the channels that the config lists. What is wrong with their settings is added to
    /// `faults`.
    pub fn build(configured: &[Common], means: &Means, faults: &mut Faults) -> Self {
        let mut channels = Self::default();
        for common in configured {
            let (channel, hook) = build(common, means, faults);
            if let Some(channel) = channel {
                channels.insert(&common.name, channel);
                channels.hooks.extend(hook.map(|hook| (common.name.clone(), hook)));
            }
        }
        channels
    }

    /// Adds a channel that no config names. A name with an account behind a slash, as in
    /// `wechat-customer/shop`, is the channel `wechat-customer` of that account: it queues apart
    /// from those of other accounts, and has a pace of its own.
    pub fn insert(&mut self, name: impl Into<String>, channel: Arc<dyn Channel>) {
        self.by_name.insert(name.into(), channel);
    }

    /// The lane in which what goes through `channel` for `account` waits. None: there is no such
    /// channel.
    pub fn lane(&self, channel: &str, account: Option<&str>) -> Option<String> {
        let of_account = account.map(|account| format!("{channel}/{account}"));
        let is_there = |name: &String| self.by_name.contains_key(name);
        of_account.filter(is_there).or_else(|| Some(channel.to_owned()).filter(is_there))
    }

    /// The channel of a lane.
    pub fn of_lane(&self, lane: &str) -> Option<&Arc<dyn Channel>> {
        self.by_name.get(lane)
    }

    /// The hook of the channel called `name`, if it has one.
    pub fn hook(&self, name: &str) -> Option<&Hook> {
        self.hooks.get(name)
    }

    /// Each hook with its channel's name.
    pub fn hooks(&self) -> impl Iterator<Item = (&str, &Hook)> {
        self.hooks.iter().map(|(name, hook)| (name.as_str(), hook))
    }

    /// Each lane with its channel, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<dyn Channel>)> {
        self.by_name.iter().map(|(name, channel)| (name.as_str(), channel))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

/// A channel, and its hook where it has one.
fn build(
    common: &Common,
    means: &Means,
    faults: &mut Faults,
) -> (Option<Arc<dyn Channel>>, Option<Hook>) {
    let kind = kind(&common.kind);
    let own = kind.map_or(&[][..], |kind| kind.settings);
    common.sheet.read(own, faults, |fields| {
        let Some(kind) = kind else {
            let names = KINDS.iter().map(|kind| kind.name);
            let advice = did_you_mean(&common.kind, names)
                .unwrap_or_else(|| "`yizhan channels` lists the kinds".to_owned());
            let message = format!("there is no kind of channel `{}`", common.kind);
            fields.table.value_fault("kind", message, Some(advice));
            return (None, None);
        };
        fields.table.finish(&keys(kind));
        if common.name == OWN {
            let message =
                format!("`{OWN}` is also what an account's own way to its users is called");
            let advice = "that comes first where the account has one; take another name".to_owned();
            fields.table.warn("name", message, Some(advice));
        }
        let terms = super::kind::terms(&(kind.terms)(), common);
        let setup = Setup { common, fields, means, terms };
        ((kind.build)(&setup), Hook::read(&setup))
    })
}

/// The keys that a channel of `kind` has.
fn keys(kind: &ChannelKind) -> Vec<&'static str> {
    let all = settings::channel::CHANNEL.settings.iter().chain(kind.settings);
    all.map(|setting: &Setting| setting.key).collect()
}
