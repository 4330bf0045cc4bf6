//! One call, as its caller sees it.

use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::sync::oneshot;
use uuid::Uuid;
use warren_contract::Procedure;

use crate::{CallError, client::Handle, driver::Command, engine::RawReply};

/// What a caller may ask of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// How long the call may take, counted from now; over 0 s, at most
    /// [`Config::MAX_DEADLINE`](crate::Config::MAX_DEADLINE). `None` takes
    /// [`Config::deadline`](crate::Config::deadline).
    pub deadline: Option<Duration>,
}

/// A reply, and what is known about how it came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply<T> {
    /// What the procedure returned.
    pub value: T,
    /// The worker's name. A server of the tutorials has none.
    pub worker: Option<String>,
    /// How long the worker's handler ran. A server of the tutorials does not say.
    pub compute: Option<Duration>,
    /// From sending the request to receiving the reply, by this side's clock.
    pub round_trip: Duration,
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
    settled: bool,
    procedure: PhantomData<fn() -> P>,
}

impl<P: Procedure> Call<P> {
    pub(crate) fn new(
        id: Uuid,
        outcome: oneshot::Receiver<Result<RawReply, CallError>>,
        handle: Handle,
    ) -> Self {
        Self {
            id,
            outcome,
            handle,
            settled: false,
            procedure: PhantomData,
        }
    }

    /// The correlation id, by which the broker, the worker and their logs know this call.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }
}

impl<P: Procedure> Future for Call<P> {
    type Output = Result<Reply<P::Response>, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(Pin::new(&mut self.outcome).poll(cx));
        self.settled = true;
        // The driver settles every call before it ends, so a call without an outcome was made
        // after that.
        let reply = outcome.unwrap_or(Err(CallError::Closed));
        Poll::Ready(reply.and_then(RawReply::decode))
    }
}

impl<P> Drop for Call<P> {
    fn drop(&mut self) {
        if !self.settled {
            self.handle.send(Command::Cancel { id: self.id });
        }
    }
}
