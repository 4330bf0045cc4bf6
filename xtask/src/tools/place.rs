//! Putting a tool into `.tools/` whole or not at all.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::{Checkout, lock};

/// Lets `fill` install into an empty folder, which then becomes `.tools/<name>`.
///
/// Two commands at once take turns; the second finds the tool in place. What a killed command left
/// behind is cleared away.
pub(super) fn install(
    checkout: &Checkout,
    name: &str,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let tools = checkout.tools();
    let _turn = lock::wait(&tools.join("lock"), "installs tools")?;
    let place = tools.join(name);
    if place.exists() {
        return Ok(());
    }
    let unfinished = tools.join("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)
            .with_context(|| format!("cannot clear {}", unfinished.display()))?;
    }
    fs::create_dir(&unfinished)
        .with_context(|| format!("cannot create {}", unfinished.display()))?;
    fill(&unfinished)?;
    fs::rename(&unfinished, &place).with_context(|| format!("cannot create {}", place.display()))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use anyhow::bail;

    use super::*;

    #[test]
    fn a_failed_installation_leaves_no_tool_and_does_not_stop_the_next() {
        let root = tempfile::tempdir().expect("a folder");
        let checkout = Checkout::at(root.path());
        let place = checkout.tools().join("tool-1");

        let failed = install(&checkout, "tool-1", |folder| {
            fs::write(folder.join("half"), "")?;
            bail!("the network is down")
        });
        assert!(failed.is_err());
        assert!(!place.exists());

        let installed = Cell::new(0);
        for _ in 0..2 {
            install(&checkout, "tool-1", |folder| {
                installed.set(installed.get() + 1);
                Ok(fs::write(folder.join("whole"), "")?)
            })
            .expect("nothing is in the way");
        }
        assert_eq!(installed.get(), 1);
        assert!(place.join("whole").exists());
        assert!(!place.join("half").exists());
    }
}
