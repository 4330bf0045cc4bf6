//! `cargo xtask bench`, once everything is built and installed.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, ValueEnum};
use warren_bench::{Bench, Machine, Results, rows::Row};
use xtask::Checkout;

/// Measures Warren side by side with its peers, and writes what it finds to
/// bench/RESULTS.md, and to docs/capacity.md.
#[derive(Debug, Parser)]
struct Arguments {
    /// What is measured; everything if nothing is named.
    rows: Vec<Row>,
    /// How often each contestant takes its turn.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let checkout = Checkout::here();
    let root = checkout.root().to_owned();
    let bench = Bench::new(checkout, arguments.rounds.into());
    let machine = Machine::this();
    let rows = match arguments.rows.as_slice() {
        [] => Row::value_variants(),
        some => some,
    };
    let mut unmet = Vec::new();
    for row in rows {
        let section = row.measure(&bench);
        print(&format!("\n## {}\n\n{section}", section.title()));
        let document = row.document();
        let results = Results::at(root.join(document));
        if let Err(error) = results.write(&section, &machine, bench.rounds()) {
            eprintln!("error: cannot write {document}: {error}");
            return ExitCode::FAILURE;
        }
        unmet.extend(section.unmet());
    }
    for goal in unmet {
        print(&goal);
    }
    ExitCode::SUCCESS
}

fn print(line: &str) {
    // Whoever closed the output does not want to know.
    let _ = writeln!(io::stdout(), "{line}");
}
