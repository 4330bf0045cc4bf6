//! A short run of `cargo xtask chaos`.

use std::time::Duration;

use warren_e2e::chaos::{Options, run};

#[test]
fn every_call_settles_whatever_is_disturbed() {
    let options = Options {
        duration: Duration::from_secs(25),
        nodes: 1,
        seed: fastrand::u64(..),
    };
    let report = run(&options, |line| eprintln!("{line}"));
    eprintln!("{report}");
    assert_eq!(report.failures(), Vec::<String>::new());
}
