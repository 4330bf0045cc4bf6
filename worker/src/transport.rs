//! What the harness needs of a broker. [`amqp`](crate::amqp) is the real one; tests have one in
//! memory.

use std::{fmt, num::NonZeroU16};

use warren_contract::{Pong, Topology};

use crate::{
    QueueKind,
    control::{Control, Ping, Unreadable},
    error::BrokerError,
    reply::Reply,
    request::Request,
};

/// A broker that one can connect to, again and again.
pub(crate) trait Broker: fmt::Display + Send + Sync + 'static {
    type Connection: Connection;

    /// Connects under a name that the broker's operators see.
    fn connect(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Self::Connection, BrokerError>> + Send;
}

/// One connection.
pub(crate) trait Connection: Send + Sync {
    type Requests: Requests;
    type Control: ControlMessages;

    /// Makes sure that everything a service needs exists, using what is there as it is.
    fn declare(
        &self,
        topology: &Topology,
        queue_kind: QueueKind,
    ) -> impl Future<Output = Result<(), BrokerError>> + Send;

    /// Subscribes to the queue of a service, with a channel on which every reply is confirmed.
    fn consume(
        &self,
        queue: &str,
        prefetch: NonZeroU16,
    ) -> impl Future<Output = Result<Self::Requests, BrokerError>> + Send;

    /// Subscribes to what is said to all workers, with a queue of this connection's own, which
    /// goes with it.
    fn listen(
        &self,
        exchange: &str,
    ) -> impl Future<Output = Result<Self::Control, BrokerError>> + Send;

    /// Says goodbye, if there is still somebody to say it to.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// The requests that the broker hands out to one consumer.
pub(crate) trait Requests: Send {
    type Delivery: Delivery;

    /// Waits for the next request. An error is final. Dropping the future loses nothing.
    fn next(&mut self) -> impl Future<Output = Result<Self::Delivery, BrokerError>> + Send;

    /// Takes no more requests, and gives back those that nobody has looked at.
    fn stop(self) -> impl Future<Output = ()> + Send;
}

/// One request, to be settled by exactly one of [`ack`](Self::ack), [`give_back`](Self::give_back)
/// and [`give_up`](Self::give_up).
pub(crate) trait Delivery: Send + Sync + 'static {
    fn request(&self) -> &Request;

    /// Sends the reply, and waits until the broker has it. A request without a reply queue has
    /// no caller.
    fn reply(&self, reply: &Reply) -> impl Future<Output = Result<Published, BrokerError>> + Send;

    /// Tells the caller something before its reply, if it is still there, and without waiting to
    /// hear that the broker has it. It cannot come after the reply.
    fn tell(&self, message: &Reply) -> impl Future<Output = Result<(), BrokerError>> + Send;

    /// Tells the broker that the request is settled.
    fn ack(&self) -> impl Future<Output = Result<(), BrokerError>> + Send;

    /// Puts the request back into the queue, for any worker.
    fn give_back(&self) -> impl Future<Output = Result<(), BrokerError>> + Send;

    /// Takes the request out of the queue unanswered; the broker bounces it to its caller, unless it
    /// has bounced before.
    fn give_up(&self) -> impl Future<Output = Result<(), BrokerError>> + Send;
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

/// The control messages that come to one worker.
pub(crate) trait ControlMessages: Send {
    /// Waits for the next message. The outer error is final. Dropping the future loses nothing.
    fn next(
        &mut self,
    ) -> impl Future<Output = Result<Result<Control, Unreadable>, BrokerError>> + Send;

    /// Answers a ping, if its sender is still there, and without waiting to hear that it is. The
    /// future waits until the broker takes the answer.
    fn pong(
        &self,
        ping: &Ping,
        pong: &Pong,
    ) -> impl Future<Output = Result<(), BrokerError>> + Send + 'static;
}
