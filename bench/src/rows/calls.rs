//! Calls from a browser, one at a time and many at once.

use std::{cell::Cell, time::Duration};

use serde::Deserialize;
use serde_json::json;
use tokio::runtime::Runtime;
use warren_client::Config;
use warren_e2e::{Browser, PATIENCE, Stack};
use xtask::{WebServer, stack::Worker};

use crate::{Bench, Contest, Goal, Metric, Outcome, Section, processes::cpu_time_of, site};

/// The worker's prefetch: more than are ever in flight, so that it does not bind.
const PREFETCH: &str = "2000";

/// How many calls the pages make before those that count, as a part of these.
const WARM_UP: f64 = 0.5;

/// How often a contestant may lose its connection in one turn. RabbitMQ before 4.2.5 ends one that
/// has heart-beats after it has slowed it down.
const ATTEMPTS: usize = 20;

const WARREN: &str = "Warren";
const STOMPJS: &str = "stompjs";
const RX_STOMP: &str = "rx-stomp";
const BY_HAND: &str = "by hand";

/// The contestants, and their pages.
const PAGES: [(&str, &str); 4] = [
    (WARREN, "warren/calls.html"),
    (STOMPJS, "peers/stompjs.html"),
    (RX_STOMP, "peers/rx-stomp.html"),
    (BY_HAND, "peers/by-hand.html"),
];

/// Whose work is told apart, by what is on their command lines.
const PROCESSES: [(&str, &[&str]); 4] = [
    ("broker", &["beam.smp"]),
    ("worker", &["warren-worker"]),
    ("page", &["--type=renderer"]),
    ("network", &["--type=utility", "NetworkService"]),
];

/// A page's measurements, or what went wrong.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Report {
    Measured { seconds: f64, p50: f64, p99: f64 },
    Lost(String),
}

pub(super) fn measure(bench: &Bench) -> Section {
    let field = Field::set_up(bench);
    let one = field.contest(bench.rounds(), 1, 2_000);
    let hundred = field.contest(bench.rounds(), 100, 10_000);
    let thousand = field.contest(bench.rounds(), 1_000, 10_000);
    let [stompjs, rx_stomp] =
        ["@stomp/stompjs", "@stomp/rx-stomp"].map(|name| bench.npm_package(name));
    Section::new("calls", "Calls from Chromium")
        .note(&format!(
            "fib(5) through one `warren-worker` that does not log its requests, at prefetch \
             {PREFETCH}, which does not bind: by Warren's client, built as the page is; by \
             {stompjs} with a map from correlation ids to promises; and by `RxStompRPC` of \
             {rx_stomp}. Half as many calls go before those that count. The last columns are \
             processor time a call: of the broker, the worker, the page's process and the \
             browser's network process."
        ))
        .note(
            "What bounds all of them is the call by hand: a page without a client, which sends \
             requests that differ in their ids alone, many in a message, and reads nothing of the \
             replies.",
        )
        .note("One at a time:")
        .contest(&one, [Goal::at_most("p50", WARREN, 0.9, STOMPJS)])
        .note("100 in flight:")
        .contest(&hundred, many_at_once())
        .note("1,000 in flight:")
        .contest(&thousand, many_at_once())
        .note(&format!(
            "The broker ended {} connections meanwhile; those turns were taken again.",
            field.lost.get()
        ))
}

fn many_at_once() -> [Goal; 2] {
    [
        Goal::at_least("rate", WARREN, 2.0, STOMPJS),
        Goal::at_least("rate", WARREN, 2.5, RX_STOMP),
    ]
}

/// A browser, a broker and a worker.
struct Field {
    // The browser goes before the runtime that it needs.
    browser: Browser,
    runtime: Runtime,
    site: WebServer,
    config: Config,
    _worker: Worker,
    lost: Cell<usize>,
}

impl Field {
    fn set_up(bench: &Bench) -> Self {
        let stack = Stack::shared();
        let mut worker = stack.worker_config("bench", &["--prefetch", PREFETCH]);
        worker.log = Some("warn,warren_worker::serve=info".into());
        let runtime = Runtime::new().expect("threads");
        let peers = bench.peer("calls/dist");
        Self {
            browser: runtime.block_on(Browser::open("about:blank")),
            runtime,
            site: site::serve([("peers", peers), ("warren", bench.module())]).expect("a port"),
            config: stack.config(),
            _worker: Worker::start(&worker, |_| {}).expect("a worker"),
            lost: Cell::new(0),
        }
    }

    fn contest(&self, rounds: usize, in_flight: usize, count: usize) -> Outcome {
        let times = [("rate", "calls/s"), ("p50", "ms"), ("p99", "ms")];
        let shares = PROCESSES.map(|(name, _)| (name, "µs"));
        let metrics = times.into_iter().chain(shares);
        let mut contest = Contest::new(rounds, metrics.map(|(name, unit)| Metric::new(name, unit)));
        for (name, page) in PAGES {
            contest.enter(name, move || self.measure(page, in_flight, count));
        }
        contest.run()
    }

    /// A page's rate and latencies, and each process's time a call.
    fn measure(&self, page: &str, in_flight: usize, count: usize) -> Vec<f64> {
        for _ in 0..ATTEMPTS {
            self.open(page);
            let before = times();
            let (seconds, p50, p99) = match self.calls(in_flight, count) {
                Report::Measured { seconds, p50, p99 } => (seconds, p50, p99),
                Report::Lost(error) => {
                    eprintln!("    again, because of {error}");
                    self.lost.set(self.lost.get() + 1);
                    continue;
                }
            };
            let count = count as f64;
            let shares = times().into_iter().zip(before).map(|(after, before)| {
                let micros = after.saturating_sub(before).as_secs_f64() * 1e6;
                micros / (count * (1.0 + WARM_UP))
            });
            return [count / seconds, p50, p99]
                .into_iter()
                .chain(shares)
                .collect();
        }
        panic!("{page} lost its connection {ATTEMPTS} times");
    }

    fn open(&self, page: &str) {
        self.runtime.block_on(async {
            self.browser
                .go_to(&format!("{}{page}", self.site.url()))
                .await;
            let is_ready = "return 'bench' in window";
            self.browser.wait_until_true(is_ready, PATIENCE).await;
        });
    }

    fn calls(&self, in_flight: usize, count: usize) -> Report {
        let options = json!({
            "url": self.config.urls.first(),
            "login": self.config.login,
            "passcode": self.config.passcode.fixed(),
            "vhost": self.config.vhost,
            "queue": self.config.queue,
            "count": count,
            "inFlight": in_flight,
        });
        let script = format!(
            "return window.bench.calls({options})
                .then(measured => ({{ measured }}), error => ({{ lost: String(error) }}))"
        );
        let report = self.runtime.block_on(self.browser.run(&script));
        serde_json::from_value(report).expect("what a page reports")
    }
}

/// How long each of the processes has run.
fn times() -> [Duration; PROCESSES.len()] {
    PROCESSES.map(|(_, words)| cpu_time_of(words))
}
