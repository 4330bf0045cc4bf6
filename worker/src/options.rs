//! The options of a program that serves, and the environment variables that stand in for them.

mod values;

use std::{
    net::SocketAddr,
    num::{NonZeroU16, NonZeroU32},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, value_parser};

use self::values::{Address, password_file, socket_address};
use crate::{
    BrokerUrls, ClientCertificate, Limits, ReplyQueues, Tls, Worker, password::Password,
    telemetry::LogFormat,
};

/// The most requests computed at once: as many threads as Tokio gives to blocking work.
const MAX_CONCURRENCY: i64 = 512;

/// The options of a program that serves, to be flattened into options of its own, or taken
/// alone by [`run`](crate::run).
///
/// Each is an environment variable, too, but for `--is-ready`, which serves nothing.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The broker's address: amqp://user@host:5672/virtual-host, or amqps://….
    ///
    /// Of a cluster, those of several nodes: by this option several times, or with commas between
    /// them, so that a comma in a password must be written as %2C. They are tried in random order,
    /// the next one after each failure.
    #[arg(
        long,
        help_heading = "Broker",
        env = "WARREN_AMQP",
        hide_env_values = true,
        value_name = "URL",
        default_value = "amqp://guest:guest@127.0.0.1:5672/%2f",
        value_parser = Address
    )]
    amqp: Vec<BrokerUrls>,

    /// A file with the broker's password, or a token, which is used in place of that of all
    /// addresses, and is read anew for each connection. WARREN_PASSWORD may hold the password itself;
    /// the file goes before it.
    #[arg(
        long,
        help_heading = "Broker",
        env = "WARREN_PASSWORD_FILE",
        value_name = "FILE",
        value_parser = password_file
    )]
    password_file: Option<PathBuf>,

    /// The CAs that may have signed the broker's certificate, in PEM, for amqps:// [default: those
    /// that the system trusts].
    #[arg(
        long,
        help_heading = "Broker",
        env = "WARREN_CA_FILE",
        value_name = "FILE"
    )]
    ca_file: Option<PathBuf>,

    /// This worker's own certificate, in PEM, for a broker that asks for one over amqps://. With
    /// `?auth_mechanism=external` at the end of its address, the broker takes the user from it.
    #[arg(
        long,
        help_heading = "Broker",
        env = "WARREN_CLIENT_CERT",
        value_name = "FILE",
        requires = "client_key"
    )]
    client_cert: Option<PathBuf>,

    /// The key of this worker's certificate, in PEM.
    #[arg(
        long,
        help_heading = "Broker",
        env = "WARREN_CLIENT_KEY",
        value_name = "FILE",
        requires = "client_cert"
    )]
    client_key: Option<PathBuf>,

    /// This worker's name, on its replies and in the broker's list of connections
    /// [default: <host>-<process id>].
    #[arg(long, help_heading = "Broker", env = "WARREN_NAME")]
    name: Option<String>,

    /// To which queues to reply: to those whose names the broker made up, as callers have them, or to
    /// any that a request names, which lets every caller write into every queue of the virtual host.
    #[arg(
        long,
        help_heading = "Broker",
        env = "WARREN_REPLY_QUEUES",
        value_name = "WHICH",
        value_enum,
        default_value_t
    )]
    reply_queues: ReplyQueues,

    /// How many requests to compute at once, of each queue [default: the number of cores, unless
    /// the service is made for another].
    #[arg(
        long,
        help_heading = "Work",
        env = "WARREN_CONCURRENCY",
        value_name = "N",
        value_parser = value_parser!(u16).range(1..=MAX_CONCURRENCY)
    )]
    concurrency: Option<u16>,

    /// How many unfinished requests to take from the broker, of each queue [default: the
    /// concurrency]. More is faster when requests are small, but lets some wait here that another
    /// worker could take.
    #[arg(
        long,
        help_heading = "Work",
        env = "WARREN_PREFETCH",
        value_name = "N",
        value_parser = value_parser!(u16).range(1..)
    )]
    prefetch: Option<u16>,

    /// How long what runs may take to finish after SIGTERM or Ctrl-C; a second one stops at once.
    #[arg(
        long,
        help_heading = "Work",
        env = "WARREN_DRAIN",
        value_name = "DURATION",
        default_value = "30s",
        value_parser = humantime::parse_duration
    )]
    drain: Duration,

    /// The longest request, in bytes; a longer one is refused.
    #[arg(
        long,
        help_heading = "Limits",
        env = "WARREN_MAX_REQUEST_BYTES",
        value_name = "N",
        default_value_t = Limits::default().request_bytes
    )]
    max_request_bytes: usize,

    /// The longest response, in bytes; a fault is sent in place of a longer one. More than the
    /// broker's `max_message_size` makes no sense.
    #[arg(
        long,
        help_heading = "Limits",
        env = "WARREN_MAX_RESPONSE_BYTES",
        value_name = "N",
        default_value_t = Limits::default().response_bytes
    )]
    max_response_bytes: usize,

    /// How many cancels are remembered, of calls that may still come; what is forgotten costs a
    /// computation that nobody waits for.
    #[arg(
        long,
        help_heading = "Limits",
        env = "WARREN_MAX_CANCELS",
        value_name = "N",
        default_value_t = Limits::default().cancels
    )]
    max_cancels: usize,

    /// How many answers are remembered, for requests that come again; what is forgotten is computed
    /// again.
    #[arg(
        long,
        help_heading = "Limits",
        env = "WARREN_MAX_ANSWERS",
        value_name = "N",
        default_value_t = Limits::default().answers
    )]
    max_answers: usize,

    /// How many bytes of answers and their requests are remembered.
    #[arg(
        long,
        help_heading = "Limits",
        env = "WARREN_MAX_ANSWER_BYTES",
        value_name = "N",
        default_value_t = Limits::default().answer_bytes
    )]
    max_answer_bytes: usize,

    /// How many pings are answered in a second. Each page that is seen sends one; those beyond are
    /// dropped, so that nobody makes all workers talk.
    #[arg(
        long,
        help_heading = "Limits",
        env = "WARREN_MAX_PONGS",
        value_name = "N",
        default_value_t = Limits::default().pongs_per_second
    )]
    max_pongs: NonZeroU32,

    /// How long cancels and answers are remembered.
    #[arg(
        long,
        help_heading = "Limits",
        env = "WARREN_MEMORY",
        value_name = "DURATION",
        default_value = "10m",
        value_parser = humantime::parse_duration
    )]
    memory: Duration,

    /// Where to answer `GET /metrics`, for Prometheus, and `/healthz` and `/readyz`: an IP address
    /// and a port, such as 127.0.0.1:9464; nowhere unless given. Port 0 takes any that is free, and
    /// the log says which.
    #[arg(
        long,
        help_heading = "Operation",
        env = "WARREN_METRICS",
        value_name = "ADDRESS",
        value_parser = socket_address
    )]
    pub(crate) metrics: Option<SocketAddr>,

    /// Serves nothing, but asks the worker that runs with the same --metrics whether it takes
    /// requests, and exits with 0 if so and 1 otherwise: for container engines.
    #[arg(long, help_heading = "Operation", requires = "metrics")]
    pub(crate) is_ready: bool,

    /// How to write the log: for people, or as an object of JSON on each line. RUST_LOG sets what is
    /// in it, such as `debug` or `warren_worker=trace`.
    #[arg(
        long,
        help_heading = "Operation",
        env = "WARREN_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum,
        default_value_t
    )]
    pub(crate) log_format: LogFormat,
}

