//! A request as it came, before its body is looked at.

use std::time::{Duration, Instant};

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// What the caller understands.
    pub(crate) dialect: Dialect,
    /// The name of the procedure; `None` means the one that the service has.
    pub(crate) procedure: Option<String>,
    /// The caller's reply queue.
    pub(crate) reply_to: Option<String>,
    /// The caller's name for the call, opaque.
    pub(crate) correlation_id: Option<String>,
    /// How long the caller waits, counted from its sending: an upper bound for what is left.
    pub(crate) expires_in: Option<Duration>,
    /// The caller, one of Warren's, wants to be told of its progress, at most every so often.
    pub(crate) progress_every: Option<Duration>,
    /// The argument, as the caller wrote it.
    pub(crate) body: Vec<u8>,
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
}

/// What a caller understands of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Typed replies with headers.
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
                procedure: None,
                reply_to: None,
                correlation_id: None,
                expires_in,
                progress_every: None,
                body: Vec::new(),
            };
            let expires_at = request.expires_at(now);
            assert_eq!(expires_at, expected, "{dialect:?} {expires_in:?}");
        }
    }
}
