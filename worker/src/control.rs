//! What is said to all workers of a service at once.

use std::{convert::Infallible, num::NonZeroU32, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use thiserror::Error;
use tokio::{select, time::Instant};
use tracing::debug;
use warren_contract::MessageType;

use crate::{error::BrokerError, server::Server, transport::ControlMessages};

/// A control message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// Somebody asks who is there.
    Ping(Ping),
    /// A caller gave up its call.
    Cancel { correlation_id: String },
}

/// The address of the one who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ping {
    pub(crate) reply_to: String,
    pub(crate) correlation_id: Option<String>,
}

/// Why a message to all workers means nothing to this one.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum Unreadable {
    #[error("it has no type")]
    NoType,
    #[error("its type is {0:?}; it must be ping or cancel")]
    OtherType(String),
    #[error("a ping needs a reply_to")]
    PingWithoutReplyTo,
    #[error("a cancel needs a correlation id")]
    CancelWithoutCorrelationId,
}

impl Control {
    /// Reads the properties of a message; its body says nothing.
    pub(crate) fn read(
        message_type: Option<&str>,
        reply_to: Option<String>,
        correlation_id: Option<String>,
    ) -> Result<Self, Unreadable> {
        let message_type = message_type.ok_or(Unreadable::NoType)?;
        match message_type.parse() {
            Ok(MessageType::Ping) => Ok(Self::Ping(Ping {
                reply_to: reply_to.ok_or(Unreadable::PingWithoutReplyTo)?,
                correlation_id,
            })),
            Ok(MessageType::Cancel) => Ok(Self::Cancel {
                correlation_id: correlation_id.ok_or(Unreadable::CancelWithoutCorrelationId)?,
            }),
            Ok(_) | Err(_) => Err(Unreadable::OtherType(message_type.to_owned())),
        }
    }
}

/// The most pongs that wait at once until the broker takes them. One that takes none keeps no cancel
/// from being heard.
const PONGS_WAITING: usize = 64;

/// Does what is said, until the connection is lost. Nothing here waits for a computation.
pub(crate) async fn attend(
    messages: &mut impl ControlMessages,
    server: &Server,
) -> Result<Infallible, BrokerError> {
    let mut allowance = Allowance::new(server.pongs_per_second, Instant::now());
    let mut pongs = FuturesUnordered::new();
    loop {
        let message = select! {
            Some(taken) = pongs.next() => {
                taken?;
                continue;
            }
            message = messages.next() => message?,
        };
        match message {
            Ok(Control::Ping(ping)) => {
                let now = Instant::now();
                if pongs.len() < PONGS_WAITING && allowance.take(now) {
                    server.metrics.pings_answered.inc();
                    pongs.push(messages.pong(&ping, &server.pong(now)));
                } else {
                    server.metrics.pings_dropped.inc();
                }
            }
            Ok(Control::Cancel { correlation_id }) => {
                debug!(correlation_id, "cancelled");
                server.answerer.cancel(correlation_id, Instant::now());
            }
            Err(unreadable) => debug!(%unreadable, "a control message is dropped"),
        }
    }
}

/// So many a second, of which those not taken can be taken within the next second: a token bucket.
///
/// It is one for all senders: whoever floods the workers makes up senders, too.
#[derive(Debug)]
struct Allowance {
    interval: Duration,
    /// When there will be as many as there can be.
    full_at: Instant,
}

impl Allowance {
    /// For how long what is not taken is kept.
    const KEPT: Duration = Duration::from_secs(1);

    fn new(per_second: NonZeroU32, now: Instant) -> Self {
        Self {
            interval: Self::KEPT / per_second.get(),
            full_at: now,
        }
    }

    /// Takes one, if there is one.
    fn take(&mut self, now: Instant) -> bool {
        let full_at = self.full_at.max(now) + self.interval;
        let is_there = full_at <= now + Self::KEPT;
        if is_there {
            self.full_at = full_at;
        }
        is_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_allowed_as_come_in_a_second_and_no_more_are_saved() {
        let now = Instant::now();
        let ms = Duration::from_millis;
        let mut allowance = Allowance::new(NonZeroU32::new(10).expect("not zero"), now);
        let mut taken = |at| (0..100).filter(|_| allowance.take(at)).count();
        assert_eq!(taken(now), 10);
        assert_eq!(taken(now + ms(99)), 0);
        assert_eq!(taken(now + ms(100)), 1);
        assert_eq!(taken(now + ms(350)), 2);
        assert_eq!(taken(now + ms(400)), 1);
        assert_eq!(taken(now + ms(9_000)), 10);
    }

    #[test]
    fn control_messages_are_read_by_their_properties() {
        let ping = |correlation_id: Option<&str>| {
            Ok(Control::Ping(Ping {
                reply_to: "replies".to_owned(),
                correlation_id: correlation_id.map(str::to_owned),
            }))
        };
        let cancel = Ok(Control::Cancel {
            correlation_id: "id-1".to_owned(),
        });
        let other = |name: &str| Err(Unreadable::OtherType(name.to_owned()));
        let (replies, id) = (Some("replies"), Some("id-1"));
        let cases = [
            (Some("ping"), replies, id, ping(id)),
            (Some("ping"), replies, None, ping(None)),
            (Some("ping"), None, id, Err(Unreadable::PingWithoutReplyTo)),
            (Some("cancel"), None, id, cancel),
            (
                Some("cancel"),
                replies,
                None,
                Err(Unreadable::CancelWithoutCorrelationId),
            ),
            (None, replies, id, Err(Unreadable::NoType)),
            (Some(""), replies, id, other("")),
            (Some("PING"), replies, id, other("PING")),
            // Pongs come here if somebody binds or replies to a control queue.
            (Some("pong"), replies, id, other("pong")),
            (Some("fibonacci"), replies, id, other("fibonacci")),
        ];
        for (message_type, reply_to, correlation_id, expected) in cases {
            let read = Control::read(
                message_type,
                reply_to.map(str::to_owned),
                correlation_id.map(str::to_owned),
            );
            assert_eq!(read, expected, "{message_type:?}");
        }
    }
}
