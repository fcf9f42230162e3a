//! The config read again while the station runs: all of it is taken over, or nothing.
//!
//! New parts are made from the new config by the functions that make them at the start. Only when
//! all of them are there without a fault do they take the place of the old ones, each by one swap;
//! so whatever is under way ends with what it began with.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use prometheus_client::metrics::counter::Counter;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

use super::Parts;
use super::hooks;
use super::load_channels;
use super::load_forms;
use super::outbox::needs_store;
use super::rules::answered;
use crate::access::Keys;
use crate::channels;
use crate::channels::Channels;
use crate::channels::Means;
use crate::config::Config;
use crate::config::environment::SystemEnvironment;
use crate::config::fault::Fault;
use crate::config::fault::Faults;
use crate::config::places::Places;
use crate::config::prints::Spot;
use crate::config::prints::told;
use crate::dispatch::rules::Prepared;
use crate::dispatch::rules::RulesHandler;
use crate::dispatch::rules::Settings;
use crate::forms::Catalog;
use crate::forms::Forms;
use crate::intake::Intake;
use crate::outbox::Outbox;
use crate::submission::Submissions;
use crate::tasks::Tasks;
use crate::watch;
use crate::watch::Watched;

/// What is done where a setting takes effect at a restart only.
const RESTART: &str =
    "restart yizhan, or put it back; until then nothing of the file is taken over";

/// Where a station's config comes from, and what is made from it.
pub(super) struct Reload {
    path: PathBuf,
    /// The config in force. Held while another one is taken over.
    config: Mutex<Config>,
    /// Whether what must survive is on disk, or the owner of this station has seen to it.
    has_store: bool,
    failures: Counter,
    means: Means,
    outbox: Outbox,
    intake: Arc<Intake>,
    rules: Option<RulesHandler>,
    submissions: Submissions,
    keys: Arc<Keys>,
    forms: Forms,
}

/// All that is new, without a fault.
struct New<'r> {
    config: Config,
    channels: Channels,
    catalog: Catalog,
    rules: Option<Prepared<'r>>,
}

impl Reload {
    /// Of the station of `parts`, which runs with `config`, the file at `path`.
    pub(super) fn of(path: PathBuf, config: Config, parts: &Parts, forms: &Forms) -> Self {
        Self {
            path,
            has_store: parts.has_store,
            failures: parts.intake.metrics.config_reload_failures.clone(),
            config: Mutex::new(config),
            means: parts.means.clone(),
            outbox: parts.outbox.clone(),
            intake: Arc::clone(&parts.intake),
            rules: parts.rules.clone(),
            submissions: parts.submissions.clone(),
            keys: Arc::clone(&parts.keys),
            forms: forms.clone(),
        }
    }

