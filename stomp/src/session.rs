//! One connection's life, from CONNECT to its one [`Closed`].

mod config;
mod event;
mod heart_beat;
mod outbox;

use std::{collections::VecDeque, error::Error, fmt, time::Duration};

use crate::{Command, Decoder, Frame};

use outbox::Outbox;

pub use config::SessionConfig;
pub use event::{Closed, Event, ProtocolError, ServerError};
pub use heart_beat::HeartBeat;
pub use outbox::CHUNK_BYTES;

/// The version of STOMP that a session offers. It offers no other: 1.1 escapes headers and
/// acknowledges messages differently, and RabbitMQ has spoken 1.2 since 2012.
pub const VERSION: &str = "1.2";

/// After how many of its heart-beat periods a silent server is given up. The specification asks
/// for a margin; RabbitMQ itself closes after about three.
pub const SILENCE_TOLERANCE: u32 = 2;

/// How long the server may take to answer DISCONNECT. RabbitMQ 3.10.8 never does over WebSocket.
pub const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The receipt that DISCONNECT asks for. No other frame may ask for one of this name.
pub const DISCONNECT_RECEIPT: &str = "session-disconnect";

/// How long after an ERROR frame the loss of the transport is put down to it. RabbitMQ closes at
/// once after the errors that it closes for.
const BLAME_PERIOD: Duration = Duration::from_secs(2);

/// The client's side of one STOMP connection, over a transport that the owner has opened.
///
/// `now` is the time since an origin of the owner's choice, the same for every call.
///
/// - *Input*, which the owner passes on: [`handle_input`](Self::handle_input),
///   [`handle_timeout`](Self::handle_timeout),
///   [`handle_transport_closed`](Self::handle_transport_closed).
/// - *Commands*, which the owner gives: [`send`](Self::send), [`subscribe`](Self::subscribe),
///   [`unsubscribe`](Self::unsubscribe), [`disconnect`](Self::disconnect).
/// - *Output*. After any of these (and after [`new`](Self::new)) the owner sends every
///   [`poll_transmit`](Self::poll_transmit), deals with every [`poll_event`](Self::poll_event), and
///   sets its timer to [`poll_timeout`](Self::poll_timeout).
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    state: State,
    decoder: Decoder,
    outbox: Outbox,
    events: VecDeque<Event>,
    last_sent: Duration,
    last_received: Duration,
    /// The last ERROR frame and when it came.
    last_error: Option<(Duration, ServerError)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Connecting { until: Duration },
    Connected { heart_beat: HeartBeat },
    Disconnecting { until: Duration },
    Closed,
}

impl Session {
    /// Starts a session over a transport that has just opened, and queues CONNECT.
    #[must_use]
    pub fn new(config: SessionConfig, now: Duration) -> Self {
        let connect = Frame::new(Command::Connect)
            .with_header("accept-version", VERSION)
            .with_header("host", &config.host)
            .with_header("login", &config.login)
            .with_header("passcode", &config.passcode)
            .with_header("heart-beat", &config.heart_beat.to_header());
        let mut session = Self {
            state: State::Connecting {
                until: now.saturating_add(config.connect_timeout),
            },
            decoder: Decoder::new(config.limits),
            config,
            outbox: Outbox::default(),
            events: VecDeque::new(),
            last_sent: now,
            last_received: now,
            last_error: None,
        };
        session.push_frame(now, &connect);
        session
    }

