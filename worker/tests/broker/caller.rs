//! A client that sees everything of a reply.

use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Consumer,
    message::Delivery,
    options::{
        BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions,
    },
    types::{FieldTable, ShortString},
};

use crate::stage::{QUEUE, until, within};

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
        let options = QueueDeclareOptions {
            exclusive: true,
            ..Default::default()
        };
        let queue = channel
            .queue_declare("".into(), options, FieldTable::default())
            .await
            .expect("a reply queue can be declared");
        let reply_queue = queue.name().clone();
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

    /// What the client of the tutorials sends beside the body.
    pub(crate) fn tutorial(&self, correlation_id: &str) -> BasicProperties {
        BasicProperties::default()
            .with_reply_to(self.reply_queue.clone())
            .with_correlation_id(correlation_id.into())
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

pub(crate) async fn consume(channel: &Channel, queue: &ShortString) -> Consumer {
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
