//! Requests, from the queue to their settlement.

use std::{collections::BTreeMap, future::poll_fn, mem::take, sync::Arc, task::Poll};

use futures_util::{StreamExt, future::try_join_all, stream::Fuse};
use tokio::spawn;
use tracing::debug;
use warren_contract::header;

use super::{
    AMQPValue, BasicAckOptions, BasicCancelOptions, BasicNackOptions, BasicProperties,
    BasicPublishOptions, BasicRejectOptions, Channel, Confirmation, Consumer, FieldTable, Message,
    PublisherConfirm, ShortString,
    acks::{Ack, Acks},
    address, long_string, lost, reply_queue, text,
};
use crate::{
    ReplyQueues,
    context::Caller,
    error::BrokerError,
    reply::Reply,
    request::{Dialect, Request, expires_in},
    transport::{self, Delivery as _, Published, Requests},
};

/// The requests that the broker hands out on one channel.
#[derive(Debug)]
pub(crate) struct Deliveries {
    channel: Channel,
    acks: Arc<Acks>,
    /// The library's own, once it has ended, is silent for ever.
    consumer: Fuse<Consumer>,
    reply_queues: ReplyQueues,
}

impl Deliveries {
    /// The requests of `consumer`, which must be on `channel`.
    pub(super) fn new(channel: Channel, consumer: Consumer, reply_queues: ReplyQueues) -> Self {
        Self {
            channel,
            acks: Arc::default(),
            consumer: consumer.fuse(),
            reply_queues,
        }
    }
}

impl Requests for Deliveries {
    type Delivery = Delivery;

    async fn next(&mut self) -> Result<Delivery, BrokerError> {
        match self.consumer.next().await {
            Some(Ok(message)) => {
                self.acks.deliver(message.delivery_tag);
                let (channel, acks) = (self.channel.clone(), Arc::clone(&self.acks));
                Ok(Delivery::new(channel, acks, message, self.reply_queues))
            }
            Some(Err(error)) => Err(lost(&error)),
            None => Err(BrokerError::QueueGone),
        }
    }

