//! Very many idle clients, and their return after the broker was restarted.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
    time::timeout,
};
use warren_client::{Client, Config, ConnectionState};
use warren_rabbitmq::Node;

use crate::{Bench, Contest, Metric, Section};

const CLIENTS: [usize; 3] = [100, 500, 2_000];

/// How many begin to connect at once: pages are opened one after the other.
const TOGETHER: usize = 50;

/// How long the broker is left alone before its memory counts.
const SETTLING: Duration = Duration::from_secs(5);

/// The longest that all clients may take to be online.
const LIMIT: Duration = Duration::from_secs(120);

pub(super) fn measure(bench: &Bench) -> Section {
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let metrics = [
        Metric::new("broker's memory", "kB per client"),
        Metric::new("all online", "ms after the first began"),
        Metric::new("half back", "ms after the broker was"),
        Metric::new("all back", "ms after the broker was"),
        Metric::new("tries", "per client, while it was away and after"),
        Metric::new("clients back", "of 100"),
    ];
    let mut contest = Contest::new(bench.rounds(), metrics);
    for clients in CLIENTS {
        let runtime = &runtime;
        contest.enter(format!("{clients} clients"), move || {
            crowd(runtime, clients)
        });
    }
    Section::new("connections", "Idle clients")
        .note(&format!(
            "Warren's native clients, each with its WebSocket, its reply queue and its bounce \
             subscription, as a page has them; at most {TOGETHER} begin to connect at once. Then \
             the broker is stopped in order and started again on the same ports. Memory is what \
             the broker's resident set grew by."
        ))
        .contest(&contest.run(), [])
}

/// So many clients, at a broker of their own.
fn crowd(runtime: &Runtime, count: usize) -> Vec<f64> {
    let mut node = Node::temporary().unwrap_or_else(|error| panic!("no broker: {error}"));
    thread::sleep(SETTLING);
    let before = resident(&node);
    let begin = Instant::now();
    let clients = runtime.block_on(connect(&node, count));
    let all_online = begin.elapsed();
    thread::sleep(SETTLING);
    let grown = resident(&node).saturating_sub(before) as f64 / count as f64;

    let tries = Arc::new(AtomicU32::new(0));
    node.stop().expect("it can be stopped");
    let returns: Vec<JoinHandle<Instant>> = clients
        .iter()
        .map(|client| runtime.spawn(come_back(client.clone(), Arc::clone(&tries))))
        .collect();
    node.start_again()
        .unwrap_or_else(|error| panic!("the broker does not come back: {error}"));
    let back = Instant::now();
    let mut waits: Vec<Duration> = runtime.block_on(async {
        let mut waits = Vec::new();
        for one in returns {
            if let Ok(returned) = timeout(LIMIT.saturating_sub(back.elapsed()), one).await {
                let returned = returned.expect("nothing panics");
                waits.push(returned.saturating_duration_since(back));
            }
        }
        waits
    });
    drop(clients);
    waits.sort_unstable();
    let millis = |wait: Duration| wait.as_secs_f64() * 1e3;
    vec![
        grown,
        millis(all_online),
        millis(waits[waits.len() / 2]),
        millis(waits[waits.len() - 1]),
        f64::from(tries.load(Ordering::Relaxed)) / count as f64,
        waits.len() as f64 / count as f64 * 100.0,
    ]
}

async fn connect(node: &Node, count: usize) -> Vec<Client> {
    let mut clients = Vec::with_capacity(count);
    while clients.len() < count {
        let some = TOGETHER.min(count - clients.len());
        let begun: Vec<Client> = (0..some)
            .map(|_| {
                Client::connect(Config {
                    urls: node.ws_url().into(),
                    ..Config::default()
                })
            })
            .collect();
        for client in &begun {
            let mut state = client.connection();
            let online = state.wait_for(ConnectionState::is_online);
            let online = timeout(LIMIT, online).await;
            online
                .expect("the broker answers")
                .expect("the client lives");
        }
        clients.extend(begun);
    }
    clients
}

/// Counts how often a client tries to connect until it is online, and says when it is.
async fn come_back(client: Client, tries: Arc<AtomicU32>) -> Instant {
    let mut state = client.connection();
    let offline = state.wait_for(|state| !state.is_online());
    drop(offline.await.expect("the client lives"));
    loop {
        match *state.borrow_and_update() {
            ConnectionState::Online { .. } => return Instant::now(),
            ConnectionState::Connecting { .. } => {
                tries.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
        state.changed().await.expect("the client lives");
    }
}

/// The broker's resident set, in kB.
fn resident(node: &Node) -> u64 {
    let process = node.id().expect("it runs");
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let size = line.and_then(|line| line.split_whitespace().next());
    size.and_then(|size| size.parse().ok())
        .expect("the size of a resident set")
}
