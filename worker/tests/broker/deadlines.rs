//! Requests whose time is over: none of them is computed, or not to its end.

use std::time::Duration;

use lapin::types::AMQPValue;
use tokio::time::sleep;
use warren_worker::Tally;

use crate::{
    caller::{CLIENT, Caller, id_and_body, next},
    gated::Gated,
    process::Program,
    stage::{QUEUE, Worker, at_most, service, stage},
};

const DEADLINE: Duration = Duration::from_millis(50);

/// The worker has it then, so that the broker cannot drop it.
#[tokio::test(flavor = "multi_thread")]
async fn what_expires_at_the_worker_is_not_computed() {
    let url = stage("expires-at-worker");
    let handler = Gated::shut();
    let mut service = service(&url);
    service.prefetch = at_most(3);
    let worker = Worker::start(service, handler.clone());
    let mut caller = Caller::connect(&url).await;
    caller.send("1", caller.warren("running")).await;
    handler.reaches("it runs", |state| state.running == 1).await;

    caller.send("2", with_deadline(&caller, "late")).await;
    caller.until_waiting(0).await;
    // Its time is over then, also if it took a while to come.
    sleep(10 * DEADLINE).await;
    handler.open();
    caller.send("3", caller.warren("next")).await;
    let mut answered = [(); 2].map(|()| String::new());
    for answered in &mut answered {
        *answered = id_and_body(&caller.reply().await).0.to_owned();
    }
    answered.sort();
    assert_eq!(answered, ["next", "running"]);
    assert_eq!(worker.stop().await, expired_and_served(1, 2));
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "all are acked");
}

/// The worker never hears of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_expires_in_the_queue_comes_back_to_its_caller() {
    let url = stage("expires-in-queue");
    let handler = Gated::shut();
    let worker = Worker::start(service(&url), handler.clone());
    let mut caller = Caller::connect(&url).await;
    let mut bounces = caller.bounces(CLIENT).await;
    caller.send("1", caller.warren("running")).await;
    handler.reaches("it runs", |state| state.running == 1).await;

    let request = with_deadline(&caller, "late");
    caller.publish(QUEUE, CLIENT, "2", request).await;
    let bounce = next(&mut bounces).await;
    assert_eq!(id_and_body(&bounce), ("late", "2"));
    let headers = bounce.properties.headers().clone().unwrap_or_default();
    assert_eq!(
        headers.inner().get("x-first-death-reason"),
        Some(&AMQPValue::LongString("expired".into()))
    );
    handler.open();
    assert_eq!(id_and_body(&caller.reply().await), ("running", "1"));
    assert_eq!(worker.stop().await, expired_and_served(0, 1));
}

/// Nobody cancels it: its caller may be gone without a word.
#[tokio::test(flavor = "multi_thread")]
async fn what_expires_while_it_runs_is_not_computed_to_its_end() {
    let url = stage("expires-running");
    let arguments = ["--amqp", &url, "--max-n", "93", "--concurrency", "1"];
    let mut worker = Program::worker(&arguments);
    worker.says("Awaiting RPC requests").await;
    let mut caller = Caller::connect(&url).await;
    caller.send("93", with_deadline(&caller, "endless")).await;
    // Were it computed to its end, it would keep the only core for centuries.
    caller.send("10", caller.warren("next")).await;
    assert_eq!(id_and_body(&caller.reply().await), ("next", "55"));
    worker.signal("TERM");
    worker.says("1 expired").await;
    let (status, _) = worker.end().await;
    assert_eq!(status.code(), Some(0));
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "all are acked");
}

fn with_deadline(caller: &Caller, id: &str) -> lapin::BasicProperties {
    let milliseconds = DEADLINE.as_millis().to_string();
    caller.warren(id).with_expiration(milliseconds.into())
}

/// The counts of a worker that computed what it served, and no more.
fn expired_and_served(expired: u64, served: u64) -> Tally {
    Tally {
        expired,
        served,
        computed: served,
        ..Tally::default()
    }
}
