//! The one task behind a client. It carries out what the engine decides.

use std::{collections::HashMap, pin::Pin, sync::Arc, time::Duration};

use tokio::{
    select,
    sync::{broadcast, mpsc::UnboundedReceiver, oneshot, watch},
};
use uuid::Uuid;
use warren_contract::Pong;
use web_time::Instant;

use crate::{
    CallError, ConnectionState, Counters, PasscodeSource, Stage, Token, WireFrame,
    engine::{Action, Engine, Event, RawReply, Request},
    passcode::Asked,
    socket::{self, Incoming, Socket, Trust, Wakes},
    tap::Tap,
};

/// How many inputs are taken before what they cause is carried out, so that calls made together
/// leave in one WebSocket message, and none waits long.
const BATCH: usize = 256;

/// From how many pending calls on messages are better received together.
const MANY_CALLS: usize = 8;

/// What users ask of the driver.
#[derive(Debug)]
pub(crate) enum Command {
    Call {
        id: Uuid,
        request: Request,
        caller: Caller,
    },
    Cancel {
        id: Uuid,
    },
    /// Somebody wants to know the workers.
    WatchWorkers,
    Close,
}

/// The other end of a [`Call`](crate::Call).
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) settle: oneshot::Sender<Result<RawReply, CallError>>,
    /// For a caller who asked for progress.
    pub(crate) stage: Option<watch::Sender<Stage>>,
}

/// Where the driver tells what everybody may know.
#[derive(Debug)]
pub(crate) struct Boards {
    pub(crate) state: watch::Sender<ConnectionState>,
    pub(crate) counters: watch::Sender<Counters>,
    pub(crate) workers: watch::Sender<Option<Vec<Pong>>>,
    pub(crate) wire: broadcast::Sender<Arc<WireFrame>>,
}

impl Caller {
    fn settle(self, outcome: Result<RawReply, CallError>) {
        // The caller may have gone, and then its cancel is on the way, or was what led here.
        let _ = self.settle.send(outcome);
    }

    fn tell(&self, stage: Stage) {
        if let Some(told) = &self.stage {
            told.send_if_modified(|known| {
                let changed = *known != stage;
                *known = stage;
                changed
            });
        }
    }
}

struct Driver {
    engine: Engine,
    trust: Trust,
    source: Option<PasscodeSource>,
    asked: Option<Asked>,
    started: Instant,
    socket: Option<Socket>,
    tap: Tap,
    waiting: HashMap<Uuid, Caller>,
    boards: Boards,
}

/// Runs until the client is closed, which also happens when its last handle is dropped.
pub(crate) async fn run(
    engine: Engine,
    trust: Trust,
    source: Option<PasscodeSource>,
    mut commands: UnboundedReceiver<Command>,
    boards: Boards,
) {
    let mut driver = Driver {
        engine,
        trust,
        source,
        asked: None,
        started: Instant::now(),
        socket: None,
        tap: Tap::new(boards.wire.clone()),
        waiting: HashMap::new(),
        boards,
    };
    let mut timer = Timer::default();
    let mut wakes = Wakes::listen();
    // Set when the last handle is gone, so that its end is noticed only once.
    let mut leaving = false;
    loop {
        driver.watch_workers();
        driver.carry_out();
        driver.gather();
        if *driver.boards.state.borrow() == ConnectionState::Closed {
            return;
        }
        timer.arm(driver.engine.poll_timeout(), driver.now());

        select! {
            biased;
            // What is rare comes first, so that no flood of the others keeps it waiting.
            answer = answer(&mut driver.asked) => {
                driver.asked = None;
                driver.engine.handle_passcode(driver.now(), answer);
            }
            () = wakes.next() => driver.engine.handle_wake(driver.now()),
            incoming = receive(&mut driver.socket) => driver.take_incoming(incoming),
            command = commands.recv(), if !leaving => {
                let command = command.unwrap_or_else(|| {
                    leaving = true;
                    Command::Close
                });
                driver.take_command(command);
            }
            () = timer.elapsed() => {}
        }
        // Whatever it was that woke us, messages, commands and what is due get their turn: a flood
        // of one keeps none of the others waiting, and in a hidden page, whose timers the browser
        // delays, the broker's heart-beats drive ours.
        for _ in 1..BATCH {
            let Some(incoming) = received(&mut driver.socket).await else {
                break;
            };
            driver.take_incoming(incoming);
        }
        for _ in 1..BATCH {
            let Ok(command) = commands.try_recv() else {
                break;
            };
            driver.take_command(command);
        }
        driver.take_due();
    }
}

impl Driver {
    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn take_command(&mut self, command: Command) {
        let now = self.now();
        match command {
            Command::Call {
                id,
                request,
                caller,
            } => {
                self.waiting.insert(id, caller);
                self.engine.call(now, id, request);
            }
            Command::Cancel { id } => {
                if let Some(caller) = self.waiting.remove(&id) {
                    caller.settle(Err(CallError::Cancelled));
                }
                self.engine.cancel(now, id);
            }
            // It has woken the driver, which now looks who watches.
            Command::WatchWorkers => {}
            Command::Close => self.engine.close(now),
        }
    }

