//! The client library and the `warren` command, natively, over a real broker.

use std::{process::Output, time::Duration};

use serde_json::Value;
use warren_client::{CallError, CallOptions, Client, Config, Policy};
use warren_contract::{Code, Fibonacci, Pong};
use warren_e2e::{PATIENCE, Stack, warren};
use warren_rabbitmq::Node;

/// What is to succeed here gets more time than any busy machine needs.
const GENEROUS: CallOptions = CallOptions {
    deadline: Some(PATIENCE),
    policy: Policy::FailFast,
    progress: None,
};

/// The same for a call that is made before there is a worker.
const PATIENT: CallOptions = CallOptions {
    policy: Policy::WaitForWorker,
    ..GENEROUS
};

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("it prints UTF-8")
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("it prints UTF-8")
}

#[test]
fn warren_call_prints_the_value_alone() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let output = stack.warren(&["call", "30"]);
    assert_eq!(stdout(&output), "832040\n", "{output:?}");
    assert!(output.status.success());
}

#[test]
fn warren_call_prints_json() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let output = stack.warren(&["call", "30", "--json"]);
    let reply: Value = serde_json::from_str(stdout(&output)).expect("JSON");
    assert_eq!(reply["value"], 832_040);
    assert_eq!(reply["worker"], "hare");
    let round_trip_ms = reply["round_trip_ms"].as_f64().expect("a number");
    let compute_us = reply["compute_us"].as_f64().expect("a number");
    assert!(0.0 < compute_us && compute_us / 1000.0 < round_trip_ms);
}

#[test]
fn warren_workers_says_who_serves() {
    let stack = Stack::shared();
    let output = stack.warren(&["workers"]);
    assert_eq!(stdout(&output), "no worker\n", "{output:?}");

    let _worker = stack.worker("hare", &["--concurrency", "3"]);
    let output = stack.warren(&["workers"]);
    let said = stdout(&output);
    assert!(
        said.starts_with("hare: 0 of 3 busy, 0 served"),
        "{output:?}"
    );

    let output = stack.warren(&["workers", "--json"]);
    let workers: Vec<Pong> = serde_json::from_slice(&output.stdout).expect("JSON");
    let names: Vec<_> = workers.iter().map(|pong| pong.name.as_str()).collect();
    assert_eq!(names, ["hare"]);

    let output = stack.warren(&["workers", "--passcode", "wrong"]);
    let said = stderr(&output);
    assert!(said.starts_with("unauthenticated: "), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn warren_call_says_what_went_wrong() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &["--max-n", "20"]);
    let nobody = "ws://127.0.0.1:1/ws";
    let cases: [(&[&str], &str, &str); 5] = [
        (&["call", "21"], "out_of_range: ", "20"),
        (&["call", "-1"], "invalid_argument: ", "`-1`"),
        (
            &["call", "5", "--passcode", "wrong"],
            "unauthenticated: wrong login or passcode",
            "`web`",
        ),
        (
            &["call", "5", "--deadline", "0s"],
            "invalid_argument: ",
            "over 0 s",
        ),
        (
            &["call", "5", "--queue", "elsewhere"],
            "unavailable: the connection was lost 5 times",
            "`elsewhere`",
        ),
    ];
    for (arguments, beginning, words) in cases {
        let output = stack.warren(arguments);
        let said = stderr(&output);
        assert!(said.starts_with(beginning), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stdout(&output), "");
    }

    let output = warren(&["--url", nobody, "call", "5", "--deadline", "500ms"]);
    let said = stderr(&output);
    assert!(said.starts_with("unavailable: not connected within 500ms"));
    assert!(said.contains(nobody), "{said}");
}

#[test]
fn a_virtual_host_that_we_may_not_use_is_named() {
    let stack = Stack::shared();
    let output = stack.warren(&["call", "5", "--vhost", "nowhere"]);
    let said = stderr(&output);
    assert!(said.starts_with("permission_denied: wrong virtual host"));
    assert!(said.contains("`nowhere`"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_at_once_get_each_its_own_reply() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &["--prefetch", "100"]);
    let client = stack.client();
    let calls: Vec<_> = (0..1000)
        .map(|number| client.call_with::<Fibonacci>(number % 20, GENEROUS))
        .collect();
    for (number, call) in (0..).zip(calls) {
        let reply = call.await.expect("a reply");
        assert_eq!(reply.value, fibonacci(number % 20));
        assert_eq!(reply.worker.as_deref(), Some("hare"));
    }
    client.close().await;
}

fn fibonacci(n: u64) -> u64 {
    (0..n).fold((0, 1), |(a, b), _| (b, a + b)).0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_no_worker_takes_ends_at_its_deadline() {
    let stack = Stack::shared();
    let client = stack.client();
    client
        .connection()
        .wait_for(|state| *state == warren_client::ConnectionState::Online)
        .await
        .expect("the client lives");
    let deadline = Duration::from_millis(300);
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
    let error = client.call_with::<Fibonacci>(5, PATIENT).await;
    let service = "rpc_queue".to_owned();
    assert_eq!(error, Err(CallError::NoService { service }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_in_flight_survives_a_crash_of_the_broker() {
    let mut node = Node::temporary().expect("a broker");
    let stack = Stack::of(&node, "/");
    let client = stack.client();
    // Nobody takes it, so it is in flight when the broker dies.
    let call = client.call_with::<Fibonacci>(20, PATIENT);
    client
        .connection()
        .wait_for(|state| *state == warren_client::ConnectionState::Online)
        .await
        .expect("the client lives");
    node.kill().expect("the broker dies");
    node.start_again().expect("the broker starts again");
    let _worker = stack.worker("hare", &[]);
    assert_eq!(call.await.expect("a reply").value, 6765);
    assert_ne!(client.counters().borrow().resent, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_over_the_limit_fails_its_call_and_the_next_succeeds() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let client = Client::connect(Config {
        max_reply_bytes: 3,
        ..stack.config()
    });
    let error = client
        .call_with::<Fibonacci>(30, GENEROUS)
        .await
        .expect_err("832040 has six bytes");
    assert_eq!(error.code(), Code::ResourceExhausted);
    let reply = client.call_with::<Fibonacci>(10, GENEROUS).await;
    assert_eq!(reply.expect("a reply").value, 55);
}
