use std::sync::mpsc;

use tokio::{task::JoinHandle, time::timeout};
use warren_contract::{Fibonacci, MAX_REQUEST_BYTES};

use super::*;
use crate::{Handler, metrics::Metrics, procedures::Blocking};

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
        reply_to: Some("replies".to_owned()),
        body: body.to_owned().into(),
        ..Request::default()
    }
}

fn answerer(handler: impl Handler, concurrency: NonZeroU16) -> Answerer {
    let mut procedures = Procedures::default();
    procedures.add(Blocking(handler));
    let (metrics, _) = Metrics::new();
    let metrics = metrics.service("queue", &procedures.names(), concurrency);
    Answerer::new(procedures, concurrency, &Limits::default(), metrics.into())
}

async fn answer(answerer: &Answerer, request: &Request) -> Answer {
    match answerer.take_up(request, Instant::now()) {
        Ok(computing) => computing.answer().await,
        Err(answer) => answer,
    }
}

async fn outcome(request: &Request) -> Result<String, Fault> {
    let (_open, handler) = Moody::new();
    let answerer = answerer(handler, NonZeroU16::MIN);
    match answer(&answerer, request).await {
        Answer::Outcome(outcome, _) => outcome
            .response
            .clone()
            .map(|json| String::from_utf8(json.into()).expect("JSON is UTF-8")),
        other => panic!("{request:?} has no outcome: {other:?}"),
    }
}

/// Asks beside the test, under a correlation id.
fn ask(answerer: &Arc<Answerer>, id: &str, request: Request) -> JoinHandle<Answer> {
    let answerer = Arc::clone(answerer);
    let request = Request {
        correlation_id: Some(id.to_owned()),
        ..request
    };
    tokio::spawn(async move { answer(&answerer, &request).await })
}

/// Lets what was asked get as far as it can.
async fn settle_down() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

