//! `wasm-opt`, from npm: distributions have it too old.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::place;
use crate::Checkout;
use crate::command::run;

const VERSION: &str = "132.0.0";

/// The folder of its programs.
pub(super) fn folder(checkout: &Checkout) -> PathBuf {
    checkout
        .tools()
        .join(name())
        .join("node_modules")
        .join(".bin")
}

pub(super) fn find(checkout: &Checkout) -> Option<String> {
    folder(checkout).is_dir().then(|| VERSION.to_owned())
}

pub(super) fn install(checkout: &Checkout) -> Result<()> {
    place::install(checkout, &name(), |folder| {
        run(Command::new("npm")
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--no-save",
                "--prefix",
            ])
            .arg(folder)
            .arg(format!("binaryen@{VERSION}")))
    })
}

fn name() -> String {
    format!("binaryen-{VERSION}")
}
