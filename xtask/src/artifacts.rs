//! What is built from this checkout: the page, and the programs.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::command::{output, run};
use crate::{Checkout, lock, split, tools, weight};

/// What the page is built from; `Cargo.lock` stands for everything outside the workspace.
const PAGE_SOURCES: [&str; 8] = [
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "client",
    "contract",
    "index.html",
    "stomp",
    "web",
];

/// The file whose time says when the page was built.
const ENTRY: &str = "index.html";

/// Builds the worker as it is deployed, and returns its program.
///
/// # Errors
/// The build failed; the compiler has said why.
pub fn worker(checkout: &Checkout) -> Result<PathBuf> {
    run(Command::new("cargo")
        .args(["build", "--release", "--package", "warren-worker", "--bin"])
        .arg("warren-worker")
        .current_dir(checkout.root()))?;
    Ok(target_folder(checkout)?.join("release/warren-worker"))
}

/// Builds the worker as it is deployed and what the end-to-end tests consist of, and returns the
/// folder of their programs.
///
/// # Errors
/// The build failed; the compiler has said why.
pub fn programs(checkout: &Checkout) -> Result<PathBuf> {
    run(Command::new("cargo")
        .args(["build", "--release", "--bins"])
        .args(["--package=warren-worker", "--package=warren-e2e"])
        .current_dir(checkout.root()))?;
    Ok(target_folder(checkout)?.join("release"))
}

/// Builds the worker as it is deployed and the benchmarks, and returns the program of those.
///
/// # Errors
/// The build failed; the compiler has said why.
pub fn benchmarks(checkout: &Checkout) -> Result<PathBuf> {
    run(Command::new("cargo")
        .args(["build", "--release", "--bins"])
        .args(["--package=warren-client", "--package=warren-worker"])
        .arg("--package=warren-bench")
        .current_dir(checkout.root()))?;
    Ok(target_folder(checkout)?.join("release/warren-bench"))
}

/// A WebAssembly module of the benchmarks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Module {
    /// Warren's client and decoder, without a page around them.
    Client,
    /// The least page of Yew.
    Yew,
}

impl Module {
    /// The folder of its package, in `bench/`.
    const fn name(self) -> &'static str {
        match self {
            Self::Client => "wasm",
            Self::Yew => "yew",
        }
    }

    /// Where [`Module::build`] puts it.
    #[must_use]
    pub fn folder(self, checkout: &Checkout) -> PathBuf {
        checkout.state().join(format!("bench-{}", self.name()))
    }

    /// Builds it as the page is built, and puts it beside the HTML of its package.
    ///
    /// # Errors
    /// The build failed; the compiler has said why.
    pub fn build(self, checkout: &Checkout) -> Result<()> {
        let name = self.name();
        run(Command::new("cargo")
            .args(["build", "--profile=page", "--target", tools::WASM_TARGET])
            .args(["--package", &format!("warren-bench-{name}")])
            .current_dir(checkout.root()))?;
        let folder = self.folder(checkout);
        let built = target_folder(checkout)?
            .join(tools::WASM_TARGET)
            .join(format!("page/warren_bench_{name}.wasm"));
        let search_path = tools::search_path(checkout)?;
        run(Command::new("wasm-bindgen")
            .args(["--target", "web", "--no-typescript", "--out-dir"])
            .args([&folder, &built])
            .env("PATH", &search_path))?;
        let program = folder.join(format!("warren_bench_{name}_bg.wasm"));
        split::optimize(&program, &program, &search_path)?;
        for entry in fs::read_dir(checkout.root().join("bench").join(name))? {
            let page = entry?.path();
            if page.extension() == Some(OsStr::new("html")) {
                fs::copy(&page, folder.join(page.file_name().unwrap_or_default()))?;
            }
        }
        Ok(())
    }
}

