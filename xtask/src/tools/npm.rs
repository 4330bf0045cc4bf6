//! Tools that npm installs.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::place;
use crate::Checkout;
use crate::command::run;

/// `wasm-opt` is in it; distributions have it too old.
pub(super) const BINARYEN: NpmPackage = NpmPackage {
    name: "binaryen",
    version: "132.0.0",
};

/// What finds violations of accessibility in a page.
pub(super) const AXE: NpmPackage = NpmPackage {
    name: "axe-core",
    version: "4.14.1",
};

/// A package that npm installs for the project alone.
#[derive(Debug)]
pub(super) struct NpmPackage {
    name: &'static str,
    version: &'static str,
}

impl NpmPackage {
    /// The folder of its programs.
    pub(super) fn programs(&self, checkout: &Checkout) -> PathBuf {
        self.modules(checkout).join(".bin")
    }

    /// The folder of what it consists of.
    pub(super) fn contents(&self, checkout: &Checkout) -> PathBuf {
        self.modules(checkout).join(self.name)
    }

    pub(super) fn find(&self, checkout: &Checkout) -> Option<String> {
        let is_there = self.contents(checkout).is_dir();
        is_there.then(|| self.version.to_owned())
    }

    pub(super) fn install(&self, checkout: &Checkout) -> Result<()> {
        place::install(checkout, &self.folder(), |folder| {
            run(Command::new("npm")
                .args([
                    "install",
                    "--no-audit",
                    "--no-fund",
                    "--no-save",
                    "--prefix",
                ])
                .arg(folder)
                .arg(format!("{}@{}", self.name, self.version)))
        })
    }

    fn modules(&self, checkout: &Checkout) -> PathBuf {
        checkout.tools().join(self.folder()).join("node_modules")
    }

    fn folder(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }
}
