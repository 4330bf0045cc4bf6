//! Names of the message headers that are Warren's own.
//!
//! Headers that AMQP and STOMP define themselves (`correlation-id`, `reply-to`, `expiration`,
//! `content-type`, `type`) keep the names that those protocols give them.

/// On a reply: the name of the worker that computed it.
pub const WORKER: &str = "x-worker";

/// On a reply: how long the handler ran, in whole microseconds.
pub const COMPUTE_US: &str = "x-compute-us";

/// On a request: the caller wants to be told when its computation starts, and how far it is, at
/// most every so many milliseconds. From 0 up, in decimal; 0 asks for as much as the worker
/// likes to tell.
pub const PROGRESS_MS: &str = "x-progress-ms";

/// On a request: the caller's place in a distributed trace.
/// See <https://www.w3.org/TR/trace-context/#traceparent-header>.
pub const TRACEPARENT: &str = "traceparent";

/// On a bounced message, set by the broker: why it first came back, such as `expired`.
/// See <https://www.rabbitmq.com/docs/dlx#effects>.
pub const FIRST_DEATH_REASON: &str = "x-first-death-reason";

/// The `content-type` of every Warren request and reply.
pub const JSON: &str = "application/json";
