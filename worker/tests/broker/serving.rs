//! What a caller gets, and how many callers at once.

use lapin::types::{AMQPValue, FieldTable, ShortString};
use warren_worker::{FibonacciHandler, Tally};

use crate::{
    caller::{Caller, id_and_body, next},
    gated::Gated,
    stage::{QUEUE, Worker, at_most, service, stage},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_warren_caller_gets_a_typed_result() {
    let url = stage("typed-result");
    let worker = Worker::start(service(&url), FibonacciHandler::new(50));
    let mut caller = Caller::connect(&url).await;
    caller
        .publish(QUEUE, "client-1", "20", caller.warren("call-1"))
        .await;

    let reply = caller.reply().await;
    assert_eq!(id_and_body(&reply), ("call-1", "6765"));
    let properties = &reply.properties;
    let text = |property: &Option<ShortString>| property.as_ref().map(ToString::to_string);
    assert_eq!(text(properties.kind()).as_deref(), Some("result"));
    assert_eq!(
        text(properties.content_type()).as_deref(),
        Some("application/json")
    );
    let headers = properties.headers().as_ref().expect("there are headers");
    let header = |name: &str| headers.inner().get(name);
    assert_eq!(
        header("x-worker"),
        Some(&AMQPValue::LongString("worker-under-test".into()))
    );
    assert!(
        matches!(header("x-compute-us"), Some(AMQPValue::LongLongInt(us)) if *us >= 0),
        "{headers:?}"
    );

    let tally = worker.stop().await;
    assert_eq!(
        tally,
        Tally {
            served: 1,
            computed: 1,
            ..Tally::default()
        }
    );
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "it is acked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_waits_for_is_not_computed() {
    let url = stage("no-reply-to");
    let handler = Gated::opened();
    let worker = Worker::start(service(&url), handler.clone());
    let mut caller = Caller::connect(&url).await;
    let no_reply_to = lapin::BasicProperties::default().with_correlation_id("nobody".into());
    caller.send("1", no_reply_to).await;
    // Computed one at a time and in order, so once this is answered the other is settled.
    caller.send("2", caller.tutorial("somebody")).await;
    assert_eq!(id_and_body(&caller.reply().await), ("somebody", "2"));

    assert_eq!(handler.state().calls, 1);
    let tally = worker.stop().await;
    assert_eq!((tally.unanswerable, tally.served), (1, 1));
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "both are acked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_has_gone_is_no_trouble() {
    let url = stage("caller-gone");
    let worker = Worker::start(service(&url), Gated::opened());
    let mut caller = Caller::connect(&url).await;
    let gone = caller.tutorial("gone").with_reply_to("amq.gen-gone".into());
    caller.send("1", gone).await;
    caller.send("2", caller.tutorial("here")).await;
    assert_eq!(id_and_body(&caller.reply().await), ("here", "2"));

    let tally = worker.stop().await;
    assert_eq!((tally.callers_gone, tally.served), (1, 1));
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "both are acked");
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_at_once_as_the_concurrency_allows() {
    let url = stage("concurrency");
    let handler = Gated::shut();
    let mut service = service(&url);
    service.concurrency = at_most(2);
    service.prefetch = at_most(6);
    let worker = Worker::start(service, handler.clone());
    let mut caller = Caller::connect(&url).await;
    for n in ["1", "2", "3", "4", "5", "6"] {
        caller.send(n, caller.tutorial(n)).await;
    }
    caller.until_waiting(0).await;
    handler
        .reaches("two run at once", |state| state.running == 2)
        .await;
    handler.open();
    for _ in 0..6 {
        caller.reply().await;
    }
    assert_eq!(handler.state().most, 2);
    assert_eq!(worker.stop().await.served, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_taken_than_the_prefetch() {
    let url = stage("prefetch");
    let handler = Gated::shut();
    let mut service = service(&url);
    service.prefetch = at_most(2);
    let caller = Caller::connect(&url).await;
    for n in ["1", "2", "3", "4", "5"] {
        caller.send(n, caller.tutorial(n)).await;
    }
    let worker = Worker::start(service, handler.clone());
    handler
        .reaches("one runs", |state| state.running == 1)
        .await;
    caller.until_waiting(3).await;
    handler.open();
    caller.until_waiting(0).await;
    worker.stop().await;
}

/// The broker refuses every reply to a queue that is full from the start.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_refused_twice_bounces_the_request() {
    let url = stage("reply-refused");
    let handler = Gated::opened();
    let worker = Worker::start(service(&url), handler.clone());
    let mut full = FieldTable::default();
    full.insert("x-max-length".into(), AMQPValue::LongInt(0));
    full.insert(
        "x-overflow".into(),
        AMQPValue::LongString("reject-publish".into()),
    );
    let caller = Caller::connect(&url).await;
    let reply_queue = caller.declare(full).await;
    let mut bounces = caller.bounces("client-1").await;

    let request = caller.warren("call-1").with_reply_to(reply_queue);
    caller.publish(QUEUE, "client-1", "7", request).await;

    let bounce = next(&mut bounces).await;
    assert_eq!(id_and_body(&bounce), ("call-1", "7"));
    let headers = bounce.properties.headers().clone().unwrap_or_default();
    assert_eq!(
        headers.inner().get("x-first-death-reason"),
        Some(&AMQPValue::LongString("rejected".into()))
    );
    assert_eq!(handler.state().calls, 1, "the answer is there");
    worker.stop().await;
}
