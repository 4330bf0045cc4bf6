//! The handle that users clone and call.

use std::{borrow::Cow, sync::Arc};

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use warren_contract::{Pong, Procedure};

use crate::{
    Call, CallError, CallOptions, Config, ConnectionState, Raw, RawRequest, WAITING_FRAMES,
    WireFrame,
    driver::{self, Boards, Caller, Command},
    engine::{Engine, Request},
    ids::random_uuid,
    socket::{self, Trust},
};

/// What happened on the connection that no call can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Replies and bounces that belong to no pending call: late, doubled, or not ours. Dropped.
    pub unmatched: u64,
    /// Messages that cannot be read as a reply at all. Dropped.
    pub malformed: u64,
    /// How often the connection came online.
    pub connects: u64,
    /// Requests sent again because the connection was lost before their reply came, or because the
    /// broker did not say that it took them.
    pub resent: u64,
}

/// A client of one service. Its clones share one connection, which is closed when the last of them
/// and of their pending calls is dropped.
///
/// A `Client` needs a tokio runtime, or a browser, to run in.
#[derive(Clone, Debug)]
pub struct Client {
    handle: Handle,
    state: watch::Receiver<ConnectionState>,
    counters: watch::Receiver<Counters>,
    /// A sender, which does not count as somebody who wants to know.
    workers: watch::Sender<Option<Vec<Pong>>>,
    /// Likewise.
    wire: broadcast::Sender<Arc<WireFrame>>,
}

/// The way to the driver. It ends when the client is closed, and then takes nothing any more.
#[derive(Clone, Debug)]
pub(crate) struct Handle(mpsc::UnboundedSender<Command>);

impl Handle {
    pub(crate) fn send(&self, command: Command) {
        // Only a closed client's driver is gone, and then there is nothing left to do: the
        // receivers of its replies are told by their senders' end.
        let _ = self.0.send(command);
    }
}

impl Client {
    /// Begins to connect, and keeps the connection from then on.
    ///
    /// It returns at once: calls may be made before the connection is there, and wait for it.
    #[must_use]
    pub fn connect(config: Config) -> Self {
        let (commands, queue) = mpsc::unbounded_channel();
        let source = config.passcode.source().cloned();
        let trust = Trust::of(&config);
        let engine = Engine::new(config, Box::new(random_uuid));
        let boards = Boards {
            state: watch::Sender::new(engine.first_state()),
            counters: watch::Sender::default(),
            workers: watch::Sender::default(),
            wire: broadcast::Sender::new(WAITING_FRAMES),
        };
        let client = Self {
            handle: Handle(commands),
            state: boards.state.subscribe(),
            counters: boards.counters.subscribe(),
            workers: boards.workers.clone(),
            wire: boards.wire.clone(),
        };
        socket::spawn(driver::run(engine, trust, source, queue, boards));
        client
    }

    /// Calls `P` with the default deadline.
    pub fn call<P: Procedure>(&self, request: P::Request) -> Call<P> {
        self.call_with(request, CallOptions::default())
    }

    /// Calls `P`. The request is on its way when this returns; the call is its outcome.
    pub fn call_with<P: Procedure>(&self, request: P::Request, options: CallOptions) -> Call<P> {
        let body = serde_json::to_vec(&request).map_err(|error| CallError::UnwritableRequest {
            detail: error.to_string(),
        });
        self.send(P::NAME.into(), P::IDEMPOTENT, body, options)
    }

    /// Calls a procedure that this program knows by its name alone. The reply is any JSON.
    pub fn call_raw(&self, request: RawRequest, options: CallOptions) -> Call<Raw> {
        let RawRequest {
            procedure,
            idempotent,
            body,
        } = request;
        let (actual, allowed) = (procedure.len(), RawRequest::MAX_NAME_BYTES);
        let body = if (1..=allowed).contains(&actual) {
            Ok(body.get().as_bytes().to_vec())
        } else {
            Err(CallError::BadProcedureName { actual, allowed })
        };
        self.send(procedure.into(), idempotent, body, options)
    }

    /// Makes a call, unless there is no request to send.
    fn send<P>(
        &self,
        procedure: Cow<'static, str>,
        idempotent: bool,
        body: Result<Vec<u8>, CallError>,
        options: CallOptions,
    ) -> Call<P> {
        let id = random_uuid();
        let (settle, outcome) = oneshot::channel();
        let stage = options.progress.map(|_| watch::Sender::default());
        let stage_seen = stage.as_ref().map(watch::Sender::subscribe);
        match body {
            Ok(body) => self.handle.send(Command::Call {
                id,
                request: Request {
                    procedure,
                    idempotent,
                    body,
                    deadline: options.deadline,
                    policy: options.policy,
                    progress: options.progress,
                    traceparent: options.traceparent,
                },
                caller: Caller { settle, stage },
            }),
            Err(error) => {
                // The receiver is right here, so this cannot fail.
                let _ = settle.send(Err(error));
            }
        }
        Call::new(id, outcome, stage_seen, self.handle.clone())
    }

    /// The connection's state, and a way to await its changes.
    #[must_use]
    pub fn connection(&self) -> watch::Receiver<ConnectionState> {
        self.state.clone()
    }

    /// Counters, and a way to await their changes.
    #[must_use]
    pub fn counters(&self) -> watch::Receiver<Counters> {
        self.counters.clone()
    }

    /// Who serves the service now, by name, and a way to await changes; `None` while that is not
    /// known, as when there are workers but none answers within 700 ms, and always in the
    /// [tutorial mode](crate::Mode::Tutorial).
    ///
    /// As long as somebody holds a receiver, the workers are asked once a second.
    #[must_use]
    pub fn workers(&self) -> watch::Receiver<Option<Vec<Pong>>> {
        let workers = self.workers.subscribe();
        self.handle.send(Command::WatchWorkers);
        workers
    }

    /// What goes over the wire from now on, in both directions. A receiver that falls behind by
    /// more than [`WAITING_FRAMES`] misses the oldest, and is told how many.
    ///
    /// Nothing is decoded for it, nor kept, while nobody holds a receiver.
    #[must_use]
    pub fn wire(&self) -> broadcast::Receiver<Arc<WireFrame>> {
        self.wire.subscribe()
    }

    /// Says goodbye to the broker and waits, at most some seconds, for its answer. Calls that are
    /// pending fail as `cancelled`, and so do calls made afterwards through any clone.
    pub async fn close(self) {
        self.handle.send(Command::Close);
        let mut state = self.state;
        // An error means that the driver has ended, which is what is awaited here.
        let _ = state.wait_for(|now| *now == ConnectionState::Closed).await;
    }
}
