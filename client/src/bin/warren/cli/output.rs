//! What goes to stdout.

use std::io::{self, Write};

use serde::Serialize;
use warren_contract::Code;

use super::failure::Failure;

/// Prints `text` and the end of its line.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{text}")
        .map_err(|error| Failure::new(Code::Internal, format!("cannot write to stdout: {error}")))
}

/// Prints `value` as one line of JSON.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string(value).map_err(|error| {
        Failure::new(
            Code::Internal,
            format!("cannot write the result as JSON: {error}"),
        )
    })?;
    print(&json)
}
