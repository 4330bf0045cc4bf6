//! What a worker counts and measures: under which names, and by whom it is counted.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    num::NonZeroU16,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use tokio::time::Instant;

use crate::{
    Tally,
    request::Request,
    tally::{Settled, Source},
};

/// What all names begin with.
const PREFIX: &str = "warren_worker";

/// The upper bounds of the histograms' buckets, in seconds: from what a look into a table takes to
/// what outlasts every patience.
const SECONDS: [f64; 20] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
];

/// The procedure of requests for one that is not served. What comes over the wire is no label, or
/// anybody who may call could fill the memory of whoever collects the metrics.
const UNKNOWN: &str = "unknown";

type Histograms = Family<ProcedureLabels, Histogram, fn() -> Histogram>;

/// The metrics of a process, by name.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    requests: Family<RequestLabels, Counter>,
    wait: Histograms,
    compute: Histograms,
    in_flight: Family<QueueLabels, Gauge>,
    busy: Family<QueueLabels, Gauge>,
    concurrency: Family<QueueLabels, Gauge>,
    redeliveries: Family<QueueLabels, Counter>,
    returned: Family<QueueLabels, Counter>,
    reused: Family<ReuseLabels, Counter>,
    pings: Family<PingLabels, Counter>,
    connected: Family<QueueLabels, Gauge>,
    reconnects: Family<QueueLabels, Counter>,
    build_info: Family<BuildLabels, Gauge>,
}

/// The metrics of one service.
#[derive(Debug)]
pub(crate) struct ServiceMetrics {
    /// Of each procedure that is served, and of all others together.
    requests: BTreeMap<&'static str, HashMap<Settled, Counter>>,
    /// Of each procedure that is served.
    times: BTreeMap<&'static str, Times>,
    /// The procedure of requests that name none.
    first: &'static str,
    in_flight: Gauge,
    busy: Gauge,
    redeliveries: Counter,
    returned: Counter,
    joined: Counter,
    remembered: Counter,
    /// How many computations have begun, which the histograms know but do not tell.
    computed: Counter,
    pub(crate) pings_answered: Counter,
    pub(crate) pings_dropped: Counter,
    queue: String,
    /// Where the service is connected, or was last tried to be. It is no label of a metric: each
    /// change of it would begin another series.
    broker: Mutex<String>,
    /// Whether requests can come: one, or zero.
    pub(crate) connected: Gauge,
    pub(crate) reconnects: Counter,
}

