//! Which processes this one has started.

use std::{collections::HashMap, fs, process, time::Duration};

use crate::cpu_time;

/// A process that this one has started, or one of those has.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Process {
    id: u32,
    command: String,
}

/// How long all processes that this one has started, directly or not, and whose command line
/// contains all of `words`, have run so far. In steps of 10 ms for each.
///
/// # Panics
/// This is not Linux.
#[must_use]
pub(crate) fn cpu_time_of(words: &[&str]) -> Duration {
    let ours = descendants();
    let meant = ours
        .iter()
        .filter(|process| words.iter().all(|word| process.command.contains(word)));
    meant.map(|process| cpu_time(process.id)).sum()
}

fn descendants() -> Vec<Process> {
    let entries = fs::read_dir("/proc").expect("Linux has /proc");
    let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    // Whatever ends meanwhile is left out.
    let parents: HashMap<u32, u32> = ids.filter_map(|id| Some((id, parent(id)?))).collect();
    let is_ours = |mut id: u32| {
        while let Some(&parent) = parents.get(&id) {
            if parent == process::id() {
                return true;
            }
            id = parent;
        }
        false
    };
    parents
        .keys()
        .filter(|&&id| is_ours(id))
        .filter_map(|&id| {
            Some(Process {
                id,
                command: command(id)?,
            })
        })
        .collect()
}

fn parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before may hold anything; state and parent come first behind it.
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(1)?.parse().ok()
}

fn command(id: u32) -> Option<String> {
    let arguments = fs::read(format!("/proc/{id}/cmdline")).ok()?;
    Some(String::from_utf8_lossy(&arguments).replace('\0', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_found_by_their_arguments() {
        let child = process::Command::new("sh")
            .args(["-c", "while :; do :; done", "a-name-of-its-own"])
            .spawn();
        let mut child = child.expect("a shell");
        while cpu_time_of(&["sh", "a-name-of-its-own"]) < Duration::from_millis(20) {}
        assert_eq!(cpu_time_of(&["nobody is called so"]), Duration::ZERO);
        child.kill().expect("it runs");
        child.wait().expect("it has ended");
    }
}
