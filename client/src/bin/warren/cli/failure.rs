//! How a command fails.

use warren_client::{CallError, Disconnect, TlsError};
use warren_contract::Code;

/// A failure in the words that are printed: a code for programs, a message for people.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: Code,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<&Disconnect> for Failure {
    fn from(reason: &Disconnect) -> Self {
        Self::new(reason.code(), reason.to_string())
    }
}

/// What is wrong with the files that the options name.
impl From<TlsError> for Failure {
    fn from(error: TlsError) -> Self {
        Self::new(Code::InvalidArgument, error.to_string())
    }
}
