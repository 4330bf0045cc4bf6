//! How much one broker takes: against workers, calls under way, sizes, and kinds and numbers of
//! queues.

mod load;

use std::num::NonZeroU16;

use tokio::runtime::{Builder, Runtime};
use warren_e2e::Stack;
use warren_rabbitmq::Node;

use self::load::{Load, metrics};
use crate::{Bench, Contest, Outcome, Section};

/// How many requests a sleeping worker serves at once: each for 10 ms, so that one is good for
/// 1,600 calls/s, and a few stand for a house full of machines.
const SLEEPERS: NonZeroU16 = NonZeroU16::new(16).expect("it is not 0");

const NAP_MS: &str = "10";

const WORKERS: [usize; 4] = [1, 2, 4, 8];

const IN_FLIGHT: [usize; 5] = [1, 4, 16, 64, 256];

const SIZES: [usize; 4] = [100, 1_000, 10_000, 100_000];

const SERVICES: [usize; 3] = [1, 2, 4];

const SHARDS: [usize; 3] = [1, 2, 4];

/// How many connections the calls are spread over, unless these are what is spread.
const CONNECTIONS: usize = 4;

/// Enough for each of the queues to get some.
const SHARDED_CONNECTIONS: usize = 16;

/// How many calls are under way where that is not what is measured.
const SOME: usize = 64;

pub(super) fn measure(bench: &Bench) -> Section {
    // One thread: the callers are to take as little as they can from those that are measured.
    let runtime = Builder::new_current_thread().enable_all().build();
    let field = Field {
        runtime: runtime.expect("a runtime"),
        rounds: bench.rounds(),
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Section::new("capacity", "Calls")
        .note(&format!(
            "Broker, workers and callers share {cores} processors. The callers are Warren's native \
             client on Web-STOMP, a few connections on one thread; percentiles are what a caller \
             waits."
        ))
        .note(&format!(
            "**Workers** of which each serves {SLEEPERS} requests at once, and sleeps for \
             {NAP_MS} ms in each; twice as many calls are under way as can be served at once:"
        ))
        .contest(&field.workers(), [])
        .note(&format!(
            "**Calls under way**, to {} of these workers:",
            WORKERS[WORKERS.len() - 1]
        ))
        .contest(&field.in_flight(), [])
        .note(&format!(
            "**Size** of request and reply alike, which the one worker sends back at once; {SOME} \
             under way:"
        ))
        .contest(&field.sizes(), [])
        .note(&format!(
            "**Kind of queue**, on one node: 100 bytes there and back, {SOME} under way:"
        ))
        .contest(&field.kinds(), [])
        .note(&format!(
            "**Services**, each with a queue and a worker of its own: 100 bytes there and back, \
             {SOME} under way in all:"
        ))
        .contest(&field.services(), [])
        .note(&format!(
            "**One service over several queues**, over which an exchange spreads its clients by \
             consistent hashing; a worker for each queue, 100 bytes there and back, {SOME} under \
             way in all:"
        ))
        .contest(&field.shards(), [])
}

/// What all contests share.
struct Field {
    runtime: Runtime,
    rounds: usize,
}

impl Field {
    fn workers(&self) -> Outcome {
        self.contest(WORKERS.map(|workers| {
            let load = Load {
                in_flight: 2 * workers * usize::from(SLEEPERS.get()),
                count: 2_500 * workers,
                ..sleeping(workers)
            };
            (format!("{workers} workers"), load)
        }))
    }

    fn in_flight(&self) -> Outcome {
        self.contest(IN_FLIGHT.map(|in_flight| {
            let load = Load {
                in_flight,
                count: (100 * in_flight).clamp(300, 15_000),
                ..sleeping(WORKERS[WORKERS.len() - 1])
            };
            (format!("{in_flight} under way"), load)
        }))
    }

    fn sizes(&self) -> Outcome {
        self.contest(SIZES.map(|size| {
            let load = Load {
                count: if size < 100_000 { 15_000 } else { 3_000 },
                ..echoing(size)
            };
            (format!("{size} bytes"), load)
        }))
    }

    fn kinds(&self) -> Outcome {
        let mut contest = Contest::new(self.rounds, metrics());
        for (name, is_quorum) in [("classic", false), ("quorum", true)] {
            contest.enter(name, move || {
                let stack = Stack::shared();
                let load = echoing(100);
                if is_quorum {
                    stack.put_quorum_queue(&load.service(0));
                }
                load.measure(&stack, &self.runtime)
            });
        }
        contest.run()
    }

    fn services(&self) -> Outcome {
        self.contest(SERVICES.map(|services| {
            let load = Load {
                services,
                ..echoing(100)
            };
            (format!("{services} services"), load)
        }))
    }

    fn shards(&self) -> Outcome {
        let node = Node::temporary_with_plugin("rabbitmq_consistent_hash_exchange", "");
        let node = node.expect("a node");
        let mut contest = Contest::new(self.rounds, metrics());
        for shards in SHARDS {
            let load = Load {
                shards,
                connections: SHARDED_CONNECTIONS,
                ..echoing(100)
            };
            let node = &node;
            contest.enter(format!("{shards} queues"), move || {
                load.measure(&Stack::on(node), &self.runtime)
            });
        }
        contest.run()
    }

    fn contest<const N: usize>(&self, loads: [(String, Load); N]) -> Outcome {
        let mut contest = Contest::new(self.rounds, metrics());
        for (name, load) in loads {
            contest.enter(name, move || load.measure(&Stack::shared(), &self.runtime));
        }
        contest.run()
    }
}

/// Calls to workers that sleep.
fn sleeping(workers: usize) -> Load {
    Load {
        services: 1,
        shards: 1,
        connections: CONNECTIONS,
        workers,
        concurrency: SLEEPERS,
        procedure: "nap",
        body: NAP_MS.to_owned(),
        in_flight: SOME,
        count: 0,
    }
}

/// Calls of so many bytes to a worker that sends them back.
fn echoing(size: usize) -> Load {
    Load {
        services: 1,
        shards: 1,
        connections: CONNECTIONS,
        workers: 1,
        concurrency: NonZeroU16::new(128).expect("it is not 0"),
        procedure: "echo",
        // Two of the bytes are the quotes.
        body: format!("\"{}\"", "x".repeat(size - 2)),
        in_flight: SOME,
        count: 15_000,
    }
}
