//! What a worker says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A worker's answer to a ping. On the wire it is a JSON object with these very names; names that
/// a reader does not know are passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    /// Tells this worker from all others, also from one of the same name: a fresh UUID v4 for
    /// each start.
    pub id: String,
    /// The name that its operator gave it, as on its replies.
    pub name: String,
    /// The version of Warren that it was built with.
    pub version: String,
    /// What it serves.
    pub procedures: Vec<ServedProcedure>,
    /// The most requests that it computes at once; at least 1.
    pub concurrency: u16,
    /// How many requests it computes now, from 0 to `concurrency`.
    pub busy: u16,
    /// Whether it is about to stop: it finishes what it computes, and takes no other request.
    #[serde(default)]
    pub draining: bool,
    /// How many requests it has answered with a result since it started.
    pub served: u64,
    /// How many requests it has answered with a fault since it started.
    pub failed: u64,
    /// The time since it started, in milliseconds.
    pub uptime_ms: u64,
}

/// A procedure that a worker serves, in a [`Pong`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedProcedure {
    /// The [name](crate::Procedure::NAME) that requests give.
    pub name: String,
    /// What the worker refuses to go beyond, by the limit's name, such as
    /// [`Fibonacci::MAX_N`](crate::Fibonacci::MAX_N). Units are the procedure's.
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fibonacci, Procedure};

    const ON_THE_WIRE: &str = r#"{"id":"6f2b","name":"hare","version":"0.1.0","procedures":[{"name":"fibonacci","limits":{"max_n":50}}],"concurrency":2,"busy":1,"draining":false,"served":7,"failed":3,"uptime_ms":1500}"#;

    fn pong() -> Pong {
        Pong {
            id: "6f2b".to_owned(),
            name: "hare".to_owned(),
            version: "0.1.0".to_owned(),
            procedures: vec![ServedProcedure {
                name: Fibonacci::NAME.to_owned(),
                limits: [(Fibonacci::MAX_N.to_owned(), 50)].into(),
            }],
            concurrency: 2,
            busy: 1,
            draining: false,
            served: 7,
            failed: 3,
            uptime_ms: 1500,
        }
    }

    #[test]
    fn a_pong_is_written_and_read_back_as_itself() {
        let written = serde_json::to_string(&pong()).expect("a pong is JSON");
        assert_eq!(written, ON_THE_WIRE);
        let read: Pong = serde_json::from_str(&written).expect("this is a pong");
        assert_eq!(read, pong());
    }

    #[test]
    fn names_of_later_versions_are_passed_over() {
        let later = ON_THE_WIRE.replacen('{', r#"{"mood":["good"],"#, 1);
        let read: Pong = serde_json::from_str(&later).expect("this is a pong");
        assert_eq!(read, pong());
    }
}
