//! Turns a function into a service behind RabbitMQ: each request is answered, or given back to
//! the broker, exactly once, whatever the function does.
//!
//! - [`Handler`] and [`AsyncHandler`]: one procedure, as a function that computes or as one that
//!   waits. [`FibonacciHandler`] is the demonstration, [`fib`] the function in it. [`Context`] tells
//!   it whether anybody still waits, and takes how far it is.
//! - [`Service`]: a queue, and the procedures behind it, which may be mere closures.
//! - [`Worker`]: serves one service or several until it is told to stop, across restarts of the
//!   broker. [`Limits`] bound it, and [`ReplyQueues`] where it writes; [`Tally`] says what was done;
//!   [`Refusal`] is why it gave up.
//! - [`run`]: a whole program around a worker; [`Options`] are its command line.
//! - [`BrokerUrls`]: where the broker is, or the nodes of its cluster are, each a [`BrokerUrl`];
//!   they never show their passwords.
//!
//! A worker that dies, rather than its handler, leaves its requests to the broker, which delivers
//! them again. One that kills every worker it comes to is given up by a quorum queue after
//! `x-delivery-limit` deliveries more. A classic queue counts none: what ends it there is its own
//! expiration, which goes on from its first sending, so that such a request should have one.
//!
//! Inside, from a process to a call: `program` is a log and signals around a worker, `worker` serves services, `serve` one of them across
//! connections, `session` over one connection, and `settle` one request. `server` is what of a
//! service outlives connections. `request` and `reply` are what a caller sees of it, and `answer`
//! makes the one from the other by its `procedures`; `calls` knows the calls that are here and what
//! came of those that were, so that each is computed once and a cancel finds it. `outcome` is what a
//! caller is told in the end, `progress` what it is told before; `control` is what is said to all
//! workers at once. `tally` counts, `backoff` spaces the attempts to connect again, of which
//! each goes to the next node of the `rotation`. `transport` is
//! what all of these need of a broker, and `amqp` alone knows the AMQP library.

mod amqp;
mod answer;
mod backoff;
mod calls;
mod context;
mod control;
mod error;
mod fibonacci;
mod handler;
mod http;
mod limits;
mod metrics;
mod monitor;
mod options;
mod outcome;
mod password;
mod probe;
mod procedures;
mod program;
mod progress;
mod reply;
mod reply_queues;
mod request;
mod rotation;
mod serve;
mod server;
mod service;
mod session;
mod settle;
mod tally;
mod telemetry;
#[cfg(test)]
mod tests;
mod trace;
mod transport;
mod worker;

pub use amqp::{BrokerUrl, BrokerUrls, ClientCertificate, InvalidBrokerUrl, Tls, TlsError};
pub use context::Context;
pub use error::Refusal;
pub use fibonacci::{FibonacciHandler, fib};
pub use handler::{AsyncHandler, Handler};
pub use limits::Limits;
pub use monitor::{Monitor, Readiness};
pub use options::Options;
pub use program::run;
pub use reply_queues::ReplyQueues;
pub use service::{InvalidQueueName, QueueKind, Service};
pub use tally::Tally;
pub use worker::Worker;

/// Compiles what the README says of writing a service.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
