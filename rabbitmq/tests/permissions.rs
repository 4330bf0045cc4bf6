//! What the users of `definitions.json` may do on the broker, and what not.

use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions,
    QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ErrorKind, ExchangeKind};
use warren_rabbitmq::{Node, shared};

/// ACCESS_REFUSED (AMQP 0-9-1, reply codes).
const ACCESS_REFUSED: u16 = 403;

#[derive(Clone, Copy, Debug)]
enum Act {
    /// Publishes to an exchange with a routing key.
    Publish(&'static str, &'static str),
    /// Takes a message from a queue.
    Get(&'static str),
    /// Declares a queue as `definitions.json` has it; an empty name makes an exclusive one.
    DeclareQueue(&'static str),
    /// Declares an exchange as `definitions.json` has it.
    DeclareExchange(&'static str, Kind),
    /// Binds a queue to an exchange.
    Bind(&'static str, &'static str),
    /// Declares an exclusive queue, binds it to an exchange, and takes a message from it.
    Listen(&'static str, &'static str),
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Direct,
    /// With the alternate exchange that all of Warren's fanouts have.
    Fanout,
}

#[tokio::test]
async fn a_worker_may_do_what_serving_needs_and_no_more() {
    check(
        "worker",
        &[
            (Act::DeclareExchange("rpc.bounce", Kind::Direct), true),
            (Act::DeclareExchange("rpc_queue", Kind::Fanout), true),
            (
                Act::DeclareExchange("rpc_queue.control", Kind::Fanout),
                true,
            ),
            (Act::DeclareQueue("rpc_queue"), true),
            (Act::Bind("rpc_queue", "rpc_queue"), true),
            (Act::Listen("", "rpc_queue.control"), true),
            (Act::Get("rpc_queue"), true),
            (Act::Publish("", "any-reply-queue"), true),
            (Act::Publish("amq.topic", "key"), false),
            (Act::Publish("rpc_queue.control", "key"), false),
            (Act::DeclareQueue("another"), false),
            (Act::Listen("", "rpc.bounce"), false),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_page_may_call_and_hear_its_own_answers_and_no_more() {
    check(
        "web",
        &[
            (Act::Publish("rpc_queue", "client-id"), true),
            (Act::Publish("rpc_queue.control", "client-id"), true),
            (Act::DeclareQueue(""), true),
            (Act::Listen("stomp-subscription-1", "rpc.bounce"), true),
            (Act::Publish("", "rpc_queue"), false),
            (Act::Publish("rpc.bounce", "another-client"), false),
            (Act::Publish("amq.topic", "key"), false),
            (Act::Get("rpc_queue"), false),
            (Act::DeclareQueue("rpc_queue"), false),
            (Act::DeclareQueue("another"), false),
            (Act::DeclareExchange("rpc_queue", Kind::Fanout), false),
            (Act::Listen("stomp-subscription-2", "rpc_queue"), false),
            (
                Act::Listen("stomp-subscription-3", "rpc_queue.control"),
                false,
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn nobody_logs_in_as_a_worker_where_definitions_json_is_all_there_is() {
    let definitions = concat!(env!("CARGO_MANIFEST_DIR"), "/definitions.json");
    let settings = format!("load_definitions = {definitions}");
    let node = Node::temporary_with(&settings).expect("a broker");
    let log_in = async |login: &str| {
        let url = node.amqp_url().replace("guest:guest@", login);
        Connection::connect(&url, ConnectionProperties::default()).await
    };
    log_in("web:web@").await.expect("the page's user may");
    for login in ["worker:worker@", "worker:@", "worker:guest@"] {
        let refused = log_in(login).await.expect_err(login);
        assert!(is_refusal(&refused), "{login}: {refused:?}");
    }
}

async fn check(user: &str, cases: &[(Act, bool)]) {
    let node = shared().expect("a broker");
    let vhost = format!("permissions-of-{user}");
    node.add_vhost(&vhost).expect("a virtual host");
    let url = match user {
        "worker" => node.worker_amqp_url_of(&vhost),
        _ => node.amqp_url_of(&vhost).replace("guest:guest@", "web:web@"),
    };
    let connection = Connection::connect(&url, ConnectionProperties::default())
        .await
        .expect("the user may connect");
    for (act, allowed) in cases {
        let channel = connection.create_channel().await.expect("a channel");
        let result = act.perform(&channel).await;
        let refused = result.as_ref().is_err_and(is_refusal);
        assert_eq!(
            (result.is_ok(), refused),
            (*allowed, !allowed),
            "{user}: {act:?}: {result:?}"
        );
    }
}

impl Act {
    async fn perform(self, channel: &Channel) -> lapin::Result<()> {
        match self {
            Self::Publish(exchange, routing_key) => {
                channel
                    .confirm_select(ConfirmSelectOptions::default())
                    .await?;
                channel
                    .basic_publish(
                        exchange.into(),
                        routing_key.into(),
                        BasicPublishOptions::default(),
                        b"30",
                        BasicProperties::default(),
                    )
                    .await?
                    .await
                    .map(|_| ())
            }
            Self::Get(queue) => channel
                .basic_get(queue.into(), BasicGetOptions { no_ack: true })
                .await
                .map(|_| ()),
            Self::DeclareQueue(name) => declare_queue(channel, name).await.map(|_| ()),
            Self::DeclareExchange(name, kind) => {
                let (kind, arguments) = match kind {
                    Kind::Direct => (ExchangeKind::Direct, FieldTable::default()),
                    Kind::Fanout => (ExchangeKind::Fanout, bouncing("alternate-exchange")),
                };
                let options = ExchangeDeclareOptions {
                    durable: true,
                    ..Default::default()
                };
                channel
                    .exchange_declare(name.into(), kind, options, arguments)
                    .await
            }
            Self::Bind(queue, exchange) => bind(channel, queue, exchange).await,
            Self::Listen(queue, exchange) => {
                let queue = declare_queue(channel, queue).await?;
                bind(channel, &queue, exchange).await?;
                channel
                    .basic_get(queue.as_str().into(), BasicGetOptions { no_ack: true })
                    .await
                    .map(|_| ())
            }
        }
    }
}

async fn declare_queue(channel: &Channel, name: &str) -> lapin::Result<String> {
    let service = name == "rpc_queue";
    let options = QueueDeclareOptions {
        durable: service,
        exclusive: !service,
        auto_delete: !service,
        ..Default::default()
    };
    let arguments = if service {
        bouncing("x-dead-letter-exchange")
    } else {
        FieldTable::default()
    };
    let queue = channel
        .queue_declare(name.into(), options, arguments)
        .await?;
    Ok(queue.name().to_string())
}

async fn bind(channel: &Channel, queue: &str, exchange: &str) -> lapin::Result<()> {
    channel
        .queue_bind(
            queue.into(),
            exchange.into(),
            "client-id".into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
}

/// Arguments with the one that leads to the exchange for what could not be served.
fn bouncing(argument: &str) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert(argument.into(), AMQPValue::LongString("rpc.bounce".into()));
    arguments
}

fn is_refusal(error: &lapin::Error) -> bool {
    match error.kind() {
        ErrorKind::ProtocolError(error) => error.get_id() == ACCESS_REFUSED,
        _ => false,
    }
}
