//! Workers to test with.

use warren_contract::{Pong, ServedProcedure};

/// A worker of four cores, one of which is busy.
pub(super) fn pong(name: &str, uptime_ms: u64, served: u64, failed: u64) -> Pong {
    Pong {
        id: format!("id of {name}"),
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        procedures: vec![ServedProcedure {
            name: "fibonacci".to_owned(),
            limits: [("max_n".to_owned(), 50)].into(),
        }],
        concurrency: 4,
        busy: 1,
        draining: false,
        served,
        failed,
        uptime_ms,
    }
}
