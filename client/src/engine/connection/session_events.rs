//! What follows from what the session says: it greets, it is told what bounces, it ends.

use std::time::Duration;

use warren_stomp::{Closed, DecodeError, Event as SessionEvent, ProtocolError, ServerError};

use super::{Connection, Signal};
use crate::{
    ConnectionState, Mode,
    engine::{
        acceptance::REQUEST_RECEIPT,
        ending,
        link::{Link, Phase, STEP_TIMEOUT},
        wire::{BOUNCE_SUBSCRIPTION, Wire},
    },
};

impl Connection {
    pub(super) fn take_session_events(&mut self, now: Duration) {
        while let Link::Up { session, phase } = &mut self.link
            && let Some(event) = session.poll_event()
        {
            let phase = *phase;
            match event {
                SessionEvent::Connected { server, .. } if phase == Phase::Greeting => {
                    self.subscribe(now, server.as_deref());
                }
                SessionEvent::Receipt(id) if id == BOUNCE_SUBSCRIPTION => {
                    if matches!(phase, Phase::Subscribing { .. }) {
                        self.come_online(now);
                    }
                }
                SessionEvent::Receipt(id) if id == REQUEST_RECEIPT => {
                    self.signals.push_back(Signal::RequestTaken);
                }
                SessionEvent::Receipt(_) => {}
                SessionEvent::Message(frame) => {
                    self.first_ping.answered();
                    self.signals.push_back(Signal::Message(frame));
                }
                SessionEvent::Error(error) => self.handle_error(now, phase, &error),
                SessionEvent::Closed(closed) => self.handle_end(now, phase, closed),
                SessionEvent::Connected { .. } => {}
            }
        }
    }

    fn subscribe(&mut self, now: Duration, server: Option<&str>) {
        if self.mode == Mode::Tutorial {
            return self.come_online(now);
        }
        let subscription = Wire::bounces(self.client_id, server);
        if let Link::Up { session, phase } = &mut self.link {
            // What came right behind the greeting may have ended the session, which is then its
            // next event.
            if session.send(now, &subscription).is_ok() {
                *phase = Phase::Subscribing {
                    until: now + STEP_TIMEOUT,
                };
            }
        }
    }

    fn come_online(&mut self, now: Duration) {
        if let Link::Up { phase, .. } = &mut self.link {
            *phase = Phase::Online {
                since: now,
                sign_until: None,
            };
            self.passcodes.accept();
            self.attempts = 0;
            self.last_disconnect = None;
            self.signal_state(ConnectionState::Online { url: self.url() });
        }
    }

    /// STOMP lets no connection live on after an ERROR frame. RabbitMQ does at times, but then
    /// one of our frames was not taken, and nothing tells which: a new connection is certain.
    fn handle_error(&mut self, now: Duration, phase: Phase, error: &ServerError) {
        if phase != Phase::Leaving {
            let subscribing = matches!(phase, Phase::Subscribing { .. });
            self.fail(now, ending::of_error(&self.url(), error, subscribing));
        }
    }

    fn handle_end(&mut self, now: Duration, phase: Phase, closed: Closed) {
        if phase == Phase::Leaving {
            return self.end();
        }
        let subscribing = matches!(phase, Phase::Subscribing { .. });
        let url = self.rotation.current();
        let reason = match self.first_ping.explain(url, &closed) {
            Some(reason) => reason,
            None => ending::of_session(url, &closed, &self.session, subscribing),
        };
        if let Closed::Protocol(ProtocolError::Decode {
            error: DecodeError::BodyTooLarge { .. },
            head: Some(head),
        }) = closed
        {
            let detail = reason.to_string();
            self.signals.push_back(Signal::TooLarge { head, detail });
        }
        self.fail(now, reason);
    }
}
