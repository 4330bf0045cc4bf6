//! A broker of several nodes, of which some are dead.

use std::process::{Command, Output};

use serde_json::Value;
use tokio::task::spawn_blocking;
use warren_client::{Client, Config, Urls};
use warren_contract::Fibonacci;
use warren_e2e::{Stack, warren};
use warren_rabbitmq::Node;

use crate::{GENEROUS, connection, online, within};

/// Nothing listens on these ports of the loopback address.
const DEAD: [&str; 3] = [
    "ws://127.0.0.1:1/ws",
    "ws://127.0.0.1:7/ws",
    "ws://127.0.0.1:9/ws",
];

async fn start() -> Node {
    let started = spawn_blocking(|| Node::temporary().expect("a broker"));
    started.await.expect("starting does not panic")
}

async fn answered(client: &Client) {
    let reply = within(client.call_with::<Fibonacci>(10, GENEROUS)).await;
    assert_eq!(reply.expect("a reply").value, 55);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_uses_whichever_node_lives() {
    let (first, second) = tokio::join!(start(), start());
    let stacks = [Stack::of(&first, "/"), Stack::of(&second, "/")];
    let _workers = stacks.each_ref().map(|stack| stack.worker("hare", &[]));
    let urls = DEAD.into_iter().chain(stacks.iter().map(Stack::ws));
    let client = Client::connect(Config {
        urls: Urls::new(urls).expect("there are some"),
        ..Config::default()
    });
    answered(&client).await;
    let used = client.connection().borrow().url().map(str::to_owned);
    let (mut used, other) = if used.as_deref() == Some(stacks[0].ws()) {
        (first, second)
    } else {
        (second, first)
    };
    assert_eq!(client.connection().borrow().url(), Some(&*used.ws_url()));

    let killed = spawn_blocking(move || used.kill().expect("the node can be killed"));
    killed.await.expect("killing does not panic");
    answered(&client).await;
    assert_eq!(client.connection().borrow().url(), Some(&*other.ws_url()));
    assert_eq!(client.counters().borrow().connects, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_url_that_is_tried_is_told() {
    let client = Client::connect(Config {
        urls: Urls::new(DEAD).expect("there are some"),
        ..Config::default()
    });
    for url in DEAD {
        connection(&client, |state| state.url() == Some(url)).await;
    }
    let stack = Stack::shared();
    let client = stack.client();
    online(&client).await;
    assert_eq!(client.connection().borrow().url(), Some(stack.ws()));
}

#[test]
fn warren_takes_several_urls_one_by_one_or_together() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let is_served = |output: Output| {
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(printed, "55\n", "{output:?}");
    };
    is_served(stack.warren(&["--url", DEAD[0], "--url", DEAD[1], "call", "10"]));

    let together = [DEAD[0], stack.ws(), DEAD[1]].join(",");
    let mut by_variable = Command::new(stack.warren_command(&[]).get_program());
    by_variable.args(["call", "10", "--vhost", stack.vhost()]);
    is_served(
        by_variable
            .env("WARREN_URL", &together)
            .output()
            .expect("warren runs"),
    );

    let refused = warren(&["--url", ",", "call", "10"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.starts_with("invalid_argument: there is no URL"),
        "{said}"
    );
}

#[test]
fn warren_doctor_says_at_which_url_something_is_wrong() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let output = stack.warren(&["--url", DEAD[0], "doctor"]);
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = format!("unavailable: 1 of 28 checks failed, at {}\n", DEAD[0]);
    assert_eq!(said, expected);
    let lines = String::from_utf8_lossy(&output.stdout);
    let place = |url: &str| {
        let heading = format!("From here to `rpc_queue` at {url}:\n");
        lines
            .find(&heading)
            .unwrap_or_else(|| panic!("no {heading}: {lines}"))
    };
    let (well, wrong) = (place(stack.ws()), place(DEAD[0]));
    assert!(!lines[well..wrong].contains('✗'), "{lines}");
    assert!(lines[wrong..].contains("✗ address"), "{lines}");

    let output = stack.warren(&["--url", DEAD[0], "doctor", "--json"]);
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let failed = findings
        .iter()
        .filter(|finding| finding["outcome"] == "failed");
    let urls: Vec<_> = failed.map(|finding| &finding["url"]).collect();
    assert_eq!(urls, [DEAD[0]]);
}
