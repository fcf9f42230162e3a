//! Pages on the phone, `/p/{id}`: a message to read, a form to decide by, words to mend.
//!
//! A page works without scripts and loads nothing from elsewhere but the pictures it shows. Looking
//! at one changes nothing, so the previews that chat programs make of links decide nothing. What
//! is pressed is written down once, together with the call of the owner's hook, which then leaves
//! through the outbox as every notification does.

mod mend;
mod press;
mod show;
mod view;
mod words;

use std::sync::Arc;

use actix_web::web;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::forms::Forms;
use crate::intake::Intake;
use crate::page;
use crate::page::Page;
use crate::page::PageId;
use crate::store::StoreError;

/// The largest form that a browser may post, in bytes.
const LARGEST_FORM: usize = 64 << 10;

/// What pages are shown and decided with.
pub struct Pages {
    /// The forms, and what was sent out.
    pub forms: Forms,
    /// Works on words that were mended.
    pub intake: Arc<Intake>,
    /// The zone of the times that people read.
    pub zone: TimeZone,
}

/// Serves the pages.
pub fn routes(pages: &Arc<Pages>, config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::new(Arc::clone(pages)))
        .service(web::resource("/p/page.css").route(web::get().to(show::our_style)))
        .service(web::resource("/p/{id}/style.css").route(web::get().to(show::own_style)))
        .service(
            web::resource("/p/{id}")
                .app_data(web::PayloadConfig::new(LARGEST_FORM))
                .route(web::get().to(show::show))
                .route(web::head().to(show::show))
                .route(web::post().to(press::press)),
        );
}

impl Pages {
    /// The page with this id.
    async fn page(&self, id: &PageId) -> Result<Option<Page>, StoreError> {
        let json = self.forms.store().get(self.forms.now(), &page::key(id)).await?;
        Ok(json.as_deref().and_then(Page::of_json))
    }

    /// A time in milliseconds since 1970, as people read it.
    fn shown(&self, at: u64) -> String {
        timestamp(at).to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }
}

/// A time in milliseconds since 1970, as programs read it.
fn moment(at: u64) -> String {
    timestamp(at).to_string()
}

fn timestamp(at: u64) -> Timestamp {
    i64::try_from(at).ok().and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or_default()
}
