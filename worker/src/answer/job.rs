//! A computation that has begun, in the hands of its procedure.

use std::{fmt, sync::Arc};

use tokio::{sync::watch, task::spawn_blocking, time::Instant};
use tracing::Span;

use super::turns::{Begun, Place};
use crate::{Context, calls::Running, metrics::Busy, outcome::Outcome, procedures::Serve};

/// A computation that has begun, in the hands of its procedure. If this is dropped by a panic, the
/// callers are told of a fault.
pub(crate) struct Job {
    // A caller that knows its answer finds the core free, or used by the next one, and its
    // computation counted: these go first.
    pub(super) place: Place,
    pub(super) busy: Busy,
    pub(super) begun: Begun,
    pub(super) running: Running,
    pub(super) procedure: Arc<dyn Serve>,
    pub(super) span: Span,
    pub(super) response_bytes: usize,
    /// Tells the answerer, by its end, that the job is no longer here.
    pub(super) here: watch::Receiver<()>,
}

impl Job {
    /// Begins to compute, and returns.
    pub(super) fn start(self) {
        Arc::clone(&self.procedure).start(self);
    }

    /// Computes on a thread that may be held up; the same thread goes on with what comes next, which
    /// saves it from going to sleep, and another one from being woken.
    pub(crate) fn start_blocking(self) {
        spawn_blocking(move || {
            let mut next = Some(self);
            while let Some(job) = next {
                next = Arc::clone(&job.procedure).run(job);
            }
        });
    }

    /// The argument, as the caller wrote it.
    pub(crate) fn body(&self) -> &[u8] {
        &self.running.computation().question.body
    }

    pub(crate) fn context(&self) -> &Context {
        &self.running.computation().context
    }

    /// Within which it is computed.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Tells all who wait. What is returned is to be computed next in this one's place.
    #[must_use = "somebody waits for the next job"]
    pub(crate) fn end(self, outcome: Outcome) -> Option<Self> {
        let Self {
            place,
            busy,
            begun,
            running,
            response_bytes,
            here,
            ..
        } = self;
        drop(busy);
        let next = place.next();
        drop(begun);
        running.end(outcome.limited(response_bytes), Instant::now());
        drop(here);
        next
    }

    /// The same, where others compute the next one.
    pub(crate) fn end_alone(self, outcome: Outcome) {
        if let Some(next) = self.end(outcome) {
            next.start();
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("running", &self.running)
            .field("procedure", &self.procedure.name())
            .finish_non_exhaustive()
    }
}
