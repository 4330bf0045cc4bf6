//! Workers that die with a request in their hands.
//!
//! They are killed as soon as they begin to compute, so that for the broker the request is what
//! kills them.

use std::time::{Duration, Instant};

use lapin::{
    Consumer,
    message::Delivery,
    options::{QueueDeclareOptions, QueueDeleteOptions},
    types::{AMQPValue, FieldTable},
};
use warren_contract::BOUNCE_EXCHANGE;

use crate::{
    caller::{CLIENT, Caller, id_and_body, kind, next},
    process::Program,
    stage::{QUEUE, stage, within},
};

/// It takes seconds to compute, in a build for tests.
const LONG: &str = "42";

/// It is never computed to its end.
const ENDLESS: &str = "93";

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_worker_dies_is_answered_once_by_another() {
    let url = stage("killed");
    let mut hare = Program::worker(&["--amqp", &url, "--name", "hare"]);
    hare.says("Awaiting RPC requests").await;
    let mut caller = Caller::connect(&url).await;
    caller.send(LONG, caller.asking("call-1", 20)).await;
    for expected in ["started", "progress"] {
        let message = caller.reply().await;
        assert_eq!(kind(&message), expected);
        assert_eq!(worker_of(&message), "hare");
    }
    hare.kill().await;

    let tortoise = Program::worker(&["--amqp", &url, "--name", "tortoise"]);
    let mut kinds = Vec::new();
    let result = loop {
        let message = caller.reply().await;
        if kind(&message) == "result" {
            break message;
        }
        if worker_of(&message) == "tortoise" {
            kinds.push(kind(&message).to_owned());
        }
    };
    assert_eq!(kinds.first().map(String::as_str), Some("started"));
    assert_eq!(id_and_body(&result), ("call-1", "267914296"));
    assert_eq!(worker_of(&result), "tortoise");
    // Nothing but the pong comes after the result.
    caller.ask().await;
    tortoise.signal("TERM");
    let (status, log) = tortoise.end().await;
    assert_eq!(status.code(), Some(0), "{log:?}");
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "it is acked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quorum_queue_gives_up_what_kills_its_workers() {
    /// The broker counts what follows the first delivery.
    const LIMIT: i32 = 2;

    let url = stage("deadly-quorum");
    let caller = Caller::connect(&url).await;
    declare_quorum_queue(&caller, LIMIT).await;
    let mut bounces = caller.bounces(CLIENT).await;
    let first = Program::worker(&["--amqp", &url, "--max-n", "93"]);
    caller.until_consumers(1).await;
    caller
        .publish(QUEUE, CLIENT, ENDLESS, caller.warren("deadly"))
        .await;
    die_of_it(first).await;
    for _ in 0..LIMIT {
        die_of_it(Program::worker(&["--amqp", &url, "--max-n", "93"])).await;
    }

    is_bounced(&mut bounces, "delivery_limit").await;
    others_are_served(&url).await;
}

/// A classic queue counts no deliveries, but the time that a request has does not begin anew with
/// each of them.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_classic_queue_its_deadline_ends_what_kills_its_workers() {
    const DEADLINE: Duration = Duration::from_secs(15);

    let url = stage("deadly-classic");
    let caller = Caller::connect(&url).await;
    let mut bounces = caller.bounces(CLIENT).await;
    let expiration = DEADLINE.as_millis().to_string();
    let deadly = caller.warren("deadly");
    let sent = Instant::now();
    caller
        .publish(
            QUEUE,
            CLIENT,
            ENDLESS,
            deadly.with_expiration(expiration.into()),
        )
        .await;
    let mut deaths = 0;
    let restarted_for_ever = async {
        loop {
            die_of_it(Program::worker(&["--amqp", &url, "--max-n", "93"])).await;
            deaths += 1;
        }
    };
    within("it comes back", async {
        tokio::select! {
            () = is_bounced(&mut bounces, "expired") => {}
            () = restarted_for_ever => {}
        }
    })
    .await;
    assert!(deaths > 1, "it was delivered again");
    assert!(sent.elapsed() >= DEADLINE, "{:?}", sent.elapsed());
    others_are_served(&url).await;
}

async fn die_of_it(mut worker: Program) {
    worker.says("[.] fib(93)").await;
    worker.kill().await;
}

/// The deadly request came back, and this is why.
async fn is_bounced(bounces: &mut Consumer, reason: &str) {
    let bounce = next(bounces).await;
    assert_eq!(id_and_body(&bounce), ("deadly", ENDLESS));
    let headers = bounce.properties.headers().clone().unwrap_or_default();
    assert_eq!(
        headers.inner().get("x-first-death-reason"),
        Some(&AMQPValue::LongString(reason.into()))
    );
}

/// A worker that starts now finds nothing deadly.
async fn others_are_served(url: &str) {
    let mut worker = Program::worker(&["--amqp", url, "--max-n", "93"]);
    let mut caller = Caller::connect(url).await;
    caller.until_consumers(1).await;
    caller.send("10", caller.warren("harmless")).await;
    assert_eq!(id_and_body(&caller.reply().await), ("harmless", "55"));
    worker.signal("TERM");
    worker.says("1 computed").await;
    let (status, _) = worker.end().await;
    assert_eq!(status.code(), Some(0));
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)));
}

/// In the place of the classic queue that every stage has. Its workers bind it.
async fn declare_quorum_queue(caller: &Caller, limit: i32) {
    caller
        .channel
        .queue_delete(QUEUE.into(), QueueDeleteOptions::default())
        .await
        .expect("guest may delete");
    let mut arguments = FieldTable::default();
    for (key, value) in [
        ("x-queue-type", AMQPValue::LongString("quorum".into())),
        (
            "x-dead-letter-exchange",
            AMQPValue::LongString(BOUNCE_EXCHANGE.into()),
        ),
        ("x-delivery-limit", AMQPValue::LongInt(limit)),
    ] {
        arguments.insert(key.into(), value);
    }
    caller
        .channel
        .queue_declare(QUEUE.into(), QueueDeclareOptions::durable(), arguments)
        .await
        .expect("guest may declare");
}

fn worker_of(message: &Delivery) -> String {
    let headers = message.properties.headers().clone().unwrap_or_default();
    match headers.inner().get("x-worker") {
        Some(AMQPValue::LongString(name)) => name.to_string(),
        other => panic!("x-worker is {other:?}"),
    }
}
