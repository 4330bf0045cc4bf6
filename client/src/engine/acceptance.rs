//! Whether the broker takes the requests of a connection.
//!
//! While a quorum queue has no leader, as for some tenths of a second after a node has died, RabbitMQ
//! drops without a word what a connection publishes to it, until the queue has taken the first
//! message of that connection; from then on it keeps what comes meanwhile. RabbitMQ 3.10 drops all
//! of it for as long as the node is away that led the queue at the first (`rabbit_fifo_client`). A
//! client that has just lost its node publishes in that very moment.
//!
//! So one request goes ahead of all others, and asks for a receipt, which comes once the queue has
//! it. If none comes, it is sent again, and in the end over another connection. The others wait: a
//! receipt would not tell which of several was taken, as RabbitMQ confirms those that it dropped
//! together with the next one that it takes (`multiple` in
//! <https://www.rabbitmq.com/docs/confirms>), and what must not be done twice could not be sent
//! again.
//!
//! The first connection to a broker of one URL does without: a receipt makes the broker confirm, at
//! some cost, whatever follows on the connection.

use std::time::Duration;

use uuid::Uuid;

/// The receipt that requests ask for, each the same: whichever of them it is for, the queue takes
/// requests.
pub(super) const REQUEST_RECEIPT: &str = "request";

/// How soon the receipt must come, at the first try; each further try has twice as long, up to
/// [`LONGEST`]. It takes milliseconds where nothing is wrong, and a second or two where a machine has
/// far too much to do, which then has one request twice.
pub(super) const TAKEN_WITHIN: Duration = Duration::from_millis(500);

/// How soon the receipt of every later try must come.
const LONGEST: Duration = Duration::from_secs(2);

/// The slowest uplink that is reckoned with, in bytes per second: a large request takes its time until
/// the broker has it.
const UPLINK: u64 = 32 * 1024;

/// After how long another connection is better than another try.
pub(super) const LEFT_AFTER: Duration = Duration::from_secs(5);

/// What is known of the present connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Acceptance {
    /// No request asks.
    #[default]
    Unasked,
    /// A request asks.
    Asked {
        id: Uuid,
        /// When this one, or the first of several that asked one after the other, had time to
        /// arrive.
        since: Duration,
        /// When the receipt is due.
        until: Duration,
        /// How long after the request's arrival that is.
        within: Duration,
    },
    /// No receipt came in time for the last of them: another one is to ask.
    Overdue { since: Duration, within: Duration },
    /// Requests are taken.
    Known,
}

impl Acceptance {
    /// Whether all other requests are to wait until more is known.
    pub(super) const fn is_awaited(&self) -> bool {
        matches!(self, Self::Asked { .. })
    }

    /// A request of so many bytes is being sent. Tells whether it is to ask for a receipt.
    pub(super) fn send(&mut self, now: Duration, id: Uuid, bytes: usize) -> bool {
        let arrives = now + Duration::from_secs(bytes as u64 / UPLINK);
        let (since, within) = match *self {
            Self::Unasked => (arrives, TAKEN_WITHIN),
            Self::Overdue { since, within } => (since, (2 * within).min(LONGEST)),
            Self::Asked { .. } | Self::Known => return false,
        };
        *self = Self::Asked {
            id,
            since,
            until: arrives + within,
            within,
        };
        true
    }

    /// A receipt came, or something else that tells that the queue has had a request.
    pub(super) fn take_sign(&mut self) {
        if self.is_in_question() {
            *self = Self::Known;
        }
    }

    /// Whether a receipt was asked for, and has not come yet.
    pub(super) const fn is_in_question(&self) -> bool {
        matches!(self, Self::Asked { .. } | Self::Overdue { .. })
    }

    /// The request that has asked, if its receipt should have come by now.
    pub(super) fn poll_overdue(&mut self, now: Duration) -> Option<Uuid> {
        match *self {
            Self::Asked {
                id,
                since,
                until,
                within,
            } if until <= now => {
                *self = Self::Overdue { since, within };
                Some(id)
            }
            _ => None,
        }
    }

    /// Whether nothing was taken for so long that another connection is better.
    pub(super) fn is_hopeless(&self, now: Duration) -> bool {
        matches!(self, Self::Overdue { since, .. } if now.saturating_sub(*since) >= LEFT_AFTER)
    }

    pub(super) const fn poll_timeout(&self) -> Option<Duration> {
        match self {
            Self::Asked { until, .. } => Some(*until),
            Self::Unasked | Self::Overdue { .. } | Self::Known => None,
        }
    }
}
