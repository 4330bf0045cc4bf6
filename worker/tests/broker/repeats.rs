//! Requests that come again: because the broker delivers them again, or because their callers send
//! them again.

use std::collections::HashSet;

use warren_worker::{FibonacciHandler, Tally};

use crate::{
    caller::{Caller, id_and_body},
    gated::Gated,
    stage::{QUEUE, Worker, at_most, service, stage},
};

/// After a broken connection, a caller has another reply queue.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_sent_again_is_computed_once_and_answered_everywhere() {
    let url = stage("sent-again");
    let handler = Gated::shut();
    let mut service = service(&url);
    // The core is not what keeps another from being computed.
    service.concurrency = at_most(3);
    service.prefetch = at_most(3);
    let worker = Worker::start(service, handler.clone());
    let mut warren = Caller::connect(&url).await;
    let mut tutorial = Caller::connect(&url).await;
    warren.send("7", warren.warren("call-1")).await;
    handler.reaches("it runs", |state| state.running == 1).await;
    warren.send("7", warren.warren("call-1")).await;
    tutorial.send("7", tutorial.tutorial("call-1")).await;
    tutorial.until_waiting(0).await;
    handler.open();
    for _ in 0..2 {
        let reply = warren.reply().await;
        assert_eq!(id_and_body(&reply), ("call-1", "7"));
        assert_eq!(reply.properties.kind(), &Some("result".into()));
    }
    let reply = tutorial.reply().await;
    assert_eq!(id_and_body(&reply), ("call-1", "7"));
    assert_eq!(reply.properties.kind(), &None, "each in its own dialect");

    // Long after, it is still known.
    tutorial.send("7", tutorial.tutorial("call-1")).await;
    assert_eq!(id_and_body(&tutorial.reply().await), ("call-1", "7"));
    assert_eq!(handler.state().calls, 1);
    let tally = worker.stop().await;
    assert_eq!((tally.served, tally.computed), (4, 1));
    assert_eq!(tally.joined + tally.remembered, 3);
    assert_eq!(warren.look_at(QUEUE).await, Some((0, 0)), "all are acked");
}

/// Programs in the form of the tutorials may leave the id out, or always send the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_id_of_its_own_is_computed_by_itself() {
    let url = stage("no-own-id");
    let worker = Worker::start(service(&url), FibonacciHandler::new(50));
    let mut caller = Caller::connect(&url).await;
    for (body, result) in [("10", "55"), ("20", "6765"), ("10", "55")] {
        caller.send(body, caller.tutorial("same")).await;
        assert_eq!(id_and_body(&caller.reply().await), ("same", result));
        let nameless = lapin::BasicProperties::default().with_reply_to(caller.reply_queue.clone());
        caller.send(body, nameless).await;
        assert_eq!(id_and_body(&caller.reply().await), ("", result));
    }
    let tally = worker.stop().await;
    assert_eq!((tally.served, tally.computed, tally.remembered), (6, 5, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_concerns_all_requests_of_a_call() {
    let url = stage("cancel-joined");
    let handler = Gated::shut();
    let mut service = service(&url);
    service.prefetch = at_most(3);
    let worker = Worker::start(service, handler.clone());
    let mut caller = Caller::connect(&url).await;
    caller.send("7", caller.warren("call-1")).await;
    handler.reaches("it runs", |state| state.running == 1).await;
    for _ in 0..2 {
        caller.send("7", caller.warren("call-1")).await;
    }
    caller.until_waiting(0).await;
    caller.cancel("call-1").await;
    handler
        .reaches("it is told", |state| state.stopped == 1)
        .await;
    caller.send("2", caller.warren("next")).await;
    handler.open();
    assert_eq!(id_and_body(&caller.reply().await), ("next", "2"));
    let expected = Tally {
        served: 1,
        cancelled: 3,
        computed: 2,
        ..Tally::default()
    };
    assert_eq!(worker.stop().await, expected);
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "all are acked");
}

/// Progress goes to those of them that ask.
#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_waits_for_a_call_and_asks_sees_its_progress() {
    let url = stage("joined-progress");
    let handler = Gated::shut();
    let mut service = service(&url);
    service.prefetch = at_most(3);
    let worker = Worker::start(service, handler.clone());
    let mut callers = Vec::new();
    for _ in 0..3 {
        callers.push(Caller::connect(&url).await);
    }
    let mut silent = callers.pop().expect("there are three");
    for caller in &callers {
        caller.send("7", caller.asking("call-1", 25)).await;
    }
    silent.send("7", silent.warren("call-1")).await;
    silent.until_waiting(0).await;
    handler.advance_to(3);
    let mut kinds = HashSet::new();
    for caller in &mut callers {
        for body in ["", r#"{"done":3,"total":7}"#] {
            let message = caller.reply().await;
            assert_eq!(id_and_body(&message), ("call-1", body));
            kinds.insert(message.properties.kind().clone());
        }
    }
    assert_eq!(
        kinds,
        ["started", "progress"].map(|kind| Some(kind.into())).into()
    );
    handler.open();
    for caller in callers.iter_mut().chain([&mut silent]) {
        assert_eq!(id_and_body(&caller.reply().await), ("call-1", "7"));
    }
    assert_eq!(worker.stop().await.computed, 1);
}
