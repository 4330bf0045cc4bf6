//! What a user can try over AMQP.

use lapin::options::{
    BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions,
    ExchangeBindOptions, ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions,
    QueueDeclareOptions, QueueDeleteOptions, QueuePurgeOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, ErrorKind, ExchangeKind};

use crate::{BOUNCES, SERVICE, connect, stage};

/// What the broker says (AMQP 0-9-1, reply codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Allowed,
    /// ACCESS_REFUSED.
    Refused,
    /// RESOURCE_LOCKED: it is another connection's.
    Locked,
    /// PRECONDITION_FAILED.
    Impossible,
    /// Any other reply code.
    Code(u16),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Act<'a> {
    /// Publishes to an exchange with a routing key.
    Publish(&'a str, &'a str),
    /// Publishes to the service, and says that it is this user.
    PublishAs(&'a str),
    /// Takes a message from a queue.
    Get(&'a str),
    Consume(&'a str),
    Purge(&'a str),
    /// Asks how many messages and consumers a queue has.
    LookAt(&'a str),
    /// Declares a queue as `definitions.json` has it; an empty name makes an exclusive one.
    DeclareQueue(&'a str),
    /// Declares a durable queue of this type.
    DeclareLasting(&'a str, &'a str),
    /// Declares an exclusive queue with one argument.
    DeclareWith(&'a str, &'a str),
    DeleteQueue(&'a str),
    /// Declares an exchange as `definitions.json` has it.
    DeclareExchange(&'a str, Kind),
    DeleteExchange(&'a str),
    /// Binds a queue to an exchange.
    Bind(&'a str, &'a str),
    /// Binds the first exchange, as the destination, to the second.
    BindExchange(&'a str, &'a str),
    /// Takes the binding of a queue to an exchange away.
    Unbind(&'a str, &'a str),
    /// Declares an exclusive queue, binds it to an exchange, and takes a message from it.
    Listen(&'a str, &'a str),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Direct,
    Topic,
    /// With the alternate exchange that all of Warren's fanouts have.
    Fanout,
}

/// Tries all of it as `user`, in a virtual host of its own.
pub(crate) async fn check(user: &str, vhost: &str, cases: &[(Act<'_>, Outcome)]) {
    stage(vhost);
    check_in(user, vhost, cases).await;
}

/// Tries all of it as `user`.
pub(crate) async fn check_in(user: &str, vhost: &str, cases: &[(Act<'_>, Outcome)]) {
    let connection = connect(user, vhost).await.expect("the user may connect");
    for (act, expected) in cases {
        let channel = connection.create_channel().await.expect("a channel");
        let result = act.perform(&channel).await;
        assert_eq!(
            Outcome::of(&result),
            *expected,
            "{user}: {act:?}: {result:?}"
        );
    }
}

impl Outcome {
    pub(crate) fn of(result: &lapin::Result<()>) -> Self {
        match result.as_ref().map_err(lapin::Error::kind) {
            Ok(()) => Self::Allowed,
            Err(ErrorKind::ProtocolError(error)) => match error.get_id() {
                403 => Self::Refused,
                405 => Self::Locked,
                406 => Self::Impossible,
                code => Self::Code(code),
            },
            Err(error) => panic!("the broker said nothing: {error:?}"),
        }
    }
}

impl Act<'_> {
    async fn perform(self, channel: &Channel) -> lapin::Result<()> {
        match self {
            Self::Publish(exchange, routing_key) => {
                publish(channel, exchange, routing_key, BasicProperties::default()).await
            }
            Self::PublishAs(user) => {
                let properties = BasicProperties::default().with_user_id(user.into());
                publish(channel, SERVICE, "key", properties).await
            }
            Self::Get(queue) => get(channel, queue).await,
            Self::Consume(queue) => channel
                .basic_consume(
                    queue.into(),
                    "".into(),
                    BasicConsumeOptions::default(),
                    FieldTable::default(),
                )
                .await
                .map(|_| ()),
            Self::Purge(queue) => channel
                .queue_purge(queue.into(), QueuePurgeOptions::default())
                .await
                .map(|_| ()),
            Self::LookAt(queue) => channel
                .queue_declare(
                    queue.into(),
                    QueueDeclareOptions::default().passive(),
                    FieldTable::default(),
                )
                .await
                .map(|_| ()),
            Self::DeclareQueue(name) => declare_queue(channel, name).await.map(|_| ()),
            Self::DeclareLasting(name, kind) => channel
                .queue_declare(
                    name.into(),
                    QueueDeclareOptions::durable(),
                    argument("x-queue-type", kind),
                )
                .await
                .map(|_| ()),
            Self::DeclareWith(key, value) => channel
                .queue_declare("".into(), exclusive(), argument(key, value))
                .await
                .map(|_| ()),
            Self::DeleteQueue(name) => channel
                .queue_delete(name.into(), QueueDeleteOptions::default())
                .await
                .map(|_| ()),
            Self::DeclareExchange(name, kind) => declare_exchange(channel, name, kind).await,
            Self::DeleteExchange(name) => {
                let options = ExchangeDeleteOptions::default();
                channel.exchange_delete(name.into(), options).await
            }
            Self::Bind(queue, exchange) => bind(channel, queue, exchange, "client-id").await,
            Self::BindExchange(destination, source) => {
                channel
                    .exchange_bind(
                        destination.into(),
                        source.into(),
                        "client-id".into(),
                        ExchangeBindOptions::default(),
                        FieldTable::default(),
                    )
                    .await
            }
            Self::Unbind(queue, exchange) => {
                let none = FieldTable::default();
                channel
                    .queue_unbind(queue.into(), exchange.into(), "".into(), none)
                    .await
            }
            Self::Listen(queue, exchange) => {
                let queue = declare_queue(channel, queue).await?;
                bind(channel, &queue, exchange, "client-id").await?;
                get(channel, &queue).await
            }
        }
    }
}

/// Publishes, and waits until the broker has it.
pub(crate) async fn publish(
    channel: &Channel,
    exchange: &str,
    routing_key: &str,
    properties: BasicProperties,
) -> lapin::Result<()> {
    let confirms = ConfirmSelectOptions::default();
    channel.confirm_select(confirms).await?;
    let options = BasicPublishOptions::default();
    let published = channel.basic_publish(
        exchange.into(),
        routing_key.into(),
        options,
        b"30",
        properties,
    );
    published.await?.await.map(|_| ())
}

async fn get(channel: &Channel, queue: &str) -> lapin::Result<()> {
    let options = BasicGetOptions { no_ack: true };
    channel.basic_get(queue.into(), options).await.map(|_| ())
}

/// Declares a queue as `definitions.json` has it; one of another name is exclusive.
pub(crate) async fn declare_queue(channel: &Channel, name: &str) -> lapin::Result<String> {
    let service = name == SERVICE;
    let (options, arguments) = if service {
        let bounced = argument("x-dead-letter-exchange", BOUNCES);
        (QueueDeclareOptions::durable(), bounced)
    } else {
        (exclusive(), FieldTable::default())
    };
    let queue = channel
        .queue_declare(name.into(), options, arguments)
        .await?;
    Ok(queue.name().to_string())
}

fn exclusive() -> QueueDeclareOptions {
    QueueDeclareOptions {
        exclusive: true,
        auto_delete: true,
        ..Default::default()
    }
}

async fn declare_exchange(channel: &Channel, name: &str, kind: Kind) -> lapin::Result<()> {
    let (kind, arguments) = match kind {
        Kind::Direct => (ExchangeKind::Direct, FieldTable::default()),
        Kind::Topic => (ExchangeKind::Topic, FieldTable::default()),
        Kind::Fanout => (
            ExchangeKind::Fanout,
            argument("alternate-exchange", BOUNCES),
        ),
    };
    let options = ExchangeDeclareOptions {
        durable: true,
        ..Default::default()
    };
    channel
        .exchange_declare(name.into(), kind, options, arguments)
        .await
}

pub(crate) async fn bind(
    channel: &Channel,
    queue: &str,
    exchange: &str,
    key: &str,
) -> lapin::Result<()> {
    channel
        .queue_bind(
            queue.into(),
            exchange.into(),
            key.into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
}

fn argument(key: &str, value: &str) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert(key.into(), AMQPValue::LongString(value.into()));
    arguments
}
