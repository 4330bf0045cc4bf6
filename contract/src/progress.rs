//! How far a computation is.

use serde::{Deserialize, Serialize};

/// How far a computation is, in steps of whatever its procedure counts. On the wire it is a JSON
/// object with these very names.
///
/// From one worker, `done` never goes down. Another worker, to which the broker gave the request
/// after the first one died, begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The steps that are done, from 0 to `total`.
    pub done: u64,
    /// All steps there are; at least 1.
    pub total: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_written_and_read_back_as_itself() {
        let progress = Progress { done: 3, total: 8 };
        let written = serde_json::to_string(&progress).expect("numbers are JSON");
        assert_eq!(written, r#"{"done":3,"total":8}"#);
        assert_eq!(serde_json::from_str(&written).ok(), Some(progress));
    }
}
