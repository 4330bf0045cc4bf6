//! What can be seen of a worker from outside while it serves.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use prometheus_client::{encoding::text::encode, registry::Registry};

use crate::metrics::{Metrics, ServiceMetrics};

/// What can be seen of a [`Worker`](crate::Worker) from outside while it serves: whether it is
/// ready, and its metrics. Clones are of the same worker.
///
/// ```
/// use warren_worker::{Readiness, Worker};
///
/// let worker = Worker::new("amqp://guest:guest@127.0.0.1:5672/%2f".parse()?);
/// let monitor = worker.monitor.clone();
/// // While `worker.serve(…)` runs somewhere, a program's own HTTP server can tell:
/// assert_eq!(monitor.readiness(), Readiness::Connecting);
/// assert!(monitor.metrics().ends_with("# EOF\n"));
/// # Ok::<(), warren_worker::InvalidBrokerUrl>(())
/// ```
#[derive(Clone)]
pub struct Monitor {
    shared: Arc<Shared>,
}

struct Shared {
    metrics: Metrics,
    registry: Registry,
    services: Mutex<Vec<Arc<ServiceMetrics>>>,
    /// Nothing else is passed between threads by it, so that relaxed access will do.
    draining: AtomicBool,
}

/// Whether a worker takes requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Not of every service: the broker, or a queue, is not there yet, or no longer.
    Connecting,
    /// Of every service.
    Ready,
    /// No more of any: it was told to stop, or has stopped.
    Draining,
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connecting => "connecting",
            Self::Ready => "ready",
            Self::Draining => "draining",
        })
    }
}

impl Default for Monitor {
    fn default() -> Self {
        let (metrics, registry) = Metrics::new();
        let shared = Shared {
            metrics,
            registry,
            services: Mutex::default(),
            draining: AtomicBool::new(false),
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let readiness = self.readiness();
        f.debug_tuple("Monitor").field(&readiness).finish()
    }
}

impl Monitor {
    /// Whether the worker takes requests. It is draining from the moment in which it is told to
    /// stop.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        if self.shared.draining.load(Relaxed) {
            return Readiness::Draining;
        }
        let services = self.services();
        let mut connected = services.iter().map(|service| service.connected.get() == 1);
        if !services.is_empty() && connected.all(|connected| connected) {
            Readiness::Ready
        } else {
            Readiness::Connecting
        }
    }

    /// Where each service takes its requests from, or tries to: a line with its queue and the
    /// broker's address, without the password.
    #[must_use]
    pub fn connections(&self) -> String {
        let services = self.services();
        services
            .iter()
            .map(|service| format!("{}\n", service.connection()))
            .collect()
    }

    /// The metrics as [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/) 1.0
    /// writes them, which Prometheus reads. Its content type is [`Self::METRICS_TYPE`].
    #[must_use]
    pub fn metrics(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.shared.registry).expect("a String takes every text");
        text
    }

    /// The content type of [`Self::metrics`].
    pub const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// Begins to show a service.
    pub(crate) fn watch(&self, service: &Arc<ServiceMetrics>) {
        self.services().push(Arc::clone(service));
    }

    pub(crate) fn drain(&self) {
        self.shared.draining.store(true, Relaxed);
    }

    pub(crate) fn all(&self) -> &Metrics {
        &self.shared.metrics
    }

    fn services(&self) -> std::sync::MutexGuard<'_, Vec<Arc<ServiceMetrics>>> {
        let services = self.shared.services.lock();
        services.expect("looking at services does not panic")
    }
}
