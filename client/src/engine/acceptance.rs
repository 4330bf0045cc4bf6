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

use uuid::Uuid;

use super::calls::Turn;

/// How soon the receipt must come. It takes milliseconds where nothing is wrong, and a second or two
/// where a machine has far too much to do.
pub(super) const TAKEN_WITHIN: Duration = Duration::from_secs(3);

/// After how long another connection is better than another try.
pub(super) const LEFT_AFTER: Duration = Duration::from_secs(6);

/// What is known of the present connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Acceptance {
    /// No request asks.
    #[default]
    Unasked,
    /// The request of the call `id`, sent in this turn, asks.
    Asked {
        id: Uuid,
        turn: Turn,
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
    /// The request of the call `id` is being sent. True if it is to ask for a receipt.
    pub(super) fn send(&mut self, now: Duration, id: Uuid, turn: Turn) -> bool {
        let since = match *self {
            Self::Unasked => now,
            Self::Overdue { since } => since,
            Self::Asked { .. } | Self::Known => return false,
        };
        *self = Self::Asked {
            id,
            turn,
            since,
            until: now + TAKEN_WITHIN,
        };
        true
    }

    /// The receipt of the call `id` came. Tells from which turn on requests are taken, if that is
    /// news.
    pub(super) fn take_receipt(&mut self, receipt: Uuid) -> Option<Turn> {
        match *self {
            Self::Asked { id, turn, .. } if id == receipt => {
                *self = Self::Known;
                Some(turn)
            }
            _ => None,
        }
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
