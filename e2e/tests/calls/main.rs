//! The client library and the `warren` command, natively, over a real broker.

mod command;
mod connection_lost;
mod doctor;
mod interrupts;
mod load;
mod nodes;
mod options;
mod progress;
mod raw;
mod terminal;
mod tls;
mod tokens;
mod unserved;
mod watch;
mod worker_lost;

use warren_client::{CallOptions, Client, Config, ConnectionState, Policy};
use warren_contract::{Code, Fibonacci, Pong};
use warren_e2e::{PATIENCE, Stack, fibonacci, within};

/// What is to succeed here gets more time than any busy machine needs.
const GENEROUS: CallOptions = CallOptions {
    deadline: Some(PATIENCE),
    policy: Policy::FailFast,
    progress: None,
    traceparent: None,
};

/// The same for a call that is made before there is a worker.
const PATIENT: CallOptions = CallOptions {
    policy: Policy::WaitForWorker,
    ..GENEROUS
};

/// It takes longer than anybody waits.
const ENDLESS: u64 = 50;

/// Waits until the connection is as it should be.
async fn connection(client: &Client, wanted: impl FnMut(&ConnectionState) -> bool) {
    let mut state = client.connection();
    within(state.wait_for(wanted))
        .await
        .expect("the client lives");
}

async fn online(client: &Client) {
    connection(client, ConnectionState::is_online).await;
}

/// Waits until the workers are as they should be.
async fn workers(client: &Client, mut wanted: impl FnMut(&[Pong]) -> bool) {
    let mut workers = client.workers();
    let known = workers.wait_for(|pongs| pongs.as_ref().is_some_and(|pongs| wanted(pongs)));
    within(known).await.expect("the client lives");
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
