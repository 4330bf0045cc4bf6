//! One connection after the other.
//!
//! Here is what comes in and goes out. `attempts` opens, gives up and tries again; `session_events`
//! is what the broker's words mean; `renewal` changes one connection for another before its
//! passcode runs out.

mod attempts;
mod renewal;
mod session_events;

use std::{collections::VecDeque, mem, time::Duration};

use uuid::Uuid;
use warren_contract::Topology;
use warren_stomp::{Frame, Session, SessionConfig};

use super::{
    Action, RandomUuids,
    acceptance::LEFT_AFTER,
    backoff::Backoff,
    ending,
    first_ping::FirstPing,
    link::{Link, Phase, SIGN_WITHIN, STEP_TIMEOUT},
    passcodes::Passcodes,
    rotation::Rotation,
    session_config::session_config,
    wire::Wire,
};
use crate::{Config, ConnectionState, Disconnect, Mode};

/// What the engine is to know.
#[derive(Debug)]
pub(super) enum Signal {
    State(ConnectionState),
    Message(Frame),
    /// The queue has taken the request that asked for a receipt, or one that did before it.
    RequestTaken,
    /// A message was too large to be read; its headers are all there is.
    TooLarge {
        head: Box<Frame>,
        detail: String,
    },
    /// What was sent on this connection is not answered any more.
    Disconnected(Disconnect),
}

pub(super) struct Connection {
    rotation: Rotation,
    passcodes: Passcodes,
    session: SessionConfig,
    mode: Mode,
    random: RandomUuids,
    /// New for each connection; the routing key of what bounces.
    client_id: Uuid,
    link: Link,
    backoff: Backoff,
    first_ping: FirstPing,
    /// How many addresses in a row were not to be trusted.
    untrusted: usize,
    /// How many tries were made since the connection was last online.
    attempts: u32,
    /// Why the last connection ended; none while one is online.
    last_disconnect: Option<Disconnect>,
    actions: VecDeque<Action>,
    signals: VecDeque<Signal>,
}

impl Connection {
    pub(super) fn new(config: &Config, mut random: RandomUuids) -> Self {
        let client_id = random();
        let rotation = Rotation::new(&config.urls, &mut random);
        let mut connection = Self {
            passcodes: Passcodes::new(&config.passcode),
            session: session_config(config),
            mode: config.mode,
            random,
            client_id,
            link: Link::Asking,
            backoff: Backoff::new(rotation.len()),
            rotation,
            first_ping: FirstPing::new(Topology::new(&config.queue).control_exchange()),
            untrusted: 0,
            attempts: 1,
            last_disconnect: None,
            actions: VecDeque::new(),
            signals: VecDeque::new(),
        };
        connection.ask_or_open(Duration::ZERO);
        connection
    }

    /// What a new connection is in, before any signal.
    pub(super) fn first_state(&self) -> ConnectionState {
        ConnectionState::Connecting {
            url: self.url(),
            attempt: 1,
        }
    }

    /// The address that is used or tried, or was last.
    fn url(&self) -> String {
        self.rotation.current().to_owned()
    }

    /// An id that nobody has.
    pub(super) fn new_id(&mut self) -> Uuid {
        (self.random)()
    }

    pub(super) const fn client_id(&self) -> Uuid {
        self.client_id
    }

    pub(super) const fn is_online(&self) -> bool {
        matches!(
            self.link,
            Link::Up {
                phase: Phase::Online { .. },
                ..
            }
        )
    }

    /// Whether the user closed it, so that nothing is sent any more.
    pub(super) const fn is_closed(&self) -> bool {
        matches!(
            self.link,
            Link::Closed
                | Link::Up {
                    phase: Phase::Leaving,
                    ..
                }
        )
    }

    /// Why the last connection ended, unless one is online now.
    pub(super) const fn last_disconnect(&self) -> Option<&Disconnect> {
        self.last_disconnect.as_ref()
    }

    /// The first ping was sent on this connection.
    pub(super) fn first_ping_sent(&mut self) {
        self.first_ping.sent();
    }

    /// Whether the first ping on this connection may end it yet, as its exchange may be missing.
    pub(super) fn may_end_by_ping(&self) -> bool {
        self.first_ping.may_end()
    }

    /// Sends a frame; only while [online](Self::is_online), and then the session takes it.
    pub(super) fn send(&mut self, now: Duration, frame: &Frame) {
        if let Link::Up { session, .. } = &mut self.link {
            let sent = session.send(now, frame);
            debug_assert_eq!(sent, Ok(()), "an online session is connected");
        }
    }

    pub(super) fn close(&mut self, now: Duration) {
        match &mut self.link {
            Link::Up { session, phase } => {
                *phase = Phase::Leaving;
                session.disconnect(now);
                self.take_session_events(now);
            }
            Link::Down { .. } | Link::Asking | Link::Opening { .. } => self.end(),
            Link::Closed => {}
        }
    }

