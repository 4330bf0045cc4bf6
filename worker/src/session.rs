//! Serving over one connection, from its first delivery to its end.

use std::{
    convert::Infallible,
    num::NonZeroU16,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    select,
    time::{Instant, sleep, timeout, timeout_at},
};
use tracing::{info, warn};
use warren_contract::Topology;

use crate::{
    QueueKind,
    backoff::Backoff,
    control::attend,
    error::BrokerError,
    server::Server,
    settle::settle,
    transport::{Connection, Requests},
};

/// How long connecting, declaring and subscribing may take together.
pub(crate) const OPENING: Duration = Duration::from_secs(15);

/// How a session ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The worker was told to stop. What ran was answered, unless the connection was lost before,
    /// or the time was over until which it may take.
    Shutdown(Instant),
    /// The connection is gone.
    Lost(BrokerError),
}

/// How a service takes its requests.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) topology: Topology,
    pub(crate) queue_kind: QueueKind,
    pub(crate) prefetch: NonZeroU16,
    /// How long what runs may take when the worker was told to stop.
    pub(crate) drain: Duration,
}

/// A connection that is ready to serve.
#[derive(Debug)]
pub(crate) struct Session<C: Connection> {
    connection: C,
    /// What is said to all workers.
    control: C::Control,
    /// The requests that are given to this one.
    requests: C::Requests,
}

impl<C: Connection> Session<C> {
    /// Declares what the service needs, and subscribes: first to what concerns all workers, so
    /// that no request comes before its cancel can be heard.
    pub(crate) async fn open(connection: C, plan: &Plan) -> Result<Self, BrokerError> {
        let topology = &plan.topology;
        connection.declare(topology, plan.queue_kind).await?;
        Ok(Self {
            control: connection.listen(&topology.control_exchange()).await?,
            requests: connection.consume(topology.queue(), plan.prefetch).await?,
            connection,
        })
    }

    /// Serves until `shutdown` completes or the connection is lost. `shutdown` says until when what
    /// runs may take.
    ///
    /// A worker that stops says so to those who ask, and still hears cancels of what it finishes.
    /// It listens until it has settled its last request: its control queue goes with the
    /// connection, so that a ping which bounces means that nobody computes any more, and that
    /// every reply has been sent.
    pub(crate) async fn run(
        self,
        plan: &Plan,
        server: &Arc<Server>,
        shutdown: Pin<&mut impl Future<Output = Instant>>,
    ) -> Ended {
        let Self {
            connection,
            mut control,
            mut requests,
        } = self;
        server.metrics.connected.set(1);
        let mut running = FuturesUnordered::new();
        let settle = |delivery| settle(server, delivery);
        let taking = take(
            &connection,
            plan,
            &mut requests,
            &mut running,
            settle,
            server,
        );
        let ended = select! {
            until = shutdown => Ok(until),
            Err(lost) = attend(&mut control, server) => Err(lost),
            Err(lost) = taking => Err(lost),
        };
        let ended = match ended {
            Err(lost) => Ended::Lost(lost),
            Ok(until) => {
                server.answerer.stop();
                let drained = async {
                    meanwhile(&mut running, requests.stop()).await;
                    while let Some(()) = running.next().await {}
                };
                let unfinished = select! {
                    drained = timeout_at(until, drained) => {
                        drained.err().map(|_| "its time is over".to_owned())
                    }
                    Err(lost) = attend(&mut control, server) => Some(lost.to_string()),
                };
                if let Some(why) = unfinished {
                    warn!(unfinished = running.len(), "left to the broker: {why}");
                }
                Ended::Shutdown(until)
            }
        };
        server.metrics.connected.set(0);
        // What is not settled is counted as given back.
        drop(running);
        connection.close().await;
        ended
    }
}

/// Takes requests until the connection is lost.
///
/// Each request waits for its own core and its own confirm, so replies are pipelined. All of them
/// are one task: it is woken once for what comes together, and what they compute is elsewhere. If
/// the connection is lost they end with it: their replies have nowhere to go, and the broker
/// delivers the requests again. What is computed for them goes on.
///
/// If the queue alone is gone, what runs is still answered, and a new queue is declared.
async fn take<C: Connection, S: Future<Output = ()>>(
    connection: &C,
    plan: &Plan,
    requests: &mut C::Requests,
    running: &mut FuturesUnordered<S>,
    settle: impl Fn(<C::Requests as Requests>::Delivery) -> S,
    server: &Server,
) -> Result<Infallible, BrokerError> {
    let mut backoff = Backoff::new(1);
    let mut since = Instant::now();
    loop {
        let lost = match meanwhile(running, requests.next()).await {
            Ok(delivery) => {
                running.push(settle(delivery));
                continue;
            }
            Err(lost) => lost,
        };
        let BrokerError::QueueGone = lost else {
            return Err(lost);
        };
        server.metrics.connected.set(0);
        let again = consume_again(connection, plan, &mut backoff, since.elapsed());
        *requests = meanwhile(running, again).await?;
        since = Instant::now();
        server.metrics.connected.set(1);
        info!("the queue is there again");
    }
}

/// Goes on with what runs until something else is done.
async fn meanwhile<T>(
    running: &mut FuturesUnordered<impl Future<Output = ()>>,
    other: impl Future<Output = T>,
) -> T {
    let mut other = pin!(other);
    loop {
        select! {
            Some(()) = running.next() => {}
            done = other.as_mut() => return done,
        }
    }
}

/// Declares the queue anew, after it was there for so long, and subscribes to it. A broker that
/// refuses is asked again, for as long as the connection lives: what runs is to be answered over it.
async fn consume_again<C: Connection>(
    connection: &C,
    plan: &Plan,
    backoff: &mut Backoff,
    mut lasted: Duration,
) -> Result<C::Requests, BrokerError> {
    loop {
        let wait = backoff.after(lasted);
        lasted = Duration::ZERO;
        warn!("the queue is gone; declaring it again in {wait:.1?}");
        sleep(wait).await;
        let again = async {
            connection.declare(&plan.topology, plan.queue_kind).await?;
            let queue = plan.topology.queue();
            connection.consume(queue, plan.prefetch).await
        };
        match timeout(OPENING, again).await {
            Ok(Ok(requests)) => return Ok(requests),
            Ok(Err(BrokerError::Lost(why))) => return Err(BrokerError::Lost(why)),
            Ok(Err(error)) => warn!(%error, "the queue cannot be declared again"),
            Err(_) => return Err(BrokerError::TimedOut(OPENING)),
        }
    }
}
