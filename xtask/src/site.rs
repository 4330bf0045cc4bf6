//! `cargo xtask page`: the page as a folder from which nginx serves it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::page::{Policy, headers};
use crate::progress::Progress;
use crate::{Checkout, artifacts, tools};

/// nginx's configuration, and the script that starts it, in the checkout.
const SOURCES: [&str; 2] = ["web/nginx/nginx.conf", "web/nginx/start.sh"];

/// The extension of files that are compressed already.
const BROTLI: &str = "br";

/// The options of `cargo xtask page`.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Where to put the page: a folder that is empty, or not there yet.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
}

/// Installs what is missing, builds the page, and fills the folder with it.
///
/// # Errors
/// Something could not be installed or built, or the folder is not empty or cannot be written.
pub fn run(checkout: &Checkout, options: &Options) -> Result<()> {
    let missing = tools::missing(checkout, tools::TO_BUILD);
    let mut progress = Progress::new(missing.len() + 2);
    tools::install(checkout, &missing, &mut progress)?;
    progress.step("building the page");
    artifacts::page(checkout)?;
    progress.step("putting it into the folder");
    fill(checkout, &options.out)
}

/// Puts the page as it is built, compressed by Brotli and gzip, into `folder`, together with what
/// nginx needs to serve it. `start.sh`, beside it, starts that.
///
/// # Errors
/// The page is not built, or the folder is not empty or cannot be written.
pub fn fill(checkout: &Checkout, folder: &Path) -> Result<()> {
    let is_empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    ensure!(is_empty, "{} is not empty", folder.display());
    let page = folder.join("page");
    fs::create_dir_all(&page).with_context(|| format!("cannot create {}", page.display()))?;
    let policy = Policy::of(&checkout.dist()).context("the page is not built")?;
    for entry in fs::read_dir(checkout.dist())? {
        let source = entry?.path();
        let name = source.file_name().unwrap_or_default();
        copy(&source, &page.join(name))?;
        if source.extension() != Some(OsStr::new(BROTLI)) {
            let mut compressed = name.to_owned();
            compressed.push(".gz");
            compress(&source, &page.join(compressed))?;
        }
    }
    for source in SOURCES.map(|source| checkout.root().join(source)) {
        copy(
            &source,
            &folder.join(source.file_name().unwrap_or_default()),
        )?;
    }
    Ok(fs::write(
        folder.join("headers.conf"),
        headers::for_nginx(&policy),
    )?)
}

fn copy(source: &Path, place: &Path) -> Result<()> {
    fs::copy(source, place)
        .with_context(|| format!("cannot copy {} to {}", source.display(), place.display()))?;
    Ok(())
}

fn compress(source: &Path, place: &Path) -> Result<()> {
    let mut encoder = GzEncoder::new(File::create(place)?, Compression::best());
    io::copy(&mut File::open(source)?, &mut encoder)?;
    encoder.finish()?;
    Ok(())
}
