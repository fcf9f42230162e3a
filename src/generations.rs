//! A map of bounded size that forgets what was not used for long.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;

/// A map that forgets what was not used for long: when the young half is full, it becomes the old
/// one and what was old is dropped. Costs nothing until then.
pub(crate) struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    entries: usize,
    bytes: usize,
    /// What the young half holds.
    held: usize,
}

impl<K: Clone + Eq + Hash + AsRef<str>, V: Clone> Generations<K, V> {
    /// Each half holds so many entries, and so many bytes.
    pub(crate) fn new(entries: usize, bytes: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), entries, bytes, held: 0 }
    }

    /// What is known of `key`.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// Whether nothing is known of anybody.
    pub(crate) fn is_empty(&self) -> bool {
        self.young.is_empty() && self.old.is_empty()
    }

    /// Forgets `key`. What it held counts until its half is dropped.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let old = self.old.remove(key);
        self.young.remove(key).or(old)
    }

    /// Remembers `value`. `size` is what the value holds, in bytes, beside itself.
    pub(crate) fn insert(&mut self, key: K, value: V, size: usize) {
        self.held += size + key.as_ref().len();
        self.young.insert(key, value);
        if self.young.len() >= self.entries || self.held >= self.bytes {
            self.old = mem::take(&mut self.young);
            self.held = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Generations;

    #[test]
    fn what_is_remembered_is_bounded_and_the_latest_stays() {
        let mut map = Generations::new(10, 1 << 20);
        for number in 0..1000 {
            map.insert(format!("user{number}"), number, 0);
            assert!(map.young.len() + map.old.len() <= 20);
        }
        assert_eq!(map.get(&"user999".to_owned()), Some(&999));
        assert_eq!(map.get(&"user0".to_owned()), None);
        let mut heavy = Generations::new(1000, 100);
        for number in 0..100 {
            heavy.insert(format!("user{number}"), (), 30);
        }
        assert!(heavy.young.len() + heavy.old.len() <= 8);
    }
}