/// How long requests waited, and computations ran.
#[derive(Debug)]
struct Times {
    wait: Histogram,
    compute: Histogram,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueueLabels {
    queue: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProcedureLabels {
    queue: String,
    procedure: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    queue: String,
    procedure: &'static str,
    outcome: Settled,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReuseLabels {
    queue: String,
    source: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PingLabels {
    queue: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabels {
    version: &'static str,
    worker: String,
}

impl EncodeLabelValue for Settled {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        EncodeLabelValue::encode(&self.label(), encoder)
    }
}

impl Metrics {
    /// The metrics, and where they can be read.
    pub(crate) fn new() -> (Self, Registry) {
        let histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        let metrics = Self {
            requests: Family::default(),
            wait: Family::new_with_constructor(histogram),
            compute: Family::new_with_constructor(histogram),
            in_flight: Family::default(),
            busy: Family::default(),
            concurrency: Family::default(),
            redeliveries: Family::default(),
            returned: Family::default(),
            reused: Family::default(),
            pings: Family::default(),
            connected: Family::default(),
            reconnects: Family::default(),
            build_info: Family::default(),
        };
        let registry = metrics.registry();
        (metrics, registry)
    }

    fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register(
            "requests",
            "Requests that came, by what became of them: ok, the code of the fault that was \
             answered, expired, cancelled, caller_gone, unanswerable (without a reply queue) or \
             given_back (to the broker)",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "wait",
            "How long requests waited in this worker until their computation began; the time in \
             the broker's queue is not in it",
            Unit::Seconds,
            self.wait.clone(),
        );
        registry.register_with_unit(
            "compute",
            "How long computations ran, whatever became of them",
            Unit::Seconds,
            self.compute.clone(),
        );
        registry.register(
            "in_flight",
            "Requests that were taken from the broker and are not settled",
            self.in_flight.clone(),
        );
        registry.register(
            "busy",
            "Computations that run, out of warren_worker_concurrency",
            self.busy.clone(),
        );
        registry.register(
            "concurrency",
            "The most computations that run at once",
            self.concurrency.clone(),
        );
        registry.register(
            "redeliveries",
            "Requests that the broker had handed out before, to this worker or another",
            self.redeliveries.clone(),
        );
        registry.register(
            "returned_replies",
            "Replies that the broker returned, because their callers have gone",
            self.returned.clone(),
        );
        registry.register(
            "reused_answers",
            "Requests that were answered without a computation of their own: they waited for \
             another one of the same call (joined), or it had been answered before (memory)",
            self.reused.clone(),
        );
        registry.register(
            "pings",
            "Pings that came, by what became of them: answered, or dropped, as more came in a second \
             than are answered",
            self.pings.clone(),
        );
        registry.register(
            "connected",
            "Whether the service is connected and subscribed to its queue: 1 or 0",
            self.connected.clone(),
        );
        registry.register(
            "reconnects",
            "How often the service was connected again after it had lost the broker",
            self.reconnects.clone(),
        );
        registry.register(
            "build_info",
            "The version of the harness, and the name that callers see of this worker; always 1",
            self.build_info.clone(),
        );
        registry
    }

    /// Says who this is.
    pub(crate) fn introduce(&self, worker: &str) {
        let labels = BuildLabels {
            version: env!("CARGO_PKG_VERSION"),
            worker: worker.to_owned(),
        };
        self.build_info.get_or_create(&labels).set(1);
    }

    /// The metrics of the service on this queue, which has at least one procedure. All that can be
    /// counted begins at zero, so that the first of a kind is seen as an increase.
    pub(crate) fn service(
        &self,
        queue: &str,
        procedures: &[&'static str],
        concurrency: NonZeroU16,
    ) -> ServiceMetrics {
        let labels = QueueLabels {
            queue: queue.to_owned(),
        };
        let reused = |source| {
            let queue = queue.to_owned();
            let labels = ReuseLabels { queue, source };
            self.reused.get_or_create_owned(&labels)
        };
        let pings = |outcome| {
            let queue = queue.to_owned();
            let labels = PingLabels { queue, outcome };
            self.pings.get_or_create_owned(&labels)
        };
        self.concurrency
            .get_or_create(&labels)
            .set(concurrency.get().into());
        let served = procedures.iter().copied();
        let times = served.clone().map(|name| (name, self.times(queue, name)));
        let all = served.chain([UNKNOWN]);
        ServiceMetrics {
            requests: all.map(|name| (name, self.requests(queue, name))).collect(),
            times: times.collect(),
            first: procedures[0],
            in_flight: self.in_flight.get_or_create_owned(&labels),
            busy: self.busy.get_or_create_owned(&labels),
            redeliveries: self.redeliveries.get_or_create_owned(&labels),
            returned: self.returned.get_or_create_owned(&labels),
            joined: reused("joined"),
            remembered: reused("memory"),
            computed: Counter::default(),
            pings_answered: pings("answered"),
            pings_dropped: pings("dropped"),
            queue: queue.to_owned(),
            broker: Mutex::default(),
            connected: self.connected.get_or_create_owned(&labels),
            reconnects: self.reconnects.get_or_create_owned(&labels),
        }
    }

    fn requests(&self, queue: &str, procedure: &'static str) -> HashMap<Settled, Counter> {
        let counters = Settled::all().map(|outcome| {
            let queue = queue.to_owned();
            let labels = RequestLabels {
                queue,
                procedure,
                outcome,
            };
            (outcome, self.requests.get_or_create_owned(&labels))
        });
        counters.collect()
    }

    fn times(&self, queue: &str, procedure: &'static str) -> Times {
        let queue = queue.to_owned();
        let labels = ProcedureLabels { queue, procedure };
        Times {
            wait: self.wait.get_or_create_owned(&labels),
            compute: self.compute.get_or_create_owned(&labels),
        }
    }
}

impl ServiceMetrics {
    /// The service is to be connected there now.
    pub(crate) fn go_to(&self, broker: &impl fmt::Display) {
        *self.broker() = broker.to_string();
    }

    /// The service's queue, and where it is taken from, or is to be.
    pub(crate) fn connection(&self) -> String {
        let verb = match self.connected.get() {
            0 => "connecting to",
            _ => "connected to",
        };
        format!("{} {verb} {}", self.queue, self.broker())
    }

    fn broker(&self) -> MutexGuard<'_, String> {
        self.broker.lock().expect("no holder panics")
    }

    /// A request came.
    pub(crate) fn take(self: &Arc<Self>, request: &Request) -> Taken {
        self.in_flight.inc();
        if request.redelivered {
            self.redeliveries.inc();
        }
        let name = request.procedure.as_deref().unwrap_or(self.first);
        let served = self.requests.get_key_value(name);
        Taken {
            metrics: Arc::clone(self),
            procedure: served.map_or(UNKNOWN, |(name, _)| *name),
            settled: Settled::GivenBack,
        }
    }

    /// The computation of a request begins that came so long ago.
    pub(crate) fn begin(self: &Arc<Self>, procedure: &'static str, waited: Duration) -> Busy {
        self.busy.inc();
        self.computed.inc();
        let waited = waited.as_secs_f64();
        self.times[procedure].wait.observe(waited);
        Busy {
            metrics: Arc::clone(self),
            procedure,
            since: Instant::now(),
        }
    }

    /// What was counted so far.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally {
            joined: self.joined.get(),
            remembered: self.remembered.get(),
            computed: self.computed.get(),
            ..Tally::default()
        };
        for (settled, counter) in self.requests.values().flatten() {
            *tally.counter(*settled) += counter.get();
        }
        tally
    }
}

/// A request that is not settled. If this is dropped before, the request is left to the broker.
#[derive(Debug)]
pub(crate) struct Taken {
    metrics: Arc<ServiceMetrics>,
    procedure: &'static str,
    settled: Settled,
}

impl Taken {
    /// The procedure that it is counted under.
    pub(crate) fn procedure(&self) -> &'static str {
        self.procedure
    }

    /// The request is settled so, by an answer from there.
    pub(crate) fn settle(mut self, settled: Settled, source: Source) {
        let metrics = &self.metrics;
        match source {
            Source::Request | Source::Computation => {}
            Source::OthersComputation => {
                metrics.joined.inc();
            }
            Source::Memory => {
                metrics.remembered.inc();
            }
        }
        if settled == Settled::CallerGone {
            metrics.returned.inc();
        }
        self.settled = settled;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let metrics = &self.metrics;
        metrics.requests[self.procedure][&self.settled].inc();
        metrics.in_flight.dec();
    }
}

/// A computation that runs.
#[derive(Debug)]
pub(crate) struct Busy {
    metrics: Arc<ServiceMetrics>,
    procedure: &'static str,
    since: Instant,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let metrics = &self.metrics;
        let elapsed = self.since.elapsed().as_secs_f64();
        metrics.times[self.procedure].compute.observe(elapsed);
        metrics.busy.dec();
    }
}
