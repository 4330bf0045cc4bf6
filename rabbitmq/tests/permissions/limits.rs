//! How much of everything `web` may have.

use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, ErrorKind};
use serde_json::json;
use tokio::time::sleep;

use crate::management::{GUEST, known, put};
use crate::{SERVICE, channel, stage, within};

/// What the definitions allow, and `rabbitmq.conf`.
const CONNECTIONS: u32 = 5_000;
const CHANNELS: u32 = 5_000;
const CONNECTIONS_OF_ALL: u32 = 6_000;
const QUEUES_OF_ALL: u32 = 12_000;
const MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// How often a queue is looked at.
const POLL: Duration = Duration::from_millis(50);

/// Each version of RabbitMQ takes them from the definitions, for further virtual hosts, too.
#[test]
fn connections_channels_and_queues_are_limited() {
    let vhost = "counted";
    stage(vhost);
    let expected = json!({ "max-connections": CONNECTIONS, "max-channels": CHANNELS });
    assert_eq!(known("user-limits/web")[0]["value"], expected);
    let expected = json!({ "max-connections": CONNECTIONS_OF_ALL, "max-queues": QUEUES_OF_ALL });
    for vhost in [vhost, "%2f"] {
        let limits = known(&format!("vhost-limits/{vhost}"));
        assert_eq!(limits[0]["value"], expected, "{vhost}");
    }
}

/// What is in a queue that somebody filled does not stay longer than anybody waits.
#[test]
fn the_services_queue_is_limited_in_length_bytes_and_age() {
    let policies = known("policies/%2f");
    let policies = policies.as_array().expect("a list");
    let of_service: Vec<_> = policies
        .iter()
        .filter(|policy| policy["pattern"] == "^rpc_queue$")
        .map(|policy| &policy["definition"])
        .collect();
    assert_eq!(of_service.len(), 2, "one is for quorum queues");
    for definition in of_service {
        assert_eq!(definition["max-length"], 10_000);
        assert_eq!(definition["max-length-bytes"], 256 * 1024 * 1024);
        // As long as the longest deadline of a client, a day.
        assert_eq!(definition["message-ttl"], 24 * 60 * 60 * 1000);
    }
}

/// Over AMQP, such a queue may be declared so that it outlives its connection.
#[tokio::test]
async fn a_temporary_queue_holds_so_much_and_goes_when_nobody_uses_it() {
    let vhost = "unused";
    stage(vhost);
    let mut policy = known(&format!("policies/{vhost}/temporary"));
    let expected = json!({
        "max-length": 100_000,
        "max-length-bytes": 64 * 1024 * 1024,
        "message-ttl": 600_000,
        "expires": 300_000,
    });
    assert_eq!(policy["definition"], expected);

    policy["definition"]["expires"] = json!(1);
    put(&format!("policies/{vhost}/temporary"), GUEST, &policy);
    let (web, left) = channel("web", vhost).await;
    let lasting = QueueDeclareOptions::durable();
    let queue = left
        .queue_declare("".into(), lasting, FieldTable::default())
        .await
        .expect("web may declare");
    let gone = async {
        loop {
            let channel = web.create_channel().await.expect("a channel");
            let passive = QueueDeclareOptions::default().passive();
            let name = queue.name().clone();
            let looked = channel.queue_declare(name, passive, FieldTable::default());
            if looked.await.is_err() {
                return;
            }
            // To look at it is no use.
            sleep(POLL).await;
        }
    };
    within("the queue goes", gone).await;
}

/// PRECONDITION_FAILED (AMQP 0-9-1, reply codes).
const PRECONDITION_FAILED: u16 = 406;

#[tokio::test]
async fn a_message_has_a_largest_size() {
    let vhost = "large";
    stage(vhost);
    for (bytes, taken) in [(MESSAGE_BYTES, true), (MESSAGE_BYTES + 1, false)] {
        let (_web, channel) = channel("web", vhost).await;
        let confirms = ConfirmSelectOptions::default();
        channel.confirm_select(confirms).await.expect("a channel");
        let body = vec![b'0'; bytes];
        let published = async {
            let options = BasicPublishOptions::default();
            let properties = BasicProperties::default();
            let (exchange, key) = (SERVICE.into(), "client-id".into());
            let confirm = channel.basic_publish(exchange, key, options, &body, properties);
            confirm.await?.await
        };
        let published = within("the broker says yes or no", published).await;
        let refused = match published.as_ref().map_err(lapin::Error::kind) {
            Ok(confirmation) => !confirmation.is_ack(),
            Err(ErrorKind::ProtocolError(error)) => error.get_id() == PRECONDITION_FAILED,
            Err(error) => panic!("{bytes}: {error:?}"),
        };
        assert_eq!(!refused, taken, "{bytes}: {published:?}");
    }
}
