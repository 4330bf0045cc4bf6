//! Servers in the form of RabbitMQ's tutorials, on pika.

use std::{
    env,
    io::{self, BufRead, BufReader},
    process::Command,
    thread,
};

use warren_rabbitmq::Child;
use xtask::Checkout;

use crate::Stack;

/// What the server says when it takes requests.
const READY: &str = "Awaiting RPC requests";

/// How a tutorial's server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerKind {
    /// With the bare number, as in the tutorial.
    Bare,
    /// With `{"response":…,"error":…}`.
    Envelope,
    /// As a Warren worker that is broken: rightly, but also twice, to nobody's request, and with
    /// what cannot be read. It takes the queue as it is.
    Babbling,
}

impl PeerKind {
    const fn program(self) -> &'static str {
        match self {
            Self::Bare | Self::Envelope => "pika_server.py",
            Self::Babbling => "babbling_server.py",
        }
    }
}

/// A tutorial's server that takes requests; it is killed on drop.
#[derive(Debug)]
#[must_use = "the server is killed on drop"]
pub struct Peer {
    _process: Child,
}

impl Peer {
    /// Starts a server on this stack's `rpc_queue`, which it declares as the tutorials do.
    pub fn start(stack: &Stack, kind: PeerKind) -> Self {
        let python = env::var("WARREN_PYTHON")
            .expect("WARREN_PYTHON names a Python with pika: run `cargo xtask test`");
        let script = Checkout::here()
            .root()
            .join("worker/tests/peers")
            .join(kind.program());
        let (output, input) = io::pipe().expect("a pipe");
        let process = {
            let mut command = Command::new(python);
            command.arg("-u").arg(script).args(["--amqp", stack.amqp()]);
            if kind == PeerKind::Envelope {
                command.arg("--json");
            }
            command
                .stdout(input.try_clone().expect("a pipe"))
                .stderr(input);
            Child::spawn(&mut command).expect("Python runs")
        };
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let mut said = Vec::new();
        for line in &mut lines {
            let ready = line.contains(READY);
            said.push(line);
            if ready {
                // It stops when nobody reads what it says.
                thread::spawn(move || lines.for_each(|line| eprintln!("{line}")));
                return Self { _process: process };
            }
        }
        panic!("the server ended at start:\n{}", said.join("\n"));
    }
}
