//! What long-running commands say about how far they are.

use std::time::Instant;

/// Counts the steps of a command and prints a line for each on standard error.
#[derive(Debug)]
pub(crate) struct Progress {
    started: Instant,
    step: usize,
    steps: usize,
}

impl Progress {
    /// For a command of `steps` steps, which starts now.
    pub(crate) fn new(steps: usize) -> Self {
        Self {
            started: Instant::now(),
            step: 0,
            steps,
        }
    }

    /// Says that the next step begins.
    pub(crate) fn step(&mut self, what: &str) {
        self.step += 1;
        let seconds = self.started.elapsed().as_secs();
        eprintln!(
            "[{}/{}  {}:{:02}] {what}",
            self.step,
            self.steps,
            seconds / 60,
            seconds % 60
        );
    }
}
