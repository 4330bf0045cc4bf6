//! What goes over the wire, for whoever looks: the driver lends it every WebSocket message.

use std::sync::Arc;

use tokio::sync::broadcast;
use warren_stomp::{Command, Decoder, Headers, Limits};
use web_time::Instant;

/// How many bytes of a body are shown.
pub const SHOWN_BODY_BYTES: usize = 4 * 1024;

/// How many frames wait for a receiver that is slow. It misses those before.
pub const WAITING_FRAMES: usize = 1024;

/// What stands for the passcode, which is never shown.
const HIDDEN: &str = "(hidden)";

/// Which way something went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From this client to the broker.
    Sent,
    /// From the broker to this client.
    Received,
}

/// What went over the wire: a frame, or what was there instead of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireFrame {
    /// Which way it went.
    pub direction: Direction,
    /// When it went, by this side's clock.
    pub at: Instant,
    /// How many bytes it took, without what WebSocket and the layers below add.
    pub bytes: usize,
    /// What it is.
    pub kind: WireKind,
    /// A frame's headers, without the passcode.
    pub headers: Headers,
    /// The first [`SHOWN_BODY_BYTES`] of its body.
    pub body: Vec<u8>,
    /// How many bytes its body has.
    pub body_bytes: usize,
}

/// What went over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireKind {
    /// A STOMP frame of this command.
    Frame(Command),
    /// Line ends between frames, by which each side shows that it is there.
    HeartBeat,
    /// The rest of a WebSocket message that is no STOMP, as its body, and what is wrong with it.
    Unreadable(String),
}

/// Tells whoever looks. While nobody does, it costs nothing.
#[derive(Debug)]
pub(crate) struct Tap {
    told: broadcast::Sender<Arc<WireFrame>>,
    sent: Half,
    received: Half,
}

/// What goes in one direction.
#[derive(Debug)]
struct Half {
    direction: Direction,
    decoder: Decoder,
    /// How many bytes came of the frame that is not complete.
    begun: usize,
}

impl Tap {
    /// A tap for the receivers of `told`.
    pub(crate) fn new(told: broadcast::Sender<Arc<WireFrame>>) -> Self {
        Self {
            told,
            sent: Half::new(Direction::Sent),
            received: Half::new(Direction::Received),
        }
    }

    /// A new connection is opened.
    pub(crate) fn reset(&mut self) {
        self.sent.reset();
        self.received.reset();
    }

    /// A WebSocket message is sent.
    pub(crate) fn send(&mut self, message: &[u8]) {
        self.sent.take(message, &self.told);
    }

    /// A WebSocket message was received.
    pub(crate) fn receive(&mut self, message: &[u8]) {
        self.received.take(message, &self.told);
    }
}

impl Half {
    fn new(direction: Direction) -> Self {
        Self {
            direction,
            decoder: Decoder::new(Limits::default()),
            begun: 0,
        }
    }

    fn reset(&mut self) {
        *self = Self::new(self.direction);
    }

    fn take(&mut self, mut message: &[u8], told: &broadcast::Sender<Arc<WireFrame>>) {
        if told.receiver_count() == 0 {
            // Whoever looks next sees whole frames again: those that RabbitMQ sends, and ours,
            // begin where a message does.
            if self.begun > 0 {
                self.reset();
            }
            return;
        }
        let at = Instant::now();
        while !message.is_empty() {
            if let Some(frame) = self.next(&mut message, at) {
                // Without a receiver, nobody wants to know.
                let _ = told.send(Arc::new(frame));
            }
        }
    }

    /// Takes the next thing from the front of `message`; `None` if that took all of it, and a
    /// frame is not complete yet.
    fn next(&mut self, message: &mut &[u8], at: Instant) -> Option<WireFrame> {
        let shown = |bytes, kind| WireFrame {
            direction: self.direction,
            at,
            bytes,
            kind,
            headers: Headers::new(),
            body: Vec::new(),
            body_bytes: 0,
        };
        let line_ends = message.iter().take_while(|&&byte| byte == b'\n').count();
        if self.begun == 0 && line_ends > 0 {
            *message = &message[line_ends..];
            return Some(shown(line_ends, WireKind::HeartBeat));
        }
        let whole = *message;
        match self.decoder.decode(message) {
            Ok(None) => {
                self.begun += whole.len();
                None
            }
            Ok(Some(mut frame)) => {
                // The line end that RabbitMQ appends to a frame.
                if self.direction == Direction::Received {
                    *message = message.strip_prefix(b"\n").unwrap_or(message);
                }
                let bytes = std::mem::take(&mut self.begun) + whole.len() - message.len();
                let body_bytes = frame.body.len();
                frame.body.truncate(SHOWN_BODY_BYTES);
                frame.body.shrink_to_fit();
                Some(WireFrame {
                    headers: without_passcode(frame.headers),
                    body: frame.body,
                    body_bytes,
                    ..shown(bytes, WireKind::Frame(frame.command))
                })
            }
            Err(error) => {
                *message = &[];
                let bytes = self.begun + whole.len();
                let unreadable = shown(bytes, WireKind::Unreadable(error.to_string()));
                self.reset();
                // What we send is always readable. Were it not, it might be a passcode.
                if self.direction == Direction::Sent {
                    return Some(unreadable);
                }
                Some(WireFrame {
                    body: whole[..whole.len().min(SHOWN_BODY_BYTES)].to_vec(),
                    body_bytes: whole.len(),
                    ..unreadable
                })
            }
        }
    }
}

fn without_passcode(headers: Headers) -> Headers {
    const PASSCODE: &str = "passcode";
    if headers.get(PASSCODE).is_none() {
        return headers;
    }
    headers
        .iter()
        .map(|(name, value)| (name, if name == PASSCODE { HIDDEN } else { value }))
        .collect()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
