//! How long to wait before the next try to connect.

use std::time::Duration;

use uuid::Uuid;

/// Exponential backoff with full jitter, as in
/// <https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/>: each wait
/// is anything from nothing to a ceiling that doubles, so that many clients of a broker that
/// restarts do not all come back at once.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    /// How many waits there were since the connection last held.
    waits: u32,
}

impl Backoff {
    /// The ceiling of the first wait.
    pub(super) const FIRST: Duration = Duration::from_millis(250);

    /// The ceiling of every later wait.
    pub(super) const LONGEST: Duration = Duration::from_secs(15);

    /// The connection held: the next wait is short again.
    pub(super) fn reset(&mut self) {
        self.waits = 0;
    }

    /// Notes a failure, and says how long to wait.
    pub(super) fn next_wait(&mut self, random: Uuid) -> Duration {
        let ceiling = 2u32
            .checked_pow(self.waits)
            .and_then(|factor| Self::FIRST.checked_mul(factor))
            .map_or(Self::LONGEST, |wait| wait.min(Self::LONGEST));
        self.waits = self.waits.saturating_add(1);
        jitter(Duration::ZERO, ceiling, random)
    }
}

/// A duration between the two, evenly spread.
pub(super) fn jitter(from: Duration, to: Duration, random: Uuid) -> Duration {
    // The upper half of a UUID holds its version; the lower 32 bits are all random.
    let fraction = f64::from(random.as_u128() as u32) / f64::from(u32::MAX);
    from + to.saturating_sub(from).mul_f64(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_up_to_the_longest_wait() {
        let mut backoff = Backoff::default();
        let ceilings: Vec<_> = (0..40).map(|_| backoff.next_wait(Uuid::max())).collect();
        assert_eq!(ceilings[0], Backoff::FIRST);
        assert_eq!(ceilings[1], 2 * Backoff::FIRST);
        assert_eq!(ceilings[39], Backoff::LONGEST);

        backoff.reset();
        assert_eq!(backoff.next_wait(Uuid::max()), Backoff::FIRST);
        assert_eq!(backoff.next_wait(Uuid::nil()), Duration::ZERO);
    }
}
