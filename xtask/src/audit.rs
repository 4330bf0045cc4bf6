//! `cargo xtask audit`: what the project is made of, and whether it may be.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::command::{run as run_command, show};
use crate::progress::Progress;
use crate::{Checkout, artifacts, tools};

/// The targets for which others get programs of the project, and the packages that have them: the
/// worker and the command, and the page.
const DELIVERED: [(&str, &[&str]); 2] = [
    (
        "x86_64-unknown-linux-gnu",
        &["warren-worker", "warren-client"],
    ),
    ("wasm32-unknown-unknown", &["warren-web"]),
];

/// What cargo-cyclonedx is to call the lists, which it puts beside the manifests of all packages.
const LIST: &str = "sbom";

/// Installs what is missing, checks what the project depends on, and writes lists of what is in the
/// programs that others get (software bills of materials, as CycloneDX has them) into `target/sbom`.
/// True if nothing is wrong.
///
/// # Errors
/// Something could not be installed or run.
pub fn run(checkout: &Checkout) -> Result<bool> {
    let missing = tools::missing(checkout, tools::TO_AUDIT);
    let mut progress = Progress::new(missing.len() + 2);
    tools::install(checkout, &missing, &mut progress)?;
    progress.step("checking licences, sources and known vulnerabilities");
    let is_right = check(checkout)?;
    progress.step("writing the lists of what is in the programs");
    list(checkout)?;
    Ok(is_right)
}

/// Checks licences, forbidden packages and sources, and known vulnerabilities where the list of
/// those can be had. True if nothing is wrong.
pub(crate) fn check(checkout: &Checkout) -> Result<bool> {
    let mut checks = vec!["licenses", "bans", "sources"];
    // It is a git repository, and not everybody who reaches the packages reaches that.
    let fetched = quietly(deny(checkout, "fetch")?.arg("db"))?;
    if fetched {
        checks.push("advisories");
    } else {
        writeln!(
            io::stdout(),
            "SKIPPED: known vulnerabilities, as RustSec's list of them cannot be fetched"
        )?;
    }
    let mut command = deny(checkout, "check")?;
    command.arg("--hide-inclusion-graph").args(checks);
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {}", show(&command)))?;
    Ok(status.success())
}

/// Writes a list for each package of [`DELIVERED`].
fn list(checkout: &Checkout) -> Result<()> {
    let metadata = artifacts::metadata(checkout)?;
    let folder = artifacts::target_folder(checkout)?.join(LIST);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for (target, delivered) in DELIVERED {
        run_command(
            Command::new("cargo")
                .args(["cyclonedx", "--format=json", "--quiet"])
                .args(["--target", target, "--override-filename", LIST])
                .env("PATH", tools::search_path(checkout)?)
                .current_dir(checkout.root()),
        )?;
        for package in metadata["packages"].as_array().into_iter().flatten() {
            let (Some(name), Some(manifest)) =
                (package["name"].as_str(), package["manifest_path"].as_str())
            else {
                continue;
            };
            let written = Path::new(manifest).with_file_name(format!("{LIST}.json"));
            if delivered.contains(&name) {
                let place = folder.join(format!("{name}.cdx.json"));
                fs::copy(&written, &place)
                    .with_context(|| format!("there is no list of what is in {name}"))?;
                writeln!(io::stdout(), "  {}", place.display())?;
            }
            fs::remove_file(&written)
                .with_context(|| format!("cannot remove {}", written.display()))?;
        }
    }
    Ok(())
}

fn deny(checkout: &Checkout, subcommand: &str) -> Result<Command> {
    let mut command = Command::new("cargo");
    command
        .args(["deny", "--log-level", "error", subcommand])
        .env("PATH", tools::search_path(checkout)?)
        .current_dir(checkout.root());
    Ok(command)
}

/// Runs a command whose output is nobody's concern. True if it succeeded.
fn quietly(command: &mut Command) -> Result<bool> {
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {}", show(command)))?;
    Ok(status.success())
}
