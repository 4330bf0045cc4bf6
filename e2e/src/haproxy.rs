//! HAProxy before a cluster, as `rabbitmq/haproxy.cfg` configures it.

use std::{
    env, fs,
    net::{Ipv4Addr, TcpStream},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use warren_rabbitmq::{Certificates, Child, Cluster, Ports};
use xtask::{Checkout, WebServer, page::PageConfig};

use crate::{PATIENCE, Stack};

/// How often is looked whether it listens.
const POLL: Duration = Duration::from_millis(20);

/// The servers that the configuration names.
const NODES: usize = 3;

/// A HAProxy with the page's server behind it, beside the nodes; both end when this is dropped.
#[derive(Debug)]
#[must_use = "it ends on drop"]
pub struct HaProxy {
    _process: Child,
    ports: Ports,
    _page: WebServer,
    _certificate: TempDir,
}

impl HaProxy {
    /// Starts it before a cluster of three nodes, with the server's certificate, and returns when it
    /// listens.
    pub fn before(cluster: &Cluster, certificates: &Certificates) -> Self {
        let ports = Ports::free().expect("free ports");
        let stack = Stack::of(&cluster.nodes()[0], "/");
        let page = stack.page_with(PageConfig::new(ws_url(&ports)));
        let page_address = page.url().replace("http://", "").replace('/', "");
        let certificate = in_one_file(certificates);

        let program = env::var("WARREN_HAPROXY").unwrap_or_else(|_| "haproxy".to_owned());
        let configuration = Checkout::here().root().join("rabbitmq/haproxy.cfg");
        let mut command = Command::new(&program);
        command
            // In the foreground.
            .arg("-db")
            .arg("-f")
            .arg(configuration)
            .env("WARREN_SAME_USER", "yes")
            .env("WARREN_HTTPS", format!("127.0.0.1:{}", ports.web_stomps))
            .env("WARREN_CERTIFICATE", certificate.path().join("both.pem"))
            .env("WARREN_PAGE", page_address);
        assert_eq!(cluster.nodes().len(), NODES);
        for (number, node) in (1..).zip(cluster.nodes()) {
            let address = format!("127.0.0.1:{}", node.ports().web_stomp);
            command.env(format!("WARREN_NODE_{number}"), address);
        }
        let process = match Child::spawn(&mut command) {
            Ok(process) => process,
            Err(error) => panic!("cannot run {program} ({error}): run `cargo xtask test`"),
        };
        let begin = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, ports.web_stomps)).is_err() {
            assert!(begin.elapsed() < PATIENCE, "HAProxy does not listen");
            thread::sleep(POLL);
        }
        Self {
            _process: process,
            ports,
            _page: page,
            _certificate: certificate,
        }
    }

    /// Where the page is.
    #[must_use]
    pub fn page_url(&self) -> String {
        format!("https://localhost:{}/", self.ports.web_stomps)
    }

    /// Where STOMP clients connect over WebSocket, whichever node that leads to.
    #[must_use]
    pub fn ws_url(&self) -> String {
        ws_url(&self.ports)
    }
}

fn ws_url(ports: &Ports) -> String {
    format!("wss://localhost:{}/ws", ports.web_stomps)
}

/// The server's certificate and its key, as HAProxy reads them: `both.pem`, in a folder of its own.
fn in_one_file(certificates: &Certificates) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let tls = certificates.tls(false);
    let read = |path| fs::read_to_string(path).expect("a PEM file");
    let both = read(tls.certificate_file) + &read(tls.key_file);
    fs::write(folder.path().join("both.pem"), both).expect("a file");
    folder
}
