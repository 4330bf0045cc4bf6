//! The command line, and the environment variables that stand in for it.

use std::{num::NonZeroU16, thread::available_parallelism};

use clap::Parser;
use gethostname::gethostname;
use warren_contract::{DEFAULT_SERVICE, Fibonacci, Topology};
use warren_worker::{BrokerUrl, QueueKind, Service};

/// The longest name of a queue, in bytes: the exchange `<queue>.control` must fit in AMQP's 255.
const LONGEST_QUEUE: usize = 247;

/// The most requests computed at once: as many threads as Tokio gives to blocking work.
const MAX_CONCURRENCY: i64 = 512;

/// Computes Fibonacci numbers for whoever asks on a RabbitMQ queue.
///
/// The log goes to stderr; RUST_LOG sets what is in it, such as `debug` or `warren_worker=trace`.
#[derive(Debug, Parser)]
#[command(name = "warren-worker", version)]
pub(crate) struct Options {
    /// The broker.
    #[arg(
        long,
        env = "WARREN_AMQP",
        hide_env_values = true,
        value_name = "URL",
        default_value = "amqp://guest:guest@127.0.0.1:5672/%2f"
    )]
    amqp: BrokerUrl,

    /// The queue that holds the requests.
    #[arg(long, env = "WARREN_QUEUE", default_value = DEFAULT_SERVICE, value_parser = queue_name)]
    queue: String,

    /// How many requests to compute at once [default: the number of cores].
    #[arg(
        long,
        env = "WARREN_CONCURRENCY",
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=MAX_CONCURRENCY)
    )]
    concurrency: Option<u16>,

    /// How many unfinished requests to take from the broker [default: the concurrency].
    #[arg(
        long,
        env = "WARREN_PREFETCH",
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    prefetch: Option<u16>,

    /// The largest n to compute.
    #[arg(
        long,
        env = "WARREN_MAX_N",
        value_name = "N",
        default_value_t = Fibonacci::DEFAULT_MAX_N,
        value_parser = clap::value_parser!(u64).range(..=Fibonacci::LARGEST_N)
    )]
    pub(crate) max_n: u64,

    /// Declare the queue as the tutorials' programs do, not durable, so that they can share it.
    #[arg(long, env = "WARREN_TRANSIENT")]
    transient: bool,

    /// This worker's name, on its replies and in the broker's list of connections
    /// [default: <host>-<process id>].
    #[arg(long, env = "WARREN_NAME")]
    name: Option<String>,
}

impl Options {
    pub(crate) fn into_service(self) -> Service {
        let concurrency = self
            .concurrency
            .and_then(NonZeroU16::new)
            .unwrap_or_else(cores);
        Service {
            broker: self.amqp,
            topology: Topology::new(self.queue),
            queue_kind: if self.transient {
                QueueKind::Tutorial
            } else {
                QueueKind::Durable
            },
            name: self.name.unwrap_or_else(default_name),
            concurrency,
            prefetch: self
                .prefetch
                .and_then(NonZeroU16::new)
                .unwrap_or(concurrency),
        }
    }
}

fn cores() -> NonZeroU16 {
    available_parallelism()
        .ok()
        .and_then(|cores| cores.try_into().ok())
        .unwrap_or(NonZeroU16::MIN)
}

fn default_name() -> String {
    let host = gethostname();
    format!("{}-{}", host.to_string_lossy(), std::process::id())
}

fn queue_name(name: &str) -> Result<String, String> {
    match name.len() {
        0 => Err("a queue needs a name".to_owned()),
        1..=LONGEST_QUEUE => Ok(name.to_owned()),
        length => Err(format!(
            "the name has {length} bytes; at most {LONGEST_QUEUE} are allowed"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options, String> {
        let program = ["warren-worker"];
        let all = program.iter().chain(arguments);
        Options::try_parse_from(all).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_out_of_range_is_refused_with_the_range() {
        let long = "q".repeat(LONGEST_QUEUE + 1);
        let cases = [
            (["--prefetch", "0"], "1..=65535"),
            (["--prefetch", "65536"], "1..=65535"),
            (["--concurrency", "0"], "1..=512"),
            (["--concurrency", "513"], "1..=512"),
            (["--max-n", "94"], "0..=93"),
            (["--queue", ""], "a queue needs a name"),
            (["--queue", &long], "at most 247"),
            (["--amqp", "http://127.0.0.1"], "amqp://user:password@host"),
            (["--amqp", "amqps://127.0.0.1"], "amqps:// is not supported"),
        ];
        for (arguments, expected) in cases {
            let refused = parse(&arguments).expect_err("this is out of range");
            assert!(refused.contains(expected), "{refused}");
        }
    }

    #[test]
    fn prefetch_follows_concurrency_unless_it_is_given() {
        let cases: [(&[&str], u16); 2] = [
            (&["--concurrency", "3"], 3),
            (&["--concurrency", "3", "--prefetch", "64"], 64),
        ];
        for (arguments, prefetch) in cases {
            let service = parse(arguments).expect("these are in range").into_service();
            assert_eq!(service.concurrency.get(), 3);
            assert_eq!(service.prefetch.get(), prefetch, "{arguments:?}");
        }
    }
}
