//! A connection is tried, is over, and is tried again.

use std::time::Duration;

use super::{Connection, Signal};
use crate::{
    ConnectionState, Disconnect,
    engine::{
        Action,
        backoff::jitter,
        link::{Link, Phase, STEP_TIMEOUT},
    },
};

/// After a refusal, which a person has to mend, the next try waits at least half of this.
const REFUSED_WAIT: Duration = Duration::from_secs(60);

/// A connection that was online for this long counts as one that held.
const STABLE_AFTER: Duration = Duration::from_secs(5);

impl Connection {
    /// Tries the next address.
    pub(super) fn open(&mut self, now: Duration) {
        self.rotation.advance();
        self.begin(now);
    }

    /// Tries this address.
    pub(super) fn begin(&mut self, now: Duration) {
        self.client_id = (self.random)();
        self.attempts = self.attempts.saturating_add(1);
        self.signal_state(ConnectionState::Connecting {
            url: self.url(),
            attempt: self.attempts,
        });
        self.ask_or_open(now);
    }

    pub(super) fn ask_or_open(&mut self, now: Duration) {
        if self.passcodes.has_one(now) {
            self.open_socket(now);
        } else {
            self.link = Link::Asking;
            self.ask(now);
        }
    }

    pub(super) fn ask(&mut self, now: Duration) {
        if self.passcodes.ask(now) {
            self.actions.push_back(Action::AskPasscode);
        }
    }

    pub(super) fn open_socket(&mut self, now: Duration) {
        self.passcodes.begin();
        self.link = Link::Opening {
            until: now + STEP_TIMEOUT,
        };
        self.actions.push_back(Action::Open { url: self.url() });
    }

    /// This connection, or this try, is over.
    pub(super) fn fail(&mut self, now: Duration, reason: Disconnect) {
        if let Link::Up {
            phase: Phase::Online { since, .. },
            ..
        } = self.link
            && now.saturating_sub(since) >= STABLE_AFTER
        {
            self.backoff.reset();
        }
        self.give_up(now, reason);
    }

    /// The same of one that was of no use, for however long it was there.
    pub(super) fn give_up(&mut self, now: Duration, mut reason: Disconnect) {
        self.first_ping.ended();
        self.untrusted = 0;
        if let Disconnect::LoginRefused { url, detail, .. } = &reason
            && self.passcodes.refuse()
        {
            let (url, detail) = (url.clone(), detail.clone());
            reason = Disconnect::Lost { url, detail };
        }
        let random = (self.random)();
        let mut retry_in = self.backoff.next_wait(random);
        // Another node would say the same: all know the same users, and of certificates, each was
        // looked at.
        if reason.is_refusal() {
            retry_in = jitter(REFUSED_WAIT / 2, REFUSED_WAIT, random);
        }
        self.go_down(now, reason, retry_in);
    }

    /// Waits until the next try.
    pub(super) fn go_down(&mut self, now: Duration, reason: Disconnect, retry_in: Duration) {
        self.last_disconnect = Some(reason.clone());
        self.link = Link::Down {
            retry_at: now + retry_in,
        };
        self.actions.push_back(Action::Close);
        self.signals.push_back(Signal::Disconnected(reason.clone()));
        self.signal_state(ConnectionState::Offline { reason, retry_in });
    }
}
