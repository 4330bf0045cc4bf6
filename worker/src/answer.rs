//! From a request to its outcome: limits, the wait for a free core, the handler.

mod job;
#[cfg(test)]
mod tests;
mod turns;

use std::{num::NonZeroU16, sync::Arc, time::Duration};

use tokio::{
    select,
    sync::oneshot,
    time::{Instant, timeout_at},
};
use tracing::Span;
use warren_contract::{Code, Fault, ServedProcedure};

pub(crate) use self::job::Job;
use self::turns::{Turn, Turns, Verdict, Word};
use crate::{
    Context, Limits,
    calls::{Arrival, Calls, Cancelled, Question, Ticket},
    metrics::ServiceMetrics,
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
    calls: Arc<Calls>,
    turns: Arc<Turns>,
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

/// A request that waits for its turn, or is being computed.
#[derive(Debug)]
pub(crate) struct Computing {
    call: Ticket,
    procedure: Arc<dyn Serve>,
    /// When the caller gives up by itself, if it does.
    until: Option<Instant>,
    /// Where its answer comes from, as far as is known.
    source: Source,
    turns: Arc<Turns>,
    /// The number of its turn, and what becomes of it, as long as that is to come.
    turn: Option<(u64, oneshot::Receiver<Verdict>)>,
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
            calls: Arc::new(Calls::new(limits)),
            turns: Arc::new(Turns::new(concurrency, limits.response_bytes, metrics)),
        }
    }

    /// What is served.
    pub(crate) fn served(&self) -> &[ServedProcedure] {
        &self.served
    }

    /// The most computations at once.
    pub(crate) fn concurrency(&self) -> u16 {
        self.turns.concurrency()
    }

    /// How many computations run now.
    pub(crate) fn busy(&self) -> u16 {
        self.turns.busy()
    }

    /// Lets what runs finish, and what waits go: as [`Answer::Stopped`].
    pub(crate) fn stop(&self) {
        self.turns.stop();
    }

    /// Waits until nothing is computed.
    pub(crate) async fn finished(&self) {
        self.turns.jobs.closed().await;
    }

    /// Whether it was told to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.turns.is_stopping()
    }

    /// Stops what is computed for this call, drops what waits, and drops what comes later.
    pub(crate) fn cancel(&self, correlation_id: String, now: Instant) {
        self.calls.cancel(correlation_id, now);
    }

    /// Takes up a request that came at `arrived`: lets it be computed, in its turn.
    ///
    /// # Errors
    ///
    /// The answer, if there is one without waiting.
    pub(crate) fn take_up(&self, request: &Request, arrived: Instant) -> Result<Computing, Answer> {
        let refused = |fault| Answer::Outcome(Outcome::from(fault).into(), Source::Request);
        let procedure = self.admit(request).map_err(refused)?;
        if request.expires_in.is_some_and(|wait| wait.is_zero()) {
            return Err(Answer::Expired);
        }
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
        let turn = ticket.computation().is_waiting().then(|| {
            let (word, turn) = Word::new(request.progress_every().is_some());
            let number = self.turns.enqueue(Turn {
                call,
                procedure: Arc::clone(procedure),
                arrived,
                expires_in: request.expires_in,
                span: Span::current(),
                word,
            });
            (number, turn)
        });
        Ok(Computing {
            call: ticket,
            procedure: Arc::clone(procedure),
            until,
            source: Source::OthersComputation,
            turns: Arc::clone(&self.turns),
            turn,
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

impl Computing {
    /// What there is to report, at most every `interval`.
    pub(crate) fn reports(&self, interval: Duration) -> Reports {
        Reports::new(self.call.computation().context.clone(), interval)
    }

    /// Waits until it is computed.
    ///
    /// # Errors
    ///
    /// The answer, if there is one before that.
    pub(crate) async fn begun(&mut self) -> Result<(), Answer> {
        let call = self.call.clone();
        let until = self.until;
        let begun = async {
            select! {
                biased;
                Some(verdict) = self.turn() => self.heed(verdict)?,
                () = call.computation().begun() => {}
            }
            match call.computation().ended() {
                Some(Err(Cancelled)) => Err(Answer::Cancelled),
                _ => Ok(()),
            }
        };
        match at_most_until(until, begun).await {
            Some(begun) => begun,
            None => Err(self.expire()),
        }
    }

    /// Waits for the answer, at most as long as the caller does.
    pub(crate) async fn answer(mut self) -> Answer {
        let call = self.call.clone();
        let until = self.until;
        let answered = async {
            let computation = call.computation();
            let outcome = select! {
                biased;
                Some(verdict) = self.turn() => {
                    self.heed(verdict)?;
                    computation.outcome().await
                }
                outcome = computation.outcome() => outcome,
            };
            outcome.map_err(|Cancelled| Answer::Cancelled)
        };
        match at_most_until(until, answered).await {
            Some(Ok(outcome)) => Answer::Outcome(outcome, self.source),
            Some(Err(answer)) => answer,
            None => self.expire(),
        }
    }

    /// Waits for what becomes of its turn; `None` if there is nothing to come of it.
    async fn turn(&mut self) -> Option<Verdict> {
        let (_, verdict) = self.turn.as_mut()?;
        let verdict = verdict.await.ok();
        self.turn = None;
        verdict
    }

    fn heed(&mut self, verdict: Verdict) -> Result<(), Answer> {
        match verdict {
            Verdict::Begun => {
                self.source = Source::Computation;
                Ok(())
            }
            Verdict::Expired => Err(Answer::Expired),
            // Whoever gets it next would have to think that it was begun here.
            Verdict::Stopped if !self.procedure.is_idempotent() => {
                let fault = not_begun(self.procedure.name());
                Err(Answer::Outcome(
                    Outcome::from(fault).into(),
                    Source::Request,
                ))
            }
            Verdict::Stopped => Err(Answer::Stopped),
        }
    }

    fn expire(&self) -> Answer {
        self.call.expire(Instant::now());
        Answer::Expired
    }
}

impl Drop for Computing {
    fn drop(&mut self) {
        if let Some((number, _)) = self.turn {
            self.turns.forget(number);
        }
    }
}

/// `None` if the time is over before.
async fn at_most_until<T>(until: Option<Instant>, waiting: impl Future<Output = T>) -> Option<T> {
    match until {
        Some(until) => timeout_at(until, waiting).await.ok(),
        None => Some(waiting.await),
    }
}
