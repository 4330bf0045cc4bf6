//! Turns a function into a service behind RabbitMQ: each request is answered, or given back to
//! the broker, exactly once, whatever the function does.
//!
//! - [`Handler`]: one procedure, as a plain synchronous function. [`FibonacciHandler`] is the
//!   demonstration.
//! - [`serve`]: runs a handler until it is told to stop, across restarts of the broker.
//!   [`Service`] says where and how; [`Tally`] says what was done; [`Refusal`] is why it gave up.
//! - [`BrokerUrl`]: where the broker is; it never shows its password.
//!
//! Inside: `request` and `reply` are what a caller sees of the service, `answer` makes the one
//! from the other, `session` lives as long as one connection, `backoff` spaces the attempts to
//! connect again, and `amqp` alone knows the AMQP library.

mod amqp;
mod answer;
mod backoff;
mod error;
mod fibonacci;
mod handler;
mod reply;
mod request;
mod serve;
mod session;

pub use amqp::{BrokerUrl, InvalidBrokerUrl};
pub use error::Refusal;
pub use fibonacci::FibonacciHandler;
pub use handler::Handler;
pub use serve::{DRAIN, QueueKind, Service, Tally, serve};
