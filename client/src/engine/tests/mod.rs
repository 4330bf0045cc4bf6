//! The engine in virtual time, against a broker that does what each test says.

mod acceptance;
mod addresses;
mod calls;
mod connecting;
mod first_ping;
mod network;
mod passcodes;
mod presence;
mod progress;
mod replies;
mod settles;
mod times;
mod unserved;
mod waking;

use std::{collections::HashMap, time::Duration};

use uuid::Uuid;
use warren_contract::Pong;
use warren_stomp::{Command, Decoder, Frame, Limits, encode};

use super::{Action, Engine, Event, RandomUuids, RawReply, Request, wire::BOUNCE_SUBSCRIPTION};
use crate::{CallError, Config, ConnectionState, Disconnect, Policy, Stage};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Where the broker is unless a test says otherwise.
const URL: &str = "ws://127.0.0.1:15674/ws";

fn online() -> ConnectionState {
    ConnectionState::Online {
        url: URL.to_owned(),
    }
}

fn connecting(attempt: u32) -> ConnectionState {
    ConnectionState::Connecting {
        url: URL.to_owned(),
        attempt,
    }
}

fn request() -> Request {
    Request {
        procedure: "fibonacci".into(),
        idempotent: true,
        body: b"30".to_vec(),
        deadline: None,
        policy: Policy::FailFast,
        progress: None,
        traceparent: None,
    }
}

fn patient() -> Request {
    Request {
        policy: Policy::WaitForWorker,
        ..request()
    }
}

fn not_idempotent() -> Request {
    Request {
        idempotent: false,
        ..request()
    }
}

fn within(deadline: Duration) -> Request {
    Request {
        deadline: Some(deadline),
        ..request()
    }
}

/// An engine, its clock, and the other end of its socket.
struct World {
    engine: Engine,
    now: Duration,
    decoder: Decoder,
    /// Whether the engine holds a WebSocket, be it open or opening.
    socket: bool,
    /// When the engine has asked for a passcode.
    asked: Vec<Duration>,
    /// Where the engine has opened one, and when.
    opened: Vec<(Duration, String)>,
    /// What the engine sent, until a test takes it.
    sent: Vec<Frame>,
    /// Whether the broker drops requests, as far as it would tell that it takes them.
    drops_requests: bool,
    states: Vec<ConnectionState>,
    workers: Vec<Option<Vec<Pong>>>,
    stages: Vec<(Uuid, Stage)>,
    settled: Vec<(Uuid, Result<RawReply, CallError>)>,
    /// When each call settled.
    settled_at: HashMap<Uuid, Duration>,
    ids: u128,
}

impl World {
    fn new(config: Config) -> Self {
        // Ids in a row are no secret, but easy to read when a test fails.
        let mut next = 0;
        let random = move || {
            next += 1;
            Uuid::from_u128(next << 64 | 0x7fff_ffff)
        };
        Self::with_random(config, Box::new(random))
    }

