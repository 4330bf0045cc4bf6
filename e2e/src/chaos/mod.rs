//! Calls of all kinds, from a native client and from the page, while workers, broker and
//! connections are disturbed at random: every call must settle, in time, with what is right.
//!
//! - `calls`: what is called natively, and what may become of it.
//! - `page`: the same from the page, as far as its rows tell.
//! - `disturbance`: what goes wrong, `scene` the processes and connections that it happens to, and
//!   `broker` the broker and the ways to it.
//! - `lateness`: how long the client's threads wait for a processor, which is not Warren's doing.
//! - `computed`: what the workers say that they have computed.
//! - `ledger`: what became of the calls; `report`: the same as a table, with a verdict.

mod broker;
mod calls;
mod computed;
mod disturbance;
mod lateness;
mod ledger;
mod page;
mod report;
mod scene;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use fastrand::Rng;
use warren_client::{CallOptions, Client, Policy};
use warren_contract::Fibonacci;

pub use self::report::Report;
use self::{disturbance::Director, lateness::Lateness, ledger::Ledger, scene::Scene};
use crate::{PATIENCE, fibonacci};

/// How many threads the native client and its callers have to themselves.
const CLIENT_THREADS: usize = 2;

/// Its time to compute tells how fast this machine is.
const MEASURED_N: u64 = 25;

/// A call that is made when all is well again.
const LAST_N: u64 = 24;

/// How long things are disturbed, and by which chances.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// For how long calls are made and disturbed. Those that are still pending then are waited
    /// for, and what is broken is mended first.
    pub duration: Duration,
    /// How many nodes the broker has, at least one. Several are a cluster, of which one at most is
    /// away at any time.
    pub nodes: usize,
    /// The same seed makes the same choices, though not at the same moments.
    pub seed: u64,
}

/// Runs it all, and says each disturbance by `say` as it happens.
///
/// # Panics
/// Something could not be started, or did not come back after the last disturbance.
pub fn run(options: &Options, mut say: impl FnMut(&str)) -> Report {
    let mut rng = Rng::with_seed(options.seed);
    let mut scene = Scene::set(options.nodes);
    say(&scene.to_string());
    say(&format!("seed {}, {:?}", options.seed, options.duration));

    let lateness = Lateness::watch();
    let watched = lateness.watched();
    // On threads of its own, so that nothing which blocks here delays a call.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(CLIENT_THREADS)
        .on_thread_start(move || watched.enrol())
        .enable_all()
        .build()
        .expect("threads for the client");
    let client = runtime.block_on(async { Client::connect(scene.client_config()) });
    let pace = runtime.block_on(measure(&client));

    let page = page::open(&scene.page_url());

    let ledger = Arc::new(Ledger::new(lateness));
    let begin = Instant::now();
    let until = begin + options.duration;
    let callers = runtime.block_on(async { calls::start(&client, &mut rng, pace, until, &ledger) });
    let page = page.call_until(until, rng.fork(), pace);

    let mut director = Director::new(&mut scene, rng);
    director.disturb(begin, until, &mut say);
    director.mend(begin, &mut say);
    runtime.block_on(async {
        for caller in callers {
            caller.await.expect("a caller does not panic");
        }
        let last = client.call_with::<Fibonacci>(LAST_N, patient()).await;
        assert_eq!(last.expect("all is well again").value, fibonacci(LAST_N));
        client.close().await;
    });
    Report::new(&ledger, &page.calls(), scene.stop())
}

/// How fast workers compute, by which all requests are measured.
#[derive(Clone, Copy, Debug)]
struct Pace {
    measured: Duration,
}

impl Pace {
    /// The n whose Fibonacci number takes about this long to compute.
    fn n_for(self, time: Duration) -> u64 {
        // Each step takes as many times longer as the golden ratio says.
        let golden = f64::midpoint(1.0, 5_f64.sqrt());
        let ratio = time.as_secs_f64() / self.measured.as_secs_f64();
        let steps = ratio.log(golden).round().max(0.0) as u64;
        (MEASURED_N + steps).min(Fibonacci::DEFAULT_MAX_N)
    }
}

async fn measure(client: &Client) -> Pace {
    let reply = client.call_with::<Fibonacci>(MEASURED_N, patient()).await;
    let compute = reply.expect("a worker serves").compute;
    let measured = compute.expect("a worker says how long it took");
    Pace {
        measured: measured.max(Duration::from_micros(1)),
    }
}

const fn patient() -> CallOptions {
    CallOptions {
        deadline: Some(PATIENCE),
        policy: Policy::WaitForWorker,
        progress: None,
        traceparent: None,
    }
}
