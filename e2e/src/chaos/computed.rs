//! What the workers say that they have computed, read from their logs.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

/// What a worker's line has before the correlation id.
const BEFORE_ID: &str = "correlation_id=\"";

/// What a worker logs of a computation that came to its end.
const COMPUTED: &str = "computed";

/// Which worker processes computed which calls to the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Computed {
    by_call: Arc<Mutex<HashMap<String, Vec<Process>>>>,
}

/// One worker from its start to its end, counted from 1.
pub(super) type Process = usize;

/// How often calls were computed more than once, counted in computations beyond each first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Repeats {
    /// All computations, first ones included.
    pub(super) computations: usize,
    /// By a process that had computed the same call already.
    pub(super) by_the_same: usize,
    /// By another process, where one that had computed it was killed.
    pub(super) after_a_kill: usize,
    /// By another process, where none was killed: as after a lost connection.
    pub(super) by_another: usize,
}

impl Computed {
    /// Takes notice of a line that a worker logged.
    pub(super) fn read(&self, process: Process, line: &str) {
        let Some((_, rest)) = line.split_once(BEFORE_ID) else {
            return;
        };
        if let Some((id, rest)) = rest.split_once('"')
            && rest.split_whitespace().any(|word| word == COMPUTED)
        {
            let mut by_call = self.by_call.lock().expect("counting does not panic");
            by_call.entry(id.to_owned()).or_default().push(process);
        }
    }

    /// The repeats, given which processes were killed.
    pub(super) fn repeats(&self, killed: &HashSet<Process>) -> Repeats {
        let by_call = self.by_call.lock().expect("counting does not panic");
        let mut repeats = Repeats::default();
        for processes in by_call.values() {
            repeats.computations += processes.len();
            for (index, process) in processes.iter().enumerate().skip(1) {
                let before = &processes[..index];
                if before.contains(process) {
                    repeats.by_the_same += 1;
                } else if before.iter().any(|process| killed.contains(process)) {
                    repeats.after_a_kill += 1;
                } else {
                    repeats.by_another += 1;
                }
            }
        }
        repeats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_told_apart() {
        let computed = Computed::default();
        let line = |id: &str, words: &str| {
            format!(r#"INFO serve{{worker="hare"}}:request{{correlation_id="{id}"}}: {words}"#)
        };
        for (process, id) in [
            (1, "once"),
            (1, "same"),
            (1, "same"),
            (2, "killed"),
            (1, "killed"),
            (1, "moved"),
            (3, "moved"),
        ] {
            computed.read(process, &line(id, "warren_worker: computed"));
        }
        computed.read(1, &line("once", "warren_worker: [.] fib(5)"));
        computed.read(1, "INFO: computed");
        let expected = Repeats {
            computations: 7,
            by_the_same: 1,
            after_a_kill: 1,
            by_another: 1,
        };
        assert_eq!(computed.repeats(&HashSet::from([2])), expected);
    }
}
