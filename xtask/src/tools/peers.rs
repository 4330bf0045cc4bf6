//! The programs that Warren is measured against, with all that they need, and built.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::place;
use crate::Checkout;
use crate::command::run;

pub(super) const REMEDY: &str = "install Node.js and npm; cargo xtask bench does the rest";

/// Where the programs of `bench/peers` are installed.
///
/// # Errors
/// They cannot be read.
pub fn folder(checkout: &Checkout) -> Result<PathBuf> {
    Ok(checkout.tools().join(name(checkout)?))
}

pub(super) fn find(checkout: &Checkout) -> Option<String> {
    let is_there = folder(checkout).ok()?.is_dir();
    is_there.then(|| "as in bench/peers".to_owned())
}

/// Copies them beside the libraries that they need, as Node.js looks for those in the folders
/// above a program, and lets Vite build the pages among them.
pub(super) fn install(checkout: &Checkout) -> Result<()> {
    place::install(checkout, &name(checkout)?, |folder| {
        for file in files(&sources(checkout))? {
            let copy = folder.join(file.strip_prefix(sources(checkout))?);
            let parent = copy.parent().context("a file is in a folder")?;
            fs::create_dir_all(parent)?;
            fs::copy(&file, &copy).with_context(|| format!("cannot copy {}", file.display()))?;
        }
        let npm = |arguments: &[&str]| run(Command::new("npm").args(arguments).current_dir(folder));
        npm(&["ci", "--no-audit", "--no-fund"])?;
        npm(&["run", "build"])
    })
}

/// The folder's name changes with what is in it, as the names of other tools do with their
/// versions.
fn name(checkout: &Checkout) -> Result<String> {
    let sources = sources(checkout);
    let mut hasher = Sha256::new();
    for file in files(&sources).with_context(|| format!("cannot read {}", sources.display()))? {
        let content = fs::read(&file)?;
        hasher.update(file.strip_prefix(&sources)?.as_os_str().as_encoded_bytes());
        hasher.update(content.len().to_be_bytes());
        hasher.update(content);
    }
    let hash: String = hasher.finalize()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(format!("peers-{hash}"))
}

fn sources(checkout: &Checkout) -> PathBuf {
    checkout.root().join("bench/peers")
}

/// All files in the folder and in those within it, in the order of their names.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<PathBuf>>>()?;
    entries.sort();
    let mut all = Vec::new();
    for path in entries {
        if path.is_dir() {
            all.extend(files(&path)?);
        } else {
            all.push(path);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_changes_with_every_file() {
        let root = tempfile::tempdir().expect("a folder");
        let checkout = Checkout::at(root.path());
        let page = sources(&checkout).join("page");
        fs::create_dir_all(&page).expect("a folder");
        let mut names = Vec::new();
        for (file, content) in [("a.js", "1"), ("a.js", "2"), ("b.js", "2")] {
            fs::write(page.join(file), content).expect("a file");
            names.push(name(&checkout).expect("files"));
        }
        assert_ne!(names[0], names[1]);
        assert_ne!(names[1], names[2]);
        assert_eq!(names[2], name(&checkout).expect("files"));
    }
}
