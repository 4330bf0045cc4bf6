//! The first line of a frame.

use std::fmt;

/// What a frame asks for or tells.
///
/// The named commands are those of STOMP 1.2; which side may send them is up to the
/// [`Session`](crate::Session), not to the codec.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// The client opens a STOMP session.
    Connect,
    /// The same as [`Connect`](Self::Connect), by the name that STOMP 1.1 gave it.
    Stomp,
    /// The server accepts the session.
    Connected,
    /// The client sends a message to a destination.
    Send,
    /// The client wants the messages of a destination.
    Subscribe,
    /// The client wants them no longer.
    Unsubscribe,
    /// The client has dealt with a message.
    Ack,
    /// The client will not deal with a message.
    Nack,
    /// The client starts a transaction.
    Begin,
    /// The client completes a transaction.
    Commit,
    /// The client rolls a transaction back.
    Abort,
    /// The client ends the session.
    Disconnect,
    /// The server delivers a message.
    Message,
    /// The server has processed the frame that asked for this receipt.
    Receipt,
    /// The server could not do what it was asked.
    Error,
    /// A word that STOMP 1.2 does not define, without its line end.
    Unknown(Box<str>),
}

impl Command {
    /// The command as it stands on the wire, such as `SUBSCRIBE`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Connect => "CONNECT",
            Self::Stomp => "STOMP",
            Self::Connected => "CONNECTED",
            Self::Send => "SEND",
            Self::Subscribe => "SUBSCRIBE",
            Self::Unsubscribe => "UNSUBSCRIBE",
            Self::Ack => "ACK",
            Self::Nack => "NACK",
            Self::Begin => "BEGIN",
            Self::Commit => "COMMIT",
            Self::Abort => "ABORT",
            Self::Disconnect => "DISCONNECT",
            Self::Message => "MESSAGE",
            Self::Receipt => "RECEIPT",
            Self::Error => "ERROR",
            Self::Unknown(word) => word,
        }
    }
}

impl From<&str> for Command {
    /// Commands are told apart by case, as the specification has it: `send` is unknown.
    fn from(word: &str) -> Self {
        match word {
            "CONNECT" => Self::Connect,
            "STOMP" => Self::Stomp,
            "CONNECTED" => Self::Connected,
            "SEND" => Self::Send,
            "SUBSCRIBE" => Self::Subscribe,
            "UNSUBSCRIBE" => Self::Unsubscribe,
            "ACK" => Self::Ack,
            "NACK" => Self::Nack,
            "BEGIN" => Self::Begin,
            "COMMIT" => Self::Commit,
            "ABORT" => Self::Abort,
            "DISCONNECT" => Self::Disconnect,
            "MESSAGE" => Self::Message,
            "RECEIPT" => Self::Receipt,
            "ERROR" => Self::Error,
            _ => Self::Unknown(word.into()),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
