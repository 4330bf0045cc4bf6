//! What is measured.

mod calls;

use clap::ValueEnum;

use crate::{Bench, Section};

/// One of the things that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Row {
    /// Calls from a browser.
    Calls,
}

impl Row {
    /// Measures it.
    ///
    /// # Panics
    /// A contestant cannot be started, or gives a wrong answer.
    #[must_use]
    pub fn measure(self, bench: &Bench) -> Section {
        match self {
            Self::Calls => calls::run(bench),
        }
    }
}