    /// Whether frames can be sent: after CONNECTED, and before the session was told to end or did.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        matches!(self.state, State::Connected { .. })
    }

    /// Takes in bytes from the server, in whatever chunks the transport gives them.
    pub fn handle_input(&mut self, now: Duration, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.last_received = now;
        }
        let mut rest = bytes;
        while self.state != State::Closed {
            let handled = match self.decoder.decode(&mut rest) {
                Ok(Some(frame)) => self.handle_frame(now, frame),
                Ok(None) => return,
                Err(error) => Err(Closed::Protocol(ProtocolError::Decode {
                    error,
                    head: self.decoder.head().cloned().map(Box::new),
                })),
            };
            if let Err(closed) = handled {
                self.close(closed);
            }
        }
    }

    /// Does what is due by now: sends a heart-beat, or gives up waiting for the server.
    ///
    /// It may be called early or late.
    pub fn handle_timeout(&mut self, now: Duration) {
        match self.state {
            State::Connecting { until } if now >= until => self.close(Closed::ConnectTimeout {
                after: self.config.connect_timeout,
            }),
            State::Disconnecting { until } if now >= until => self.close(Closed::Disconnected),
            State::Connected { heart_beat } => self.handle_heart_beats(now, heart_beat),
            State::Connecting { .. } | State::Disconnecting { .. } | State::Closed => {}
        }
    }

    /// Takes note that the transport is closed or broken, with a WebSocket's code and reason if
    /// there are any.
    pub fn handle_transport_closed(&mut self, now: Duration, code: Option<u16>, reason: &str) {
        match self.state {
            State::Connecting { .. } | State::Connected { .. } => {
                let error = self
                    .last_error
                    .take()
                    .filter(|(at, _)| now.saturating_sub(*at) <= BLAME_PERIOD)
                    .map(|(_, error)| error);
                self.close(Closed::Lost {
                    code,
                    reason: reason.into(),
                    error,
                });
            }
            State::Disconnecting { .. } => self.close(Closed::Disconnected),
            State::Closed => {}
        }
    }

    /// Queues a frame: SEND, ACK, NACK, BEGIN, COMMIT or ABORT. The rest is the session's own.
    ///
    /// # Errors
    /// [`NotConnected`]; nothing is queued then.
    pub fn send(&mut self, now: Duration, frame: &Frame) -> Result<(), NotConnected> {
        if !self.is_connected() {
            return Err(NotConnected);
        }
        self.push_frame(now, frame);
        Ok(())
    }

    /// Subscribes to a destination. The server takes messages as delivered once they are sent
    /// (`ack:auto`).
    ///
    /// `id` names the subscription in its messages and must not be in use: RabbitMQ closes the
    /// connection otherwise. With a `receipt`, an [`Event::Receipt`] of that id tells that the
    /// subscription stands; if it failed, an [`Event::Error`] comes first, or instead.
    ///
    /// # Errors
    /// [`NotConnected`]; nothing is queued then.
    pub fn subscribe(
        &mut self,
        now: Duration,
        id: &str,
        destination: &str,
        receipt: Option<&str>,
    ) -> Result<(), NotConnected> {
        let mut frame = Frame::new(Command::Subscribe)
            .with_header("id", id)
            .with_header("destination", destination)
            .with_header("ack", "auto");
        if let Some(receipt) = receipt {
            frame.headers.push("receipt", receipt);
        }
        self.send(now, &frame)
    }

    /// Ends a subscription. Messages that are on their way already still come.
    ///
    /// # Errors
    /// [`NotConnected`]; nothing is queued then.
    pub fn unsubscribe(&mut self, now: Duration, id: &str) -> Result<(), NotConnected> {
        let frame = Frame::new(Command::Unsubscribe).with_header("id", id);
        self.send(now, &frame)
    }

    /// Ends the session in order: what is queued goes out, then DISCONNECT.
    ///
    /// [`Closed::Disconnected`] follows when the server has processed it all, or has closed the
    /// transport, or after [`DISCONNECT_TIMEOUT`]; at once if the session was not connected yet.
    pub fn disconnect(&mut self, now: Duration) {
        match self.state {
            State::Connecting { .. } => self.close(Closed::Disconnected),
            State::Connected { .. } => {
                let frame =
                    Frame::new(Command::Disconnect).with_header("receipt", DISCONNECT_RECEIPT);
                self.push_frame(now, &frame);
                self.state = State::Disconnecting {
                    until: now.saturating_add(DISCONNECT_TIMEOUT),
                };
            }
            State::Disconnecting { .. } | State::Closed => {}
        }
    }

    /// The next bytes to send: whole frames, as many as fit into [`CHUNK_BYTES`], or one that is
    /// larger. Each chunk makes one message on a WebSocket.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outbox.pop()
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due, as a time like `now`; `None` if
    /// nothing is waited for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.state {
            State::Connecting { until } | State::Disconnecting { until } => Some(until),
            State::Connected { heart_beat } => {
                let due = [self.beat_due(heart_beat), self.silence_due(heart_beat)];
                due.into_iter().flatten().min()
            }
            State::Closed => None,
        }
    }

    /// Takes in a frame; an error is why the session ends.
    fn handle_frame(&mut self, now: Duration, frame: Frame) -> Result<(), Closed> {
        let connecting = matches!(self.state, State::Connecting { .. });
        match frame.command {
            Command::Connected if connecting => self.handle_connected(&frame)?,
            Command::Error if connecting => {
                return Err(Closed::Refused(ServerError::from_frame(frame)));
            }
            Command::Message if !connecting => self.events.push_back(Event::Message(frame)),
            Command::Receipt if !connecting => self.handle_receipt(&frame)?,
            Command::Error if !connecting => {
                let error = ServerError::from_frame(frame);
                self.last_error = Some((now, error.clone()));
                self.events.push_back(Event::Error(error));
            }
            command => {
                return Err(Closed::Protocol(ProtocolError::UnexpectedFrame {
                    command,
                    connected: !connecting,
                }));
            }
        }
        Ok(())
    }

    fn handle_connected(&mut self, frame: &Frame) -> Result<(), Closed> {
        let version = frame.header("version");
        if version != Some(VERSION) {
            return Err(Closed::Protocol(ProtocolError::UnsupportedVersion {
                offered: VERSION,
                chosen: version.map(Into::into),
            }));
        }
        // A server that says nothing of heart-beats sends none and wants none.
        let value = frame.header("heart-beat").unwrap_or("0,0");
        let Some(offered) = HeartBeat::from_header(value) else {
            return Err(Closed::Protocol(ProtocolError::InvalidHeartBeat {
                value: value.into(),
            }));
        };
        let heart_beat = self.config.heart_beat.agree(offered);
        self.state = State::Connected { heart_beat };
        self.events.push_back(Event::Connected {
            version: VERSION.into(),
            server: frame.header("server").map(Into::into),
            heart_beat,
        });
        Ok(())
    }

    fn handle_receipt(&mut self, frame: &Frame) -> Result<(), Closed> {
        let disconnecting = matches!(self.state, State::Disconnecting { .. });
        match frame.header("receipt-id") {
            Some(DISCONNECT_RECEIPT) if disconnecting => Err(Closed::Disconnected),
            Some(id) => {
                self.events.push_back(Event::Receipt(id.into()));
                Ok(())
            }
            None => Err(Closed::Protocol(ProtocolError::MissingHeader {
                command: Command::Receipt,
                name: "receipt-id",
            })),
        }
    }

    fn handle_heart_beats(&mut self, now: Duration, heart_beat: HeartBeat) {
        if self.silence_due(heart_beat).is_some_and(|due| now >= due) {
            self.close(Closed::HeartBeatMissed {
                silent_for: now.saturating_sub(self.last_received),
                allowed: silence_allowed(heart_beat),
            });
        } else if self.beat_due(heart_beat).is_some_and(|due| now >= due) {
            self.last_sent = now;
            self.outbox.push_heart_beat();
        }
    }

    /// When a heart-beat must be sent, if nothing else is.
    fn beat_due(&self, heart_beat: HeartBeat) -> Option<Duration> {
        [heart_beat.send, self.config.keep_alive]
            .into_iter()
            .filter(|period| !period.is_zero())
            .min()
            .map(|period| self.last_sent.saturating_add(period))
    }

    /// When the server has been silent for too long, if nothing comes.
    fn silence_due(&self, heart_beat: HeartBeat) -> Option<Duration> {
        let allowed = silence_allowed(heart_beat);
        (!allowed.is_zero()).then(|| self.last_received.saturating_add(allowed))
    }

    fn push_frame(&mut self, now: Duration, frame: &Frame) {
        self.last_sent = now;
        self.outbox.push_frame(frame);
    }

    fn close(&mut self, closed: Closed) {
        self.state = State::Closed;
        self.outbox.clear();
        self.events.push_back(Event::Closed(closed));
    }
}

fn silence_allowed(heart_beat: HeartBeat) -> Duration {
    heart_beat.receive.saturating_mul(SILENCE_TOLERANCE)
}

/// The session is not connected: the server has not accepted it yet, or it is ending or over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotConnected;

impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the session is not connected")
    }
}

impl Error for NotConnected {}
