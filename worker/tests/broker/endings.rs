//! Broken connections, a broker that restarts, shutdown.

use lapin::options::QueueDeleteOptions;
use warren_rabbitmq::{Node, Proxy};
use warren_worker::{FibonacciHandler, QueueKind};

use crate::{
    caller::{Caller, id_and_body},
    gated::Gated,
    process::Program,
    stage::{QUEUE, Worker, at_most, service, stage, stopped, until, within},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_connection_broke_waits_for_its_computation() {
    let url = stage("connection-cut");
    let broker_port = warren_rabbitmq::shared()
        .expect("RabbitMQ starts")
        .ports()
        .amqp;
    let proxy = Proxy::to(broker_port).expect("a port is free");
    let handler = Gated::shut();
    let through_proxy = service(&proxy.instead_of_target(&url));
    let worker = Worker::start(through_proxy, handler.clone());
    let mut caller = Caller::connect(&url).await;
    caller.send("7", caller.tutorial("call-1")).await;
    handler
        .reaches("it is computed", |state| state.running == 1)
        .await;

    proxy.cut();
    // The worker lets go of its old requests before it connects again.
    until("it connects again", async || proxy.accepted() == 2).await;
    until("the broker delivers it again", async || {
        caller.look_at(QUEUE).await == Some((0, 1))
    })
    .await;
    // Sent again by its caller, as well, it is computed once for both.
    let mut again = Caller::connect(&url).await;
    again.send("7", again.tutorial("call-1")).await;
    again.until_waiting(1).await;
    handler.open();

    for caller in [&mut caller, &mut again] {
        assert_eq!(id_and_body(&caller.reply().await), ("call-1", "7"));
    }
    assert_eq!(handler.state().calls, 1);
    let tally = worker.stop().await;
    assert_eq!((tally.served, tally.computed), (2, 1));
    assert_eq!(tally.joined + tally.remembered, 2);
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "it is acked");
}

/// A queue of the tutorials' kind does not survive the broker, so this also shows that the worker
/// declares it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_outlives_the_brokers_restart() {
    let mut node = Node::temporary().expect("RabbitMQ starts");
    let url = node.amqp_url();
    let mut service = service(&url);
    service.queue = "restarting";
    service.queue_kind = QueueKind::Tutorial;
    let worker = Worker::start(service, FibonacciHandler::new(50));
    let mut node = within("the broker restarts", async {
        call(&url, "before").await;
        tokio::task::spawn_blocking(move || {
            node.kill().expect("the node can be killed");
            node.start_again().expect("the node starts again");
            node
        })
        .await
        .expect("restarting does not panic")
    })
    .await;
    call(&url, "after").await;
    // Whether the first reply was confirmed before the broker was killed is not known.
    assert_eq!(worker.stop().await.computed, 2);
    node.kill().expect("the node can be killed");
}

/// One call to the queue `restarting`, once it is there.
async fn call(url: &str, id: &str) {
    let mut caller = Caller::connect(url).await;
    until("the worker consumes", async || {
        matches!(caller.look_at("restarting").await, Some((_, 1)))
    })
    .await;
    caller
        .publish("", "restarting", "10", caller.tutorial(id))
        .await;
    assert_eq!(id_and_body(&caller.reply().await), (id, "55"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_queue_is_declared_again() {
    let url = stage("deleted-queue");
    let worker = Worker::start(service(&url), FibonacciHandler::new(50));
    let mut caller = Caller::connect(&url).await;
    caller.until_consumers(1).await;
    caller
        .channel
        .queue_delete(QUEUE.into(), QueueDeleteOptions::default())
        .await
        .expect("guest may delete");
    caller.until_consumers(1).await;
    caller
        .publish(QUEUE, "client-1", "10", caller.warren("call-1"))
        .await;
    assert_eq!(id_and_body(&caller.reply().await), ("call-1", "55"));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_when_its_queue_is_deleted_is_answered() {
    let url = stage("deleted-while-running");
    let handler = Gated::shut();
    let worker = Worker::start(service(&url), handler.clone());
    let mut caller = Caller::connect(&url).await;
    caller.send("7", caller.warren("call-1")).await;
    handler.reaches("it runs", |state| state.running == 1).await;
    caller
        .channel
        .queue_delete(QUEUE.into(), QueueDeleteOptions::default())
        .await
        .expect("guest may delete");
    caller.until_consumers(1).await;
    handler.open();
    assert_eq!(id_and_body(&caller.reply().await), ("call-1", "7"));
    // And over the same connection, others are.
    caller.send("8", caller.warren("call-2")).await;
    assert_eq!(id_and_body(&caller.reply().await), ("call-2", "8"));
    assert_eq!(worker.stop().await.served, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_stopped_without_a_queue_stops_at_once() {
    let url = stage("stopped-without-queue");
    let mut worker = Program::worker(&["--amqp", &url, "--drain", "10s"]);
    worker.says("[x] Awaiting RPC requests").await;
    let caller = Caller::connect(&url).await;
    // Its waits are random, and grow: one of seconds is long enough for a signal to come within it.
    within("it waits long enough to be told something", async {
        loop {
            let delete = caller
                .channel
                .queue_delete(QUEUE.into(), QueueDeleteOptions::default());
            delete.await.expect("guest may delete");
            let line = worker.says("declaring it again in").await;
            if !line.ends_with("ms") {
                return;
            }
            worker.says("the queue is there again").await;
        }
    })
    .await;
    worker.signal("TERM");
    let (status, log) = worker.end().await;
    assert_eq!(status.code(), Some(0));
    let log = log.join("\n");
    assert!(!log.contains("left to the broker"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_worker_finishes_what_runs_and_gives_back_the_rest() {
    let url = stage("drain");
    let handler = Gated::shut();
    let mut service = service(&url);
    service.prefetch = at_most(3);
    let worker = Worker::start(service, handler.clone());
    let mut caller = Caller::connect(&url).await;
    caller.send("1", caller.tutorial("1")).await;
    handler
        .reaches("one runs", |state| state.running == 1)
        .await;
    for n in ["2", "3"] {
        caller.send(n, caller.tutorial(n)).await;
    }
    caller.until_waiting(0).await;

    let stopping = worker.begin_stop();
    caller.until_waiting(2).await;
    handler.open();
    assert_eq!(id_and_body(&caller.reply().await), ("1", "1"));
    assert_eq!(stopped(stopping).await.served, 1);
    assert_eq!(handler.state().calls, 1);
    assert_eq!(caller.look_at(QUEUE).await, Some((2, 0)));
}