    async fn stop(mut self) {
        if self.consumer.is_done() {
            return;
        }
        let tag = self.consumer.get_ref().tag();
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

/// One request, and the channel on which it came.
#[derive(Debug)]
pub(crate) struct Delivery {
    request: Request,
    channel: Channel,
    acks: Arc<Acks>,
    message: Message,
}

impl Delivery {
    fn new(
        channel: Channel,
        acks: Arc<Acks>,
        mut message: Message,
        reply_queues: ReplyQueues,
    ) -> Self {
        let properties = &message.properties;
        let content_type = properties.content_type().as_ref();
        let correlation_id = address(properties.correlation_id());
        let request = Request {
            dialect: Dialect::of(content_type.map(ShortString::as_str)),
            procedure: text(properties.kind()),
            // A reply under another id than the caller's would find nobody.
            reply_to: match (properties.correlation_id(), &correlation_id) {
                (Some(_), None) => None,
                _ => reply_queue(properties.reply_to(), reply_queues),
            },
            correlation_id,
            expires_in: properties
                .expiration()
                .as_ref()
                .and_then(|expiration| expires_in(expiration.as_str())),
            redelivered: message.redelivered,
            caller: Arc::new(caller(properties)),
            body: take(&mut message.data).into(),
        };
        Self {
            request,
            channel,
            acks,
            message,
        }
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
}

impl transport::Delivery for Delivery {
    fn request(&self) -> &Request {
        &self.request
    }

    /// The library hands a returned message to whichever confirm comes next, which may be a
    /// neighbour's when the broker confirms several at once. All are settled alike, so that only
    /// the count's place is uncertain.
    async fn reply(&self, reply: &Reply) -> Result<Published, BrokerError> {
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

    /// On the reply's channel, so that it cannot come after that.
    async fn tell(&self, message: &Reply) -> Result<(), BrokerError> {
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

    async fn ack(&self) -> Result<(), BrokerError> {
        self.acks.push(self.message.delivery_tag);
        // Those that were confirmed together are acknowledged together.
        others_first().await;
        let acks =
            self.acks.take().into_iter().map(|Ack { tag, multiple }| {
                self.channel.basic_ack(tag, BasicAckOptions { multiple })
            });
        // All are on their way before anything else is: a frame of others may be for these, too, and
        // the broker ends the channel over a tag that is acknowledged twice.
        let acked = try_join_all(acks).await;
        acked.map(|_| ()).map_err(|error| lost(&error))
    }

    async fn give_back(&self) -> Result<(), BrokerError> {
        let requeue = BasicNackOptions {
            requeue: true,
            ..Default::default()
        };
        let tag = self.message.delivery_tag;
        self.acks.settle(tag);
        let given_back = self.channel.basic_nack(tag, requeue).await;
        given_back.map_err(|error| lost(&error))
    }

    /// What has bounced before has come back here, as anybody may bind the queue to the exchange for
    /// what bounces who may publish to the one and read from the other. It would come again and
    /// again, for ever.
    async fn give_up(&self) -> Result<(), BrokerError> {
        let headers = &self.request.caller.headers;
        if headers.contains_key(header::FIRST_DEATH_REASON) {
            debug!("it has bounced before, and does not bounce again");
            return self.ack().await;
        }
        let options = BasicRejectOptions::default();
        let tag = self.message.delivery_tag;
        self.acks.settle(tag);
        let rejected = self.channel.basic_reject(tag, options).await;
        rejected.map_err(|error| lost(&error))
    }
}

/// Lets those go on first who can, among all that one task does at once.
async fn others_first() {
    let mut is_first = true;
    poll_fn(|context| {
        if take(&mut is_first) {
            context.waker().wake_by_ref();
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
}

/// What the request says of its caller.
fn caller(properties: &BasicProperties) -> Caller {
    let mut headers = BTreeMap::new();
    for (name, value) in properties.headers().iter().flat_map(FieldTable::inner) {
        if let Some(value) = text_of(value) {
            headers.insert(name.to_string(), value);
        }
    }
    Caller {
        headers,
        user_id: text(properties.user_id()),
    }
}

/// What STOMP's clients can send, and what counts like it, as text.
fn text_of(value: &AMQPValue) -> Option<String> {
    Some(match value {
        AMQPValue::LongString(text) => str::from_utf8(text.as_bytes()).ok()?.to_owned(),
        AMQPValue::ShortString(text) => text.to_string(),
        AMQPValue::Boolean(value) => value.to_string(),
        AMQPValue::ShortShortInt(number) => number.to_string(),
        AMQPValue::ShortShortUInt(number) => number.to_string(),
        AMQPValue::ShortInt(number) => number.to_string(),
        AMQPValue::ShortUInt(number) => number.to_string(),
        AMQPValue::LongInt(number) => number.to_string(),
        AMQPValue::LongUInt(number) => number.to_string(),
        AMQPValue::LongLongInt(number) => number.to_string(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_whole_numbers_are_read_from_any_type() {
        let cases = [
            (AMQPValue::LongString("250".into()), Some("250")),
            (AMQPValue::LongString("".into()), Some("")),
            (AMQPValue::LongString(b"\xff".to_vec().into()), None),
            (AMQPValue::ShortString("often".into()), Some("often")),
            (AMQPValue::Boolean(true), Some("true")),
            (AMQPValue::ShortShortInt(-100), Some("-100")),
            (AMQPValue::ShortShortUInt(250), Some("250")),
            (AMQPValue::ShortInt(250), Some("250")),
            (AMQPValue::ShortUInt(250), Some("250")),
            (AMQPValue::LongInt(250), Some("250")),
            (AMQPValue::LongUInt(250), Some("250")),
            (
                AMQPValue::LongLongInt(i64::MAX),
                Some("9223372036854775807"),
            ),
            (AMQPValue::Double(2.5), None),
            (AMQPValue::Timestamp(250), None),
            (AMQPValue::Void, None),
        ];
        for (value, expected) in cases {
            assert_eq!(text_of(&value).as_deref(), expected, "{value:?}");
        }
    }
}
