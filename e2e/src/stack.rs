//! A virtual host, and what runs on it.

mod connections;
mod shards;

use std::{
    env,
    path::PathBuf,
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::{Map, Value, json};
use warren_client::{Client, Config, Urls};
use warren_contract::{BOUNCE_EXCHANGE, DEFAULT_SERVICE, MessageType, Topology};
use warren_rabbitmq::{Cluster, Node};
use xtask::{
    Checkout, WebServer,
    page::{self, PageConfig},
    stack::{Worker, WorkerConfig},
};

use crate::management::Management;

/// The queue of a [`ControlTap`].
const CONTROL_TAP: &str = "control-tap";

/// The kinds of what users may do, in the order of `rabbitmqctl set_permissions`.
const PERMISSIONS: [&str; 3] = ["configure", "write", "read"];

/// Where one test's broker is, and which part of it is this test's own.
#[derive(Clone, Debug)]
pub struct Stack {
    /// As `warren-worker` takes it: of a cluster, with commas between the nodes' addresses.
    amqp: String,
    /// At least one.
    ws: Vec<String>,
    management: Management,
    vhost: String,
}

impl Stack {
    /// A virtual host of one's own, with Warren's topology, on the node that all tests of this
    /// process share.
    #[must_use]
    pub fn shared() -> Self {
        match warren_rabbitmq::shared() {
            Ok(node) => Self::on(node),
            Err(error) => panic!("no broker: {error}"),
        }
    }

    /// A virtual host of one's own, with Warren's topology, on this node.
    #[must_use]
    pub fn on(node: &Node) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let vhost = format!("test-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        node.add_vhost(&vhost).expect("a virtual host");
        Self::of(node, &vhost)
    }

    /// Like [`Stack::shared`], but with nothing of Warren's, so that a tutorial's server can
    /// declare its own queue, and nobody needs more than that.
    #[must_use]
    pub fn for_tutorials() -> Self {
        let stack = Self::shared();
        stack.delete_queue(DEFAULT_SERVICE);
        let control = Topology::new(DEFAULT_SERVICE).control_exchange();
        for exchange in [DEFAULT_SERVICE, &control, BOUNCE_EXCHANGE] {
            stack.delete_exchange(exchange);
        }
        stack
    }

    /// The virtual host `vhost` of `node`.
    #[must_use]
    pub fn of(node: &Node, vhost: &str) -> Self {
        Self {
            amqp: node.amqp_url_of(vhost),
            ws: vec![node.ws_url()],
            management: Management::of(node),
            vhost: vhost.to_owned(),
        }
    }

    /// The virtual host `/` of a cluster, at all of its nodes.
    #[must_use]
    pub fn of_cluster(cluster: &Cluster) -> Self {
        let nodes = cluster.nodes();
        let amqp: Vec<_> = nodes.iter().map(Node::amqp_url).collect();
        Self {
            amqp: amqp.join(","),
            ws: nodes.iter().map(Node::ws_url).collect(),
            management: Management::of(&nodes[0]),
            vhost: "/".to_owned(),
        }
    }

    /// Deletes a queue.
    pub fn delete_queue(&self, name: &str) {
        let vhost = &self.vhost;
        self.management.delete(&format!("queues/{vhost}/{name}"));
    }

    /// Deletes an exchange.
    pub fn delete_exchange(&self, name: &str) {
        let vhost = &self.vhost;
        self.management.delete(&format!("exchanges/{vhost}/{name}"));
    }

    /// The port of the Web-STOMP listener.
    #[must_use]
    pub fn ws_port(&self) -> u16 {
        let url: http::Uri = self.ws().parse().expect("a URL");
        url.port_u16().expect("it names its port")
    }

    /// Puts a quorum queue in the place of the service's queue.
    pub fn make_queue_quorum(&self) {
        self.delete_queue(DEFAULT_SERVICE);
        self.put_quorum_queue(DEFAULT_SERVICE);
        self.bind_queue();
    }

    /// Declares a quorum queue for the service `name`, whose workers bind it.
    pub fn put_quorum_queue(&self, name: &str) {
        let queue = json!({
            "durable": true,
            "arguments": {
                "x-queue-type": "quorum",
                "x-dead-letter-exchange": BOUNCE_EXCHANGE,
            },
        });
        self.put_queue(name, &queue);
    }

    /// Puts a queue that hands nothing back in the place of the service's queue.
    pub fn make_queue_keep_all(&self) {
        self.delete_queue(DEFAULT_SERVICE);
        self.put_queue(DEFAULT_SERVICE, &json!({ "durable": true }));
        self.bind_queue();
    }

    fn put_queue(&self, name: &str, queue: &Value) {
        let vhost = &self.vhost;
        self.management
            .put(&format!("queues/{vhost}/{name}"), queue);
    }

    /// Binds the service's queue to its exchange.
    fn bind_queue(&self) {
        let vhost = &self.vhost;
        let binding = format!("bindings/{vhost}/e/{DEFAULT_SERVICE}/q/{DEFAULT_SERVICE}");
        self.management.post(&binding, &json!({}));
    }

    /// What a user may configure, write and read in this virtual host.
    #[must_use]
    pub fn permissions(&self, user: &str) -> [String; 3] {
        let permissions = self
            .management
            .get(&format!("permissions/{}/{user}", self.vhost));
        PERMISSIONS.map(|kind| permissions[kind].as_str().expect("a pattern").to_owned())
    }

    /// Lets a user configure, write and read in this virtual host what these patterns match, and
    /// nothing else.
    pub fn set_permissions(&self, user: &str, patterns: &[String; 3]) {
        let permissions: Map<_, _> = PERMISSIONS
            .map(str::to_owned)
            .into_iter()
            .zip(patterns.iter().map(|pattern| json!(pattern)))
            .collect();
        let path = format!("permissions/{}/{user}", self.vhost);
        self.management.put(&path, &permissions.into());
    }

    /// Lowers the length to which this virtual host's policies let the service's queue grow.
    pub fn shorten_queues(&self, max_length: u64) {
        let of_vhost = format!("policies/{}", self.vhost);
        let policies = self.management.get(&of_vhost);
        let policies = policies.as_array().expect("a list of policies");
        let of_service = format!("^{DEFAULT_SERVICE}$");
        let policies: Vec<_> = policies
            .iter()
            .filter(|policy| policy["pattern"] == of_service)
            .collect();
        assert_ne!(policies.len(), 0, "the definitions bound the queue");
        for policy in policies {
            let mut policy = policy.clone();
            let name = policy["name"].as_str().expect("a name").to_owned();
            policy["definition"]["max-length"] = json!(max_length);
            self.management.put(&format!("{of_vhost}/{name}"), &policy);
        }
    }

    /// Lets this virtual host have so much of something, such as `max-queues`.
    pub fn limit(&self, what: &str, most: u32) {
        let path = format!("vhost-limits/{}/{what}", self.vhost);
        self.management.put(&path, &json!({ "value": most }));
    }

    /// Lets a user have so much of something, such as `max-channels`, in all of the broker.
    pub fn limit_user(&self, user: &str, what: &str, most: u32) {
        let path = format!("user-limits/{user}/{what}");
        self.management.put(&path, &json!({ "value": most }));
    }

    /// Listens to what clients say to all workers from now on.
    pub fn tap_control(&self) -> ControlTap<'_> {
        let vhost = escape(&self.vhost);
        let durable = json!({ "durable": true });
        self.management
            .put(&format!("queues/{vhost}/{CONTROL_TAP}"), &durable);
        let control = Topology::new(DEFAULT_SERVICE).control_exchange();
        let binding = format!("bindings/{vhost}/e/{control}/q/{CONTROL_TAP}");
        self.management.post(&binding, &json!({}));
        ControlTap { stack: self }
    }

    /// Where AMQP clients connect, as the broker's administrator.
    #[must_use]
    pub fn amqp(&self) -> &str {
        &self.amqp
    }

    /// Where Web-STOMP clients connect; of a cluster, at its first node.
    #[must_use]
    pub fn ws(&self) -> &str {
        &self.ws[0]
    }

    /// The name of the virtual host.
    #[must_use]
    pub fn vhost(&self) -> &str {
        &self.vhost
    }

    /// Where a client connects, as the page's user.
    #[must_use]
    pub fn config(&self) -> Config {
        Config {
            urls: Urls::new(&self.ws).expect("there is one"),
            vhost: self.vhost.clone(),
            ..Config::default()
        }
    }

    /// A client as the page's user.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::connect(self.config())
    }

    /// A worker that takes requests when this returns. What it logs goes to the test's output.
    pub fn worker(&self, name: &str, arguments: &[&str]) -> Worker {
        let config = self.worker_config(name, arguments);
        match Worker::start(&config, |line| eprintln!("{line}")) {
            Ok(worker) => worker,
            Err(error) => panic!("{error}"),
        }
    }

    /// How a worker of this stack is started.
    #[must_use]
    pub fn worker_config(&self, name: &str, arguments: &[&str]) -> WorkerConfig {
        let mut config = WorkerConfig::new(program("warren-worker"), &self.amqp, name);
        config.arguments = arguments.iter().map(Into::into).collect();
        config
    }

    /// Serves the built page, told by its `config.json` of this stack.
    pub fn page(&self) -> WebServer {
        self.page_with(self.page_config())
    }

    /// The `config.json` that leads the page to this stack.
    #[must_use]
    pub fn page_config(&self) -> PageConfig {
        PageConfig {
            vhost: self.vhost.clone(),
            ..PageConfig::at(self.ws.clone())
        }
    }

    /// Serves the built page with another `config.json`.
    pub fn page_with(&self, config: PageConfig) -> WebServer {
        let dist = Checkout::here().dist();
        assert!(
            dist.join("index.html").exists(),
            "the page is not built: run `cargo xtask test`, or `trunk build --release`"
        );
        page::serve(&dist, config).expect("a free port for the page")
    }

    /// The `warren` command on this stack, run to its end.
    #[must_use]
    pub fn warren(&self, arguments: &[&str]) -> Output {
        let mut command = self.warren_command(arguments);
        command.output().expect("warren runs")
    }

    /// The `warren` command on this stack, not run yet.
    #[must_use]
    pub fn warren_command(&self, arguments: &[&str]) -> Command {
        let mut command = warren_command(&[]);
        for url in &self.ws {
            command.args(["--url", url]);
        }
        command.args(["--vhost", &self.vhost]);
        command.args(arguments);
        command
    }
}

