//! What callers are told before their replies.

use std::time::{Duration, Instant};

use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable},
};
use warren_contract::Progress;
use warren_worker::FibonacciHandler;

use crate::{
    caller::{Caller, id_and_body, kind},
    gated::Gated,
    stage::{Worker, service, stage},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_asks_sees_its_computation_begin_and_advance() {
    let url = stage("progress");
    let handler = Gated::shut();
    let worker = Worker::start(service(&url), handler.clone());
    let mut caller = Caller::connect(&url).await;
    let request = asking(caller.warren("call-1"), text("25"));
    caller.send("7", request).await;
    let started = caller.reply().await;
    assert_eq!(
        (id_and_body(&started), kind(&started)),
        (("call-1", ""), "started")
    );
    let headers = started.properties.headers().clone().unwrap_or_default();
    assert_eq!(
        headers.inner().get("x-worker"),
        Some(&text("worker-under-test"))
    );

    for steps in [1, 4] {
        handler.advance_to(steps);
        let progress = caller.reply().await;
        let body = format!(r#"{{"done":{steps},"total":7}}"#);
        assert_eq!(
            (id_and_body(&progress), kind(&progress)),
            (("call-1", body.as_str()), "progress")
        );
    }
    handler.open();
    let result = caller.reply().await;
    assert_eq!(
        (id_and_body(&result), kind(&result)),
        (("call-1", "7"), "result")
    );
    assert_eq!(worker.stop().await.served, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fibonacci_tells_how_far_it_is_no_more_often_than_asked_and_never_backwards() {
    const INTERVAL: Duration = Duration::from_millis(50);

    let url = stage("fibonacci-progress");
    let worker = Worker::start(service(&url), FibonacciHandler::new(50));
    let mut caller = Caller::connect(&url).await;
    let mut reports = Vec::new();
    // However fast the machine, and however the worker was built, some n takes long enough.
    for n in 35..=50 {
        let id = n.to_string();
        let start = Instant::now();
        caller.send(&id, caller.asking(&id, 50)).await;
        assert_eq!(kind(&caller.reply().await), "started");
        loop {
            let message = caller.reply().await;
            assert_eq!(id_and_body(&message).0, id);
            match kind(&message) {
                "progress" => reports.push(
                    serde_json::from_slice::<Progress>(&message.data)
                        .expect("the body is a progress"),
                ),
                kind => {
                    assert_eq!(kind, "result");
                    break;
                }
            }
        }
        let most = start.elapsed().as_millis() / INTERVAL.as_millis();
        assert!(
            reports.len() as u128 <= most,
            "{most} intervals: {reports:?}"
        );
        if reports.len() > 2 {
            break;
        }
        reports.clear();
    }
    assert!(reports.len() > 2, "fib(50) takes minutes");
    let total = reports[0].total;
    assert!(
        reports.iter().all(|report| report.total == total),
        "{reports:?}"
    );
    assert!(
        reports.iter().all(|report| report.done <= total),
        "{reports:?}"
    );
    assert!(reports.is_sorted_by(|a, b| a.done < b.done), "{reports:?}");
    // Nothing but the pong comes after the result.
    caller.ask().await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_ask_is_told_nothing_but_the_outcome() {
    let url = stage("no-progress");
    let worker = Worker::start(service(&url), Gated::opened());
    let mut caller = Caller::connect(&url).await;
    let cases = [
        ("tutorial", caller.tutorial("tutorial")),
        ("asking", asking(caller.tutorial("asking"), text("25"))),
        ("warren", caller.warren("warren")),
        (
            "unreadable",
            asking(caller.warren("unreadable"), text("often")),
        ),
        (
            "negative",
            asking(caller.warren("negative"), AMQPValue::LongInt(-1)),
        ),
    ];
    for (id, request) in cases {
        caller.send("7", request).await;
        assert_eq!(id_and_body(&caller.reply().await), (id, "7"));
    }
    assert_eq!(worker.stop().await.served, 5);
}

/// The request, whose caller wants to be told of its progress.
fn asking(request: BasicProperties, every: AMQPValue) -> BasicProperties {
    let mut headers = FieldTable::default();
    headers.insert("x-progress-ms".into(), every);
    request.with_headers(headers)
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}
