//! What a station does by itself: captures, and the handlers that come along.

use std::sync::Arc;

use actix_web::web;

use super::Parts;
use super::Station;
use super::load_channels;
use super::load_rules;
use super::open_outbox;
use super::outbox::open_store;
use super::told::Told;
use crate::api::Api;
use crate::capture::Recorder;
use crate::channels::Channels;
use crate::channels::Means;
use crate::code;
use crate::config::fault::Fault;
use crate::config::fault::Faults;
use crate::config::server::Server;
use crate::dispatch::Dispatcher;
use crate::dispatch::builtin::Authorizations;
use crate::dispatch::builtin::Notices;
use crate::dispatch::builtin::PublicationCheck;
use crate::dispatch::handler::Handler;
use crate::dispatch::rules::RulesHandler;
use crate::forms::Forms;
use crate::inbox::Inbox;
use crate::inbox::Limits;
use crate::metrics::Metrics;
use crate::outbox::Outbox;
use crate::receiver::Routes;
use crate::store::Store;
use crate::store::StoreError;
use crate::tasks::Tasks;
use crate::wechat::Platform;

/// The routes of the API.
pub(super) fn api(parts: &Parts, forms: &Forms, server: &Server) -> Routes {
    let api = Api {
        keys: Arc::clone(&parts.keys),
        submissions: parts.submissions.clone(),
        forms: forms.clone(),
        intake: Arc::clone(&parts.intake),
        rules: parts.rules.clone(),
        captures: server.capture.as_ref().map(|it| it.folder.clone()),
        tasks: parts.tasks.clone(),
    };
    Arc::new(move |config: &mut web::ServiceConfig| api.routes(config))
}

impl Station {
    /// The channels of the config and the rules; all that is wrong with either.
    pub(super) fn load_files(
        &self,
        means: &Means,
        metrics: &Metrics,
    ) -> Result<(Channels, Option<RulesHandler>), Faults> {
        let mut faults = Faults::new();
        let channels = load_channels(&self.config, means, &mut faults);
        let rules = load_rules(&self.config, metrics).unwrap_or_else(|found| {
            faults.append(found);
            None
        });
        for warning in faults.take_warnings() {
            tracing::warn!("{warning}");
        }
        faults.or((channels, rules))
    }

    /// The store that was given, or that of the config.
    pub(super) fn open_store(&self) -> Result<Arc<dyn Store>, StoreError> {
        match &self.store {
            Some(store) => Ok(Arc::clone(store)),
            None => open_store(&self.config),
        }
    }

    /// The outbox over `store`.
    pub(super) fn open_outbox(
        &self,
        store: Arc<dyn Store>,
        channels: Channels,
        metrics: &Metrics,
    ) -> Outbox {
        let world = (Arc::clone(&self.clock), Arc::clone(&self.entropy));
        open_outbox(&self.config, store, channels, world, metrics.outbox.clone())
    }

    /// What works on each message once.
    pub(super) fn inbox(&self, tasks: &Tasks, metrics: &Arc<Metrics>) -> Inbox {
        let inbox = &self.config.inbox;
        let limits =
            Limits { remember: inbox.remember, capacity: inbox.capacity, pending: inbox.pending };
        let counted = Arc::clone(metrics);
        let panicked = move || {
            let code = code::HANDLER_PANICKED;
            counted.count_trouble(code.name);
            tracing::error!(code = code.name, advice = code.advice, "{}", code.meaning);
        };
        Inbox::new(limits, tasks.clone(), self.entropy.as_ref(), panicked)
    }

    /// Puts the handlers that come along before those of the owner, where an account needs them.
    pub(super) fn builtin(
        &self,
        (outbox, means): (&Outbox, &Means),
        tasks: &Tasks,
        mut rest: Vec<Arc<dyn Handler>>,
    ) -> Vec<Arc<dyn Handler>> {
        // Channels to their users may come later.
        if means.clients.iter().next().is_some() {
            let told = Told { outbox: outbox.clone(), tasks: tasks.clone() };
            rest.insert(0, Arc::new(told));
        }
        let store = outbox.store();
        let accounts = &self.config.accounts;
        if !accounts.iter().any(|it| it.platform == Platform::OpenPlatform) {
            return rest;
        }
        let checked = accounts.iter().filter(|it| it.publication_check);
        let checked = checked.map(|it| it.name.clone()).collect();
        let check = PublicationCheck::new(checked, tasks.clone());
        let authorizations =
            Authorizations::new(Arc::clone(store), Arc::clone(&self.clock), tasks.clone());
        let notices = Notices::new(Arc::clone(store), authorizations, Dispatcher::new(rest));
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
