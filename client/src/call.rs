//! One call, as its caller sees it.

use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::sync::{oneshot, watch};
use uuid::Uuid;
use warren_contract::{Procedure, Progress};

use crate::{CallError, Times, Traceparent, client::Handle, driver::Command, engine::RawReply};

/// What becomes of a call for which there is no worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// It fails as `unavailable` as soon as the broker says that there is no worker: within
    /// milliseconds if there was none when it was made, and within some 1.5 s of the end of the
    /// last one. Calls whose connection was lost give the workers 15 s to come back, too.
    #[default]
    FailFast,
    /// It stays in the queue until a worker comes, at most until its deadline.
    WaitForWorker,
}

/// Where a call is on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// It is not sent: there is no connection, it is not known whether there is a worker, or whether
    /// the broker takes requests, for which another one goes ahead.
    #[default]
    Waiting,
    /// It is sent, and no worker has begun to compute it.
    Queued,
    /// A worker computes it.
    Running {
        /// The name of the worker that told so last; after one died, another may begin anew.
        worker: Option<String>,
        /// How far it is, once the worker has said so. It never goes back, not even if another
        /// worker has to begin anew.
        progress: Option<Progress>,
    },
}

/// What a caller may ask of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// How long the call may take, counted from now; over 0 s, at most
    /// [`Config::MAX_DEADLINE`](crate::Config::MAX_DEADLINE). `None` takes
    /// [`Config::deadline`](crate::Config::deadline).
    pub deadline: Option<Duration>,
    /// What becomes of the call if there is no worker.
    pub policy: Policy,
    /// Asks for [`Call::stage`], and for progress at most this often, counted in whole
    /// milliseconds. A server of the tutorials tells none.
    pub progress: Option<Duration>,
    /// The caller's place in a distributed trace, which is passed on to the worker.
    pub traceparent: Option<Traceparent>,
}

/// A request to a procedure of which this program knows nothing but the name.
#[derive(Clone, Debug)]
pub struct RawRequest {
    /// The procedure's name, of at most [`RawRequest::MAX_NAME_BYTES`] bytes.
    pub procedure: String,
    /// Whether the call may be sent again when nobody knows what became of it.
    pub idempotent: bool,
    /// What the procedure takes.
    pub body: Box<RawValue>,
}

impl RawRequest {
    /// The longest name that a procedure can have: AMQP has one byte for its length.
    pub const MAX_NAME_BYTES: usize = 255;
}

/// Stands in a [`Call`] for a procedure whose reply is left as JSON: see
/// [`Client::call_raw`](crate::Client::call_raw).
#[derive(Clone, Copy, Debug)]
pub enum Raw {}

/// A reply, and what is known about how it came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply<T> {
    /// What the procedure returned.
    pub value: T,
    /// The worker's name. A server of the tutorials has none.
    pub worker: Option<String>,
    /// How long the worker's handler ran. A server of the tutorials does not say.
    pub compute: Option<Duration>,
    /// From sending the request to receiving the reply, by this side's clock; of a request that was
    /// sent again, from the last time.
    pub round_trip: Duration,
    /// Where the round trip's time went. Only known if progress was asked for, and if a worker
    /// answered a ping on this connection; a server of the tutorials does neither.
    pub times: Option<Times>,
}

/// A call that has been made: a future of its outcome.
///
/// It runs whether it is polled or not, and settles at its deadline at the latest.
#[derive(Debug)]
#[must_use = "a call is given up when it is dropped"]
pub struct Call<P> {
    id: Uuid,
    outcome: oneshot::Receiver<Result<RawReply, CallError>>,
    handle: Handle,
    stage: Option<watch::Receiver<Stage>>,
    settled: bool,
    procedure: PhantomData<fn() -> P>,
}

impl<P> Call<P> {
    pub(crate) fn new(
        id: Uuid,
        outcome: oneshot::Receiver<Result<RawReply, CallError>>,
        stage: Option<watch::Receiver<Stage>>,
        handle: Handle,
    ) -> Self {
        Self {
            id,
            outcome,
            handle,
            stage,
            settled: false,
            procedure: PhantomData,
        }
    }

    /// The correlation id, by which the broker, the worker and their logs know this call.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Where the call is, and a way to await changes; `None` unless [`CallOptions::progress`]
    /// asked for it.
    #[must_use]
    pub fn stage(&self) -> Option<watch::Receiver<Stage>> {
        self.stage.clone()
    }

    /// Gives the call up: it settles as [`CallError::Cancelled`] unless it has settled already,
    /// and the worker stops computing it, or never starts. Dropping the call does the same.
    pub fn cancel(&self) {
        self.handle.send(Command::Cancel { id: self.id });
    }

    fn poll_reply<T: DeserializeOwned>(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Reply<T>, CallError>> {
        let outcome = ready!(Pin::new(&mut self.outcome).poll(cx));
        self.settled = true;
        // The driver settles every call before it ends, so a call without an outcome was made
        // after that.
        let reply = outcome.unwrap_or(Err(CallError::Closed));
        Poll::Ready(reply.and_then(RawReply::decode))
    }
}

impl<P: Procedure> Future for Call<P> {
    type Output = Result<Reply<P::Response>, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_reply(cx)
    }
}

impl Future for Call<Raw> {
    type Output = Result<Reply<Box<RawValue>>, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_reply(cx)
    }
}

impl<P> Drop for Call<P> {
    fn drop(&mut self) {
        if !self.settled {
            self.handle.send(Command::Cancel { id: self.id });
        }
    }
}
