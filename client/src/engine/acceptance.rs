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
//! again. If there are no others than these, one of them goes ahead, and no second one.
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
const TAKEN_WITHIN: Duration = Duration::from_millis(500);

/// How soon the receipt of every later try must come.
const LONGEST: Duration = Duration::from_secs(2);

/// The slowest uplink that is reckoned with, in bytes per second: a large request takes its time until
/// the broker has it.
const UPLINK: u64 = 32 * 1024;

/// How large a request may be that goes ahead, in bytes, unless there is no other.
pub(super) const SMALL: usize = 16 * 1024;

/// After how long another connection is better than another try.
pub(super) const LEFT_AFTER: Duration = Duration::from_secs(5);

/// What is known of the present connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Acceptance {
    /// No request has asked.
    #[default]
    Unasked,
    /// A request asks.
    Asked {
        asker: Uuid,
        /// When this one, or the first of several that asked one after the other, had time to
        /// arrive.
        since: Duration,
        /// When the receipt is due.
        until: Duration,
        /// How long after the request's arrival that is.
        within: Duration,
    },
    /// No receipt has come in time for the last one that asked. It, or another, is to ask again.
    Overdue {
        asker: Uuid,
        since: Duration,
        within: Duration,
    },
    /// Requests are taken.
    Known,
}

impl Acceptance {
    /// The request that asks, or the last one that did.
    pub(super) const fn asker(&self) -> Option<Uuid> {
        match *self {
            Self::Asked { asker, .. } | Self::Overdue { asker, .. } => Some(asker),
            Self::Unasked | Self::Known => None,
        }
    }

    /// A request of so many bytes is being sent, which asks for a receipt.
    pub(super) fn ask(&mut self, now: Duration, asker: Uuid, bytes: usize) {
        let arrives = now + Duration::from_secs(bytes as u64 / UPLINK);
        let (since, within) = match *self {
            Self::Unasked | Self::Known => (arrives, TAKEN_WITHIN),
            // It takes the place of one that has settled.
            Self::Asked { since, within, .. } => (since.min(arrives), within),
            Self::Overdue { since, within, .. } => (since, (2 * within).min(LONGEST)),
        };
        *self = Self::Asked {
            asker,
            since,
            until: arrives + within,
            within,
        };
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

    /// Whether no receipt came in time.
    pub(super) const fn is_overdue(&self) -> bool {
        matches!(self, Self::Overdue { .. })
    }

    /// Notes what time it is.
    pub(super) fn look(&mut self, now: Duration) {
        if let Self::Asked {
            asker,
            since,
            until,
            within,
        } = *self
            && until <= now
        {
            *self = Self::Overdue {
                asker,
                since,
                within,
            };
        }
    }

    /// Whether nothing was taken for so long that another connection is better.
    pub(super) fn is_hopeless(&self, now: Duration) -> bool {
        matches!(self, Self::Overdue { since, .. } if *since + LEFT_AFTER <= now)
    }

    /// When to look again, if calls wait or if none do.
    pub(super) fn poll_timeout(&self, calls_wait: bool) -> Option<Duration> {
        match *self {
            Self::Asked { until, .. } => Some(until),
            Self::Overdue { since, .. } => calls_wait.then_some(since + LEFT_AFTER),
            Self::Unasked | Self::Known => None,
        }
    }
}
