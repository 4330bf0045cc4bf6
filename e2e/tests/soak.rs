//! A short run of `cargo xtask soak`.

// Only Linux tells how much memory a process holds.
#![cfg(target_os = "linux")]

use warren_e2e::soak::{Options, run};

#[test]
fn thousands_of_calls_are_answered_rightly_in_bounded_memory() {
    let options = Options {
        calls: 40_000,
        in_flight: 100,
        prefetch: 100,
        // More than the answers that the worker remembers.
        warm_up: 20_000,
        // Allocators take longer to settle than this; what is kept of each call shows all the same.
        growth: 0.15,
    };
    let report = run(&options, |sample| eprintln!("{sample}"));
    eprintln!("{report}");
    assert_eq!(report.failures(), Vec::<String>::new());
}
