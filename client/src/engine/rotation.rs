//! Which of the broker's addresses is tried next.

use uuid::Uuid;

use super::RandomUuids;
use crate::Urls;

/// The addresses in an order of this client's own, so that many clients of a node that dies go to
/// all of the others, each in its turn: every address is tried before any is tried again.
#[derive(Debug)]
pub(super) struct Rotation {
    urls: Vec<String>,
    current: usize,
}

impl Rotation {
    /// Shuffles them, as Durstenfeld does
    /// (<https://en.wikipedia.org/wiki/Fisher%E2%80%93Yates_shuffle>).
    pub(super) fn new(urls: &Urls, random: &mut RandomUuids) -> Self {
        let mut urls: Vec<_> = urls.iter().cloned().collect();
        for last in (1..urls.len()).rev() {
            urls.swap(last, below(last + 1, random()));
        }
        Self { urls, current: 0 }
    }

    /// The address that is tried, or was tried last.
    pub(super) fn current(&self) -> &str {
        &self.urls[self.current]
    }

    /// The next one is tried.
    pub(super) fn advance(&mut self) {
        self.current = (self.current + 1) % self.urls.len();
    }

    /// How many there are; at least one.
    pub(super) fn len(&self) -> usize {
        self.urls.len()
    }
}

/// A number below `end`, evenly spread as long as `end` is small.
fn below(end: usize, random: Uuid) -> usize {
    // The upper half of a UUID holds its version; the lower 32 bits are all random.
    let fraction = u64::from(random.as_u128() as u32);
    ((fraction * end as u64) >> 32) as usize
}
