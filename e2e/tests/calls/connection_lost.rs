//! Connections that are lost while calls are in flight.

use std::time::Duration;

use warren_client::{Call, CallError, Client, Config, ConnectionState};
use warren_contract::{Fibonacci, Procedure};
use warren_e2e::{Stack, Worker};
use warren_rabbitmq::{Node, Proxy};

use crate::{GENEROUS, PATIENT, connection, online, within, workers};

/// The same procedure, if serving it twice did harm.
#[derive(Debug)]
struct Precious;

impl Procedure for Precious {
    const NAME: &'static str = Fibonacci::NAME;
    const IDEMPOTENT: bool = false;
    type Request = u64;
    type Response = u64;
}

/// A worker that computes one call of each kind, and a client behind a proxy.
struct InFlight {
    proxy: Proxy,
    client: Client,
    idempotent: Call<Fibonacci>,
    precious: Call<Precious>,
    _worker: Worker,
}

impl InFlight {
    async fn on(stack: &Stack) -> Self {
        let worker = stack.worker("hare", &["--concurrency", "2"]);
        let config = stack.config();
        let proxy = Proxy::to(stack.ws_port()).expect("a free port");
        let client = Client::connect(Config {
            url: proxy.instead_of_target(&config.url),
            ..config
        });
        let idempotent = client.call_with::<Fibonacci>(40, GENEROUS);
        let precious = client.call_with::<Precious>(crate::ENDLESS, GENEROUS);
        workers(&client, |pongs| pongs.iter().any(|pong| pong.busy == 2)).await;
        Self {
            proxy,
            client,
            idempotent,
            precious,
            _worker: worker,
        }
    }

    /// The calls' outcomes, once the connection is lost.
    async fn settle(self) {
        let unknown = within(self.precious).await.expect_err("it was in flight");
        assert!(matches!(unknown, CallError::OutcomeUnknown(_)), "{unknown}");
        let reply = within(self.idempotent).await.expect("it was sent again");
        assert_eq!(reply.value, 102_334_155);
        assert_ne!(self.client.counters().borrow().resent, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut() {
    let stack = Stack::shared();
    let calls = InFlight::on(&stack).await;
    assert_eq!(calls.proxy.cut(), 1);
    calls.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_falls_silent_is_noticed_by_its_heart_beats() {
    let stack = Stack::shared();
    let calls = InFlight::on(&stack).await;
    assert_eq!(calls.proxy.freeze(), 1);
    calls.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_broker_closes() {
    let stack = Stack::shared();
    let calls = InFlight::on(&stack).await;
    stack.close_web_connections();
    calls.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_crashes_and_comes_back() {
    let mut node = Node::temporary().expect("a broker");
    let stack = Stack::of(&node, "/");
    let client = stack.client();
    // Nobody takes it, so it is in flight when the broker dies.
    let call = client.call_with::<Fibonacci>(20, PATIENT);
    online(&client).await;
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
    let options = warren_client::CallOptions {
        deadline: Some(Duration::from_secs(1)),
        ..PATIENT
    };
    let error = within(client.call_with::<Fibonacci>(20, options)).await;
    let error = error.expect_err("there is no broker");
    assert!(matches!(error, CallError::NotConnected { .. }), "{error}");
}
