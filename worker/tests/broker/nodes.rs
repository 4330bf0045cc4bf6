//! A broker of several nodes, of which some are dead.

use tokio::task::spawn_blocking;
use warren_rabbitmq::Node;

use crate::{
    caller::{Caller, id_and_body},
    stage::until,
    watched::Watched,
};

/// Nothing listens on these ports of the loopback address.
const DEAD: [&str; 3] = [
    "amqp://guest:guest@127.0.0.1:1/%2f",
    "amqp://guest:guest@127.0.0.1:7/%2f",
    "amqp://guest:guest@127.0.0.1:9/%2f",
];

/// The node among these that the worker is connected to, once it is connected.
async fn connected_to(worker: &Watched, nodes: &[&Node]) -> usize {
    let mut found = None;
    until("the worker is connected", async || {
        let (status, body) = worker.fetch("/readyz").await;
        let is_there = |node: &&Node| body.contains(&format!(":{}/", node.ports().amqp));
        found = nodes.iter().position(is_there).filter(|_| status == 200);
        found.is_some()
    })
    .await;
    found.expect("it was just found")
}

async fn call(node: &Node, id: &str) {
    let mut caller = Caller::connect(&node.amqp_url()).await;
    caller.until_consumers(1).await;
    caller.send("10", caller.warren(id)).await;
    assert_eq!(id_and_body(&caller.reply().await), (id, "55"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_serves_at_whichever_node_lives() {
    let (first, second) = tokio::join!(start(), start());
    let (first_url, second_url) = (first.amqp_url(), second.amqp_url());
    let together = [DEAD[1], &*second_url, DEAD[2]].join(",");
    let arguments = ["--amqp", DEAD[0], "--amqp", &first_url, "--amqp", &together];
    let worker = Watched::start(&arguments).await;
    let used = connected_to(&worker, &[&first, &second]).await;
    let (mut used, other) = if used == 0 {
        (first, second)
    } else {
        (second, first)
    };
    call(&used, "before").await;

    let killed = spawn_blocking(move || used.kill().expect("the node can be killed"));
    killed.await.expect("killing does not panic");
    connected_to(&worker, &[&other]).await;
    call(&other, "after").await;
}

async fn start() -> Node {
    let started = spawn_blocking(|| Node::temporary().expect("RabbitMQ starts"));
    started.await.expect("starting does not panic")
}
