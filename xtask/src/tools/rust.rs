//! What of Rust is beyond its smallest installation.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::command::{output, run};

/// What the page is built for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

pub(super) const WASM_TARGET_REMEDY: &str = "rustup target add wasm32-unknown-unknown; \
    where rustup cannot reach its server, Debian has the packages rust-web-src, rustc-web, \
    cargo-web and lld-19";

pub(super) fn components() -> Option<String> {
    let rustfmt = output(Command::new("cargo").args(["fmt", "--version"]))?;
    let clippy = output(Command::new("cargo").args(["clippy", "--version"]))?;
    Some(format!("{rustfmt}, {clippy}"))
}

pub(super) fn install_components() -> Result<()> {
    run(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]))
}

/// rustc names the library's folder whether or not it is there.
pub(super) fn wasm_target() -> Option<String> {
    let folder =
        output(Command::new("rustc").args(["--print", "target-libdir", "--target", WASM_TARGET]))?;
    Path::new(&folder).is_dir().then(|| WASM_TARGET.to_owned())
}

pub(super) fn install_wasm_target() -> Result<()> {
    run(Command::new("rustup").args(["target", "add", WASM_TARGET]))
}
