//! `cargo xtask soak`: very many small calls, and the memory that they take.

use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::progress::Progress;
use crate::tools::{self, Broker};
use crate::{Checkout, artifacts};

/// The options of `cargo xtask soak`.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// How many calls are made; over 50,000, after which memory is looked at for the first time.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub calls: u64,

    /// How many of them are under way at any time.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 200,
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    pub in_flight: u16,

    /// How many requests the worker takes from the broker before it has settled the first.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 200,
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    pub prefetch: u16,

    /// The version of RabbitMQ to run on, as for cargo xtask test.
    #[arg(long, value_name = "VERSION")]
    pub broker: Option<Broker>,
}

/// Installs what is missing, builds as for deployment, and runs the program of that name in the
/// package `warren-e2e`, which prints what it measures. True if every call was answered rightly,
/// and client and worker hold no more memory in the end than they should.
///
/// # Errors
/// Something could not be installed, built or run.
pub fn run(checkout: &Checkout, options: &Options) -> Result<bool> {
    let broker = options.broker.clone().unwrap_or_default();
    let missing = tools::missing(checkout, &[broker.prerequisite()]);
    let mut progress = Progress::new(missing.len() + 2);
    tools::install(checkout, &missing, &mut progress)?;
    let environment = tools::environment(checkout, &broker)?;
    progress.step("building the programs");
    let program = artifacts::programs(checkout)?.join("soak");

    progress.step("starting everything");
    let mut command = Command::new(&program);
    command
        .args(["--calls", &options.calls.to_string()])
        .args(["--in-flight", &options.in_flight.to_string()])
        .args(["--prefetch", &options.prefetch.to_string()]);
    let status = command
        .envs(environment)
        .status()
        .with_context(|| format!("cannot run {}", program.display()))?;
    Ok(status.success())
}
