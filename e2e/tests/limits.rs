//! A broker with as many of something as it may have, or a worker: what the client says, and how it
//! goes on.

use std::time::Duration;

use serde_json::value::RawValue;
use warren_client::{
    CallError, CallOptions, Client, ConnectionState, Disconnect, Policy, Raw, RawRequest,
};
use warren_contract::{Code, Fibonacci};
use warren_e2e::{PATIENCE, Stack, within};
use warren_rabbitmq::{Node, Ports};

/// No call here is to come near its deadline.
const PATIENT: CallOptions = CallOptions {
    deadline: Some(PATIENCE),
    policy: Policy::WaitForWorker,
    progress: None,
    traceparent: None,
};

/// For a call that is not to be served.
const BRIEF: CallOptions = CallOptions {
    deadline: Some(Duration::from_secs(5)),
    ..PATIENT
};

/// How often a client may try to connect within [`BRIEF`]. Waits between tries are random, with
/// ceilings that double from 0.25 s, so that it takes the shortest of billions to come to as many.
const TRIES: u32 = 12;

/// How soon a client tries again after what it takes for a refusal, at the soonest.
const LONG_WAIT: Duration = Duration::from_secs(30);

/// Why there is no connection, and how long until the next try.
async fn offline(client: &Client) -> (Disconnect, Duration) {
    let mut state = client.connection();
    let offline = state.wait_for(|state| matches!(state, ConnectionState::Offline { .. }));
    match &*within(offline).await.expect("the client lives") {
        ConnectionState::Offline { reason, retry_in } => (reason.clone(), *retry_in),
        other => panic!("not offline: {other:?}"),
    }
}

async fn online(client: &Client) {
    let mut state = client.connection();
    let online = state.wait_for(ConnectionState::is_online);
    within(online).await.expect("the client lives");
}

/// Counts the tries to connect until `waiting` is over.
async fn tries(client: &Client, waiting: impl Future<Output = ()>) -> u32 {
    let mut state = client.connection();
    let mut tries = 0;
    let counting = async {
        while state.changed().await.is_ok() {
            if let ConnectionState::Connecting { .. } = *state.borrow_and_update() {
                tries += 1;
            }
        }
    };
    tokio::select! {
        () = counting => panic!("the client lives"),
        () = waiting => {}
    }
    tries
}

/// A client that does not get in. RabbitMQ counts a connection a moment after it has let it in, so
/// that another may get in before.
async fn one_too_many(stack: &Stack) -> Client {
    loop {
        let client = stack.client();
        let mut state = client.connection();
        let decided = state.wait_for(|state| !matches!(state, ConnectionState::Connecting { .. }));
        if !decided.await.expect("the client lives").is_online() {
            return client;
        }
        client.close().await;
    }
}

/// The second client is one too many. RabbitMQ says the same of a virtual host that this user may
/// not use.
async fn check_connection_limit(stack: &Stack) {
    let first = stack.client();
    online(&first).await;
    let second = within(one_too_many(stack)).await;
    let (reason, retry_in) = offline(&second).await;
    assert!(
        matches!(reason, Disconnect::VhostRefused { .. }),
        "{reason}"
    );
    assert!(
        reason.to_string().contains("too many connections"),
        "{reason}"
    );
    assert!(retry_in >= LONG_WAIT, "{retry_in:?}");
    let call = second.call_with::<Fibonacci>(10, PATIENT);
    let error = within(call).await.expect_err("there is no connection");
    assert_eq!(error, CallError::Refused(reason));
    assert_eq!(error.code(), Code::PermissionDenied);
    // The first one has not lost anything.
    assert!(first.connection().borrow().is_online());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_virtual_host_with_all_its_connections() {
    let stack = Stack::shared();
    stack.limit("max-connections", 1);
    check_connection_limit(&stack).await;
}

/// The limits of users are those of the whole broker.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_all_its_connections_or_channels() {
    let node = Node::temporary().expect("a broker");
    node.add_vhost("limits").expect("a virtual host");
    let stack = Stack::of(&node, "limits");
    stack.limit_user("web", "max-connections", 1);
    check_connection_limit(&stack).await;

    stack.limit_user("web", "max-connections", 100);
    stack.limit_user("web", "max-channels", 0);
    let client = stack.client();
    let (reason, _) = offline(&client).await;
    assert!(matches!(reason, Disconnect::Lost { .. }), "{reason}");
    let tried = tries(&client, async {
        let call = client.call_with::<Fibonacci>(10, BRIEF);
        let error = within(call).await.expect_err("there is no connection");
        assert!(matches!(error, CallError::NotConnected { .. }), "{error}");
    });
    let tried = tried.await;
    assert!(tried <= TRIES, "{tried} times within {BRIEF:?}");
    stack.limit_user("web", "max-channels", 100);
    online(&client).await;
}

