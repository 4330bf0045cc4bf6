//! Programs in the form of RabbitMQ's tutorials, with Python's two clients.

use std::{path::Path, process::Command};

use warren_worker::{FibonacciHandler, QueueKind};

use crate::{
    caller::Caller,
    process::Program,
    stage::{QUEUE, Worker, service, stage},
};

/// Names a Python that has what `peers/requirements.txt` lists.
const PYTHON: &str = "WARREN_PYTHON";

#[tokio::test(flavor = "multi_thread")]
async fn a_pika_client_is_served() {
    a_client_is_served("pika_client.py").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aio_pika_client_is_served() {
    a_client_is_served("aio_pika_client.py").await;
}

async fn a_client_is_served(script: &str) {
    let url = stage(script);
    let worker = Worker::start(service(&url), FibonacciHandler::new(50));
    let mut client = peer(script, &url);
    client.args(["30", "0", "1", "51", "20"]);
    let (status, lines) = Program::start(&mut client).end().await;
    assert_eq!(
        lines,
        [
            "fib(30) = 832040",
            "fib(0) = 0",
            "fib(1) = 1",
            "fib(51) = error: n is 51; it must be a whole number from 0 to 50",
            "fib(20) = 6765",
        ]
    );
    assert!(status.success());
    let tally = worker.stop().await;
    assert_eq!((tally.served, tally.faulted), (4, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_server_gives_up_in_time() {
    let url = stage("no-server");
    let mut client = peer("pika_client.py", &url);
    client.args(["--timeout", "1", "30"]);
    let (status, lines) = Program::start(&mut client).end().await;
    assert_eq!(lines, ["fib(30) = no reply within 1 s"]);
    assert_eq!(status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pika_server_and_a_transient_worker_share_the_queue() {
    let url = stage("shared-queue");
    let caller = Caller::connect(&url).await;
    // The tutorials' declaration does not fit the durable queue that every stage has.
    caller
        .channel
        .queue_delete(QUEUE.into(), Default::default())
        .await
        .expect("guest may delete");
    let mut service = service(&url);
    service.queue_kind = QueueKind::Tutorial;
    let worker = Worker::start(service, FibonacciHandler::new(50));
    caller.until_consumers(1).await;
    let mut server = Program::start(&mut peer("pika_server.py", &url));
    server.says("[x] Awaiting RPC requests").await;
    caller.until_consumers(2).await;

    let mut client = peer("pika_client.py", &url);
    client.args(["10"; 20]);
    let (status, lines) = Program::start(&mut client).end().await;
    assert_eq!(lines, ["fib(10) = 55"; 20]);
    assert!(status.success());

    let by_worker = worker.stop().await.served;
    let by_server = server.kill().await.len() as u64;
    assert_eq!(by_worker + by_server, 20);
    assert!(by_worker > 0, "the pika server did it all");
    assert!(by_server > 0, "the worker did it all");
}

/// A script of `peers/`, told where its broker is.
fn peer(script: &str, url: &str) -> Command {
    let python = std::env::var_os(PYTHON).unwrap_or_else(|| {
        panic!("{PYTHON} is not set; `cargo xtask test` installs the peers and sets it")
    });
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    let mut command = Command::new(python);
    command
        .arg("-u")
        .arg(peers.join(script))
        .args(["--amqp", url]);
    command
}
