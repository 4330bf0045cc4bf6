//! Whether the broker takes the requests of a connection.
//!
//! While a quorum queue has no leader, as for some tenths of a second after a node has died, RabbitMQ
//! drops without a word what a connection publishes to it, until the queue has taken the first
//! message of that connection. From then on it keeps what comes meanwhile (`rabbit_fifo_client`,
//! from 3.10 to 4.3 at least). A client that has just lost its node publishes in that very moment.
//!
//! So one request asks for a receipt, which comes once the queue has it. If none comes, the request
//! is sent again. Once something comes, all is taken that was sent after the request it came for.
//!
//! The first connection to a broker of one URL does without: a receipt makes the broker confirm, at
//! some cost, whatever follows on the connection.

use std::time::Duration;

use uuid::Uuid;

use super::calls::Turn;

/// How soon the receipt must come. It takes milliseconds where nothing is wrong.
pub(super) const TAKEN_WITHIN: Duration = Duration::from_secs(1);

/// What is known of the present connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Acceptance {
    /// No request asks.
    #[default]
    Unasked,
    /// The request of the call `id`, sent in this turn, asks; the answer is due at `until`.
    Asked {
        id: Uuid,
        turn: Turn,
        until: Duration,
    },
    /// Requests are taken.
    Known,
}

impl Acceptance {
    /// The request of the call `id` is being sent. True if it is to ask for a receipt.
    pub(super) fn send(&mut self, now: Duration, id: Uuid, turn: Turn) -> bool {
        let asks = *self == Self::Unasked;
        if asks {
            let until = now + TAKEN_WITHIN;
            *self = Self::Asked { id, turn, until };
        }
        asks
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

    /// A worker said something for a request that was sent in this turn. True if it is news that
    /// requests are taken from that turn on.
    pub(super) fn take_reply(&mut self) -> bool {
        std::mem::replace(self, Self::Known) != Self::Known
    }

    /// Whether the receipt should have come by now; if so, another request is to ask.
    pub(super) fn is_overdue(&mut self, now: Duration) -> bool {
        let overdue = self.poll_timeout().is_some_and(|until| until <= now);
        if overdue {
            *self = Self::Unasked;
        }
        overdue
    }

    pub(super) const fn poll_timeout(&self) -> Option<Duration> {
        match self {
            Self::Asked { until, .. } => Some(*until),
            Self::Unasked | Self::Known => None,
        }
    }
}
