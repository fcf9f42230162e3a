//! A store whose values are sealed: tokens, refresh tokens, tickets, answers that wait, whatever a
//! module keeps under a name. Whoever reads the file without its key reads none of them.
//!
//! All values are, not some: so there is no list of secrets that one could be missing in. What is
//! queued and the names of rows are not.
//!
//! The engine never sees a value. So what compares values ([`Store::compare_and_set`],
//! [`Store::settle_if`]) first looks at what is there and then asks the engine to compare sealed
//! bytes; of these two the second is the transaction.

mod cipher;
mod key_file;
mod ring;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use self::ring::Opening;
use self::ring::Ring;
use super::Accepted;
use super::Attempt;
use super::Books;
use super::Claim;
use super::Delivery;
use super::DeliveryId;
use super::Doing;
use super::Filter;
use super::Finish;
use super::Lane;
use super::NewDelivery;
use super::Page;
use super::Questions;
use super::Reason;
use super::Reported;
use super::Retention;
use super::Settled;
use super::Settlement;
use super::Store;
use super::StoreError;
use super::Tended;
use super::sqlite::Sqlite;
use crate::config::sealing::SealingKeys;
use crate::entropy::Entropy;
use crate::notification::Rate;
use crate::notification::Report;

/// Whether the key may become another one while the store is opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Change {
    /// What the key before has sealed is sealed anew.
    Allowed,
    /// As long as it is the key before that seals, it goes on: a station may be running with it.
    Forbidden,
}

/// The values of another store, sealed.
pub(super) struct Sealed {
    inner: Arc<dyn Store>,
    ring: Ring,
}

impl Sealed {
    /// Opens the database at `path`, or makes it. What is not sealed yet is sealed now.
    pub(super) fn open(
        path: &Path,
        keys: &SealingKeys,
        change: Change,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        let mut opening = Opening::new(path, keys, change, entropy);
        let inner = Sqlite::open_sealed(path, &mut opening)?;
        Ok(Self { inner: Arc::new(inner), ring: opening.into_ring() })
    }

    fn seal(&self, name: &str, value: Option<Vec<u8>>) -> Option<Vec<u8>> {
        value.map(|value| self.ring.seal(name, &value))
    }

    fn seal_values(&self, settlement: Settlement) -> Settlement {
        let mut settlement = settlement;
        for (name, value, _) in &mut settlement.values {
            *value = self.seal(name, value.take());
        }
        settlement
    }

    /// What stands under `name`, as it is stored, if it says `expected`; none if it does not.
    async fn as_stored(
        &self,
        now: Duration,
        name: &str,
        expected: Option<&[u8]>,
    ) -> Result<Option<Option<Vec<u8>>>, StoreError> {
        let stored = self.inner.get(now, name).await?;
        let value = stored.clone().map(|it| self.ring.open(name, it)).transpose()?;
        Ok((value.as_deref() == expected).then_some(stored))
    }
}

/// Fails if the store at `path` has a proof that none of `keys` opens.
pub(super) fn verify(
    path: &Path,
    keys: &SealingKeys,
    proof: Option<&[u8]>,
) -> Result<(), StoreError> {
    ring::find(path, keys, proof).map(drop)
}

impl Store for Sealed {
    fn get<'a>(&'a self, now: Duration, key: &'a str) -> Doing<'a, Option<Vec<u8>>> {
        let stored = self.inner.get(now, key);
        Box::pin(async move { stored.await?.map(|value| self.ring.open(key, value)).transpose() })
    }

