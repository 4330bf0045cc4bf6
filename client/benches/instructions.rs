//! Work of the engine whose instructions `cargo xtask bench --check` counts.
//!
//! It does the work that its argument names, once; without one, it lists all names.

mod online;

use std::env;

use online::{NOW, calls, drain, request};
use uuid::Uuid;
use warren_client::engine::Engine;

const NAMES: [&str; 2] = [
    "1,000 calls, one at a time",
    "1,000 calls, all in flight at once",
];

#[allow(clippy::print_stdout, reason = "the names are its output")]
fn main() {
    let name = env::args().nth(1).unwrap_or_default();
    let mut engine = online::online();
    let calls = calls(1_000);
    let settled = match NAMES.iter().position(|known| *known == name) {
        Some(0) => counted(|| one_at_a_time(&mut engine, &calls)),
        Some(1) => counted(|| all_at_once(&mut engine, &calls)),
        _ => return println!("{}", NAMES.join("\n")),
    };
    assert_eq!(settled, calls.len());
}

fn one_at_a_time(engine: &mut Engine, calls: &[(Uuid, Vec<u8>)]) -> usize {
    let mut settled = 0;
    for (id, reply) in calls {
        engine.call(NOW, *id, request());
        drain(engine);
        engine.handle_data(NOW, reply);
        settled += drain(engine);
    }
    settled
}

fn all_at_once(engine: &mut Engine, calls: &[(Uuid, Vec<u8>)]) -> usize {
    for (id, _) in calls {
        engine.call(NOW, *id, request());
    }
    let mut settled = drain(engine);
    for (_, reply) in calls {
        engine.handle_data(NOW, reply);
        settled += drain(engine);
    }
    settled
}

/// Instructions are counted in here alone; the name is how Callgrind finds it.
#[inline(never)]
fn counted(work: impl FnOnce() -> usize) -> usize {
    work()
}
