//! How far the present connection has come.

use std::time::Duration;

use warren_stomp::Session;

use crate::Disconnect;

/// How long a WebSocket may take to open, the broker to greet us, and a subscription to stand.
pub(super) const STEP_TIMEOUT: Duration = Duration::from_secs(10);

/// How soon something must come from a broker that was asked whether it is still there.
pub(super) const SIGN_WITHIN: Duration = Duration::from_secs(5);

/// The present connection, or the wait for the next one.
#[derive(Debug)]
pub(super) enum Link {
    /// Waiting for the next try.
    Down { retry_at: Duration },
    /// Waiting for a passcode.
    Asking,
    /// The WebSocket is being opened.
    Opening { until: Duration },
    /// STOMP is spoken.
    Up { session: Box<Session>, phase: Phase },
    /// Closed by the user.
    Closed,
}

/// How far STOMP has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// CONNECT is sent.
    Greeting,
    /// The subscription to what bounces is asked for.
    Subscribing { until: Duration },
    /// Requests can be sent.
    Online {
        since: Duration,
        /// If it was asked whether the broker is still there: when something must have come. Until
        /// then, its silence before counts for nothing: what it sent to a page that stood still
        /// may not have been read yet.
        sign_until: Option<Duration>,
    },
    /// DISCONNECT is sent.
    Leaving,
}

impl Link {
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        match self {
            Self::Down { retry_at } => Some(*retry_at),
            Self::Opening { until } => Some(*until),
            Self::Up { session, phase } => {
                let own = match phase {
                    Phase::Online {
                        sign_until: Some(until),
                        ..
                    } => return Some(*until),
                    Phase::Subscribing { until } => Some(*until),
                    Phase::Online { .. } | Phase::Greeting | Phase::Leaving => None,
                };
                own.into_iter().chain(session.poll_timeout()).min()
            }
            Self::Asking | Self::Closed => None,
        }
    }
}

impl Phase {
    /// Whether the broker was asked whether it is still there, and nothing has come since.
    pub(super) fn is_asking(self) -> bool {
        let Self::Online { sign_until, .. } = self else {
            return false;
        };
        sign_until.is_some()
    }

    /// What went wrong, if something should have come by now.
    pub(super) fn overdue(self, now: Duration, url: &str) -> Option<Disconnect> {
        match self {
            Self::Subscribing { until } if until <= now => Some(Disconnect::Lost {
                url: url.to_owned(),
                detail: format!("no answer to a subscription within {STEP_TIMEOUT:?}"),
            }),
            Self::Online {
                sign_until: Some(until),
                ..
            } if until <= now => Some(Disconnect::Silent {
                url: url.to_owned(),
                silent_for: SIGN_WITHIN,
                allowed: SIGN_WITHIN,
            }),
            Self::Greeting | Self::Subscribing { .. } | Self::Online { .. } | Self::Leaving => None,
        }
    }
}
