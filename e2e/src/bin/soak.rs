//! `cargo xtask soak`, once everything is built.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use warren_e2e::soak::{Options, Sample, run};

/// Makes very many small calls, and looks at the memory of client and worker.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many calls are made.
    #[arg(long, value_parser = clap::value_parser!(u64).range(WARM_UP + 1..))]
    calls: u64,
    /// How many of them are under way at any time.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    in_flight: u16,
    /// How many requests the worker takes before it has settled the first.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    prefetch: u16,
}

/// After how many calls client and worker must hold all the memory that they need.
const WARM_UP: u64 = 50_000;

/// By which part of what it was then the memory may be larger at the end.
const GROWTH: f64 = 0.1;

fn main() -> ExitCode {
    let Arguments {
        calls,
        in_flight,
        prefetch,
    } = Arguments::parse();
    let options = Options {
        calls,
        in_flight: in_flight.into(),
        prefetch,
        warm_up: WARM_UP,
        growth: GROWTH,
    };
    print(Sample::HEADS);
    let report = run(&options, |sample| print(&sample.to_string()));
    print(&format!("\n{report}"));
    let failures = report.failures();
    for failure in &failures {
        print(&format!("failed: {failure}"));
    }
    if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn print(line: &str) {
    // Whoever closed the output does not want to know.
    let _ = writeln!(io::stdout(), "{line}");
}
