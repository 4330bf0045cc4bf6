//! Calls of which some are always under way, and what they take.

use std::{
    cell::Cell,
    num::NonZeroU16,
    process::{self, Command, Stdio},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::value::RawValue;
use tokio::{runtime::Runtime, time::timeout};
use warren_client::{CallOptions, Client, Config, RawRequest};
use warren_e2e::{PATIENCE, Stack};
use warren_rabbitmq::Child;

use crate::{Metric, backlog::program, cpu_time, processes::cpu_time_of};

/// How many calls are made before those that count, as a part of these.
const WARM_UP: f64 = 0.2;

pub(super) const RATE: &str = "calls";

/// The figures of a [`Load`], in the order in which they are measured.
pub(super) fn metrics() -> [Metric; 7] {
    [
        Metric::new(RATE, "1/s"),
        Metric::new("p50", "ms"),
        Metric::new("p99", "ms"),
        Metric::new("broker", "µs of processor per call"),
        Metric::new("workers", "µs of processor per call"),
        Metric::new("callers", "µs of processor per call"),
        Metric::new("all together", "processors in use"),
    ]
}

/// Who serves, and who calls.
#[derive(Clone, Debug)]
pub(super) struct Load {
    /// How many services there are.
    pub(super) services: usize,
    /// Over how many queues each of them is spread.
    pub(super) shards: usize,
    /// How many connections the calls are spread over, at least one of each service.
    pub(super) connections: usize,
    /// How many workers serve each queue.
    pub(super) workers: usize,
    /// How many requests each of these serves at once.
    pub(super) concurrency: NonZeroU16,
    /// What is called.
    pub(super) procedure: &'static str,
    /// What it is given, as JSON.
    pub(super) body: String,
    /// How many calls are under way, of all services together.
    pub(super) in_flight: usize,
    /// How many calls count.
    pub(super) count: usize,
}

impl Load {
    /// Starts the workers, makes the calls, and measures them.
    ///
    /// # Panics
    /// A call fails.
    pub(super) fn measure(&self, stack: &Stack, runtime: &Runtime) -> Vec<f64> {
        let services: Vec<String> = (0..self.services)
            .map(|number| self.service(number))
            .collect();
        let queues = services.iter().flat_map(|service| match self.shards {
            1 => vec![service.clone()],
            shards => stack.shard(service, shards),
        });
        let workers: Vec<Child> = queues
            .flat_map(|queue| {
                let worker = move |_| self.worker(stack, &queue);
                (0..self.workers).map(worker)
            })
            .collect();
        let clients = runtime.block_on(self.connect(stack, &services));
        let warm_up = (self.count as f64 * WARM_UP).ceil() as usize;
        runtime.block_on(self.call(&clients, warm_up));

        let used = || {
            let of_workers: Duration = workers.iter().map(|worker| cpu_time(worker.id())).sum();
            [
                cpu_time_of(&["beam.smp"]),
                of_workers,
                cpu_time(process::id()),
            ]
        };
        let before = used();
        let begin = Instant::now();
        let mut latencies = runtime.block_on(self.call(&clients, self.count));
        let elapsed = begin.elapsed().as_secs_f64();
        let shares = used().into_iter().zip(before).map(|(after, before)| {
            after.saturating_sub(before).as_secs_f64() * 1e6 / self.count as f64
        });
        let shares: Vec<f64> = shares.collect();
        runtime.block_on(join_all(clients.into_iter().map(Client::close)));

        latencies.sort_unstable();
        let quantile = |part: f64| {
            let rank = (part * latencies.len() as f64).ceil() as usize;
            latencies[rank - 1].as_secs_f64() * 1e3
        };
        let rate = self.count as f64 / elapsed;
        let in_use = rate * shares.iter().sum::<f64>() / 1e6;
        [rate, quantile(0.5), quantile(0.99)]
            .into_iter()
            .chain(shares)
            .chain([in_use])
            .collect()
    }

    /// The name of one of the services.
    pub(super) fn service(&self, number: usize) -> String {
        format!("load-{number}")
    }

    fn worker(&self, stack: &Stack, queue: &str) -> Child {
        let mut command = Command::new(program("load-worker"));
        command
            .args([queue, &self.concurrency.to_string()])
            .env("WARREN_AMQP", stack.amqp())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Child::spawn(&mut command).unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// Clients that know all workers. They are the broker's administrator, as the page's user may
    /// call one service alone.
    async fn connect(&self, stack: &Stack, services: &[String]) -> Vec<Client> {
        let client = |number: usize| {
            Client::connect(Config {
                login: "guest".into(),
                passcode: "guest".into(),
                queue: services[number % services.len()].clone(),
                ..stack.config()
            })
        };
        let clients: Vec<Client> = (0..self.connections).map(client).collect();
        for client in &clients {
            let mut seen = client.workers();
            let all = seen.wait_for(|seen| {
                let count = seen.as_ref().map_or(0, Vec::len);
                count == self.workers * self.shards
            });
            let known = timeout(PATIENCE, all).await;
            known.expect("the workers start").expect("the client lives");
        }
        clients
    }

    /// Makes so many calls; gives how long each took.
    async fn call(&self, clients: &[Client], count: usize) -> Vec<Duration> {
        let left = Cell::new(count);
        let left = &left;
        let caller = |number: usize| async move {
            let client = &clients[number % clients.len()];
            let mut latencies = Vec::new();
            while left.get() > 0 {
                left.set(left.get() - 1);
                let request = RawRequest {
                    procedure: self.procedure.to_owned(),
                    idempotent: true,
                    body: RawValue::from_string(self.body.clone()).expect("it is JSON"),
                };
                let begin = Instant::now();
                let outcome = client.call_raw(request, CallOptions::default()).await;
                latencies.push(begin.elapsed());
                let reply = outcome.unwrap_or_else(|error| panic!("a call failed: {error}"));
                assert_eq!(reply.value.get(), self.body, "the answer is what was asked");
            }
            latencies
        };
        join_all((0..self.in_flight.min(count)).map(caller))
            .await
            .concat()
    }
}
