//! Drains, lost connections, a queue that is deleted, refusals.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{
    memory::Memory,
    rig::{Nap, Payment, QUEUE, Rig, nap, naps, number, payment, worker},
};
use crate::{Refusal, Service};

#[tokio::test(start_paused = true)]
async fn a_stopping_worker_finishes_what_runs_and_gives_back_what_waits() {
    let mut worker = worker();
    worker.prefetch = Some(number(2));
    let mut rig = Rig::start(worker).await;
    for id in ["a", "b", "c"] {
        rig.send(id, 100);
    }
    rig.at(50).await;
    rig.stop();
    assert_eq!(rig.log_at(99).await, ["give back b"]);
    assert_eq!(rig.log_at(100).await, ["result a: 100", "ack a", "close"]);
    assert_eq!(rig.memory.waiting(QUEUE), 2);
    let tally = rig.tally().await;
    assert_eq!((tally.served, tally.given_back), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_outlasts_the_drain_is_left_to_the_broker() {
    let mut worker = worker();
    worker.drain = Duration::from_secs(3);
    let mut rig = Rig::start(worker).await;
    rig.send("a", 60_000);
    rig.at(1000).await;
    rig.stop();
    assert_eq!(rig.log_at(3999).await, [""; 0]);
    assert_eq!(rig.log_at(4000).await, ["close"]);
    assert_eq!(rig.memory.waiting(QUEUE), 1);
    assert_eq!(rig.tally().await.served, 0);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_is_heard_during_the_drain() {
    let mut rig = Rig::start(worker()).await;
    rig.send("a", 20_000);
    rig.at(1000).await;
    rig.stop();
    rig.at(2000).await;
    rig.cancel("a");
    assert_eq!(rig.log_at(2000).await, ["ack a", "close"]);
    assert_eq!(rig.tally().await.cancelled, 1);
}

#[tokio::test(start_paused = true)]
async fn what_runs_when_the_connection_breaks_is_answered_over_the_next() {
    let mut rig = Rig::start(worker()).await;
    rig.send("a", 5000);
    rig.at(100).await;
    rig.memory.cut();
    assert_eq!(rig.log_at(4999).await, [""; 0]);
    assert_eq!(rig.memory.connections(), 2);
    assert_eq!(rig.log_at(5000).await, ["result a: 5000", "ack a"]);
    assert_eq!(rig.tally().await.computed, 1);
}

/// The caller still waits, and the broker will not deliver the request again.
#[tokio::test(start_paused = true)]
async fn what_runs_when_its_queue_is_deleted_is_answered() {
    let mut rig = Rig::start(worker()).await;
    rig.send("a", 5000);
    rig.at(100).await;
    rig.memory.delete_queues();
    // Over the same connection, others are served meanwhile.
    rig.at(1000).await;
    rig.send("b", 10);
    let log = rig.log_at(6000).await;
    assert_eq!(log, ["result a: 5000", "ack a", "result b: 10", "ack b"]);
    assert_eq!(rig.memory.connections(), 1);
    assert_eq!(rig.tally().await.served, 2);
}

/// Counts payments that are made.
fn payments(made: &Arc<AtomicU64>) -> Service {
    let made = Arc::clone(made);
    Service::new(QUEUE).async_function::<Payment, _>(move |ms, context| {
        let made = Arc::clone(&made);
        async move {
            let slept = nap(ms, context).await;
            made.fetch_add(1, Relaxed);
            slept
        }
    })
}

#[tokio::test(start_paused = true)]
async fn what_runs_is_finished_although_the_connection_is_lost_during_the_drain() {
    let made = Arc::default();
    let mut rig = Rig::serve(worker(), vec![payments(&made)]).await;
    rig.memory.send(QUEUE, payment("a", 5000));
    rig.at(100).await;
    rig.stop();
    rig.at(200).await;
    rig.memory.cut();
    rig.tally().await;
    assert_eq!(made.load(Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn what_runs_is_finished_although_there_is_no_connection_when_the_drain_begins() {
    let made = Arc::default();
    let mut rig = Rig::serve(worker(), vec![payments(&made)]).await;
    rig.memory.send(QUEUE, payment("a", 5000));
    rig.at(100).await;
    rig.memory.refuse(QUEUE);
    rig.memory.cut();
    rig.at(200).await;
    rig.stop();
    rig.tally().await;
    assert_eq!(made.load(Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn what_outlasts_the_drain_without_a_connection_is_not_waited_for() {
    let mut worker = worker();
    worker.drain = Duration::from_secs(3);
    let mut rig = Rig::start(worker).await;
    rig.send("a", 60_000);
    rig.at(1000).await;
    rig.memory.cut();
    rig.stop();
    let stopped = Instant::now();
    rig.tally().await;
    assert_eq!(stopped.elapsed(), Duration::from_secs(3));
}

/// Nobody else would know that it was not begun.
#[tokio::test(start_paused = true)]
async fn a_stopping_worker_tells_what_it_has_not_begun_and_must_not_be_done_twice() {
    let mut worker = worker();
    worker.prefetch = Some(number(2));
    let made = Arc::default();
    let mut rig = Rig::serve(worker, vec![payments(&made)]).await;
    rig.memory.send(QUEUE, payment("a", 1000));
    rig.memory.send(QUEUE, payment("b", 1000));
    rig.at(100).await;
    rig.stop();
    let log = rig.log_at(200).await;
    let fault = r#"fault b: {"code":"unavailable","error":"the worker stops, and has not begun"#;
    assert!(log[0].starts_with(fault), "{log:?}");
    assert_eq!(log[1..], ["ack b"]);
    assert_eq!(rig.log_at(1000).await, ["result a: 1000", "ack a", "close"]);
}

#[tokio::test(start_paused = true)]
async fn what_runs_is_answered_although_its_queue_cannot_be_declared_again() {
    let mut rig = Rig::start(worker()).await;
    rig.send("a", 5000);
    rig.at(100).await;
    rig.memory.refuse(QUEUE);
    rig.memory.delete_queues();
    assert_eq!(rig.log_at(9000).await, ["result a: 5000", "ack a"]);
    assert_eq!(rig.memory.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_worker_stops_between_connections_too() {
    let memory = Memory::default();
    memory.refuse("other");
    let mut rig = Rig::serve_at(memory.clone(), worker(), vec![naps()]).await;
    memory.refuse(QUEUE);
    memory.cut();
    // Refused after it has served, it goes on trying.
    rig.at(60_000).await;
    assert!(memory.connections() > 3, "{}", memory.connections());
    rig.stop();
    rig.at(60_000).await;
    assert_eq!(rig.tally().await.served, 0);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_refused_stops_the_others() {
    let memory = Memory::default();
    memory.refuse("others");
    let others = Service::new("others").async_function::<Nap, _>(nap);
    let rig = Rig::serve_at(memory.clone(), worker(), vec![naps(), others]).await;
    let refused = rig.end().await;
    assert!(
        matches!(&refused, Err(Refusal::Permission { said, .. }) if said == "not others"),
        "{refused:?}"
    );
    assert_eq!(memory.log(), ["close"]);
}
