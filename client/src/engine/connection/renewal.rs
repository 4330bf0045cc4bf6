//! The passcode comes, and the connection is changed for one with the next.

use std::time::Duration;

use super::{Connection, Signal};
use crate::{
    Disconnect, Token,
    engine::{Action, link::Link, passcodes::NotGiven},
};

impl Connection {
    /// Whether the connection had better be changed for one with the next passcode. On it,
    /// `in_flight` calls were sent and have not settled; `precious` of them must not be done twice.
    pub(in crate::engine) fn wants_change(
        &self,
        now: Duration,
        in_flight: usize,
        precious: usize,
    ) -> bool {
        let passcodes = &self.passcodes;
        let is_time = in_flight == 0 || passcodes.is_late() && precious == 0;
        self.is_online() && passcodes.is_waiting() && (is_time || passcodes.is_over(now))
    }

    /// Whether calls that must not be done twice had better wait for the next connection.
    pub(in crate::engine) fn is_late(&self) -> bool {
        self.passcodes.is_late()
    }

    /// Changes the connection for another one to the same address.
    pub(in crate::engine) fn change(&mut self, now: Duration) {
        self.first_ping.ended();
        let reason = Disconnect::PasscodeEnds { url: self.url() };
        self.actions.push_back(Action::Close);
        self.signals.push_back(Signal::Disconnected(reason));
        self.begin(now);
    }

    pub(in crate::engine) fn handle_passcode(
        &mut self,
        now: Duration,
        answer: Result<Token, String>,
    ) {
        let random = (self.random)();
        let taken = self.passcodes.take(now, answer, random);
        if !matches!(self.link, Link::Asking) {
            return;
        }
        match taken {
            Some(Ok(())) => self.open_socket(now),
            Some(Err(_)) if self.passcodes.has_another(now) => self.open_socket(now),
            Some(Err(NotGiven { detail, retry_in })) => {
                let url = self.url();
                self.go_down(now, Disconnect::NoPasscode { url, detail }, retry_in);
            }
            None => {}
        }
    }
}
