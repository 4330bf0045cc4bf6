//! The processes and the connections that are disturbed.

use std::{
    collections::HashSet,
    fmt,
    thread::{self, JoinHandle},
};

use warren_client::{Config, Urls};
use warren_rabbitmq::{Ports, Server};
use xtask::{WebServer, stack::Worker};

use super::{
    broker::{Broker, Way},
    computed::{Computed, Process, Repeats},
};
use crate::{Stack, management::Management};

/// Which workers there are.
pub(super) const WORKERS: [&str; 3] = ["hare", "rabbit", "lynx"];

/// What a worker is to log: what it has computed, beside what it logs anyway.
const WORKER_LOG: &str = "info,lapin=off,warren_worker=debug";

/// A broker, workers, the page's server, and a proxy before each way to the broker.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) broker: Broker,
    pub(super) management: Management,
    stack: Stack,
    ways: [Way; WORKERS.len()],
    clients_way: Way,
    pages_way: Way,
    page: WebServer,
    workers: [Option<Running>; WORKERS.len()],
    /// Workers that finish what they compute, and may take their time for it.
    stopping: Vec<JoinHandle<()>>,
    computed: Computed,
    killed: HashSet<Process>,
    /// How many workers were started.
    processes: usize,
}

#[derive(Debug)]
struct Running {
    worker: Worker,
    process: Process,
    paused: bool,
}

impl Scene {
    /// Starts everything, with so many nodes of the broker.
    pub(super) fn set(nodes: usize) -> Self {
        let broker = Broker::start(nodes);
        let stack = broker.stack();
        let ws = |ports: &Ports| ports.web_stomp;
        let pages_way = Way::to(&broker, ws);
        let mut config = stack.page_config();
        for url in &mut config.urls {
            *url = pages_way.instead_of_targets(url);
        }
        let page = stack.page_with(config);
        let mut scene = Self {
            management: broker.management(),
            stack,
            ways: WORKERS.map(|_| Way::to(&broker, |ports| ports.amqp)),
            clients_way: Way::to(&broker, ws),
            pages_way,
            page,
            workers: Default::default(),
            stopping: Vec::new(),
            computed: Computed::default(),
            killed: HashSet::new(),
            processes: 0,
            broker,
        };
        for index in 0..WORKERS.len() {
            scene.start_worker(index);
        }
        scene
    }

    /// Where the native client connects.
    pub(super) fn client_config(&self) -> Config {
        let config = self.stack.config();
        let urls = config.urls.iter();
        let urls = urls.map(|url| self.clients_way.instead_of_targets(url));
        Config {
            urls: Urls::new(urls).expect("there is one"),
            ..config
        }
    }

    pub(super) fn page_url(&self) -> String {
        self.page.url()
    }

    /// The workers that are there and not paused, by index.
    pub(super) fn awake(&self) -> Vec<usize> {
        let awake = |index: &usize| {
            self.workers[*index]
                .as_ref()
                .is_some_and(|running| !running.paused)
        };
        (0..WORKERS.len()).filter(awake).collect()
    }

    /// All ways to the broker, and whose they are.
    pub(super) fn ways(&self) -> Vec<(String, &Way)> {
        let workers = WORKERS.iter().map(|name| format!("{name}'s"));
        workers
            .zip(&self.ways)
            .chain([
                ("the native client's".to_owned(), &self.clients_way),
                ("the page's".to_owned(), &self.pages_way),
            ])
            .collect()
    }

    /// Starts the worker, unless it is there.
    pub(super) fn start_worker(&mut self, index: usize) {
        if self.workers[index].is_some() {
            return;
        }
        self.processes += 1;
        let process = self.processes;
        let amqp = self.ways[index].instead_of_targets(self.stack.amqp());
        let mut config = self
            .stack
            .worker_config(WORKERS[index], &["--concurrency", "1"]);
        config.amqp = amqp;
        config.log = Some(WORKER_LOG.to_owned());
        let computed = self.computed.clone();
        let worker = Worker::start(&config, move |line| computed.read(process, line));
        self.workers[index] = Some(Running {
            worker: worker.unwrap_or_else(|error| panic!("{error}")),
            process,
            paused: false,
        });
    }

    pub(super) fn kill_worker(&mut self, index: usize) {
        if let Some(Running {
            worker, process, ..
        }) = self.workers[index].take()
        {
            worker.kill().expect("the worker can be killed");
            self.killed.insert(process);
        }
    }

    /// Tells the worker to stop, and does not wait for its end.
    pub(super) fn stop_worker(&mut self, index: usize) {
        if let Some(Running { worker, .. }) = self.workers[index].take() {
            self.stopping.push(thread::spawn(|| {
                worker.stop().expect("the worker can be stopped");
            }));
        }
    }

    pub(super) fn pause_worker(&mut self, index: usize) {
        if let Some(running) = &mut self.workers[index] {
            running.worker.pause().expect("the worker can be paused");
            running.paused = true;
        }
    }

    /// Lets the worker go on, if it is paused.
    pub(super) fn resume_worker(&mut self, index: usize) {
        if let Some(running) = &mut self.workers[index] {
            running.worker.resume().expect("the worker can go on");
            running.paused = false;
        }
    }

    /// Stops the workers, and says what was computed more than once.
    pub(super) fn stop(mut self) -> Repeats {
        for index in 0..WORKERS.len() {
            self.stop_worker(index);
        }
        for stopping in self.stopping.drain(..) {
            stopping.join().expect("the worker can be stopped");
        }
        self.computed.repeats(&self.killed)
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = Server::find().ok();
        let version = server.and_then(|server| server.version());
        let nodes = match self.broker.nodes().len() {
            1 => String::new(),
            nodes => format!(" on {nodes} nodes"),
        };
        write!(
            f,
            "RabbitMQ {}{nodes}, workers {}, a native client, a page in Chromium",
            version.as_deref().unwrap_or("of an unknown version"),
            WORKERS.join(", ")
        )
    }
}
