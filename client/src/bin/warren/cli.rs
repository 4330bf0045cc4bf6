//! The command line, and what it prints.

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use serde_json::json;
use warren_client::{CallOptions, Client, Config, Mode, Reply};
use warren_contract::{Code, Fibonacci};

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
        /// Print a JSON object with `value`, `worker`, `round_trip_ms` and `compute_us`.
        #[arg(long)]
        json: bool,
    },
}

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
    let Command::Call { n, deadline, json } = cli.command;
    let n = n.trim().parse::<u64>().map_err(|_| Failure {
        code: Code::InvalidArgument,
        message: format!("`{n}` is not a whole number from 0 up"),
    })?;

    let client = Client::connect(cli.broker.into());
    let options = CallOptions {
        deadline: Some(deadline),
    };
    let outcome = client.call_with::<Fibonacci>(n, options).await;

    let reply = outcome.map_err(|error| Failure {
        code: error.code(),
        message: error.to_string(),
    })?;
    let line = if json {
        as_json(&reply)
    } else {
        reply.value.to_string()
    };
    writeln!(io::stdout(), "{line}").map_err(|error| Failure {
        code: Code::Internal,
        message: format!("cannot write to stdout: {error}"),
    })?;
    client.close().await;
    Ok(())
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
