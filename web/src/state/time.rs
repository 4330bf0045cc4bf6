//! When things happened.

use std::time::Duration;

use web_time::{Instant, SystemTime};

thread_local! {
    /// One moment by both clocks.
    static MOMENT: (Instant, SystemTime) = (Instant::now(), SystemTime::now());
}

/// A time of day that can be stored, in microseconds since 1970. Within one page it never goes
/// back: the system's clock is read once, and the rest is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(pub(crate) u64);

impl Timestamp {
    /// Now.
    pub(crate) fn now() -> Self {
        Self::of(Instant::now())
    }

    /// The time of an instant in this page's life.
    pub(crate) fn of(instant: Instant) -> Self {
        MOMENT.with(|(at, on)| {
            let since_1970 = on
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default();
            Self(micros(match instant.checked_duration_since(*at) {
                Some(later) => since_1970 + later,
                None => since_1970.saturating_sub(at.duration_since(instant)),
            }))
        })
    }

    /// How long after `earlier` this is; zero if it is before.
    pub(crate) const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// The time that is `earlier` than this.
    pub(crate) fn before(self, earlier: Duration) -> Self {
        Self(self.0.saturating_sub(micros(earlier)))
    }

    /// This time as the system counts it.
    pub(crate) fn to_system(self) -> std::time::SystemTime {
        std::time::UNIX_EPOCH + Duration::from_micros(self.0)
    }
}

/// The whole microseconds of a length of time. `Duration::as_micros` would bring arithmetic of
/// 128 bits into the page.
pub(crate) fn micros(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_mul(1_000_000)
        .saturating_add(duration.subsec_micros().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_keep_their_distances() {
        let instant = Instant::now();
        let later = instant + Duration::from_millis(1_500);
        let between = Timestamp::of(later).since(Timestamp::of(instant));
        assert_eq!(between, Duration::from_millis(1_500));
        let before = instant
            .checked_sub(Duration::from_millis(10))
            .expect("the machine is up");
        let between = Timestamp::of(instant).since(Timestamp::of(before));
        assert_eq!(between, Duration::from_millis(10));
        assert_eq!(Timestamp(1).since(Timestamp(2)), Duration::ZERO);
    }
}
