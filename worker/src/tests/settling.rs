//! Replies and acknowledgements, one request at a time and many.

use std::time::Duration;

use super::{
    memory::{FULL, GONE},
    rig::{QUEUE, Rig, number, request, worker},
};
use crate::{
    Limits, Tally,
    request::{Dialect, Request},
};

#[tokio::test(start_paused = true)]
async fn a_request_is_acknowledged_once_its_reply_is_confirmed() {
    let mut rig = Rig::start(worker()).await;
    rig.memory.hold_confirms(true);
    rig.send("a", 5);
    assert_eq!(rig.log_at(4).await, [""; 0]);
    assert_eq!(rig.log_at(1000).await, ["result a: 5"]);
    rig.memory.hold_confirms(false);
    assert_eq!(rig.log_at(1000).await, ["ack a"]);
    assert_eq!(rig.tally().await.served, 1);
}

#[tokio::test(start_paused = true)]
async fn no_reply_waits_for_the_confirm_of_another() {
    let mut worker = worker();
    worker.prefetch = Some(number(3));
    let mut rig = Rig::start(worker).await;
    rig.memory.hold_confirms(true);
    for id in ["a", "b", "c", "d"] {
        rig.send(id, 5);
    }
    // The fourth is not handed out before one of the others is settled.
    let replies = ["result a: 5", "result b: 5", "result c: 5"];
    assert_eq!(rig.log_at(1000).await, replies);
    assert_eq!(rig.memory.waiting(QUEUE), 1);
    rig.memory.hold_confirms(false);
    let mut log = rig.log_at(1000).await;
    log.sort_unstable();
    assert_eq!(log, ["ack a", "ack b", "ack c"]);
    assert_eq!(rig.log_at(1005).await, ["result d: 5", "ack d"]);
}

#[tokio::test(start_paused = true)]
async fn as_many_are_computed_at_once_as_the_worker_may() {
    let mut worker = worker();
    worker.concurrency = Some(number(2));
    worker.prefetch = Some(number(9));
    let mut rig = Rig::start(worker).await;
    for id in ["a", "b", "c", "d", "e"] {
        rig.send(id, 10);
    }
    let mut answered = Vec::new();
    for ms in [9, 10, 19, 20, 29, 30] {
        let log = rig.log_at(ms).await;
        answered.push(log.iter().filter(|line| line.starts_with("result")).count());
    }
    assert_eq!(answered, [0, 2, 0, 2, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn no_more_is_taken_than_is_computed_unless_told_otherwise() {
    let mut worker = worker();
    worker.concurrency = Some(number(2));
    let mut rig = Rig::start(worker).await;
    for id in ["a", "b", "c", "d", "e"] {
        rig.send(id, 10);
    }
    rig.at(5).await;
    assert_eq!(rig.memory.waiting(QUEUE), 3);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_refused_is_tried_once_more() {
    let mut rig = Rig::start(worker()).await;
    rig.memory.send(
        QUEUE,
        Request {
            reply_to: Some(FULL.to_owned()),
            ..request("a", "5")
        },
    );
    let log = ["result a: 5", "give back a", "result a: 5", "give up a"];
    assert_eq!(rig.log_at(1000).await, log);
    let tally = rig.tally().await;
    assert_eq!((tally.given_back, tally.computed), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_is_settled() {
    let mut rig = Rig::start(worker()).await;
    let nobody = [
        Request {
            reply_to: Some(GONE.to_owned()),
            ..request("gone", "5")
        },
        Request {
            reply_to: None,
            ..request("unanswerable", "5")
        },
        Request {
            expires_in: Some(Duration::from_millis(5)),
            ..request("expired", "10")
        },
        Request {
            expires_in: Some(Duration::ZERO),
            ..request("late", "10")
        },
    ];
    let mut log = Vec::new();
    for (step, request) in (1..).zip(nobody) {
        rig.memory.send(QUEUE, request);
        log.extend(rig.log_at(100 * step).await);
    }
    let expected = [
        "result gone: 5",
        "ack gone",
        "give up unanswerable",
        "ack expired",
        "ack late",
    ];
    assert_eq!(log, expected);
    let tally = Tally {
        callers_gone: 1,
        unanswerable: 1,
        expired: 2,
        computed: 2,
        ..Tally::default()
    };
    assert_eq!(rig.tally().await, tally);
}

/// It waits here, where the broker does not see it.
#[tokio::test(start_paused = true)]
async fn what_expires_while_it_waits_is_not_computed() {
    let mut worker = worker();
    worker.prefetch = Some(number(2));
    let mut rig = Rig::start(worker).await;
    rig.send("first", 100);
    rig.at(1).await;
    rig.memory.send(
        QUEUE,
        Request {
            expires_in: Some(Duration::from_millis(50)),
            ..request("second", "100")
        },
    );
    assert_eq!(rig.log_at(60).await, ["ack second"]);
    assert_eq!(rig.log_at(1000).await, ["result first: 100", "ack first"]);
    assert_eq!(rig.tally().await.computed, 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_served_is_answered_with_a_fault() {
    let mut worker = worker();
    worker.limits = Limits {
        request_bytes: 8,
        ..Limits::default()
    };
    let mut rig = Rig::start(worker).await;
    let cases = [
        (
            request("a", "ten"),
            "invalid_argument",
            "this is no request of nap: expected ident at line 1 column 2",
        ),
        (
            request("b", "123456789"),
            "resource_exhausted",
            "the request has 9 bytes; at most 8 are read",
        ),
        (
            Request {
                procedure: Some("fibonacci".to_owned()),
                ..request("c", "5")
            },
            "unimplemented",
            r#"no procedure \"fibonacci\" is served here, only \"nap\""#,
        ),
    ];
    for (step, (request, code, message)) in (1..).zip(cases) {
        let id = request.correlation_id.clone().unwrap_or_default();
        rig.memory.send(QUEUE, request);
        let fault =
            format!(r#"fault {id}: {{"code":"{code}","error":"{message}","response":null}}"#);
        assert_eq!(rig.log_at(step).await, [fault, format!("ack {id}")]);
    }
}

/// The tutorials' clients understand neither types nor faults.
#[tokio::test(start_paused = true)]
async fn each_caller_is_answered_in_its_own_dialect() {
    let mut rig = Rig::start(worker()).await;
    for (id, body) in [("a", "5"), ("b", "five")] {
        rig.memory.send(
            QUEUE,
            Request {
                dialect: Dialect::Tutorial,
                procedure: None,
                ..request(id, body)
            },
        );
    }
    let log = rig.log_at(1000).await;
    let fault = "text b: error: this is no request of nap: expected ident at line 1 column 2";
    assert_eq!(log, ["text a: 5", "ack a", fault, "ack b"]);
}
