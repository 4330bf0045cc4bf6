//! What it costs the naive Fibonacci to be cancellable and to count its progress.

use std::{
    hint::black_box,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use warren_contract::Fault;
use warren_worker::{Context, FibonacciHandler, Handler, fib};

use crate::{Bench, Contest, Goal, Metric, Section};

/// A computation of about a second.
const N: u64 = 42;

/// Its result.
const VALUE: u64 = 267_914_296;

const TIME: &str = "time";

const HANDLER: &str = "Warren's handler";
const RUST: &str = "plain function, Rust";
const C: &str = "plain function, C (gcc -O3)";

pub(super) fn measure(bench: &Bench) -> Section {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("fib");
    compile(&bench.peer("fib.c"), &program);
    let handler = FibonacciHandler::new(N);
    let mut contest = Contest::new(bench.rounds(), [Metric::new(TIME, "s")]);
    contest.enter(HANDLER, move || {
        time(|| handler.handle(black_box(N), black_box(&Context::default())))
    });
    contest.enter(RUST, || time(|| Ok(fib(black_box(N)))));
    contest.enter(C, || run(&program));
    Section::new(
        "fib",
        "fib(42), which can be cancelled and tells how far it is",
    )
    .note(
        "All three make the same calls. Warren's handler looks whether it is still wanted, and \
             counts its progress, in the upper levels of the recursion.",
    )
    .contest(
        &contest.run(),
        [
            Goal::at_most(TIME, HANDLER, 1.05, RUST),
            Goal::at_most(TIME, HANDLER, 1.05, C),
        ],
    )
}

fn time(run: impl FnOnce() -> Result<u64, Fault>) -> Vec<f64> {
    let begin = Instant::now();
    let value = run();
    let elapsed = begin.elapsed();
    assert_eq!(value, Ok(VALUE));
    vec![elapsed.as_secs_f64()]
}

fn compile(source: &Path, program: &Path) {
    let mut gcc = Command::new("gcc");
    gcc.arg("-O3").arg(source).arg("-o").arg(program);
    let compiled = gcc.status().expect("gcc is installed");
    assert!(compiled.success(), "{} is in order", source.display());
}

/// The program says what it computed, and in how many nanoseconds.
fn run(program: &Path) -> Vec<f64> {
    let output = Command::new(program).arg(N.to_string()).output();
    let output = output.expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = said
        .split_whitespace()
        .map(|word| word.parse().expect("a number"))
        .collect();
    let [value, nanoseconds] = numbers[..] else {
        panic!("the program said {said:?}");
    };
    assert_eq!(value, VALUE);
    vec![Duration::from_nanos(nanoseconds).as_secs_f64()]
}
