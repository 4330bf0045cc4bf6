//! How long to wait before trying to connect again.

use std::time::Duration;

/// Exponential backoff with full jitter, so that a hundred workers whose broker restarts do not
/// come back in the same instant.
/// See <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>.
#[derive(Debug)]
pub(crate) struct Backoff {
    /// How many places there are to try, in turn.
    places: usize,
    attempts: usize,
}

impl Backoff {
    /// The bound of the first wait.
    const FIRST: Duration = Duration::from_millis(250);

    /// The bound of every wait.
    const LONGEST: Duration = Duration::from_secs(10);

    /// The backoff of what can be tried at so many places, at least one.
    pub(crate) fn new(places: usize) -> Self {
        Self {
            places,
            attempts: 0,
        }
    }

    /// A random wait; its bound doubles once all places have failed in a row, up to
    /// [`Self::LONGEST`].
    fn next(&mut self) -> Duration {
        let bound = self.bound();
        self.attempts = self.attempts.saturating_add(1);
        bound.mul_f64(fastrand::f64())
    }

    /// A random wait after something that lasted for some time: what was good for long begins
    /// anew, and what breaks at once, every time, is not tried at full speed.
    pub(crate) fn after(&mut self, lasted: Duration) -> Duration {
        if lasted > Self::LONGEST {
            self.attempts = 0;
        }
        self.next()
    }

    fn bound(&self) -> Duration {
        let rounds = u32::try_from(self.attempts / self.places).unwrap_or(u32::MAX);
        Self::FIRST
            .saturating_mul(2_u32.saturating_pow(rounds))
            .min(Self::LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_up_to_the_longest() {
        let mut backoff = Backoff::new(1);
        for bound_ms in [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000] {
            let bound = Duration::from_millis(bound_ms);
            assert_eq!(backoff.bound(), bound);
            assert!(backoff.next() < bound);
        }
        backoff.attempts = usize::MAX;
        assert_eq!(backoff.bound(), Backoff::LONGEST);
        assert!(backoff.next() < Backoff::LONGEST);
    }

    #[test]
    fn bounds_stay_until_all_places_have_failed() {
        let mut backoff = Backoff::new(3);
        for bound_ms in [250, 250, 250, 500, 500, 500, 1000] {
            assert_eq!(backoff.bound(), Duration::from_millis(bound_ms));
            backoff.next();
        }
    }

    #[test]
    fn what_lasted_begins_anew() {
        let mut backoff = Backoff {
            places: 1,
            attempts: 5,
        };
        backoff.after(Backoff::LONGEST);
        assert_eq!(backoff.attempts, 6);
        backoff.after(Backoff::LONGEST + Duration::from_millis(1));
        assert_eq!(backoff.attempts, 1);
    }
}
