//! Forms: what programs hand in is rendered through the owner's template, kept, and its link sent
//! through the form's channels. What its page then shows and takes is the business of `pages`.

mod accept;
mod catalog;
mod error;
mod sent;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

pub use self::accept::Accepted;
pub use self::accept::Link;
pub use self::accept::MOST_RECEIVERS;
pub use self::accept::Request;
pub use self::catalog::Catalog;
pub use self::catalog::Form;
pub use self::catalog::TemplateError;
pub use self::error::FormError;
pub use self::sent::Action;
pub use self::sent::Decision;
pub use self::sent::Field;
pub use self::sent::Filled;
pub use self::sent::Sent;
pub use self::sent::decision_key;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::outbox::Outbox;
use crate::store::Ids;
use crate::store::Store;
use crate::store::StoreError;

/// The way in for forms, and to what was sent out. Cheap to clone.
#[derive(Clone)]
pub struct Forms {
    desk: Arc<Desk>,
}

struct Desk {
    catalog: ArcSwap<Catalog>,
    outbox: Outbox,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    ids: Ids,
    /// What links begin with, without a slash at its end.
    public_url: String,
}

impl Forms {
    /// Sends the forms of `catalog` out through `outbox`, with links that begin with `public_url`.
    pub fn new(
        catalog: Catalog,
        outbox: Outbox,
        public_url: String,
        (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>),
    ) -> Self {
        let catalog = ArcSwap::from_pointee(catalog);
        let ids = Ids::new(Arc::clone(&entropy));
        Self { desk: Arc::new(Desk { catalog, outbox, clock, entropy, ids, public_url }) }
    }

    /// Puts other forms in the place of those of today. What was sent out stays as it is.
    pub fn replace(&self, catalog: Catalog) {
        self.desk.catalog.store(Arc::new(catalog));
    }

    /// The form called `name`.
    pub fn form(&self, name: &str) -> Option<Arc<Form>> {
        self.desk.catalog.load().find(name)
    }

    /// The form that was sent out with this id.
    ///
    /// # Errors
    ///
    /// That of the store.
    pub async fn sent(&self, id: &str) -> Result<Option<Sent>, StoreError> {
        let json = self.store().get(self.now(), &sent::key(id)).await?;
        Ok(json.as_deref().and_then(Sent::of_json))
    }

    /// How links and calls of hooks leave.
    pub fn outbox(&self) -> &Outbox {
        &self.desk.outbox
    }

    /// Where all of it is kept.
    pub fn store(&self) -> &Arc<dyn Store> {
        self.desk.outbox.store()
    }

    /// The time, since 1970.
    pub fn now(&self) -> Duration {
        self.desk.clock.since_epoch()
    }
}
