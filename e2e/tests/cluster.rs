//! A cluster of three nodes, each of which is lost at some time, while calls are made.

use std::time::Instant;

use warren_client::Client;
use warren_contract::DEFAULT_SERVICE;
use warren_e2e::{Browser, HeldUp, PATIENCE, Stack, Traffic, fibonacci, until};
use warren_rabbitmq::{Cluster, Node};

#[tokio::test(flavor = "multi_thread")]
async fn every_idempotent_call_succeeds_while_nodes_are_killed_and_restarted() {
    let mut scene = Scene::set().await;
    let begin = Instant::now();

    let index = scene.client_node();
    scene.lose("the client's", index).await;
    let index = scene.cluster.leader_of(DEFAULT_SERVICE);
    scene
        .lose("the queue's leader's", index.expect("it is whole"))
        .await;
    let index = scene.worker_node("hare").await;
    scene.lose("a worker's", index).await;
    for index in 0..scene.cluster.nodes().len() {
        scene.restart(index).await;
    }

    let all = scene.traffic.flows(begin).await;
    let calls = scene.traffic.stop().await;
    let counters = *scene.client.counters().borrow();
    eprintln!(
        "{calls} calls over {} connections: {}",
        counters.connects,
        said(all)
    );
    scene.client.close().await;
    scene.browser.close().await;
}

/// A cluster, workers, a native client that calls all the time, and the page.
struct Scene {
    cluster: Cluster,
    stack: Stack,
    client: Client,
    traffic: Traffic,
    browser: Browser,
    /// What the page calls next.
    n: u64,
    _workers: Vec<warren_e2e::Worker>,
    _page: xtask::WebServer,
}

impl Scene {
    async fn set() -> Self {
        let cluster = Cluster::temporary(3).expect("a cluster");
        let stack = Stack::of_cluster(&cluster);
        let workers = ["hare", "rabbit", "lynx"].map(|name| stack.worker(name, &[]));
        let page = stack.page();
        let browser = Browser::open(&page.url()).await;
        // All workers may be at the node that is lost.
        browser.click("wait").await;
        let client = stack.client();
        let traffic = Traffic::of(&client);
        traffic.flows(Instant::now()).await;
        Self {
            cluster,
            stack,
            client,
            traffic,
            browser,
            n: 10,
            _workers: workers.into(),
            _page: page,
        }
    }

    /// The node at which the native client is.
    fn client_node(&self) -> usize {
        let state = self.client.connection();
        let state = state.borrow();
        let url = state.url().expect("it is not closed");
        let mut nodes = self.cluster.nodes().iter();
        let found = nodes.position(|node| node.ws_url() == url);
        found.expect("it is one of the nodes")
    }

    /// The node at which this worker is.
    async fn worker_node(&self, name: &str) -> usize {
        let mut found = None;
        until("the worker is listed", PATIENCE, async || {
            let node = self.stack.node_of_worker(name);
            let is_it = |other: &Node| Some(other.name()) == node.as_deref();
            found = self.cluster.nodes().iter().position(is_it);
            found.is_some()
        })
        .await;
        found.expect("it was waited for")
    }

    /// Kills a node, waits until all call again without it, and starts it again.
    async fn lose(&mut self, whose: &str, index: usize) {
        let begin = Instant::now();
        let node = &mut self.cluster.nodes_mut()[index];
        node.kill().expect("it can be killed");
        self.call_from_the_page().await;
        self.traffic.flows(begin).await;
        self.bring_back(index);
        let held_up = self.traffic.flows(begin).await;
        eprintln!("{whose} node killed, and back: {}", said(held_up));
    }

    /// Stops a node in order, and starts it again.
    async fn restart(&mut self, index: usize) {
        let begin = Instant::now();
        let node = &mut self.cluster.nodes_mut()[index];
        node.stop().expect("it can be stopped");
        self.bring_back(index);
        let held_up = self.traffic.flows(begin).await;
        eprintln!("node {} restarted: {}", index + 1, said(held_up));
        self.call_from_the_page().await;
    }

    fn bring_back(&mut self, index: usize) {
        let node = &mut self.cluster.nodes_mut()[index];
        node.start_again().expect("it starts again");
        self.cluster.wait_until_whole().expect("nothing is missing");
    }

    async fn call_from_the_page(&mut self) {
        self.n += 1;
        let result = self.browser.call(&self.n.to_string()).await;
        assert_eq!(result, fibonacci(self.n).to_string());
    }
}

fn said(HeldUp { stall, call }: HeldUp) -> String {
    format!("no reply for {stall:.1?} at most, no call longer than {call:.1?}")
}