    fn with_random(config: Config, random: RandomUuids) -> Self {
        let mut world = Self {
            engine: Engine::new(config, random),
            now: Duration::ZERO,
            decoder: Decoder::new(Limits::default()),
            socket: false,
            asked: Vec::new(),
            opened: Vec::new(),
            sent: Vec::new(),
            drops_requests: false,
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
    fn online() -> Self {
        let mut world = Self::new(Config::default());
        world.come_online();
        world
    }

    fn drain(&mut self) {
        while let Some(action) = self.engine.poll_action() {
            match action {
                Action::Open { url } => {
                    assert!(!self.socket, "the last socket was closed before this");
                    self.socket = true;
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

    /// Gives the receipt that a request asks for.
    fn take_request(&mut self, frame: &Frame) {
        if frame.command == Command::Send
            && !self.drops_requests
            && let Some(id) = frame.header("receipt")
        {
            let mut receipt = Vec::new();
            let frame = Frame::new(Command::Receipt).with_header("receipt-id", id);
            encode(&frame, &mut receipt);
            self.engine.handle_data(self.now, &receipt);
        }
    }

    /// Lets time pass, and the engine's timer fire exactly when it asks for it.
    fn pass(&mut self, time: Duration) {
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

    fn call(&mut self, request: Request) -> Uuid {
        self.ids += 1;
        // Later ids are smaller, so that no order among calls comes from their ids.
        let id = Uuid::from_u128(u128::MAX - self.ids);
        self.engine.call(self.now, id, request);
        self.drain();
        id
    }

    fn cancel(&mut self, id: Uuid) {
        self.engine.cancel(self.now, id);
        self.drain();
    }

    fn opened(&mut self) {
        self.engine.handle_opened(self.now);
        self.drain();
    }

    fn lost(&mut self) {
        self.closed(1000, "STOMP died");
    }

    fn closed(&mut self, code: u16, reason: &str) {
        self.socket = false;
        self.engine.handle_closed(self.now, Some(code), reason);
        self.drain();
    }

    fn untrusted(&mut self, reason: &str) {
        self.socket = false;
        self.engine.handle_untrusted(self.now, reason);
        self.drain();
    }

    fn receive(&mut self, frame: &Frame) {
        self.receive_all(std::slice::from_ref(frame));
    }

    /// Several frames in one WebSocket message.
    fn receive_all(&mut self, frames: &[Frame]) {
        let mut bytes = Vec::new();
        for frame in frames {
            encode(frame, &mut bytes);
        }
        self.receive_bytes(&bytes);
    }

    fn receive_bytes(&mut self, bytes: &[u8]) {
        self.engine.handle_data(self.now, bytes);
        self.drain();
    }

    /// Plays the broker until the engine is online, and a worker that answers the first ping. Of
    /// what the engine sends it keeps only the requests. Heart-beats are off, so that time may
    /// pass in silence.
    fn come_online(&mut self) {
        let ping = self.come_online_unanswered();
        self.answer(ping, "hare");
    }

    /// The same without the worker.
    fn come_online_unanswered(&mut self) -> Uuid {
        self.opened();
        self.receive(&connected("0,0"));
        self.sent.clear();
        self.receive(&subscribed());
        assert!(self.states.last().is_some_and(ConnectionState::is_online));
        self.ping()
    }

    /// The one ping that was sent since the last look.
    fn ping(&mut self) -> Uuid {
        let pings = self.pings();
        assert_eq!(pings.len(), 1, "{pings:?}");
        pings[0]
    }

    fn answer(&mut self, ping: Uuid, worker: &str) {
        self.receive(&pong(ping, worker, false));
    }

    /// The broker gives the ping back, as no worker is there.
    fn bounce(&mut self, ping: Uuid) {
        self.receive(&bounced_ping(ping));
    }

    /// Waits for the next try to connect, and lets it succeed.
    fn come_back(&mut self) {
        for _ in 0..100 {
            if self.socket {
                return self.come_online();
            }
            self.pass(ms(1000));
        }
        panic!("the engine does not connect again");
    }

    /// Why there is no connection, and how long after its end the next try is made.
    fn offline(&self) -> (Disconnect, Duration) {
        match self.states.last() {
            Some(ConnectionState::Offline { reason, retry_in }) => (reason.clone(), *retry_in),
            other => panic!("not offline: {other:?}"),
        }
    }

    /// Waits until the next try, after the connection or the last one ended.
    fn retry(&mut self) {
        let (_, retry_in) = self.offline();
        self.pass(retry_in);
    }

    /// The ids of the requests that were sent since the last look.
    fn requests(&mut self) -> Vec<Uuid> {
        self.take_sent("fibonacci")
    }

    /// The ids of the calls that the workers were told to drop, since the last look.
    fn cancels(&mut self) -> Vec<Uuid> {
        self.take_sent("cancel")
    }

    /// The ids of the pings that were sent since the last look.
    fn pings(&mut self) -> Vec<Uuid> {
        self.take_sent("ping")
    }

    fn take_sent(&mut self, message_type: &str) -> Vec<Uuid> {
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
    fn outcome(&self, id: Uuid) -> &Result<RawReply, CallError> {
        let outcomes: Vec<_> = self.settled.iter().filter(|(of, _)| *of == id).collect();
        assert_eq!(outcomes.len(), 1, "each call settles once: {outcomes:?}");
        &outcomes[0].1
    }

    fn error(&self, id: Uuid) -> &CallError {
        self.outcome(id).as_ref().expect_err("the call fails")
    }
}

fn connected(heart_beat: &str) -> Frame {
    Frame::new(Command::Connected)
        .with_header("version", "1.2")
        .with_header("heart-beat", heart_beat)
}

fn subscribed() -> Frame {
    Frame::new(Command::Receipt).with_header("receipt-id", BOUNCE_SUBSCRIPTION)
}

fn error_frame(message: &str, detail: &str) -> Frame {
    Frame::new(Command::Error)
        .with_header("message", message)
        .with_body(detail)
}

fn message(subscription: &str, id: &str) -> Frame {
    Frame::new(Command::Message)
        .with_header("subscription", subscription)
        .with_header("destination", "/queue/amq.gen-A8NT")
        .with_header("message-id", "1")
        .with_header("correlation-id", id)
}

/// A reply of no particular kind to the call `id`.
fn reply(id: Uuid) -> Frame {
    message("/temp-queue/rpc", &id.to_string())
}

/// What a worker answers to the ping `id`.
fn pong(id: Uuid, worker: &str, draining: bool) -> Frame {
    let pong = Pong {
        id: format!("id of {worker}"),
        name: worker.to_owned(),
        version: "0.1.0".to_owned(),
        procedures: Vec::new(),
        concurrency: 1,
        busy: 0,
        draining,
        served: 0,
        failed: 0,
        uptime_ms: 0,
    };
    let body = serde_json::to_string(&pong).expect("a pong is JSON");
    reply(id).with_header("type", "pong").with_body(body)
}

/// The ping, given back by the broker.
fn bounced_ping(ping: Uuid) -> Frame {
    message(BOUNCE_SUBSCRIPTION, &ping.to_string()).with_header("type", "ping")
}

/// What a Warren worker answers to the call `id`.
fn result(id: Uuid, body: &str) -> Frame {
    reply(id)
        .with_header("type", "result")
        .with_header("x-worker", "hare")
        .with_header("x-compute-us", "5300")
        .with_body(body)
}
