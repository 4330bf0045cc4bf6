//! The policies of `definitions.json`, as far as no caller needs to be there to see them.

use std::time::Duration;

use lapin::message::Delivery;
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, BasicRejectOptions, QueueBindOptions,
    QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use tokio::time::{sleep, timeout};
use warren_rabbitmq::shared;

/// One more than the policy's `delivery-limit`, which counts what follows the first delivery.
const LAST_DELIVERY: usize = 6;

/// Whoever waits for something that will happen waits no longer than this.
const LIMIT: Duration = Duration::from_secs(60);

/// How often a queue is looked at.
const POLL: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_quorum_queue_bounces_what_always_comes_back() {
    let channel = channel("always-comes-back").await;
    channel
        .queue_delete("rpc_queue".into(), QueueDeleteOptions::default())
        .await
        .expect("guest may delete");
    let durable = QueueDeclareOptions {
        durable: true,
        ..Default::default()
    };
    let arguments = [
        ("x-queue-type", "quorum"),
        ("x-dead-letter-exchange", "rpc.bounce"),
    ];
    let mut table = FieldTable::default();
    for (key, value) in arguments {
        table.insert(key.into(), AMQPValue::LongString(value.into()));
    }
    channel
        .queue_declare("rpc_queue".into(), durable, table)
        .await
        .expect("guest may declare");
    let own = QueueDeclareOptions {
        exclusive: true,
        ..Default::default()
    };
    let bounced = channel
        .queue_declare("".into(), own, FieldTable::default())
        .await
        .expect("guest may declare");
    let bounced = bounced.name().as_str();
    channel
        .queue_bind(
            bounced.into(),
            "rpc.bounce".into(),
            "rpc_queue".into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
        .expect("guest may bind");
    channel
        .basic_publish(
            "".into(),
            "rpc_queue".into(),
            BasicPublishOptions::default(),
            b"poison",
            BasicProperties::default(),
        )
        .await
        .expect("guest may publish");

    for _ in 0..LAST_DELIVERY {
        let request = next(&channel, "rpc_queue").await;
        let requeue = BasicRejectOptions { requeue: true };
        request.reject(requeue).await.expect("it is ours");
    }
    let given_up = next(&channel, bounced).await;
    assert_eq!(given_up.data, b"poison");
    let headers = given_up.properties.headers().as_ref().expect("headers");
    assert_eq!(
        headers.inner().get("x-first-death-reason"),
        Some(&AMQPValue::LongString("delivery_limit".into()))
    );
}

async fn channel(vhost: &str) -> Channel {
    let node = shared().expect("a broker");
    node.add_vhost(vhost).expect("a virtual host");
    Connection::connect(&node.amqp_url_of(vhost), ConnectionProperties::default())
        .await
        .expect("guest may connect")
        .create_channel()
        .await
        .expect("a channel")
}

/// The next message in the queue.
async fn next(channel: &Channel, queue: &str) -> Delivery {
    let coming = async {
        loop {
            let got = channel.basic_get(queue.into(), BasicGetOptions::default());
            match got.await.expect("guest may read") {
                Some(message) => return message.delivery,
                None => sleep(POLL).await,
            }
        }
    };
    timeout(LIMIT, coming)
        .await
        .unwrap_or_else(|_| panic!("no message in {queue} within {LIMIT:?}"))
}
