use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use super::*;

fn waiting(arrival: Arrival) -> Waiting {
    match arrival {
        Arrival::New(waiting) | Arrival::Joined(waiting) => waiting,
        other => panic!("it need not wait: {other:?}"),
    }
}

fn calls() -> Arc<Calls> {
    Arc::new(Calls::new(&Limits::default()))
}

fn question(body: &str) -> Question {
    Question {
        procedure: "fibonacci",
        body: body.to_owned().into(),
        user_id: None,
        reply_to: None,
    }
}

fn until(deadline: Option<Instant>) -> Context {
    Context::new(Arc::default(), deadline)
}

fn ask(calls: &Arc<Calls>, id: &str, body: &str) -> Arrival {
    calls.arrived(Some(id), question(body), Instant::now(), until(None))
}

fn outcome(json: &str) -> Outcome {
    Outcome {
        response: Ok(json.to_owned().into()),
        compute: Some(Duration::from_millis(3)),
    }
}

fn fault(code: Code) -> Outcome {
    Fault::new(code, "no").into()
}

#[test]
fn requests_of_one_id_and_body_are_one_call() {
    let calls = calls();
    let [first, second] = [(); 2].map(|()| waiting(ask(&calls, "id-1", "30")));
    let other_body = waiting(ask(&calls, "id-1", "31"));
    let other_id = waiting(ask(&calls, "id-2", "30"));
    let nameless =
        [(); 2].map(|()| waiting(calls.arrived(None, question("30"), Instant::now(), until(None))));

    let computation = Arc::clone(&second.0.computation);
    let running = first.begin().expect("nobody else has begun it");
    assert!(second.begin().is_none(), "the first one did");
    let late = waiting(ask(&calls, "id-1", "30"));
    assert!(late.begin().is_none(), "it runs");
    running.end(outcome("832040"), Instant::now());
    assert_eq!(computation.ended(), Some(Ok(outcome("832040").into())));
    for other in [other_body, other_id].into_iter().chain(nameless) {
        assert!(other.begin().is_some(), "it is a call of its own");
    }
}

#[test]
fn an_answer_is_remembered_for_the_same_question_only() {
    for expected in [outcome("832040"), fault(Code::OutOfRange)] {
        let calls = calls();
        let running = waiting(ask(&calls, "id-1", "30"))
            .begin()
            .expect("it waits");
        running.end(expected.clone(), Instant::now());
        match ask(&calls, "id-1", "30") {
            Arrival::Answered(remembered) => assert_eq!(*remembered, expected),
            other => panic!("the answer is forgotten: {other:?}"),
        }
        for arrival in [ask(&calls, "id-1", "31"), ask(&calls, "id-2", "30")] {
            drop(waiting(arrival));
        }
        assert!(calls.lock().here.is_empty());
    }
}

#[test]
fn an_answer_that_is_too_large_is_not_remembered() {
    let calls = calls();
    let call = || waiting(ask(&calls, "id-1", "30"));
    let running = call().begin().expect("it waits");
    running.end(
        outcome(&"1".repeat(Limits::default().answer_bytes)),
        Instant::now(),
    );
    drop(call());
}

#[test]
fn what_has_no_name_is_not_remembered() {
    let calls = calls();
    let arrival = calls.arrived(None, question("30"), Instant::now(), until(None));
    let running = waiting(arrival).begin().expect("it waits");
    running.end(outcome("832040"), Instant::now());
    drop(waiting(calls.arrived(
        None,
        question("30"),
        Instant::now(),
        until(None),
    )));
}

#[test]
fn a_panic_is_told_to_all_who_wait_and_not_remembered() {
    let calls = calls();
    for id in [Some("id-1"), None] {
        let arrival = calls.arrived(id, question("1"), Instant::now(), until(None));
        let running = waiting(arrival).begin().expect("it waits");
        let computation = Arc::clone(&running.0.computation);
        let handling = AssertUnwindSafe(move || {
            let _running = running;
            panic!("the handler's own words");
        });
        assert!(catch_unwind(handling).is_err());
        let ended = computation.ended().expect("it has ended");
        let fault = ended.expect("nobody cancelled it").response.clone();
        assert_eq!(fault.map_err(|fault| fault.code), Err(Code::Internal));
        drop(waiting(calls.arrived(
            id,
            question("1"),
            Instant::now(),
            until(None),
        )));
    }
    assert!(calls.lock().here.is_empty());
}

