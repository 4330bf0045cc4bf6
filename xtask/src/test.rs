//! `cargo xtask test`: every check and test there is.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use clap::Args;

use crate::command::show;
use crate::progress::Progress;
use crate::tally::Tally;
use crate::tools::{self, Broker};
use crate::{Checkout, artifacts, audit, weight};

/// The options of `cargo xtask test`.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The version of RabbitMQ to test with: 3, or what is installed into .tools/ for it, such as
    /// 4 or 4.0. Without this, the one that is installed, whichever that is.
    #[arg(long, value_name = "VERSION")]
    pub broker: Option<Broker>,
}

/// Installs what is missing, runs all checks and tests, and prints `N passed, N failed` at the
/// end. A check that fails without a failing test counts as one. True if nothing failed.
///
/// # Errors
/// Something could not be installed, built or run, so that not everything was tested.
pub fn run(checkout: &Checkout, options: &Options) -> Result<bool> {
    let broker = options.broker.clone().unwrap_or_default();
    let missing = tools::missing(
        checkout,
        tools::TO_BUILD
            .iter()
            .chain(tools::TO_TEST)
            .chain(&[broker.prerequisite()]),
    );
    let mut progress = Progress::new(missing.len() + 3 + CHECKS.len());
    tools::install(checkout, &missing, &mut progress)?;
    let environment: Vec<_> = tools::environment(checkout, &broker)?.collect();
    progress.step("building the page");
    artifacts::page(checkout)?;

    let mut total = Tally::default();
    let mut failed = Vec::new();
    progress.step("weighing the page");
    if weight::check(checkout)? {
        total.passed += 1;
    } else {
        total.failed += 1;
        failed.push("cargo xtask weigh".to_owned());
    }
    progress.step("checking dependencies");
    if audit::check(checkout)? {
        total.passed += 1;
    } else {
        total.failed += 1;
        failed.push("cargo xtask audit".to_owned());
    }
    for check in CHECKS {
        progress.step(check.what);
        let mut command = check.command(checkout)?;
        command.envs(environment.iter().cloned());
        let (succeeded, tally) = run_counting(&mut command)?;
        total += tally;
        if !succeeded {
            failed.push(show(&command));
            if tally.failed == 0 {
                total.failed += 1;
            }
        }
    }
    for command in &failed {
        eprintln!("failed: {command}");
    }
    writeln!(io::stdout(), "{total}")?;
    Ok(total.failed == 0)
}

/// One call of cargo.
#[derive(Debug)]
struct Check {
    what: &'static str,
    arguments: &'static [&'static str],
}

/// In the order in which they fail fastest.
const CHECKS: &[Check] = &[
    Check {
        what: "checking the format",
        arguments: &["fmt", "--all", "--check"],
    },
    Check {
        what: "clippy",
        arguments: &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "--deny=warnings",
        ],
    },
    Check {
        what: "clippy for the browser",
        arguments: &[
            "clippy",
            "--target",
            tools::WASM_TARGET,
            "--package=warren-client",
            "--package=warren-web",
            // Without their unit tests, some of which need what only native targets have.
            "--lib",
            "--bin=warren-web",
            "--test=browser",
            "--",
            "--deny=warnings",
        ],
    },
    Check {
        what: "building the programs that tests run",
        arguments: &[
            "build",
            "--package=warren-client",
            "--package=warren-worker",
            "--bins",
        ],
    },
    Check {
        what: "unit, property, broker and end-to-end tests",
        arguments: &["test", "--workspace", "--no-fail-fast"],
    },
    Check {
        what: "tests in the browser",
        arguments: &[
            "test",
            "--target",
            tools::WASM_TARGET,
            "--package=warren-client",
            "--test=browser",
        ],
    },
];

impl Check {
    /// The call, but for what [`tools::environment`] names.
    fn command(&self, checkout: &Checkout) -> Result<Command> {
        let mut command = Command::new("cargo");
        command
            .args(self.arguments)
            .current_dir(checkout.root())
            .env("PATH", tools::search_path(checkout)?)
            .env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
                "wasm-bindgen-test-runner",
            );
        Ok(command)
    }
}

/// Runs `command`, shows what it prints, and counts the tests it reports. True if it succeeded.
fn run_counting(command: &mut Command) -> Result<(bool, Tally)> {
    let shown = show(command);
    let mut process = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {shown}"))?;
    let mut tally = Tally::default();
    if let Some(output) = process.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.with_context(|| format!("cannot read what {shown} prints"))?;
            if let Some(result) = Tally::of_line(&line) {
                tally += result;
            }
            writeln!(io::stdout(), "{line}")?;
        }
    }
    Ok((process.wait()?.success(), tally))
}