    /// Reads the file again whenever it is saved, and on SIGHUP, until the station stops.
    pub(super) fn start(self, tasks: &Tasks) {
        let reload = Arc::new(self);
        let on_save = Arc::clone(&reload);
        let file = Watched::File(reload.path.clone());
        if let Err(error) = watch::watch(file, tasks, move || on_save.run()) {
            tracing::warn!("the config is read again on SIGHUP only: {error}");
        }
        let mut hangups = match signal(SignalKind::hangup()) {
            Ok(hangups) => hangups,
            Err(error) => return tracing::warn!("SIGHUP cannot be listened to: {error}"),
        };
        let stopping = tasks.clone();
        tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = stopping.stopping() => return,
                    // The listener lives as long as we do.
                    _ = hangups.recv() => {}
                }
                let reload = Arc::clone(&reload);
                // A panic in there is logged by its hook, and the next signal is heard all the same.
                let _ = tokio::task::spawn_blocking(move || reload.run()).await;
            }
        });
    }

    /// Reads the file and takes it over; whatever is wrong with it is logged and counted, and the
    /// config of before stays.
    fn run(&self) {
        match self.take_over() {
            Ok(changed) if changed.is_empty() => {
                tracing::info!("the config was read again; it says what it said before");
            }
            Ok(changed) => {
                tracing::info!(changed = told(&changed), "the changed config is in force");
            }
            Err(faults) => {
                self.failures.inc();
                for fault in faults.iter() {
                    tracing::error!("the config was not reloaded: {fault}");
                }
            }
        }
    }

    /// All of the new config, or none of it. What has changed.
    fn take_over(&self) -> Result<Vec<Spot>, Faults> {
        let mut config = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = Config::load(&self.path, &SystemEnvironment)?;
        let changed = config.prints.changed(&loaded.config.prints);
        self.check(&changed, &loaded.config)?;
        let mut faults = Faults::new();
        let channels = load_channels(&loaded.config, &self.means, &mut faults);
        let catalog = load_forms(&loaded.config).unwrap_or_else(|found| {
            faults.append(found);
            Catalog::default()
        });
        let settings = Settings::from(&loaded.config);
        let rules = self.rules.as_ref().map(|it| it.prepare(answered(&loaded.config), settings));
        let rules = rules.transpose().unwrap_or_else(|found| {
            faults.append(found);
            None
        });
        for warning in loaded.warnings.into_iter().chain(faults.take_warnings()) {
            tracing::warn!("{warning}");
        }
        let new = faults.or(New { config: loaded.config, channels, catalog, rules })?;
        *config = self.put_in_place(new, &changed);
        Ok(changed)
    }

    /// EVERY PART THAT FOLLOWS THE CONFIG HAS ITS LINE HERE. None of them can fail.
    fn put_in_place(&self, new: New<'_>, changed: &[Spot]) -> Config {
        let New { config, channels, catalog, rules } = new;
        self.means.exchange.allow(config.server.private_hosts.clone());
        self.intake.hooks.replace(hooks::open(&channels, &self.intake.metrics));
        self.outbox.replace(channels, |lane| is_changed(lane, changed));
        self.submissions.replace(&config);
        self.forms.replace(catalog);
        self.keys.replace(&config);
        if let Some(rules) = rules {
            rules.take();
        }
        config
    }

    /// Refuses what takes effect at a restart only.
    fn check(&self, changed: &[Spot], config: &Config) -> Result<(), Faults> {
        let mut faults = Faults::new();
        let fixed: Vec<&Spot> = changed.iter().filter(|spot| !spot.is_live()).collect();
        let places = (!fixed.is_empty()).then(|| Places::load(&self.path, &SystemEnvironment));
        for spot in &fixed {
            let Spot { section, name, key } = spot;
            // Of a table that is new or gone its name says enough.
            let is_named = |it: &&&Spot| it.key == "name" && it.name == *name;
            let is_whole = name.is_some() && fixed.iter().any(|it| is_named(&it));
            if is_whole && key != "name" {
                continue;
            }
            let what = match name {
                Some(name) if is_whole => format!("[[{section}]] {name}"),
                _ => spot.to_string(),
            };
            let message = format!("`{what}` takes effect at a restart only");
            let fault = match (&places, name) {
                (Some(places), Some(name)) => places.account(name, key, message),
                (Some(places), None) => places.section(section, key, message),
                (None, _) => Fault::of(self.path.display().to_string(), message),
            };
            faults.push(fault.advise(RESTART));
        }
        if !self.has_store && needs_store(config) {
            let message = "the store takes effect at a restart only: so far nothing needed one";
            faults.push(Fault::of(self.path.display().to_string(), message).advise(RESTART));
        }
        faults.sort();
        faults.or(())
    }
}

/// Whether what goes through a lane goes another way now.
fn is_changed(lane: &str, changed: &[Spot]) -> bool {
    let is_of = |section: &str, name: &str| {
        changed.iter().any(|it| it.section == section && it.name.as_deref() == Some(name))
    };
    match lane.strip_prefix(&channels::form_hook_name("")) {
        Some(form) => is_of("form", form),
        None => is_of("channel", lane),
    }
}
