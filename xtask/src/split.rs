//! Cuts out of the page's program what the page fetches later.
//!
//! Trunk knows nothing of this. It builds the page with the feature `split`, as a whole program
//! that does not run; the parts made here of the same program take its place.

mod hashes;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::run;
use crate::{Checkout, artifacts, tools};

/// The feature of `warren-web` that says where to cut.
pub(crate) const FEATURE: &str = "split";

/// What rustc must be told so that the program still says which function uses which.
pub(crate) const RUSTFLAGS: &str = "-Clink-args=--emit-relocs";

/// The program, below cargo's target folder.
const PROGRAM: &str = "wasm32-unknown-unknown/page/warren-web.wasm";

/// What the splitter calls the script that fetches parts, without a hash.
const SCRIPT: &str = "__wasm_split.js";

/// What the splitter's names for parts begin with.
const PART: &str = "split_";

/// Splits the program of the page that Trunk has just built into `folder`.
///
/// All parts are called by the name with a hash that Trunk gave the whole, so that no browser puts
/// a part that it kept to another program.
pub(crate) fn split(checkout: &Checkout, folder: &Path) -> Result<()> {
    let program = artifacts::target_folder(checkout)?.join(PROGRAM);
    let name = name(folder)?;
    let parts = folder.join(PART);
    fs::create_dir_all(&parts).with_context(|| format!("cannot create {}", parts.display()))?;

    let search_path = tools::search_path(checkout)?;
    let tool = |program| {
        let mut command = Command::new(program);
        command.env("PATH", &search_path);
        command
    };
    let main = parts.join(&name).with_extension("wasm");
    run(tool("wasm-split-cli")
        .args(["--out-name", &name])
        .args([&program, &parts]))?;
    run(tool("wasm-bindgen")
        .args(["--target", "web", "--no-typescript", "--keep-lld-exports"])
        .args([Path::new("--out-dir"), &parts, &main]))?;
    fs::remove_file(&main)?;
    number_hashes(&parts, &name)?;

    for file in files(&parts)? {
        let place = folder.join(name_with_hash(&file_name(&file), &name));
        if file.extension() == Some(OsStr::new("wasm")) {
            optimize(&file, &place, &search_path)?;
        } else {
            // Only where it is imported: within the program it keeps its name.
            let script = fs::read_to_string(&file)?
                .replace(
                    &format!("from \"./{SCRIPT}"),
                    &format!("from \"./{}", name_with_hash(SCRIPT, &name)),
                )
                .replace(&format!("\"./{PART}"), &format!("\"./{name}_"));
            fs::write(&place, script)?;
        }
    }
    fs::remove_dir_all(&parts)?;
    preload(folder, &name)
}

/// Makes a program smaller, as it is once it is compressed.
pub(crate) fn optimize(program: &Path, place: &Path, search_path: &OsStr) -> Result<()> {
    run(Command::new("wasm-opt")
        // Smaller ones, such as -Oz makes, are larger once they are compressed.
        .args(["-O2", "--output"])
        .args([place, program])
        .env("PATH", search_path))
}

/// Lets browsers fetch the splitter's script together with the program's, which imports it.
fn preload(folder: &Path, name: &str) -> Result<()> {
    let page = folder.join("index.html");
    let html = fs::read_to_string(&page)?;
    let (before, rest) = html
        .split_once("<link crossorigin")
        .context("Trunk preloads no script any more")?;
    let script = name_with_hash(SCRIPT, name);
    let link = format!("<link crossorigin href=./{script} rel=modulepreload>");
    Ok(fs::write(
        &page,
        format!("{before}{link}<link crossorigin{rest}"),
    )?)
}

/// Makes the names shorter, once compressed, by which the program `name` and its script know each
/// other.
fn number_hashes(folder: &Path, name: &str) -> Result<()> {
    let files = [".js", "_bg.wasm"].map(|end| folder.join(format!("{name}{end}")));
    let [mut script, mut program] = [fs::read(&files[0])?, fs::read(&files[1])?];
    hashes::number(&mut script, &mut program);
    fs::write(&files[0], script)?;
    Ok(fs::write(&files[1], program)?)
}

/// What a file of the splitter's is called in the page whose program has the name `program`.
fn name_with_hash(file: &str, program: &str) -> String {
    if file == SCRIPT {
        return format!("{program}_split.js");
    }
    match file.strip_prefix(PART) {
        Some(part) => format!("{program}_{part}"),
        None => file.to_owned(),
    }
}

/// What Trunk called the program.
fn name(folder: &Path) -> Result<String> {
    let files = files(folder)?;
    let mut names = files.iter().map(|file| file_name(file));
    names
        .find_map(|name| Some(name.strip_suffix("_bg.wasm")?.to_owned()))
        .with_context(|| format!("Trunk has built no program into {}", folder.display()))
}

fn file_name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .with_context(|| format!("cannot read {}", folder.display()))
}
