//! A queue as full as the policies of `definitions.json` let it get, though at a lower length.

use std::time::Duration;

use warren_client::{Call, CallError, CallOptions, Client, Policy};
use warren_contract::{Code, Fibonacci};
use warren_e2e::{Stack, within};

/// No call here is to come near its deadline.
const GENEROUS: CallOptions = CallOptions {
    deadline: Some(Duration::from_secs(600)),
    policy: Policy::WaitForWorker,
    progress: None,
    traceparent: None,
};

/// It takes longer than anybody waits.
const ENDLESS: u64 = 50;

/// A worker's one core is busy, and one request, as many as may, waits behind that.
struct Full {
    client: Client,
    _running: Call<Fibonacci>,
    waiting: Call<Fibonacci>,
}

impl Full {
    async fn of(stack: &Stack) -> Self {
        stack.shorten_queues(1);
        let client = stack.client();
        let running = client.call_with::<Fibonacci>(ENDLESS, GENEROUS);
        let mut workers = client.workers();
        let busy = workers.wait_for(|workers| {
            workers
                .as_ref()
                .is_some_and(|pongs| pongs.iter().any(|pong| pong.busy == 1))
        });
        within(busy).await.expect("the client lives");
        Self {
            _running: running,
            waiting: client.call_with::<Fibonacci>(10, GENEROUS),
            client,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_a_full_queue_comes_back_at_once() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &["--concurrency", "1"]);
    let full = Full::of(&stack).await;
    let refused = full.client.call_with::<Fibonacci>(10, GENEROUS);
    assert_queue_full(within(refused).await.expect_err("the queue is full"));

    let _second_worker = stack.worker("rabbit", &["--concurrency", "1"]);
    let waited = within(full.waiting).await.expect("it is in the queue");
    assert_eq!(waited.value, 55);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_quorum_queue_gives_up_what_has_waited_longest() {
    let stack = Stack::shared();
    stack.make_queue_quorum();
    let _worker = stack.worker("hare", &["--concurrency", "1"]);
    let full = Full::of(&stack).await;
    let _newest = full.client.call_with::<Fibonacci>(10, GENEROUS);
    assert_queue_full(within(full.waiting).await.expect_err("the queue is full"));
}

fn assert_queue_full(error: CallError) {
    let service = "rpc_queue".to_owned();
    assert_eq!(error, CallError::QueueFull { service });
    assert_eq!(error.code(), Code::ResourceExhausted);
}
