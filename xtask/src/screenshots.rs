//! `cargo xtask screenshots`: pictures of all that the page can look like.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::command::run as run_command;
use crate::progress::Progress;
use crate::tools::{self, Broker, Prerequisite};
use crate::{Checkout, artifacts};

/// The README's pictures: the file in `docs/`, and the screenshot that it is.
const OF_README: [(&str, &str); 3] = [
    ("page.png", "after-calls-desktop-light.png"),
    ("batch.png", "after-batch-desktop-dark.png"),
    ("phone.png", "opened-phone-light.png"),
];

/// The options of `cargo xtask screenshots`.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Puts some of the pictures into docs/ as well, where the README shows them.
    #[arg(long)]
    pub readme: bool,
}

/// Installs what is missing, builds, and puts the pictures into `target/screenshots`, light and
/// dark, for desktop and phone.
///
/// # Errors
/// Something could not be installed, built or run.
pub fn run(checkout: &Checkout, options: &Options) -> Result<()> {
    let broker = Broker::default();
    let needed = [Prerequisite::Browser, broker.prerequisite()];
    let missing = tools::missing(checkout, tools::TO_BUILD.iter().chain(&needed));
    let mut progress = Progress::new(missing.len() + 3);
    tools::install(checkout, &missing, &mut progress)?;
    let environment = tools::environment(checkout, &broker)?;
    progress.step("building the page");
    artifacts::page(checkout)?;
    progress.step("building the programs");
    let program = artifacts::programs(checkout)?.join("screenshots");

    progress.step("taking the pictures");
    let folder = artifacts::target_folder(checkout)?.join("screenshots");
    run_command(Command::new(program).arg(&folder).envs(environment))?;
    if options.readme {
        let docs = checkout.root().join("docs");
        fs::create_dir_all(&docs)?;
        for (place, picture) in OF_README {
            fs::copy(folder.join(picture), docs.join(place))
                .with_context(|| format!("cannot copy {picture}"))?;
        }
    }
    Ok(())
}
