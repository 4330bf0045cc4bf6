//! The `type` property of replies and of control messages.

use std::{fmt, str::FromStr};

/// What a message is, as its `type` property says. A request names its
/// [procedure](crate::Procedure::NAME) there instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// A reply whose body is the procedure's response, as JSON.
    Result,
    /// A reply whose body is a [`Fault`](crate::Fault).
    Fault,
    /// Before the reply, if progress was asked for: a worker begins to compute. The body is empty.
    Started,
    /// Before the reply, if progress was asked for, and any number of times: how far the worker
    /// is. The body is a [`Progress`](crate::Progress).
    Progress,
    /// To all workers of a service: each of them is to answer with [`Pong`](Self::Pong).
    Ping,
    /// A reply to a ping, whose body is a [`Pong`](crate::Pong).
    Pong,
    /// To all workers of a service: the call that has this message's correlation id is given up.
    Cancel,
}

impl MessageType {
    /// Every type, for tables and tests.
    pub const ALL: [Self; 7] = [
        Self::Result,
        Self::Fault,
        Self::Started,
        Self::Progress,
        Self::Ping,
        Self::Pong,
        Self::Cancel,
    ];

    /// The type as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Result => "result",
            Self::Fault => "fault",
            Self::Started => "started",
            Self::Progress => "progress",
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Cancel => "cancel",
        }
    }
}

/// A `type` that this version does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownMessageType;

impl fmt::Display for UnknownMessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is none of the message types that Warren knows")
    }
}

impl std::error::Error for UnknownMessageType {}

impl FromStr for MessageType {
    type Err = UnknownMessageType;

    fn from_str(s: &str) -> Result<Self, UnknownMessageType> {
        Self::ALL
            .into_iter()
            .find(|message_type| message_type.as_str() == s)
            .ok_or(UnknownMessageType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_read_back_as_itself() {
        for message_type in MessageType::ALL {
            assert_eq!(message_type.as_str().parse(), Ok(message_type));
        }
        assert_eq!("unheard_of".parse::<MessageType>(), Err(UnknownMessageType));
    }
}
