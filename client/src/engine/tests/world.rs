//! An engine, and a world around it that does what a test says.

use super::*;
use crate::engine::acceptance::REQUEST_RECEIPT;

/// An engine, its clock, and the other end of its socket.
pub(super) struct World {
    pub(super) engine: Engine,
    pub(super) now: Duration,
    pub(super) decoder: Decoder,
    /// Whether the engine holds a WebSocket, be it open or opening.
    pub(super) socket: bool,
    /// When the engine has asked for a passcode.
    pub(super) asked: Vec<Duration>,
    /// Where the engine has opened one, and when.
    pub(super) opened: Vec<(Duration, String)>,
    /// What the engine sent, until a test takes it.
    pub(super) sent: Vec<Frame>,
    /// Whether the broker drops requests, as far as it would tell that it takes them.
    pub(super) drops_requests: bool,
    /// How many of those that it dropped on this connection asked for a receipt.
    pub(super) unconfirmed: usize,
    pub(super) states: Vec<ConnectionState>,
    pub(super) workers: Vec<Option<Vec<Pong>>>,
    pub(super) stages: Vec<(Uuid, Stage)>,
    pub(super) settled: Vec<(Uuid, Result<RawReply, CallError>)>,
    /// When each call settled.
    pub(super) settled_at: HashMap<Uuid, Duration>,
    pub(super) ids: u128,
}

impl World {
    pub(super) fn new(config: Config) -> Self {
        // Ids in a row are no secret, but easy to read when a test fails.
        let mut next = 0;
        let random = move || {
            next += 1;
            Uuid::from_u128(next << 64 | 0x7fff_ffff)
        };
        Self::with_random(config, Box::new(random))
    }

    pub(super) fn with_random(config: Config, random: RandomUuids) -> Self {
        let mut world = Self {
            engine: Engine::new(config, random),
            now: Duration::ZERO,
            decoder: Decoder::new(Limits::default()),
            socket: false,
            asked: Vec::new(),
            opened: Vec::new(),
            sent: Vec::new(),
            drops_requests: false,
            unconfirmed: 0,
            states: Vec::new(),
            workers: Vec::new(),
            stages: Vec::new(),
            settled: Vec::new(),
            settled_at: HashMap::new(),
            ids: 0,
        };
        world.drain();
        world
    }

    /// A world whose engine is online.
    pub(super) fn online() -> Self {
        let mut world = Self::new(Config::default());
        world.come_online();
        world
    }

    pub(super) fn drain(&mut self) {
        while let Some(action) = self.engine.poll_action() {
            match action {
                Action::Open { url } => {
                    assert!(!self.socket, "the last socket was closed before this");
                    self.socket = true;
                    self.unconfirmed = 0;
                    self.opened.push((self.now, url));
                    self.decoder = Decoder::new(Limits::default());
                }
                Action::AskPasscode => self.asked.push(self.now),
                Action::Send(bytes) => {
                    assert!(self.socket, "nothing is sent without a socket");
                    let mut bytes = bytes.as_slice();
                    while let Some(frame) = self
                        .decoder
                        .decode(&mut bytes)
                        .expect("the engine sends well-formed frames")
                    {
                        self.take_request(&frame);
                        self.sent.push(frame);
                    }
                }
                Action::Close => self.socket = false,
            }
        }
        while let Some(event) = self.engine.poll_event() {
            match event {
                Event::Settled { id, outcome } => {
                    self.settled_at.insert(id, self.now);
                    self.settled.push((id, outcome));
                }
                Event::Connection(state) => self.states.push(state),
                Event::Stage { id, stage } => self.stages.push((id, stage)),
                Event::Workers(workers) => self.workers.push(workers),
            }
        }
    }

    /// Gives the receipt that a request asks for. Those of requests that were dropped come with the
    /// first of one that is taken.
    pub(super) fn take_request(&mut self, frame: &Frame) {
        let is_control = matches!(frame.header("type"), Some("ping" | "cancel"));
        if frame.command != Command::Send || is_control {
            return;
        }
        self.unconfirmed += usize::from(frame.header("receipt").is_some());
        if self.drops_requests {
            return;
        }
        let mut receipts = Vec::new();
        for _ in 0..std::mem::take(&mut self.unconfirmed) {
            let receipt = Frame::new(Command::Receipt).with_header("receipt-id", REQUEST_RECEIPT);
            encode(&receipt, &mut receipts);
        }
        if !receipts.is_empty() {
            self.engine.handle_data(self.now, &receipts);
        }
    }

