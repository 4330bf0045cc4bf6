//! Requests that come again, cancels, procedures that must not be done twice.

use std::time::Duration;

use super::rig::{Payment, QUEUE, Rig, nap, naps, number, payment, request, worker};
use crate::{
    Limits, Service, Worker,
    context::Caller,
    control::{Control, Ping},
    request::Request,
};

fn three_at_once() -> Worker {
    let mut worker = worker();
    worker.concurrency = Some(number(3));
    worker
}

fn ping() -> Control {
    Control::Ping(Ping {
        reply_to: "replies".to_owned(),
        correlation_id: None,
    })
}

#[tokio::test(start_paused = true)]
async fn a_call_is_computed_once_however_often_it_is_asked() {
    let mut rig = Rig::start(three_at_once()).await;
    rig.send("a", 10);
    rig.at(5).await;
    // While it runs, after it ended, and one that asks something else.
    rig.send("a", 10);
    rig.send("a", 20);
    let log = rig.log_at(20).await;
    assert_eq!(log, ["result a: 10", "ack a", "result a: 10", "ack a"]);
    assert_eq!(rig.log_at(25).await, ["result a: 20", "ack a"]);
    rig.send("a", 10);
    assert_eq!(rig.log_at(25).await, ["result a: 10", "ack a"]);
    let tally = rig.tally().await;
    assert_eq!((tally.served, tally.computed), (4, 2));
    assert_eq!((tally.joined, tally.remembered), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn answers_are_remembered_as_the_limits_say() {
    let day = Duration::from_secs(24 * 3600);
    let cases = [
        (
            Limits {
                memory: day,
                ..Limits::default()
            },
            1,
        ),
        (
            Limits {
                answers: 1,
                memory: day,
                ..Limits::default()
            },
            3,
        ),
        (
            Limits {
                answer_bytes: 5,
                memory: day,
                ..Limits::default()
            },
            3,
        ),
        (
            Limits {
                memory: Duration::from_millis(1),
                ..Limits::default()
            },
            3,
        ),
    ];
    for (limits, computed) in cases {
        let mut worker = worker();
        worker.limits = limits;
        let mut rig = Rig::start(worker).await;
        // Of two bytes and two for the answer.
        for (ms, id) in [(100, "a"), (200, "b"), (300, "a")] {
            rig.send(id, 10);
            rig.at(ms).await;
        }
        let others = u64::from(computed == 1);
        assert_eq!(rig.tally().await.computed, computed + others, "{limits:?}");
    }
}

/// Whether it runs, waits, or has not come yet.
#[tokio::test(start_paused = true)]
async fn a_cancelled_call_is_neither_computed_nor_answered() {
    let mut worker = worker();
    worker.prefetch = Some(number(2));
    let mut rig = Rig::start(worker).await;
    rig.send("runs", 1000);
    rig.send("waits", 1000);
    rig.at(5).await;
    for id in ["runs", "waits", "comes"] {
        rig.cancel(id);
    }
    rig.at(6).await;
    rig.send("comes", 1000);
    rig.send("other", 10);
    let mut log = rig.log_at(16).await;
    log.sort_unstable();
    let expected = [
        "ack comes",
        "ack other",
        "ack runs",
        "ack waits",
        "result other: 10",
    ];
    assert_eq!(log, expected);
    let tally = rig.tally().await;
    assert_eq!((tally.cancelled, tally.computed), (3, 2));
}

/// As one does that is short of memory.
#[tokio::test(start_paused = true)]
async fn cancels_are_heard_while_the_broker_takes_no_pongs() {
    let mut rig = Rig::start(worker()).await;
    rig.send("runs", 1000);
    rig.at(5).await;
    rig.memory.hold_pongs(true);
    for _ in 0..1000 {
        rig.memory.control(&ping());
    }
    rig.cancel("runs");
    assert_eq!(rig.log_at(6).await, ["ack runs"]);
    rig.memory.hold_pongs(false);
    let pongs = rig.log_at(7).await;
    assert!((1..1000).contains(&pongs.len()), "{}", pongs.len());
    assert_eq!(rig.tally().await.cancelled, 1);
}

#[tokio::test(start_paused = true)]
async fn cancels_are_remembered_as_the_limits_say() {
    let mut worker = worker();
    worker.limits.cancels = 1;
    let mut rig = Rig::start(worker).await;
    rig.cancel("a");
    rig.cancel("b");
    rig.at(1).await;
    rig.send("a", 1);
    rig.send("b", 1);
    assert_eq!(rig.log_at(9).await, ["result a: 1", "ack a", "ack b"]);
}

#[tokio::test(start_paused = true)]
async fn a_worker_says_what_it_is() {
    let mut rig = Rig::start(worker()).await;
    rig.memory.control(&ping());
    assert_eq!(rig.log_at(1).await, ["pong hare: 0 busy"]);
    rig.send("a", 100);
    rig.at(2).await;
    rig.memory.control(&ping());
    assert_eq!(rig.log_at(3).await, ["pong hare: 1 busy"]);
    rig.stop();
    rig.at(4).await;
    rig.memory.control(&ping());
    assert_eq!(rig.log_at(5).await, ["pong hare: 1 busy, draining"]);
}

fn payments() -> Vec<Service> {
    vec![naps().async_function::<Payment, _>(nap)]
}

/// Another worker may have begun it.
#[tokio::test(start_paused = true)]
async fn what_must_not_be_done_twice_is_not_done_when_it_comes_again() {
    let mut rig = Rig::serve(worker(), payments()).await;
    rig.memory.send(
        QUEUE,
        Request {
            redelivered: true,
            ..payment("a", 10)
        },
    );
    let log = rig.log_at(100).await;
    assert!(
        log[0].starts_with(r#"fault a: {"code":"unavailable","error":"a worker that had"#),
        "{log:?}"
    );
    assert_eq!(log[1..], ["ack a"]);
    rig.memory.send(
        QUEUE,
        Request {
            redelivered: true,
            ..request("b", "10")
        },
    );
    assert_eq!(rig.log_at(200).await, ["result b: 10", "ack b"]);
    assert_eq!(rig.tally().await.computed, 1);
}

/// This very worker knows what became of it.
#[tokio::test(start_paused = true)]
async fn what_must_not_be_done_twice_is_answered_by_who_did_it() {
    let mut rig = Rig::serve(worker(), payments()).await;
    rig.memory.send(QUEUE, payment("a", 5000));
    rig.at(100).await;
    rig.memory.cut();
    assert_eq!(rig.log_at(9000).await, ["result a: 5000", "ack a"]);
    rig.memory.send(
        QUEUE,
        Request {
            redelivered: true,
            ..payment("a", 5000)
        },
    );
    assert_eq!(rig.log_at(9001).await, ["result a: 5000", "ack a"]);
    assert_eq!(rig.tally().await.computed, 1);
}

#[tokio::test(start_paused = true)]
async fn procedures_share_no_answers() {
    let mut rig = Rig::serve(three_at_once(), payments()).await;
    rig.send("a", 10);
    rig.memory.send(QUEUE, payment("a", 10));
    let log = rig.log_at(100).await;
    assert_eq!(log, ["result a: 10", "ack a", "result a: 10", "ack a"]);
    let tally = rig.tally().await;
    assert_eq!((tally.computed, tally.remembered), (2, 0));
}

/// Each of them has made it up by itself.
#[tokio::test(start_paused = true)]
async fn callers_with_the_same_id_share_only_what_may_be_done_twice() {
    for (ask, computed) in [
        (request as fn(&str, &str) -> Request, 1),
        (|id, _| payment(id, 10), 2),
    ] {
        let mut rig = Rig::serve(worker(), payments()).await;
        for reply_to in ["ada", "bob"] {
            let reply_to = Some(reply_to.to_owned());
            let request = Request {
                reply_to,
                ..ask("1", "10")
            };
            rig.memory.send(QUEUE, request);
        }
        rig.at(100).await;
        let tally = rig.tally().await;
        assert_eq!((tally.served, tally.computed), (2, computed));
    }
}

#[tokio::test(start_paused = true)]
async fn users_share_no_answers() {
    let mut rig = Rig::start(worker()).await;
    for user in [None, Some("ada"), Some("bob"), Some("ada")] {
        let caller = Caller {
            user_id: user.map(str::to_owned),
            ..Caller::default()
        };
        let request = Request {
            caller: caller.into(),
            ..request("1", "10")
        };
        rig.memory.send(QUEUE, request);
    }
    rig.at(100).await;
    let tally = rig.tally().await;
    assert_eq!((tally.served, tally.computed), (4, 3));
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_too_long_is_a_fault() {
    let mut worker = worker();
    worker.limits.response_bytes = 2;
    let mut rig = Rig::start(worker).await;
    rig.send("a", 99);
    assert_eq!(rig.log_at(99).await, ["result a: 99", "ack a"]);
    rig.send("b", 100);
    let log = rig.log_at(200).await;
    assert!(
        log[0].contains("the response has 3 bytes; at most 2 are sent"),
        "{log:?}"
    );
}
