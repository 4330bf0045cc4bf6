//! How much memory a process holds.

use std::fs;

/// The resident memory of a process, in bytes: the `Rss` of its `smaps_rollup`, for which the
/// kernel walks the process's pages. `statm` and `status` are faster to read, but since each
/// thread hands in what it counted only now and then, they are off by up to some hundred kB.
///
/// All of it counts: what the process uses, what its allocator keeps of what was freed, and what
/// it shares with others, such as the pages of its program.
///
/// # Panics
/// The system does not tell, which only Linux does.
pub(super) fn resident_bytes(process: u32) -> u64 {
    let path = format!("/proc/{process}/smaps_rollup");
    let rollup = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {path}, which only Linux has: {error}"));
    let rss = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kib: Option<u64> = rss.and_then(|rss| rss.trim().strip_suffix(" kB")?.parse().ok());
    1024 * kib.unwrap_or_else(|| panic!("{path} does not tell the resident memory: {rollup}"))
}
