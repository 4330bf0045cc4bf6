//! From a request to its outcome: limits, the wait for a free core, the handler.

#[cfg(test)]
mod tests;

use std::{num::NonZeroU16, sync::Arc, time::Duration};

use tokio::{
    select,
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, timeout_at},
};
use warren_contract::{Code, Fault, ServedProcedure};

use crate::{
    Context, Limits,
    calls::{Arrival, Calls, Cancelled, Question, Running, Ticket},
    metrics::{Busy, ServiceMetrics},
    outcome::Outcome,
    procedures::{Procedures, Serve},
    progress::Reports,
    request::Request,
    tally::Source,
};

/// Answers the requests of one service, a limited number at once.
///
/// It outlives connections: a computation whose connection broke keeps its place until it ends,
/// so that reconnecting never puts more work on the machine than it was given cores for; and its
/// request, when the broker delivers it again, or the caller sends it again, waits for the same
/// computation.
#[derive(Debug)]
pub(crate) struct Answerer {
    procedures: Procedures,
    served: Vec<ServedProcedure>,
    request_bytes: usize,
    response_bytes: usize,
    concurrency: NonZeroU16,
    permits: Arc<Semaphore>,
    calls: Arc<Calls>,
    /// Has a receiver in each job.
    jobs: watch::Sender<()>,
    metrics: Arc<ServiceMetrics>,
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

/// A computation that has begun, in the hands of the procedure. If this is dropped by a panic, the
/// callers are told of a fault.
#[derive(Debug)]
pub(crate) struct Job {
    // A caller that knows its answer finds the core free, and its computation counted: these go
    // first.
    permit: OwnedSemaphorePermit,
    busy: Busy,
    running: Running,
    response_bytes: usize,
    /// Tells the answerer, by its end, that the job is no longer here.
    #[expect(dead_code, reason = "its end is what tells")]
    here: watch::Receiver<()>,
}

impl Answerer {
    pub(crate) fn new(
        procedures: Procedures,
        concurrency: NonZeroU16,
        limits: &Limits,
        metrics: Arc<ServiceMetrics>,
    ) -> Self {
        Self {
            served: procedures.served(),
            procedures,
            request_bytes: limits.request_bytes,
            response_bytes: limits.response_bytes,
            concurrency,
            permits: Arc::new(Semaphore::new(concurrency.get().into())),
            calls: Arc::new(Calls::new(limits)),
            jobs: watch::Sender::default(),
            metrics,
        }
    }

    /// What is served.
    pub(crate) fn served(&self) -> &[ServedProcedure] {
        &self.served
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

    /// Waits until nothing is computed.
    pub(crate) async fn finished(&self) {
        self.jobs.closed().await;
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
        let refused = |fault| Answer::Outcome(Outcome::from(fault).into(), Source::Request);
        let procedure = self.admit(request).map_err(refused)?;
        let id = request.correlation_id.as_deref();
        let until = request.expires_at(arrived);
        let question = Question {
            procedure: procedure.name(),
            body: request.body.clone(),
            user_id: request.caller.user_id.clone(),
            reply_to: match procedure.is_idempotent() {
                true => None,
                false => request.reply_to.clone(),
            },
        };
        let context = Context::new(Arc::clone(&request.caller), until);
        let call = match self.calls.arrived(id, question, arrived, context) {
            Arrival::New(_) if request.redelivered && !procedure.is_idempotent() => {
                return Err(refused(begun_elsewhere(procedure.name())));
            }
            Arrival::New(call) | Arrival::Joined(call) => call,
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
            // Whoever gets it next would have to think that it was begun here.
            Some(Err(_)) if !procedure.is_idempotent() => {
                return Err(refused(not_begun(procedure.name())));
            }
            Some(Err(_)) => return Err(Answer::Stopped),
            None => None,
        };
        let source = match running {
            Some((running, permit)) => {
                let busy = self.metrics.begin(procedure.name(), arrived.elapsed());
                Arc::clone(procedure).start(Job {
                    permit,
                    busy,
                    running,
                    response_bytes: self.response_bytes,
                    here: self.jobs.subscribe(),
                });
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

    /// Finds the procedure; refuses what need not be read.
    fn admit(&self, request: &Request) -> Result<&Arc<dyn Serve>, Fault> {
        let procedure = self.procedures.find(request.procedure.as_deref())?;
        let (came, most) = (request.body.len(), self.request_bytes);
        if came > most {
            let message = format!("the request has {came} bytes; at most {most} are read");
            return Err(Fault::new(Code::ResourceExhausted, message));
        }
        Ok(procedure)
    }
}

/// A worker that was lost, or let it go, had this request of a procedure that must not be done
/// twice.
fn begun_elsewhere(procedure: &str) -> Fault {
    let message = format!(
        "a worker that had this request was lost, so that its outcome is unknown, and {procedure} \
         is not repeated; find out whether it was done before calling again"
    );
    Fault::new(Code::Unavailable, message)
}

/// This worker stops, and has not begun this request of a procedure that must not be done twice.
fn not_begun(procedure: &str) -> Fault {
    let message = format!("the worker stops, and has not begun this {procedure}; call again");
    Fault::new(Code::Unavailable, message)
}

impl Job {
    /// The argument, as the caller wrote it.
    pub(crate) fn body(&self) -> &[u8] {
        &self.running.computation().question.body
    }

    pub(crate) fn context(&self) -> &Context {
        &self.running.computation().context
    }

    /// Tells all who wait.
    pub(crate) fn end(self, outcome: Outcome) {
        drop(self.permit);
        drop(self.busy);
        let outcome = outcome.limited(self.response_bytes);
        self.running.end(outcome, Instant::now());
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
            Some(until) => timeout_at(until, outcome).await,
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
