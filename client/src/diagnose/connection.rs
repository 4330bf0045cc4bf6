//! One connection to the broker, on which one thing is tried: RabbitMQ closes it for many failures,
//! and often without a word, so that only what was tried last tells the cause.

use std::time::Duration;

use tokio::{
    select,
    time::{Instant, sleep_until, timeout},
};
use uuid::Uuid;
use warren_stomp::{Closed, Event, Frame, HeartBeat, ServerError, Session};

use crate::{
    Config,
    engine::{BOUNCE_SUBSCRIPTION, Wire, died, session_config},
    socket::{Incoming, Socket, Trust},
};

/// How long the broker may take to say yes or no to a frame.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How long it may take to say goodbye, for which nobody has to wait.
const GOODBYE_WITHIN: Duration = Duration::from_millis(500);

/// The receipt that frames ask for here.
const RECEIPT: &str = "tried";

/// A connection.
pub(super) struct Connection {
    socket: Socket,
    session: Session,
    began: Instant,
    /// New for each connection; the routing key of what bounces.
    pub(super) client_id: Uuid,
    /// What the broker says it is.
    server: Option<String>,
}

/// What the broker said when it let us in.
#[derive(Debug)]
pub(super) struct Greeting {
    pub(super) server: Option<String>,
    pub(super) heart_beat: HeartBeat,
}

/// Why something that was tried did not succeed.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    /// What it concerns is not there.
    Missing(String),
    /// This user may not do it.
    Denied(String),
    /// One of these two: the broker closed the connection without saying which.
    MissingOrDenied,
    /// Something else.
    Other(String),
}

impl Connection {
    /// Begins a session on a WebSocket that is open.
    pub(super) fn new(config: &Config, socket: Socket) -> Self {
        Self {
            socket,
            session: Session::new(session_config(config), Duration::ZERO),
            began: Instant::now(),
            client_id: Uuid::new_v4(),
            server: None,
        }
    }

    /// Waits until the broker has let us in, or has not.
    pub(super) async fn greeting(&mut self) -> Result<Greeting, Closed> {
        loop {
            // The session itself waits for no longer than its configuration says.
            match self.next(None).await {
                Some(Event::Connected {
                    server, heart_beat, ..
                }) => {
                    self.server.clone_from(&server);
                    return Ok(Greeting { server, heart_beat });
                }
                Some(Event::Closed(closed)) => return Err(closed),
                Some(_) | None => {}
            }
        }
    }

    /// Another connection like the first one, which was let in.
    pub(super) async fn open(config: &Config) -> Result<Self, Refusal> {
        let (url, trust) = (config.urls.first(), Trust::of(config));
        let Ok(Ok(socket)) = timeout(ANSWER_WITHIN, Socket::try_open(url, &trust)).await else {
            let words = "the broker was there, and now is not";
            return Err(Refusal::Other(words.to_owned()));
        };
        let mut connection = Self::new(config, socket);
        match connection.greeting().await {
            Ok(_) => Ok(connection),
            Err(closed) => Err(Refusal::Other(closed.to_string())),
        }
    }

    /// Subscribes to what bounces.
    pub(super) async fn subscribe(&mut self) -> Result<(), Refusal> {
        self.send(&Wire::bounces(self.client_id, self.server.as_deref()))?;
        self.receipt(BOUNCE_SUBSCRIPTION, &mut |_| false)
            .await
            .map(|_| ())
    }

    /// Sends a frame, and waits until the broker says that it has taken it. Messages that come
    /// before that are for `answers`; if it says of one that this is the answer, nothing more is
    /// waited for, and true is returned.
    pub(super) async fn try_send(
        &mut self,
        frame: Frame,
        answers: &mut impl FnMut(Frame) -> bool,
    ) -> Result<bool, Refusal> {
        self.send(&frame.with_header("receipt", RECEIPT))?;
        self.receipt(RECEIPT, answers).await
    }

    /// Sends a frame.
    pub(super) fn send(&mut self, frame: &Frame) -> Result<(), Refusal> {
        let now = self.began.elapsed();
        self.session.send(now, frame).map_err(|_| over())
    }

