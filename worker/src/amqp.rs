//! The broker over AMQP 0-9-1. Nothing outside this module knows the AMQP library.

mod broker_url;

use std::{num::NonZeroU16, time::Duration};

use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Confirmation, ConnectionProperties, Consumer, ErrorKind,
    ExchangeKind,
    message::Delivery as Message,
    options::{
        BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions,
        BasicPublishOptions, BasicQosOptions, BasicRejectOptions, ConfirmSelectOptions,
        ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable, LongString, ShortString},
    uri::{AMQPScheme, AMQPUri},
};
use tokio::time::timeout;
use tracing::debug;
use warren_contract::{BOUNCE_EXCHANGE, Topology, header};

pub use self::broker_url::{BrokerUrl, InvalidBrokerUrl};
use crate::{
    QueueKind, Refusal,
    error::BrokerError,
    reply::Reply,
    request::{Dialect, Request, expires_in},
};

/// How long the broker may take to say goodbye.
const CLOSING: Duration = Duration::from_secs(2);

/// Reply codes of AMQP 0-9-1, section 1.1 of its reference, that mean something to a worker.
const ACCESS_REFUSED: u16 = 403;
const NOT_FOUND: u16 = 404;
const NOT_ALLOWED: u16 = 530;

/// One connection to the broker.
#[derive(Debug)]
pub(crate) struct Connection {
    connection: lapin::Connection,
    user: String,
}

impl Connection {
    /// Connects under a name that the broker's operators see.
    pub(crate) async fn open(url: &BrokerUrl, name: &str) -> Result<Self, BrokerError> {
        let user = url.uri().authority.userinfo.username.clone();
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connection = lapin::Connection::connect_uri(url.uri().clone(), properties)
            .await
            .map_err(|error| match refused_with(&error) {
                Some((ACCESS_REFUSED, said)) => Refusal::Login {
                    user: user.clone(),
                    said,
                }
                .into(),
                Some((NOT_ALLOWED, said)) => Refusal::VirtualHost {
                    virtual_host: url.uri().vhost.clone(),
                    user: user.clone(),
                    said,
                }
                .into(),
                _ => BrokerError::Lost(error.to_string()),
            })?;
        Ok(Self { connection, user })
    }

