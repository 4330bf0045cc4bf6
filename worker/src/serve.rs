//! One service, across connections.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use tokio::{
    select,
    time::{Instant, sleep, timeout, timeout_at},
};
use tracing::{info, warn};

use crate::{
    Refusal, Tally,
    backoff::Backoff,
    error::BrokerError,
    rotation::Rotation,
    server::Server,
    session::{Ended, OPENING, Plan, Session},
    transport::Broker,
};

/// Serves until `shutdown` completes, over a connection to one of the broker's nodes at a time.
///
/// # Errors
///
/// The broker refuses the login, the virtual host or a permission before the worker ever served, or
/// there is an encrypted connection to none of its nodes, for reasons that will not go away by
/// themselves. Later refusals are tried again: the broker may be in the middle of being set up anew.
pub(crate) async fn serve(
    mut brokers: Rotation<impl Broker>,
    plan: Plan,
    server: Arc<Server>,
    shutdown: impl Future<Output = ()>,
) -> Result<Tally, Refusal> {
    let shutdown = async {
        shutdown.await;
        Instant::now() + plan.drain
    };
    let until = connect_and_serve(&mut brokers, &plan, &server, pin!(shutdown)).await?;
    // What runs has no connection any more to be answered over, but it is not cut off either.
    server.answerer.stop();
    if timeout_at(until, server.answerer.finished()).await.is_err() {
        warn!(
            busy = server.answerer.busy(),
            "still running after {:?}", plan.drain
        );
    }
    Ok(server.metrics.tally())
}

/// Serves until `shutdown` completes, which says until when what runs may take.
async fn connect_and_serve(
    brokers: &mut Rotation<impl Broker>,
    plan: &Plan,
    server: &Arc<Server>,
    mut shutdown: Pin<&mut impl Future<Output = Instant>>,
) -> Result<Instant, Refusal> {
    let nodes = brokers.len();
    let mut backoff = Backoff::new(nodes);
    let mut has_served = false;
    // How many nodes in a row there was no encrypted connection to, for a certificate, say.
    let mut untrusted = 0;
    loop {
        let broker = brokers.next();
        server.metrics.go_to(broker);
        info!(%broker, "connecting");
        let opening = async { Session::open(broker.connect(&server.name).await?, plan).await };
        let opened = select! {
            opened = timeout(OPENING, opening) => opened,
            until = shutdown.as_mut() => return Ok(until),
        };
        let (lost, lasted) = match opened {
            Ok(Ok(session)) => {
                if has_served {
                    server.metrics.reconnects.inc();
                }
                has_served = true;
                info!("[x] Awaiting RPC requests");
                let since = Instant::now();
                match session.run(plan, server, shutdown.as_mut()).await {
                    Ended::Shutdown(until) => return Ok(until),
                    Ended::Lost(lost) => (lost, since.elapsed()),
                }
            }
            Ok(Err(error)) => (error, Duration::ZERO),
            Err(_) => (BrokerError::TimedOut(OPENING), Duration::ZERO),
        };
        if let BrokerError::Refused(refusal) = &lost {
            // Each node has a certificate of its own; users and permissions are the cluster's.
            let is_tls = matches!(refusal, Refusal::Tls(_));
            untrusted = if is_tls { untrusted + 1 } else { 0 };
            if !has_served && (!is_tls || untrusted >= nodes) {
                return Err(refusal.clone());
            }
        } else {
            untrusted = 0;
        }
        let wait = backoff.after(lasted);
        warn!(%broker, error = %lost, "no connection; trying again in {wait:.1?}");
        select! {
            () = sleep(wait) => {}
            until = shutdown.as_mut() => return Ok(until),
        }
    }
}
