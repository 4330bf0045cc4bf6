//! What goes to stdout.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;
use warren_contract::Code;

use super::failure::Failure;

/// Prints `text` and the end of its line. That nobody reads any more, as after `| head -1`, is no
/// failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => {
            let message = format!("cannot write to stdout: {error}");
            Err(Failure::new(Code::Internal, message))
        }
    }
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
