//! One service, across connections.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{
    select,
    time::{Instant, sleep, timeout},
};
use tracing::{info, warn};

use crate::{
    Refusal, Tally,
    backoff::Backoff,
    error::BrokerError,
    server::Server,
    session::{Ended, Plan, Session},
    transport::Broker,
};

/// How long connecting, declaring and subscribing may take together.
const OPENING: Duration = Duration::from_secs(15);

/// Serves until `shutdown` completes.
///
/// # Errors
///
/// The broker refuses the login, the virtual host or a permission before the worker ever served.
/// Later refusals are tried again: the broker may be in the middle of being set up anew.
pub(crate) async fn serve(
    broker: impl Broker,
    plan: Plan,
    server: Arc<Server>,
    shutdown: impl Future<Output = ()>,
) -> Result<Tally, Refusal> {
    let mut shutdown = pin!(shutdown);
    let mut backoff = Backoff::default();
    let mut has_served = false;
    loop {
        info!(%broker, "connecting");
        let opening = async { Session::open(broker.connect(&server.name).await?, &plan).await };
        let opened = select! {
            opened = timeout(OPENING, opening) => opened,
            () = shutdown.as_mut() => return Ok(server.metrics.tally()),
        };
        let (lost, lasted) = match opened {
            Ok(Ok(session)) => {
                if has_served {
                    server.metrics.reconnects.inc();
                }
                has_served = true;
                info!("[x] Awaiting RPC requests");
                let since = Instant::now();
                match session.run(&plan, &server, shutdown.as_mut()).await {
                    Ended::Shutdown => return Ok(server.metrics.tally()),
                    Ended::Lost(lost) => (lost, since.elapsed()),
                }
            }
            Ok(Err(BrokerError::Refused(refusal))) if !has_served => return Err(refusal),
            Ok(Err(error)) => (error, Duration::ZERO),
            Err(_) => (BrokerError::TimedOut(OPENING), Duration::ZERO),
        };
        let wait = backoff.after(lasted);
        warn!(%broker, error = %lost, "no connection; trying again in {wait:.1?}");
        select! {
            () = sleep(wait) => {}
            () = shutdown.as_mut() => return Ok(server.metrics.tally()),
        }
    }
}
