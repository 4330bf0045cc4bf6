//! What a service does, with nothing of how requests reach it.

use std::collections::BTreeMap;

use warren_contract::{Code, Fault, Procedure};

use crate::Context;

/// Serves one procedure with a synchronous function that computes: see [`AsyncHandler`] for one
/// that waits.
///
/// The harness calls [`handle`](Self::handle) on threads of their own, as many at once as the
/// service's concurrency allows, unless it [is brief](Self::is_brief). A panic there is answered with [`Code::Internal`] and ends
/// nothing else.
///
/// Requests of the same correlation id and the same body are one call: it is handled once, and
/// all of them get its answer, also those that come within some minutes after it. Of a procedure
/// that is not idempotent, only those to the same reply queue are; and one that was handed to a
/// worker before, and is not known here, is refused as [`Code::Unavailable`], since that worker may
/// have done it.
pub trait Handler: Send + Sync + 'static {
    /// The name and the types of what is served.
    type Procedure: Procedure;

    /// Reads a request from the body of its message, JSON unless overridden.
    ///
    /// # Errors
    ///
    /// A fault that tells the caller what came and what is allowed.
    fn read(&self, body: &[u8]) -> Result<<Self::Procedure as Procedure>::Request, Fault> {
        read_json::<Self::Procedure>(body)
    }

    /// What this handler refuses to go beyond, by the limit's name; nothing unless overridden.
    /// Clients learn it by asking, so that they need not send what would be refused. It is asked for
    /// once, before anything is served.
    fn limits(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }

    /// Whether computing the response takes less than some 50 µs, so that handing it over to a
    /// thread of its own would take longer; no unless overridden. It is then computed where
    /// requests are received, which stands still meanwhile.
    fn is_brief(&self, _request: &<Self::Procedure as Procedure>::Request) -> bool {
        false
    }

    /// Computes the response.
    ///
    /// What takes long should look at [`Context::is_cancelled`] now and then, and return when it
    /// is true, whatever it returns: nobody is told. It should say how far it is, too, with
    /// [`Context::expect_steps`] and [`Context::advance`], for the callers that want to see it.
    ///
    /// # Errors
    ///
    /// A fault, which is sent to the caller as it is.
    fn handle(
        &self,
        request: <Self::Procedure as Procedure>::Request,
        context: &Context,
    ) -> Result<<Self::Procedure as Procedure>::Response, Fault>;
}

/// Serves one procedure with an asynchronous function: one that waits for a database, a disk or
/// another service, more than it computes. What it has in common with [`Handler`] is not repeated
/// here.
///
/// Its futures run on tokio's threads, which must not be held up: what computes for longer than
/// some 100 µs at a time belongs into a [`Handler`], or into [`tokio::task::spawn_blocking`].
pub trait AsyncHandler: Send + Sync + 'static {
    /// The name and the types of what is served.
    type Procedure: Procedure;

    /// Reads a request from the body of its message, JSON unless overridden.
    ///
    /// # Errors
    ///
    /// A fault that tells the caller what came and what is allowed.
    fn read(&self, body: &[u8]) -> Result<<Self::Procedure as Procedure>::Request, Fault> {
        read_json::<Self::Procedure>(body)
    }

    /// What this handler refuses to go beyond, by the limit's name; nothing unless overridden.
    fn limits(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }

    /// Makes the response.
    ///
    /// When the caller gives up, the future is dropped where it waits. What must not be left half
    /// done there belongs into a task of its own, or the procedure must be fit for it.
    ///
    /// # Errors
    ///
    /// A fault, which is sent to the caller as it is.
    fn handle(
        &self,
        request: <Self::Procedure as Procedure>::Request,
        context: &Context,
    ) -> impl Future<Output = Result<<Self::Procedure as Procedure>::Response, Fault>> + Send;
}

fn read_json<P: Procedure>(body: &[u8]) -> Result<P::Request, Fault> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("this is no request of {}: {error}", P::NAME);
        Fault::new(Code::InvalidArgument, message)
    })
}
