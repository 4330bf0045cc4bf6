//! How long to wait before the next try to connect.

use std::time::Duration;

use uuid::Uuid;

/// Exponential backoff with full jitter, as in
/// <https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/>: each wait
/// is anything from nothing to a ceiling, so that many clients of a broker that restarts do not all
/// come back at once. The ceiling doubles each time that all of the broker's addresses have failed
/// in a row: one that is dead costs a short wait only.
#[derive(Debug)]
pub(super) struct Backoff {
    /// How many addresses there are.
    addresses: usize,
    /// How many waits there were since the connection last held.
    waits: usize,
}

impl Backoff {
    /// The backoff of a client with so many addresses, at least one.
    pub(super) fn new(addresses: usize) -> Self {
        Self {
            addresses,
            waits: 0,
        }
    }

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
        let rounds = u32::try_from(self.waits / self.addresses).ok();
        let ceiling = rounds
            .and_then(|rounds| 2u32.checked_pow(rounds))
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
        let mut backoff = Backoff::new(1);
        let ceilings: Vec<_> = (0..40).map(|_| backoff.next_wait(Uuid::max())).collect();
        assert_eq!(ceilings[0], Backoff::FIRST);
        assert_eq!(ceilings[1], 2 * Backoff::FIRST);
        assert_eq!(ceilings[39], Backoff::LONGEST);

        backoff.reset();
        assert_eq!(backoff.next_wait(Uuid::max()), Backoff::FIRST);
        assert_eq!(backoff.next_wait(Uuid::nil()), Duration::ZERO);
    }

    #[test]
    fn the_ceiling_stays_until_all_addresses_have_failed() {
        let mut backoff = Backoff::new(3);
        let ceilings: Vec<_> = (0..9).map(|_| backoff.next_wait(Uuid::max())).collect();
        let round = |factor| [factor * Backoff::FIRST; 3];
        assert_eq!(ceilings, [round(1), round(2), round(4)].concat());

        backoff.reset();
        assert_eq!(backoff.next_wait(Uuid::max()), Backoff::FIRST);
    }
}
