//! From a request to its outcome: limits, the wait for a free core, the handler.

use std::{
    collections::BTreeMap,
    num::NonZeroU16,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::Semaphore,
    task::{JoinError, spawn_blocking},
};
use tracing::{Span, error};
use warren_contract::{Code, Fault, MAX_REQUEST_BYTES, Procedure};

use crate::{Context, Handler, calls::Calls, request::Request};

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
    Outcome {
        /// The response as JSON, or the fault.
        outcome: Result<Vec<u8>, Fault>,
        /// How long the handler ran, if it did.
        compute: Option<Duration>,
    },
    /// The caller's time was over before its turn came.
    Expired,
    /// The caller gave up before there was an outcome.
    Cancelled,
    /// The worker stopped before its turn came.
    Stopped,
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

    /// Answers a request that came at `arrived`.
    pub(crate) async fn answer(&self, request: &Request, arrived: Instant) -> Answer {
        if let Err(fault) = admit::<H::Procedure>(request) {
            return Answer::Outcome {
                outcome: Err(fault),
                compute: None,
            };
        }
        let call = self
            .calls
            .arrived(request.correlation_id.as_deref(), arrived);
        let context = call.context().clone();
        let turn = Arc::clone(&self.permits).acquire_owned().await;
        if context.is_cancelled() {
            return Answer::Cancelled;
        }
        let Ok(permit) = turn else {
            return Answer::Stopped;
        };
        // The broker drops what expires in its queue, but not what waits here.
        if request
            .expires_in
            .is_some_and(|wait| arrived.elapsed() >= wait)
        {
            return Answer::Expired;
        }
        let handler = Arc::clone(&self.handler);
        let body = request.body.clone();
        let span = Span::current();
        let computed = spawn_blocking(move || {
            // Held here, not in the future: dropping the future does not stop the computation.
            let _permit = permit;
            span.in_scope(|| compute(&*handler, &body, call.context()))
        })
        .await;
        let (outcome, compute) = computed.unwrap_or_else(|died| (Err(describe_death(&died)), None));
        if context.is_cancelled() {
            return Answer::Cancelled;
        }
        Answer::Outcome { outcome, compute }
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
fn compute<H: Handler>(
    handler: &H,
    body: &[u8],
    context: &Context,
) -> (Result<Vec<u8>, Fault>, Option<Duration>) {
    let request = match handler.read(body) {
        Ok(request) => request,
        Err(fault) => return (Err(fault), None),
    };
    let started = Instant::now();
    let response = handler.handle(request, context);
    let elapsed = started.elapsed();
    let outcome = response.and_then(|response| {
        serde_json::to_vec(&response).map_err(|error| {
            error!(%error, "the handler's response cannot be written as JSON");
            Fault::new(Code::Internal, "the response cannot be written as JSON")
        })
    });
    (outcome, Some(elapsed))
}

/// What a caller is told about a panic: that it happened, and nothing of the worker's insides.
fn describe_death(died: &JoinError) -> Fault {
    error!(%died, "the handler panicked");
    Fault::new(Code::Internal, "the worker failed on this request")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::time::timeout;
    use warren_contract::Fibonacci;

    use super::*;
    use crate::request::Dialect;

    /// Serves 0 after a word from outside, panics on 1, faults on 2, doubles the rest.
    #[derive(Debug)]
    struct Moody {
        gate: std::sync::Mutex<mpsc::Receiver<()>>,
    }

    impl Moody {
        fn new() -> (mpsc::Sender<()>, Self) {
            let (open, gate) = mpsc::channel();
            let gate = std::sync::Mutex::new(gate);
            (open, Self { gate })
        }
    }

    impl Handler for Moody {
        type Procedure = Fibonacci;

        fn handle(&self, n: u64, _: &Context) -> Result<u64, Fault> {
            match n {
                0 => {
                    let gate = self.gate.lock().expect("no holder panics");
                    gate.recv().expect("the test opens the gate");
                    Ok(0)
                }
                1 => panic!("secret insides"),
                2 => Err(Fault::new(Code::Unavailable, "not today")),
                n => Ok(2 * n),
            }
        }
    }

    fn request(body: &str) -> Request {
        Request {
            dialect: Dialect::Warren,
            procedure: None,
            reply_to: Some("replies".to_owned()),
            correlation_id: None,
            expires_in: None,
            body: body.as_bytes().to_vec(),
        }
    }

    async fn outcome(request: &Request) -> Result<String, Fault> {
        let (_open, handler) = Moody::new();
        let answer = Answerer::new(handler, NonZeroU16::MIN)
            .answer(request, Instant::now())
            .await;
        match answer {
            Answer::Outcome { outcome, .. } => {
                outcome.map(|json| String::from_utf8(json).expect("JSON is UTF-8"))
            }
            other => panic!("{request:?} has no outcome: {other:?}"),
        }
    }

    #[tokio::test]
    async fn every_request_has_an_outcome() {
        let named = |name: &str| Request {
            procedure: Some(name.to_owned()),
            ..request("21")
        };
        let cases = [
            (request("21"), Ok("42")),
            (named("fibonacci"), Ok("42")),
            (
                named("factorial"),
                Err((
                    Code::Unimplemented,
                    r#"no procedure "factorial" is served here, only "fibonacci""#,
                )),
            ),
            (
                request("twenty-one"),
                Err((
                    Code::InvalidArgument,
                    "this is no request of fibonacci: expected ident at line 1 column 2",
                )),
            ),
            (request("2"), Err((Code::Unavailable, "not today"))),
            (
                request("1"),
                Err((Code::Internal, "the worker failed on this request")),
            ),
            (
                request(&" ".repeat(MAX_REQUEST_BYTES + 1)),
                Err((
                    Code::ResourceExhausted,
                    "the request has 1048577 bytes; at most 1048576 are read",
                )),
            ),
        ];
        for (request, expected) in cases {
            let expected = expected
                .map(str::to_owned)
                .map_err(|(code, message)| Fault::new(code, message));
            assert_eq!(outcome(&request).await, expected);
        }
    }

    #[tokio::test]
    async fn a_body_of_the_largest_size_is_read() {
        let body = " ".repeat(MAX_REQUEST_BYTES - 2) + "21";
        assert_eq!(outcome(&request(&body)).await, Ok("42".to_owned()));
    }

    #[tokio::test]
    async fn only_what_ran_has_a_compute_time() {
        let (_open, handler) = Moody::new();
        let answerer = Answerer::new(handler, NonZeroU16::MIN);
        for (body, ran) in [("21", true), ("2", true), ("x", false)] {
            match answerer.answer(&request(body), Instant::now()).await {
                Answer::Outcome { compute, .. } => assert_eq!(compute.is_some(), ran, "{body}"),
                other => panic!("{body} has no outcome: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn what_expired_while_waiting_is_not_computed() {
        let (_open, handler) = Moody::new();
        let answerer = Answerer::new(handler, NonZeroU16::MIN);
        // Computing it would wait for a gate that stays shut.
        let request = Request {
            expires_in: Some(Duration::ZERO),
            ..request("0")
        };
        let answer = timeout(
            Duration::from_secs(30),
            answerer.answer(&request, Instant::now()),
        )
        .await
        .expect("an expired request is not computed");
        assert_eq!(answer, Answer::Expired);
    }

    #[tokio::test]
    async fn stopping_finishes_what_runs_and_lets_go_what_waits() {
        let (open, handler) = Moody::new();
        let answerer = Arc::new(Answerer::new(handler, NonZeroU16::MIN));
        let ask = |body: &str| {
            let answerer = Arc::clone(&answerer);
            let request = request(body);
            tokio::spawn(async move { answerer.answer(&request, Instant::now()).await })
        };
        let running = ask("0");
        while answerer.busy() == 0 {
            tokio::task::yield_now().await;
        }
        let waiting = ask("21");
        answerer.stop();
        assert_eq!(waiting.await.expect("it does not panic"), Answer::Stopped);
        open.send(()).expect("the handler waits for it");
        let answer = running.await.expect("it does not panic");
        assert!(
            matches!(&answer, Answer::Outcome { outcome: Ok(json), .. } if json == b"0"),
            "{answer:?}"
        );
    }

    #[tokio::test]
    async fn what_is_cancelled_has_no_outcome() {
        let (open, handler) = Moody::new();
        let answerer = Arc::new(Answerer::new(handler, NonZeroU16::MIN));
        let ask = |body: &str, id: &str| {
            let answerer = Arc::clone(&answerer);
            let request = Request {
                correlation_id: Some(id.to_owned()),
                ..request(body)
            };
            tokio::spawn(async move { answerer.answer(&request, Instant::now()).await })
        };
        let running = ask("0", "running");
        while answerer.busy() == 0 {
            tokio::task::yield_now().await;
        }
        // Computing these would wait for a second word at the gate.
        let waiting = ask("0", "waiting");
        for id in ["running", "waiting", "coming"] {
            answerer.cancel(id.to_owned(), Instant::now());
        }
        let coming = ask("0", "coming");
        open.send(()).expect("the handler waits for it");
        for call in [running, waiting, coming] {
            let answer = timeout(Duration::from_secs(30), call).await;
            let answer = answer.expect("only one of them is computed");
            assert_eq!(answer.expect("it does not panic"), Answer::Cancelled);
        }
        assert_eq!(answerer.busy(), 0);
    }
}
