//! What the commands about notifications work on: the config's channels and store.

use std::path::PathBuf;
use std::sync::Arc;

use super::Global;
use crate::app;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::config::environment::SystemEnvironment;
use crate::config::fault::Faults;
use crate::entropy::Entropy;
use crate::entropy::SystemEntropy;
use crate::metrics::Metrics;
use crate::outbox::Outbox;
use crate::store;
use crate::store::Store;

/// An outbox that accepts, and sends once it is started.
pub(super) struct Ground {
    pub(super) outbox: Outbox,
}

/// Reads the config, and opens the store and the channels.
pub(super) fn open(global: &Global) -> anyhow::Result<Ground> {
    let config = Config::load(&global.config, &SystemEnvironment)?.config;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let place = &config.store;
    let store = store::open_beside(place.url.expose(), &place.folder, &place.keys)?;
    let means = app::means(&config, &store, (&clock, &entropy));
    let mut faults = Faults::new();
    let channels = app::load_channels(&config, &means, &mut faults);
    faults.or(())?;
    let world = (clock, entropy);
    let outbox = app::open_outbox(&config, store, channels, world, Metrics::new().outbox.clone());
    Ok(Ground { outbox })
}

/// Opens the store alone, and only if there is one: whoever only looks makes no file.
pub(super) fn open_store(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    let url = config.store.url.expose();
    if let Some(file) = url.strip_prefix("sqlite:") {
        let file = file.strip_prefix("//").unwrap_or(file);
        let path: PathBuf = config.store.folder.join(file);
        if !path.exists() {
            anyhow::bail!(
                "there is no store at `{}` yet; `yizhan serve` makes it once it has a channel",
                path.display()
            );
        }
    }
    Ok(store::open_beside(url, &config.store.folder, &config.store.keys)?)
}