    /// Makes sure that everything the service needs exists, using what is there as it is.
    pub(crate) async fn declare(
        &self,
        topology: &Topology,
        queue_kind: QueueKind,
    ) -> Result<(), BrokerError> {
        let control_exchange = topology.control_exchange();
        let bounced = || one_argument("alternate-exchange", BOUNCE_EXCHANGE);
        let exchanges = [
            (BOUNCE_EXCHANGE, ExchangeKind::Direct, FieldTable::default()),
            (topology.exchange(), ExchangeKind::Fanout, bounced()),
            (control_exchange.as_str(), ExchangeKind::Fanout, bounced()),
        ];
        for (name, kind, arguments) in exchanges {
            self.declare_exchange(name, kind, arguments).await?;
        }
        let queue = topology.queue();
        self.declare_queue(queue, queue_kind).await?;
        let channel = self.channel().await?;
        let exchange = topology.exchange();
        channel
            .queue_bind(
                queue.into(),
                exchange.into(),
                "".into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .map_err(|error| self.explain(&error))
    }

    async fn declare_exchange(
        &self,
        name: &str,
        kind: ExchangeKind,
        arguments: FieldTable,
    ) -> Result<(), BrokerError> {
        let declare = async |passive, arguments| {
            let options = ExchangeDeclareOptions {
                passive,
                durable: true,
                ..Default::default()
            };
            let channel = self.connection.create_channel().await?;
            channel
                .exchange_declare(name.into(), kind.clone(), options, arguments)
                .await
        };
        let mut declared = declare(true, FieldTable::default()).await;
        if is_missing(&declared) {
            declared = declare(false, arguments).await;
        }
        declared.map_err(|error| self.explain(&error))
    }

    async fn declare_queue(&self, name: &str, queue_kind: QueueKind) -> Result<(), BrokerError> {
        let declare = async |options, arguments| {
            let channel = self.connection.create_channel().await?;
            channel
                .queue_declare(name.into(), options, arguments)
                .await
                .map(|_| ())
        };
        let (options, arguments) = match queue_kind {
            QueueKind::Durable => (
                QueueDeclareOptions::durable(),
                one_argument("x-dead-letter-exchange", BOUNCE_EXCHANGE),
            ),
            QueueKind::Tutorial => (QueueDeclareOptions::default(), FieldTable::default()),
        };
        let mut declared = declare(options.passive(), FieldTable::default()).await;
        if is_missing(&declared) {
            declared = declare(options, arguments).await;
        }
        declared.map_err(|error| self.explain(&error))
    }

    /// Subscribes to the queue, on a channel on which every reply is confirmed.
    pub(crate) async fn consume(
        &self,
        queue: &str,
        prefetch: NonZeroU16,
    ) -> Result<Deliveries, BrokerError> {
        let channel = self.channel().await?;
        let subscribed = async {
            channel
                .confirm_select(ConfirmSelectOptions::default())
                .await?;
            channel
                .basic_qos(prefetch.get(), BasicQosOptions::default())
                .await?;
            let options = BasicConsumeOptions::default();
            channel
                .basic_consume(queue.into(), "".into(), options, FieldTable::default())
                .await
        };
        match subscribed.await {
            Ok(consumer) => Ok(Deliveries { channel, consumer }),
            Err(error) => Err(self.explain(&error)),
        }
    }

    /// Says goodbye, if there is still somebody to say it to.
    pub(crate) async fn close(self) {
        let goodbye = self.connection.close(200, "OK".into());
        match timeout(CLOSING, goodbye).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => debug!(%error, "the connection was closed already"),
            Err(_) => debug!("the broker did not say goodbye within {CLOSING:?}"),
        }
    }

    async fn channel(&self) -> Result<Channel, BrokerError> {
        let created = self.connection.create_channel().await;
        created.map_err(|error| self.explain(&error))
    }

    fn explain(&self, error: &lapin::Error) -> BrokerError {
        match refused_with(error) {
            Some((ACCESS_REFUSED, said)) => Refusal::Permission {
                user: self.user.clone(),
                said,
            }
            .into(),
            _ => lost(error),
        }
    }
}

/// The requests that the broker hands out on one channel.
#[derive(Debug)]
pub(crate) struct Deliveries {
    channel: Channel,
    consumer: Consumer,
}

impl Deliveries {
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
        let text = |property: &Option<ShortString>| property.as_ref().map(ToString::to_string);
        let request = Request {
            dialect: Dialect::of(properties.content_type().as_ref().map(ShortString::as_str)),
            procedure: text(properties.kind()),
            reply_to: text(properties.reply_to()),
            correlation_id: text(properties.correlation_id()),
            expires_in: properties
                .expiration()
                .as_ref()
                .and_then(|expiration| expires_in(expiration.as_str())),
            body: std::mem::take(&mut message.data),
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

fn one_argument(key: &str, value: &str) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert(key.into(), long_string(value));
    arguments
}

fn long_string(text: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(text))
}

fn lost(error: &lapin::Error) -> BrokerError {
    BrokerError::Lost(error.to_string())
}

/// The reply code and the words with which the broker closed the channel or the connection.
fn refused_with(error: &lapin::Error) -> Option<(u16, String)> {
    match error.kind() {
        ErrorKind::ProtocolError(error) => Some((error.get_id(), error.get_message().to_string())),
        _ => None,
    }
}

fn is_missing(declared: &Result<(), lapin::Error>) -> bool {
    let code = |error| refused_with(error).map(|(code, _)| code);
    declared.as_ref().err().and_then(code) == Some(NOT_FOUND)
}