async fn is_told(call: JoinHandle<Answer>, json: &str, source: Source) {
    let answer = timeout(Duration::from_secs(30), call).await;
    let answer = answer.expect("it is answered").expect("it does not panic");
    match answer {
        Answer::Outcome(outcome, from) => {
            assert_eq!(outcome.response, Ok(json.to_owned().into()));
            assert_eq!(from, source);
        }
        other => panic!("it has no outcome: {other:?}"),
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
    let answerer = answerer(handler, NonZeroU16::MIN);
    for (body, ran) in [("21", true), ("2", true), ("x", false)] {
        match answer(&answerer, &request(body)).await {
            Answer::Outcome(outcome, _) => assert_eq!(outcome.compute.is_some(), ran, "{body}"),
            other => panic!("{body} has no outcome: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_expired_while_waiting_is_not_computed() {
    let (_open, handler) = Moody::new();
    let answerer = answerer(handler, NonZeroU16::MIN);
    // Computing it would wait for a gate that stays shut.
    let request = Request {
        expires_in: Some(Duration::ZERO),
        ..request("0")
    };
    let answer = timeout(Duration::from_secs(30), answer(&answerer, &request))
        .await
        .expect("an expired request is not computed");
    assert_eq!(answer, Answer::Expired);
}

#[tokio::test]
async fn stopping_finishes_what_runs_and_lets_go_what_waits() {
    let (open, handler) = Moody::new();
    let answerer = Arc::new(answerer(handler, NonZeroU16::MIN));
    let ask = |body: &str| {
        let answerer = Arc::clone(&answerer);
        let request = request(body);
        tokio::spawn(async move { answer(&answerer, &request).await })
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
        matches!(&answer, Answer::Outcome(outcome, _) if outcome.response == Ok("0".into())),
        "{answer:?}"
    );
}

#[tokio::test]
async fn what_is_cancelled_has_no_outcome() {
    let (open, handler) = Moody::new();
    let answerer = Arc::new(answerer(handler, NonZeroU16::MIN));
    let running = ask(&answerer, "running", request("0"));
    while answerer.busy() == 0 {
        tokio::task::yield_now().await;
    }
    // Computing these would wait for a second word at the gate.
    let waiting = ask(&answerer, "waiting", request("0"));
    for id in ["running", "waiting", "coming"] {
        answerer.cancel(id.to_owned(), Instant::now());
    }
    let coming = ask(&answerer, "coming", request("0"));
    open.send(()).expect("the handler waits for it");
    for call in [running, waiting, coming] {
        let answer = timeout(Duration::from_secs(30), call).await;
        let answer = answer.expect("only one of them is computed");
        assert_eq!(answer.expect("it does not panic"), Answer::Cancelled);
    }
    assert_eq!(answerer.turns.metrics.tally().computed, 1);
}

#[tokio::test]
async fn one_computation_answers_all_requests_of_a_call() {
    let (open, handler) = Moody::new();
    let two = NonZeroU16::MIN.saturating_add(1);
    let answerer = Arc::new(answerer(handler, two));
    let first = ask(&answerer, "call", request("0"));
    settle_down().await;
    let second = ask(&answerer, "call", request("0"));
    settle_down().await;
    // One word: another computation would wait for a second one.
    open.send(()).expect("the handler waits for it");
    is_told(first, "0", Source::Computation).await;
    is_told(second, "0", Source::OthersComputation).await;
    let third = ask(&answerer, "call", request("0"));
    is_told(third, "0", Source::Memory).await;
    assert_eq!(answerer.turns.metrics.tally().computed, 1);
}

#[tokio::test]
async fn a_computation_whose_request_is_gone_goes_on_for_the_next() {
    let (open, handler) = Moody::new();
    let answerer = Arc::new(answerer(handler, NonZeroU16::MIN));
    let gone = ask(&answerer, "call", request("0"));
    while answerer.busy() == 0 {
        tokio::task::yield_now().await;
    }
    gone.abort();
    assert!(gone.await.is_err_and(|error| error.is_cancelled()));
    let again = ask(&answerer, "call", request("0"));
    settle_down().await;
    // It waits for the computation, and not for a core.
    answerer.stop();
    open.send(()).expect("the handler waits for it");
    is_told(again, "0", Source::OthersComputation).await;
    assert_eq!(answerer.turns.metrics.tally().computed, 1);
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_loses_its_turn() {
    let (open, handler) = Moody::new();
    let answerer = Arc::new(answerer(handler, NonZeroU16::MIN));
    let running = ask(&answerer, "running", request("0"));
    settle_down().await;
    let gone = ask(&answerer, "gone", request("0"));
    settle_down().await;
    gone.abort();
    assert!(gone.await.is_err_and(|error| error.is_cancelled()));
    let next = ask(&answerer, "next", request("21"));
    // One word: computing what is gone would wait for a second one.
    open.send(()).expect("the handler waits for it");
    is_told(running, "0", Source::Computation).await;
    is_told(next, "42", Source::Computation).await;
    assert_eq!(answerer.turns.metrics.tally().computed, 2);
}

#[tokio::test]
async fn requests_of_one_call_expire_each_by_itself() {
    let expired = || Request {
        expires_in: Some(Duration::ZERO),
        ..request("21")
    };
    for expired_first in [true, false] {
        let (open, handler) = Moody::new();
        let answerer = Arc::new(answerer(handler, NonZeroU16::MIN));
        let running = ask(&answerer, "running", request("0"));
        settle_down().await;
        let (late, wanted) = if expired_first {
            let late = ask(&answerer, "call", expired());
            settle_down().await;
            (late, ask(&answerer, "call", request("21")))
        } else {
            let wanted = ask(&answerer, "call", request("21"));
            settle_down().await;
            (ask(&answerer, "call", expired()), wanted)
        };
        settle_down().await;
        open.send(()).expect("the handler waits for it");
        is_told(running, "0", Source::Computation).await;
        is_told(wanted, "42", Source::Computation).await;
        assert_eq!(late.await.expect("it does not panic"), Answer::Expired);
    }
}

#[tokio::test]
async fn what_crashed_is_computed_again() {
    let (_open, handler) = Moody::new();
    let answerer = Arc::new(answerer(handler, NonZeroU16::MIN));
    for (body, computed) in [("1", 1), ("1", 2), ("2", 3), ("2", 3)] {
        let call = ask(&answerer, "call", request(body));
        call.await.expect("it does not panic");
        assert_eq!(answerer.turns.metrics.tally().computed, computed, "{body}");
    }
}
