//! A session and the server that it talks to.

use std::time::Duration;

use serde_json::Value;
use warren_stomp::{
    Closed, Command, Decoder, Event, Frame, HeartBeat, Limits, Session, SessionConfig, encode,
};

pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A session, the server's side of its transport, and the time.
pub(crate) struct Link {
    pub(crate) session: Session,
    pub(crate) now: Duration,
    server: Decoder,
}

impl Link {
    /// A session that has just sent its CONNECT.
    pub(crate) fn open(config: SessionConfig) -> Self {
        // The origin of time is the owner's affair: nothing may depend on its being zero.
        let now = Duration::from_secs(1_000);
        Self {
            session: Session::new(config, now),
            now,
            server: Decoder::new(Limits::default()),
        }
    }

    /// A session that the server has accepted with the heart-beats that it asked for.
    pub(crate) fn connected(heart_beat: &str) -> Self {
        let mut link = Self::open(config(millis(heart_beat)));
        let (send, receive) = heart_beat.split_once(',').expect("two numbers");
        link.received();
        link.serve(
            Frame::new(Command::Connected)
                .with_header("version", "1.2")
                .with_header("heart-beat", &format!("{receive},{send}")),
        );
        let events = link.events();
        assert!(
            matches!(events.as_slice(), [Event::Connected { .. }]),
            "{events:?}"
        );
        link
    }

    /// The server sends a frame, as RabbitMQ does with a LF after it.
    pub(crate) fn serve(&mut self, frame: Frame) {
        let mut bytes = Vec::new();
        encode(&frame, &mut bytes);
        bytes.push(b'\n');
        self.session.handle_input(self.now, &bytes);
    }

    /// The frames that the session has sent since the last look.
    pub(crate) fn received(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(bytes) = self.session.poll_transmit() {
            let mut rest = bytes.as_slice();
            while let Some(frame) = self
                .server
                .decode(&mut rest)
                .expect("the session speaks STOMP")
            {
                frames.push(frame);
            }
        }
        frames
    }

    /// How many heart-beats the session has sent since it was opened.
    pub(crate) fn beats(&mut self) -> u64 {
        assert_eq!(self.received(), [], "nothing but heart-beats");
        self.server.pings()
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    /// The one event that is left: why the session closed.
    pub(crate) fn closed(&mut self) -> Closed {
        let mut events = self.events();
        let Some(Event::Closed(closed)) = events.pop() else {
            panic!("the session has not closed: {events:?}");
        };
        assert_eq!(events, [], "nothing else happened");
        assert!(!self.session.is_connected());
        assert_eq!(self.session.poll_timeout(), None);
        assert_eq!(self.session.poll_transmit(), None);
        closed
    }

    /// Lets the time pass to when the session wants to be woken, and wakes it.
    pub(crate) fn wait_for_timeout(&mut self) {
        self.now = self.session.poll_timeout().expect("a timeout is set");
        self.session.handle_timeout(self.now);
    }
}

pub(crate) fn config(heart_beat: HeartBeat) -> SessionConfig {
    SessionConfig {
        host: "/".into(),
        login: "web".into(),
        passcode: "secret".into(),
        heart_beat,
        keep_alive: Duration::ZERO,
        connect_timeout: CONNECT_TIMEOUT,
        limits: Limits::default(),
    }
}

/// What a `heart-beat` header says, from its sender's point of view.
pub(crate) fn millis(header: &str) -> HeartBeat {
    let (send, receive) = header.split_once(',').expect("two numbers");
    let millis = |digits: &str| Duration::from_millis(digits.parse().expect("a number"));
    HeartBeat {
        send: millis(send),
        receive: millis(receive),
    }
}

pub(crate) fn error_frame(message: &str, detail: &str) -> Frame {
    Frame::new(Command::Error)
        .with_header("message", message)
        .with_header("content-type", "text/plain")
        .with_body(detail)
}

/// A table of the vectors.
pub(crate) fn table(name: &str) -> Vec<Value> {
    let tables: Value =
        serde_json::from_str(include_str!("../vectors/stomp.json")).expect("the vectors are JSON");
    let table = tables[name].as_array().expect("an array").clone();
    assert!(!table.is_empty(), "{name} has vectors");
    table
}
