//! What a session needs to know beforehand.

use std::{fmt, time::Duration};

use crate::Limits;

use super::HeartBeat;

/// Whom to connect as, and how long to wait.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionConfig {
    /// The virtual host, such as `/`.
    pub host: String,
    /// The user's name. It is always sent: RabbitMQ takes a missing one for its default user.
    pub login: String,
    /// The user's password or token.
    pub passcode: String,
    /// The heart-beats that we can send and would like to get, in whole milliseconds.
    pub heart_beat: HeartBeat,
    /// The longest time that we send nothing, even if no heart-beats of ours are agreed. Zero
    /// means for ever.
    pub keep_alive: Duration,
    /// How long the server may take from the open transport to its CONNECTED.
    pub connect_timeout: Duration,
    /// The largest frames that we accept.
    pub limits: Limits,
}

impl fmt::Debug for SessionConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            login,
            passcode: _,
            heart_beat,
            keep_alive,
            connect_timeout,
            limits,
        } = self;
        f.debug_struct("SessionConfig")
            .field("host", host)
            .field("login", login)
            .field("passcode", &"…")
            .field("heart_beat", heart_beat)
            .field("keep_alive", keep_alive)
            .field("connect_timeout", connect_timeout)
            .field("limits", limits)
            .finish()
    }
}
