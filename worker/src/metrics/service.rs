//! What one service counts and measures while it works.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use prometheus_client::metrics::{counter::Counter, gauge::Gauge, histogram::Histogram};
use tokio::time::Instant;

use super::UNKNOWN;
use crate::{
    Tally,
    request::Request,
    tally::{Settled, Source},
};

/// The metrics of one service.
#[derive(Debug)]
pub(crate) struct ServiceMetrics {
    /// Of each procedure that is served, and of all others together.
    pub(super) requests: BTreeMap<&'static str, HashMap<Settled, Counter>>,
    /// Of each procedure that is served.
    pub(super) times: BTreeMap<&'static str, Times>,
    /// The procedure of requests that name none.
    pub(super) first: &'static str,
    pub(super) in_flight: Gauge,
    pub(super) busy: Gauge,
    pub(super) redeliveries: Counter,
    pub(super) returned: Counter,
    pub(super) joined: Counter,
    pub(super) remembered: Counter,
    /// How many computations have begun, which the histograms know but do not tell.
    pub(super) computed: Counter,
    pub(crate) pings_answered: Counter,
    pub(crate) pings_dropped: Counter,
    pub(super) queue: String,
    /// Where the service is connected, or was last tried to be. It is no label of a metric: each
    /// change of it would begin another series.
    pub(super) broker: Mutex<String>,
    /// Whether requests can come: one, or zero.
    pub(crate) connected: Gauge,
    pub(crate) reconnects: Counter,
}

/// How long requests waited, and computations ran.
#[derive(Debug)]
pub(super) struct Times {
    pub(super) wait: Histogram,
    pub(super) compute: Histogram,
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
