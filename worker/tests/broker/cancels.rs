//! Calls that are given up before they come, while they wait, while they run.

use std::collections::HashSet;

use warren_worker::Tally;

use crate::{
    caller::{CLIENT, Caller, id_and_body},
    gated::Gated,
    process::Program,
    stage::{QUEUE, Worker, at_most, service, stage, stopped, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_running_call_is_stopped() {
    let url = stage("cancel-running");
    let handler = Gated::shut();
    let worker = Worker::start(service(&url), handler.clone());
    let mut caller = Caller::connect(&url).await;
    caller.send("1", caller.warren("given-up")).await;
    handler.reaches("it runs", |state| state.running == 1).await;

    caller.cancel("given-up").await;
    handler
        .reaches("it is told", |state| state.stopped == 1)
        .await;
    handler.open();
    caller.send("2", caller.warren("next")).await;
    assert_eq!(id_and_body(&caller.reply().await), ("next", "2"));

    assert_eq!(worker.stop().await, cancelled_and_served(1, 1, 2));
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "both are acked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stopping_worker_still_computes_can_be_cancelled() {
    let url = stage("cancel-draining");
    let handler = Gated::shut();
    let worker = Worker::start(service(&url), handler.clone());
    let caller = Caller::connect(&url).await;
    caller.send("1", caller.warren("given-up")).await;
    handler.reaches("it runs", |state| state.running == 1).await;
    let stopping = worker.begin_stop();
    caller.until_consumers(0).await;

    caller.give_up("given-up").await;
    handler
        .reaches("it is told", |state| state.stopped == 1)
        .await;
    assert_eq!(stopped(stopping).await, cancelled_and_served(1, 0, 1));
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "it is acked");
}

/// `busy` counts computations, not connections or tasks, so it says that the core is free.
#[tokio::test(flavor = "multi_thread")]
async fn a_running_fibonacci_frees_its_core() {
    let url = stage("cancel-fibonacci");
    // A program, since a computation that did not stop would hold the test for ever.
    let mut worker = Program::worker(&["--amqp", &url, "--max-n", "93"]);
    let mut caller = Caller::connect(&url).await;
    caller.send("93", caller.warren("given-up")).await;
    worker.says("[.] fib(93)").await;
    assert_eq!(caller.ask().await.busy, 1);
    #[cfg(target_os = "linux")]
    until("it computes", async || !stands_still(&worker).await).await;

    caller.cancel("given-up").await;
    #[cfg(target_os = "linux")]
    until("it computes no more", async || stands_still(&worker).await).await;
    until("it says so", async || caller.ask().await.busy == 0).await;
    worker.signal("TERM");
    worker.says("1 cancelled").await;
    let (status, _) = worker.end().await;
    assert_eq!(status.code(), Some(0));
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "it is acked");
}

/// Whether the program computes nothing for a while that is long beside a tick.
#[cfg(target_os = "linux")]
async fn stands_still(program: &Program) -> bool {
    let before = program.cpu_ticks();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    // What the program does besides, such as heart-beats, may end a tick.
    program.cpu_ticks() - before <= 1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_at_the_worker_is_not_computed() {
    let url = stage("cancel-waiting");
    let handler = Gated::shut();
    let mut service = service(&url);
    service.prefetch = at_most(3);
    let worker = Worker::start(service, handler.clone());
    let mut caller = Caller::connect(&url).await;
    caller.send("1", caller.warren("1")).await;
    handler
        .reaches("one runs", |state| state.running == 1)
        .await;
    for n in ["2", "3"] {
        caller.send(n, caller.warren(n)).await;
    }
    caller.until_waiting(0).await;

    caller.cancel("2").await;
    handler.open();
    // Replies are pipelined, so that they may overtake each other.
    let mut answered = HashSet::new();
    for _ in 0..2 {
        answered.insert(id_and_body(&caller.reply().await).0.to_owned());
    }
    assert_eq!(answered, ["1", "3"].map(str::to_owned).into());
    assert_eq!(handler.state().calls, 2);
    assert_eq!(worker.stop().await, cancelled_and_served(1, 2, 2));
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "all are acked");
}

/// While the worker has no room, requests wait in the queue, and their cancels come first.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_comes_after_its_cancel_is_not_computed() {
    let url = stage("cancel-first");
    let handler = Gated::opened();
    let worker = Worker::start(service(&url), handler.clone());
    let mut caller = Caller::connect(&url).await;
    caller.until_consumers(1).await;
    caller.cancel("given-up").await;

    // Sent again, as by a client whose connection broke, it is still given up.
    for _ in 0..2 {
        caller
            .publish(QUEUE, CLIENT, "1", caller.warren("given-up"))
            .await;
    }
    caller.send("2", caller.warren("next")).await;
    assert_eq!(id_and_body(&caller.reply().await), ("next", "2"));
    assert_eq!(handler.state().calls, 1);
    assert_eq!(worker.stop().await, cancelled_and_served(2, 1, 1));
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "all are acked");
}

/// The counts of a worker that began so many computations.
fn cancelled_and_served(cancelled: u64, served: u64, computed: u64) -> Tally {
    Tally {
        cancelled,
        served,
        computed,
        ..Tally::default()
    }
}
