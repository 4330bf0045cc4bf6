//! What a worker counts and measures, and under which names; `service` counts.

mod service;

use std::{collections::HashMap, fmt, num::NonZeroU16, sync::Mutex};

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use self::service::Times;
pub(crate) use self::service::{Busy, ServiceMetrics};
use crate::tally::Settled;

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