    async fn receipt(
        &mut self,
        wanted: &str,
        answers: &mut impl FnMut(Frame) -> bool,
    ) -> Result<bool, Refusal> {
        let until = Instant::now() + ANSWER_WITHIN;
        loop {
            match self.next(Some(until)).await {
                Some(Event::Receipt(id)) if id == wanted => return Ok(false),
                Some(Event::Message(frame)) => {
                    if answers(frame) {
                        return Ok(true);
                    }
                }
                Some(Event::Error(error)) => return Err(said(&error)),
                Some(Event::Closed(closed)) => return Err(ended(&closed)),
                Some(Event::Connected { .. } | Event::Receipt(_)) => {}
                None => {
                    let words = format!("the broker did not answer within {ANSWER_WITHIN:?}");
                    return Err(Refusal::Other(words));
                }
            }
        }
    }

    /// The next message, if one comes by `until`.
    pub(super) async fn message(&mut self, until: Instant) -> Result<Option<Frame>, Refusal> {
        loop {
            match self.next(Some(until)).await {
                Some(Event::Message(frame)) => return Ok(Some(frame)),
                Some(Event::Error(error)) => return Err(said(&error)),
                Some(Event::Closed(closed)) => return Err(ended(&closed)),
                Some(Event::Connected { .. } | Event::Receipt(_)) => {}
                None => return Ok(None),
            }
        }
    }

    /// Takes leave, so that the broker's log has nothing to complain of.
    pub(super) async fn close(mut self) {
        self.session.disconnect(self.began.elapsed());
        let until = Instant::now() + GOODBYE_WITHIN;
        while !matches!(self.next(Some(until)).await, Some(Event::Closed(_)) | None) {}
    }

    /// The next thing that happens, or `None` if nothing does by `until`.
    async fn next(&mut self, until: Option<Instant>) -> Option<Event> {
        loop {
            while let Some(bytes) = self.session.poll_transmit() {
                self.socket.send(bytes);
            }
            if let Some(event) = self.session.poll_event() {
                return Some(event);
            }
            let due = self.session.poll_timeout().map(|due| self.began + due);
            let wake = due.into_iter().chain(until).min()?;
            select! {
                biased;
                incoming = self.socket.receive() => self.take(incoming),
                () = sleep_until(wake) => {
                    if until.is_some_and(|until| until <= Instant::now()) {
                        return None;
                    }
                    self.session.handle_timeout(self.began.elapsed());
                }
            }
        }
    }

    fn take(&mut self, incoming: Incoming) {
        let now = self.began.elapsed();
        match incoming {
            Incoming::Opened => {}
            Incoming::Data(bytes) => self.session.handle_input(now, &bytes),
            Incoming::Closed { code, reason } => {
                self.session.handle_transport_closed(now, code, &reason);
            }
            Incoming::Untrusted { reason } => {
                self.session.handle_transport_closed(now, None, &reason);
            }
        }
    }
}

impl Refusal {
    /// What happened, in the broker's words where it said any.
    pub(super) fn detail(&self) -> &str {
        match self {
            Self::Missing(words) | Self::Denied(words) | Self::Other(words) => words,
            Self::MissingOrDenied => {
                "the broker closes the connection, which means that it is not there, or not ours to use"
            }
        }
    }
}

fn over() -> Refusal {
    Refusal::Other("the broker ended the connection".to_owned())
}

/// RabbitMQ's versions agree on these words.
fn said(error: &ServerError) -> Refusal {
    let words = error.to_string();
    match error.message.as_str() {
        "not_found" => Refusal::Missing(words),
        "access_refused" => Refusal::Denied(words),
        _ => Refusal::Other(words),
    }
}

fn ended(closed: &Closed) -> Refusal {
    match closed {
        Closed::Lost {
            error: Some(error), ..
        } => said(error),
        closed if died(closed) => Refusal::MissingOrDenied,
        closed => Refusal::Other(closed.to_string()),
    }
}
