//! `cargo xtask chaos`, once everything is built.

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use warren_e2e::chaos::{Options, run};

/// Makes calls of all kinds while workers, broker and connections are disturbed at random.
#[derive(Debug, Parser)]
struct Arguments {
    /// For how many minutes things are disturbed.
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// How many nodes the broker has.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=9))]
    nodes: u8,
    /// Makes the choices of an earlier run again.
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let Arguments {
        minutes,
        nodes,
        seed,
    } = Arguments::parse();
    let Ok(duration) = Duration::try_from_secs_f64(60.0 * minutes) else {
        print(&format!("{minutes} is no number of minutes"));
        return ExitCode::FAILURE;
    };
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    let options = Options {
        duration,
        nodes: nodes.into(),
        seed,
    };
    let report = run(&options, print);
    print(&format!("\n{report}"));
    let failures = report.failures();
    for failure in &failures {
        print(&format!("failed: {failure}"));
    }
    if failures.is_empty() {
        print("every call settled, in time, with what is right");
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn print(line: &str) {
    // Whoever closed the output does not want to know.
    let _ = writeln!(io::stdout(), "{line}");
}