    /// Lets time pass, and the engine's timer fire exactly when it asks for it.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        let mut at_once = 0;
        while let Some(due) = self.engine.poll_timeout().filter(|due| *due <= end) {
            at_once = if due > self.now { 0 } else { at_once + 1 };
            assert!(at_once < 1_000, "what is due is done");
            self.now = self.now.max(due);
            self.engine.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    pub(super) fn call(&mut self, request: Request) -> Uuid {
        self.ids += 1;
        // Later ids are smaller, so that no order among calls comes from their ids.
        let id = Uuid::from_u128(u128::MAX - self.ids);
        self.engine.call(self.now, id, request);
        self.drain();
        id
    }

    pub(super) fn cancel(&mut self, id: Uuid) {
        self.engine.cancel(self.now, id);
        self.drain();
    }

    pub(super) fn opened(&mut self) {
        self.engine.handle_opened(self.now);
        self.drain();
    }

    pub(super) fn lost(&mut self) {
        self.closed(1000, "STOMP died");
    }

    pub(super) fn closed(&mut self, code: u16, reason: &str) {
        self.socket = false;
        self.engine.handle_closed(self.now, Some(code), reason);
        self.drain();
    }

    pub(super) fn untrusted(&mut self, reason: &str) {
        self.socket = false;
        self.engine.handle_untrusted(self.now, reason);
        self.drain();
    }

    pub(super) fn receive(&mut self, frame: &Frame) {
        self.receive_all(std::slice::from_ref(frame));
    }

    /// Several frames in one WebSocket message.
    pub(super) fn receive_all(&mut self, frames: &[Frame]) {
        let mut bytes = Vec::new();
        for frame in frames {
            encode(frame, &mut bytes);
        }
        self.receive_bytes(&bytes);
    }

    pub(super) fn receive_bytes(&mut self, bytes: &[u8]) {
        self.engine.handle_data(self.now, bytes);
        self.drain();
    }

    /// Plays the broker until the engine is online, and a worker that answers the first ping. Of
    /// what the engine sends it keeps only the requests. Heart-beats are off, so that time may
    /// pass in silence.
    pub(super) fn come_online(&mut self) {
        let ping = self.come_online_unanswered();
        self.answer(ping, "hare");
    }

    /// The same without the worker.
    pub(super) fn come_online_unanswered(&mut self) -> Uuid {
        self.opened();
        self.receive(&connected("0,0"));
        self.sent.clear();
        self.receive(&subscribed());
        assert!(self.states.last().is_some_and(ConnectionState::is_online));
        self.ping()
    }

    /// The one ping that was sent since the last look.
    pub(super) fn ping(&mut self) -> Uuid {
        let pings = self.pings();
        assert_eq!(pings.len(), 1, "{pings:?}");
        pings[0]
    }

    pub(super) fn answer(&mut self, ping: Uuid, worker: &str) {
        self.receive(&pong(ping, worker, false));
    }

    /// The broker gives the ping back, as no worker is there.
    pub(super) fn bounce(&mut self, ping: Uuid) {
        self.receive(&bounced_ping(ping));
    }

    /// Waits for the next try to connect, and lets it succeed.
    pub(super) fn come_back(&mut self) {
        for _ in 0..100 {
            if self.socket {
                return self.come_online();
            }
            self.pass(ms(1000));
        }
        panic!("the engine does not connect again");
    }

    /// Why there is no connection, and how long after its end the next try is made.
    pub(super) fn offline(&self) -> (Disconnect, Duration) {
        match self.states.last() {
            Some(ConnectionState::Offline { reason, retry_in }) => (reason.clone(), *retry_in),
            other => panic!("not offline: {other:?}"),
        }
    }

    /// Waits until the next try, after the connection or the last one ended.
    pub(super) fn retry(&mut self) {
        let (_, retry_in) = self.offline();
        self.pass(retry_in);
    }

    /// The ids of the requests that were sent since the last look.
    pub(super) fn requests(&mut self) -> Vec<Uuid> {
        self.take_sent("fibonacci")
    }

    /// The ids of the calls that the workers were told to drop, since the last look.
    pub(super) fn cancels(&mut self) -> Vec<Uuid> {
        self.take_sent("cancel")
    }

    /// The ids of the pings that were sent since the last look.
    pub(super) fn pings(&mut self) -> Vec<Uuid> {
        self.take_sent("ping")
    }

    pub(super) fn take_sent(&mut self, message_type: &str) -> Vec<Uuid> {
        self.sent
            .extract_if(.., |frame| frame.header("type") == Some(message_type))
            .map(|frame| {
                assert_eq!(frame.command, Command::Send);
                let id = frame.header("correlation-id").expect("a correlation id");
                id.parse().expect("a UUID")
            })
            .collect()
    }

    /// How the call settled, which it must have done exactly once.
    pub(super) fn outcome(&self, id: Uuid) -> &Result<RawReply, CallError> {
        let outcomes: Vec<_> = self.settled.iter().filter(|(of, _)| *of == id).collect();
        assert_eq!(outcomes.len(), 1, "each call settles once: {outcomes:?}");
        &outcomes[0].1
    }

    pub(super) fn error(&self, id: Uuid) -> &CallError {
        self.outcome(id).as_ref().expect_err("the call fails")
    }
}
