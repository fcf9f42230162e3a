//! The forms and pages of a station, wired to what they are made of.

use std::sync::Arc;

use super::Parts;
use crate::config::Config;
use crate::config::fault::Faults;
use crate::config::server::Server;
use crate::forms::Catalog;
use crate::forms::Forms;
use crate::pages;
use crate::pages::Pages;
use crate::receiver::Routes;

/// The forms of the config; all that is wrong with their templates.
///
/// # Errors
///
/// Everything that is wrong with them.
pub(crate) fn load_forms(config: &Config) -> Result<Catalog, Faults> {
    let mut faults = Faults::new();
    let catalog = Catalog::build(&config.forms, &mut faults);
    faults.or(catalog)
}

/// The way in for forms. A config with forms has the address that their links begin with.
pub(super) fn forms(server: &Server, catalog: Catalog, parts: &Parts) -> Forms {
    let public_url = server.public_url.clone().unwrap_or_default();
    let world = (Arc::clone(&parts.intake.clock), Arc::clone(&parts.intake.entropy));
    Forms::new(catalog, parts.outbox.clone(), public_url, world)
}

/// The routes of the pages.
pub(super) fn routes(server: &Server, forms: Forms, parts: &Parts) -> Routes {
    let (intake, zone) = (Arc::clone(&parts.intake), server.timezone.clone());
    let pages = Arc::new(Pages { forms, intake, zone });
    Arc::new(move |config| pages::routes(&pages, config))
}
