//! Calls for which there is no worker, no queue, or no service at all.

use warren_client::{CallError, CallOptions, Disconnect};
use warren_contract::{BOUNCE_EXCHANGE, Code, Fibonacci};
use warren_e2e::Stack;

use crate::{ENDLESS, GENEROUS, PATIENT, online, within, workers};

fn service() -> String {
    "rpc_queue".to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_fails_at_once_if_no_worker_is_there() {
    let stack = Stack::shared();
    let client = stack.client();
    let no_worker = Err(CallError::NoWorker { service: service() });
    for _ in 0..2 {
        let outcome = within(client.call_with::<Fibonacci>(5, GENEROUS)).await;
        assert_eq!(outcome, no_worker);
        online(&client).await;
    }
    let _worker = stack.worker("hare", &[]);
    let reply = within(client.call_with::<Fibonacci>(5, GENEROUS)).await;
    assert_eq!(reply.expect("there is a worker now").value, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_fail_when_the_last_worker_dies() {
    let stack = Stack::shared();
    let worker = stack.worker("hare", &["--concurrency", "1"]);
    let client = stack.client();
    let running = client.call_with::<Fibonacci>(ENDLESS, GENEROUS);
    let queued = client.call_with::<Fibonacci>(5, GENEROUS);
    let patient = client.call_with::<Fibonacci>(10, PATIENT);
    workers(&client, |pongs| pongs.iter().any(|pong| pong.busy == 1)).await;
    drop(worker);
    let left = CallError::WorkersLeft { service: service() };
    assert_eq!(left.code(), Code::Unavailable);
    for call in [running, queued] {
        assert_eq!(within(call).await, Err(left.clone()));
    }
    workers(&client, <[_]>::is_empty).await;

    let _next = stack.worker("rabbit", &["--concurrency", "2"]);
    assert_eq!(within(patient).await.expect("it waited").value, 55);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_no_worker_takes_ends_at_its_deadline() {
    let stack = Stack::shared();
    let client = stack.client();
    online(&client).await;
    let deadline = std::time::Duration::from_millis(300);
    let options = CallOptions {
        deadline: Some(deadline),
        ..PATIENT
    };
    let error = client.call_with::<Fibonacci>(5, options).await;
    assert_eq!(error, Err(CallError::DeadlineExceeded { deadline }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_no_queue_takes_bounces() {
    let stack = Stack::shared();
    stack.delete_queue("rpc_queue");
    let client = stack.client();
    let error = within(client.call_with::<Fibonacci>(5, PATIENT)).await;
    assert_eq!(error, Err(CallError::NoService { service: service() }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_without_the_service_is_told_by_what_it_lacks() {
    for missing in [BOUNCE_EXCHANGE, "rpc_queue.control"] {
        let stack = Stack::shared();
        stack.delete_exchange(missing);
        let client = stack.client();
        let waiting = client.call_with::<Fibonacci>(10, PATIENT);
        let error = within(client.call_with::<Fibonacci>(5, GENEROUS)).await;
        let error = error.expect_err("nobody has declared the service");
        let CallError::Refused(Disconnect::TopologyMissing { exchange, .. }) = &error else {
            panic!("{missing} is missing, and the call says {error}");
        };
        assert_eq!(exchange, missing);
        assert_eq!(error.code(), Code::Unavailable);

        // A worker declares what is missing, and whoever waited for one is served.
        let _worker = stack.worker("hare", &[]);
        let reply = within(waiting).await.expect("it waited for a worker");
        assert_eq!(reply.value, 55);
    }
}
