//! What users are told about the connection.

use std::time::Duration;

use thiserror::Error;
use warren_contract::Code;

/// The connection as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// A connection is being opened.
    Connecting {
        /// The address that is tried.
        url: String,
        /// 1 for the first try since the connection was last online.
        attempt: u32,
    },
    /// Calls are sent as they are made.
    Online {
        /// The address at which the broker answered.
        url: String,
    },
    /// There is no connection; calls wait for the next one.
    Offline {
        /// Why the last connection, or the last try, ended.
        reason: Disconnect,
        /// How long after this state began the next try is made.
        retry_in: Duration,
    },
    /// The client was closed by its owner.
    Closed,
}

impl ConnectionState {
    /// Whether calls are sent as they are made.
    #[must_use]
    pub const fn is_online(&self) -> bool {
        matches!(self, Self::Online { .. })
    }

    /// The address that is used or tried, or was last; `None` once the client is closed.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Connecting { url, .. } | Self::Online { url } => Some(url),
            Self::Offline { reason, .. } => Some(reason.url()),
            Self::Closed => None,
        }
    }
}

/// Why a connection, or a try to open one, ended.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Disconnect {
    /// No WebSocket could be opened.
    #[error("no connection to {url}: {detail}")]
    Unreachable {
        /// The address that was tried.
        url: String,
        /// What the system says; browsers give no reason.
        detail: String,
    },
    /// There is somebody, but not one whom we trust, or who trusts us: something is wrong with a
    /// certificate. Browsers do not tell this from [`Disconnect::Unreachable`], and a client with
    /// several URLs calls it so, too, until the same was found at all of them in a row.
    #[error("no secure connection to {url}: {detail}")]
    Untrusted {
        /// The address that was tried.
        url: String,
        /// What is wrong, and what to do.
        detail: String,
    },
    /// There is no passcode to connect with: its [source](crate::PasscodeSource) failed. It is asked
    /// again.
    #[error("no passcode for {url}: {detail}")]
    NoPasscode {
        /// The address that was to be tried.
        url: String,
        /// What the source says.
        detail: String,
    },
    /// Our passcode was about to run out, so the connection was changed for one with another.
    #[error("the connection to {url} was changed before its passcode ran out")]
    PasscodeEnds {
        /// The broker's address.
        url: String,
    },
    /// The broker did not take the login.
    #[error(
        "wrong login or passcode: the broker at {url} refuses `{login}` ({detail}); check both, and that this user exists"
    )]
    LoginRefused {
        /// The broker's address.
        url: String,
        /// The login that was tried.
        login: String,
        /// The broker's words.
        detail: String,
    },
    /// The broker took the login, but not on this virtual host, or no more of its connections there.
    #[error(
        "wrong virtual host, or too many connections: the broker at {url} does not let `{login}` use `{vhost}` ({detail}); check its name, the user's permissions there, and the limits of both"
    )]
    VhostRefused {
        /// The broker's address.
        url: String,
        /// The login that was tried.
        login: String,
        /// The virtual host that was tried.
        vhost: String,
        /// The broker's words.
        detail: String,
    },
    /// An exchange of the service is not there: the one through which messages bounce could not
    /// be subscribed to, or every connection ended that published to the workers' one.
    #[error(
        "the broker at {url} does not give us exchange `{exchange}` ({detail}): it is not there, or this user may not publish to it; start a worker, log in as another user, import rabbitmq/definitions.json, or use the tutorial mode; RabbitMQ 3.10 does the same if it has as many queues as it may"
    )]
    TopologyMissing {
        /// The broker's address.
        url: String,
        /// The exchange that is missing, or that this user may not use.
        exchange: String,
        /// The broker's words, or what it did.
        detail: String,
    },
    /// The broker has as many of something as its limits allow.
    #[error(
        "the broker at {url} is at one of its limits: {detail}; wait until others have gone, or raise the limit"
    )]
    LimitReached {
        /// The broker's address.
        url: String,
        /// The broker's words, which name the limit.
        detail: String,
    },
    /// The connection was there, and went.
    #[error("the connection to {url} was lost: {detail}")]
    Lost {
        /// The broker's address.
        url: String,
        /// The broker's words, or the WebSocket's close code and reason.
        detail: String,
    },
    /// The broker, or the way to it, fell silent.
    #[error("the broker at {url} was silent for {silent_for:?}, where {allowed:?} is allowed")]
    Silent {
        /// The broker's address.
        url: String,
        /// For how long nothing came.
        silent_for: Duration,
        /// For how long nothing may come.
        allowed: Duration,
    },
    /// What came was no STOMP, or over a limit.
    #[error("the broker at {url} sent what we cannot take: {detail}")]
    Protocol {
        /// The broker's address.
        url: String,
        /// What was wrong with it.
        detail: String,
    },
}

impl Disconnect {
    /// The address at which it happened.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::Unreachable { url, .. }
            | Self::Untrusted { url, .. }
            | Self::NoPasscode { url, .. }
            | Self::PasscodeEnds { url }
            | Self::LoginRefused { url, .. }
            | Self::VhostRefused { url, .. }
            | Self::TopologyMissing { url, .. }
            | Self::LimitReached { url, .. }
            | Self::Lost { url, .. }
            | Self::Silent { url, .. }
            | Self::Protocol { url, .. } => url,
        }
    }

    /// Whether a person has to mend it, so that there is no use in trying again soon. Calls fail
    /// at once then.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Untrusted { .. } | Self::LoginRefused { .. } | Self::VhostRefused { .. }
        )
    }

    /// The code with which a call fails that cannot be served because of this.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::LoginRefused { .. } => Code::Unauthenticated,
            Self::VhostRefused { .. } => Code::PermissionDenied,
            Self::LimitReached { .. } => Code::ResourceExhausted,
            Self::Unreachable { .. }
            | Self::Untrusted { .. }
            | Self::NoPasscode { .. }
            | Self::PasscodeEnds { .. }
            | Self::TopologyMissing { .. }
            | Self::Lost { .. }
            | Self::Silent { .. }
            | Self::Protocol { .. } => Code::Unavailable,
        }
    }
}
