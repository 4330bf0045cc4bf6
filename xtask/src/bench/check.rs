//! Whether decoding, encoding and calling cost more instructions than they did.
//!
//! Callgrind counts the instructions of the programs called `instructions` in the benches of the
//! packages below. A count is the same on a busy machine as on an idle one.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::counts::Counts;
use crate::command::{output, run as run_command, show};
use crate::progress::Progress;
use crate::tools::{self, Prerequisite};
use crate::{Checkout, artifacts};

/// The packages that have something to count.
const PACKAGES: [&str; 2] = ["warren-stomp", "warren-client"];

/// The bench of each that Callgrind runs: with a name it does that work, without one it lists the
/// names.
const PROGRAM: &str = "instructions";

/// The function, as Callgrind's pattern, around the work that counts.
const COUNTED: &str = "*counted*";

/// Installs Valgrind if it is missing, counts, and compares with `bench/instructions.json`, or
/// writes that if `bless`. True if nothing became dearer.
pub(super) fn run(checkout: &Checkout, bless: bool) -> Result<bool> {
    let missing = tools::missing(checkout, &[Prerequisite::Valgrind]);
    let mut progress = Progress::new(missing.len() + 2);
    tools::install(checkout, &missing, &mut progress)?;
    progress.step("building the programs");
    let programs = programs(checkout)?;
    progress.step("counting instructions");
    let counted = count(checkout, &programs)?;

    let path = checkout.root().join("bench/instructions.json");
    if bless {
        let json = serde_json::to_string_pretty(&counted)?;
        fs::write(&path, json + "\n")
            .with_context(|| format!("cannot write {}", path.display()))?;
        return Ok(true);
    }
    let json =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let committed: Counts = serde_json::from_str(&json)
        .with_context(|| format!("{} is not as --bless writes it", path.display()))?;
    let comparison = committed.compare(&counted);
    write!(io::stdout(), "{comparison}")?;
    Ok(comparison.passes())
}

/// A line of what cargo says with `--message-format=json`, as far as it matters here.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
}

fn programs(checkout: &Checkout) -> Result<Vec<PathBuf>> {
    let build = || {
        let mut command = Command::new("cargo");
        command
            .args(["build", "--release", "--bench", PROGRAM])
            .args(PACKAGES.map(|package| format!("--package={package}")))
            .current_dir(checkout.root());
        command
    };
    // Once for people to see what happens, and once for the places.
    run_command(&mut build())?;
    let messages = output(build().arg("--message-format=json"))
        .context("cargo does not tell where its programs are")?;
    let programs: Vec<PathBuf> = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok()?.executable)
        .filter(|path| is_program(path))
        .collect();
    ensure!(
        programs.len() == PACKAGES.len(),
        "cargo built {} programs called {PROGRAM}, and not {}",
        programs.len(),
        PACKAGES.len()
    );
    Ok(programs)
}

/// Whether it is one of those; cargo also names the packages' own programs.
fn is_program(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with(PROGRAM))
}

fn count(checkout: &Checkout, programs: &[PathBuf]) -> Result<Counts> {
    let folder = artifacts::target_folder(checkout)?;
    let profile = folder.join("callgrind.out");
    let mut counts = Counts::here()?;
    for program in programs {
        let names = output(&mut Command::new(program))
            .with_context(|| format!("failed: {}", program.display()))?;
        for name in names.lines() {
            let instructions = count_one(program, name, &profile)?;
            counts.insert(name, instructions);
        }
    }
    Ok(counts)
}

fn count_one(program: &Path, name: &str, profile: &Path) -> Result<u64> {
    let mut command = Command::new("valgrind");
    command
        .args(["--quiet", "--tool=callgrind"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(program)
        .arg(name);
    let outcome = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", show(&command)))?;
    ensure!(
        outcome.status.success(),
        "failed ({}): {}\n{}",
        outcome.status,
        show(&command),
        String::from_utf8_lossy(&outcome.stderr)
    );
    let text = fs::read_to_string(profile)
        .with_context(|| format!("cannot read {}", profile.display()))?;
    let instructions = text
        .lines()
        .find_map(|line| line.strip_prefix("summary: ")?.trim().parse().ok())
        .with_context(|| format!("Callgrind counted nothing of {name:?}"))?;
    ensure!(
        instructions > 0,
        "Callgrind saw no function {COUNTED} in {name:?}"
    );
    Ok(instructions)
}
