//! Who may be sent customer-service messages, and how many more: known before sending, not found
//! out by WeChat's 45015 and 45047.
//!
//! The callback path only touches memory. What changed is written to the store in batches, and read
//! from there when somebody is to be sent something and is not in memory. A crash loses the last
//! batch; who wrote just before it and is refused here for that may be sent something once they
//! write again. Of a user nobody ever heard of, WeChat decides.

mod allowance;

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use futures_util::future::join_all;

use self::allowance::Allowance;
pub use self::allowance::Shut;
pub use self::allowance::Trigger;
use crate::clock::Clock;
use crate::code;
use crate::code::Code;
use crate::store::Store;
use crate::tasks::Tasks;

/// How many users one half of the memory holds. With their names that is about 20 MB for both.
const USERS: usize = 65_536;

/// How often what changed is written.
const WRITE_EVERY: Duration = Duration::from_secs(2);

/// How many are written at one time.
const BATCH: usize = 512;

/// How long the store keeps a user: longer than any window, and what was learnt a while longer.
const KEEP: Duration = Duration::from_hours(72);

impl Shut {
    /// Its line in the table of codes.
    pub fn code(self) -> Code {
        match self {
            Self::Closed => code::WINDOW_CLOSED,
            Self::UsedUp => code::WINDOW_USED_UP,
        }
    }

    /// What WeChat's errcode means for the window.
    pub fn of_errcode(errcode: i64) -> Option<Self> {
        match errcode {
            45_015 => Some(Self::Closed),
            45_047 => Some(Self::UsedUp),
            _ => None,
        }
    }
}

/// The windows of all users of all accounts.
pub struct Windows {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    memory: Mutex<Memory>,
}

/// Two generations of users: when the young one is full it becomes the old one, and what was old
/// is dropped. The store has it, unless a hundred thousand others came within one write.
#[derive(Default)]
struct Memory {
    young: Users,
    old: Users,
    /// What the store does not know yet.
    changed: HashSet<String>,
}

/// By account and user.
type Users = HashMap<String, Allowance>;

impl Memory {
    fn get(&self, key: &str) -> Option<Allowance> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

    fn insert(&mut self, key: &str, allowance: Allowance) {
        if let Some(known) = self.young.get_mut(key) {
            *known = allowance;
            return;
        }
        if self.young.len() >= USERS {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key.to_owned(), allowance);
    }
}

impl Windows {
    /// Nobody is known until somebody is heard or asked for.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, memory: Mutex::default() }
    }

    /// Writes what changes to the store from now on, and the rest when the station stops.
    pub fn keep_writing(self: &Arc<Self>, tasks: &Tasks) {
        let (windows, stop) = (Arc::clone(self), tasks.clone());
        tasks.spawn(async move {
            loop {
                let is_over = tokio::select! {
                    () = tokio::time::sleep(WRITE_EVERY) => false,
                    () = stop.stopping() => true,
                };
                windows.write().await;
                if is_over {
                    return;
                }
            }
        });
    }

    /// `user` of `account` did something. Memory only.
    pub fn heard(&self, account: &str, user: &str, trigger: Trigger) {
        let (key, now) = (key(account, user), self.clock.since_epoch());
        let mut memory = self.lock();
        let mut allowance = memory.get(&key).unwrap_or_default();
        allowance.heard(trigger, now);
        memory.insert(&key, allowance);
        memory.changed.insert(key);
    }

    /// How many messages `user` may be sent now. Of a user nobody heard of, and where the store
    /// cannot be read, WeChat decides: any number.
    pub async fn left(&self, account: &str, user: &str) -> u8 {
        let allowance = self.find(&key(account, user)).await;
        allowance.map_or(u8::MAX, |allowance| allowance.left(self.clock.since_epoch()))
    }

    /// Takes one message off what `user` allows, before it is sent.
    ///
    /// # Errors
    ///
    /// [`Shut`] says why the message must not be sent.
    pub async fn take(&self, account: &str, user: &str) -> Result<(), Shut> {
        let key = key(account, user);
        if self.find(&key).await.is_none() {
            return Ok(());
        }
        self.change(&key, Allowance::take).unwrap_or(Ok(()))
    }

    /// Puts back what [`Windows::take`] took: the message certainly was not sent.
    pub fn give_back(&self, account: &str, user: &str) {
        self.change(&key(account, user), Allowance::give_back);
    }

    /// WeChat refused a message.
    pub fn learn(&self, account: &str, user: &str, shut: Shut) {
        let (key, now) = (key(account, user), self.clock.since_epoch());
        let mut memory = self.lock();
        let mut allowance = memory.get(&key).unwrap_or_default();
        allowance.learn(shut, now);
        memory.insert(&key, allowance);
        memory.changed.insert(key);
    }

    fn change<T>(
        &self,
        key: &str,
        change: impl FnOnce(&mut Allowance, Duration) -> T,
    ) -> Option<T> {
        let mut memory = self.lock();
        let mut allowance = memory.get(key)?;
        let result = change(&mut allowance, self.clock.since_epoch());
        memory.insert(key, allowance);
        memory.changed.insert(key.to_owned());
        Some(result)
    }

    async fn find(&self, key: &str) -> Option<Allowance> {
        if let Some(known) = self.lock().get(key) {
            return Some(known);
        }
        let stored = self.store.get(self.clock.since_epoch(), key).await;
        let stored = stored.unwrap_or_else(|error| {
            tracing::error!(code = code::STORE_FAILED.name, "a window cannot be read: {error}");
            None
        });
        let allowance = serde_json::from_slice(&stored?).ok()?;
        let mut memory = self.lock();
        // Somebody may have been heard in the meantime.
        if memory.get(key).is_none() {
            memory.insert(key, allowance);
        }
        memory.get(key)
    }

    /// Writes what changed.
    async fn write(&self) {
        let changed: Vec<(String, Allowance)> = {
            let mut memory = self.lock();
            let changed = std::mem::take(&mut memory.changed);
            let known = |key: String| memory.get(&key).map(|allowance| (key, allowance));
            changed.into_iter().filter_map(known).collect()
        };
        let now = self.clock.since_epoch();
        for batch in changed.chunks(BATCH) {
            let writes = batch.iter().map(|(key, allowance)| {
                let json = serde_json::to_vec(allowance).expect("an allowance is always JSON");
                self.store.set(now, key, Some(json), KEEP)
            });
            let failed: Vec<_> =
                join_all(writes).await.into_iter().filter_map(Result::err).collect();
            if let Some(error) = failed.first() {
                tracing::error!(code = code::STORE_FAILED.name, "windows not written: {error}");
                self.lock().changed.extend(batch.iter().map(|(key, _)| key.clone()));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names of accounts have no `/`.
fn key(account: &str, user: &str) -> String {
    format!("window/{account}/{user}")
}

#[cfg(test)]
mod tests;
