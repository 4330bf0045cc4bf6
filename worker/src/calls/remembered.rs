//! Cancels whose requests may still come, up to a number and an age.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

/// How many cancels are remembered, the latest ones. An id has at most 255 bytes, so that all of
/// them together take at most some 6 MB, whoever sends them.
pub(super) const MOST: usize = 16_384;

/// How long a cancel is remembered. Requests do not wait longer than their deadlines, which are
/// seconds to minutes.
pub(super) const LONGEST: Duration = Duration::from_secs(600);

/// The ids of cancelled calls. What is forgotten costs a computation that nobody waits for.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    ids: HashSet<Arc<str>>,
    /// The same ids, oldest first, and when they were cancelled.
    by_age: VecDeque<(Instant, Arc<str>)>,
}

impl Remembered {
    /// Remembers `id`. A cancel that is repeated is as old as the first.
    pub(super) fn insert(&mut self, id: String, now: Instant) {
        self.forget_old(now);
        let id: Arc<str> = id.into();
        if self.ids.insert(Arc::clone(&id)) {
            self.by_age.push_back((now, id));
        }
        if self.by_age.len() > MOST {
            self.forget_oldest();
        }
    }

    /// Whether `id` was cancelled not long ago.
    pub(super) fn contains(&mut self, id: &str, now: Instant) -> bool {
        self.forget_old(now);
        self.ids.contains(id)
    }

    fn forget_old(&mut self, now: Instant) {
        while let Some((since, _)) = self.by_age.front()
            && now.saturating_duration_since(*since) > LONGEST
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, id)) = self.by_age.pop_front() {
            self.ids.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(1);

    #[test]
    fn a_cancel_is_forgotten_when_it_is_old() {
        let start = Instant::now();
        let mut remembered = Remembered::default();
        remembered.insert("a".to_owned(), start);
        remembered.insert("b".to_owned(), start + TICK);
        // Said again, it does not become younger.
        remembered.insert("a".to_owned(), start + LONGEST);
        let cases = [
            (start + LONGEST, true, true),
            (start + LONGEST + TICK, false, true),
            (start + LONGEST + 2 * TICK, false, false),
        ];
        for (now, a, b) in cases {
            assert_eq!(remembered.contains("a", now), a, "{:?}", now - start);
            assert_eq!(remembered.contains("b", now), b, "{:?}", now - start);
        }
        assert!(remembered.ids.is_empty() && remembered.by_age.is_empty());
    }

    #[test]
    fn a_flood_of_cancels_pushes_out_the_oldest() {
        let now = Instant::now();
        let mut remembered = Remembered::default();
        for number in 0..=MOST {
            remembered.insert(number.to_string(), now);
        }
        assert_eq!(remembered.ids.len(), MOST);
        assert_eq!(remembered.by_age.len(), MOST);
        assert!(!remembered.contains("0", now));
        assert!(remembered.contains("1", now));
        assert!(remembered.contains(&MOST.to_string(), now));
    }

    #[test]
    fn cancels_that_nobody_looks_up_are_forgotten_too() {
        let start = Instant::now();
        let mut remembered = Remembered::default();
        for number in 0..10 {
            remembered.insert(number.to_string(), start + number * (LONGEST + TICK));
            assert_eq!(remembered.by_age.len(), 1);
        }
    }
}
