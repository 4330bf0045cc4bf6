//! The broker of `up`: a node of its own, several of them, or one that runs already.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use warren_rabbitmq::{Cluster, Node, Ports, Server, StartError, allow_origins};

use super::{Options, choose, list};

/// How often other ports are looked for when somebody takes one between choice and use.
const PORT_ATTEMPTS: usize = 5;

#[derive(Debug)]
pub(super) enum Broker {
    Own(Box<Node>),
    Cluster(Cluster),
    /// Its addresses for the workers, and for the page.
    Given {
        amqp: Vec<String>,
        ws: Vec<String>,
    },
}

impl Broker {
    /// Starts one node, or several, with the data in a folder of their own below `data`. Where they
    /// can tell where a page comes from, they take those of `origins` alone.
    pub(super) fn start(data: &Path, options: &Options, origins: &[String]) -> Result<Self> {
        let settings = allow_origins(&Server::find()?, origins).unwrap_or_default();
        let mut attempts = 1;
        loop {
            let started = if options.nodes == 1 {
                Node::start_with(&data.join("rabbitmq"), ports(options)?, &settings)
                    .map(|node| Self::Own(node.into()))
            } else {
                let ports = ports(options).and_then(|first| {
                    let others = (1..options.nodes).map(|_| Ok(Ports::free()?));
                    std::iter::once(Ok(first))
                        .chain(others)
                        .collect::<Result<_>>()
                })?;
                // The queues have members on as many nodes as there were when they were declared.
                let data = data.join(format!("cluster-{}", options.nodes));
                Cluster::start(&data, ports, &settings).map(Self::Cluster)
            };
            match started {
                Err(StartError::PortsTaken { .. }) if attempts < PORT_ATTEMPTS => attempts += 1,
                started => return Ok(started?),
            }
        }
    }

    /// Its addresses as `warren-worker` takes them.
    pub(super) fn amqp_urls(&self) -> String {
        match self {
            Self::Given { amqp, .. } => amqp.join(","),
            own => {
                let urls = own.nodes().iter().map(Node::worker_amqp_url);
                urls.collect::<Vec<_>>().join(",")
            }
        }
    }

    pub(super) fn ws_urls(&self) -> Vec<String> {
        match self {
            Self::Given { ws, .. } => ws.clone(),
            own => own.nodes().iter().map(Node::ws_url).collect(),
        }
    }

    /// The nodes that `up` has started.
    fn nodes(&self) -> &[Node] {
        match self {
            Self::Own(node) => std::slice::from_ref(node),
            Self::Cluster(cluster) => cluster.nodes(),
            Self::Given { .. } => &[],
        }
    }

    pub(super) fn print_addresses(&self, out: &mut impl Write) -> io::Result<()> {
        list(out, "Web-STOMP", &self.ws_urls())?;
        if let Self::Given { .. } = self {
            // The URLs that were given may hold passwords.
            return list(out, "AMQP", &["as given"]);
        }
        let nodes = self.nodes().iter();
        list(
            out,
            "AMQP",
            &nodes.clone().map(Node::amqp_url).collect::<Vec<_>>(),
        )?;
        let management = |node: &Node| format!("{}/  (guest, guest)", node.management_url());
        list(
            out,
            "Management",
            &nodes.clone().map(management).collect::<Vec<_>>(),
        )?;
        let log = |node: &Node| node.log().display().to_string();
        list(out, "Broker log", &nodes.map(log).collect::<Vec<_>>())
    }

    /// An error if it has ended by itself. A node of a cluster that has is started again.
    pub(super) fn check(&mut self) -> Result<()> {
        match self {
            Self::Own(node) => {
                if let Some(status) = node.ended()? {
                    bail!(
                        "the broker ended by itself ({status}); its log is {}",
                        node.log().display()
                    );
                }
            }
            Self::Cluster(cluster) => {
                if let Some((name, status)) = cluster.ended()? {
                    let mut nodes = cluster.nodes_mut().iter_mut();
                    let Some(node) = nodes.find(|node| node.name() == name) else {
                        bail!("{name} ended by itself ({status})");
                    };
                    let log = node.log();
                    eprintln!(
                        "{name} ended by itself ({status}); starting it again; its log is {}",
                        log.display()
                    );
                    node.start_again()?;
                    eprintln!("{name} is back");
                }
            }
            Self::Given { .. } => {}
        }
        Ok(())
    }

    pub(super) fn stop(self) -> Result<()> {
        match self {
            Self::Own(mut node) => {
                eprintln!("stopping the broker (some seconds)");
                node.stop().context("cannot stop the broker")
            }
            Self::Cluster(mut cluster) => {
                eprintln!("stopping the brokers (some seconds)");
                cluster.stop().context("cannot stop the brokers")
            }
            Self::Given { .. } => Ok(()),
        }
    }
}

/// Ports of the first node: those that are wanted, where they are free.
fn ports(options: &Options) -> Result<Ports> {
    let mut ports = Ports::free()?;
    ports.amqp = choose("AMQP", options.broker_port, ports.amqp);
    ports.web_stomp = choose("Web-STOMP", options.ws_port, ports.web_stomp);
    ports.management = choose("management", options.management_port, ports.management);
    Ok(ports)
}
