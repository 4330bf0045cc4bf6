//! Who serves the queue, and whether anybody does.

use std::collections::HashSet;

use lapin::{BasicProperties, Consumer};
use tokio::time::timeout;
use warren_contract::{Pong, ServedProcedure};
use warren_worker::FibonacciHandler;

use crate::{
    caller::{CLIENT, CONTROL, Caller, id_and_body, next, read_pong},
    gated::Gated,
    stage::{POLL, QUEUE, Worker, at_most, service, stage, stopped, until, within},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_pong_says_what_the_worker_is_and_did() {
    let url = stage("pong");
    let worker = Worker::start(service(&url), FibonacciHandler::new(40));
    let mut caller = Caller::connect(&url).await;
    for body in ["10", "11", "forty"] {
        caller.send(body, caller.warren(body)).await;
        assert_eq!(id_and_body(&caller.reply().await).0, body);
    }
    // A reply comes before the worker has counted it.
    let mut pong = caller.ask().await;
    until("all is counted", async || {
        pong = caller.ask().await;
        pong.served + pong.failed == 3
    })
    .await;

    assert!(!pong.id.is_empty());
    let later = caller.ask().await;
    assert!(later.uptime_ms >= pong.uptime_ms);
    let expected = Pong {
        id: pong.id.clone(),
        name: "worker-under-test".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        procedures: vec![ServedProcedure {
            name: "fibonacci".to_owned(),
            limits: [("max_n".to_owned(), 40)].into(),
        }],
        concurrency: 1,
        busy: 0,
        draining: false,
        served: 2,
        failed: 1,
        uptime_ms: later.uptime_ms,
    };
    assert_eq!(later, expected);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_are_answered_while_all_cores_compute() {
    let url = stage("busy-pong");
    let handler = Gated::shut();
    let mut service = service(&url);
    service.concurrency = at_most(2);
    service.prefetch = at_most(2);
    let worker = Worker::start(service, handler.clone());
    let mut caller = Caller::connect(&url).await;
    // The third waits in the queue, for which the worker has no room.
    for n in ["1", "2", "3"] {
        caller.send(n, caller.tutorial(n)).await;
    }
    handler.reaches("two run", |state| state.running == 2).await;

    let pong = caller.ask().await;
    assert_eq!((pong.busy, pong.concurrency, pong.served), (2, 2, 0));
    assert_eq!(handler.state().running, 2, "they still ran");
    handler.open();
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_worker_answers_for_itself() {
    let url = stage("two-pongs");
    let workers = [(); 2].map(|()| Worker::start(service(&url), FibonacciHandler::new(50)));
    let mut caller = Caller::connect(&url).await;
    caller.until_consumers(2).await;
    caller.ping("who").await;
    let mut ids = HashSet::new();
    for _ in 0..2 {
        let reply = caller.reply().await;
        assert_eq!(id_and_body(&reply).0, "who");
        ids.insert(read_pong(&reply).id);
    }
    assert_eq!(ids.len(), 2, "two of the same name have two ids");
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_that_no_worker_hears_bounces() {
    let url = stage("unheard-ping");
    let caller = Caller::connect(&url).await;
    let mut bounces = caller.bounces(CLIENT).await;
    caller.ping("anybody").await;
    is_bounced_ping(&mut bounces, "anybody").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_finishes_what_runs_says_so_until_it_has() {
    let url = stage("draining");
    let handler = Gated::shut();
    let worker = Worker::start(service(&url), handler.clone());
    let mut caller = Caller::connect(&url).await;
    let mut bounces = caller.bounces(CLIENT).await;
    caller.send("1", caller.tutorial("1")).await;
    handler
        .reaches("one runs", |state| state.running == 1)
        .await;
    assert!(!caller.ask().await.draining);

    let stopping = worker.begin_stop();
    until("it says that it stops", async || {
        caller.ask().await.draining
    })
    .await;
    caller.until_consumers(0).await;
    let pong = caller.ask().await;
    assert_eq!((pong.draining, pong.busy), (true, 1));

    handler.open();
    assert_eq!(id_and_body(&caller.reply().await), ("1", "1"));
    let tally = stopped(stopping).await;
    assert_eq!(tally.served, 1);
    // The broker may take a moment to see the worker's queue off, and pings go with it.
    within("pings bounce", async {
        loop {
            caller.ping("anybody").await;
            let bounced = is_bounced_ping(&mut bounces, "anybody");
            if timeout(10 * POLL, bounced).await.is_ok() {
                return;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn control_messages_that_mean_nothing_are_dropped() {
    let url = stage("senseless-control");
    let worker = Worker::start(service(&url), FibonacciHandler::new(50));
    let mut caller = Caller::connect(&url).await;
    caller.until_consumers(1).await;
    let unanswerable = BasicProperties::default().with_type("ping".into());
    let gone = caller.warren("gone").with_reply_to("amq.gen-gone".into());
    for properties in [
        BasicProperties::default(),
        caller.warren("typeless").with_type("pong".into()),
        unanswerable,
        BasicProperties::default().with_type("cancel".into()),
        gone.with_type("ping".into()),
    ] {
        caller.publish(CONTROL, CLIENT, "\0{", properties).await;
    }
    assert_eq!(caller.ask().await.served, 0);
    caller
        .publish(QUEUE, CLIENT, "10", caller.warren("call-1"))
        .await;
    assert_eq!(id_and_body(&caller.reply().await), ("call-1", "55"));
    assert_eq!(worker.stop().await.served, 1);
}

/// The ping came back, and not because it died in a queue.
async fn is_bounced_ping(bounces: &mut Consumer, id: &str) {
    let bounce = next(bounces).await;
    assert_eq!(id_and_body(&bounce), (id, ""));
    let headers = bounce.properties.headers().clone().unwrap_or_default();
    assert!(!headers.contains_key("x-first-death-reason"), "{headers:?}");
}
