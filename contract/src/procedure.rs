//! Procedures: a name, two types, and whether calling twice is the same as calling once.

use serde::{Serialize, de::DeserializeOwned};

/// The longest request, in bytes of JSON. Clients send no longer one, and workers read none.
pub const MAX_REQUEST_BYTES: usize = 1024 * 1024;

/// Something that a client can call and a worker can serve.
///
/// Requests and responses travel as JSON.
pub trait Procedure: 'static {
    /// The name on the wire, in the request's `type` property. At most 255 bytes.
    const NAME: &'static str;

    /// Whether a call may be sent again when nobody knows what became of it.
    const IDEMPOTENT: bool;

    /// What the caller sends.
    type Request: Serialize + DeserializeOwned + Send + 'static;

    /// What the caller gets.
    type Response: Serialize + DeserializeOwned + Send + 'static;
}

/// The n-th Fibonacci number, computed naively: `fib(0) = 0`, `fib(1) = 1`.
///
/// Request and response are bare JSON numbers, the very bytes of RabbitMQ's
/// [sixth tutorial](https://www.rabbitmq.com/tutorials/tutorial-six-python).
#[derive(Clone, Copy, Debug)]
pub enum Fibonacci {}

impl Fibonacci {
    /// The largest n whose Fibonacci number fits in 64 bits.
    pub const LARGEST_N: u64 = 93;

    /// The largest n that a worker serves unless it is told otherwise: some minutes of one core.
    pub const DEFAULT_MAX_N: u64 = 50;

    /// The name, in a [`Pong`](crate::Pong), of the largest n that the worker serves.
    pub const MAX_N: &str = "max_n";
}

impl Procedure for Fibonacci {
    const NAME: &'static str = "fibonacci";
    const IDEMPOTENT: bool = true;
    type Request = u64;
    type Response = u64;
}
