//! The harness: from a handler to a service that keeps running.

use std::{num::NonZeroU16, pin::pin, sync::Arc, time::Duration};

use tokio::{
    select,
    time::{Instant, sleep, timeout},
};
use tracing::{Instrument, info, info_span, warn};
use warren_contract::Topology;

use crate::{
    BrokerUrl, Handler, Refusal, Tally,
    amqp::Connection,
    backoff::Backoff,
    error::BrokerError,
    session::{Ended, Session},
    worker::Worker,
};

/// How long a worker that was told to stop lets running requests finish.
pub const DRAIN: Duration = Duration::from_secs(10);

/// How long connecting, declaring and subscribing may take together.
const OPENING: Duration = Duration::from_secs(15);

/// Where a handler is served, and how.
#[derive(Clone, Debug)]
pub struct Service {
    /// The broker.
    pub broker: BrokerUrl,
    /// The names of the service's objects on the broker; at most 247 bytes, so that the longest
    /// of them fits in AMQP's 255.
    pub topology: Topology,
    /// How the queue is declared if it does not exist.
    pub queue_kind: QueueKind,
    /// This worker's name, in its log, on its replies and in the broker's list of connections.
    pub name: String,
    /// How many requests are computed at once.
    pub concurrency: NonZeroU16,
    /// How many requests the broker hands out before the first of them is settled.
    pub prefetch: NonZeroU16,
}

/// How a queue that does not exist is declared. One that exists is used as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueKind {
    /// Outlives the broker's restart; what dies in it comes back to its sender.
    Durable,
    /// As the programs of RabbitMQ's tutorials declare it, so that they can share it.
    Tutorial,
}

/// Serves `handler` until `shutdown` completes.
///
/// A broker that cannot be reached, or that goes away, is tried again for ever, with backoff.
/// After `shutdown`, running requests are given [`DRAIN`] to finish; the others go back to the
/// broker.
///
/// # Errors
///
/// The broker refuses the login, the virtual host or a permission before the worker ever served.
/// Later refusals are tried again: the broker may be in the middle of being set up anew.
pub async fn serve<H: Handler>(
    service: Service,
    handler: H,
    shutdown: impl Future<Output = ()>,
) -> Result<Tally, Refusal> {
    let span = info_span!(
        "serve",
        worker = service.name,
        queue = service.topology.queue()
    );
    serve_in_span(service, handler, shutdown)
        .instrument(span)
        .await
}

async fn serve_in_span<H: Handler>(
    service: Service,
    handler: H,
    shutdown: impl Future<Output = ()>,
) -> Result<Tally, Refusal> {
    let worker = Worker::new(service.name.clone(), handler, service.concurrency);
    let worker = Arc::new(worker);
    let mut shutdown = pin!(shutdown);
    let mut backoff = Backoff::default();
    let mut has_served = false;
    loop {
        info!(broker = %service.broker, "connecting");
        let opened = select! {
            opened = open(&service) => opened,
            () = shutdown.as_mut() => return Ok(worker.tally()),
        };
        let lost = match opened {
            Ok((connection, session)) => {
                has_served = true;
                info!("[x] Awaiting RPC requests");
                let since = Instant::now();
                let ended = session.run(&worker, shutdown.as_mut()).await;
                connection.close().await;
                match ended {
                    Ended::Shutdown => return Ok(worker.tally()),
                    Ended::Lost(lost) => {
                        // A connection that breaks at once, every time, must not be tried at
                        // full speed.
                        if since.elapsed() > Backoff::LONGEST {
                            backoff = Backoff::default();
                        }
                        lost
                    }
                }
            }
            Err(BrokerError::Refused(refusal)) if !has_served => return Err(refusal),
            Err(error) => error,
        };
        let wait = backoff.next();
        warn!(broker = %service.broker, error = %lost, "no connection; trying again in {wait:.1?}");
        select! {
            () = sleep(wait) => {}
            () = shutdown.as_mut() => return Ok(worker.tally()),
        }
    }
}

/// Connects, declares what the service needs, and subscribes: first to what concerns all workers,
/// so that no request comes before its cancel can be heard.
async fn open(service: &Service) -> Result<(Connection, Session), BrokerError> {
    let topology = &service.topology;
    let opening = async {
        let connection = Connection::open(&service.broker, &service.name).await?;
        connection.declare(topology, service.queue_kind).await?;
        let session = Session {
            control: connection.listen(&topology.control_exchange()).await?,
            deliveries: connection
                .consume(topology.queue(), service.prefetch)
                .await?,
        };
        Ok((connection, session))
    };
    timeout(OPENING, opening)
        .await
        .unwrap_or(Err(BrokerError::TimedOut(OPENING)))
}
