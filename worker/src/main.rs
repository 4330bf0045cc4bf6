//! `warren-worker`: the Fibonacci worker of RabbitMQ's sixth tutorial.

use std::process::ExitCode;

use clap::{Parser, value_parser};
use warren_contract::{DEFAULT_SERVICE, Fibonacci};
use warren_worker::{FibonacciHandler, InvalidQueueName, Options, QueueKind, Service};

/// Computes Fibonacci numbers for whoever asks on a RabbitMQ queue.
///
/// The log goes to stderr.
///
/// Traces are exported by OTLP (http/protobuf) if OTEL_EXPORTER_OTLP_ENDPOINT or another of
/// OpenTelemetry's environment variables says where to; without, they cost nothing.
#[derive(Debug, Parser)]
#[command(name = "warren-worker", version)]
struct Program {
    /// The queue that holds the requests.
    #[arg(long, env = "WARREN_QUEUE", default_value = DEFAULT_SERVICE, value_parser = queue_name)]
    queue: String,

    /// The largest n to compute.
    #[arg(
        long,
        env = "WARREN_MAX_N",
        value_name = "N",
        default_value_t = Fibonacci::DEFAULT_MAX_N,
        value_parser = value_parser!(u64).range(..=Fibonacci::LARGEST_N)
    )]
    max_n: u64,

    /// Declare the queue as the tutorials' programs do, not durable, so that they can share it.
    #[arg(long, env = "WARREN_TRANSIENT")]
    transient: bool,

    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    let program = Program::parse();
    let queue_kind = if program.transient {
        QueueKind::Tutorial
    } else {
        QueueKind::Durable
    };
    let service = Service::new(program.queue)
        .queue_kind(queue_kind)
        .handler(FibonacciHandler::new(program.max_n));
    program.options.run([service])
}

fn queue_name(name: &str) -> Result<String, InvalidQueueName> {
    Service::check_name(name)?;
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_served_is_refused() {
        let long = "q".repeat(248);
        let cases = [
            (["--max-n", "94"], "0..=93"),
            (["--queue", ""], "a queue needs a name"),
            (["--queue", &long], "at most 247"),
        ];
        for (arguments, expected) in cases {
            let arguments = ["warren-worker"].into_iter().chain(arguments);
            let refused = Program::try_parse_from(arguments).expect_err("this cannot be served");
            let refused = refused.to_string();
            assert!(refused.contains(expected), "{refused}");
        }
    }
}
