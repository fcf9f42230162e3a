//! What was answered already, in bounded memory and without any work for expiry: two generations
//! of a map. When the younger one is full or old enough, the older one is dropped as a whole.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::time::Instant;

use super::Id;
use super::id::Map;

struct Generation<V> {
    answers: Map<V>,
    count: AtomicUsize,
    since: Instant,
}

impl<V> Generation<V> {
    fn new() -> Self {
        Self { answers: Map::default(), count: AtomicUsize::new(0), since: Instant::now() }
    }
}

struct Pair<V> {
    young: Arc<Generation<V>>,
    old: Arc<Generation<V>>,
}

/// Answers by id. An entry lives for `remember` at least and twice as long at most, unless more
/// than half of `capacity` came after it in that time.
pub(super) struct Seen<V> {
    pair: ArcSwap<Pair<V>>,
    turning: Mutex<()>,
    remember: Duration,
    half: usize,
}

impl<V: Clone> Seen<V> {
    pub(super) fn new(remember: Duration, capacity: usize) -> Self {
        let pair = Pair { young: Arc::new(Generation::new()), old: Arc::new(Generation::new()) };
        Self {
            pair: ArcSwap::from_pointee(pair),
            turning: Mutex::new(()),
            remember,
            half: capacity.div_ceil(2).max(1),
        }
    }

    pub(super) fn get(&self, id: Id) -> Option<V> {
        let pair = self.pair.load();
        let find = |generation: &Generation<V>| Some(generation.answers.get(&id)?.value().clone());
        find(&pair.young).or_else(|| find(&pair.old))
    }

    pub(super) fn insert(&self, id: Id, answer: V) {
        let pair = self.pair.load();
        if pair.young.answers.insert(id, answer).is_some() {
            return;
        }
        let count = pair.young.count.fetch_add(1, Ordering::Relaxed) + 1;
        // The clock is read once in 64 times: a generation may get that much older.
        let is_old = || count % 64 == 1 && pair.young.since.elapsed() >= self.remember;
        if count >= self.half || is_old() {
            self.turn(&pair.young);
        }
    }

    /// Drops the old generation if `young` is still the young one.
    fn turn(&self, young: &Arc<Generation<V>>) {
        let _turning = self.turning.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = self.pair.load();
        if Arc::ptr_eq(&pair.young, young) {
            let old = Arc::clone(young);
            self.pair.store(Arc::new(Pair { young: Arc::new(Generation::new()), old }));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Id;
    use super::Seen;

    #[tokio::test(start_paused = true)]
    async fn an_answer_lives_at_least_as_long_as_asked_and_at_most_twice_that() {
        let seen = Seen::new(Duration::from_mins(1), 1_000);
        seen.insert(Id(1, 1), "a");
        tokio::time::advance(Duration::from_secs(59)).await;
        seen.insert(Id(2, 2), "b");
        assert_eq!(seen.get(Id(1, 1)), Some("a"));
        for round in 0..200 {
            tokio::time::advance(Duration::from_secs(1)).await;
            seen.insert(Id(3, round), "c");
        }
        assert_eq!(seen.get(Id(1, 1)), None);
    }

    #[tokio::test]
    async fn no_more_than_the_capacity_is_kept_and_the_youngest_half_always() {
        let seen = Seen::new(Duration::from_mins(10), 1_000);
        for number in 0..10_000 {
            seen.insert(Id(number, 0), number);
        }
        let kept = (0..10_000).filter(|number| seen.get(Id(*number, 0)).is_some()).count();
        assert!((499..=1_000).contains(&kept), "{kept}");
        assert!((9_501..10_000).all(|number| seen.get(Id(number, 0)) == Some(number)));
    }
}
