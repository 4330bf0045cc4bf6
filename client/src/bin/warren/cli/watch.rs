//! `warren watch`: who serves the queue and how fast, as it changes.
//!
//! - `rows`: from what the workers say, second by second, to rates and to who has left.
//! - `ping`: how long they take to answer.
//! - `state`: all that is known at one moment.
//! - `screen`, `view`: the state on a terminal; `sample`: the state as a line of JSON.

mod ping;
mod rows;
mod sample;
#[cfg(test)]
mod samples;
mod screen;
mod state;
mod view;

use std::{
    io::{self, ErrorKind, IsTerminal as _, Write as _},
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use tokio::{
    select,
    sync::{broadcast, watch},
    time::{MissedTickBehavior, interval_at, timeout},
};
use warren_client::{Client, Config, ConnectionState, WireFrame};
use warren_contract::{Code, Pong};

use self::{ping::Ping, sample::Sample, state::State};
use super::{broker::Broker, failure::Failure, signals::told_to_stop};

/// From one line to the next, and how often a screen is drawn anew that nothing changes.
const EVERY: Duration = Duration::from_secs(1);

/// How long the first line waits for something to tell.
const FIRST_WITHIN: Duration = Duration::from_secs(3);

#[derive(Args)]
pub(super) struct Arguments {
    /// Print a JSON object each second, one on a line, instead of filling the screen. It is so, too,
    /// where stdout is no terminal.
    ///
    /// Each has `unix_ms`, `service`, `connection` (with `state`, `url`, and `code` and `reason` while
    /// it is `offline`), `ping_ms`, `known`, `totals`, and `workers`, in which rates are requests per
    /// second, null until they are known.
    #[arg(long)]
    json: bool,
    /// Print so many lines of JSON, and end.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

pub(super) async fn run(broker: Broker, arguments: Arguments) -> Result<(), Failure> {
    if broker.is_tutorial() {
        return Err(Failure::new(
            Code::Unimplemented,
            "the tutorials' servers cannot be asked who they are",
        ));
    }
    let config = broker.config()?;
    let client = Client::connect(config.clone());
    let mut watching = Watching::new(&client, &config);
    if arguments.json || arguments.count.is_some() || !io::stdout().is_terminal() {
        print_lines(&mut watching, arguments.count).await?;
    } else {
        screen::show(&mut watching).await?;
    }
    client.close().await;
    Ok(())
}

/// The state, and where its news come from.
struct Watching {
    began: Instant,
    state: State,
    ping: Ping,
    connection: watch::Receiver<ConnectionState>,
    workers: watch::Receiver<Option<Vec<Pong>>>,
    wire: broadcast::Receiver<Arc<WireFrame>>,
}

impl Watching {
    fn new(client: &Client, config: &Config) -> Self {
        let mut connection = client.connection();
        connection.mark_changed();
        let state = State::new(config, connection.borrow().clone());
        Self {
            began: Instant::now(),
            state,
            ping: Ping::default(),
            connection,
            workers: client.workers(),
            wire: client.wire(),
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Waits for news, and takes note of them. Dropping the future loses none.
    async fn changed(&mut self) {
        loop {
            // The client is there for as long as this is, so nothing of this ends.
            select! {
                Ok(()) = self.connection.changed() => {
                    let connection = self.connection.borrow_and_update().clone();
                    return self.state.take_connection(self.began.elapsed(), connection);
                }
                Ok(()) = self.workers.changed() => {
                    let workers = self.workers.borrow_and_update();
                    self.state.ping = self.ping.round_trip;
                    return self.state.take_workers(self.began.elapsed(), workers.as_deref());
                }
                // What is missed is one round trip of many.
                Ok(frame) = self.wire.recv() => self.ping.take(&frame),
            }
        }
    }

    /// The state as it is now.
    fn state(&mut self) -> &State {
        self.state.age(self.began.elapsed());
        &self.state
    }
}

async fn print_lines(watching: &mut Watching, count: Option<u64>) -> Result<(), Failure> {
    let something = async {
        while !watching.state.known
            && !matches!(watching.state.connection, ConnectionState::Offline { .. })
        {
            watching.changed().await;
        }
    };
    // If there is nothing to tell in time, that is what the first line tells.
    let _ = timeout(FIRST_WITHIN, something).await;
    // Between two answers of the workers, so that each line has news.
    let mut tick = interval_at(tokio::time::Instant::now() + EVERY / 2, EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = std::pin::pin!(told_to_stop());
    let mut printed = 0;
    while count.is_none_or(|count| printed < count) {
        select! {
            _ = tick.tick() => {
                if !print_line(watching.state())? {
                    return Ok(());
                }
                printed += 1;
            }
            () = watching.changed() => {}
            () = &mut stop => return Ok(()),
        }
    }
    Ok(())
}

/// False if nobody reads any more.
fn print_line(state: &State) -> Result<bool, Failure> {
    let internal = |what: &str, error: &dyn std::fmt::Display| {
        Failure::new(Code::Internal, format!("cannot write {what}: {error}"))
    };
    let line = serde_json::to_string(&Sample::of(state))
        .map_err(|error| internal("the workers as JSON", &error))?;
    match writeln!(io::stdout(), "{line}") {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(internal("to stdout", &error)),
    }
}
