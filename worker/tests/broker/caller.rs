//! A client that sees everything of a reply.

use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Consumer,
    message::Delivery,
    options::{
        BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, QueueBindOptions,
        QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable, ShortString},
};
use warren_contract::{BOUNCE_EXCHANGE, Pong};

use crate::stage::{QUEUE, until, within};

/// The exchange for what is said to all workers.
pub(crate) const CONTROL: &str = "rpc_queue.control";

/// The routing key of what this caller says to all workers.
pub(crate) const CLIENT: &str = "client-1";

pub(crate) struct Caller {
    pub(crate) channel: Channel,
    pub(crate) reply_queue: ShortString,
    replies: Consumer,
    connection: Connection,
}

impl Caller {
    /// Connects, with a reply queue of its own.
    pub(crate) async fn connect(url: &str) -> Self {
        let connecting = Connection::connect(url, ConnectionProperties::default());
        let connection = within("the caller connects", connecting)
            .await
            .expect("the broker runs");
        let channel = connection
            .create_channel()
            .await
            .expect("channels are left");
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await
            .expect("confirms are known");
        let reply_queue = declare(&channel, FieldTable::default()).await;
        let replies = consume(&channel, &reply_queue).await;
        Self {
            channel,
            reply_queue,
            replies,
            connection,
        }
    }

    /// What a Warren client sends beside the body.
    pub(crate) fn warren(&self, correlation_id: &str) -> BasicProperties {
        self.tutorial(correlation_id)
            .with_content_type("application/json".into())
            .with_type("fibonacci".into())
    }

    /// What a Warren client sends that wants to be told of its progress.
    pub(crate) fn asking(&self, correlation_id: &str, every_ms: i32) -> BasicProperties {
        let mut headers = FieldTable::default();
        headers.insert("x-progress-ms".into(), AMQPValue::LongInt(every_ms));
        self.warren(correlation_id).with_headers(headers)
    }

    /// What the client of the tutorials sends beside the body.
    pub(crate) fn tutorial(&self, correlation_id: &str) -> BasicProperties {
        BasicProperties::default()
            .with_reply_to(self.reply_queue.clone())
            .with_correlation_id(correlation_id.into())
    }

    /// A queue of the caller's own, beside the one for replies.
    pub(crate) async fn declare(&self, arguments: FieldTable) -> ShortString {
        declare(&self.channel, arguments).await
    }

    /// What comes back of what is published with this routing key.
    pub(crate) async fn bounces(&self, routing_key: &str) -> Consumer {
        let queue = self.declare(FieldTable::default()).await;
        self.channel
            .queue_bind(
                queue.clone(),
                BOUNCE_EXCHANGE.into(),
                routing_key.into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .expect("guest may bind");
        consume(&self.channel, &queue).await
    }

    /// Asks all workers who they are.
    pub(crate) async fn ping(&self, correlation_id: &str) {
        let ping = self.warren(correlation_id).with_type("ping".into());
        self.publish(CONTROL, CLIENT, "", ping).await;
    }

    /// Asks the one worker, which must be there already, who it is. Nothing but pongs may be on
    /// the way to this caller.
    pub(crate) async fn ask(&mut self) -> Pong {
        self.ping("ping").await;
        read_pong(&self.reply().await)
    }

    /// Tells all workers that a call is given up.
    pub(crate) async fn give_up(&self, correlation_id: &str) {
        let cancel = self.warren(correlation_id).with_type("cancel".into());
        self.publish(CONTROL, CLIENT, "", cancel).await;
    }

    /// Tells all workers that a call is given up, and waits until the one worker has heard it.
    pub(crate) async fn cancel(&mut self, correlation_id: &str) {
        self.give_up(correlation_id).await;
        self.ask().await;
    }

    /// Publishes to the queue, as the tutorials do.
    pub(crate) async fn send(&self, body: &str, properties: BasicProperties) {
        self.publish("", QUEUE, body, properties).await;
    }

    /// Publishes, and waits until the broker has it.
    pub(crate) async fn publish(
        &self,
        exchange: &str,
        routing_key: &str,
        body: &str,
        properties: BasicProperties,
    ) {
        let published = self
            .channel
            .basic_publish(
                exchange.into(),
                routing_key.into(),
                BasicPublishOptions::default(),
                body.as_bytes(),
                properties,
            )
            .await
            .expect("the channel is open");
        let confirmed = within("a request is confirmed", published).await;
        assert!(confirmed.expect("the channel is open").is_ack());
    }

    /// The next reply.
    pub(crate) async fn reply(&mut self) -> Delivery {
        next(&mut self.replies).await
    }

    /// How many messages wait in the queue, and how many consumers it has; `None` if there is no
    /// such queue.
    pub(crate) async fn look_at(&self, queue: &str) -> Option<(u32, u32)> {
        // A refused look closes its channel.
        let channel = self
            .connection
            .create_channel()
            .await
            .expect("channels are left");
        let passive = QueueDeclareOptions::default().passive();
        let looked = channel
            .queue_declare(queue.into(), passive, FieldTable::default())
            .await;
        looked
            .ok()
            .map(|queue| (queue.message_count(), queue.consumer_count()))
    }

    pub(crate) async fn until_consumers(&self, count: u32) {
        until("the queue has its consumers", async || {
            matches!(self.look_at(QUEUE).await, Some((_, consumers)) if consumers == count)
        })
        .await;
    }

    /// Waits until that many messages are in the queue that no worker holds.
    pub(crate) async fn until_waiting(&self, count: u32) {
        until(
            "the queue has its messages",
            async || matches!(self.look_at(QUEUE).await, Some((messages, _)) if messages == count),
        )
        .await;
    }
}

async fn declare(channel: &Channel, arguments: FieldTable) -> ShortString {
    let options = QueueDeclareOptions {
        exclusive: true,
        ..Default::default()
    };
    let declared = channel.queue_declare("".into(), options, arguments);
    declared.await.expect("guest may declare").name().clone()
}

async fn consume(channel: &Channel, queue: &ShortString) -> Consumer {
    let options = BasicConsumeOptions {
        no_ack: true,
        ..Default::default()
    };
    channel
        .basic_consume(queue.clone(), "".into(), options, FieldTable::default())
        .await
        .expect("the queue is the caller's")
}

pub(crate) async fn next(consumer: &mut Consumer) -> Delivery {
    within("a message comes", consumer.next())
        .await
        .expect("the queue lives as long as the caller")
        .expect("the connection lives")
}

/// What a test compares: the correlation id and the body.
pub(crate) fn id_and_body(reply: &Delivery) -> (&str, &str) {
    let id = reply.properties.correlation_id().as_ref();
    (
        id.map_or("", ShortString::as_str),
        std::str::from_utf8(&reply.data).expect("replies are text"),
    )
}

/// What the message says that it is.
pub(crate) fn kind(message: &Delivery) -> &str {
    let kind = message.properties.kind().as_ref();
    kind.map_or("", ShortString::as_str)
}

/// What a worker says of itself in a reply to a ping.
pub(crate) fn read_pong(reply: &Delivery) -> Pong {
    let properties = &reply.properties;
    assert_eq!(properties.kind(), &Some("pong".into()));
    assert_eq!(properties.content_type(), &Some("application/json".into()));
    serde_json::from_slice(&reply.data).expect("the body is a pong")
}
