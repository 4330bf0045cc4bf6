//! What is measured.

mod calls;
mod capacity;
mod connections;
mod decode;
mod drain;
mod fib;
mod latency;
mod page;
mod workers;

use clap::ValueEnum;
use warren_e2e::{Stack, Worker};

use crate::{Bench, Section};

/// One of the things that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Row {
    /// Calls from a browser.
    Calls,
    /// Decoding, natively and in a browser.
    Decode,
    /// Draining queued requests.
    Drain,
    /// A handler that can be cancelled and tells how far it is.
    Fib,
    /// More workers, and more at once.
    Workers,
    /// The page beside a page of the usual kind.
    Page,
    /// What Warren adds to a round trip over Web-STOMP.
    Latency,
    /// How much one broker takes.
    Capacity,
    /// Very many idle clients, and their return after the broker was restarted.
    Connections,
}

impl Row {
    /// Measures it.
    ///
    /// # Panics
    /// A contestant cannot be started, or gives a wrong answer.
    #[must_use]
    pub fn measure(self, bench: &Bench) -> Section {
        match self {
            Self::Calls => calls::measure(bench),
            Self::Decode => decode::measure(bench),
            Self::Drain => drain::measure(bench),
            Self::Fib => fib::measure(bench),
            Self::Workers => workers::measure(bench),
            Self::Page => page::measure(bench),
            Self::Latency => latency::measure(bench),
            Self::Capacity => capacity::measure(bench),
            Self::Connections => connections::measure(bench),
        }
    }

    /// The document that has it, from the top of the checkout.
    #[must_use]
    pub fn document(self) -> &'static str {
        match self {
            Self::Capacity | Self::Connections => "docs/capacity.md",
            _ => "bench/RESULTS.md",
        }
    }
}

/// A worker that does not log the requests.
fn quiet_worker(stack: &Stack) -> Worker {
    let mut config = stack.worker_config("hare", &[]);
    config.log = Some("warren_worker::serve=info".to_owned());
    match Worker::start(&config, |line| eprintln!("{line}")) {
        Ok(worker) => worker,
        Err(error) => panic!("{error}"),
    }
}
