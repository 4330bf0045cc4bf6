//! The memory that the page takes.

use std::{collections::BTreeSet, fs};

use serde_json::json;

use super::Browser;

impl Browser {
    /// The memory of the process that draws the page, in bytes, once garbage was collected: its
    /// `Pss`, in which what it shares with other processes counts in part. JavaScript's heap,
    /// WebAssembly's memory, the code of both and what is drawn are all in it.
    ///
    /// # Panics
    /// The system does not tell, which only Linux does.
    pub async fn page_bytes(&self) -> u64 {
        self.devtools("HeapProfiler.collectGarbage", json!({}))
            .await;
        let renderers = descendants(self.driver.id()).into_iter().filter(|process| {
            let command = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&command).contains("--type=renderer")
        });
        // There may be another, which waits for the next page and holds less.
        let largest = renderers.filter_map(pss).max();
        largest.expect("a process that draws the page")
    }
}

/// All processes that this one, and those that it started, have started.
fn descendants(process: u32) -> BTreeSet<u32> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .expect("/proc can be read")
        .filter_map(|entry| {
            let process = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            // The name before may hold anything, also spaces and parentheses.
            let (_, rest) = stat.rsplit_once(") ")?;
            Some((process, rest.split(' ').nth(1)?.parse().ok()?))
        })
        .collect();
    let mut all = BTreeSet::new();
    let mut newest = vec![process];
    while let Some(parent) = newest.pop() {
        let children = parents.iter().filter(|(_, of)| *of == parent);
        newest.extend(
            children
                .map(|(child, _)| *child)
                .filter(|child| all.insert(*child)),
        );
    }
    all
}

/// In bytes; `None` if the process has gone.
fn pss(process: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(1024 * kib)
}