/// Builds the page into [`Checkout::dist`], unless what is there is newer than all its sources.
///
/// # Errors
/// The build failed; Trunk or the compiler has said why.
pub fn page(checkout: &Checkout) -> Result<()> {
    let _turn = lock::wait(&checkout.state().join("page.lock"), "builds the page")?;
    if is_fresh(checkout) {
        return Ok(());
    }
    let begin = SystemTime::now();
    // Trunk hands `--offline` on to cargo, which then finds only what has been fetched before.
    run(Command::new("cargo")
        .args(["fetch", "--quiet", "--target", tools::WASM_TARGET])
        .current_dir(checkout.root()))?;
    // What is half done must not look like a page.
    let unfinished = checkout.state().join("page");
    run(Command::new("trunk")
        .args(["build", "--release", "--offline"])
        .args(["--features", split::FEATURE, "--dist"])
        .arg(&unfinished)
        .env("PATH", tools::search_path(checkout)?)
        .env("RUSTFLAGS", split::RUSTFLAGS)
        // Trunk takes NO_COLOR=1, as the rest of the world writes it, for a usage error.
        .env_remove("NO_COLOR")
        .current_dir(checkout.root()))?;
    split::split(checkout, &unfinished)?;
    weight::compress(&unfinished)?;
    // A source that was changed during the build may not be in it.
    File::options()
        .write(true)
        .open(unfinished.join(ENTRY))
        .and_then(|entry| entry.set_modified(begin))
        .context("Trunk has built no index.html")?;
    let dist = checkout.dist();
    if dist.exists() {
        fs::remove_dir_all(&dist).with_context(|| format!("cannot clear {}", dist.display()))?;
    }
    fs::rename(&unfinished, &dist).with_context(|| format!("cannot create {}", dist.display()))
}

/// Where cargo puts what it builds.
///
/// # Errors
/// cargo could not tell.
pub fn target_folder(checkout: &Checkout) -> Result<PathBuf> {
    let metadata = metadata(checkout)?;
    let folder = metadata["target_directory"]
        .as_str()
        .context("cargo metadata names no target folder")?;
    Ok(PathBuf::from(folder))
}

/// What cargo says of the workspace.
pub(crate) fn metadata(checkout: &Checkout) -> Result<serde_json::Value> {
    let metadata = output(
        Command::new("cargo")
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(checkout.root()),
    )
    .context("cargo metadata failed")?;
    Ok(serde_json::from_str(&metadata)?)
}

fn is_fresh(checkout: &Checkout) -> bool {
    let Ok(built) = modified(&checkout.dist().join(ENTRY)) else {
        return false;
    };
    PAGE_SOURCES
        .iter()
        .all(|source| newest(&checkout.root().join(source)).is_ok_and(|time| time < built))
}

/// When the file, or the newest of all files and folders in the folder, was changed. Folders count
/// because a deleted file changes nothing else.
fn newest(path: &Path) -> io::Result<SystemTime> {
    let mut time = modified(path)?;
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            time = time.max(newest(&entry?.path())?);
        }
    }
    Ok(time)
}

fn modified(path: &Path) -> io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_page_is_fresh_until_a_source_changes() {
        let root = tempfile::tempdir().expect("a folder");
        let checkout = Checkout::at(root.path());
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for source in PAGE_SOURCES {
            let path = root.path().join(source);
            File::create(&path)
                .and_then(|file| file.set_modified(long_ago))
                .expect("a file");
        }
        assert!(!is_fresh(&checkout), "not built yet");

        fs::create_dir(checkout.dist()).expect("a folder");
        let built = File::create(checkout.dist().join(ENTRY)).expect("a file");
        built
            .set_modified(long_ago + Duration::from_secs(1))
            .expect("a time");
        assert!(is_fresh(&checkout), "newer than all sources");

        File::options()
            .write(true)
            .open(root.path().join("Trunk.toml"))
            .and_then(|file| file.set_modified(long_ago + Duration::from_secs(2)))
            .expect("a time");
        assert!(!is_fresh(&checkout), "older than a source");
    }
}
