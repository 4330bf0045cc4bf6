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
//! `connection` connects and reconnects, and `ending` says why it had to; `calls` is the table of
//! pending calls; `presence` asks who serves them; `wire` knows the destinations and headers, and
//! nothing else does.

mod backoff;
mod calls;
mod connection;
mod ending;
mod presence;
mod wire;

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, fmt, time::Duration};

use uuid::Uuid;
use warren_contract::{MAX_REQUEST_BYTES, Pong};
use warren_stomp::Frame;

pub use wire::RawReply;

use self::{
    calls::{Calls, Pending},
    connection::{Connection, Signal},
    presence::Presence,
    wire::{Incoming, Wire},
};
use crate::{CallError, Config, ConnectionState, Counters, Disconnect, Mode};

/// A call, as a user asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The procedure's name.
    pub procedure: &'static str,
    /// Whether it may be sent again when its outcome is unknown.
    pub idempotent: bool,
    /// The request as JSON.
    pub body: Vec<u8>,
    /// How long the call may take; `None` takes [`Config::deadline`].
    pub deadline: Option<Duration>,
}

/// What the driver is to do to the world, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open a new WebSocket, and report [`Engine::handle_opened`] or [`Engine::handle_closed`].
    Open,
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
            wire: Wire::new(&config),
            events: VecDeque::new(),
            counters: Counters::default(),
            config,
        }
    }

    /// Makes a call under the correlation id `id`, which must be new.
    pub fn call(&mut self, now: Duration, id: Uuid, request: Request) {
        let deadline = request.deadline.unwrap_or(self.config.deadline);
        if let Some(error) = self.objection(&request, deadline) {
            return self.settle(id, Err(error));
        }
        self.calls.insert(id, Pending::new(request, now, deadline));
        self.send_waiting(now);
    }

    /// Why a request is not taken at all.
    fn objection(&self, request: &Request, deadline: Duration) -> Option<CallError> {
        if self.connection.is_closed() {
            Some(CallError::Closed)
        } else if let Some(reason) = self.connection.refusal() {
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

    /// Gives a call up: no event will tell of it, and the workers need not serve it. One that is
    /// unknown or settled is left alone.
    pub fn cancel(&mut self, now: Duration, id: Uuid) {
        if let Some(call) = self.calls.remove(id) {
            self.tell_workers(now, id, &call);
        }
    }

    /// Whether [`Event::Workers`] is wanted. While it is, the workers are pinged once a second; the
    /// tutorials' servers cannot be.
    pub fn watch_workers(&mut self, now: Duration, watched: bool) {
        self.presence.set_watched(watched);
        self.tend_presence(now);
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

    /// The time of [`Engine::poll_timeout`] has come. Coming too early does no harm.
    pub fn handle_timeout(&mut self, now: Duration) {
        while let Some((id, call)) = self.calls.take_expired(now) {
            self.tell_workers(now, id, &call);
            let error = if call.sent_at.is_some() {
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
        self.take_signals(now);
        self.presence.handle_timeout(now);
        self.tend_presence(now);
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

    fn take_signals(&mut self, now: Duration) {
        while let Some(signal) = self.connection.poll_signal() {
            match signal {
                Signal::State(state) => {
                    if state == ConnectionState::Online {
                        self.counters.connects += 1;
                        self.send_waiting(now);
                        if self.workers_listen() {
                            self.presence.come_online(now);
                        }
                    }
                    self.events.push_back(Event::Connection(state));
                }
                Signal::Message(frame) => self.take_message(now, frame),
                Signal::TooLarge { head, detail } => {
                    if let Some(id) = Wire::correlation_id(&head)
                        && self.calls.remove(id).is_some()
                    {
                        self.settle(id, Err(CallError::ReplyTooLarge { detail }));
                    }
                }
                Signal::Disconnected(reason) => {
                    self.give_back(&reason);
                    self.presence.go_offline();
                }
            }
        }
        self.tend_presence(now);
    }

    fn take_message(&mut self, now: Duration, frame: Frame) {
        match self.wire.read(frame) {
            Incoming::Reply { id, outcome } => match self.calls.sent_at(id) {
                Some(sent_at) => {
                    self.calls.remove(id);
                    let round_trip = now.saturating_sub(sent_at);
                    let outcome = outcome.map(|reply| RawReply {
                        round_trip,
                        ..reply
                    });
                    self.settle(id, outcome);
                }
                None => self.counters.unmatched += 1,
            },
            Incoming::Bounce { id, reason } => match self.calls.remove(id) {
                Some(call) => {
                    let error = self.wire.bounce_error(reason, call.deadline);
                    self.settle(id, Err(error));
                }
                None => self.counters.unmatched += 1,
            },
            Incoming::NobodyToCancel => {}
            Incoming::Pong { id, pong } => {
                if !self.presence.take_pong(id, pong) {
                    self.counters.unmatched += 1;
                }
            }
            Incoming::NobodyToPing { id } => {
                if !self.presence.take_bounce(id) {
                    self.counters.unmatched += 1;
                }
            }
            Incoming::Malformed => self.counters.malformed += 1,
        }
    }

    /// The connection is gone, and the reply queue with it.
    fn give_back(&mut self, reason: &Disconnect) {
        if let Some(refusal) = self.connection.refusal().cloned() {
            for (id, _) in self.calls.drain() {
                self.settle(id, Err(CallError::Refused(refusal.clone())));
            }
        }
        for (id, call) in self.calls.take_lost() {
            let reason = reason.clone();
            let error = if call.idempotent {
                CallError::LostEachTime {
                    service: self.config.queue.clone(),
                    times: call.losses,
                    reason,
                }
            } else {
                CallError::OutcomeUnknown(reason)
            };
            self.settle(id, Err(error));
        }
    }

    /// Sends what waits, if there is a connection: one that came online may be gone already, by
    /// what came with the very message that made it so.
    fn send_waiting(&mut self, now: Duration) {
        if !self.connection.is_online() {
            return;
        }
        while let Some((id, call)) = self.calls.next_unsent(now) {
            if call.losses > 0 {
                self.counters.resent += 1;
            }
            let remaining = call.deadline_at.saturating_sub(now);
            let frame = self
                .wire
                .request(self.connection.client_id(), id, call, remaining);
            self.connection.send(now, &frame);
        }
    }

    /// Pings if it is time to, and tells what is new.
    fn tend_presence(&mut self, now: Duration) {
        if self.presence.wants_ping(now) {
            let id = self.connection.new_id();
            self.presence.begin_round(now, id);
            let frame = self.wire.ping(self.connection.client_id(), id);
            self.connection.send(now, &frame);
        }
        if let Some(workers) = self.presence.poll_change() {
            self.events.push_back(Event::Workers(workers));
        }
    }

    /// Tells the workers that nobody waits for a call any more, if it ever reached them.
    fn tell_workers(&mut self, now: Duration, id: Uuid, call: &Pending) {
        if call.sent_at.is_some() && self.connection.is_online() && self.workers_listen() {
            let frame = self.wire.cancel(self.connection.client_id(), id);
            self.connection.send(now, &frame);
        }
    }

    /// Whether there is a control exchange, of which the tutorials' servers know nothing.
    fn workers_listen(&self) -> bool {
        self.config.mode == Mode::Warren
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
