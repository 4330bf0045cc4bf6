//! What is said to all workers of a service, and the answers to it.

use futures_util::StreamExt;
use warren_contract::{MessageType, Pong, header};

use super::{
    BasicProperties, BasicPublishOptions, Channel, Consumer, ShortString, address, lost,
    reply_queue,
};
use crate::{
    ReplyQueues,
    control::{Control, Ping, Unreadable},
    error::BrokerError,
    transport,
};

/// The control messages that come to this worker, on a channel without confirms.
#[derive(Debug)]
pub(crate) struct ControlMessages {
    channel: Channel,
    consumer: Consumer,
    reply_queues: ReplyQueues,
}

impl ControlMessages {
    /// The messages of `consumer`, which must be on `channel`.
    pub(super) fn new(channel: Channel, consumer: Consumer, reply_queues: ReplyQueues) -> Self {
        Self {
            channel,
            consumer,
            reply_queues,
        }
    }
}

impl transport::ControlMessages for ControlMessages {
    async fn next(&mut self) -> Result<Result<Control, Unreadable>, BrokerError> {
        let message = match self.consumer.next().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(lost(&error)),
            None => return Err(BrokerError::QueueGone),
        };
        let properties = &message.properties;
        Ok(Control::read(
            properties.kind().as_ref().map(ShortString::as_str),
            reply_queue(properties.reply_to(), self.reply_queues),
            address(properties.correlation_id()),
        ))
    }

    fn pong(
        &self,
        ping: &Ping,
        pong: &Pong,
    ) -> impl Future<Output = Result<(), BrokerError>> + Send + 'static {
        let body = serde_json::to_vec(pong).expect("texts and numbers are JSON");
        let mut properties = BasicProperties::default()
            .with_type(MessageType::Pong.as_str().into())
            .with_content_type(header::JSON.into());
        if let Some(id) = &ping.correlation_id {
            properties = properties.with_correlation_id(id.as_str().into());
        }
        let reply_to = ping.reply_to.as_str().into();
        let channel = self.channel.clone();
        async move {
            let options = BasicPublishOptions::default();
            let published = channel
                .basic_publish("".into(), reply_to, options, &body, properties)
                .await;
            published.map(|_| ()).map_err(|error| lost(&error))
        }
    }
}
