//! `cargo xtask bench`: the benchmarks, side by side with their peers.

mod check;
mod counts;

use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::artifacts::Module;
use crate::progress::Progress;
use crate::tools::{self, Broker};
use crate::{Checkout, artifacts};

/// The options of `cargo xtask bench`.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// What is measured, as in bench/RESULTS.md; everything if nothing is named.
    #[arg(value_name = "ROW")]
    pub rows: Vec<String>,

    /// How often each contestant takes its turn.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 5,
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    pub rounds: u16,

    /// The version of RabbitMQ to run on, as for cargo xtask test.
    #[arg(long, value_name = "VERSION")]
    pub broker: Option<Broker>,

    /// Only counts the instructions that decoding, encoding and calling take, and fails if they
    /// are 10 % more than in bench/instructions.json.
    #[arg(long, conflicts_with_all = ["rows", "rounds", "broker"])]
    pub check: bool,

    /// Writes these counts to bench/instructions.json instead.
    #[arg(long, requires = "check")]
    pub bless: bool,
}

/// Installs what is missing, builds as for deployment, and runs the program of the package
/// `warren-bench`, which writes what it measures to `bench/RESULTS.md`. True if all was measured;
/// whether a goal was reached does not count, as that depends on the machine. With
/// [`Options::check`], true if nothing takes too many instructions.
///
/// # Errors
/// Something could not be installed, built or run.
pub fn run(checkout: &Checkout, options: &Options) -> Result<bool> {
    if options.check {
        return check::run(checkout, options.bless);
    }
    let broker = options.broker.clone().unwrap_or_default();
    let broker_needed = [broker.prerequisite()];
    let needed = tools::TO_BUILD
        .iter()
        .chain(tools::TO_BENCH)
        .chain(&broker_needed);
    let missing = tools::missing(checkout, needed);
    let mut progress = Progress::new(missing.len() + 3);
    tools::install(checkout, &missing, &mut progress)?;
    let environment = tools::environment(checkout, &broker)?;
    progress.step("building the page");
    artifacts::page(checkout)?;
    progress.step("building the programs");
    Module::Client.build(checkout)?;
    Module::Yew.build(checkout)?;
    let program = artifacts::benchmarks(checkout)?;

    progress.step("measuring");
    let mut command = Command::new(&program);
    command
        .args(&options.rows)
        .args(["--rounds", &options.rounds.to_string()])
        .env("PATH", tools::search_path(checkout)?);
    let status = command
        .envs(environment)
        .status()
        .with_context(|| format!("cannot run {}", program.display()))?;
    Ok(status.success())
}
