//! Services of several procedures and queues, what they know of their callers, and what must not be
//! done twice.

use std::{collections::BTreeMap, future::pending};

use lapin::types::{AMQPValue, FieldTable};
use warren_contract::{Fault, Procedure};
use warren_rabbitmq::Proxy;
use warren_worker::{Context, Service};

use crate::{
    caller::{Caller, id_and_body, kind},
    stage::{QUEUE, Worker, stage, until},
};

enum Greet {}

impl Procedure for Greet {
    const NAME: &'static str = "greet";
    const IDEMPOTENT: bool = true;
    type Request = String;
    type Response = String;
}

/// What a handler is told of its caller: its headers, its user and whether it has a deadline.
enum WhoAsks {}

impl Procedure for WhoAsks {
    const NAME: &'static str = "who-asks";
    const IDEMPOTENT: bool = true;
    type Request = ();
    type Response = (BTreeMap<String, String>, Option<String>, bool);
}

/// Never comes to its end.
enum Transfer {}

impl Procedure for Transfer {
    const NAME: &'static str = "transfer";
    const IDEMPOTENT: bool = false;
    type Request = u64;
    type Response = u64;
}

fn greeter(queue: &str, greeting: &'static str) -> Service {
    Service::new(queue).function::<Greet>(move |name, _| Ok(format!("{greeting}, {name}")))
}

async fn who_asks((): (), context: Context) -> Result<<WhoAsks as Procedure>::Response, Fault> {
    let headers = context.headers();
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok((
        headers.collect(),
        context.user_id().map(str::to_owned),
        context.deadline().is_some(),
    ))
}

fn worker(url: &str) -> warren_worker::Worker {
    warren_worker::Worker::new(url.parse().expect("the node's address is valid"))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_worker_serves_several_procedures_on_several_queues() {
    let url = stage("services");
    let services = [
        greeter(QUEUE, "Hello").async_function::<WhoAsks, _>(who_asks),
        greeter("others", "Hi"),
    ];
    let worker = Worker::serve(worker(&url), services);
    let mut caller = Caller::connect(&url).await;
    caller.until_consumers(1).await;
    until("the other queue is served, too", async || {
        matches!(caller.look_at("others").await, Some((_, 1)))
    })
    .await;

    let greet = |id| caller.warren(id).with_type("greet".into());
    caller.publish("", QUEUE, r#""Ada""#, greet("1")).await;
    let reply = caller.reply().await;
    assert_eq!(id_and_body(&reply), ("1", r#""Hello, Ada""#));
    let greet = caller.warren("2").with_type("greet".into());
    caller.publish("others", "", r#""Ada""#, greet).await;
    let reply = caller.reply().await;
    assert_eq!(id_and_body(&reply), ("2", r#""Hi, Ada""#));

    let mut headers = FieldTable::default();
    headers.insert("traceparent".into(), AMQPValue::LongString("00-1".into()));
    headers.insert("x-lane".into(), AMQPValue::LongInt(-7));
    headers.insert(
        "x-nested".into(),
        AMQPValue::FieldTable(FieldTable::default()),
    );
    let who = caller.warren("3").with_type("who-asks".into());
    let who = who.with_headers(headers).with_user_id("guest".into());
    let who = who.with_expiration("60000".into());
    caller.publish("", QUEUE, "null", who).await;
    let expected = r#"[{"traceparent":"00-1","x-lane":"-7"},"guest",true]"#;
    assert_eq!(id_and_body(&caller.reply().await), ("3", expected));

    let pong = caller.ask().await;
    let served: Vec<_> = pong.procedures.iter().map(|served| &served.name).collect();
    assert_eq!(served, ["greet", "who-asks"]);
    assert_eq!(worker.stop().await.served, 3);
}

/// The first worker has begun it, and is lost; nobody knows how far it came.
#[tokio::test(flavor = "multi_thread")]
async fn what_must_not_be_done_twice_is_not_done_by_the_next_worker() {
    let url = stage("transfers");
    let broker = warren_rabbitmq::shared().expect("RabbitMQ starts").ports();
    let proxy = Proxy::to(broker.amqp).expect("a port is free");
    let transfers =
        || Service::new(QUEUE).async_function::<Transfer, _>(async |_, _| pending().await);
    let lost = Worker::serve(worker(&proxy.instead_of_target(&url)), [transfers()]);
    let mut caller = Caller::connect(&url).await;
    let transfer = caller.warren("1").with_type("transfer".into());
    caller.until_consumers(1).await;
    caller.send("100", transfer).await;
    caller.until_waiting(0).await;
    let next = Worker::serve(worker(&url), [transfers()]);
    caller.until_consumers(2).await;
    drop(proxy);

    let reply = caller.reply().await;
    assert_eq!(kind(&reply), "fault");
    let (id, body) = id_and_body(&reply);
    assert_eq!(id, "1");
    let fault = Fault::from_json(body.as_bytes()).expect("it is a fault");
    assert_eq!(fault.code, warren_contract::Code::Unavailable);
    assert!(fault.message.contains("its outcome is unknown"), "{fault}");
    let tally = next.stop().await;
    assert_eq!((tally.computed, tally.faulted), (0, 1));
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "it is acked");
    drop(lost);
}
