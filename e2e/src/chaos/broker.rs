//! The broker that is disturbed, of one node or several, and the ways to it that can be cut.

use warren_rabbitmq::{Cluster, Node, Ports, Proxy};

use crate::{Stack, management::Management};

/// One node, or a cluster of several.
#[derive(Debug)]
pub(super) enum Broker {
    One(Box<Node>),
    Several(Cluster),
}

/// How a node is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    Stopped,
    Killed,
}

impl Broker {
    /// Starts so many nodes.
    pub(super) fn start(nodes: usize) -> Self {
        let started = match nodes {
            1 => Node::temporary().map(|node| Self::One(node.into())),
            _ => Cluster::temporary(nodes).map(Self::Several),
        };
        started.unwrap_or_else(|error| panic!("no broker: {error}"))
    }

    pub(super) fn nodes(&self) -> &[Node] {
        match self {
            Self::One(node) => std::slice::from_ref(node),
            Self::Several(cluster) => cluster.nodes(),
        }
    }

    pub(super) fn stack(&self) -> Stack {
        match self {
            Self::One(node) => Stack::of(node, "/"),
            Self::Several(cluster) => Stack::of_cluster(cluster),
        }
    }

    /// The management API of one of its nodes.
    pub(super) fn management(&self) -> Management {
        Management::of(&self.nodes()[0])
    }

    /// Takes a node away.
    pub(super) fn lose(&mut self, index: usize, how: Loss) {
        let node = self.node_mut(index);
        let lost = match how {
            Loss::Stopped => node.stop(),
            Loss::Killed => node.kill(),
        };
        lost.expect("the node can be stopped and killed");
    }

    /// Starts a lost node again, and returns when nothing is missing.
    pub(super) fn bring_back(&mut self, index: usize) {
        let started = self.node_mut(index).start_again();
        let whole = started.and_then(|()| match self {
            Self::One(_) => Ok(()),
            Self::Several(cluster) => cluster.wait_until_whole(),
        });
        whole.unwrap_or_else(|error| panic!("the node does not come back: {error}"));
    }

    fn node_mut(&mut self, index: usize) -> &mut Node {
        match self {
            Self::One(node) => node,
            Self::Several(cluster) => &mut cluster.nodes_mut()[index],
        }
    }
}

/// Somebody's way to each node of the broker.
#[derive(Debug)]
pub(super) struct Way(Vec<Proxy>);

impl Way {
    /// A way to this port of each node.
    pub(super) fn to(broker: &Broker, port: impl Fn(&Ports) -> u16) -> Self {
        let proxies = broker.nodes().iter().map(|node| {
            let proxy = Proxy::to(port(node.ports()));
            proxy.expect("a free port")
        });
        Self(proxies.collect())
    }

    /// The nodes' URLs in this text with the ways' ports in place of the nodes'.
    pub(super) fn instead_of_targets(&self, urls: &str) -> String {
        let proxies = self.0.iter();
        proxies.fold(urls.to_owned(), |urls, proxy| {
            proxy.instead_of_target(&urls)
        })
    }

    /// Ends every connection that there is, and says how many that were.
    pub(super) fn cut(&self) -> usize {
        self.0.iter().map(Proxy::cut).sum()
    }

    /// Lets every connection that there is fall silent, and says how many that were.
    pub(super) fn freeze(&self) -> usize {
        self.0.iter().map(Proxy::freeze).sum()
    }
}
