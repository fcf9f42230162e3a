//! The store and the outbox of a station, as its config wants them.

use std::sync::Arc;

use crate::channels;
use crate::channels::Channels;
use crate::channels::Means;
use crate::clock::Clock;
use crate::config::Config;
use crate::config::account::Account;
use crate::config::fault::Faults;
use crate::entropy::Entropy;
use crate::exchange::Exchange;
use crate::metrics::OutboxMetrics;
use crate::outbox::Ground;
use crate::outbox::LOOK;
use crate::outbox::Outbox;
use crate::outbox::Settings;
use crate::platform::Clients;
use crate::store;
use crate::store::Retention;
use crate::store::Store;
use crate::store::StoreError;
use crate::wechat::Platform;
use crate::window::Windows;

/// Whether something in the config needs what survives a restart: a channel, calls to WeChat with
/// their tokens, an open platform's tickets, or the owner, who wrote down where it is. Otherwise no
/// file is made, so such a station runs on a read-only disk.
pub(super) fn needs_store(config: &Config) -> bool {
    let keeps = |it: &Account| it.app_secret.is_some() || it.platform == Platform::OpenPlatform;
    let has_forms = !config.forms.is_empty();
    config.store.is_given
        || !config.channels.is_empty()
        || has_forms
        || config.accounts.iter().any(keeps)
}

/// Opens the store: the one of the config if something needs it, otherwise one in memory.
///
/// # Errors
///
/// [`StoreError`], if it cannot be opened.
pub(crate) fn open_store(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    match needs_store(config) {
        true => {
            let store = &config.store;
            store::open_with(store.url.expose(), &store.folder, &store.keys)
        }
        false => store::open("memory:", &config.store.folder),
    }
}

/// What channels send through: the tokens of the accounts, and who allows them what, are in `store`.
/// Nobody is called yet.
pub(crate) fn means(
    config: &Config,
    store: &Arc<dyn Store>,
    (clock, entropy): (&Arc<dyn Clock>, &Arc<dyn Entropy>),
) -> Means {
    Means {
        exchange: Arc::new(Exchange::new(config.server.private_hosts.clone())),
        clock: Arc::clone(clock),
        clients: Clients::open(&config.accounts, store, clock, entropy),
        windows: Arc::new(Windows::new(Arc::clone(store), Arc::clone(clock))),
    }
}

/// The channels that the config lists, and every account's own way to its users. What is wrong with
/// them, and what is only worth a warning, is added to `faults`.
pub(crate) fn load_channels(config: &Config, means: &Means, faults: &mut Faults) -> Channels {
    let mut channels = Channels::build(&config.channels, means, faults);
    for client in means.clients.iter() {
        if let Some(own) = channels::own(client, &means.windows) {
            channels.insert(format!("{}/{}", channels::OWN, client.name()), own);
        }
    }
    let robots = config.accounts.iter().filter(|it| it.platform == Platform::WecomBot);
    for robot in robots {
        let name = format!("{}/{}", channels::OWN, robot.name);
        channels.insert(name, channels::robot(&means.exchange));
    }
    for form in &config.forms {
        if let Some(hook) = &form.hook {
            let name = channels::form_hook_name(&form.name);
            channels.insert(name, channels::form_hook(hook, &means.exchange));
        }
    }
    channels
}

/// The outbox over `store`.
pub(crate) fn open_outbox(
    config: &Config,
    store: Arc<dyn Store>,
    channels: Channels,
    (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>),
    metrics: OutboxMetrics,
) -> Outbox {
    let retention = Retention {
        delivered: config.store.keep_delivered,
        buried: config.store.keep_buried,
        count: config.store.keep_count,
    };
    let settings = Settings {
        retry: config.outbox.retry.clone(),
        pause_after: config.outbox.pause_after,
        wait_for_channel: config.outbox.wait_for_channel,
        retention,
        look: LOOK,
    };
    Outbox::new(Ground { store, channels, clock, entropy, metrics, settings })
}