    fn values<'a>(
        &'a self,
        now: Duration,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Doing<'a, Vec<(String, Vec<u8>)>> {
        let page = self.inner.values(now, prefix, after, limit);
        Box::pin(async move {
            let open = |(name, value): (String, Vec<u8>)| {
                let value = self.ring.open(&name, value)?;
                Ok((name, value))
            };
            page.await?.into_iter().map(open).collect()
        })
    }

    fn set<'a>(
        &'a self,
        now: Duration,
        key: &'a str,
        value: Option<Vec<u8>>,
        ttl: Duration,
    ) -> Doing<'a, ()> {
        self.inner.set(now, key, self.seal(key, value), ttl)
    }

    fn compare_and_set<'a>(
        &'a self,
        now: Duration,
        key: &'a str,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        ttl: Duration,
    ) -> Doing<'a, bool> {
        Box::pin(async move {
            let value = self.seal(key, value);
            // Again where somebody wrote in between: perhaps the same value, with another nonce.
            while let Some(stored) = self.as_stored(now, key, expected.as_deref()).await? {
                if self.inner.compare_and_set(now, key, stored, value.clone(), ttl).await? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    fn settle(&self, now: Duration, settlement: Settlement) -> Doing<'_, Settled> {
        self.inner.settle(now, self.seal_values(settlement))
    }

    fn settle_if(
        &self,
        now: Duration,
        expected: Vec<(String, Option<Vec<u8>>)>,
        settlement: Settlement,
    ) -> Doing<'_, Option<Settled>> {
        let settlement = self.seal_values(settlement);
        Box::pin(async move {
            loop {
                let mut stored = Vec::with_capacity(expected.len());
                for (name, value) in &expected {
                    let Some(found) = self.as_stored(now, name, value.as_deref()).await? else {
                        // Known is known, whatever the values are.
                        let known = self.inner.settled(now, &settlement.key).await?;
                        return Ok(known.map(Settled::Known));
                    };
                    stored.push((name.clone(), found));
                }
                let settled = self.inner.settle_if(now, stored, settlement.clone()).await?;
                if settled.is_some() {
                    return Ok(settled);
                }
            }
        })
    }

    fn enqueue(&self, now: Duration, batch: Vec<NewDelivery>) -> Doing<'_, Vec<Accepted>> {
        self.inner.enqueue(now, batch)
    }

    fn claim<'a>(
        &'a self,
        now: Duration,
        lane: &'a str,
        count: u32,
        lease: Duration,
        rate: Option<Rate>,
    ) -> Doing<'a, Claim> {
        self.inner.claim(now, lane, count, lease, rate)
    }

    fn extend(
        &self,
        leases: Vec<(DeliveryId, u64)>,
        until: Duration,
    ) -> Doing<'_, Vec<DeliveryId>> {
        self.inner.extend(leases, until)
    }

    fn finish(&self, now: Duration, batch: Vec<Finish>) -> Doing<'_, Vec<bool>> {
        self.inner.finish(now, batch)
    }

    fn bury(&self, now: Duration, filter: Filter, reason: Reason) -> Doing<'_, u64> {
        self.inner.bury(now, filter, reason)
    }

    fn revive(&self, now: Duration, filter: Filter, limit: u32) -> Doing<'_, u64> {
        self.inner.revive(now, filter, limit)
    }

    fn lanes(&self) -> Doing<'_, Vec<Lane>> {
        self.inner.lanes()
    }

    fn query(&self, filter: Filter, cursor: Option<DeliveryId>, limit: u32) -> Doing<'_, Page> {
        self.inner.query(filter, cursor, limit)
    }

    fn find(&self, id: DeliveryId) -> Doing<'_, Option<(Delivery, Vec<Attempt>)>> {
        self.inner.find(id)
    }

    fn report<'a>(
        &'a self,
        now: Duration,
        channel: &'a str,
        reports: Vec<Report>,
    ) -> Doing<'a, Vec<bool>> {
        self.inner.report(now, channel, reports)
    }

    fn reports(&self, id: DeliveryId) -> Doing<'_, Vec<Reported>> {
        self.inner.reports(id)
    }

    fn questions(&self, now: Duration, count: u32, lease: Duration) -> Doing<'_, Questions> {
        self.inner.questions(now, count, lease)
    }

    fn put_off<'a>(
        &'a self,
        channel: &'a str,
        called: &'a str,
        due: Option<Duration>,
    ) -> Doing<'a, ()> {
        self.inner.put_off(channel, called, due)
    }

    fn books(&self) -> Doing<'_, Books> {
        self.inner.books()
    }

    fn audit(&self) -> Doing<'_, Books> {
        self.inner.audit()
    }

    fn tend(&self, now: Duration, retention: Retention) -> Doing<'_, Tended> {
        self.inner.tend(now, retention)
    }

    fn take<'a>(
        &'a self,
        now: Duration,
        bucket: &'a str,
        rate: Rate,
        count: u32,
    ) -> Doing<'a, (u32, Option<Duration>)> {
        self.inner.take(now, bucket, rate, count)
    }

    fn lock<'a>(
        &'a self,
        now: Duration,
        name: &'a str,
        owner: &'a str,
        ttl: Duration,
    ) -> Doing<'a, Option<u64>> {
        self.inner.lock(now, name, owner, ttl)
    }

    fn unlock<'a>(&'a self, name: &'a str, owner: &'a str) -> Doing<'a, ()> {
        self.inner.unlock(name, owner)
    }

    fn settled<'a>(&'a self, now: Duration, key: &'a str) -> Doing<'a, Option<Vec<u8>>> {
        self.inner.settled(now, key)
    }

    fn settled_keys<'a>(
        &'a self,
        now: Duration,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Doing<'a, Vec<String>> {
        self.inner.settled_keys(now, prefix, after, limit)
    }

    fn subscribe(&self) -> watch::Receiver<u64> {
        self.inner.subscribe()
    }
}
