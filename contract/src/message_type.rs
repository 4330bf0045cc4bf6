//! The `type` property of replies.

use std::{fmt, str::FromStr};

/// What a reply is, as its `type` property says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// The body is the procedure's response, as JSON.
    Result,
    /// The body is a [`Fault`](crate::Fault).
    Fault,
}

impl MessageType {
    /// The type as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Result => "result",
            Self::Fault => "fault",
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
        match s {
            "result" => Ok(Self::Result),
            "fault" => Ok(Self::Fault),
            _ => Err(UnknownMessageType),
        }
    }
}
