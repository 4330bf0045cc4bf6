//! Tools that cargo installs: Trunk, wasm-bindgen, and what looks at dependencies.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::place;
use crate::Checkout;
use crate::command::run;

/// How Trunk gets here. Newer versions need a newer Rust. Its default features are a check for
/// updates and TLS for downloads; the page is built offline.
pub(super) fn trunk() -> CargoTool {
    CargoTool {
        package: "trunk",
        version: "0.21.14".into(),
        arguments: &["--locked", "--no-default-features"],
    }
}

/// How the splitter of the page's program gets here.
pub(super) fn wasm_split() -> CargoTool {
    CargoTool {
        package: "wasm_split_cli_support",
        version: "0.2.4".into(),
        arguments: &["--locked", "--features", "build-binary"],
    }
}

/// How what checks dependencies gets here.
pub(super) fn deny() -> CargoTool {
    CargoTool {
        package: "cargo-deny",
        version: "0.20.2".into(),
        arguments: &["--locked"],
    }
}

/// How what lists dependencies gets here.
pub(super) fn cyclonedx() -> CargoTool {
    CargoTool {
        package: "cargo-cyclonedx",
        version: "0.5.9".into(),
        arguments: &["--locked"],
    }
}

/// How wasm-bindgen gets here, in the version that the page is linked with. Not `--locked`: 0.2.130
/// pins a package that is not to be had any more.
pub(super) fn wasm_bindgen(checkout: &Checkout) -> Result<CargoTool> {
    let path = checkout.root().join("Cargo.lock");
    let lock =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let version = locked_version(&lock, "wasm-bindgen")
        .with_context(|| format!("no wasm-bindgen in {}", path.display()))?;
    Ok(CargoTool {
        package: "wasm-bindgen-cli",
        version: version.to_owned(),
        arguments: &[],
    })
}

/// A package that cargo builds for the project alone.
#[derive(Debug)]
pub(super) struct CargoTool {
    package: &'static str,
    version: String,
    arguments: &'static [&'static str],
}

impl CargoTool {
    /// The folder of its programs.
    pub(super) fn folder(&self, checkout: &Checkout) -> PathBuf {
        checkout.tools().join(self.name()).join("bin")
    }

    pub(super) fn find(&self, checkout: &Checkout) -> Option<String> {
        self.folder(checkout).is_dir().then(|| self.version.clone())
    }

    pub(super) fn install(&self, checkout: &Checkout) -> Result<()> {
        place::install(checkout, &self.name(), |folder| {
            let target = folder.join("target");
            run(Command::new("cargo")
                .args(["install", self.package, "--version", &self.version])
                .args(self.arguments)
                .arg("--root")
                .arg(folder)
                .env("CARGO_TARGET_DIR", &target)
                // Built fast, for they do little: this takes 3 minutes instead of 12 for Trunk.
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256"))?;
            fs::remove_dir_all(&target)
                .with_context(|| format!("cannot clear {}", target.display()))
        })
    }

    fn name(&self) -> String {
        format!("{}-{}", self.package, self.version)
    }
}

/// The version of `package` in the text of a `Cargo.lock`.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines
        .nth(1)?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_very_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "wasm"), None);
    }
}
