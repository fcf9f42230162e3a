//! Answers that wait for their user's next message: in memory for the callback path, in the store
//! so that a restart loses none.
//!
//! A user for whom nothing is held costs one load of a counter. What changes is written first, with
//! whatever else must be written together with it, and then takes its place in memory.

use std::collections::VecDeque;
use std::hash::BuildHasher as _;
use std::hash::RandomState;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dashmap::DashMap;
use serde::Deserialize;
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::sync::MutexGuard;

use crate::store::Settled;
use crate::store::Settlement;
use crate::store::Store;
use crate::store::StoreError;
use crate::wechat::reply::Reply;

/// How many answers are held for one user. The oldest are dropped first.
const PER_USER: usize = 16;

/// How many users have answers held at most; with long texts that is 200 MB.
const USERS: usize = 65_536;

/// How long an answer is held.
const KEEP: Duration = Duration::from_hours(7 * 24);

/// What every key of the store begins with, before account and user.
const PREFIX: &str = "held/";

/// How many are read at once at the start.
const PAGE: u32 = 1_000;

/// Who may change something at one time: users whose names fall on one number wait for each other.
const LOCKS: usize = 64;

/// One answer that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Waiting {
    reply: Reply,
    /// When nobody wants it any more, in milliseconds since 1970.
    ends: u64,
}

type Queue = VecDeque<Waiting>;

/// The answers that wait, by account and user.
pub struct Held {
    store: Arc<dyn Store>,
    queues: DashMap<String, Queue>,
    /// How many queues there are.
    count: AtomicUsize,
    locks: [Mutex<()>; LOCKS],
    hash: RandomState,
}