    /// The device, or the page, is back: whatever there is to wait for is not waited for, and
    /// whether the broker is still there is asked instead of believed.
    pub(super) fn wake(&mut self, now: Duration) {
        if matches!(self.link, Link::Down { .. }) {
            self.backoff.reset();
            self.open(now);
        } else if let Link::Up {
            phase: Phase::Online { sign_until, .. },
            ..
        } = &mut self.link
        {
            sign_until.get_or_insert(now + SIGN_WITHIN);
            for frame in Wire::signs_of_life() {
                self.send(now, &frame);
            }
        }
    }

    /// The broker takes no requests on this connection, and may on another.
    pub(super) fn leave_taking_nothing(&mut self, now: Duration) {
        if self.is_online() {
            let detail = format!("the broker took no request within {LEFT_AFTER:?}");
            let url = self.url();
            self.give_up(now, Disconnect::Lost { url, detail });
        }
    }

    pub(super) fn handle_opened(&mut self, now: Duration) {
        if matches!(self.link, Link::Opening { .. }) {
            let session = SessionConfig {
                passcode: self.passcodes.current().to_owned(),
                ..self.session.clone()
            };
            self.link = Link::Up {
                session: Box::new(Session::new(session, now)),
                phase: Phase::Greeting,
            };
        }
    }

    pub(super) fn handle_data(&mut self, now: Duration, bytes: &[u8]) {
        if let Link::Up { session, phase } = &mut self.link {
            if let Phase::Online { sign_until, .. } = phase {
                *sign_until = None;
            }
            session.handle_input(now, bytes);
            self.take_session_events(now);
        }
    }

    pub(super) fn handle_closed(&mut self, now: Duration, code: Option<u16>, reason: &str) {
        match &mut self.link {
            Link::Opening { .. } => {
                self.fail(now, ending::unreachable(self.rotation.current(), reason));
            }
            Link::Up { session, .. } => {
                session.handle_transport_closed(now, code, reason);
                self.take_session_events(now);
            }
            Link::Down { .. } | Link::Asking | Link::Closed => {}
        }
    }

    pub(super) fn handle_untrusted(&mut self, now: Duration, reason: &str) {
        if matches!(self.link, Link::Opening { .. }) {
            let untrusted = self.untrusted + 1;
            // Each node has a certificate of its own, so that another's may do.
            let reason = if untrusted < self.rotation.len() {
                ending::unreachable(self.rotation.current(), reason)
            } else {
                ending::untrusted(self.rotation.current(), reason)
            };
            self.fail(now, reason);
            self.untrusted = untrusted;
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Duration) {
        if let Some(answer) = self.passcodes.overdue(now) {
            self.handle_passcode(now, answer);
        }
        if self.is_online() {
            self.passcodes.look(now);
            if self.passcodes.is_due(now) {
                self.ask(now);
            }
        }
        match &mut self.link {
            Link::Down { retry_at } if *retry_at <= now => self.open(now),
            Link::Opening { until } if *until <= now => {
                let detail = format!("it did not open within {STEP_TIMEOUT:?}");
                self.fail(now, ending::unreachable(self.rotation.current(), &detail));
            }
            Link::Up { session, phase } => {
                if let Some(reason) = phase.overdue(now, self.rotation.current()) {
                    return self.fail(now, reason);
                }
                if phase.is_asking() {
                    return;
                }
                session.handle_timeout(now);
                self.take_session_events(now);
            }
            Link::Down { .. } | Link::Asking | Link::Opening { .. } | Link::Closed => {}
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        let passcodes = self.passcodes.poll_timeout(self.is_online());
        let link = self.link.poll_timeout();
        passcodes
            .filter(|_| !self.is_closed())
            .into_iter()
            .chain(link)
            .min()
    }

    pub(super) fn poll_action(&mut self) -> Option<Action> {
        if let Some(action) = self.actions.pop_front() {
            return Some(action);
        }
        match &mut self.link {
            Link::Up { session, .. } => session.poll_transmit().map(Action::Send),
            Link::Down { .. } | Link::Asking | Link::Opening { .. } | Link::Closed => None,
        }
    }

    pub(super) fn poll_signal(&mut self) -> Option<Signal> {
        self.signals.pop_front()
    }

    /// The user's close is complete.
    fn end(&mut self) {
        if !matches!(mem::replace(&mut self.link, Link::Closed), Link::Closed) {
            self.actions.push_back(Action::Close);
            self.signal_state(ConnectionState::Closed);
        }
    }

    fn signal_state(&mut self, state: ConnectionState) {
        self.signals.push_back(Signal::State(state));
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("rotation", &self.rotation)
            .field("passcodes", &self.passcodes)
            .field("client_id", &self.client_id)
            .field("link", &self.link)
            .field("last_disconnect", &self.last_disconnect)
            .finish_non_exhaustive()
    }
}
