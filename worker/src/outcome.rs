//! What a caller is told in the end.

use std::time::Duration;

use bytes::Bytes;
use warren_contract::{Code, Fault};

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

/// The longest message of a fault that is sent, in bytes: handlers may quote what they got.
const LONGEST_MESSAGE: usize = 8 * 1024;

impl Outcome {
    /// This, or a fault that says that the response is longer than so many bytes. A message that is
    /// too long is cut.
    pub(crate) fn limited(mut self, response_bytes: usize) -> Self {
        match &mut self.response {
            Ok(json) if json.len() > response_bytes => {
                let came = json.len();
                let message =
                    format!("the response has {came} bytes; at most {response_bytes} are sent");
                self.response = Err(Fault::new(Code::ResourceExhausted, message));
            }
            Err(fault) if fault.message.len() > LONGEST_MESSAGE => {
                let end = fault.message.floor_char_boundary(LONGEST_MESSAGE);
                fault.message.truncate(end);
                fault.message.push('…');
            }
            Ok(_) | Err(_) => {}
        }
        self
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        match &self.response {
            Ok(json) => json.len(),
            Err(fault) => fault.message.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_to_be_sent_becomes_a_fault_or_is_cut() {
        let limited = |response| {
            let compute = Some(Duration::from_millis(3));
            Outcome { response, compute }.limited(8).response
        };
        assert_eq!(limited(Ok("12345678".into())), Ok("12345678".into()));
        let message = "the response has 9 bytes; at most 8 are sent";
        let fault = Fault::new(Code::ResourceExhausted, message);
        assert_eq!(limited(Ok("123456789".into())), Err(fault));

        let long = format!("x{}", "ü".repeat(LONGEST_MESSAGE / 2));
        let cut = limited(Err(Fault::new(Code::OutOfRange, &*long)));
        let fault = cut.expect_err("it stays a fault");
        assert_eq!(fault.code, Code::OutOfRange);
        assert_eq!(fault.message, format!("{}…", &long[..LONGEST_MESSAGE - 1]));
    }
}
