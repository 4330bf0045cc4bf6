//! The command line.
//!
//! Each command is a module of its own name, with its arguments and a `run`. What they share:
//!
//! - `broker`: the options that say where the broker is.
//! - `failure`, `output`: how a command ends, and what it prints.
//! - `progress`: where a call is; `signals`: whether it is to end.

mod broker;
mod call;
mod completions;
mod doctor;
mod failure;
mod json;
mod load;
mod output;
mod progress;
mod signals;
mod watch;
mod workers;

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand, builder::BoolishValueParser};
use warren_contract::Code;

use self::{broker::Broker, failure::Failure};

/// Call procedures behind RabbitMQ, through its Web-STOMP plugin.
#[derive(Parser)]
#[command(name = "warren", version, after_help = failure::exit_codes())]
struct Cli {
    /// Tell the kind of a failure by the exit code, too: see below.
    #[arg(
        long,
        global = true,
        env = "WARREN_EXIT_CODES",
        display_order = 100,
        value_parser = BoolishValueParser::new()
    )]
    exit_codes: bool,
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    broker: Broker,
}

#[derive(Subcommand)]
enum Command {
    /// Call a procedure, and print what it returns: the n-th Fibonacci number, or another.
    Call(call::Arguments),
    /// Say who serves the queue now.
    Workers(workers::Arguments),
    /// Say what is wrong between here and the workers, and how to mend it.
    ///
    /// Nothing that it sends is computed. It exits with 0 only if nothing is wrong.
    Doctor(doctor::Arguments),
    /// Show who serves the queue and how fast, as it changes, until `q` or Ctrl-C.
    Watch(watch::Arguments),
    /// Make many calls, some of them always under way, and say how fast they were answered.
    Load(load::Arguments),
    /// Print a script that completes this command's words in a shell.
    Completions(completions::Arguments),
}

pub(crate) fn main() -> ExitCode {
    let Cli {
        exit_codes,
        command,
        broker,
    } = Cli::parse();
    match run(broker, command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // If stderr is gone, the exit code still tells.
            let _ = writeln!(io::stderr(), "{failure}");
            if failure.code == Code::Unavailable && io::stderr().is_terminal() {
                let _ = writeln!(io::stderr(), "`warren doctor` looks for the cause");
            }
            failure.exit_code(exit_codes)
        }
    }
}

// One thread for all: from a call to the socket and back, no thread has to wake another.
#[tokio::main(flavor = "current_thread")]
async fn run(broker: Broker, command: Command) -> Result<(), Failure> {
    match command {
        Command::Call(arguments) => call::run(broker, arguments).await,
        Command::Workers(arguments) => workers::run(broker, arguments).await,
        Command::Doctor(arguments) => doctor::run(broker, arguments).await,
        Command::Watch(arguments) => watch::run(broker, arguments).await,
        Command::Load(arguments) => load::run(broker, arguments).await,
        Command::Completions(arguments) => completions::run(Cli::command(), arguments),
    }
}
