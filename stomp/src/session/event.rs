//! What a session tells its owner.

use std::{error::Error, fmt, time::Duration};

use crate::{Command, DecodeError, Frame};

use super::HeartBeat;

/// Something that happened on the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The server accepted us; frames may be sent from now on.
    Connected {
        /// The version of STOMP that is spoken: [`VERSION`](super::VERSION).
        version: String,
        /// What the server says it is, such as `RabbitMQ/3.10.8`. It may hide that.
        server: Option<String>,
        /// The heart-beats as agreed.
        heart_beat: HeartBeat,
    },
    /// A MESSAGE, for a subscription of ours or one that the server made for us (a temporary
    /// queue): its `subscription` header says which.
    Message(Frame),
    /// The server processed the frame that asked for the receipt of this id.
    Receipt(String),
    /// The server could not do something. The connection may end soon after, but often goes on:
    /// RabbitMQ keeps it open after many errors, although the specification says it must not.
    Error(ServerError),
    /// The session is over. This comes exactly once, as the last event; the owner then closes the
    /// transport, if it is still open.
    Closed(Closed),
}

/// An ERROR frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// Its `message` header, such as `Bad CONNECT`; empty if there was none. RabbitMQ's versions
    /// agree on it, unlike on the detail.
    pub message: String,
    /// Its body, without the line end; bytes that are not UTF-8 are replaced.
    pub detail: String,
}

impl ServerError {
    pub(super) fn from_frame(frame: Frame) -> Self {
        let mut detail = String::from_utf8(frame.body)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        detail.truncate(detail.trim_end().len());
        Self {
            message: frame.headers.get("message").unwrap_or_default().into(),
            detail,
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

impl Error for ServerError {}

/// Who ended a session, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// We did, by [`Session::disconnect`](super::Session::disconnect).
    Disconnected,
    /// The transport went without our asking for it. A code of 1000 means nothing better: RabbitMQ
    /// closes with it after failures too.
    Lost {
        /// The transport's code, of a WebSocket's close frame for instance.
        code: Option<u16>,
        /// The transport's reason; often empty.
        reason: String,
        /// The ERROR frame that came shortly before, and likely is the cause.
        error: Option<ServerError>,
    },
    /// The server answered our CONNECT with an ERROR: login, virtual host or version.
    Refused(ServerError),
    /// The server was silent for too long.
    HeartBeatMissed {
        /// How long nothing had come when we noticed.
        silent_for: Duration,
        /// How long that may be: the agreed period with its tolerance.
        allowed: Duration,
    },
    /// No answer to our CONNECT came in time.
    ConnectTimeout {
        /// The time that the server had.
        after: Duration,
    },
    /// The server sent what STOMP does not allow, or what our limits do not.
    Protocol(ProtocolError),
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disconnected => f.write_str("disconnected as asked"),
            Self::Lost {
                code,
                reason,
                error,
            } => {
                f.write_str("the connection was lost")?;
                if let Some(code) = code {
                    write!(f, " (code {code})")?;
                }
                if !reason.is_empty() {
                    write!(f, ": {reason}")?;
                }
                if let Some(error) = error {
                    write!(f, "; shortly before, the server said: {error}")?;
                }
                Ok(())
            }
            Self::Refused(error) => write!(f, "the server refused the connection: {error}"),
            Self::HeartBeatMissed {
                silent_for,
                allowed,
            } => write!(
                f,
                "the server was silent for {silent_for:?}, where {allowed:?} are allowed"
            ),
            Self::ConnectTimeout { after } => {
                write!(f, "the server did not answer CONNECT within {after:?}")
            }
            Self::Protocol(error) => write!(f, "the server broke the protocol: {error}"),
        }
    }
}

/// What was wrong with the bytes or frames that the server sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// Its bytes are no frames, or frames beyond our limits.
    Decode {
        /// What was wrong with them.
        error: DecodeError,
        /// Command and headers of the frame whose body was at fault, if they were complete; its
        /// body is empty.
        head: Option<Box<Frame>>,
    },
    /// It chose a version that we did not offer.
    UnsupportedVersion {
        /// The one that we offered.
        offered: &'static str,
        /// The one in its CONNECTED; `None` if there was no `version`, as in STOMP 1.0.
        chosen: Option<String>,
    },
    /// The `heart-beat` of its CONNECTED is not two numbers of milliseconds.
    InvalidHeartBeat {
        /// What stood there.
        value: String,
    },
    /// A frame that a server may not send, or not at this point.
    UnexpectedFrame {
        /// Its command.
        command: Command,
        /// Whether it came after CONNECTED.
        connected: bool,
    },
    /// A frame without a header that it must have.
    MissingHeader {
        /// Its command.
        command: Command,
        /// The header's name.
        name: &'static str,
    },
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode { error, .. } => write!(f, "{error}"),
            Self::UnsupportedVersion {
                offered,
                chosen: Some(chosen),
            } => write!(f, "it chose STOMP {chosen}, where {offered} was offered"),
            Self::UnsupportedVersion {
                offered,
                chosen: None,
            } => write!(
                f,
                "it named no version of STOMP, where {offered} was offered"
            ),
            Self::InvalidHeartBeat { value } => write!(
                f,
                "its heart-beat is not two numbers of milliseconds: {value:?}"
            ),
            Self::UnexpectedFrame { command, connected } => {
                let when = if *connected { "after" } else { "before" };
                write!(f, "an unexpected {command:?} {when} CONNECTED")
            }
            Self::MissingHeader { command, name } => write!(f, "a {command} without {name}"),
        }
    }
}

impl Error for ProtocolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Decode { error, .. } => Some(error),
            Self::UnsupportedVersion { .. }
            | Self::InvalidHeartBeat { .. }
            | Self::UnexpectedFrame { .. }
            | Self::MissingHeader { .. } => None,
        }
    }
}
