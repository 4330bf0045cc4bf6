//! Requests that end in a fault, and a worker that goes on after them.

use warren_contract::{Code, Fault, Fibonacci};
use warren_worker::{Context, FibonacciHandler, Handler, Tally};

use crate::{
    caller::{Caller, id_and_body, kind},
    stage::{QUEUE, Worker, service, stage},
};

/// Panics on 1, refuses 2, and answers any other n with n.
struct Fragile;

impl Handler for Fragile {
    type Procedure = Fibonacci;

    fn handle(&self, n: u64, _: &Context) -> Result<u64, Fault> {
        match n {
            1 => panic!("this is what the test wants"),
            2 => Err(Fault::new(Code::Unavailable, "not today")),
            n => Ok(n),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_on_after_a_panic_a_fault_and_what_it_cannot_read() {
    let url = stage("fragile");
    // It has one place to compute, which none of these may keep.
    let worker = Worker::start(service(&url), Fragile);
    let mut caller = Caller::connect(&url).await;
    let cases = [
        ("1", Code::Internal, "the worker failed on this request"),
        ("2", Code::Unavailable, "not today"),
        (
            "{",
            Code::InvalidArgument,
            "this is no request of fibonacci: ",
        ),
    ];
    for (body, code, start) in cases {
        caller.send(body, caller.warren("fragile")).await;
        let reply = caller.reply().await;
        assert_eq!(kind(&reply), "fault");
        let fault = Fault::from_json(&reply.data).expect("this is a fault");
        assert_eq!(fault.code, code);
        assert!(fault.message.starts_with(start), "{fault}");

        caller.send("7", caller.tutorial(body)).await;
        assert_eq!(id_and_body(&caller.reply().await), (body, "7"));
    }
    let expected = Tally {
        served: 3,
        faulted: 3,
        computed: 6,
        ..Tally::default()
    };
    assert_eq!(worker.stop().await, expected);
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "all are acked");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_answered_in_the_callers_dialect() {
    let url = stage("bad-input");
    let worker = Worker::start(service(&url), FibonacciHandler::new(50));
    let mut caller = Caller::connect(&url).await;
    let cases = [
        ("thirty", "invalid_argument", r#"n is "thirty""#),
        ("30.5", "invalid_argument", "n is 30.5"),
        ("", "invalid_argument", r#"n is """#),
        ("-1", "out_of_range", "n is -1"),
        ("51", "out_of_range", "n is 51"),
    ];
    for (body, code, start) in cases {
        let message = format!("{start}; it must be a whole number from 0 to 50");

        caller.send(body, caller.tutorial("tutorial")).await;
        let reply = caller.reply().await;
        let expected = format!("error: {message}");
        assert_eq!(id_and_body(&reply), ("tutorial", expected.as_str()));
        assert_eq!(reply.properties.kind(), &None);

        caller.send(body, caller.warren("warren")).await;
        let reply = caller.reply().await;
        let expected =
            serde_json::json!({ "response": null, "error": message, "code": code }).to_string();
        assert_eq!(id_and_body(&reply), ("warren", expected.as_str()));
        assert_eq!(reply.properties.kind(), &Some("fault".into()));
    }
    let tally = worker.stop().await;
    assert_eq!(tally.faulted, 10);
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "all are acked");
}
