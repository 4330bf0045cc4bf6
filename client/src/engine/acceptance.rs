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

/// How far a receipt may be behind the reply to a request that was sent later: the two come from
/// different parts of the broker.
pub(super) const BEHIND_REPLY: Duration = Duration::from_millis(250);

/// After how long another connection is better than another try.
pub(super) const LEFT_AFTER: Duration = Duration::from_secs(6);

/// What follows from a receipt that did not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    /// Requests are taken from this turn on.
    TakenFrom(Turn),
    /// It is not known that anything is taken: another request is to ask.
    Nothing,
}

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
        /// Something came meanwhile for a request of this turn, or for that and later ones.
        taken: Option<Turn>,
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
            taken: None,
        };
        let (at, number) = turn;
        Some(format!("{}.{number}", at.as_nanos()))
    }

    /// A receipt came. Tells from which turn on requests are taken, if that is news.
    pub(super) fn take_receipt(&mut self, receipt: &str) -> Option<Turn> {
        let taken = match *self {
            Self::Asked { taken, .. } => taken,
            Self::Overdue { .. } => None,
            Self::Unasked | Self::Known => return None,
        };
        let (nanos, number) = receipt.split_once('.')?;
        let turn = (
            Duration::from_nanos(nanos.parse().ok()?),
            number.parse().ok()?,
        );
        *self = Self::Known;
        Some(taken.map_or(turn, |taken| taken.min(turn)))
    }

    /// Something came for the request of this turn, so that the queue has it. A receipt
    /// for one that was sent before must follow soon.
    pub(super) fn take_sign(&mut self, now: Duration, turn: Turn) {
        let soon = now + BEHIND_REPLY;
        let (since, until, taken) = match *self {
            Self::Asked {
                since,
                until,
                taken,
            } => (since, until.min(soon), taken),
            Self::Overdue { since } => (since, soon, None),
            Self::Unasked | Self::Known => return,
        };
        *self = Self::Asked {
            since,
            until,
            taken: Some(taken.map_or(turn, |first| first.min(turn))),
        };
    }

    /// Whether a receipt was asked for, and has not come yet.
    pub(super) const fn is_in_question(&self) -> bool {
        matches!(self, Self::Asked { .. } | Self::Overdue { .. })
    }

    /// What follows if the receipt should have come by now.
    pub(super) fn poll_overdue(&mut self, now: Duration) -> Option<Overdue> {
        match *self {
            Self::Asked {
                until,
                taken: Some(turn),
                ..
            } if until <= now => {
                *self = Self::Known;
                Some(Overdue::TakenFrom(turn))
            }
            Self::Asked { since, until, .. } if until <= now => {
                *self = Self::Overdue { since };
                Some(Overdue::Nothing)
            }
            _ => None,
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
