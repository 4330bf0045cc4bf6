//! `worker` over AMQP.

use lapin::{Connection, ConnectionProperties};
use warren_rabbitmq::Node;

use crate::act::{
    Act, Kind, Outcome,
    Outcome::{Allowed, Refused},
    check, check_in,
};
use crate::{BOUNCES, CONTROL, SERVICE, stage};

#[tokio::test]
async fn a_worker_may_do_what_serving_needs_and_no_more() {
    let cases = [
        (Act::DeclareExchange(BOUNCES, Kind::Direct), Allowed),
        (Act::DeclareExchange(SERVICE, Kind::Fanout), Allowed),
        (Act::DeclareExchange(CONTROL, Kind::Fanout), Allowed),
        (Act::DeclareQueue(SERVICE), Allowed),
        (Act::Bind(SERVICE, SERVICE), Allowed),
        (Act::Listen("", CONTROL), Allowed),
        (Act::Get(SERVICE), Allowed),
        (Act::Publish("", "any-reply-queue"), Allowed),
        (Act::Publish("amq.topic", "key"), Refused),
        (Act::Publish(CONTROL, "key"), Refused),
        (Act::DeclareQueue("another"), Refused),
        (Act::Listen("", BOUNCES), Refused),
    ];
    check("worker", "worker-permissions", &cases).await;
}

#[tokio::test]
async fn nobody_logs_in_as_a_worker_where_definitions_json_is_all_there_is() {
    let definitions = concat!(env!("CARGO_MANIFEST_DIR"), "/definitions.json");
    let settings = format!("load_definitions = {definitions}");
    let node = Node::temporary_with(&settings).expect("a broker");
    let log_in = async |login: &str| {
        let url = node.amqp_url().replace("guest:guest@", login);
        let connected = Connection::connect(&url, ConnectionProperties::default()).await;
        Outcome::of(&connected.map(|_| ()))
    };
    assert_eq!(log_in("web:web@").await, Allowed);
    for login in ["worker:worker@", "worker:@", "worker:guest@"] {
        assert_eq!(log_in(login).await, Refused, "{login}");
    }
}

/// Whoever runs a worker is trusted with its service, and with what the queues beside it take.
#[tokio::test]
async fn a_worker_may_write_to_every_queue_and_delete_its_service() {
    let vhost = "worker-trust";
    stage(vhost);
    let orders = [(Act::DeclareLasting("orders", "classic"), Allowed)];
    check_in("guest", vhost, &orders).await;
    let cases = [
        (Act::Publish("", "orders"), Allowed),
        (Act::Get("orders"), Refused),
        (Act::DeleteQueue("orders"), Refused),
        (Act::BindExchange(SERVICE, BOUNCES), Refused),
        (Act::DeleteQueue(SERVICE), Allowed),
        (Act::DeleteExchange(CONTROL), Allowed),
    ];
    check_in("worker", vhost, &cases).await;
}
