//! The codes of gRPC and Connect, in their spelling.

use std::{fmt, str::FromStr};

/// Why a call failed, for programs; the [message](crate::Fault::message) is for people.
///
/// These are the codes of [gRPC](https://grpc.io/docs/guides/status-codes/) that Warren uses,
/// spelled as [Connect](https://connectrpc.com/docs/protocol#error-codes) spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The request cannot be understood, whatever the state of the worker.
    InvalidArgument,
    /// The request is understood, but beyond what the worker serves.
    OutOfRange,
    /// The deadline passed before a reply came.
    DeadlineExceeded,
    /// The caller gave the call up.
    Cancelled,
    /// A limit was reached: the queue is full, a message is too large, too many calls are pending.
    ResourceExhausted,
    /// The broker or the workers cannot be reached.
    Unavailable,
    /// No worker serves a procedure of this name.
    Unimplemented,
    /// The worker, or what stands between, is broken.
    Internal,
    /// The broker does not know the login, or its passcode is another.
    Unauthenticated,
    /// The broker knows the login but does not let it do this.
    PermissionDenied,
}

impl Code {
    /// Every code, for tables and tests.
    pub const ALL: [Self; 10] = [
        Self::InvalidArgument,
        Self::OutOfRange,
        Self::DeadlineExceeded,
        Self::Cancelled,
        Self::ResourceExhausted,
        Self::Unavailable,
        Self::Unimplemented,
        Self::Internal,
        Self::Unauthenticated,
        Self::PermissionDenied,
    ];

    /// The code as it stands on the wire, such as `deadline_exceeded`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::OutOfRange => "out_of_range",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Cancelled => "cancelled",
            Self::ResourceExhausted => "resource_exhausted",
            Self::Unavailable => "unavailable",
            Self::Unimplemented => "unimplemented",
            Self::Internal => "internal",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission_denied",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A code that this version does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCode;

impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is none of the codes that Warren knows")
    }
}

impl std::error::Error for UnknownCode {}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(s: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .into_iter()
            .find(|code| code.as_str() == s)
            .ok_or(UnknownCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back_as_itself() {
        for code in Code::ALL {
            assert_eq!(code.as_str().parse(), Ok(code));
        }
        assert_eq!("unheard_of".parse::<Code>(), Err(UnknownCode));
    }
}