impl Options {
    /// The worker that these options describe.
    #[must_use]
    pub fn worker(&self) -> Worker {
        let given = self.amqp.iter().cloned();
        let broker = given.reduce(BrokerUrls::and);
        let mut broker = broker.expect("the option has a default");
        if self.password_file.is_none()
            && let Some(password) = Password::in_environment()
        {
            broker = broker.with_password(password.reveal());
        }
        let mut worker = Worker::new(broker);
        worker.password_file.clone_from(&self.password_file);
        worker.tls = Tls {
            ca_file: self.ca_file.clone(),
            client: self.client_cert.clone().zip(self.client_key.clone()).map(
                |(certificate_file, key_file)| ClientCertificate {
                    certificate_file,
                    key_file,
                },
            ),
        };
        if let Some(name) = &self.name {
            worker.name.clone_from(name);
        }
        worker.reply_queues = self.reply_queues;
        worker.concurrency = self.concurrency.and_then(NonZeroU16::new);
        worker.prefetch = self.prefetch.and_then(NonZeroU16::new);
        worker.drain = self.drain;
        worker.limits = Limits {
            request_bytes: self.max_request_bytes,
            response_bytes: self.max_response_bytes,
            cancels: self.max_cancels,
            answers: self.max_answers,
            answer_bytes: self.max_answer_bytes,
            pongs_per_second: self.max_pongs,
            memory: self.memory,
        };
        worker
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        options: Options,
    }

