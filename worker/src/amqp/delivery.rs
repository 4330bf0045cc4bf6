//! Requests, from the queue to their settlement.

use std::{mem::take, time::Duration};

use futures_util::StreamExt;
use tokio::spawn;
use tracing::debug;
use warren_contract::header;

use super::{
    AMQPValue, BasicAckOptions, BasicCancelOptions, BasicNackOptions, BasicProperties,
    BasicPublishOptions, BasicRejectOptions, Channel, Confirmation, Consumer, FieldTable, Message,
    PublisherConfirm, ShortString, long_string, lost, text,
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
        let content_type = properties.content_type().as_ref();
        let dialect = Dialect::of(content_type.map(ShortString::as_str));
        let request = Request {
            dialect,
            procedure: text(properties.kind()),
            reply_to: text(properties.reply_to()),
            correlation_id: text(properties.correlation_id()),
            expires_in: properties
                .expiration()
                .as_ref()
                .and_then(|expiration| expires_in(expiration.as_str())),
            progress_every: match dialect {
                Dialect::Warren => progress_every(properties),
                Dialect::Tutorial => None,
            },
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
    /// neighbour's when the broker confirms several at once. All are settled alike, so that only
    /// the count's place is uncertain.
    pub(crate) async fn reply(&self, reply: &Reply) -> Result<Published, BrokerError> {
        let Some(reply_to) = self.message.properties.reply_to() else {
            return Ok(Published::CallerGone);
        };
        let options = BasicPublishOptions {
            mandatory: true,
            ..Default::default()
        };
        let confirmed = async { self.publish(reply_to, reply, options).await?.await };
        match confirmed.await {
            Ok(Confirmation::Ack(None)) => Ok(Published::Confirmed),
            Ok(Confirmation::Ack(Some(_))) => Ok(Published::CallerGone),
            Ok(Confirmation::Nack(_) | Confirmation::NotRequested) => Ok(Published::Refused),
            Err(error) => Err(lost(&error)),
        }
    }

    /// Tells the caller something before its reply, if it is still there, and without waiting to
    /// hear that the broker has it. On the reply's channel, so that it cannot come after that.
    pub(crate) async fn tell(&self, message: &Reply) -> Result<(), BrokerError> {
        let Some(reply_to) = self.message.properties.reply_to() else {
            return Ok(());
        };
        let options = BasicPublishOptions::default();
        let published = self.publish(reply_to, message, options).await;
        let confirm = published.map_err(|error| lost(&error))?;
        // The library keeps for ever what nobody waits for. It comes, or the channel ends.
        spawn(confirm);
        Ok(())
    }

    async fn publish(
        &self,
        reply_to: &ShortString,
        message: &Reply,
        options: BasicPublishOptions,
    ) -> lapin::Result<PublisherConfirm> {
        let properties = self.properties_of(message);
        let (reply_to, body) = (reply_to.clone(), &message.body);
        self.channel
            .basic_publish("".into(), reply_to, options, body, properties)
            .await
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

/// How often the caller wants to be told of its progress, if it does.
fn progress_every(properties: &BasicProperties) -> Option<Duration> {
    let headers = properties.headers().as_ref()?;
    let value = headers.inner().get(header::PROGRESS_MS)?;
    let milliseconds = whole_number(value);
    if milliseconds.is_none() {
        debug!(
            ?value,
            "{} is no whole number, so the caller is told of no progress",
            header::PROGRESS_MS
        );
    }
    milliseconds.map(Duration::from_millis)
}

/// A number in a header; STOMP's clients can send it as text only.
fn whole_number(value: &AMQPValue) -> Option<u64> {
    match value {
        AMQPValue::LongString(text) => str::from_utf8(text.as_bytes()).ok()?.parse().ok(),
        AMQPValue::ShortString(text) => text.as_str().parse().ok(),
        AMQPValue::ShortShortInt(number) => (*number).try_into().ok(),
        AMQPValue::ShortShortUInt(number) => Some((*number).into()),
        AMQPValue::ShortInt(number) => (*number).try_into().ok(),
        AMQPValue::ShortUInt(number) => Some((*number).into()),
        AMQPValue::LongInt(number) => (*number).try_into().ok(),
        AMQPValue::LongUInt(number) => Some((*number).into()),
        AMQPValue::LongLongInt(number) => (*number).try_into().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_from_any_type() {
        let cases = [
            (AMQPValue::LongString("250".into()), Some(250)),
            (AMQPValue::LongString("0".into()), Some(0)),
            (AMQPValue::LongString("".into()), None),
            (AMQPValue::LongString("often".into()), None),
            (AMQPValue::LongString("-1".into()), None),
            (AMQPValue::LongString("1.5".into()), None),
            (AMQPValue::LongString(b"\xff".to_vec().into()), None),
            (AMQPValue::LongString("18446744073709551616".into()), None),
            (AMQPValue::ShortString("250".into()), Some(250)),
            (AMQPValue::ShortShortInt(100), Some(100)),
            (AMQPValue::ShortShortUInt(250), Some(250)),
            (AMQPValue::ShortInt(250), Some(250)),
            (AMQPValue::ShortUInt(250), Some(250)),
            (AMQPValue::LongInt(250), Some(250)),
            (AMQPValue::LongInt(-1), None),
            (AMQPValue::LongUInt(250), Some(250)),
            (AMQPValue::LongLongInt(i64::MAX), Some(i64::MAX as u64)),
            (AMQPValue::LongLongInt(-1), None),
            (AMQPValue::Boolean(true), None),
            (AMQPValue::Void, None),
        ];
        for (value, expected) in cases {
            assert_eq!(whole_number(&value), expected, "{value:?}");
        }
    }
}
