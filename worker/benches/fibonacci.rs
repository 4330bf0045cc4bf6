//! What it costs the naive Fibonacci to be cancellable and to count its progress: the handler beside
//! the plain function, in turns, so that whatever else the machine does concerns both. Both use the
//! same machine code of the plain function.
//!
//! `cargo bench -p warren-worker --bench fibonacci`

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use warren_worker::{Context, FibonacciHandler, Handler, fib};

/// A computation of about a second.
const N: u64 = 42;

/// How often each of the two is run.
const RUNS: usize = 15;

fn main() {
    let handler = FibonacciHandler::new(N);
    let handled = || handler.handle(black_box(N), black_box(&Context::default()));
    let plain = || fib(black_box(N));
    assert_eq!(handled(), Ok(plain()), "both compute the same");

    let mut plain_times = Vec::new();
    let mut handled_times = Vec::new();
    for _ in 0..RUNS {
        plain_times.push(time(plain));
        handled_times.push(time(handled));
    }
    let plain = show("plain function", &mut plain_times);
    let handled = show("handler", &mut handled_times);
    println!("ratio of medians: {:.3}", handled / plain);
}

fn time<T>(run: impl Fn() -> T) -> Duration {
    let start = Instant::now();
    black_box(run());
    start.elapsed()
}

/// Prints the median and the spread; returns the median in seconds.
fn show(what: &str, times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    let [least, .., most] = times else {
        unreachable!("there are several runs");
    };
    let (least, most) = (*least, *most);
    let median = times[times.len() / 2];
    println!("fib({N}), {what}: median {median:.1?} of {RUNS}, from {least:.1?} to {most:.1?}");
    median.as_secs_f64()
}
