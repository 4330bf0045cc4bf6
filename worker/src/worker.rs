//! A process that serves: at which broker, under which name, within which limits.

use std::{
    collections::HashSet, num::NonZeroU16, path::PathBuf, pin::pin, sync::Arc,
    thread::available_parallelism, time::Duration,
};

use gethostname::gethostname;
use tokio::{
    select,
    sync::watch,
    task::{JoinError, JoinSet},
};
use tracing::{Instrument, info_span};

use crate::{
    BrokerUrls, Limits, Monitor, Refusal, ReplyQueues, Service, Tally, Tls, amqp::Amqp,
    answer::Answerer, rotation::Rotation, serve::serve, server::Server, session::Plan,
    transport::Broker,
};

/// Serves one service or several, at one broker.
#[derive(Debug)]
pub struct Worker {
    /// The broker, at one address, or at those of its cluster's nodes.
    ///
    /// Each service tries them in an order of its own, which is random: after each failure, and
    /// after a connection that was lost, the next one. The waits between two tries are random, too,
    /// and grow only once all of them have failed in a row.
    pub broker: BrokerUrls,
    /// A file with the password of all addresses, in place of theirs, on its only line. It is read
    /// for each connection, so that it may hold a token that is replaced from time to time.
    pub password_file: Option<PathBuf>,
    /// Whom to trust, and who to be, if the broker's address is one of `amqps://`.
    pub tls: Tls,
    /// This worker's name, in its log, on its replies and in the broker's list of connections:
    /// host and process id unless told otherwise.
    pub name: String,
    /// How many requests of each service are computed at once, whatever the service says; as
    /// [it](Service::concurrency) says unless told otherwise.
    pub concurrency: Option<NonZeroU16>,
    /// How many requests the broker hands out for each service before the first of them is
    /// settled; as many as are computed at once unless told otherwise. More keeps the cores busy
    /// when requests are small, but lets some wait here that another worker could take.
    pub prefetch: Option<NonZeroU16>,
    /// How long a worker that was told to stop lets running requests finish, with a connection or
    /// without.
    pub drain: Duration,
    /// To which queues it replies: those whose names the broker made up, unless told otherwise.
    pub reply_queues: ReplyQueues,
    /// What is refused, and how much is remembered.
    pub limits: Limits,
    /// Where it can be seen what the worker does.
    pub monitor: Monitor,
}

impl Worker {
    /// What [`drain`](Self::drain) is unless told otherwise.
    pub const DRAIN: Duration = Duration::from_secs(30);

    /// A worker at this broker; all else may be set afterwards.
    #[must_use]
    pub fn new(broker: BrokerUrls) -> Self {
        let host = gethostname();
        Self {
            broker,
            password_file: None,
            tls: Tls::default(),
            name: format!("{}-{}", host.to_string_lossy(), std::process::id()),
            concurrency: None,
            prefetch: None,
            drain: Self::DRAIN,
            reply_queues: ReplyQueues::default(),
            limits: Limits::default(),
            monitor: Monitor::default(),
        }
    }

    /// Serves until `shutdown` completes; each service over a connection of its own.
    ///
    /// A broker that cannot be reached, or that goes away, is tried again for ever, with backoff, at
    /// each of its addresses in turn.
    /// After `shutdown`, running requests are given [time](Self::drain) to finish; the others go
    /// back to the broker.
    ///
    /// The [monitor](Self::monitor) shows the services from this call on, even before the future is
    /// polled.
    ///
    /// # Errors
    ///
    /// The broker refuses the login, the virtual host or a permission, or there is no encrypted
    /// connection to any of its nodes for reasons that will not go away by themselves, before a
    /// service was ever served; the others stop then, as after `shutdown`. Later refusals are tried
    /// again: the broker may be in the middle of being set up anew.
    ///
    /// # Panics
    ///
    /// A service has no procedures, or two are on one queue.
    pub fn serve(
        self,
        services: impl IntoIterator<Item = Service>,
        shutdown: impl Future<Output = ()>,
    ) -> impl Future<Output = Result<Tally, Refusal>> {
        let urls = self.broker.iter().cloned();
        let brokers = urls
            .map(|url| {
                let password_file = self.password_file.clone();
                Amqp::new(url, password_file, self.tls.clone(), self.reply_queues)
            })
            .collect();
        self.serve_at(brokers, services, shutdown)
    }

