//! The rules as a handler, and their reload.

use std::fmt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use arc_swap::ArcSwap;
use prometheus_client::metrics::counter::Counter;

use super::Rules;
use super::Settings;
use super::condition::Asked;
use super::memory::Memory;
use super::run::Progress;
use super::run::Run;
use super::run::World;
use crate::assistant::Assistants;
use crate::config::fault::Faults;
use crate::dispatch::handler::Answer;
use crate::dispatch::handler::Context;
use crate::dispatch::handler::Handler;
use crate::entropy::Entropy;
use crate::entropy::SystemEntropy;
use crate::exchange::Exchange;
use crate::metrics::AssistantMetrics;
use crate::wechat::inbound::Inbound;

/// Answers by the rules in a folder. Cheap to clone; clones share rules and memory.
#[derive(Clone)]
pub struct RulesHandler(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    /// Held while rules are read and taken, so that the last to read is the last to take.
    given: Mutex<Given>,
    rules: ArcSwap<Rules>,
    memory: Arc<Memory>,
    exchange: Arc<Exchange>,
    assistants: Assistants,
    /// Makes the ids of pages.
    entropy: Arc<dyn Entropy>,
    /// Of the last reload, if it was refused.
    faults: Mutex<Option<Faults>>,
    counts: Counts,
}

/// What is counted of rules.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// The reloads that are refused.
    pub failures: Counter,
    /// What `ask` costs.
    pub assistants: AssistantMetrics,
}

/// What the config says of rules.
struct Given {
    accounts: Vec<String>,
    settings: Settings,
}

/// Rules that were read for another config, and wait to be taken.
pub struct Prepared<'h> {
    inner: &'h Inner,
    given: MutexGuard<'h, Given>,
    new: Given,
    rules: Rules,
}

impl Prepared<'_> {
    /// Answers by them from now on. Users' variables and cooldowns go on.
    pub fn take(mut self) {
        self.inner.exchange.allow(self.new.settings.private_hosts.clone());
        self.inner.assistants.replace(&self.new.settings.assistants);
        self.inner.rules.store(Arc::new(self.rules));
        *self.inner.faults.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.given = self.new;
    }
}

impl fmt::Debug for RulesHandler {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.0.rules.load();
        write!(out, "RulesHandler({}, {} rules)", self.0.folder.display(), rules.len())
    }
}

impl RulesHandler {
    /// Reads the rules in `folder`. `accounts` are the names that the config knows, `counts`
    /// is where it counts.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the rules.
    pub fn load(
        folder: impl Into<PathBuf>,
        accounts: Vec<String>,
        settings: Settings,
        counts: Counts,
    ) -> Result<Self, Faults> {
        let folder = folder.into();
        let given = Given { accounts, settings };
        let rules = read(&folder, &given)?;
        let exchange = Arc::new(Exchange::new(given.settings.private_hosts.clone()));
        let assistants = Assistants::new(&given.settings.assistants, counts.assistants.clone());
        Ok(Self(Arc::new(Inner {
            folder,
            given: Mutex::new(given),
            rules: ArcSwap::from_pointee(rules),
            memory: Arc::new(Memory::new()),
            exchange,
            assistants,
            entropy: Arc::new(SystemEntropy),
            faults: Mutex::new(None),
            counts,
        })))
    }

    /// Reads the folder again and takes the new rules; with any fault the old ones stay. Users'
    /// variables and cooldowns go on.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the new rules; it is in the log already.
    pub fn reload(&self) -> Result<(), Faults> {
        let given = self.0.given.lock().unwrap_or_else(PoisonError::into_inner);
        let read = read(&self.0.folder, &given);
        let mut kept = self.0.faults.lock().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(rules) => {
                tracing::info!("reloaded {} rules from {}", rules.len(), self.0.folder.display());
                self.0.rules.store(Arc::new(rules));
                *kept = None;
                Ok(())
            }
            Err(faults) => {
                self.0.counts.failures.inc();
                for fault in faults.iter() {
                    tracing::error!("the rules were not reloaded: {fault}");
                }
                *kept = Some(faults.clone());
                Err(faults)
            }
        }
    }

    /// Reads the folder for another config, and takes nothing yet.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the rules under that config.
    pub fn prepare(
        &self,
        accounts: Vec<String>,
        settings: Settings,
    ) -> Result<Prepared<'_>, Faults> {
        let inner = &*self.0;
        let given = inner.given.lock().unwrap_or_else(PoisonError::into_inner);
        let new = Given { accounts, settings };
        let rules = read(&inner.folder, &new)?;
        Ok(Prepared { inner, given, new, rules })
    }

    /// The rules as they are now.
    pub fn rules(&self) -> Arc<Rules> {
        self.0.rules.load_full()
    }

    /// Why the last reload was refused; none if it was not.
    pub fn faults(&self) -> Option<Faults> {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0.folder
    }
}

fn read(folder: &Path, given: &Given) -> Result<Rules, Faults> {
    let accounts: Vec<&str> = given.accounts.iter().map(String::as_str).collect();
    let rules = Rules::load(folder, &accounts, &given.settings)?;
    for warning in rules.warnings() {
        tracing::warn!("{warning}");
    }
    Ok(rules)
}

impl Handler for RulesHandler {
    fn answer(&self, inbound: &Arc<Inbound>, context: &Context) -> Answer {
        let world = World {
            rules: self.0.rules.load_full(),
            memory: Arc::clone(&self.0.memory),
            exchange: Arc::clone(&self.0.exchange),
            assistants: self.0.assistants.clone(),
            entropy: Arc::clone(&self.0.entropy),
        };
        let asked = Asked::of(inbound);
        let (run, progress) = match Run::confirmed(&world, &asked, context) {
            Some(mut run) => {
                let progress = run.proceed_again();
                (run, progress)
            }
            None => {
                let mut run = Run::new(world, inbound, context, &asked);
                let progress = run.proceed(&asked);
                (run, progress)
            }
        };
        match progress {
            Progress::Passed => Answer::Pass,
            Progress::Done(result) => Answer::Now(result),
            Progress::Waits(job) => match run.report(&job) {
                Err(error) => Answer::Now(Err(error)),
                Ok(None) => Answer::Later(Box::pin(run.finish(job))),
                Ok(Some(report)) => Answer::Reported(Box::pin(run.finish(job)), report),
            },
        }
    }
}
