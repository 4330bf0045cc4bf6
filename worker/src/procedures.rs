//! The procedures of one service, whatever serves them.

use std::{
    collections::BTreeMap,
    fmt,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{select, spawn};
use tracing::{Instrument, debug, error};
use warren_contract::{Code, Fault, Procedure, ServedProcedure};

use crate::{AsyncHandler, Context, Handler, answer::Job, outcome::Outcome};

/// The largest body that is read to see whether its request is brief: reading it twice must not
/// count.
const BRIEF_BODY_BYTES: usize = 256;

/// The procedures of one service, by name; the first is for callers that name none.
#[derive(Clone, Default)]
pub(crate) struct Procedures(Vec<Arc<dyn Serve>>);

/// One procedure, with its types forgotten.
pub(crate) trait Serve: Send + Sync {
    fn name(&self) -> &'static str;

    /// Whether it may be done twice.
    fn is_idempotent(&self) -> bool;

    /// What the handler refuses to go beyond.
    fn limits(&self) -> BTreeMap<String, u64>;

    /// Begins to compute, and returns; ends the job by and by, wherever that is computed.
    fn start(self: Arc<Self>, job: Job);

    /// The same on a thread that may be held up, which is given what to go on with.
    fn run(self: Arc<Self>, job: Job) -> Option<Job>;
}

impl fmt::Debug for dyn Serve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Procedures {
    /// Adds one.
    ///
    /// # Panics
    ///
    /// There is one of this name.
    pub(crate) fn add(&mut self, procedure: impl Serve + 'static) {
        let name = procedure.name();
        let is_new = self.0.iter().all(|other| other.name() != name);
        assert!(is_new, "the procedure {name:?} is served twice");
        self.0.push(Arc::new(procedure));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their names, the first one first.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|procedure| procedure.name()).collect()
    }

    /// The procedure that a request asks for.
    pub(crate) fn find(&self, name: Option<&str>) -> Result<&Arc<dyn Serve>, Fault> {
        let Some(name) = name else {
            return Ok(&self.0[0]);
        };
        let found = self.0.iter().find(|procedure| procedure.name() == name);
        found.ok_or_else(|| {
            let served: Vec<_> = self
                .0
                .iter()
                .map(|served| format!("{:?}", served.name()))
                .collect();
            let message = format!(
                "no procedure {name:?} is served here, only {}",
                served.join(", ")
            );
            Fault::new(Code::Unimplemented, message)
        })
    }

    /// What clients are told of them.
    pub(crate) fn served(&self) -> Vec<ServedProcedure> {
        let served = self.0.iter().map(|procedure| ServedProcedure {
            name: procedure.name().to_owned(),
            limits: procedure.limits(),
        });
        served.collect()
    }
}

impl fmt::Debug for Procedures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|procedure| procedure.name());
        f.debug_list().entries(names).finish()
    }
}

/// Computes on threads that may be held up.
pub(crate) struct Blocking<H>(pub(crate) H);

impl<H: Handler> Serve for Blocking<H> {
    fn name(&self) -> &'static str {
        H::Procedure::NAME
    }

    fn is_idempotent(&self) -> bool {
        H::Procedure::IDEMPOTENT
    }

    fn limits(&self) -> BTreeMap<String, u64> {
        self.0.limits()
    }

    fn start(self: Arc<Self>, job: Job) {
        if !self.is_brief(&job) {
            return job.start_blocking();
        }
        // A panic ends the job, which tells of it, and nothing else.
        let next = catch_unwind(AssertUnwindSafe(|| self.run(job)));
        if let Ok(Some(next)) = next {
            next.start_blocking();
        }
    }

    fn run(self: Arc<Self>, job: Job) -> Option<Job> {
        let _entered = job.span().clone().entered();
        let request = match self.0.read(job.body()) {
            Ok(request) => request,
            Err(fault) => return job.end(fault.into()),
        };
        let started = Instant::now();
        let response = self.0.handle(request, job.context());
        let outcome = written(&response, started.elapsed());
        job.end(outcome)
    }
}

impl<H: Handler> Blocking<H> {
    fn is_brief(&self, job: &Job) -> bool {
        let body = job.body();
        body.len() <= BRIEF_BODY_BYTES
            && (self.0.read(body)).is_ok_and(|request| self.0.is_brief(&request))
    }
}

/// Computes on tokio's own threads.
pub(crate) struct Asynchronous<H>(pub(crate) H);

impl<H: AsyncHandler> Serve for Asynchronous<H> {
    fn name(&self) -> &'static str {
        H::Procedure::NAME
    }

    fn is_idempotent(&self) -> bool {
        H::Procedure::IDEMPOTENT
    }

    fn limits(&self) -> BTreeMap<String, u64> {
        self.0.limits()
    }

    fn start(self: Arc<Self>, job: Job) {
        let span = job.span().clone();
        let computing = async move {
            let request = match self.0.read(job.body()) {
                Ok(request) => request,
                Err(fault) => return job.end_alone(fault.into()),
            };
            let started = Instant::now();
            let response = select! {
                biased;
                () = job.context().cancelled() => return,
                response = self.0.handle(request, job.context()) => response,
            };
            let outcome = written(&response, started.elapsed());
            job.end_alone(outcome);
        };
        spawn(computing.instrument(span));
    }

    fn run(self: Arc<Self>, job: Job) -> Option<Job> {
        self.start(job);
        None
    }
}

/// A closure that computes.
pub(crate) struct Function<P, F> {
    function: F,
    procedure: PhantomData<fn(P)>,
}

impl<P, F> Function<P, F> {
    pub(crate) fn new(function: F) -> Self {
        Self {
            function,
            procedure: PhantomData,
        }
    }
}

impl<P, F> Handler for Function<P, F>
where
    P: Procedure,
    F: Fn(P::Request, &Context) -> Result<P::Response, Fault> + Send + Sync + 'static,
{
    type Procedure = P;

    fn handle(&self, request: P::Request, context: &Context) -> Result<P::Response, Fault> {
        (self.function)(request, context)
    }
}

/// A closure that waits.
pub(crate) struct AsyncFunction<P, F>(Function<P, F>);

impl<P, F> AsyncFunction<P, F> {
    pub(crate) fn new(function: F) -> Self {
        Self(Function::new(function))
    }
}

impl<P, F, R> AsyncHandler for AsyncFunction<P, F>
where
    P: Procedure,
    F: Fn(P::Request, Context) -> R + Send + Sync + 'static,
    R: Future<Output = Result<P::Response, Fault>> + Send,
{
    type Procedure = P;

    fn handle(
        &self,
        request: P::Request,
        context: &Context,
    ) -> impl Future<Output = Result<P::Response, Fault>> + Send {
        (self.0.function)(request, context.clone())
    }
}

/// What a caller is told of a response that took so long.
fn written<R: serde::Serialize>(response: &Result<R, Fault>, compute: Duration) -> Outcome {
    debug!(elapsed = ?compute, "computed");
    let response = match response {
        Ok(response) => serde_json::to_vec(response).map_err(|error| {
            error!(%error, "the handler's response cannot be written as JSON");
            Fault::new(Code::Internal, "the response cannot be written as JSON")
        }),
        Err(fault) => Err(fault.clone()),
    };
    Outcome {
        response: response.map(Into::into),
        compute: Some(compute),
    }
}
