//! All decisions of a client, without I/O: a state machine that reads no clock and no socket.
//!
//! Its methods are of three kinds:
//!
//! - commands, from the user: [`Engine::call`], [`Engine::cancel`], [`Engine::close`];
//! - inputs, from the world: `handle_*`. Every one takes the time, as the time since the engine
//!   was made;
//! - outputs, for the driver: `poll_*`. After any command or input, the driver carries out all
//!   [actions](Engine::poll_action), then delivers all [events](Engine::poll_event), then arms
//!   its one timer for [`Engine::poll_timeout`].
//!
//! `connection` connects and reconnects, `rotation` says where to, `passcodes` with what, and
//! `ending` why it had to; `calls` is the table of pending calls; `presence` asks who serves them,
//! and `acceptance` whether the broker takes them at all; `reactions` is what follows for the calls
//! from what these hear; `wire` knows the destinations and headers, and nothing else does.

mod acceptance;
mod backoff;
mod calls;
mod connection;
mod ending;
mod first_ping;
mod link;
mod passcodes;
mod presence;
mod reactions;
mod rotation;
mod session_config;
mod wire;

#[cfg(test)]
mod tests;

use std::{borrow::Cow, collections::VecDeque, fmt, time::Duration};

use uuid::Uuid;
use warren_contract::{MAX_REQUEST_BYTES, Pong};

pub use wire::{BOUNCE_SUBSCRIPTION, RawReply};

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use self::{
    ending::{died, refused},
    session_config::session_config,
    wire::{Incoming, REPLY_QUEUE},
};
pub(crate) use wire::Wire;

use self::{
    acceptance::Acceptance,
    calls::{Calls, Pending},
    connection::Connection,
    presence::Presence,
};
use crate::{
    CallError, Config, ConnectionState, Counters, Disconnect, Policy, Stage, Token, Traceparent,
};

/// A call, as a user asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The procedure's name.
    pub procedure: Cow<'static, str>,
    /// Whether it may be sent again when its outcome is unknown.
    pub idempotent: bool,
    /// The request as JSON.
    pub body: Vec<u8>,
    /// How long the call may take; `None` takes [`Config::deadline`].
    pub deadline: Option<Duration>,
    /// What becomes of it if there is no worker.
    pub policy: Policy,
    /// How often its progress is told at most; `None` tells neither progress nor stages.
    pub progress: Option<Duration>,
    /// The caller's place in a distributed trace.
    pub traceparent: Option<Traceparent>,
}

/// What the driver is to do to the world, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask the source for a passcode, and report [`Engine::handle_passcode`]. What was asked before
    /// is not waited for any more.
    AskPasscode,
    /// Open a new WebSocket, and report [`Engine::handle_opened`], [`Engine::handle_closed`] or
    /// [`Engine::handle_untrusted`].
    Open {
        /// Where to.
        url: String,
    },
    /// Send these bytes as one WebSocket message.
    Send(Vec<u8>),
    /// Close the WebSocket, and report nothing more of it.
    Close,
}

/// What the driver is to tell the users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The call has its outcome. It happens once to every call but a cancelled one.
    Settled {
        /// The call's correlation id.
        id: Uuid,
        /// What became of it.
        outcome: Result<RawReply, CallError>,
    },
    /// The call is where it was not before; only told of calls that ask for progress.
    Stage {
        /// The call's correlation id.
        id: Uuid,
        /// Where it is now.
        stage: Stage,
    },
    /// The connection's state changed. [`ConnectionState::Closed`] is the last event of all.
    Connection(ConnectionState),
    /// Who serves the service now, by name; `None` while that is not known.
    Workers(Option<Vec<Pong>>),
}

/// Where ids come from. They must be hard to guess: a client's id keeps others from its bounces.
pub type RandomUuids = Box<dyn FnMut() -> Uuid + Send>;

/// One client: its connection and its pending calls.
pub struct Engine {
    config: Config,
    connection: Connection,
    calls: Calls,
    presence: Presence,
    acceptance: Acceptance,
    wire: Wire,
    events: VecDeque<Event>,
    counters: Counters,
}

impl Engine {
    /// An engine whose first action is to open a connection. Its time begins now, at zero.
    #[must_use]
    pub fn new(config: Config, random: RandomUuids) -> Self {
        Self {
            connection: Connection::new(&config, random),
            calls: Calls::default(),
            presence: Presence::default(),
            acceptance: Acceptance::default(),
            wire: Wire::new(&config),
            events: VecDeque::new(),
            counters: Counters::default(),
            config,
        }
    }

    /// How the connection is until the first event tells that it changed.
    #[must_use]
    pub fn first_state(&self) -> ConnectionState {
        self.connection.first_state()
    }

    /// Makes a call under the correlation id `id`, which must be new.
    pub fn call(&mut self, now: Duration, id: Uuid, request: Request) {
        let deadline = request.deadline.unwrap_or(self.config.deadline);
        if let Some(error) = self.objection(&request, deadline) {
            return self.settle(id, Err(error));
        }
        let call = Pending::new(request, now, deadline);
        self.calls.insert(now, id, call);
        self.follow_calls(now);
    }

