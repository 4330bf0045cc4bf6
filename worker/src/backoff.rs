//! How long to wait before trying to connect again.

use std::time::Duration;

/// Exponential backoff with full jitter, so that a hundred workers whose broker restarts do not
/// come back in the same instant.
/// See <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// The bound of the first wait.
    const FIRST: Duration = Duration::from_millis(250);

    /// The bound of every wait.
    const LONGEST: Duration = Duration::from_secs(10);

    /// A random wait; its bound doubles from one call to the next, up to [`Self::LONGEST`].
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
        Self::FIRST
            .saturating_mul(2_u32.saturating_pow(self.attempts))
            .min(Self::LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_up_to_the_longest() {
        let mut backoff = Backoff::default();
        for bound_ms in [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000] {
            let bound = Duration::from_millis(bound_ms);
            assert_eq!(backoff.bound(), bound);
            assert!(backoff.next() < bound);
        }
        backoff.attempts = u32::MAX;
        assert_eq!(backoff.bound(), Backoff::LONGEST);
        assert!(backoff.next() < Backoff::LONGEST);
    }

    #[test]
    fn what_lasted_begins_anew() {
        let mut backoff = Backoff { attempts: 5 };
        backoff.after(Backoff::LONGEST);
        assert_eq!(backoff.attempts, 6);
        backoff.after(Backoff::LONGEST + Duration::from_millis(1));
        assert_eq!(backoff.attempts, 1);
    }
}
