//! Callers who mean no good, over AMQP, as the user whose passcode is in the page: what they can make
//! a worker do, and what bounds it.

use std::num::NonZeroU32;

use lapin::{
    BasicProperties, Connection, ConnectionProperties,
    options::{BasicGetOptions, ExchangeBindOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};
use warren_contract::{BOUNCE_EXCHANGE, MessageType};
use warren_worker::{FibonacciHandler, Monitor, ReplyQueues, Service, Worker as WorkerSetting};

use crate::{
    caller::{CLIENT, CONTROL, Caller, id_and_body, kind, next},
    stage::{QUEUE, Worker, service, stage, until},
};

/// The same virtual host for the page's user.
fn as_web(url: &str) -> String {
    url.replacen("guest:guest", "web:web", 1)
}

/// A worker that has been told nothing else than where the broker is.
fn setting(url: &str) -> WorkerSetting {
    WorkerSetting::new(url.parse().expect("the node's address is valid"))
}

fn fibonacci() -> Service {
    Service::new(QUEUE).handler(FibonacciHandler::new(50))
}

/// A queue of this name, which is not a caller's.
async fn others_queue(url: &str, name: &str) -> Connection {
    let connection = Connection::connect(url, ConnectionProperties::default())
        .await
        .expect("the broker runs");
    let channel = connection.create_channel().await.expect("a channel");
    let options = QueueDeclareOptions::durable();
    channel
        .queue_declare(name.into(), options, FieldTable::default())
        .await
        .expect("guest may declare");
    connection
}

/// The worker may publish to every queue, and its callers may not.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_writes_to_no_queue_that_is_not_a_callers() {
    let url = stage("others-queues");
    let connection = others_queue(&url, "orders").await;
    let worker = Worker::start(service(&url), FibonacciHandler::new(50));
    let mut caller = Caller::connect(&as_web(&url)).await;
    caller.until_consumers(1).await;
    let mut bounces = caller.bounces(CLIENT).await;
    for (id, reply_to) in [("1", "orders"), ("2", QUEUE), ("3", CONTROL), ("4", "")] {
        let request = caller.warren(id).with_reply_to(reply_to.into());
        let ping = request.clone().with_type("ping".into());
        caller.publish(CONTROL, CLIENT, "", ping).await;
        caller.publish(QUEUE, CLIENT, "10", request).await;
        let bounce = next(&mut bounces).await;
        assert_eq!(id_and_body(&bounce), (id, "10"), "it is not computed");
    }
    assert_eq!(caller.ask().await.served, 0);
    let channel = connection.create_channel().await.expect("a channel");
    let got = channel.basic_get("orders".into(), BasicGetOptions { no_ack: true });
    assert!(got.await.expect("guest may read").is_none());
    let tally = worker.stop().await;
    assert_eq!((tally.unanswerable, tally.computed), (4, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_writes_to_any_queue_if_it_is_told_to() {
    let url = stage("any-queue");
    let connection = others_queue(&url, "orders").await;
    let mut setting = setting(&url);
    setting.reply_queues = ReplyQueues::Any;
    let worker = Worker::serve(setting, [fibonacci()]);
    let caller = Caller::connect(&url).await;
    let request = caller.warren("1").with_reply_to("orders".into());
    caller.publish(QUEUE, CLIENT, "10", request).await;
    let channel = connection.create_channel().await.expect("a channel");
    until("the reply is there", async || {
        let got = channel.basic_get("orders".into(), BasicGetOptions { no_ack: true });
        got.await.expect("guest may read").is_some()
    })
    .await;
    assert_eq!(worker.stop().await.served, 1);
}

/// Whoever may publish to a service, and read what bounces to it, may bind the one to the other over
/// AMQP, so that what the worker gives up comes back to it.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_answered_does_not_go_round_and_round() {
    let url = stage("loops");
    let worker = Worker::start(service(&url), FibonacciHandler::new(50));
    let mut caller = Caller::connect(&as_web(&url)).await;
    caller.until_consumers(1).await;
    caller
        .channel
        .queue_bind(
            QUEUE.into(),
            BOUNCE_EXCHANGE.into(),
            CLIENT.into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
        .expect("web may bind it");
    for exchange in [QUEUE, CONTROL] {
        caller
            .channel
            .exchange_bind(
                exchange.into(),
                BOUNCE_EXCHANGE.into(),
                "another-key".into(),
                ExchangeBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .expect("web may bind it");
    }
    let mut bounces = caller.bounces(CLIENT).await;
    for key in [CLIENT, "another-key"] {
        let unanswerable = BasicProperties::default().with_correlation_id(key.into());
        caller.publish(QUEUE, key, "10", unanswerable).await;
    }
    assert_eq!(id_and_body(&next(&mut bounces).await).0, CLIENT);
    // What has come back is in the queue, before this.
    for id in ["first", "last"] {
        let request = caller.warren(id);
        caller.publish(QUEUE, "some-key", "10", request).await;
        assert_eq!(id_and_body(&caller.reply().await), (id, "55"));
    }
    caller.until_waiting(0).await;
    let tally = worker.stop().await;
    assert_eq!((tally.unanswerable, tally.served), (4, 2));
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)));
}

/// What dies in a queue of the caller's own can go to the service, which the caller may publish to,
/// and what bounces can go to that queue.
#[tokio::test(flavor = "multi_thread")]
async fn replies_that_are_made_requests_do_not_go_round_and_round() {
    let url = stage("replies-as-requests");
    let setting = setting(&url);
    let monitor = setting.monitor.clone();
    let worker = Worker::serve(setting, [fibonacci()]);
    let mut caller = Caller::connect(&as_web(&url)).await;
    caller.until_consumers(1).await;
    let mut arguments = FieldTable::default();
    let exchange = AMQPValue::LongString(QUEUE.into());
    arguments.insert("x-dead-letter-exchange".into(), exchange);
    arguments.insert("x-message-ttl".into(), AMQPValue::LongInt(0));
    let reply_to = caller.declare(arguments).await;
    caller
        .channel
        .queue_bind(
            reply_to.clone(),
            BOUNCE_EXCHANGE.into(),
            reply_to.clone(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
        .expect("web may bind a queue of its own");
    let request = caller.warren("call").with_reply_to(reply_to);
    caller.publish(QUEUE, CLIENT, "10", request).await;
    let labels = r#"requests_total{queue="rpc_queue",procedure="unknown",outcome="unanswerable"}"#;
    until("the reply came as a request", async || {
        count(&monitor, labels) > 0
    })
    .await;
    for id in ["first", "last"] {
        caller.publish(QUEUE, CLIENT, "10", caller.warren(id)).await;
        assert_eq!(id_and_body(&caller.reply().await), (id, "55"));
    }
    let tally = worker.stop().await;
    assert_eq!((tally.served, tally.unanswerable), (3, 1));
}

/// Every worker answers every ping, to wherever it says.
#[tokio::test(flavor = "multi_thread")]
async fn no_flood_of_pings_makes_a_worker_talk_more_than_it_may() {
    const PONGS: u32 = 5;
    const PINGS: u32 = 500;
    let url = stage("pings-flood");
    let mut setting = setting(&url);
    setting.limits.pongs_per_second = NonZeroU32::new(PONGS).expect("not zero");
    let monitor = setting.monitor.clone();
    let worker = Worker::serve(setting, [fibonacci()]);
    let mut caller = Caller::connect(&as_web(&url)).await;
    caller.until_consumers(1).await;
    let began = std::time::Instant::now();
    for number in 0..PINGS {
        caller.ping(&number.to_string()).await;
    }
    let mut answered = 0;
    until("all pings are counted", async || {
        answered = pings(&monitor, "answered");
        answered + pings(&monitor, "dropped") == PINGS
    })
    .await;
    let seconds = began.elapsed().as_secs_f64();
    let allowed = f64::from(PONGS) * (1.0 + seconds);
    assert!(f64::from(answered) <= allowed, "{answered} in {seconds} s");
    for _ in 0..answered {
        assert_eq!(kind(&caller.reply().await), MessageType::Pong.as_str());
    }

    // Those who call are served meanwhile, and those who ask a little later are answered.
    let request = caller.warren("call");
    caller.publish(QUEUE, CLIENT, "10", request).await;
    assert_eq!(id_and_body(&caller.reply().await), ("call", "55"));
    until("a ping is answered", async || {
        caller.ping("later").await;
        pings(&monitor, "answered") > answered
    })
    .await;
    assert_eq!(id_and_body(&caller.reply().await).0, "later");
    worker.stop().await;
}

/// How many pings were answered, or dropped.
fn pings(monitor: &Monitor, outcome: &str) -> u32 {
    let labels = format!(r#"pings_total{{queue="{QUEUE}",outcome="{outcome}"}}"#);
    count(monitor, &labels)
}

fn count(monitor: &Monitor, labels: &str) -> u32 {
    let text = monitor.metrics();
    let sample = format!("warren_worker_{labels} ");
    let counted = text.lines().find_map(|line| line.strip_prefix(&*sample));
    // There is none before it serves.
    counted.map_or(0, |counted| counted.parse().expect("a number"))
}
