//! Where the time of a call went.

use std::time::Duration;

/// The round trip of a call, in its four parts, which add up to it.
///
/// The clocks of the two ends are never compared, as they may differ by more than a call takes.
/// Each part comes from durations that one clock measured alone: the worker's how long it
/// computed; this side's the round trip, how long after the request the message came that the
/// computation began, and the fastest ping of the connection. A ping goes to the workers and back
/// and waits in no queue; half of the fastest is taken for the way in each direction, or less where
/// the call itself shows that it was faster. So the parts
/// are as exact as both directions are alike, and as the way is now as fast as it was then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The request's way through the broker to a worker.
    pub way: Duration,
    /// How long it waited until a worker that was free began to compute it. If that worker died,
    /// it goes on until the next one began.
    pub queued: Duration,
    /// How long the worker's handler ran.
    pub computing: Duration,
    /// The rest: the reply's way back, and whatever delayed it.
    pub back: Duration,
}

impl Times {
    /// Splits a round trip, of which the `started` message came after `started`. `None` unless all
    /// of it is known. What the worker says of itself cannot take more than there is.
    pub(crate) fn split(
        round_trip: Duration,
        started: Option<Duration>,
        computing: Option<Duration>,
        ping: Option<Duration>,
    ) -> Option<Self> {
        let (started, computing, ping) = (started?, computing?, ping?);
        let computing = computing.min(round_trip);
        // Whatever was faster than the pings shows that the way is.
        let both_ways = ping.min(started).min(round_trip - computing);
        let way = both_ways / 2;
        let queued = (started - both_ways).min(round_trip - computing - way);
        Some(Self {
            way,
            queued,
            computing,
            back: round_trip - way - queued - computing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Round trip, started, computing and ping, and the four parts; all in milliseconds.
    fn check(what: &str, given: [u64; 4], parts: [u64; 4]) {
        let [round_trip, started, computing, ping] = given.map(Duration::from_millis);
        let times = Times::split(round_trip, Some(started), Some(computing), Some(ping));
        let [way, queued, computing, back] = parts.map(Duration::from_millis);
        let expected = Times {
            way,
            queued,
            computing,
            back,
        };
        assert_eq!(times, Some(expected), "{what}");
        assert_eq!(way + queued + computing + back, round_trip, "{what}");
    }

    #[test]
    fn the_parts_add_up_to_the_round_trip_and_none_is_negative() {
        let cases = [
            ("a free worker", [110, 10, 100, 10], [5, 0, 100, 5]),
            ("a wait in the queue", [150, 50, 100, 10], [5, 40, 100, 5]),
            ("a reply that dawdled", [180, 50, 100, 10], [5, 40, 100, 35]),
            (
                "a start faster than any ping",
                [105, 4, 95, 10],
                [2, 0, 95, 8],
            ),
            (
                "a round trip faster than half a ping",
                [5, 4, 1, 10],
                [2, 0, 1, 2],
            ),
            (
                "a worker whose clock runs fast",
                [110, 10, 500, 10],
                [0, 0, 110, 0],
            ),
            ("a start after the end", [20, 500, 5, 10], [5, 10, 5, 0]),
            ("nothing took any time", [0, 0, 0, 0], [0, 0, 0, 0]),
        ];
        for (what, given, parts) in cases {
            check(what, given, parts);
        }
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        let known = Some(Duration::from_millis(3));
        for (started, computing, ping) in [
            (None, known, known),
            (known, None, known),
            (known, known, None),
        ] {
            let times = Times::split(Duration::from_millis(9), started, computing, ping);
            assert_eq!(times, None);
        }
    }
}
