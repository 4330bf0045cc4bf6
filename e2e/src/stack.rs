//! A virtual host, and what runs on it.

use std::{
    env,
    path::PathBuf,
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
};

use warren_client::{Client, Config};
use warren_contract::DEFAULT_SERVICE;
use warren_rabbitmq::Node;
use xtask::{
    Checkout,
    page::{PageConfig, PageServer},
    stack::{Worker, WorkerConfig},
};

/// `guest:guest` in HTTP's basic scheme (RFC 7617).
const GUEST: &str = "Basic Z3Vlc3Q6Z3Vlc3Q=";

/// Where one test's broker is, and which part of it is this test's own.
#[derive(Clone, Debug)]
pub struct Stack {
    amqp: String,
    ws: String,
    management: String,
    vhost: String,
}

impl Stack {
    /// A virtual host of one's own, with Warren's topology, on the node that all tests of this
    /// process share.
    #[must_use]
    pub fn shared() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let node = match warren_rabbitmq::shared() {
            Ok(node) => node,
            Err(error) => panic!("no broker: {error}"),
        };
        let vhost = format!("test-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        node.add_vhost(&vhost).expect("a virtual host");
        Self::of(node, &vhost)
    }

    /// Like [`Stack::shared`], but without a queue, so that a tutorial's server can declare its
    /// own.
    #[must_use]
    pub fn for_tutorials() -> Self {
        let stack = Self::shared();
        stack.delete_queue(DEFAULT_SERVICE);
        stack
    }

    /// The virtual host `vhost` of `node`.
    #[must_use]
    pub fn of(node: &Node, vhost: &str) -> Self {
        Self {
            amqp: node.amqp_url_of(vhost),
            ws: node.ws_url(),
            management: node.management_url(),
            vhost: vhost.to_owned(),
        }
    }

    /// Deletes a queue through the management API.
    pub fn delete_queue(&self, name: &str) {
        let url = format!("{}/api/queues/{}/{name}", self.management, self.vhost);
        let deleted = ureq::delete(url).header("authorization", GUEST).call();
        deleted.expect("the queue is deleted");
    }

    /// Where AMQP clients connect, as the broker's administrator.
    #[must_use]
    pub fn amqp(&self) -> &str {
        &self.amqp
    }

    /// Where a client connects, as the page's user.
    #[must_use]
    pub fn config(&self) -> Config {
        Config {
            url: self.ws.clone(),
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
        let mut config = WorkerConfig::new(program("warren-worker"), &self.amqp, name);
        config.arguments = arguments.iter().map(Into::into).collect();
        match Worker::start(&config, |line| eprintln!("{line}")) {
            Ok(worker) => worker,
            Err(error) => panic!("{error}"),
        }
    }

    /// Serves the built page, told by its `config.json` of this stack.
    pub fn page(&self) -> PageServer {
        self.page_with(self.page_config())
    }

    /// The `config.json` that leads the page to this stack.
    #[must_use]
    pub fn page_config(&self) -> PageConfig {
        PageConfig {
            vhost: self.vhost.clone(),
            ..PageConfig::new(&self.ws)
        }
    }

    /// Serves the built page with another `config.json`.
    pub fn page_with(&self, config: PageConfig) -> PageServer {
        let dist = Checkout::here().dist();
        assert!(
            dist.join("index.html").exists(),
            "the page is not built: run `cargo xtask test`, or `trunk build --release`"
        );
        PageServer::start(&dist, config, 0).expect("a free port for the page")
    }

    /// The `warren` command on this stack, run to its end.
    #[must_use]
    pub fn warren(&self, arguments: &[&str]) -> Output {
        warren(&[&["--url", &self.ws, "--vhost", &self.vhost], arguments].concat())
    }
}

/// The `warren` command, run to its end.
#[must_use]
pub fn warren(arguments: &[&str]) -> Output {
    Command::new(program("warren"))
        .args(arguments)
        .output()
        .expect("warren runs")
}

/// A program of this workspace, as it lies beside the tests.
fn program(name: &str) -> PathBuf {
    let tests = env::current_exe().expect("this test has a path");
    let folder = tests.ancestors().nth(2).expect("it is in target/…/deps");
    let program = folder.join(name);
    assert!(
        program.exists(),
        "{name} is not built: run `cargo xtask test`, or `cargo build --workspace --bins`"
    );
    program
}
