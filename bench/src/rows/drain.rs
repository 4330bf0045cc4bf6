//! Draining queued requests: a worker's cost of a call, and the broker's.

use std::process::Command;

use crate::{
    Bench, Contest, Goal, Metric, Section,
    backlog::{Backlog, QUEUE, Requests, program},
};

const RATE: &str = "requests/s";

const REQUESTS: Requests = Requests {
    procedure: "fibonacci",
    body: "5",
    answer: "5",
    count: 20_000,
};

/// How many requests are taken before the first of them is settled.
const PREFETCHES: [u16; 2] = [1, 64];

/// Who serves.
#[derive(Clone, Copy, Debug)]
enum Server {
    Warren,
    LapinLoop,
    LapinTasks,
    ConfirmingLapin,
    Amqplib,
    Pika,
    AioPika,
}

const SERVERS: [Server; 7] = [
    Server::Warren,
    Server::LapinLoop,
    Server::LapinTasks,
    Server::ConfirmingLapin,
    Server::Amqplib,
    Server::Pika,
    Server::AioPika,
];

impl Server {
    fn name(self, prefetch: u16) -> String {
        let name = match self {
            Self::Warren => "warren-worker",
            Self::LapinLoop => "lapin, a loop",
            Self::LapinTasks => "lapin, a task each",
            Self::ConfirmingLapin => "lapin, a task each, confirms",
            Self::Amqplib => "amqplib",
            Self::Pika => "pika",
            Self::AioPika => "aio-pika",
        };
        format!("{name}, prefetch {prefetch}")
    }

    fn command(self, bench: &Bench, amqp: &str, prefetch: u16) -> Command {
        let prefetch = prefetch.to_string();
        let mut command = match self {
            Self::Warren => {
                let mut command = Command::new(program("warren-worker"));
                command.args(["--queue", QUEUE, "--prefetch", &prefetch, "--amqp", amqp]);
                return command;
            }
            Self::LapinLoop | Self::LapinTasks | Self::ConfirmingLapin => {
                Command::new(program("lapin-worker"))
            }
            Self::Amqplib => {
                let mut command = Command::new("node");
                command.arg(bench.peer("drain.mjs"));
                command
            }
            Self::Pika => {
                let mut command = bench.python();
                command.arg(bench.peer("drain_pika.py"));
                command
            }
            Self::AioPika => {
                let mut command = bench.python();
                command.arg(bench.peer("drain_aio_pika.py"));
                command
            }
        };
        command.args([amqp, QUEUE, &prefetch]);
        match self {
            Self::LapinTasks => {
                command.arg("--tasks");
            }
            Self::ConfirmingLapin => {
                command.arg("--confirm");
            }
            _ => {}
        }
        command
    }
}

pub(super) fn measure(bench: &Bench) -> Section {
    let backlog = Backlog::new();
    let metrics = [
        Metric::new(RATE, "1/s"),
        Metric::new("server", "µs of processor per request"),
        Metric::new("broker", "µs of processor per request"),
    ];
    let mut contest = Contest::new(bench.rounds(), metrics);
    let mut goals = Vec::new();
    for prefetch in PREFETCHES {
        for server in SERVERS {
            let backlog = &backlog;
            contest.enter(server.name(prefetch), move || {
                let command = server.command(bench, backlog.amqp(), prefetch);
                let served = backlog.serve(&REQUESTS, &mut [command]);
                vec![served.rate, served.server_us, served.broker_us]
            });
        }
        let warren = Server::Warren.name(prefetch);
        for peer in [
            Server::LapinLoop,
            Server::LapinTasks,
            Server::ConfirmingLapin,
        ] {
            goals.push(Goal::at_least(RATE, &warren, 1.0, &peer.name(prefetch)));
        }
    }
    let peers = [
        bench.npm_package("amqplib"),
        bench.python_library("pika"),
        bench.python_library("aio-pika"),
    ];
    Section::new("drain", "Draining 20,000 queued requests")
        .note(&format!(
            "Requests for fib(5) as Warren's clients send them wait in a durable classic queue; \
             measured is from the first reply to the last, as the broker counts them in the reply \
             queue, which nobody consumes meanwhile. warren-worker has its defaults but for the \
             prefetch: it logs each request, measures, confirms each reply, publishes it as \
             mandatory and acknowledges the request after the confirm. The others are the server \
             of RabbitMQ's sixth tutorial, which logs nothing: {}; on lapin, in Warren's \
             version, a loop that answers one request after the other, as lapin's examples do; one \
             that answers each in a task of its own; and the same when it, too, awaits the confirm \
             of a mandatory reply before it acknowledges. aio-pika awaits confirms by default.",
            peers.join(", ")
        ))
        .contest(&contest.run(), goals)
        .note(
            "At prefetch 1, whoever acknowledges after the confirm waits for the broker twice for \
             each request, and the others once: lapin with confirms shows that bound.",
        )
}
