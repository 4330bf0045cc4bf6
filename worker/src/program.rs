//! What a program that serves does besides: a log, signals, an exit code.

use std::{env, ffi::OsString, process::ExitCode};

use clap::Parser;
use tokio::{
    runtime::Runtime,
    select,
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};
use tracing::{error, info, warn};

use crate::{
    BrokerUrl, BrokerUrls, Options, Service, Worker, http::Endpoint, probe, telemetry::Telemetry,
};

/// It was told to stop, and did.
const EXIT_STOPPED: u8 = 0;

/// `EX_UNAVAILABLE` of sysexits.h: the address for metrics cannot be had.
const EXIT_ADDRESS: u8 = 69;

/// `EX_OSERR` of sysexits.h: the operating system would not give what every program needs.
const EXIT_SYSTEM: u8 = 71;

/// `EX_NOPERM` of sysexits.h: the broker refused the login, the virtual host or a permission, or
/// one of the two the other's certificate.
const EXIT_REFUSED: u8 = 77;

/// What a shell reports of a program that SIGINT ended.
const EXIT_INTERRUPTED: u8 = 130;

/// The whole of a program that serves and has no options but those of every worker.
///
/// ```no_run
/// use std::process::ExitCode;
/// use warren_worker::{FibonacciHandler, Service};
///
/// fn main() -> ExitCode {
///     warren_worker::run([Service::new("rpc_queue").handler(FibonacciHandler::new(50))])
/// }
/// ```
pub fn run(services: impl IntoIterator<Item = Service>) -> ExitCode {
    #[derive(Parser)]
    #[command(about = None, long_about = None)]
    struct Program {
        #[command(flatten)]
        options: Options,
    }

    Program::parse().options.run(services)
}

impl Options {
    /// Serves as these options say, with a log on stderr, and with metrics and traces if they are
    /// asked for, until SIGTERM or Ctrl-C asks for the end. What runs is finished then, as far as
    /// [it may take](crate::Worker::drain); a second signal ends the program at once.
    ///
    /// The exit code is 0 after a stop that was asked for; 69 if the address for metrics is in use,
    /// or is not this machine's; 71 if the operating system does not give what every program needs;
    /// 77 if the broker refused the login, the virtual host or a permission, or there was no
    /// encrypted connection for reasons of certificates or of TLS, so that it makes no sense to
    /// start again before something is changed; and 130 after a second signal.
    ///
    /// # Panics
    ///
    /// A service has no procedures, two are on one queue, or a subscriber of [`tracing`] is set
    /// already.
    pub fn run(self, services: impl IntoIterator<Item = Service>) -> ExitCode {
        if let Some(address) = self.metrics.filter(|_| self.is_ready) {
            return match probe::is_ready(address) {
                Ok(true) => ExitCode::SUCCESS,
                Ok(false) | Err(_) => ExitCode::FAILURE,
            };
        }
        let worker = self.worker();
        let telemetry = Telemetry::start(self.log_format, &worker.name);
        if shows_password(env::args_os()) {
            warn!(
                "whoever sees the list of processes sees the password in --amqp; better give it by \
                 --password-file, WARREN_PASSWORD or WARREN_AMQP"
            );
        }
        let runtime = match Runtime::new() {
            Ok(runtime) => runtime,
            Err(error) => {
                error!(%error, "no threads to run on");
                return ExitCode::from(EXIT_SYSTEM);
            }
        };
        let code = runtime.block_on(self.serve(worker, services));
        // A computation that outlasted the drain must not hold the process.
        runtime.shutdown_background();
        // Who interrupts does not wait for a collector of traces either.
        if code != EXIT_INTERRUPTED {
            telemetry.end();
        }
        ExitCode::from(code)
    }

    async fn serve(self, worker: Worker, services: impl IntoIterator<Item = Service>) -> u8 {
        let mut signals = match Signals::new() {
            Ok(signals) => signals,
            Err(error) => {
                error!(%error, "cannot listen for signals");
                return EXIT_SYSTEM;
            }
        };
        let drain = worker.drain;
        let monitor = worker.monitor.clone();
        let (stop, stopped) = oneshot::channel();
        let interrupted = async {
            signals.next().await;
            info!("finishing what runs, for at most {drain:?}; once more stops at once");
            // Nobody listens any more if the worker is ending by itself.
            let _ = stop.send(());
            signals.next().await;
        };
        let shutdown = async {
            // The sender lives as long as this future, so that it cannot be dropped unsent.
            let _ = stopped.await;
        };
        let serving = worker.serve(services, shutdown);
        // Only now is there something to tell of each service.
        if let Some(address) = self.metrics {
            match Endpoint::bind(address).await {
                Ok(endpoint) => {
                    info!("metrics on http://{}/metrics", endpoint.address());
                    tokio::spawn(endpoint.serve(monitor));
                }
                Err(error) => {
                    error!("there can be no metrics on {address}: {error}");
                    return EXIT_ADDRESS;
                }
            }
        }
        select! {
            biased;
            served = serving => match served {
                Ok(tally) => {
                    info!("[x] Stopped: {tally}");
                    EXIT_STOPPED
                }
                Err(refusal) => {
                    error!("{refusal}");
                    EXIT_REFUSED
                }
            },
            () = interrupted => EXIT_INTERRUPTED,
        }
    }
}

/// Whether a program's arguments have a password in them that not everybody knows.
fn shows_password(arguments: impl IntoIterator<Item = OsString>) -> bool {
    let url = |argument: OsString| {
        let argument = argument.into_string().ok()?;
        let url = argument.strip_prefix("--amqp=").unwrap_or(&argument);
        url.parse::<BrokerUrls>().ok()
    };
    let mut urls = arguments.into_iter().filter_map(url);
    urls.any(|urls| urls.iter().any(BrokerUrl::has_secret))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_among_the_arguments_is_seen() {
        let cases: [(&[&str], bool); 7] = [
            (&["--amqp", "amqp://me:s3cret@host/v"], true),
            (&["--queue", "q", "--amqp=amqps://me:s3cret@host/v"], true),
            (&["--amqp", "amqp://me@a/v,amqp://me:s3cret@b/v"], true),
            (&["--amqp", "amqp://me@host/v"], false),
            (&["--amqp=amqp://guest:guest@host"], false),
            (&["--password-file", "/run/password"], false),
            (&[], false),
        ];
        for (arguments, expected) in cases {
            let given = arguments.iter().map(OsString::from);
            assert_eq!(shows_password(given), expected, "{arguments:?}");
        }
    }
}
