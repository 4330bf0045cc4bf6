//! What a caller is told in the end.

use std::time::Duration;

use bytes::Bytes;
use warren_contract::Fault;

/// What a caller is told in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The response as JSON, or the fault.
    pub(crate) response: Result<Bytes, Fault>,
    /// How long the handler ran, if it did.
    pub(crate) compute: Option<Duration>,
}

/// The handler did not run.
impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        Self {
            response: Err(fault),
            compute: None,
        }
    }
}

impl Outcome {
    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        match &self.response {
            Ok(json) => json.len(),
            Err(fault) => fault.message.len(),
        }
    }
}
