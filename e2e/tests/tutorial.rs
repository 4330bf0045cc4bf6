//! The servers of RabbitMQ's sixth tutorial, called by the page and by `warren`.

use std::collections::BTreeSet;

use warren_client::{Client, Mode};
use warren_contract::{Code, Fibonacci, Procedure};
use warren_e2e::{Browser, Peer, PeerKind, Stack};

/// Calls fib(20) from the terminal and from the page.
async fn check(stack: &Stack) {
    let output = stack.warren(&["--tutorial", "call", "20"]);
    assert_eq!(output.stdout, b"6765\n", "{output:?}");

    let page = stack.page();
    let browser = Browser::open(&format!("{}?mode=tutorial", page.url())).await;
    assert_eq!(browser.call("20").await, "6765");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_answers_with_the_bare_number() {
    let stack = Stack::for_tutorials();
    let _server = Peer::start(&stack, PeerKind::Bare);
    check(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_answers_with_an_envelope() {
    let stack = Stack::for_tutorials();
    let _server = Peer::start(&stack, PeerKind::Envelope);
    check(&stack).await;

    let client = Client::connect(stack.config().in_mode(Mode::Tutorial));
    let error = client.call::<FibonacciOfText>("hello".to_owned()).await;
    let error = error.expect_err("hello is no number");
    assert_eq!(error.code(), Code::Internal);
    assert!(error.to_string().contains("invalid literal"), "{error}");
}

/// A caller that is mistaken about what it may send.
enum FibonacciOfText {}

impl Procedure for FibonacciOfText {
    const NAME: &'static str = Fibonacci::NAME;
    const IDEMPOTENT: bool = true;
    type Request = String;
    type Response = u64;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tutorials_server_and_a_warren_worker_share_the_queue() {
    let stack = Stack::for_tutorials();
    let _server = Peer::start(&stack, PeerKind::Bare);
    let _worker = stack.worker("hare", &["--transient"]);
    check(&stack).await;

    // The broker gives requests to both in turn; only ours says its name.
    let mut workers = BTreeSet::new();
    for _ in 0..10 {
        let output = stack.warren(&["--tutorial", "call", "10", "--json"]);
        let reply: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(reply["value"], 55);
        workers.insert(reply["worker"].as_str().map(str::to_owned));
    }
    assert_eq!(workers, BTreeSet::from([None, Some("hare".to_owned())]));
}
