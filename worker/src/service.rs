//! A queue, and the procedures behind it.

use std::num::NonZeroU16;

use thiserror::Error;
use warren_contract::{Fault, Procedure, Topology};

use crate::{
    AsyncHandler, Context, Handler,
    procedures::{AsyncFunction, Asynchronous, Blocking, Function, Procedures},
};

/// A queue, and the procedures behind it. A [`Worker`](crate::Worker) serves one or several.
///
/// ```
/// use warren_contract::Procedure;
/// use warren_worker::Service;
///
/// enum Greet {}
///
/// impl Procedure for Greet {
///     const NAME: &'static str = "greet";
///     const IDEMPOTENT: bool = true;
///     type Request = String;
///     type Response = String;
/// }
///
/// let service = Service::new("greetings")
///     .function::<Greet>(|name, _context| Ok(format!("Hello, {name}!")));
/// ```
#[derive(Clone, Debug)]
pub struct Service {
    pub(crate) topology: Topology,
    pub(crate) queue_kind: QueueKind,
    pub(crate) concurrency: Option<NonZeroU16>,
    pub(crate) procedures: Procedures,
}

/// How a queue that does not exist is declared. One that exists is used as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueueKind {
    /// Outlives the broker's restart; what dies in it comes back to its sender.
    #[default]
    Durable,
    /// As the programs of RabbitMQ's tutorials declare it, so that they can share it.
    Tutorial,
}

/// Why a text is no name of a queue for a [`Service`].
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InvalidQueueName {
    /// It is empty.
    #[error("a queue needs a name")]
    Empty,
    /// It is too long.
    #[error("the name has {0} bytes; at most {LONGEST_QUEUE} are allowed")]
    TooLong(usize),
}

/// The longest name of a queue, in bytes: the exchange `<queue>.control` must fit in AMQP's 255.
const LONGEST_QUEUE: usize = 247;

impl Service {
    /// A service on the queue of this name, without procedures.
    ///
    /// # Panics
    ///
    /// [`Service::check_name`] refuses the name.
    #[must_use]
    pub fn new(queue: impl Into<String>) -> Self {
        let queue = queue.into();
        if let Err(error) = Self::check_name(&queue) {
            panic!("{queue:?} cannot be served: {error}");
        }
        Self {
            topology: Topology::new(queue),
            queue_kind: QueueKind::default(),
            concurrency: None,
            procedures: Procedures::default(),
        }
    }

    /// Whether a queue may have this name: at least one byte, at most 247.
    ///
    /// # Errors
    ///
    /// It may not.
    pub fn check_name(queue: &str) -> Result<(), InvalidQueueName> {
        match queue.len() {
            0 => Err(InvalidQueueName::Empty),
            1..=LONGEST_QUEUE => Ok(()),
            length => Err(InvalidQueueName::TooLong(length)),
        }
    }

    /// Serves one procedure more, by a handler that computes.
    ///
    /// Requests say by their `type` which procedure they are for; those without one, such as the
    /// tutorials' clients send, are for the first.
    ///
    /// # Panics
    ///
    /// The service has a procedure of this name already; so with the other ways to add one.
    #[must_use]
    pub fn handler(mut self, handler: impl Handler) -> Self {
        self.procedures.add(Blocking(handler));
        self
    }

    /// Serves one procedure more, by a handler that waits.
    #[must_use]
    pub fn async_handler(mut self, handler: impl AsyncHandler) -> Self {
        self.procedures.add(Asynchronous(handler));
        self
    }

    /// Serves one procedure more, by a function that computes: as [`Handler::handle`].
    #[must_use]
    pub fn function<P: Procedure>(
        self,
        function: impl Fn(P::Request, &Context) -> Result<P::Response, Fault> + Send + Sync + 'static,
    ) -> Self {
        self.handler(Function::<P, _>::new(function))
    }

    /// Serves one procedure more, by a function that waits: as [`AsyncHandler::handle`].
    ///
    /// `R` is what the function returns, and is inferred: `async_function::<Translate, _>(…)`.
    #[must_use]
    pub fn async_function<P: Procedure, R>(
        self,
        function: impl Fn(P::Request, Context) -> R + Send + Sync + 'static,
    ) -> Self
    where
        R: Future<Output = Result<P::Response, Fault>> + Send + 'static,
    {
        self.async_handler(AsyncFunction::<P, _>::new(function))
    }

    /// Declares the queue, if it does not exist, as one of this kind.
    #[must_use]
    pub fn queue_kind(mut self, kind: QueueKind) -> Self {
        self.queue_kind = kind;
        self
    }

    /// Computes so many requests at once, unless the [`Worker`](crate::Worker) says otherwise. The
    /// default, one for each core, suits handlers that compute; those that wait want more.
    #[must_use]
    pub fn concurrency(mut self, requests: NonZeroU16) -> Self {
        self.concurrency = Some(requests);
        self
    }
}
