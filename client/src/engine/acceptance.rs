//! Whether the broker takes the requests of a connection.
//!
//! While a quorum queue has no leader, as for some tenths of a second after a node has died, RabbitMQ
//! drops without a word what a connection publishes to it, until the queue has taken the first
//! message of that connection; from then on it keeps what comes meanwhile. RabbitMQ 3.10 drops all
//! of it for as long as the node is away that led the queue at the first (`rabbit_fifo_client`). A
//! client that has just lost its node publishes in that very moment.
//!
//! So one request asks for a receipt, which comes once the queue has it. If none comes, the request
//! is sent again, and in the end over another connection. Once something comes, all is taken that
//! was sent after the request for which it came.
//!
//! The first connection to a broker of one URL does without: a receipt makes the broker confirm, at
//! some cost, whatever follows on the connection.

use std::time::Duration;

use super::calls::Turn;

/// How soon the receipt must come. It takes milliseconds where nothing is wrong, and a second or two
/// where a machine has far too much to do.
pub(super) const TAKEN_WITHIN: Duration = Duration::from_secs(3);

/// The slowest uplink that is reckoned with, in bytes per second: a large request takes its time until
/// the broker has it.
const UPLINK: u64 = 32 * 1024;

/// After how long another connection is better than another try.
pub(super) const LEFT_AFTER: Duration = Duration::from_secs(6);

/// What is known of the present connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Acceptance {
    /// No request asks.
    #[default]
    Unasked,
    /// A request asks, or more than one, each after the receipt of the one before was overdue.
    Asked {
        /// When the first one asked.
        since: Duration,
        /// When the receipt is due.
        until: Duration,
    },
    /// No receipt came in time. One that asked first asked then.
    Overdue { since: Duration },
    /// Requests are taken.
    Known,
}

impl Acceptance {
    /// A request of so many bytes is being sent in this turn. Gives the receipt that it is to ask for,
    /// if it is to ask.
    ///
    /// A request that is sent again has another receipt than before, so that one which comes late
    /// tells of the first.
    pub(super) fn send(&mut self, now: Duration, turn: Turn, bytes: usize) -> Option<String> {
        let arrives = now + Duration::from_secs(bytes as u64 / UPLINK);
        let since = match *self {
            Self::Unasked => arrives,
            Self::Overdue { since } => since,
            Self::Asked { .. } | Self::Known => return None,
        };
        *self = Self::Asked {
            since,
            until: arrives + TAKEN_WITHIN,
        };
        let (at, number) = turn;
        Some(format!("{}.{number}", at.as_nanos()))
    }

    /// A receipt came. Tells from which turn on requests are taken, if that is news.
    pub(super) fn take_receipt(&mut self, receipt: &str) -> Option<Turn> {
        if !self.is_in_question() {
            return None;
        }
        let (nanos, number) = receipt.split_once('.')?;
        let turn = (
            Duration::from_nanos(nanos.parse().ok()?),
            number.parse().ok()?,
        );
        *self = Self::Known;
        Some(turn)
    }

    /// Whether a receipt was asked for, and nothing has come yet that tells as much.
    pub(super) const fn is_in_question(&self) -> bool {
        matches!(self, Self::Asked { .. } | Self::Overdue { .. })
    }

    /// Whether the receipt should have come by now; if so, another request is to ask.
    pub(super) fn is_overdue(&mut self, now: Duration) -> bool {
        match *self {
            Self::Asked { since, until, .. } if until <= now => {
                *self = Self::Overdue { since };
                true
            }
            _ => false,
        }
    }

    /// Whether nothing was taken for so long that another connection is better.
    pub(super) fn is_hopeless(&self, now: Duration) -> bool {
        matches!(self, Self::Overdue { since } if now.saturating_sub(*since) >= LEFT_AFTER)
    }

    pub(super) const fn poll_timeout(&self) -> Option<Duration> {
        match self {
            Self::Asked { until, .. } => Some(*until),
            Self::Unasked | Self::Overdue { .. } | Self::Known => None,
        }
    }
}
