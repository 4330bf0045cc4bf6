//! Turns a function into a service behind RabbitMQ: each request is answered, or given back to
//! the broker, exactly once, whatever the function does.
//!
//! - [`Handler`]: one procedure, as a plain synchronous function. [`FibonacciHandler`] is the
//!   demonstration, [`fib`] the function in it. [`Context`] tells it whether anybody still waits,
//!   and takes how far it is.
//! - [`serve`]: runs a handler until it is told to stop, across restarts of the broker.
//!   [`Service`] says where and how; [`Tally`] says what was done; [`Refusal`] is why it gave up.
//! - [`BrokerUrl`]: where the broker is; it never shows its password.
//!
//! A worker that dies, rather than its handler, leaves its requests to the broker, which delivers
//! them again. One that kills every worker it comes to is given up by a quorum queue after
//! `x-delivery-limit` deliveries more. A classic queue counts none: what ends it there is its own
//! expiration, which goes on from its first sending, so that such a request should have one.
//!
//! Inside: `worker` is what outlives connections, `session` what lives as long as one of them.
//! `request` and `reply` are what a caller sees of the service, and `answer` makes the one from
//! the other; `calls` knows the calls that are here and what came of those that were, so that
//! each is computed once and a cancel finds it. `outcome` is what a caller is told in the end,
//! `progress` what it is told before; `control` is what is said to all workers at once. `tally`
//! counts, `backoff` spaces the attempts to connect again, and `amqp` alone knows the AMQP
//! library.

mod amqp;
mod answer;
mod backoff;
mod calls;
mod context;
mod control;
mod error;
mod fibonacci;
mod handler;
mod outcome;
mod progress;
mod reply;
mod request;
mod serve;
mod session;
mod tally;
mod worker;

pub use amqp::{BrokerUrl, InvalidBrokerUrl};
pub use context::Context;
pub use error::Refusal;
pub use fibonacci::{FibonacciHandler, fib};
pub use handler::Handler;
pub use serve::{DRAIN, QueueKind, Service, serve};
pub use tally::Tally;
