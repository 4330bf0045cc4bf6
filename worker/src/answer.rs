//! From a request to its outcome: limits, the wait for a free core, the handler.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    num::NonZeroU16,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::{
    select,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::timeout_at,
};
use tracing::{Span, debug, error};
use warren_contract::{Code, Fault, MAX_REQUEST_BYTES, Procedure};

use crate::{
    Context, Handler,
    calls::{Arrival, Calls, Cancelled, Computation, Running, Ticket},
    outcome::Outcome,
    progress::Reports,
    request::Request,
    tally::Source,
};

/// Answers requests with a handler, a limited number at once.
///
/// It outlives connections: a computation whose connection broke keeps its place until it ends,
/// so that reconnecting never puts more work on the machine than it was given cores for; and its
/// request, when the broker delivers it again, or the caller sends it again, waits for the same
/// computation.
#[derive(Debug)]
pub(crate) struct Answerer<H> {
    handler: Arc<H>,
    concurrency: NonZeroU16,
    permits: Arc<Semaphore>,
    calls: Arc<Calls>,
    /// How many computations have begun.
    computed: AtomicU64,
}

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// There is something to tell the caller, and this is where it comes from.
    Outcome(Arc<Outcome>, Source),
    /// The caller's time was over before there was an outcome.
    Expired,
    /// The caller gave up before there was an outcome.
    Cancelled,
    /// The worker stopped before its turn came.
    Stopped,
}

/// A request that is being computed.
#[derive(Debug)]
pub(crate) struct Computing {
    call: Ticket,
    source: Source,
    /// When the caller gives up by itself, if it does.
    until: Option<Instant>,
}

impl<H: Handler> Answerer<H> {
    pub(crate) fn new(handler: H, concurrency: NonZeroU16) -> Self {
        Self {
            handler: Arc::new(handler),
            concurrency,
            permits: Arc::new(Semaphore::new(concurrency.get().into())),
            calls: Arc::default(),
            computed: AtomicU64::default(),
        }
    }

    /// What the handler refuses to go beyond.
    pub(crate) fn limits(&self) -> BTreeMap<String, u64> {
        self.handler.limits()
    }

    /// The most computations at once.
    pub(crate) fn concurrency(&self) -> u16 {
        self.concurrency.get()
    }

    /// How many computations run now.
    pub(crate) fn busy(&self) -> u16 {
        let free = u16::try_from(self.permits.available_permits()).unwrap_or(u16::MAX);
        self.concurrency().saturating_sub(free)
    }

    /// How many computations have begun.
    pub(crate) fn computed(&self) -> u64 {
        self.computed.load(Relaxed)
    }

    /// Lets what runs finish, and what waits go: as [`Answer::Stopped`].
    pub(crate) fn stop(&self) {
        self.permits.close();
    }

    /// Whether it was told to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.permits.is_closed()
    }

    /// Stops what is computed for this call, drops what waits, and drops what comes later.
    pub(crate) fn cancel(&self, correlation_id: String, now: Instant) {
        self.calls.cancel(correlation_id, now);
    }

    /// Takes up a request that came at `arrived`: waits until its computation begins.
    ///
    /// # Errors
    ///
    /// The answer, if there is one without waiting for a computation.
    pub(crate) async fn take_up(
        &self,
        request: &Request,
        arrived: Instant,
    ) -> Result<Computing, Answer> {
        if let Err(fault) = admit::<H::Procedure>(request) {
            let refused = Outcome::from(fault).into();
            return Err(Answer::Outcome(refused, Source::Request));
        }
        let id = request.correlation_id.as_deref();
        let until = request.expires_at(arrived);
        let call = match self.calls.arrived(id, &request.body, arrived, until) {
            Arrival::Here(call) => call,
            Arrival::Answered(outcome) => return Err(Answer::Outcome(outcome, Source::Memory)),
            Arrival::Cancelled => return Err(Answer::Cancelled),
        };
        let ticket = call.ticket();
        let computation = ticket.computation();
        let turn = select! {
            biased;
            () = computation.begun() => None,
            turn = Arc::clone(&self.permits).acquire_owned() => Some(turn),
        };
        if let Some(Err(Cancelled)) = computation.ended() {
            return Err(Answer::Cancelled);
        }
        // The broker drops what expires in its queue, but not what waits here.
        if request
            .expires_in
            .is_some_and(|wait| arrived.elapsed() >= wait)
        {
            return Err(Answer::Expired);
        }
        let running = match turn {
            Some(Ok(permit)) => call.begin().map(|running| (running, permit)),
            Some(Err(_)) => return Err(Answer::Stopped),
            None => None,
        };
        let source = match running {
            Some((running, permit)) => {
                self.compute(running, permit);
                Source::Computation
            }
            None => Source::OthersComputation,
        };
        Ok(Computing {
            call: ticket,
            source,
            until,
        })
    }

    /// Computes on a thread that goes on if nobody waits any more.
    fn compute(&self, running: Running, permit: OwnedSemaphorePermit) {
        self.computed.fetch_add(1, Relaxed);
        let handler = Arc::clone(&self.handler);
        let span = Span::current();
        spawn_blocking(move || {
            span.in_scope(|| {
                let Computation { body, context, .. } = running.computation();
                let outcome = compute(&*handler, body, context);
                // A caller that knows its answer finds the core free.
                drop(permit);
                running.end(outcome, Instant::now());
            });
        });
    }
}

impl Computing {
    /// What there is to report, at most every `interval`.
    pub(crate) fn reports(&self, interval: Duration) -> Reports {
        Reports::new(self.call.computation().context.clone(), interval)
    }

    /// Waits for the answer, at most as long as the caller does.
    pub(crate) async fn answer(self) -> Answer {
        let outcome = self.call.computation().outcome();
        let outcome = match self.until {
            Some(until) => timeout_at(until.into(), outcome).await,
            None => Ok(outcome.await),
        };
        match outcome {
            Ok(Ok(outcome)) => Answer::Outcome(outcome, self.source),
            Ok(Err(Cancelled)) => Answer::Cancelled,
            Err(_) => {
                self.call.expire(Instant::now());
                Answer::Expired
            }
        }
    }
}

/// Refuses what need not be read.
fn admit<P: Procedure>(request: &Request) -> Result<(), Fault> {
    if let Some(procedure) = request.procedure.as_deref()
        && procedure != P::NAME
    {
        let served = P::NAME;
        let message = format!("no procedure {procedure:?} is served here, only {served:?}");
        return Err(Fault::new(Code::Unimplemented, message));
    }
    if request.body.len() > MAX_REQUEST_BYTES {
        let came = request.body.len();
        let message = format!("the request has {came} bytes; at most {MAX_REQUEST_BYTES} are read");
        return Err(Fault::new(Code::ResourceExhausted, message));
    }
    Ok(())
}

/// Reads, computes and writes; times the computing alone.
fn compute<H: Handler>(handler: &H, body: &[u8], context: &Context) -> Outcome {
    let request = match handler.read(body) {
        Ok(request) => request,
        Err(fault) => return fault.into(),
    };
    let started = Instant::now();
    let response = handler.handle(request, context);
    let elapsed = started.elapsed();
    if !context.is_cancelled() {
        debug!(?elapsed, "computed");
    }
    let response = response.and_then(|response| {
        serde_json::to_vec(&response).map_err(|error| {
            error!(%error, "the handler's response cannot be written as JSON");
            Fault::new(Code::Internal, "the response cannot be written as JSON")
        })
    });
    Outcome {
        response,
        compute: Some(elapsed),
    }
}
