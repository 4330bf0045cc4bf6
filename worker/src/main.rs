//! `warren-worker`: the Fibonacci worker of RabbitMQ's sixth tutorial.

mod options;

use std::{io::IsTerminal, process::ExitCode};

use clap::Parser;
use tokio::{
    runtime::Runtime,
    select,
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};
use tracing::{error, info};
use tracing_subscriber::EnvFilter;
use warren_worker::{DRAIN, FibonacciHandler, serve};

use crate::options::Options;

/// The log's default. The AMQP library warns about things that are no trouble here, such as a
/// caller that has gone, and quotes whole messages.
const DEFAULT_LOG: &str = "info,lapin=off";

/// `EX_OSERR` of sysexits.h: the operating system would not give what every program needs.
const EXIT_SYSTEM: u8 = 71;

/// `EX_NOPERM` of sysexits.h: the broker refused the login, the virtual host or a permission.
const EXIT_REFUSED: u8 = 77;

/// What a shell reports of a program that SIGINT ended.
const EXIT_INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let options = Options::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| DEFAULT_LOG.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            error!(%error, "no threads to run on");
            return ExitCode::from(EXIT_SYSTEM);
        }
    };
    let code = runtime.block_on(run(options));
    // A computation that outlasted the drain must not hold the process.
    runtime.shutdown_background();
    code
}

async fn run(options: Options) -> ExitCode {
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => {
            error!(%error, "cannot listen for signals");
            return ExitCode::from(EXIT_SYSTEM);
        }
    };
    let (stop, stopped) = oneshot::channel();
    let interrupted = async {
        signals.next().await;
        info!("finishing what runs, for at most {DRAIN:?}; once more stops at once");
        // Nobody listens any more if the worker is ending by itself.
        let _ = stop.send(());
        signals.next().await;
    };
    let handler = FibonacciHandler::new(options.max_n);
    let shutdown = async {
        // The sender lives as long as this future, so that it cannot be dropped unsent.
        let _ = stopped.await;
    };
    select! {
        biased;
        served = serve(options.into_service(), handler, shutdown) => match served {
            Ok(tally) => {
                info!(?tally, "[x] Stopped");
                ExitCode::SUCCESS
            }
            Err(refusal) => {
                error!("{refusal}");
                ExitCode::from(EXIT_REFUSED)
            }
        },
        () = interrupted => ExitCode::from(EXIT_INTERRUPTED),
    }
}

/// The signals that ask a program to end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
