//! `cargo xtask chaos`: calls of all kinds, while everything under them is disturbed at random.

use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::progress::Progress;
use crate::tools::{self, Broker, Prerequisite};
use crate::{Checkout, artifacts};

/// The options of `cargo xtask chaos`.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// For how many minutes things are disturbed; fractions are allowed.
    #[arg(long, value_name = "N", default_value_t = 2.0)]
    pub minutes: f64,

    /// How many nodes the broker has; several are one cluster, of which each is lost now and then.
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u8).range(1..=9))]
    pub nodes: u8,

    /// Makes the choices of an earlier run again, though not at the same moments.
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,

    /// The version of RabbitMQ to run on, as for cargo xtask test.
    #[arg(long, value_name = "VERSION")]
    pub broker: Option<Broker>,
}

/// Installs what is missing, builds as for deployment, and runs the program of that name in the
/// package `warren-e2e`, which prints what happens. True if every call settled as it must.
///
/// # Errors
/// Something could not be installed, built or run.
pub fn run(checkout: &Checkout, options: &Options) -> Result<bool> {
    let broker = options.broker.clone().unwrap_or_default();
    let needed = [Prerequisite::Browser, broker.prerequisite()];
    let missing = tools::missing(checkout, tools::TO_BUILD.iter().chain(&needed));
    let mut progress = Progress::new(missing.len() + 3);
    tools::install(checkout, &missing, &mut progress)?;
    let environment = tools::environment(checkout, &broker)?;
    progress.step("building the page");
    artifacts::page(checkout)?;
    progress.step("building the programs");
    let program = artifacts::programs(checkout)?.join("chaos");

    progress.step("starting everything");
    let mut command = Command::new(&program);
    command.args(["--minutes", &options.minutes.to_string()]);
    command.args(["--nodes", &options.nodes.to_string()]);
    if let Some(seed) = options.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    let status = command
        .envs(environment)
        .status()
        .with_context(|| format!("cannot run {}", program.display()))?;
    Ok(status.success())
}
