//! The rules of a station.

use super::hooks;
use crate::config::Config;
use crate::config::fault::Faults;
use crate::dispatch::rules::Counts;
use crate::dispatch::rules::RulesHandler;
use crate::dispatch::rules::Settings;
use crate::metrics::Metrics;

/// The rules of the folder that the config names. A folder nobody asked for may be absent.
///
/// # Errors
///
/// Everything that is wrong with the rules.
pub(crate) fn load_rules(
    config: &Config,
    metrics: &Metrics,
) -> Result<Option<RulesHandler>, Faults> {
    let server = &config.server;
    if !server.is_handlers_given && !server.handlers.exists() {
        return Ok(None);
    }
    let (failures, assistants) = (metrics.reload_failures.clone(), metrics.assistants.clone());
    let counts = Counts { failures, assistants };
    let settings = Settings::from(config);
    RulesHandler::load(&server.handlers, answered(config), settings, counts).map(Some)
}

/// For whom rules may answer: the accounts, and the channels that people write to.
pub(super) fn answered(config: &Config) -> Vec<String> {
    let accounts = config.accounts.iter().map(|account| &account.name);
    accounts.chain(hooks::names(config)).cloned().collect()
}
