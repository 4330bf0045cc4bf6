//! The command line, and what it prints.

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use serde_json::json;
use tokio::{select, signal::ctrl_c, time::timeout};
use warren_client::{CallOptions, Client, Config, ConnectionState, Mode, Policy, Reply};
use warren_contract::{Code, Fibonacci, Pong};

use crate::progress;

/// Call procedures behind RabbitMQ, through its Web-STOMP plugin.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    broker: Broker,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Broker {
    /// The Web-STOMP endpoint of the broker.
    #[arg(
        long,
        global = true,
        env = "WARREN_URL",
        default_value = "ws://127.0.0.1:15674/ws"
    )]
    url: String,
    /// The broker's user [default: web; guest with --tutorial].
    #[arg(long, global = true, env = "WARREN_LOGIN")]
    login: Option<String>,
    /// That user's password [default: web; guest with --tutorial].
    #[arg(long, global = true, env = "WARREN_PASSCODE", hide_env_values = true)]
    passcode: Option<String>,
    /// The virtual host.
    #[arg(long, global = true, env = "WARREN_VHOST", default_value = "/")]
    vhost: String,
    /// The service to call; its queue has the same name.
    #[arg(long, global = true, env = "WARREN_QUEUE", default_value = "rpc_queue")]
    queue: String,
    /// Publish straight to the queue, as the programs of RabbitMQ's sixth tutorial do. It works
    /// with their servers, and on a broker without Warren's exchanges.
    #[arg(long, global = true)]
    tutorial: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Ask for the n-th Fibonacci number, and print it.
    ///
    /// A failure prints its code and a message on stderr, and exits with 1.
    Call {
        /// Which Fibonacci number: 0, 1, 2, … The worker says how far it goes.
        #[arg(allow_hyphen_values = true)]
        n: String,
        /// How long the call may take, such as 500ms, 5s or 2m; at most 24h.
        #[arg(long, default_value = "30s", value_parser = humantime::parse_duration)]
        deadline: Duration,
        /// If no worker is there, stay in the queue until one comes, instead of failing at once.
        #[arg(long)]
        wait_for_worker: bool,
        /// Tell on stderr where the call is, and how far its computation.
        #[arg(long)]
        progress: bool,
        /// Print a JSON object with `value`, `worker`, `round_trip_ms` and `compute_us`.
        #[arg(long)]
        json: bool,
    },
    /// Say who serves the queue now.
    Workers {
        /// Print a JSON array of what each worker says of itself.
        #[arg(long)]
        json: bool,
    },
}

/// How long `warren workers` waits, for a connection and for the workers.
const WORKERS_WITHIN: Duration = Duration::from_secs(5);

/// A failure in the words that are printed: a code for programs, a message for people.
struct Failure {
    code: Code,
    message: String,
}

pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, message }) => {
            // If stderr is gone, the exit code still tells.
            let _ = writeln!(io::stderr(), "{code}: {message}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Call {
            n,
            deadline,
            wait_for_worker,
            progress,
            json,
        } => {
            let options = CallOptions {
                deadline: Some(deadline),
                policy: if wait_for_worker {
                    Policy::WaitForWorker
                } else {
                    Policy::FailFast
                },
                progress: progress.then_some(progress::EVERY),
            };
            call(cli.broker, &n, options, json).await
        }
        Command::Workers { json } => workers(cli.broker, json).await,
    }
}

async fn call(broker: Broker, n: &str, options: CallOptions, json: bool) -> Result<(), Failure> {
    let n = n.trim().parse::<u64>().map_err(|_| Failure {
        code: Code::InvalidArgument,
        message: format!("`{n}` is not a whole number from 0 up"),
    })?;

    let client = Client::connect(broker.into());
    let mut call = client.call_with::<Fibonacci>(n, options);
    let shown = call.stage().map(progress::show).map(tokio::spawn);
    let reply = select! {
        reply = &mut call => reply,
        Ok(()) = ctrl_c() => {
            // Whoever computes it is told, so that nobody goes on for a caller that is gone.
            call.cancel();
            call.await
        }
    };
    if let Some(shown) = shown {
        shown.await.expect("showing progress does not panic");
    }
    let reply = match reply {
        Ok(reply) => reply,
        Err(error) => {
            client.close().await;
            return Err(Failure {
                code: error.code(),
                message: error.to_string(),
            });
        }
    };
    print(&if json {
        as_json(&reply)
    } else {
        reply.value.to_string()
    })?;
    client.close().await;
    Ok(())
}

async fn workers(broker: Broker, json: bool) -> Result<(), Failure> {
    if broker.tutorial {
        return Err(Failure {
            code: Code::Unimplemented,
            message: "the tutorials' servers cannot be asked who they are".to_owned(),
        });
    }
    let client = Client::connect(broker.into());
    let mut workers = client.workers();
    let known = timeout(WORKERS_WITHIN, workers.wait_for(Option::is_some)).await;
    let workers = match known {
        Ok(Ok(workers)) => workers.clone().unwrap_or_default(),
        // An error of the inner kind is the end of the client, which this function alone closes.
        Ok(Err(_)) | Err(_) => return Err(no_answer(&client)),
    };
    if json {
        let workers = serde_json::to_string(&workers).map_err(|error| Failure {
            code: Code::Internal,
            message: format!("cannot write the workers as JSON: {error}"),
        })?;
        print(&workers)?;
    } else if workers.is_empty() {
        print("no worker")?;
    } else {
        let lines: Vec<_> = workers.iter().map(as_line).collect();
        print(&lines.join("\n"))?;
    }
    client.close().await;
    Ok(())
}

/// Why nothing is known about the workers.
fn no_answer(client: &Client) -> Failure {
    match &*client.connection().borrow() {
        ConnectionState::Offline { reason, .. } => Failure {
            code: reason.code(),
            message: reason.to_string(),
        },
        _ => Failure {
            code: Code::DeadlineExceeded,
            message: format!("no answer within {WORKERS_WITHIN:?}"),
        },
    }
}

fn print(text: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{text}").map_err(|error| Failure {
        code: Code::Internal,
        message: format!("cannot write to stdout: {error}"),
    })
}

fn as_line(worker: &Pong) -> String {
    let Pong {
        name,
        version,
        concurrency,
        busy,
        draining,
        served,
        failed,
        ..
    } = worker;
    let uptime = humantime::format_duration(Duration::from_secs(worker.uptime_ms / 1000));
    let draining = if *draining { "about to stop, " } else { "" };
    format!(
        "{name}: {draining}{busy} of {concurrency} busy, {served} served, {failed} failed, up {uptime}, version {version}"
    )
}

fn as_json(reply: &Reply<u64>) -> String {
    json!({
        "value": reply.value,
        "worker": reply.worker,
        "round_trip_ms": reply.round_trip.as_micros() as f64 / 1000.0,
        "compute_us": reply.compute.map(|compute| compute.as_micros()),
    })
    .to_string()
}

impl From<Broker> for Config {
    fn from(broker: Broker) -> Self {
        let mode = if broker.tutorial {
            Mode::Tutorial
        } else {
            Mode::Warren
        };
        let defaults = Self::default().in_mode(mode);
        Self {
            url: broker.url,
            login: broker.login.unwrap_or(defaults.login),
            passcode: broker.passcode.unwrap_or(defaults.passcode),
            vhost: broker.vhost,
            queue: broker.queue,
            ..defaults
        }
    }
}