    fn take_incoming(&mut self, incoming: Incoming) {
        let now = self.now();
        match incoming {
            Incoming::Opened => self.engine.handle_opened(now),
            Incoming::Data(bytes) => {
                self.tap.receive(&bytes);
                self.engine.handle_data(now, &bytes);
            }
            Incoming::Closed { code, reason } => {
                self.socket = None;
                self.engine.handle_closed(now, code, &reason);
            }
            #[cfg(not(target_arch = "wasm32"))]
            Incoming::Untrusted { reason } => {
                self.socket = None;
                self.engine.handle_untrusted(now, &reason);
            }
        }
    }

    fn take_due(&mut self) {
        let now = self.now();
        if self.engine.poll_timeout().is_some_and(|due| due <= now) {
            self.engine.handle_timeout(now);
        }
    }

    fn watch_workers(&mut self) {
        let now = self.now();
        let watched = self.boards.workers.receiver_count() > 0;
        self.engine.watch_workers(now, watched);
    }

    /// With few calls pending, each reply is worth waking up for.
    fn gather(&self) {
        if let Some(socket) = &self.socket {
            socket.gather(self.waiting.len() >= MANY_CALLS);
        }
    }

    fn carry_out(&mut self) {
        while let Some(action) = self.engine.poll_action() {
            match action {
                Action::Open { url } => {
                    self.tap.reset();
                    self.socket = Some(Socket::open(&url, &self.trust));
                }
                Action::AskPasscode => {
                    self.asked = self.source.as_ref().map(PasscodeSource::ask);
                }
                Action::Send(bytes) => {
                    if let Some(socket) = &mut self.socket {
                        self.tap.send(&bytes);
                        socket.send(bytes);
                    }
                }
                Action::Close => self.socket = None,
            }
        }
        while let Some(event) = self.engine.poll_event() {
            match event {
                Event::Settled { id, outcome } => {
                    if let Some(caller) = self.waiting.remove(&id) {
                        caller.settle(outcome);
                    }
                }
                Event::Stage { id, stage } => {
                    if let Some(caller) = self.waiting.get(&id) {
                        caller.tell(stage);
                    }
                }
                Event::Connection(state) => {
                    self.boards.state.send_replace(state);
                }
                Event::Workers(workers) => {
                    self.boards.workers.send_replace(workers);
                }
            }
        }
        let counters = self.engine.counters();
        self.boards.counters.send_if_modified(|shown| {
            let changed = *shown != counters;
            *shown = counters;
            changed
        });
    }
}

/// What has come already, without waiting for more.
async fn received(socket: &mut Option<Socket>) -> Option<Incoming> {
    select! {
        biased;
        incoming = receive(socket) => Some(incoming),
        () = std::future::ready(()) => None,
    }
}

/// Waits for ever while there is no socket.
async fn receive(socket: &mut Option<Socket>) -> Incoming {
    match socket {
        Some(socket) => socket.receive().await,
        None => std::future::pending().await,
    }
}

/// Waits for ever while no passcode is asked for.
async fn answer(asked: &mut Option<Asked>) -> Result<Token, String> {
    match asked {
        Some(asked) => asked.await,
        None => std::future::pending().await,
    }
}

/// The one timer. Deadlines mostly move away as calls settle, so it is left running when it is
/// early, and set anew only when it would be late: a call costs no timer of its own.
#[derive(Default)]
struct Timer {
    armed: Option<(Duration, Pin<Box<socket::Sleep>>)>,
}

impl Timer {
    fn arm(&mut self, at: Option<Duration>, now: Duration) {
        if let Some(at) = at
            && self.armed.as_ref().is_none_or(|(armed, _)| at < *armed)
        {
            self.armed = Some((at, Box::pin(socket::sleep(at.saturating_sub(now)))));
        }
    }

    async fn elapsed(&mut self) {
        match &mut self.armed {
            Some((_, sleep)) => sleep.as_mut().await,
            None => std::future::pending().await,
        }
        self.armed = None;
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::{io::Write as _, thread, time::Duration};

    use tokio_tungstenite::tungstenite::Message;
    use warren_contract::Fibonacci;

    use crate::{CallError, CallOptions, Client, Config, ConnectionState, Mode, socket::server};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_flood_from_the_broker_keeps_no_call_from_its_deadline() {
        let (server, address) = server::listen();
        thread::spawn(move || {
            let mut socket = server::accept(&server);
            let greeting = Message::text("CONNECTED\nversion:1.2\n\n\0");
            socket.send(greeting).expect("it is taken");
            let heart_beats = b"\x81\x01\n".repeat(100_000);
            while socket.get_mut().write_all(&heart_beats).is_ok() {}
        });
        let client = Client::connect(Config {
            urls: format!("ws://{address}/ws").into(),
            mode: Mode::Tutorial,
            ..Config::default()
        });
        let mut state = client.connection();
        let online = state.wait_for(ConnectionState::is_online);
        online.await.expect("the client lives");
        let deadline = Duration::from_millis(300);
        let options = CallOptions {
            deadline: Some(deadline),
            ..CallOptions::default()
        };
        let call = client.call_with::<Fibonacci>(5, options);
        let outcome = tokio::time::timeout(Duration::from_secs(10), call).await;
        assert_eq!(outcome, Ok(Err(CallError::DeadlineExceeded { deadline })));
    }
}
