//! The command line.
//!
//! Each command is a module of its own name, with its arguments and a `run`. What they share:
//!
//! - `broker`: the options that say where the broker is.
//! - `failure`, `output`: how a command ends, and what it prints.
//! - `progress`: where a call is.

mod broker;
mod call;
mod failure;
mod output;
mod progress;
mod workers;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use self::{broker::Broker, failure::Failure};

/// Call procedures behind RabbitMQ, through its Web-STOMP plugin.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    broker: Broker,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Ask for the n-th Fibonacci number, and print it.
    ///
    /// A failure prints its code and a message on stderr, and exits with 1.
    Call(call::Call),
    /// Say who serves the queue now.
    Workers(workers::Workers),
}

pub(crate) fn main() -> ExitCode {
    let Cli { broker, command } = Cli::parse();
    match run(broker, command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, message }) => {
            // If stderr is gone, the exit code still tells.
            let _ = writeln!(io::stderr(), "{code}: {message}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(broker: Broker, command: Command) -> Result<(), Failure> {
    match command {
        Command::Call(arguments) => call::run(broker, arguments).await,
        Command::Workers(arguments) => workers::run(broker, arguments).await,
    }
}