/// A queue that gets what clients say to all workers.
#[derive(Debug)]
pub struct ControlTap<'a> {
    stack: &'a Stack,
}

impl ControlTap<'_> {
    /// Who pinged the workers since the last look: the client id of each ping, in order.
    #[must_use]
    pub fn take_pings(&self) -> Vec<String> {
        let path = format!("queues/{}/{CONTROL_TAP}/get", escape(&self.stack.vhost));
        let all = json!({ "count": 1_000, "ackmode": "ack_requeue_false", "encoding": "auto" });
        let messages = self.stack.management.ask(&path, &all);
        let messages = messages.as_array().expect("a list of messages");
        let pings = messages
            .iter()
            .filter(|message| message["properties"]["type"] == MessageType::Ping.as_str());
        pings
            .map(|ping| ping["routing_key"].as_str().expect("a key").to_owned())
            .collect()
    }
}

/// The `warren` command, run to its end.
#[must_use]
pub fn warren(arguments: &[&str]) -> Output {
    warren_command(arguments).output().expect("warren runs")
}

/// The `warren` command, not run yet.
#[must_use]
pub fn warren_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program("warren"));
    command.args(arguments);
    command
}

/// A program of this workspace, as it lies beside this one, or above it if this is a test.
fn program(name: &str) -> PathBuf {
    let this = env::current_exe().expect("this program has a path");
    let folders = this.ancestors().skip(1).take(2);
    folders
        .map(|folder| folder.join(name))
        .find(|program| program.exists())
        .unwrap_or_else(|| {
            panic!(
                "{name} is not built: run `cargo xtask test`, or `cargo build --workspace --bins`"
            )
        })
}

/// `name` as one part of a path.
fn escape(name: &str) -> String {
    form_urlencoded::byte_serialize(name.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
