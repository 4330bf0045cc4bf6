//! How much a browser fetches before the page can be used.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use brotli::BrotliCompress;
use brotli::enc::BrotliEncoderParams;

use crate::{Checkout, artifacts};

/// The most that the first load may be, in bytes, compressed by Brotli at its best.
const FIRST_LOAD_LIMIT: u64 = 200_000;

/// The ends of the names of files that the first load is without: what is fetched later, and what
/// only people read.
const NOT_AT_FIRST: [&str; 2] = ["_later.wasm", "license.txt"];

/// The extension of compressed files, which lie beside those that they are of.
const COMPRESSED: &str = "br";

/// Builds the page, prints what its first load weighs, and is true if that is within the limit.
///
/// # Errors
/// The page could not be built.
pub fn run(checkout: &Checkout) -> Result<bool> {
    artifacts::page(checkout)?;
    check(checkout)
}

/// Prints what the first load of the built page weighs. True if that is within the limit.
pub(crate) fn check(checkout: &Checkout) -> Result<bool> {
    let mut files = weigh(&checkout.dist())?;
    files.sort_by_key(|file| file.compressed);
    let mut out = io::stdout().lock();
    writeln!(out, "  as it is  compressed  file")?;
    for Weighed {
        name,
        whole,
        compressed,
    } in files.iter().rev()
    {
        let note = if is_at_first(name) {
            ""
        } else {
            "  (not in the first load)"
        };
        writeln!(out, "{whole:>10}  {compressed:>10}  {name}{note}")?;
    }
    let first: u64 = files
        .iter()
        .filter(|file| is_at_first(&file.name))
        .map(|file| file.compressed)
        .sum();
    let is_within = first <= FIRST_LOAD_LIMIT;
    let verdict = if is_within { "within" } else { "MORE THAN" };
    writeln!(
        out,
        "The first load takes {first} bytes, {verdict} the limit of {FIRST_LOAD_LIMIT}."
    )?;
    Ok(is_within)
}

/// Puts a compressed file beside each one in `folder`, which holds no other folder.
///
/// # Errors
/// A file cannot be read or written.
pub fn compress(folder: &Path) -> Result<()> {
    for file in files(folder)? {
        fs::write(beside(&file), compressed(&fs::read(&file)?)?)?;
    }
    Ok(())
}

/// `whole`, compressed by Brotli at its best.
///
/// # Errors
/// There is not enough memory.
pub fn compressed(mut whole: &[u8]) -> io::Result<Vec<u8>> {
    // The best that there is: quality 11, with a window of 4 MB.
    let best = BrotliEncoderParams::default();
    let mut compressed = Vec::new();
    BrotliCompress(&mut whole, &mut compressed, &best)?;
    Ok(compressed)
}

/// A file of the page and its weight, in bytes.
#[derive(Debug, PartialEq, Eq)]
struct Weighed {
    name: String,
    whole: u64,
    compressed: u64,
}

fn weigh(folder: &Path) -> Result<Vec<Weighed>> {
    let files = files(folder)?;
    ensure!(!files.is_empty(), "{} is empty", folder.display());
    files
        .iter()
        .map(|file| {
            let name = file.file_name().unwrap_or_default();
            Ok(Weighed {
                name: name.to_string_lossy().into_owned(),
                whole: fs::metadata(file)?.len(),
                compressed: fs::metadata(beside(file))?.len(),
            })
        })
        .collect::<io::Result<_>>()
        .with_context(|| format!("{} is not compressed", folder.display()))
}

fn is_at_first(name: &str) -> bool {
    !NOT_AT_FIRST.iter().any(|end| name.ends_with(end))
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(COMPRESSED);
    PathBuf::from(name)
}

/// The files in `folder`, but for compressed ones.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .with_context(|| format!("cannot read {}", folder.display()))?;
    files.retain(|file| file.extension() != Some(OsStr::new(COMPRESSED)));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_within_the_limit_until_its_first_load_is_not() {
        let root = tempfile::tempdir().expect("a folder");
        let checkout = Checkout::at(root.path());
        let dist = checkout.dist();
        fs::create_dir(&dist).expect("a folder");
        assert!(check(&checkout).is_err(), "nothing is built");

        let limit = usize::try_from(FIRST_LOAD_LIMIT).expect("a number");
        fs::write(dist.join("index.html"), "<p>".repeat(limit)).expect("a file");
        fs::write(dist.join("page_later.wasm"), noise(limit + 1)).expect("a file");
        compress(&dist).expect("it can be compressed");
        assert!(check(&checkout).expect("a weight"));

        fs::write(dist.join("page.wasm"), noise(limit)).expect("a file");
        compress(&dist).expect("it can be compressed");
        assert!(!check(&checkout).expect("a weight"));
    }

    /// What cannot be compressed.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        };
        (0..length).map(|_| next()).collect()
    }
}
