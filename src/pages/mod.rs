//! Pages on the phone, `/p/{id}`: a message to read, a form to decide by, words to mend. And the way
//! in for forms, `/api/v1/forms/{name}`.
//!
//! A page works without scripts and loads nothing from elsewhere but the pictures it shows. Looking
//! at one changes nothing, so the previews that chat programs make of links decide nothing. What
//! is pressed is written down once, together with the call of the owner's hook, which then leaves
//! through the outbox as every notification does.

mod error;
mod forms;
mod mend;
mod press;
mod send;
mod sent;
mod show;
mod view;
mod words;

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use self::error::FormError;
pub use self::forms::Forms;
pub use self::forms::TemplateError;
use self::sent::Sent;
use crate::access::Keys;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::intake::Intake;
use crate::outbox::Outbox;
use crate::page;
use crate::page::Page;
use crate::page::PageId;
use crate::store::StoreError;

/// The largest body that is read, in bytes.
pub const LARGEST_BODY: usize = 256 << 10;

/// The largest form that a browser may post, in bytes.
const LARGEST_FORM: usize = 64 << 10;

/// What pages are shown and decided with.
pub struct Pages {
    /// The owner's forms.
    pub forms: ArcSwap<Forms>,
    /// Who may send forms out.
    pub keys: Arc<Keys>,
    /// How links and calls of hooks leave, and the store behind it.
    pub outbox: Outbox,
    /// Works on words that were mended.
    pub intake: Arc<Intake>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and tokens.
    pub entropy: Arc<dyn Entropy>,
    /// What links begin with, without a slash at its end.
    pub public_url: String,
    /// The zone of the times that people read.
    pub zone: TimeZone,
}

/// Serves the pages.
pub fn routes(pages: &Arc<Pages>, config: &mut web::ServiceConfig) {
    let data = web::Data::new(Arc::clone(pages));
    let body = |largest| web::PayloadConfig::new(largest);
    config
        .app_data(data)
        .service(
            web::resource("/api/v1/forms/{name}")
                .app_data(body(LARGEST_BODY))
                .route(web::post().to(send::send)),
        )
        .service(web::resource("/api/v1/forms/{name}/{id}").route(web::get().to(send::look)))
        .service(web::resource("/p/page.css").route(web::get().to(show::our_style)))
        .service(web::resource("/p/{id}/style.css").route(web::get().to(show::own_style)))
        .service(
            web::resource("/p/{id}")
                .app_data(body(LARGEST_FORM))
                .route(web::get().to(show::show))
                .route(web::head().to(show::show))
                .route(web::post().to(press::press)),
        );
}

impl Pages {
    fn now(&self) -> Duration {
        self.clock.since_epoch()
    }

    /// The page with this id.
    async fn page(&self, id: &PageId) -> Result<Option<Page>, StoreError> {
        let json = self.outbox.store().get(self.now(), &page::key(id)).await?;
        Ok(json.as_deref().and_then(Page::of_json))
    }

    /// The form that was sent out with this id.
    async fn sent(&self, id: &str) -> Result<Option<Sent>, StoreError> {
        let json = self.outbox.store().get(self.now(), &sent::key(id)).await?;
        Ok(json.as_deref().and_then(Sent::of_json))
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
