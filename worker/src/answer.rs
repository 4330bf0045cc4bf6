//! From a request to its outcome: limits, the wait for a free core, the handler.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    num::NonZeroU16,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::Semaphore,
    task::{JoinError, JoinHandle, spawn_blocking},
};
use tracing::{Span, error};
use warren_contract::{Code, Fault, MAX_REQUEST_BYTES, Procedure};

use crate::{Context, Handler, calls::Calls, progress::Reports, request::Request};

/// Answers requests with a handler, a limited number at once.
///
/// It outlives connections: a computation whose connection broke keeps its place until it ends,
/// so that reconnecting never puts more work on the machine than it was given cores for.
#[derive(Debug)]
pub(crate) struct Answerer<H> {
    handler: Arc<H>,
    concurrency: NonZeroU16,
    permits: Arc<Semaphore>,
    calls: Arc<Calls>,
}

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// There is something to tell the caller.
    Outcome(Outcome),
    /// The caller's time was over before its turn came.
    Expired,
    /// The caller gave up before there was an outcome.
    Cancelled,
    /// The worker stopped before its turn came.
    Stopped,
}

/// What a caller is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The response as JSON, or the fault.
    pub(crate) response: Result<Vec<u8>, Fault>,
    /// How long the handler ran, if it did.
    pub(crate) compute: Option<Duration>,
}

/// How far a request has come.
#[derive(Debug)]
pub(crate) enum TakenUp {
    /// It is settled without a computation.
    Answered(Answer),
    /// It is being computed.
    Computing(Computing),
}

/// A request that is being computed.
#[derive(Debug)]
pub(crate) struct Computing {
    computed: JoinHandle<Outcome>,
    context: Context,
}

impl<H: Handler> Answerer<H> {
    pub(crate) fn new(handler: H, concurrency: NonZeroU16) -> Self {
        Self {
            handler: Arc::new(handler),
            concurrency,
            permits: Arc::new(Semaphore::new(concurrency.get().into())),
            calls: Arc::default(),
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

    /// Takes up a request that came at `arrived`: waits until its computation begins, unless
    /// there is an answer without one.
    pub(crate) async fn take_up(&self, request: &Request, arrived: Instant) -> TakenUp {
        if let Err(fault) = admit::<H::Procedure>(request) {
            return TakenUp::Answered(Answer::Outcome(fault.into()));
        }
        let call = self
            .calls
            .arrived(request.correlation_id.as_deref(), arrived);
        let context = call.context().clone();
        let turn = Arc::clone(&self.permits).acquire_owned().await;
        if context.is_cancelled() {
            return TakenUp::Answered(Answer::Cancelled);
        }
        let Ok(permit) = turn else {
            return TakenUp::Answered(Answer::Stopped);
        };
        // The broker drops what expires in its queue, but not what waits here.
        if request
            .expires_in
            .is_some_and(|wait| arrived.elapsed() >= wait)
        {
            return TakenUp::Answered(Answer::Expired);
        }
        let handler = Arc::clone(&self.handler);
        let body = request.body.clone();
        let span = Span::current();
        let computed = spawn_blocking(move || {
            // Held here, not in the future: dropping the future does not stop the computation.
            let _permit = permit;
            span.in_scope(|| compute(&*handler, &body, call.context()))
        });
        TakenUp::Computing(Computing { computed, context })
    }
}

impl Computing {
    /// What there is to report, at most every `interval`.
    pub(crate) fn reports(&self, interval: Duration) -> Reports {
        Reports::new(self.context.clone(), interval)
    }

    /// Waits for the answer.
    pub(crate) async fn answer(self) -> Answer {
        let computed = self.computed.await;
        let outcome = computed.unwrap_or_else(|died| describe_death(&died).into());
        if self.context.is_cancelled() {
            return Answer::Cancelled;
        }
        Answer::Outcome(outcome)
    }
}

/// The handler did not run.
impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        Self {
            response: Err(fault),
            compute: None,
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

/// What a caller is told about a panic: that it happened, and nothing of the worker's insides.
fn describe_death(died: &JoinError) -> Fault {
    error!(%died, "the handler panicked");
    Fault::new(Code::Internal, "the worker failed on this request")
}
