//! A Python environment with the libraries that the tutorials' programs use, and those that know
//! what Kubernetes and Docker Compose read.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::{place, system};
use crate::Checkout;
use crate::command::{output, run};

pub(super) const REMEDY: &str = "install Python 3 with venv (Debian, Ubuntu: sudo apt-get install \
    python3-venv; macOS: brew install python); cargo xtask test does the rest";

/// The environment's Python; tests get it as `WARREN_PYTHON`.
///
/// # Errors
/// The list of libraries could not be read.
pub fn interpreter(checkout: &Checkout) -> Result<PathBuf> {
    Ok(checkout.tools().join(name(checkout)?).join("bin/python"))
}

pub(super) fn find(checkout: &Checkout) -> Option<String> {
    output(Command::new(interpreter(checkout).ok()?).arg("--version"))
}

pub(super) fn install(checkout: &Checkout) -> Result<()> {
    place::install(checkout, &name(checkout)?, |folder| {
        let create = || run(Command::new("python3").args(["-m", "venv"]).arg(folder));
        // Debian's python3 cannot do this until its other half is installed.
        create().or_else(|_| {
            system::install(&["python3", "python3-venv"])?;
            create()
        })?;
        run(Command::new(folder.join("bin/python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(requirements(checkout)))
    })
}

fn requirements(checkout: &Checkout) -> PathBuf {
    checkout.root().join("worker/tests/peers/requirements.txt")
}

/// The folder's name changes with the list, as the names of other tools do with their versions.
fn name(checkout: &Checkout) -> Result<String> {
    let path = requirements(checkout);
    let list = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut hasher = DefaultHasher::new();
    list.hash(&mut hasher);
    Ok(format!("python-{:016x}", hasher.finish()))
}
