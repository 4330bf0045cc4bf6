//! Everything that a person runs, as `cargo xtask <command>`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{
    Checkout, audit, bench, chaos, definitions, doctor, screenshots, site, soak, test, up, weight,
};

/// Runs, tests and examines Warren.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Installs what is missing, builds, and runs a broker, workers and the page until Ctrl-C.
    Up(up::Options),
    /// Installs what is missing, then runs every check and test there is.
    Test(test::Options),
    /// Makes calls of all kinds while workers, broker and connections are disturbed at random, and
    /// fails unless every call settles in time, with what is right.
    Chaos(chaos::Options),
    /// Makes very many small calls, and fails unless all are answered rightly and the memory of
    /// client and worker stays as it was after the first 50,000.
    Soak(soak::Options),
    /// Measures Warren side by side with its peers, and writes what it finds to bench/RESULTS.md.
    Bench(bench::Options),
    /// Makes pictures of all that the page can look like, in target/screenshots.
    Screenshots(screenshots::Options),
    /// Builds the page, and says how much a browser fetches before the page can be used.
    Weigh,
    /// Installs what is missing, builds the page, and puts it into a folder, from which nginx
    /// serves it.
    Page(site::Options),
    /// Makes definitions with new passwords, for a broker that others can reach.
    Definitions(definitions::Options),
    /// Checks the licences and sources of all dependencies, and whether any is known to be
    /// vulnerable; lists what is in the programs, in target/sbom.
    Audit,
    /// Says what is missing, and how to mend it.
    Doctor,
}

fn main() -> ExitCode {
    let checkout = Checkout::here();
    let outcome = match Arguments::parse().command {
        Command::Up(options) => up::run(&checkout, &options).map(|()| true),
        Command::Test(options) => test::run(&checkout, &options),
        Command::Chaos(options) => chaos::run(&checkout, &options),
        Command::Soak(options) => soak::run(&checkout, &options),
        Command::Bench(options) => bench::run(&checkout, &options),
        Command::Screenshots(options) => screenshots::run(&checkout, &options).map(|()| true),
        Command::Weigh => weight::run(&checkout),
        Command::Page(options) => site::run(&checkout, &options).map(|()| true),
        Command::Definitions(options) => definitions::run(&options).map(|()| true),
        Command::Audit => audit::run(&checkout),
        Command::Doctor => doctor::run(&checkout),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