    /// Why a request is not taken at all.
    fn objection(&self, request: &Request, deadline: Duration) -> Option<CallError> {
        if self.connection.is_closed() {
            Some(CallError::Closed)
        } else if let Some(reason) = self.refusal(request.policy) {
            Some(CallError::Refused(reason.clone()))
        } else if deadline.is_zero() || deadline > Config::MAX_DEADLINE {
            Some(CallError::BadDeadline { actual: deadline })
        } else if request.body.len() > MAX_REQUEST_BYTES {
            Some(CallError::RequestTooLarge {
                actual: request.body.len(),
                allowed: MAX_REQUEST_BYTES,
            })
        } else if self.calls.len() >= self.config.max_pending {
            Some(CallError::TooManyPending {
                allowed: self.config.max_pending,
            })
        } else {
            None
        }
    }

    /// Why calls of this policy cannot be served until a person, or a worker, mends it.
    fn refusal(&self, policy: Policy) -> Option<&Disconnect> {
        let reason = self.connection.last_disconnect()?;
        let fails = match reason {
            Disconnect::TopologyMissing { .. } => policy == Policy::FailFast,
            reason => reason.is_refusal(),
        };
        fails.then_some(reason)
    }

    /// Gives a call up: no event will tell of it, and the workers need not serve it. One that is
    /// unknown or settled is left alone.
    pub fn cancel(&mut self, now: Duration, id: Uuid) {
        if let Some(call) = self.calls.remove(id) {
            self.tell_workers(now, id, &call);
        }
        self.follow_calls(now);
    }

    /// Whether [`Event::Workers`] is wanted. While it is, the workers are pinged once a second; the
    /// tutorials' servers cannot be.
    pub fn watch_workers(&mut self, now: Duration, watched: bool) {
        self.presence.set_watched(watched);
        self.follow_calls(now);
    }

    /// Settles all pending calls as closed, and takes leave of the workers and the broker.
    pub fn close(&mut self, now: Duration) {
        for (id, call) in self.calls.drain() {
            self.tell_workers(now, id, &call);
            self.settle(id, Err(CallError::Closed));
        }
        self.presence.go_offline();
        self.connection.close(now);
        self.take_signals(now);
    }

    /// The device is back on the network, or the page is seen again: a lost connection is opened
    /// now, and one that is believed to be there has to show it within 5 s.
    pub fn handle_wake(&mut self, now: Duration) {
        self.connection.wake(now);
        self.take_signals(now);
    }

    /// The source gave a passcode, or none, for this reason.
    pub fn handle_passcode(&mut self, now: Duration, answer: Result<Token, String>) {
        self.connection.handle_passcode(now, answer);
        self.take_signals(now);
    }

    /// The WebSocket is open.
    pub fn handle_opened(&mut self, now: Duration) {
        self.connection.handle_opened(now);
        self.take_signals(now);
    }

    /// Bytes came; a WebSocket message or any part of one.
    pub fn handle_data(&mut self, now: Duration, bytes: &[u8]) {
        self.connection.handle_data(now, bytes);
        self.take_signals(now);
    }

    /// The WebSocket was closed, or could not be opened. `code` and `reason` are those of the
    /// close frame, or what the system says.
    pub fn handle_closed(&mut self, now: Duration, code: Option<u16>, reason: &str) {
        self.connection.handle_closed(now, code, reason);
        self.take_signals(now);
    }

    /// The WebSocket could not be opened, as the two ends do not trust each other, for this reason.
    pub fn handle_untrusted(&mut self, now: Duration, reason: &str) {
        self.connection.handle_untrusted(now, reason);
        self.take_signals(now);
    }

    /// The time of [`Engine::poll_timeout`] has come. Coming too early does no harm.
    pub fn handle_timeout(&mut self, now: Duration) {
        while let Some((id, call)) = self.calls.take_expired(now) {
            self.tell_workers(now, id, &call);
            let error = if call.sent_at.is_some() || self.connection.is_online() {
                CallError::DeadlineExceeded {
                    deadline: call.deadline,
                }
            } else {
                CallError::NotConnected {
                    deadline: call.deadline,
                    because: self.connection.last_disconnect().cloned(),
                }
            };
            self.settle(id, Err(error));
        }
        self.connection.handle_timeout(now);
        self.presence.handle_timeout(now);
        self.look_for_receipt(now);
        self.take_signals(now);
    }

    /// What the driver is to do next.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.connection.poll_action()
    }

    /// What the driver is to tell next.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Engine::handle_timeout`] is due, on the clock of `now`.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        [
            self.calls.next_deadline(),
            self.connection.poll_timeout(),
            self.presence.poll_timeout(),
            self.acceptance.poll_timeout(self.calls.any_unsent()),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What happened that no call can tell.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn settle(&mut self, id: Uuid, outcome: Result<RawReply, CallError>) {
        self.events.push_back(Event::Settled { id, outcome });
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("config", &self.config)
            .field("connection", &self.connection)
            .field("pending", &self.calls.len())
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}
