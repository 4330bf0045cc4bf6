//! Taking turns with other commands in the same checkout.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result};

/// Takes the lock file at `path`, which is held until the file is dropped; waits if another
/// command has it, and says that it waits for one that does `what`.
pub(crate) fn wait(path: &Path, what: &str) -> Result<File> {
    let file = open(path)?;
    if try_lock(&file, path)? {
        return Ok(file);
    }
    eprintln!("waiting for another command that {what}");
    file.lock()
        .with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}

/// Takes the lock file at `path`, or returns `None` if another command has it.
pub(crate) fn try_take(path: &Path) -> Result<Option<File>> {
    let file = open(path)?;
    Ok(try_lock(&file, path)?.then_some(file))
}

fn open(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    File::create(path).with_context(|| format!("cannot create {}", path.display()))
}

fn try_lock(file: &File, path: &Path) -> Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}
