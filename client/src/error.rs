//! How a call fails.

use std::time::Duration;

use thiserror::Error;
use warren_contract::{Code, Fault};

use crate::{Config, Disconnect};

/// Why a call has no reply. [`CallError::code`] sorts the reasons for programs.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CallError {
    /// The worker answered that it could not serve the request.
    #[error("{}", .0.message)]
    Fault(Fault),
    /// The deadline passed while there was a connection.
    #[error("no reply within {deadline:?}")]
    DeadlineExceeded {
        /// The call's deadline.
        deadline: Duration,
    },
    /// The deadline passed while the request waited for a connection: it was never sent, or its
    /// connection was lost.
    #[error("not connected within {deadline:?}{}", .because.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    NotConnected {
        /// The call's deadline.
        deadline: Duration,
        /// Why the last connection ended, if there was any.
        because: Option<Disconnect>,
    },
    /// The broker refuses this client, or has no exchange for the service. Only a call of an
    /// idempotent procedure may have been sent, on a connection that was lost since.
    #[error("{0}")]
    Refused(Disconnect),
    /// The connection was lost after the request was sent. It is not known whether a worker
    /// served it, and the procedure is not idempotent, so it was not sent again.
    #[error("outcome unknown: {0}; a worker may have served the request")]
    OutcomeUnknown(Disconnect),
    /// The request was sent several times, and each time the connection was lost before the reply
    /// came. Either the broker keeps failing, or it does not take this request.
    #[error(
        "the connection was lost {times} times after the request was sent ({reason}); unless the broker keeps failing, it has no exchange or queue `{service}`, does not let us publish there, or does not take this request"
    )]
    LostEachTime {
        /// The service that was called.
        service: String,
        /// How many connections were lost.
        times: u32,
        /// Why the last one was.
        reason: Box<Disconnect>,
    },
    /// The broker had no queue for the request.
    #[error("nobody serves `{service}`: the broker has no queue for it")]
    NoService {
        /// The service that was called.
        service: String,
    },
    /// There was no worker to send the request to, so it was not sent.
    #[error("no worker serves `{service}` now")]
    NoWorker {
        /// The service that was called.
        service: String,
    },
    /// The last worker left after the request was sent, or the request was sent before it was known
    /// that there is none. If another comes before the call's deadline, it may still serve the
    /// request, and nobody will hear of it.
    #[error(
        "no worker serves `{service}`; one that comes before the deadline may still serve the request"
    )]
    WorkersLeft {
        /// The service that was called.
        service: String,
    },
    /// The queue was full.
    #[error("the queue of `{service}` is full")]
    QueueFull {
        /// The service that was called.
        service: String,
    },
    /// The broker gave the request up, for this reason of its own.
    #[error("the broker gave the request up: {reason}")]
    GivenUp {
        /// The broker's `x-first-death-reason`, such as `rejected` or `delivery_limit`.
        reason: String,
    },
    /// The reply cannot be read as the procedure's response.
    #[error("the reply cannot be read: {detail}; it was: {body}")]
    UnreadableReply {
        /// What was wrong with it.
        detail: String,
        /// The beginning of what came.
        body: String,
    },
    /// The reply was over [`Config::max_reply_bytes`](crate::Config::max_reply_bytes).
    #[error("{detail}")]
    ReplyTooLarge {
        /// The actual and the allowed size.
        detail: String,
    },
    /// The request was over the limit; it was not sent.
    #[error("the request has {actual} bytes, where {allowed} are allowed")]
    RequestTooLarge {
        /// The size of this request in bytes of JSON.
        actual: usize,
        /// The largest size.
        allowed: usize,
    },
    /// The request could not be written as JSON; it was not sent.
    #[error("the request cannot be written as JSON: {detail}")]
    UnwritableRequest {
        /// What was wrong with it.
        detail: String,
    },
    /// The procedure's name had an impossible length; the call was not sent.
    #[error("the procedure's name has {actual} bytes, where 1 to {allowed} are allowed")]
    BadProcedureName {
        /// The length of this name in bytes.
        actual: usize,
        /// The greatest length.
        allowed: usize,
    },
    /// The deadline was zero or over the limit; the call was not sent.
    #[error(
        "a deadline of {actual:?} is not allowed: it must be over 0 s and at most {:?}",
        Config::MAX_DEADLINE
    )]
    BadDeadline {
        /// The deadline that was asked for.
        actual: Duration,
    },
    /// Too many calls were pending; this one was not sent.
    #[error("{allowed} calls are pending already, which is the most")]
    TooManyPending {
        /// The most calls that may be pending.
        allowed: usize,
    },
    /// The caller gave the call up.
    #[error("the call was cancelled")]
    Cancelled,
    /// The client was closed, while the call was pending or before it was made.
    #[error("the client was closed")]
    Closed,
}

impl CallError {
    /// The reason in the codes of gRPC and Connect.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Fault(fault) => fault.code,
            Self::DeadlineExceeded { .. } => Code::DeadlineExceeded,
            Self::NotConnected { .. }
            | Self::OutcomeUnknown(_)
            | Self::LostEachTime { .. }
            | Self::NoService { .. }
            | Self::NoWorker { .. }
            | Self::WorkersLeft { .. } => Code::Unavailable,
            Self::Refused(reason) => reason.code(),
            Self::QueueFull { .. }
            | Self::ReplyTooLarge { .. }
            | Self::RequestTooLarge { .. }
            | Self::TooManyPending { .. } => Code::ResourceExhausted,
            Self::GivenUp { .. } | Self::UnreadableReply { .. } => Code::Internal,
            Self::UnwritableRequest { .. }
            | Self::BadProcedureName { .. }
            | Self::BadDeadline { .. } => Code::InvalidArgument,
            Self::Cancelled | Self::Closed => Code::Cancelled,
        }
    }
}
