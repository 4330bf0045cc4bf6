//! A memory of what was lately, up to a number, a size and an age.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

/// For how many entries room is set aside at once, at most; it takes no memory before it is used.
///
/// A table in which entries come and go, and that is more than half full all the time, doubles
/// at some time or other, where one with twice the room tidies up in place.
const MOST_PREPARED: usize = 64 * 1024;

/// How much is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// The most entries.
    pub(super) number: usize,
    /// The most bytes of all entries together, as their owner counts them.
    pub(super) bytes: usize,
    /// The greatest age of an entry.
    pub(super) age: Duration,
}

/// The latest entries that are within the limits.
#[derive(Debug)]
pub(super) struct Recent<K: ?Sized, V> {
    limits: Limits,
    entries: HashMap<Arc<K>, Entry<V>>,
    /// The keys of the same entries, oldest first, and since when they are there.
    by_age: VecDeque<(Instant, Arc<K>)>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    bytes: usize,
}

impl<K: ?Sized + Eq + Hash, V> Recent<K, V> {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: HashMap::with_capacity(limits.number.saturating_mul(2).min(MOST_PREPARED)),
            by_age: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Remembers an entry that takes so many bytes, unless it is too large. One that is repeated
    /// stays as it is, and as old as it is.
    pub(super) fn insert(&mut self, key: impl Into<Arc<K>>, value: V, bytes: usize, now: Instant) {
        self.forget_old(now);
        let key = key.into();
        if bytes > self.limits.bytes || self.entries.contains_key(&key) {
            return;
        }
        self.by_age.push_back((now, Arc::clone(&key)));
        self.entries.insert(key, Entry { value, bytes });
        self.bytes += bytes;
        while self.by_age.len() > self.limits.number || self.bytes > self.limits.bytes {
            self.forget_oldest();
        }
    }

    /// What is remembered under this key.
    pub(super) fn find(&mut self, key: &K, now: Instant) -> Option<&V> {
        self.forget_old(now);
        self.entries.get(key).map(|entry| &entry.value)
    }

    fn forget_old(&mut self, now: Instant) {
        while let Some((since, _)) = self.by_age.front()
            && now.saturating_duration_since(*since) > self.limits.age
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, key)) = self.by_age.pop_front()
            && let Some(entry) = self.entries.remove(&key)
        {
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(1);

    const LIMITS: Limits = Limits {
        number: 100,
        bytes: 1000,
        age: Duration::from_secs(600),
    };

    fn recent() -> Recent<str, u32> {
        Recent::new(LIMITS)
    }

    fn is_empty(recent: &Recent<str, u32>) -> bool {
        recent.entries.is_empty() && recent.by_age.is_empty() && recent.bytes == 0
    }

    #[test]
    fn what_is_old_is_forgotten() {
        let start = Instant::now();
        let mut recent = recent();
        recent.insert("a", 1, 10, start);
        recent.insert("b", 2, 10, start + TICK);
        // Said again, it becomes neither younger nor another.
        recent.insert("a", 3, 10, start + LIMITS.age);
        let cases = [
            (start + LIMITS.age, Some(1), Some(2)),
            (start + LIMITS.age + TICK, None, Some(2)),
            (start + LIMITS.age + 2 * TICK, None, None),
        ];
        for (now, a, b) in cases {
            assert_eq!(recent.find("a", now).copied(), a, "{:?}", now - start);
            assert_eq!(recent.find("b", now).copied(), b, "{:?}", now - start);
        }
        assert!(is_empty(&recent), "{recent:?}");
    }

    #[test]
    fn a_flood_pushes_out_the_oldest() {
        let now = Instant::now();
        // By number, and by size.
        for (bytes, most) in [(1, LIMITS.number), (50, LIMITS.bytes / 50)] {
            let mut recent = recent();
            for number in 0..=most {
                recent.insert(number.to_string(), 0, bytes, now);
            }
            assert_eq!(recent.entries.len(), most);
            assert_eq!(recent.by_age.len(), most);
            assert_eq!(recent.bytes, most * bytes);
            assert!(recent.find("0", now).is_none());
            assert!(recent.find("1", now).is_some());
            assert!(recent.find(&most.to_string(), now).is_some());
        }
    }

    #[test]
    fn what_is_too_large_pushes_out_nothing() {
        let now = Instant::now();
        let mut recent = recent();
        recent.insert("small", 1, LIMITS.bytes, now);
        recent.insert("large", 2, LIMITS.bytes + 1, now);
        assert!(recent.find("small", now).is_some());
        assert!(recent.find("large", now).is_none());
    }

    #[test]
    fn what_nobody_looks_up_is_forgotten_too() {
        let start = Instant::now();
        let mut recent = recent();
        for number in 0..10 {
            recent.insert(
                number.to_string(),
                0,
                1,
                start + number * (LIMITS.age + TICK),
            );
            assert_eq!(recent.by_age.len(), 1);
        }
    }
}
