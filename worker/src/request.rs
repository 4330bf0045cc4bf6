//! A request as it came, before its body is looked at.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;
use tracing::debug;
use warren_contract::header;

use crate::context::Caller;

/// One request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    /// What the caller understands.
    pub(crate) dialect: Dialect,
    /// The name of the procedure; `None` means the first one that the service has.
    pub(crate) procedure: Option<String>,
    /// The caller's reply queue; `None`, too, if what came cannot be answered.
    pub(crate) reply_to: Option<String>,
    /// The caller's name for the call, opaque.
    pub(crate) correlation_id: Option<String>,
    /// How long the caller waits, counted from its sending: an upper bound for what is left.
    pub(crate) expires_in: Option<Duration>,
    /// Whether it was handed out before, to this worker or another.
    pub(crate) redelivered: bool,
    /// What else it says of its caller.
    pub(crate) caller: Arc<Caller>,
    /// The argument, as the caller wrote it.
    pub(crate) body: Bytes,
}

impl Request {
    /// When the caller of a request that came at `arrived` has given up, if it says so. The
    /// tutorials' clients say nothing: an expiration of theirs is about the queue alone.
    pub(crate) fn expires_at(&self, arrived: Instant) -> Option<Instant> {
        match self.dialect {
            Dialect::Warren => arrived.checked_add(self.expires_in?),
            Dialect::Tutorial => None,
        }
    }

    /// How often the caller, one of Warren's, wants to be told of its progress, if it does.
    pub(crate) fn progress_every(&self) -> Option<Duration> {
        let text = match self.dialect {
            Dialect::Warren => self.caller.headers.get(header::PROGRESS_MS)?,
            Dialect::Tutorial => return None,
        };
        let milliseconds = text.parse().ok();
        if milliseconds.is_none() {
            let header = header::PROGRESS_MS;
            debug!(
                text,
                "{header} is no whole number, so the caller is told of no progress"
            );
        }
        milliseconds.map(Duration::from_millis)
    }
}

/// What a caller understands of a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Typed replies with headers.
    #[default]
    Warren,
    /// The text of the result, as the server of RabbitMQ's sixth tutorial sends it.
    Tutorial,
}

impl Dialect {
    /// The clients of the tutorials send no `content-type`; Warren's always do.
    pub(crate) fn of(content_type: Option<&str>) -> Self {
        match content_type {
            Some(_) => Self::Warren,
            None => Self::Tutorial,
        }
    }
}

/// The `expiration` property, which is decimal milliseconds; the broker refuses anything else.
/// See <https://www.rabbitmq.com/docs/ttl#per-message-ttl-in-publishers>.
pub(crate) fn expires_in(expiration: &str) -> Option<Duration> {
    expiration.parse().ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_warrens_callers_give_up_when_their_requests_expire() {
        let now = Instant::now();
        let (second, ages) = (Duration::from_secs(1), Duration::MAX);
        let cases = [
            (Dialect::Warren, Some(second), Some(now + second)),
            (Dialect::Warren, Some(ages), None),
            (Dialect::Warren, None, None),
            (Dialect::Tutorial, Some(second), None),
        ];
        for (dialect, expires_in, expected) in cases {
            let request = Request {
                dialect,
                expires_in,
                ..Request::default()
            };
            let expires_at = request.expires_at(now);
            assert_eq!(expires_at, expected, "{dialect:?} {expires_in:?}");
        }
    }

    #[test]
    fn progress_is_for_warrens_callers_who_ask_for_it() {
        let cases = [
            (Dialect::Warren, Some("250"), Some(250)),
            (Dialect::Warren, Some("0"), Some(0)),
            (Dialect::Warren, None, None),
            (Dialect::Tutorial, Some("250"), None),
            (Dialect::Warren, Some(""), None),
            (Dialect::Warren, Some("often"), None),
            (Dialect::Warren, Some("-1"), None),
            (Dialect::Warren, Some("1.5"), None),
            (Dialect::Warren, Some("18446744073709551616"), None),
        ];
        for (dialect, asked, expected) in cases {
            let asked = asked.map(|text| (header::PROGRESS_MS.to_owned(), text.to_owned()));
            let caller = Caller {
                headers: asked.into_iter().collect(),
                ..Caller::default()
            };
            let request = Request {
                dialect,
                caller: Arc::new(caller),
                ..Request::default()
            };
            let expected = expected.map(Duration::from_millis);
            assert_eq!(request.progress_every(), expected, "{:?}", request.caller);
        }
    }
}
