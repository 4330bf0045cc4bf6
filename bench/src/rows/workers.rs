//! More workers, and more at once in one of them.

use std::process::Command;

use crate::{
    Bench, Contest, Goal, Metric, Section,
    backlog::{Backlog, QUEUE, Requests, Served, program},
};

const RATE: &str = "requests/s";

/// Some 10 ms of computing each.
const COMPUTED: Requests = Requests {
    procedure: "fibonacci",
    body: "32",
    answer: "2178309",
    count: 600,
};

/// Each waits for 10 ms.
const SLEPT: Requests = Requests {
    procedure: "nap",
    body: "10",
    answer: "10",
    count: 0,
};

/// How many naps each of those at once takes one after the other.
const NAPS: u32 = 200;

const WORKERS: [usize; 3] = [1, 2, 4];

/// How many requests such a worker takes before the first of them is settled.
const PREFETCHES: [u16; 2] = [1, 2];

const AT_ONCE: [u16; 4] = [1, 4, 16, 64];

/// How close to linear it is to be.
const LINEAR: f64 = 0.95;

pub(super) fn measure(bench: &Bench) -> Section {
    let backlog = Backlog::new();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Section::new("workers", "More workers, and more at once")
        .note(&format!(
            "{} requests for fib(32) wait in a queue for workers of `--concurrency 1`, on \
             {cores} cores that the broker needs, too. At prefetch 1, which is their default, a \
             worker is idle from one reply until the broker has confirmed it and delivered the \
             next request.",
            COMPUTED.count
        ))
        .contest(&computing(bench, &backlog), computing_goals(cores))
        .note(&format!(
            "{NAPS} requests for each of those that are served at once, by an asynchronous \
             function that sleeps for 10 ms: 100 requests/s for each at once if nothing else took \
             time.",
        ))
        .contest(&sleeping(bench, &backlog), sleeping_goals())
}

fn metrics() -> [Metric; 4] {
    [
        Metric::new(RATE, "1/s"),
        Metric::new("worker", "µs of processor per request"),
        Metric::new("broker", "µs of processor per request"),
        Metric::new("both together", "processors in use"),
    ]
}

fn figures(served: Served) -> Vec<f64> {
    let Served {
        rate,
        server_us,
        broker_us,
    } = served;
    vec![
        rate,
        server_us,
        broker_us,
        rate * (server_us + broker_us) / 1e6,
    ]
}

fn computing(bench: &Bench, backlog: &Backlog) -> crate::Outcome {
    let mut contest = Contest::new(bench.rounds(), metrics());
    for prefetch in PREFETCHES {
        for workers in WORKERS {
            contest.enter(computing_name(workers, prefetch), move || {
                let worker = || {
                    let mut command = Command::new(program("warren-worker"));
                    command.args(["--queue", QUEUE, "--concurrency", "1"]);
                    command.args(["--prefetch", &prefetch.to_string()]);
                    command.args(["--amqp", backlog.amqp()]);
                    command
                };
                let mut commands: Vec<Command> = (0..workers).map(|_| worker()).collect();
                figures(backlog.serve(&COMPUTED, &mut commands))
            });
        }
    }
    contest.run()
}

/// Linear up to the number of cores, and no less beyond.
fn computing_goals(cores: usize) -> Vec<Goal> {
    let goal = |workers: usize, prefetch: u16| {
        let factor = LINEAR * workers.min(cores) as f64;
        let [this, one] = [workers, 1].map(|workers| computing_name(workers, prefetch));
        Goal::at_least(RATE, &this, factor, &one)
    };
    let goals = |prefetch| {
        WORKERS[1..]
            .iter()
            .map(move |&workers| goal(workers, prefetch))
    };
    PREFETCHES.into_iter().flat_map(goals).collect()
}

fn computing_name(workers: usize, prefetch: u16) -> String {
    format!("fib(32), {workers} at prefetch {prefetch}")
}

fn sleeping(bench: &Bench, backlog: &Backlog) -> crate::Outcome {
    let mut contest = Contest::new(bench.rounds(), metrics());
    for at_once in AT_ONCE {
        contest.enter(sleeping_name(at_once), move || {
            let mut command = Command::new(program("load-worker"));
            command.env("WARREN_AMQP", backlog.amqp());
            command.args([QUEUE, &at_once.to_string()]);
            let requests = Requests {
                count: NAPS * u32::from(at_once),
                ..SLEPT
            };
            figures(backlog.serve(&requests, &mut [command]))
        });
    }
    contest.run()
}

fn sleeping_goals() -> Vec<Goal> {
    let goal = |at_once: u16| {
        let factor = LINEAR * f64::from(at_once);
        Goal::at_least(RATE, &sleeping_name(at_once), factor, &sleeping_name(1))
    };
    AT_ONCE[1..].iter().copied().map(goal).collect()
}

fn sleeping_name(at_once: u16) -> String {
    format!("naps, {at_once} at once")
}
