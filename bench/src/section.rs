//! What a row found out.

use std::fmt::{self, Write};

use crate::{Goal, Outcome, goal::Verdict};

/// What a row found out. Printing it makes its part of `bench/RESULTS.md`, but for where and when
/// it was measured.
#[derive(Clone, Debug)]
pub struct Section {
    name: &'static str,
    title: String,
    text: String,
    unmet: Vec<Verdict>,
}

impl Section {
    /// The section of the row `name`, under `title`.
    #[must_use]
    pub fn new(name: &'static str, title: impl Into<String>) -> Self {
        Self {
            name,
            title: title.into(),
            text: String::new(),
            unmet: Vec::new(),
        }
    }

    /// Adds a paragraph: what was measured how, or what bounds it.
    #[must_use]
    pub fn note(self, text: &str) -> Self {
        self.with(&format!("{text}\n"))
    }

    /// Adds the table of a contest, and whether it reaches the goals.
    ///
    /// # Panics
    /// A goal names a contestant or metric that the contest did not have.
    #[must_use]
    pub fn contest(mut self, outcome: &Outcome, goals: impl IntoIterator<Item = Goal>) -> Self {
        self = self.with(&outcome.to_string());
        let mut verdicts = String::new();
        for goal in goals {
            let verdict = goal.judge(outcome);
            let _ = writeln!(verdicts, "- {verdict}");
            if !verdict.is_met {
                self.unmet.push(verdict);
            }
        }
        if verdicts.is_empty() {
            self
        } else {
            self.with(&verdicts)
        }
    }

    /// The name of the row.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What stands above it.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The goals that were not reached, each in words.
    pub fn unmet(&self) -> impl Iterator<Item = String> {
        self.unmet
            .iter()
            .map(|verdict| format!("{}: {verdict}", self.name))
    }

    fn with(mut self, block: &str) -> Self {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(block);
        self
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
