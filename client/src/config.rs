//! Where the broker is, who we are there, and how much we take from it.

use std::{fmt, time::Duration};

use warren_contract::DEFAULT_SERVICE;

use crate::{Passcode, Urls};

/// How requests travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Through the service's exchange, so that what cannot be served bounces.
    #[default]
    Warren,
    /// Straight into the queue, as the programs of RabbitMQ's sixth tutorial do. It needs nothing
    /// on the broker but the queue and the right to publish to the default exchange; nothing
    /// bounces, so a call that nobody serves fails only at its deadline.
    Tutorial,
}

impl Mode {
    /// The broker's user, and its passcode, that this mode takes unless told otherwise.
    ///
    /// `web` is the user of `rabbitmq/definitions.json`, who may publish to Warren's exchanges
    /// alone. The tutorials publish to the default exchange, as RabbitMQ's `guest`, who may do
    /// everything, but only from the broker's own machine.
    #[must_use]
    pub const fn default_login(self) -> (&'static str, &'static str) {
        match self {
            Self::Warren => ("web", "web"),
            Self::Tutorial => ("guest", "guest"),
        }
    }
}

/// What a [`Client`](crate::Client) needs to know. The defaults suit the broker that
/// `cargo xtask up` starts.
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    /// The Web-STOMP endpoint, `ws://host:15674/ws` or `wss://…`, or those of a cluster's nodes.
    ///
    /// Several are tried in an order of this client's own, which is random: after each failure, and
    /// after a connection that was lost, the next one. Each wait between two tries is random, too,
    /// and the waits grow only once all URLs have failed in a row. All nodes of a cluster know the
    /// same users, so a login that one refuses is not tried at the others for half a minute; of
    /// certificates, each has its own.
    pub urls: Urls,
    /// Whom to trust at a `wss://…`. A browser decides that by itself.
    #[cfg(not(target_arch = "wasm32"))]
    pub tls: crate::Tls,
    /// The broker's user.
    pub login: String,
    /// That user's password, or a token, with which the broker looks at no `login`.
    pub passcode: Passcode,
    /// The virtual host.
    pub vhost: String,
    /// The service that is called; its queue has the same name.
    pub queue: String,
    /// How requests travel.
    pub mode: Mode,
    /// How long a call may take that does not say so itself; at most [`Config::MAX_DEADLINE`].
    pub deadline: Duration,
    /// How many calls may be pending at once; one more fails as `resource_exhausted`.
    pub max_pending: usize,
    /// How many bytes of a reply are taken; a longer one fails its call.
    pub max_reply_bytes: usize,
}

impl Config {
    /// The longest deadline that a call may have.
    pub const MAX_DEADLINE: Duration = Duration::from_hours(24);

    /// The same, at this URL alone.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn at(&self, url: &str) -> Self {
        Self {
            urls: url.into(),
            ..self.clone()
        }
    }

    /// Takes `mode`, and its [default login](Mode::default_login).
    #[must_use]
    pub fn in_mode(self, mode: Mode) -> Self {
        let (login, passcode) = mode.default_login();
        Self {
            mode,
            login: login.into(),
            passcode: passcode.into(),
            ..self
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        let mode = Mode::default();
        let (login, passcode) = mode.default_login();
        Self {
            urls: "ws://127.0.0.1:15674/ws".into(),
            #[cfg(not(target_arch = "wasm32"))]
            tls: crate::Tls::default(),
            login: login.into(),
            passcode: passcode.into(),
            vhost: "/".into(),
            queue: DEFAULT_SERVICE.into(),
            mode,
            deadline: Duration::from_secs(30),
            max_pending: 65_536,
            max_reply_bytes: 16 * 1024 * 1024,
        }
    }
}

/// Shows everything but the passcode.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("urls", &self.urls)
            .field("login", &self.login)
            .field("vhost", &self.vhost)
            .field("queue", &self.queue)
            .field("mode", &self.mode)
            .field("deadline", &self.deadline)
            .field("max_pending", &self.max_pending)
            .field("max_reply_bytes", &self.max_reply_bytes)
            .finish_non_exhaustive()
    }
}
