//! The broker over AMQP 0-9-1. Nothing outside this module knows the AMQP library.

mod acks;
mod broker_url;
mod broker_urls;
mod connect;
mod control;
mod delivery;
mod frames;
mod mend;
mod runtime;
mod socket;
mod tls;

use std::{fmt, num::NonZeroU16, path::PathBuf, time::Duration};

use lapin::{
    BasicProperties, Channel, Confirmation, Consumer, ErrorKind, ExchangeKind, PublisherConfirm,
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
use warren_contract::{BOUNCE_EXCHANGE, Topology};

pub use self::{
    broker_url::{BrokerUrl, InvalidBrokerUrl},
    broker_urls::BrokerUrls,
    tls::{ClientCertificate, Tls, TlsError},
};
use self::{connect::connect, control::ControlMessages, delivery::Deliveries, mend::is_damaged};
use crate::{QueueKind, Refusal, ReplyQueues, error::BrokerError, password::Password, transport};

/// How long the broker may take to say goodbye.
const CLOSING: Duration = Duration::from_secs(2);

/// Reply codes of AMQP 0-9-1, section 1.1 of its reference, that mean something to a worker.
const REPLY_SUCCESS: u16 = 200;
const ACCESS_REFUSED: u16 = 403;
const NOT_FOUND: u16 = 404;
const NOT_ALLOWED: u16 = 530;

/// How the names begin that RabbitMQ makes for callers without a reply queue.
/// See <https://www.rabbitmq.com/docs/direct-reply-to>.
const DIRECT_REPLY_TO: &str = "amq.rabbitmq.reply-to.";

/// One node of a broker over AMQP.
#[derive(Clone, Debug)]
pub(crate) struct Amqp {
    url: BrokerUrl,
    password_file: Option<PathBuf>,
    tls: Tls,
    reply_queues: ReplyQueues,
}

impl Amqp {
    pub(crate) fn new(
        url: BrokerUrl,
        password_file: Option<PathBuf>,
        tls: Tls,
        reply_queues: ReplyQueues,
    ) -> Self {
        Self {
            url,
            password_file,
            tls,
            reply_queues,
        }
    }

    /// The address with the password that the file has in it now.
    fn url(&self) -> Result<BrokerUrl, BrokerError> {
        let url = self.url.clone();
        let Some(path) = &self.password_file else {
            return Ok(url);
        };
        let password = Password::in_file(path).map_err(|why| {
            let path = path.display();
            BrokerError::Lost(format!("there is no password in {path}: {why}"))
        })?;
        Ok(url.with_password(password.reveal()))
    }
}

impl fmt::Display for Amqp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

impl transport::Broker for Amqp {
    type Connection = Connection;

    async fn connect(&self, name: &str) -> Result<Connection, BrokerError> {
        let connection = connect(&self.url()?, &self.tls, name).await?;
        let user = self.url.uri().authority.userinfo.username.clone();
        Ok(Connection {
            connection,
            broker: self.url.to_string(),
            user,
            reply_queues: self.reply_queues,
        })
    }
}

/// One connection to the broker.
#[derive(Debug)]
pub(crate) struct Connection {
    connection: lapin::Connection,
    broker: String,
    user: String,
    reply_queues: ReplyQueues,
}

impl transport::Connection for Connection {
    type Requests = Deliveries;
    type Control = ControlMessages;

    async fn declare(&self, topology: &Topology, queue_kind: QueueKind) -> Result<(), BrokerError> {
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

    async fn consume(&self, queue: &str, prefetch: NonZeroU16) -> Result<Deliveries, BrokerError> {
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
            Ok(consumer) => Ok(Deliveries::new(channel, consumer, self.reply_queues)),
            Err(error) => Err(self.explain(&error)),
        }
    }

    /// Nothing on this channel is acknowledged or confirmed.
    async fn listen(&self, exchange: &str) -> Result<ControlMessages, BrokerError> {
        let channel = self.channel().await?;
        let subscribed = async {
            let own = QueueDeclareOptions {
                exclusive: true,
                auto_delete: true,
                ..Default::default()
            };
            let queue = channel
                .queue_declare("".into(), own, FieldTable::default())
                .await?;
            let queue = queue.name();
            channel
                .queue_bind(
                    queue.clone(),
                    exchange.into(),
                    "".into(),
                    QueueBindOptions::default(),
                    FieldTable::default(),
                )
                .await?;
            let options = BasicConsumeOptions {
                no_ack: true,
                ..Default::default()
            };
            channel
                .basic_consume(queue.clone(), "".into(), options, FieldTable::default())
                .await
        };
        match subscribed.await {
            Ok(consumer) => Ok(ControlMessages::new(channel, consumer, self.reply_queues)),
            Err(error) => Err(self.explain(&error)),
        }
    }

    async fn close(self) {
        let goodbye = self.connection.close(REPLY_SUCCESS, "OK".into());
        match timeout(CLOSING, goodbye).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => debug!(%error, "the connection was closed already"),
            Err(_) => debug!("the broker did not say goodbye within {CLOSING:?}"),
        }
    }
}

impl Connection {
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

    async fn channel(&self) -> Result<Channel, BrokerError> {
        let created = self.connection.create_channel().await;
        created.map_err(|error| self.explain(&error))
    }

    fn explain(&self, error: &lapin::Error) -> BrokerError {
        match refused_with(error) {
            Some((ACCESS_REFUSED, said)) => Refusal::Permission {
                broker: self.broker.clone(),
                user: self.user.clone(),
                said,
            }
            .into(),
            _ => lost(error),
        }
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

fn text(property: &Option<ShortString>) -> Option<String> {
    property.as_ref().map(ToString::to_string)
}

/// A text that finds a caller or a call: one that was not readable, and is not what was sent, finds
/// none.
fn address(property: &Option<ShortString>) -> Option<String> {
    text(property).filter(|text| !is_damaged(text))
}

/// Where a reply goes, if it may go there.
///
/// The names of RabbitMQ's direct reply-to are taken for none: the broker reads more from them than
/// a name, and where it cannot, as with one that somebody made up, RabbitMQ 3.10 ends the connection
/// of the worker that publishes to it, not of its maker.
fn reply_queue(property: &Option<ShortString>, allowed: ReplyQueues) -> Option<String> {
    address(property).filter(|name| !name.starts_with(DIRECT_REPLY_TO) && allowed.contains(name))
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