/// Why an answer could not be held.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeldError {
    /// Too many users have answers waiting.
    #[error("answers of {USERS} users are held already")]
    Full,
    /// It is not on the disk.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Held {
    /// Nothing is held until [`Held::load`] has read what the last run left.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            queues: DashMap::new(),
            count: AtomicUsize::new(0),
            locks: std::array::from_fn(|_| Mutex::new(())),
            hash: RandomState::new(),
        }
    }

    /// Reads what the last run left. Before that only what this one holds is known.
    ///
    /// # Errors
    ///
    /// That of the store.
    pub async fn load(&self, now: Duration) -> Result<(), StoreError> {
        let mut last: Option<String> = None;
        loop {
            let page = self.store.values(now, PREFIX, last.as_deref(), PAGE).await?;
            let Some((key, _)) = page.last() else { return Ok(()) };
            last = Some(key.clone());
            for (key, value) in page {
                match serde_json::from_slice::<Queue>(&value) {
                    Ok(queue) => self.keep(key, queue),
                    Err(error) => tracing::error!(key, "a held answer cannot be read: {error}"),
                }
            }
        }
    }

    /// Whether something waits for `user` of `account`.
    pub fn has(&self, account: &str, user: &str) -> bool {
        self.count.load(Ordering::Relaxed) > 0 && self.queues.contains_key(&key(account, user))
    }

    /// Adds `answers` for `user`, in one transaction with `settlement`. Nothing is added if that
    /// was settled before.
    ///
    /// # Errors
    ///
    /// [`HeldError`]; nothing is held then.
    pub async fn put(
        &self,
        now: Duration,
        (account, user): (&str, &str),
        answers: impl IntoIterator<Item = Reply>,
        mut settlement: Settlement,
    ) -> Result<Settled, HeldError> {
        let key = key(account, user);
        let _turn = self.turn(&key).await;
        let mut queue = self.queue(&key, now);
        if queue.is_empty() && self.count.load(Ordering::Relaxed) >= USERS {
            self.sweep(now);
            if self.count.load(Ordering::Relaxed) >= USERS {
                return Err(HeldError::Full);
            }
        }
        let ends = millis(now + KEEP);
        queue.extend(answers.into_iter().map(|reply| Waiting { reply, ends }));
        queue.drain(..queue.len().saturating_sub(PER_USER));
        settlement.values.push(value(&key, &queue));
        let settled = self.store.settle(now, settlement).await?;
        if matches!(settled, Settled::New(_)) {
            self.keep(key, queue);
        }
        Ok(settled)
    }

    /// Takes the oldest answer for `user` if `make` has a settlement for it, in one transaction with
    /// that; otherwise it stays where it is.
    ///
    /// # Errors
    ///
    /// That of the store; the answer stays then.
    pub async fn take(
        &self,
        now: Duration,
        (account, user): (&str, &str),
        make: impl FnOnce(&Reply) -> Option<Settlement>,
    ) -> Result<Option<Settled>, StoreError> {
        let key = key(account, user);
        let _turn = self.turn(&key).await;
        let mut queue = self.queue(&key, now);
        let Some(first) = queue.pop_front() else { return Ok(None) };
        let Some(mut settlement) = make(&first.reply) else { return Ok(None) };
        settlement.values.push(value(&key, &queue));
        let settled = self.store.settle(now, settlement).await?;
        if matches!(settled, Settled::New(_)) {
            self.keep(key, queue);
        }
        Ok(Some(settled))
    }

    async fn turn(&self, key: &str) -> MutexGuard<'_, ()> {
        let number = self.hash.hash_one(key) % LOCKS as u64;
        self.locks[usize::try_from(number).unwrap_or_default()].lock().await
    }

    /// What waits and has not ended.
    fn queue(&self, key: &str, now: Duration) -> Queue {
        let mut queue = self.queues.get(key).map(|it| it.value().clone()).unwrap_or_default();
        queue.retain(|waiting| waiting.ends > millis(now));
        queue
    }

    fn keep(&self, key: String, queue: Queue) {
        let is_empty = queue.is_empty();
        let was_there = match is_empty {
            true => self.queues.remove(&key).is_some(),
            false => self.queues.insert(key, queue).is_some(),
        };
        if was_there && is_empty {
            self.count.fetch_sub(1, Ordering::Relaxed);
        } else if !was_there && !is_empty {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Forgets what has ended. The store does so by itself.
    fn sweep(&self, now: Duration) {
        self.queues.retain(|_, queue| {
            let is_kept = queue.iter().any(|waiting| waiting.ends > millis(now));
            if !is_kept {
                self.count.fetch_sub(1, Ordering::Relaxed);
            }
            is_kept
        });
    }
}

/// Names of accounts have no `/`.
fn key(account: &str, user: &str) -> String {
    format!("{PREFIX}{account}/{user}")
}

fn value(key: &str, queue: &Queue) -> (String, Option<Vec<u8>>, Duration) {
    let json = serde_json::to_vec(queue).expect("replies are always JSON");
    (key.to_owned(), (!queue.is_empty()).then_some(json), KEEP)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use super::Held;
    use super::KEEP;
    use super::Settled;
    use super::Settlement;
    use crate::store;
    use crate::store::Store;
    use crate::wechat::reply::Reply;

    const NOW: Duration = Duration::from_hours(490_896);
    const ANNA: (&str, &str) = ("shop", "oAnna");

    fn store() -> Arc<dyn Store> {
        store::open("memory:", Path::new("")).unwrap()
    }

    fn settlement(key: &str) -> Settlement {
        let remember = Duration::from_mins(10);
        Settlement { key: key.to_owned(), remember, ..Settlement::default() }
    }

    async fn put(held: &Held, key: &str, answers: &[&str]) -> Settled {
        let answers = answers.iter().map(|text| Reply::text(*text));
        held.put(NOW, ANNA, answers, settlement(key)).await.unwrap()
    }

    async fn take(held: &Held, now: Duration, key: &str) -> Option<Reply> {
        let mut taken = None;
        let make = |reply: &Reply| {
            taken = Some(reply.clone());
            Some(settlement(key))
        };
        held.take(now, ANNA, make).await.unwrap();
        taken
    }

    #[tokio::test]
    async fn what_is_held_comes_oldest_first_once_each_and_to_nobody_else() {
        let held = Held::new(store());
        assert!(!held.has("shop", "oAnna"));
        put(&held, "1", &["a", "b"]).await;
        put(&held, "2", &["c"]).await;
        assert!(held.has("shop", "oAnna"));
        assert!(!held.has("shop", "oBen") && !held.has("other", "oAnna"));
        for (key, expected) in [("3", "a"), ("4", "b"), ("5", "c")] {
            assert_eq!(take(&held, NOW, key).await, Some(Reply::text(expected)));
        }
        assert_eq!(take(&held, NOW, "6").await, None);
        assert!(!held.has("shop", "oAnna"));
    }

    #[tokio::test]
    async fn what_is_held_survives_a_restart_and_what_was_given_does_not_come_again() {
        let store = store();
        let held = Held::new(Arc::clone(&store));
        put(&held, "1", &["a", "b"]).await;
        take(&held, NOW, "2").await;
        let held = Held::new(store);
        held.load(NOW).await.unwrap();
        assert_eq!(take(&held, NOW, "3").await, Some(Reply::text("b")));
        assert_eq!(take(&held, NOW, "4").await, None);
    }

    #[tokio::test]
    async fn what_was_settled_before_is_not_held_again() {
        let held = Held::new(store());
        assert_eq!(put(&held, "1", &["a"]).await, Settled::New(Vec::new()));
        assert_eq!(put(&held, "1", &["a"]).await, Settled::Known(Vec::new()));
        take(&held, NOW, "2").await;
        assert!(!held.has("shop", "oAnna"));
    }

    #[tokio::test]
    async fn an_answer_that_does_not_fit_stays() {
        let held = Held::new(store());
        put(&held, "1", &["a"]).await;
        assert_eq!(held.take(NOW, ANNA, |_| None).await.unwrap(), None);
        assert_eq!(take(&held, NOW, "2").await, Some(Reply::text("a")));
    }

    #[tokio::test]
    async fn of_too_many_the_latest_are_held_and_none_for_ever() {
        let held = Held::new(store());
        let numbers: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        put(&held, "1", &numbers.iter().map(String::as_str).collect::<Vec<_>>()).await;
        assert_eq!(take(&held, NOW, "2").await, Some(Reply::text("4")));
        assert_eq!(take(&held, NOW + KEEP, "3").await, None);
    }
}
