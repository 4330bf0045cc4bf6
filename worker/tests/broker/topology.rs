//! What a worker declares, and what it uses as it is.

use lapin::{
    ExchangeKind,
    options::{
        ExchangeDeclareOptions, ExchangeDeleteOptions, QueueDeclareOptions, QueueDeleteOptions,
    },
    types::{AMQPValue, FieldTable},
};
use warren_contract::BOUNCE_EXCHANGE;
use warren_worker::{FibonacciHandler, QueueKind};

use crate::{
    caller::{Caller, id_and_body},
    stage::{QUEUE, Worker, as_worker, service, stage},
};

/// The user `worker` of `definitions.json` needs no more than it is given there.
#[tokio::test(flavor = "multi_thread")]
async fn the_worker_user_may_declare_everything_where_nothing_is() {
    let url = stage("declare-all");
    let mut caller = Caller::connect(&url).await;
    delete_all(&caller).await;
    let as_worker = as_worker("declare-all");
    let worker = Worker::start(service(&as_worker), FibonacciHandler::new(50));
    caller.until_consumers(1).await;

    caller
        .publish(QUEUE, "client-1", "10", caller.warren("call-1"))
        .await;
    assert_eq!(id_and_body(&caller.reply().await), ("call-1", "55"));
    caller.ask().await;
    // Declaring again with other arguments would be refused.
    let durable = ExchangeDeclareOptions {
        durable: true,
        ..Default::default()
    };
    let bounced = arguments("alternate-exchange");
    let exchanges = [
        (BOUNCE_EXCHANGE, ExchangeKind::Direct, FieldTable::default()),
        (QUEUE, ExchangeKind::Fanout, bounced.clone()),
        ("rpc_queue.control", ExchangeKind::Fanout, bounced),
    ];
    for (name, kind, arguments) in exchanges {
        caller
            .channel
            .exchange_declare(name.into(), kind, durable, arguments)
            .await
            .expect("it exists with these very arguments");
    }
    let dead_lettered = arguments("x-dead-letter-exchange");
    caller
        .channel
        .queue_declare(QUEUE.into(), QueueDeclareOptions::durable(), dead_lettered)
        .await
        .expect("it exists with these very arguments");
    assert_eq!(worker.stop().await.served, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_exists_is_used_as_it_is() {
    let url = stage("as-it-is");
    let mut caller = Caller::connect(&url).await;
    delete_all(&caller).await;
    declare_as_tutorials_do(&caller).await;
    let worker = Worker::start(service(&url), FibonacciHandler::new(50));
    caller.until_consumers(1).await;

    caller.send("10", caller.tutorial("tutorial")).await;
    assert_eq!(id_and_body(&caller.reply().await), ("tutorial", "55"));
    caller
        .publish(QUEUE, "client-1", "10", caller.warren("warren"))
        .await;
    assert_eq!(id_and_body(&caller.reply().await), ("warren", "55"));
    declare_as_tutorials_do(&caller).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transient_worker_declares_the_queue_as_tutorials_do() {
    let url = stage("transient");
    let mut caller = Caller::connect(&url).await;
    delete_all(&caller).await;
    let mut service = service(&url);
    service.queue_kind = QueueKind::Tutorial;
    let worker = Worker::start(service, FibonacciHandler::new(50));
    caller.until_consumers(1).await;

    declare_as_tutorials_do(&caller).await;
    caller.send("10", caller.tutorial("tutorial")).await;
    assert_eq!(id_and_body(&caller.reply().await), ("tutorial", "55"));
    caller
        .publish(QUEUE, "client-1", "10", caller.warren("warren"))
        .await;
    assert_eq!(id_and_body(&caller.reply().await), ("warren", "55"));
    caller.ask().await;
    assert_eq!(worker.stop().await.served, 2);
}

/// `channel.queue_declare(queue='rpc_queue')`, which fails if the queue is of another kind.
async fn declare_as_tutorials_do(caller: &Caller) {
    caller
        .channel
        .queue_declare(
            QUEUE.into(),
            QueueDeclareOptions::default(),
            FieldTable::default(),
        )
        .await
        .expect("the queue is not durable and has no arguments");
}

async fn delete_all(caller: &Caller) {
    caller
        .channel
        .queue_delete(QUEUE.into(), QueueDeleteOptions::default())
        .await
        .expect("guest may delete");
    for exchange in [QUEUE, "rpc_queue.control", BOUNCE_EXCHANGE] {
        caller
            .channel
            .exchange_delete(exchange.into(), ExchangeDeleteOptions::default())
            .await
            .expect("guest may delete");
    }
}

fn arguments(key: &str) -> FieldTable {
    let mut arguments = FieldTable::default();
    let value = AMQPValue::LongString(BOUNCE_EXCHANGE.into());
    arguments.insert(key.into(), value);
    arguments
}
