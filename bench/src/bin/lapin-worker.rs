//! The server of RabbitMQ's sixth tutorial on lapin.
//!
//! Usage: `lapin-worker AMQP_URL QUEUE PREFETCH [--tasks | --confirm]`
//!
//! It answers one request after the other, as lapin's examples do; or each in a task of its own, and
//! then, with `--confirm`, acknowledges it only once the broker has confirmed the reply.

use std::env;

use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Result,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
        ConfirmSelectOptions,
    },
    types::FieldTable,
};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let mut next = || arguments.next().expect("AMQP_URL QUEUE PREFETCH");
    let (amqp, queue, prefetch) = (next(), next(), next());
    let prefetch = prefetch.parse().expect("PREFETCH is a number");
    let option = arguments.next();
    let confirm = option.as_deref() == Some("--confirm");
    let tasks = confirm || option.as_deref() == Some("--tasks");

    let connection = Connection::connect(&amqp, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    if confirm {
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
    }
    channel
        .basic_qos(prefetch, BasicQosOptions::default())
        .await?;
    let options = BasicConsumeOptions::default();
    let mut consumer = channel
        .basic_consume(queue.into(), "".into(), options, FieldTable::default())
        .await?;
    while let Some(delivery) = consumer.next().await {
        let answering = answer(channel.clone(), delivery?, confirm);
        if tasks {
            tokio::spawn(answering);
        } else {
            answering.await?;
        }
    }
    Ok(())
}

/// Without `confirm_select`, the confirm that is awaited is there at once.
async fn answer(channel: Channel, delivery: Delivery, mandatory: bool) -> Result<()> {
    let text = str::from_utf8(&delivery.data).expect("UTF-8");
    let response = fib(text.parse().expect("a number")).to_string();
    let properties = &delivery.properties;
    let reply_to = properties.reply_to().clone().expect("a reply queue");
    let id = properties.correlation_id().clone().expect("an id");
    let options = BasicPublishOptions {
        mandatory,
        ..BasicPublishOptions::default()
    };
    let properties = BasicProperties::default().with_correlation_id(id);
    channel
        .basic_publish(
            "".into(),
            reply_to,
            options,
            response.as_bytes(),
            properties,
        )
        .await?
        .await?;
    delivery.ack(BasicAckOptions::default()).await?;
    Ok(())
}

fn fib(n: u64) -> u64 {
    match n {
        0 => 0,
        1 => 1,
        n => fib(n - 1) + fib(n - 2),
    }
}
