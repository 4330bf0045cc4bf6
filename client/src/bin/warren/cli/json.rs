//! A request as JSON.

use serde_json::value::RawValue;
use warren_contract::Code;

use super::failure::Failure;

/// `text`, if it is JSON.
pub(super) fn json(text: String) -> Result<Box<RawValue>, Failure> {
    RawValue::from_string(text).map_err(|error| {
        let message = format!("the request is no JSON: {error}");
        Failure::new(Code::InvalidArgument, message)
    })
}
