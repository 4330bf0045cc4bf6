//! Very many small calls by one client to one worker, and how much memory both hold on the way.
//!
//! - `callers`: makes the calls, and judges what becomes of each.
//! - `memory`: how much memory a process holds.
//! - `report`: what was measured as a table, with a verdict.

mod callers;
mod memory;
mod report;

use std::{process, sync::mpsc, time::Instant};

use tokio::time::timeout;
use warren_client::Client;
use warren_contract::Pong;
use warren_rabbitmq::Node;

use self::memory::resident_bytes;
pub use self::report::{Report, Sample};
use crate::{PATIENCE, Stack, Worker};

/// How many threads the client and its callers share.
const CLIENT_THREADS: usize = 2;

/// What the worker is to log: not each request, since all of it is read by this process, whose
/// memory and time are to be the client's.
const WORKER_LOG: &str = "info,lapin=off,warren_worker::fibonacci=warn";

/// What is called, and what is asked of the memory.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many calls are made; over [`Options::warm_up`].
    pub calls: u64,
    /// How many of them are under way at any time; over 0.
    pub in_flight: usize,
    /// How many requests the worker takes from the broker before it has settled the first.
    pub prefetch: u16,
    /// After how many calls client and worker must hold all the memory that they need, and after
    /// how many more it is looked at again. A worker grows until it remembers 16,384 answers.
    pub warm_up: u64,
    /// By which part of what it was then the memory may be larger at the end: 0.1 is 10 %.
    pub growth: f64,
}

/// Makes the calls over a broker of their own, and tells `say` each [`Sample`] as it is taken.
/// The client's memory is that of this process, so it should do nothing else; the worker and the
/// broker are processes of their own.
///
/// # Panics
/// Something could not be started, or the system does not tell how much memory a process holds.
pub fn run(options: &Options, mut say: impl FnMut(&Sample)) -> Report {
    let node = Node::temporary().unwrap_or_else(|error| panic!("no broker: {error}"));
    let stack = Stack::of(&node, "/");
    let worker = start_worker(&stack, options.prefetch);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(CLIENT_THREADS)
        .enable_all()
        .build()
        .expect("threads for the client");
    let client = runtime.block_on(async { stack.client() });

    let begin = Instant::now();
    let (reached, milestones) = mpsc::channel();
    let calling = runtime.spawn(callers::call(client.clone(), *options, reached));
    // This ends with the callers, and each of them ends, because each of its calls does.
    let samples = milestones
        .into_iter()
        .map(|calls| {
            let sample = Sample {
                calls,
                elapsed: begin.elapsed(),
                worker: resident_bytes(worker.id()),
                client: resident_bytes(process::id()),
            };
            say(&sample);
            sample
        })
        .collect();
    let tally = runtime.block_on(calling).expect("the callers do not panic");
    let told = runtime.block_on(pong(&client, options.calls));
    let counters = *client.counters().borrow();
    runtime.block_on(client.close());
    worker.stop().expect("the worker can be stopped");
    Report {
        options: *options,
        samples,
        tally,
        counters,
        pong: told,
    }
}

fn start_worker(stack: &Stack, prefetch: u16) -> Worker {
    let mut config = stack.worker_config("hare", &["--prefetch", &prefetch.to_string()]);
    config.log = Some(WORKER_LOG.to_owned());
    let worker = Worker::start(&config, |line| eprintln!("{line}"));
    worker.unwrap_or_else(|error| panic!("{error}"))
}

/// What the worker says of itself once it has settled so many requests: it does so after their
/// replies have come. If it does not come to that, then what it said last.
async fn pong(client: &Client, settled: u64) -> Option<Pong> {
    let mut workers = client.workers();
    let all = |pong: &Pong| pong.served + pong.failed >= settled;
    let told = workers.wait_for(|pongs| pongs.iter().flatten().any(all));
    // What it did not say in time is seen below.
    let _ = timeout(PATIENCE, told).await;
    let pongs = workers.borrow().clone();
    pongs.into_iter().flatten().next()
}
