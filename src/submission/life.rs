//! What became of a submission, and how it is called back.

use super::Part;
use super::Submissions;
use super::record;
use crate::store::Attempt;
use crate::store::Delivery;
use crate::store::DeliveryId;
use crate::store::Filter;
use crate::store::Reason;
use crate::store::Reported;
use crate::store::State;
use crate::store::StoreError;

/// All that is known of one delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What was to be sent, and where it is.
    pub delivery: Delivery,
    /// What was tried, the first first.
    pub attempts: Vec<Attempt>,
    /// What the service told later, the first first.
    pub reports: Vec<Reported>,
}

/// What became of a submission, channel by channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Life {
    /// Of the whole.
    pub id: DeliveryId,
    /// Each part with its delivery and the attempts; none for one that is folded and not sent yet,
    /// or not kept any more.
    pub parts: Vec<(Part, Option<Found>)>,
}

impl Life {
    /// The word for the whole: that of the part which is furthest from being delivered.
    pub fn state(&self) -> &'static str {
        let rank = |word: &str| {
            ["waiting", "folded", "unknown", "refused", "expired", "delivered"]
                .iter()
                .position(|it| *it == word)
        };
        let words = self.parts.iter().map(|(part, found)| word(part, found.as_ref()));
        words.min_by_key(|it| rank(it).unwrap_or(usize::MAX)).unwrap_or("forgotten")
    }

    /// Whether the key called `name` handed all of it in.
    pub fn is_by(&self, name: &str) -> bool {
        let mut found = self.parts.iter().filter_map(|(_, found)| found.as_ref());
        found.all(|it| it.delivery.notification.by.as_deref() == Some(name))
    }
}

/// The word for one part: its delivery's state; `folded` while it waits to be counted with others,
/// `forgotten` once it is not kept any more.
pub fn word(part: &Part, found: Option<&Found>) -> &'static str {
    match found {
        Some(found) => found.delivery.state.word(),
        None if part.is_folded => "folded",
        None => "forgotten",
    }
}

impl Submissions {
    /// What became of a submission, or of one of its deliveries. None: nothing has that id, or it
    /// is not kept any more.
    ///
    /// # Errors
    ///
    /// That of the store.
    pub async fn find(&self, id: DeliveryId) -> Result<Option<Life>, StoreError> {
        let store = self.desk.outbox.store();
        if let Some(value) = store.get(self.desk.clock.since_epoch(), &record::name(id)).await? {
            let mut parts = Vec::new();
            for part in record::parts(&value)? {
                let found = self.found(part.id).await?;
                parts.push((part, found));
            }
            return Ok(Some(Life { id, parts }));
        }
        Ok(self.found(id).await?.map(|found| {
            let channel = found.delivery.notification.channel.clone();
            let part = Part { id, channel, is_folded: false };
            Life { id, parts: vec![(part, Some(found))] }
        }))
    }

    async fn found(&self, id: DeliveryId) -> Result<Option<Found>, StoreError> {
        let store = self.desk.outbox.store();
        let Some((delivery, attempts)) = store.find(id).await? else { return Ok(None) };
        let reports = store.reports(id).await?;
        Ok(Some(Found { delivery, attempts, reports }))
    }

    /// Gives up what has not been sent yet, for `reason`. How many deliveries that were; what is
    /// being sent just now is not among them.
    ///
    /// # Errors
    ///
    /// That of the store.
    pub async fn cancel(&self, life: &Life, reason: Reason) -> Result<u64, StoreError> {
        let (store, now) = (self.desk.outbox.store(), self.desk.clock.since_epoch());
        let mut count = 0;
        for (part, _) in life.parts.iter().filter(|(part, _)| !part.is_folded) {
            let waiting =
                Filter { id: Some(part.id), state: Some(State::Waiting), ..Filter::default() };
            count += store.bury(now, waiting, reason.clone()).await?;
        }
        Ok(count)
    }
}