    fn parse(arguments: &[&str]) -> Result<Options, String> {
        let program = ["program"];
        let all = program.iter().chain(arguments);
        let parsed = Program::try_parse_from(all).map(|program| program.options);
        parsed.map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_out_of_range_is_refused_with_the_range() {
        let cases = [
            (["--prefetch", "0"], "1..=65535"),
            (["--prefetch", "65536"], "1..=65535"),
            (["--concurrency", "0"], "1..=512"),
            (["--concurrency", "513"], "1..=512"),
            (["--drain", "30"], "time unit needed"),
            (["--max-answers", "-1"], "unexpected argument"),
            (["--metrics", "9464"], "such as 127.0.0.1:9464"),
            (["--metrics", "localhost:9464"], "such as 127.0.0.1:9464"),
            (["--metrics", "127.0.0.1:65536"], "such as 127.0.0.1:9464"),
            (["--max-pongs", "0"], "number would be zero"),
            (["--reply-queues", "mine"], "server-named, any"),
            (["--log-format", "xml"], "possible values: text, json"),
            (["--amqp", "http://127.0.0.1"], "amqp://user:password@host"),
            (["--password-file", "/nowhere"], "cannot read it"),
            (["--client-cert", "cert.pem"], "--client-key <FILE>"),
            (["--client-key", "key.pem"], "--client-cert <FILE>"),
        ];
        for (arguments, expected) in cases {
            let refused = parse(&arguments).expect_err("this is out of range");
            assert!(refused.contains(expected), "{refused}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused_without_showing_its_password() {
        for address in [
            "amqp://me:s3cret#@host:5672/v",
            "amqps:/me:s3cret@host/v",
            "s3cret",
            "amqp://me:5,s3cret@host/v",
        ] {
            for arguments in [&["--amqp", address][..], &[&format!("--amqp={address}")]] {
                let refused = parse(arguments).expect_err(address);
                assert!(refused.contains("--amqp (WARREN_AMQP)"), "{refused}");
                assert!(!refused.contains("s3cret"), "{refused}");
            }
        }
    }

    #[test]
    fn a_passwords_file_is_one_that_can_be_read() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(&file, "s3cret\n").expect("it can be written");
        let path = file.path().to_str().expect("it is text");
        let arguments = ["--amqp", "amqp://me:old@host/v", "--password-file", path];
        let options = parse(&arguments).expect("all is there");
        assert_eq!(options.worker().password_file.as_deref(), Some(file.path()));
    }

    #[test]
    fn several_addresses_are_given_one_by_one_or_together() {
        let all = "amqp://me:a@one/v,amqp://me:b@two/v,amqp://me:c@three/v";
        let expected = all.parse().expect("these are addresses");
        let [one, two, three] = [
            "amqp://me:a@one/v",
            "amqp://me:b@two/v",
            "amqp://me:c@three/v",
        ];
        let together = format!("{two},{three}");
        for arguments in [
            &["--amqp", all][..],
            &["--amqp", one, "--amqp", two, "--amqp", three],
            &["--amqp", one, "--amqp", &together],
        ] {
            let options = parse(arguments).expect("these are addresses");
            assert_eq!(options.worker().broker, expected, "{arguments:?}");
        }
    }

    #[test]
    fn without_options_a_worker_is_as_the_library_has_it() {
        let worker = parse(&[]).expect("nothing is required").worker();
        assert_eq!(worker.limits, Limits::default());
        assert_eq!(worker.tls, Tls::default());
        assert_eq!(worker.reply_queues, ReplyQueues::ServerNamed);
        assert_eq!(worker.drain, Worker::DRAIN);
        assert_eq!((worker.concurrency, worker.prefetch), (None, None));
    }
}