    /// The same, at the nodes of any kind of broker.
    pub(crate) fn serve_at(
        self,
        brokers: Vec<impl Broker + Clone>,
        services: impl IntoIterator<Item = Service>,
        shutdown: impl Future<Output = ()>,
    ) -> impl Future<Output = Result<Tally, Refusal>> {
        self.monitor.all().introduce(&self.name);
        let mut queues = HashSet::new();
        let mut prepared = Vec::new();
        for service in services {
            let queue = service.topology.queue();
            let is_new = queues.insert(queue.to_owned());
            assert!(is_new, "the queue {queue:?} is served twice");
            let brokers = Rotation::new(brokers.clone());
            let (plan, server) = self.prepare(service);
            // Whoever looks before the first try is told where that will go.
            server.metrics.go_to(brokers.upcoming());
            self.monitor.watch(&server.metrics);
            prepared.push((brokers, plan, server));
        }
        self.serve_prepared(prepared, shutdown)
    }

    async fn serve_prepared(
        self,
        services: Vec<(Rotation<impl Broker + Clone>, Plan, Arc<Server>)>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<Tally, Refusal> {
        let (stop, stopped) = watch::channel(());
        let stop = || {
            self.monitor.drain();
            stop.send_replace(());
        };
        let mut serving = JoinSet::new();
        for (brokers, plan, server) in services {
            let span = info_span!("serve", worker = self.name, queue = plan.topology.queue());
            let mut stopped = stopped.clone();
            let shutdown = async move {
                // The sender's end means stop, too.
                let _ = stopped.changed().await;
            };
            serving.spawn(serve(brokers, plan, server, shutdown).instrument(span));
        }
        let mut total = Tally::default();
        let mut refusal = None;
        let mut shutdown = pin!(shutdown);
        let mut stopping = false;
        loop {
            let ended = select! {
                () = shutdown.as_mut(), if !stopping => {
                    stopping = true;
                    stop();
                    continue;
                }
                ended = serving.join_next() => ended,
            };
            match ended.map(unwrap) {
                Some(Ok(tally)) => total += tally,
                Some(Err(refused)) => {
                    refusal.get_or_insert(refused);
                    stop();
                }
                None => return refusal.map_or(Ok(total), Err),
            }
        }
    }

    fn prepare(&self, service: Service) -> (Plan, Arc<Server>) {
        let Service {
            topology,
            queue_kind,
            concurrency,
            procedures,
        } = service;
        let queue = topology.queue();
        assert!(!procedures.is_empty(), "nothing is served on {queue:?}");
        let concurrency = self.concurrency.or(concurrency).unwrap_or_else(cores);
        let metrics = self.monitor.all();
        let metrics = Arc::new(metrics.service(queue, &procedures.names(), concurrency));
        let answerer = Answerer::new(procedures, concurrency, &self.limits, Arc::clone(&metrics));
        let pongs = self.limits.pongs_per_second;
        let server = Server::new(
            self.name.clone(),
            queue.to_owned(),
            answerer,
            pongs,
            metrics,
        );
        let plan = Plan {
            topology,
            queue_kind,
            prefetch: self.prefetch.unwrap_or(concurrency),
            drain: self.drain,
        };
        (plan, Arc::new(server))
    }
}

fn unwrap<T>(ended: Result<T, JoinError>) -> T {
    ended.expect("serving neither panics nor is aborted while it is awaited")
}

fn cores() -> NonZeroU16 {
    available_parallelism()
        .ok()
        .and_then(|cores| cores.try_into().ok())
        .unwrap_or(NonZeroU16::MIN)
}
