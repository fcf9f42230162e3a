//! What a station does by itself: captures, and the handlers that come along.

use std::sync::Arc;

use super::Station;
use crate::capture::Recorder;
use crate::config::account::Account;
use crate::config::fault::Fault;
use crate::config::fault::Faults;
use crate::dispatch::Dispatcher;
use crate::dispatch::builtin::Component;
use crate::dispatch::builtin::Notices;
use crate::dispatch::builtin::PublicationCheck;
use crate::dispatch::handler::Handler;
use crate::exchange::Exchange;
use crate::metrics::Metrics;
use crate::store::Store;
use crate::tasks::Tasks;
use crate::wechat::Platform;

impl Station {
    /// Puts the handlers that come along before those of the owner, where an account needs them.
    pub(super) fn builtin(
        &self,
        store: &Arc<dyn Store>,
        tasks: &Tasks,
        rest: Vec<Arc<dyn Handler>>,
    ) -> Vec<Arc<dyn Handler>> {
        let accounts = &self.config.accounts;
        let has_notices =
            |it: &Account| matches!(it.platform, Platform::OpenPlatform | Platform::Wecom);
        if !accounts.iter().any(has_notices) {
            return rest;
        }
        let checked = accounts.iter().filter(|account| account.publication_check);
        let components = checked.map(|account| {
            let app_id = account.app_id.as_str().into();
            let (secret, api_base) = (account.app_secret.clone(), account.api_base.clone());
            (account.name.clone(), Component { app_id, secret, api_base })
        });
        let exchange = Arc::new(Exchange::new(self.config.server.private_hosts.clone()));
        let (components, kept) = (components.collect(), Arc::clone(store));
        let check = PublicationCheck::new(components, kept, exchange, tasks.clone());
        let notices = Notices::new(Arc::clone(store), Dispatcher::new(rest));
        vec![Arc::new(check), Arc::new(notices)]
    }

    /// Starts what writes captures, where the config wants them.
    pub(super) fn record(
        &self,
        tasks: &Tasks,
        metrics: &Metrics,
    ) -> Result<Option<Recorder>, Faults> {
        let Some(settings) = &self.config.server.capture else { return Ok(None) };
        let world = (Arc::clone(&self.clock), Arc::clone(&self.entropy));
        let accounts = &self.config.accounts;
        Recorder::start(settings, accounts, world, tasks, metrics).map(Some).map_err(|error| {
            let folder = settings.folder.display().to_string();
            let fault = Fault::of(folder, format!("captures cannot go here: {error}"));
            let mut faults = Faults::new();
            faults.push(fault.advise("`[server] capture` names a folder that can be written to"));
            faults
        })
    }
}
