//! Warren measured side by side with its peers, on one machine, in one run.
//!
//! Absolute figures of a shared machine mean little. So contestants take turns, round after round,
//! and what counts is the ratio within a round: its median, and how far it spreads.
//!
//! - [`rows`]: what is measured; a file each.
//! - [`Bench`]: what a row needs to start its contestants.
//! - [`Contest`]: measures contestants in turns; its [`Outcome`] judges a [`Goal`].
//! - [`Section`]: what a row found out, as it stands in `bench/RESULTS.md`.
//! - [`cpu_time`]: how much of the processors a process has used; `processes`: which ones there are.
//! - `site`: serves pages that are measured.
//! - `backlog`: requests that wait in a queue until somebody serves them.
//! - [`Machine`]: where it was measured, and with which versions.
//!
//! The peers' programs are in `bench/peers`. Like a test, a benchmark has nobody to report an error
//! to: it panics, in words that say what to do.

mod backlog;
mod bench;
mod contest;
mod cpu;
mod goal;
mod machine;
mod processes;
mod results;
pub mod rows;
mod section;
mod site;

pub use bench::Bench;
pub use contest::{Contest, Metric, Outcome};
pub use cpu::cpu_time;
pub use goal::Goal;
pub use machine::Machine;
pub use results::Results;
pub use section::Section;
