//! The pages of a station, wired to what they are made of.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::Parts;
use crate::config::Config;
use crate::config::fault::Faults;
use crate::config::server::Server;
use crate::pages;
use crate::pages::Forms;
use crate::pages::Pages;
use crate::receiver::Routes;

/// The forms of the config; all that is wrong with their templates.
///
/// # Errors
///
/// Everything that is wrong with them.
pub(crate) fn load_forms(config: &Config) -> Result<Forms, Faults> {
    let mut faults = Faults::new();
    let forms = Forms::build(&config.forms, &mut faults);
    faults.or(forms)
}

/// The pages; none where the station does not know its own address, since there can be no link to
/// one then.
pub(super) fn open(server: &Server, forms: Forms, parts: &Parts) -> Option<Arc<Pages>> {
    let public_url = server.public_url.clone()?;
    Some(Arc::new(Pages {
        forms: ArcSwap::from_pointee(forms),
        keys: Arc::clone(&parts.keys),
        outbox: parts.outbox.clone(),
        intake: Arc::clone(&parts.intake),
        clock: Arc::clone(&parts.intake.clock),
        entropy: Arc::clone(&parts.intake.entropy),
        public_url,
        zone: server.timezone.clone(),
    }))
}

/// The routes of the pages.
pub(super) fn routes(pages: Arc<Pages>) -> Routes {
    Arc::new(move |config| pages::routes(&pages, config))
}
