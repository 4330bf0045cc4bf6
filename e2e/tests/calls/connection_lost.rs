//! Connections that are lost while calls are in flight.

use std::time::Duration;

use warren_client::{Call, CallError, CallOptions, Client, Config, ConnectionState, Stage};
use warren_contract::{Fibonacci, Procedure};
use warren_e2e::Stack;
use warren_rabbitmq::{Node, Proxy};

use crate::{GENEROUS, PATIENT, connection, online, within};

/// The same procedure, if serving it twice did harm.
#[derive(Debug)]
struct Precious;

impl Procedure for Precious {
    const NAME: &'static str = Fibonacci::NAME;
    const IDEMPOTENT: bool = false;
    type Request = u64;
    type Response = u64;
}

/// A call that waits for a worker, and whose stage is told.
const TOLD: CallOptions = CallOptions {
    progress: Some(Duration::from_secs(1)),
    ..PATIENT
};

/// Waits until the call has left, which it does not before the broker is known to serve pings.
async fn sent<P: Procedure>(call: &Call<P>) {
    let mut stage = call.stage().expect("it was asked for");
    let sent = stage.wait_for(|stage| *stage == Stage::Queued);
    within(sent).await.expect("the call is pending");
}

/// One call of each kind in flight, and a client behind a proxy. Nobody takes the requests, so
/// that they stay in flight for as long as it takes to lose the connection.
struct InFlight {
    proxy: Proxy,
    client: Client,
    idempotent: Call<Fibonacci>,
    precious: Call<Precious>,
}

impl InFlight {
    async fn on(stack: &Stack) -> Self {
        let config = stack.config();
        let proxy = Proxy::to(stack.ws_port()).expect("a free port");
        let client = Client::connect(Config {
            urls: proxy.instead_of_target(stack.ws()).into(),
            ..config
        });
        // Once the broker has taken a request of this connection, it is not asked whether it does.
        let worker = stack.worker("first", &[]);
        let first = within(client.call_with::<Fibonacci>(10, PATIENT)).await;
        assert_eq!(first.expect("a reply").value, 55);
        worker.stop().expect("it can be stopped");
        let idempotent = client.call_with::<Fibonacci>(20, TOLD);
        let precious = client.call_with::<Precious>(20, TOLD);
        sent(&idempotent).await;
        sent(&precious).await;
        Self {
            proxy,
            client,
            idempotent,
            precious,
        }
    }

    /// The calls' outcomes, once the connection is lost.
    async fn settle(self, stack: &Stack) {
        let unknown = within(self.precious).await.expect_err("it was in flight");
        assert!(matches!(unknown, CallError::OutcomeUnknown(_)), "{unknown}");
        let _worker = stack.worker("hare", &[]);
        let reply = within(self.idempotent).await.expect("it was sent again");
        assert_eq!(reply.value, 6765);
        assert_eq!(self.client.counters().borrow().resent, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut() {
    let stack = Stack::shared();
    let calls = InFlight::on(&stack).await;
    assert_eq!(calls.proxy.cut(), 1);
    calls.settle(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_falls_silent_is_noticed_by_its_heart_beats() {
    let stack = Stack::shared();
    let calls = InFlight::on(&stack).await;
    assert_eq!(calls.proxy.freeze(), 1);
    calls.settle(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_broker_closes() {
    let stack = Stack::shared();
    let calls = InFlight::on(&stack).await;
    stack.close_web_connections().await;
    calls.settle(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_crashes_and_comes_back() {
    let mut node = Node::temporary().expect("a broker");
    let stack = Stack::of(&node, "/");
    let client = stack.client();
    // Nobody takes it, so it is in flight when the broker dies.
    let call = client.call_with::<Fibonacci>(20, TOLD);
    sent(&call).await;
    node.kill().expect("the broker dies");
    node.start_again().expect("the broker starts again");
    let _worker = stack.worker("hare", &[]);
    assert_eq!(within(call).await.expect("a reply").value, 6765);
    assert_ne!(client.counters().borrow().resent, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_restarted_with_workers_that_come_back_later() {
    let mut node = Node::temporary().expect("a broker");
    let stack = Stack::of(&node, "/");
    let _worker = stack.worker("hare", &[]);
    let client = stack.client();
    let before = within(client.call_with::<Fibonacci>(10, GENEROUS)).await;
    assert_eq!(before.expect("a reply").value, 55);
    node.stop().expect("the broker stops");
    connection(&client, |state| {
        matches!(state, ConnectionState::Offline { .. })
    })
    .await;
    // The client may be back before the worker is, and the call waits for both.
    let call = client.call_with::<Fibonacci>(20, GENEROUS);
    node.start_again().expect("the broker starts again");
    assert_eq!(within(call).await.expect("a reply").value, 6765);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_for_longer_than_the_deadline() {
    let mut node = Node::temporary().expect("a broker");
    let stack = Stack::of(&node, "/");
    let client = stack.client();
    online(&client).await;
    node.kill().expect("the broker dies");
    let options = CallOptions {
        deadline: Some(Duration::from_secs(1)),
        ..PATIENT
    };
    let error = within(client.call_with::<Fibonacci>(20, options)).await;
    let error = error.expect_err("there is no broker");
    assert!(matches!(error, CallError::NotConnected { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_calls_at_once_do_not_end_their_connection() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let client = stack.client();
    // Each of these makes the broker slow us down for a while.
    for _ in 0..5 {
        let calls: Vec<_> = (0..3_000)
            .map(|_| client.call_with::<Fibonacci>(5, GENEROUS))
            .collect();
        for call in calls {
            assert_eq!(call.await.expect("a worker replies").value, 5);
        }
    }
    assert_eq!(client.counters().borrow().connects, 1);
}
