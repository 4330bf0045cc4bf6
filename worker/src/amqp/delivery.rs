//! Requests, from the queue to their settlement.

use std::mem::take;

use futures_util::StreamExt;
use tracing::debug;
use warren_contract::header;

use super::{
    AMQPValue, BasicAckOptions, BasicCancelOptions, BasicNackOptions, BasicProperties,
    BasicPublishOptions, BasicRejectOptions, Channel, Confirmation, Consumer, FieldTable, Message,
    ShortString, long_string, lost, text,
};
use crate::{
    error::BrokerError,
    reply::Reply,
    request::{Dialect, Request, expires_in},
};

/// The requests that the broker hands out on one channel.
#[derive(Debug)]
pub(crate) struct Deliveries {
    channel: Channel,
    consumer: Consumer,
}

impl Deliveries {
    /// The requests of `consumer`, which must be on `channel`.
    pub(super) fn new(channel: Channel, consumer: Consumer) -> Self {
        Self { channel, consumer }
    }

    /// Waits for the next request. An error is final. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Delivery, BrokerError> {
        match self.consumer.next().await {
            Some(Ok(message)) => Ok(Delivery::new(self.channel.clone(), message)),
            Some(Err(error)) => Err(lost(&error)),
            None => Err(BrokerError::QueueGone),
        }
    }

    /// Takes no more requests, and gives back those that nobody has looked at.
    pub(crate) async fn stop(mut self) {
        let tag = self.consumer.tag();
        let cancelled = self
            .channel
            .basic_cancel(tag, BasicCancelOptions::default())
            .await;
        if let Err(error) = cancelled {
            debug!(%error, "the subscription was over already");
        }
        while let Ok(delivery) = self.next().await {
            if let Err(error) = delivery.give_back().await {
                debug!(%error, "the broker takes it back with the connection");
            }
        }
    }
}

/// One request, to be settled by exactly one of [`ack`](Self::ack), [`give_back`](Self::give_back)
/// and [`give_up`](Self::give_up).
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) request: Request,
    /// Whether it was handed out before, to this worker or another.
    pub(crate) redelivered: bool,
    channel: Channel,
    message: Message,
}

/// What the broker says about a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Published {
    /// It is in the caller's queue.
    Confirmed,
    /// There is no such queue, so the caller has gone.
    CallerGone,
    /// The broker, or the queue, did not take it.
    Refused,
}

impl Delivery {
    fn new(channel: Channel, mut message: Message) -> Self {
        let properties = &message.properties;
        let request = Request {
            dialect: Dialect::of(properties.content_type().as_ref().map(ShortString::as_str)),
            procedure: text(properties.kind()),
            reply_to: text(properties.reply_to()),
            correlation_id: text(properties.correlation_id()),
            expires_in: properties
                .expiration()
                .as_ref()
                .and_then(|expiration| expires_in(expiration.as_str())),
            body: take(&mut message.data),
        };
        Self {
            request,
            redelivered: message.redelivered,
            channel,
            message,
        }
    }

    /// Sends the reply, and waits until the broker has it. A request without a reply queue has
    /// no caller.
    ///
    /// The library hands a returned message to whichever confirm comes next, which may be a
    /// neighbour's when the broker confirms several at once. Both are settled alike, so that only
    /// the count's place is uncertain.
    pub(crate) async fn reply(&self, reply: &Reply) -> Result<Published, BrokerError> {
        let Some(reply_to) = self.message.properties.reply_to() else {
            return Ok(Published::CallerGone);
        };
        let options = BasicPublishOptions {
            mandatory: true,
            ..Default::default()
        };
        let confirmed = async {
            self.channel
                .basic_publish(
                    "".into(),
                    reply_to.clone(),
                    options,
                    &reply.body,
                    self.properties_of(reply),
                )
                .await?
                .await
        };
        match confirmed.await {
            Ok(Confirmation::Ack(None)) => Ok(Published::Confirmed),
            Ok(Confirmation::Ack(Some(_))) => Ok(Published::CallerGone),
            Ok(Confirmation::Nack(_) | Confirmation::NotRequested) => Ok(Published::Refused),
            Err(error) => Err(lost(&error)),
        }
    }

    fn properties_of(&self, reply: &Reply) -> BasicProperties {
        let mut properties = BasicProperties::default();
        if let Some(id) = self.message.properties.correlation_id() {
            properties = properties.with_correlation_id(id.clone());
        }
        let Some(meta) = &reply.meta else {
            return properties;
        };
        let mut headers = FieldTable::default();
        headers.insert(header::WORKER.into(), long_string(&meta.worker));
        if let Some(compute_us) = meta.compute_us {
            let compute_us = AMQPValue::LongLongInt(compute_us);
            headers.insert(header::COMPUTE_US.into(), compute_us);
        }
        properties
            .with_type(meta.message_type.as_str().into())
            .with_content_type(meta.content_type.into())
            .with_headers(headers)
    }

    /// Tells the broker that the request is settled.
    pub(crate) async fn ack(&self) -> Result<(), BrokerError> {
        let acked = self.message.ack(BasicAckOptions::default()).await;
        acked.map(|_| ()).map_err(|error| lost(&error))
    }

    /// Puts the request back into the queue, for any worker.
    pub(crate) async fn give_back(&self) -> Result<(), BrokerError> {
        let requeue = BasicNackOptions {
            requeue: true,
            ..Default::default()
        };
        let given_back = self.message.nack(requeue).await;
        given_back.map(|_| ()).map_err(|error| lost(&error))
    }

    /// Takes the request out of the queue unanswered; the broker bounces it to its caller.
    pub(crate) async fn give_up(&self) -> Result<(), BrokerError> {
        let rejected = self.message.reject(BasicRejectOptions::default()).await;
        rejected.map(|_| ()).map_err(|error| lost(&error))
    }
}