#[test]
fn a_cancel_concerns_the_calls_of_its_id_before_and_after_it() {
    let calls = calls();
    let now = Instant::now();
    let running = waiting(ask(&calls, "id-1", "30"))
        .begin()
        .expect("it waits");
    let before = ["30", "31"].map(|body| waiting(ask(&calls, "id-1", body)));
    let other = waiting(ask(&calls, "id-2", "30"));
    let nameless = waiting(calls.arrived(None, question("30"), now, until(None)));
    calls.cancel("id-1".to_owned(), now);
    assert!(running.computation().context.is_cancelled());
    for call in before {
        assert_eq!(call.0.computation().ended(), Some(Err(Cancelled)));
        assert!(call.begin().is_none(), "it does not start any more");
    }
    for call in [other, nameless] {
        assert_eq!(call.0.computation().ended(), None);
        assert!(!call.0.computation().context.is_cancelled());
    }
    // Whatever the handler returns then.
    running.end(outcome("0"), now);
    for body in ["30", "31"] {
        let after = ask(&calls, "id-1", body);
        assert!(matches!(after, Arrival::Cancelled), "{after:?}");
    }
    assert!(calls.lock().here.is_empty());
}

#[test]
fn what_was_cancelled_is_not_remembered_as_answered() {
    let calls = calls();
    let now = Instant::now();
    let running = waiting(ask(&calls, "id-1", "30"))
        .begin()
        .expect("it waits");
    calls.cancel("id-1".to_owned(), now);
    // The answer would be remembered for longer than the cancel.
    running.end(fault(Code::Cancelled), now + Limits::default().memory / 2);
    let long_after = now + Limits::default().memory + Duration::from_secs(1);
    drop(waiting(calls.arrived(
        Some("id-1"),
        question("30"),
        long_after,
        until(None),
    )));
}

#[test]
fn nothing_is_kept_of_calls_that_nobody_waits_for_unless_they_run() {
    let calls = calls();
    let twice = [(); 2].map(|()| waiting(ask(&calls, "id-1", "30")));
    assert_eq!(calls.lock().here.len(), 1);
    drop(twice);
    assert!(calls.lock().here.is_empty());

    let running = waiting(ask(&calls, "id-1", "30"))
        .begin()
        .expect("it waits");
    // Neither one that joins and goes, nor one that comes later.
    drop(waiting(ask(&calls, "id-1", "30")));
    assert!(waiting(ask(&calls, "id-1", "30")).begin().is_none());
    assert_eq!(calls.lock().here.len(), 1);
    running.end(outcome("832040"), Instant::now());
    assert!(calls.lock().here.is_empty());
}

#[test]
fn a_call_is_given_up_when_its_last_caller_has() {
    let calls = calls();
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let ask = |time| waiting(calls.arrived(Some("id-1"), question("30"), start, until(Some(time))));
    let [first, last] = [at(1), at(3)].map(ask);
    let early = ask(at(2)).ticket();
    let running = first.begin().expect("nobody else has begun it");
    early.expire(at(2));
    assert!(!running.computation().context.is_cancelled());
    last.ticket().expire(at(3));
    assert!(running.computation().context.is_cancelled());
    assert_eq!(early.computation().ended(), Some(Err(Cancelled)));
    // Whatever the handler returns then.
    running.end(outcome("0"), at(3));
    assert!(ask(at(9)).begin().is_some(), "it is a call of its own");
}

#[test]
fn a_call_one_of_whose_callers_never_gives_up_is_wanted_for_ever() {
    let now = Instant::now();
    for [first, second] in [[None, Some(now)], [Some(now), None]] {
        let calls = calls();
        let ask =
            |time| waiting(calls.arrived(Some("id-1"), question("30"), now, until(time))).ticket();
        let [first, second] = [first, second].map(ask);
        second.expire(now);
        assert!(!first.computation().context.is_cancelled());
    }
}

#[test]
fn a_nameless_call_has_one_caller() {
    let calls = calls();
    let now = Instant::now();
    let call = waiting(calls.arrived(None, question("30"), now, until(Some(now)))).ticket();
    call.expire(now);
    assert!(call.computation().context.is_cancelled());
}