/// A client needs two: for what bounces, and, when it first asks something, for replies.
#[tokio::test(flavor = "multi_thread")]
async fn a_virtual_host_with_all_its_queues() {
    for left in [0, 1] {
        let stack = Stack::shared();
        // The service's own is there already.
        stack.limit("max-queues", 1 + left);
        let client = stack.client();
        let mut said = None;
        let tried = tries(&client, async {
            let call = client.call_with::<Fibonacci>(10, BRIEF);
            let error = within(call)
                .await
                .expect_err("there is no queue for replies");
            said = Some(error);
        });
        let tried = tried.await;
        assert!(tried <= TRIES, "{tried} times within {BRIEF:?}");
        let said = said.expect("the call has settled");
        let CallError::NotConnected {
            because: Some(because),
            ..
        } = &said
        else {
            panic!("{left} left: {said}");
        };
        match because {
            Disconnect::LimitReached { detail, .. } => {
                assert!(detail.contains("queue limit in vhost"), "{detail}");
                assert_eq!(because.code(), Code::ResourceExhausted);
            }
            // RabbitMQ 3.10 ends the connection without a word.
            Disconnect::TopologyMissing { .. } => {
                let words = because.to_string();
                assert!(words.contains("as many queues as it may"), "{words}");
            }
            Disconnect::Lost { .. } if left == 1 => {}
            other => panic!("{left} left: {other}"),
        }
        stack.limit("max-queues", 100);
        let _worker = stack.worker("hare", &[]);
        let reply = within(client.call_with::<Fibonacci>(10, PATIENT)).await;
        assert_eq!(reply.expect("there are queues again").value, 55);
    }
}

/// Some of the clients' pings are dropped, and they take that for slowness.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_has_answered_all_the_pings_it_may() {
    let stack = Stack::shared();
    let metrics = format!("127.0.0.1:{}", Ports::free().expect("free ports").amqp);
    let _worker = stack.worker("hare", &["--max-pongs", "1", "--metrics", &metrics]);
    let clients = [(); 5].map(|()| stack.client());
    let at_once = CallOptions {
        policy: Policy::FailFast,
        ..PATIENT
    };
    let calls = clients
        .iter()
        .map(|client| client.call_with::<Fibonacci>(10, at_once));
    for call in calls.collect::<Vec<_>>() {
        let reply = within(call).await.expect("a worker is there");
        assert_eq!(reply.value, 55);
    }
    let metrics = ureq::get(format!("http://{metrics}/metrics")).call();
    let metrics = metrics.and_then(|mut metrics| metrics.body_mut().read_to_string());
    let metrics = metrics.expect("the worker tells");
    let dropped = r#"pings_total{queue="rpc_queue",outcome="dropped"} "#;
    let dropped = metrics.split_once(dropped).expect("it is counted").1;
    assert!(!dropped.starts_with('0'), "{metrics}");
}

fn large(idempotent: bool) -> RawRequest {
    let body = format!("\"{}\"", "x".repeat(200_000));
    RawRequest {
        procedure: "fibonacci".to_owned(),
        idempotent,
        body: RawValue::from_string(body).expect("JSON"),
    }
}

/// The client itself sends no request that is larger than `rabbitmq.conf` allows.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_takes_no_request_of_this_size() {
    let node = Node::temporary_with("max_message_size = 100000").expect("a broker");
    node.add_vhost("limits").expect("a virtual host");
    let stack = Stack::of(&node, "limits");
    let _worker = stack.worker("hare", &[]);
    let client = stack.client();
    let refused = async |idempotent| {
        let call: warren_client::Call<Raw> = client.call_raw(large(idempotent), PATIENT);
        within(call).await.expect_err("it is too large")
    };
    let error = refused(false).await;
    assert!(matches!(error, CallError::OutcomeUnknown(_)), "{error}");
    let error = refused(true).await;
    let CallError::LostEachTime { times, .. } = &error else {
        panic!("{error}");
    };
    assert!(*times <= 5, "{error}");
    assert!(
        error.to_string().contains("does not take this request"),
        "{error}"
    );
    let reply = within(client.call_with::<Fibonacci>(10, PATIENT)).await;
    assert_eq!(reply.expect("the connection is back").value, 55);
}
