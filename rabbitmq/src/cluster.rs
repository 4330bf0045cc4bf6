//! Several nodes that are one broker.

use std::panic;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Instant;
use std::{io, thread};

use tempfile::TempDir;

use crate::definitions;
use crate::epmd::Epmd;
use crate::error::StartError;
use crate::files::Files;
use crate::membership::{Cookie, Membership};
use crate::node::{Node, PORT_ATTEMPTS, START_LIMIT, START_POLL, absolute, temporary_folder};
use crate::ports::Ports;
use crate::server::Server;
use crate::whole;

/// How often a node is started that could not learn which features the others have.
const FEATURE_ATTEMPTS: usize = 5;

/// Why such a node ends, in its log.
const INCOMPATIBLE: &str = "incompatible_feature_flags";

/// A running cluster, each of whose nodes can be stopped, killed and started again; all of them are
/// killed on drop.
///
/// The queues are quorum queues, with a member on each node: those of `definitions.json`, and, from
/// RabbitMQ 4.0 on, all that are declared durable without a type.
#[derive(Debug)]
#[must_use = "the nodes are killed on drop"]
pub struct Cluster {
    // In this order: fields are dropped so. Without its epmd, a node starts another, which would
    // stay behind; and the nodes write into the folder until they are dead.
    nodes: Vec<Node>,
    epmd: Epmd,
    _temporary: Option<TempDir>,
}

impl Cluster {
    /// Starts a cluster of one node for each element of `ports`, with the data in the folder
    /// `data`, which is created if need be, and returns when it is whole. `settings` are as in
    /// [`Node::temporary_with`].
    ///
    /// # Errors
    /// Whatever kept it from starting; see [`StartError`].
    pub fn start(data: &Path, ports: Vec<Ports>, settings: &str) -> Result<Self, StartError> {
        Self::start_in(&absolute(data)?, ports, settings, None)
    }

    /// Starts a cluster of so many nodes on free ports, in a temporary folder that goes when the
    /// cluster goes.
    ///
    /// # Errors
    /// Whatever kept it from starting; see [`StartError`].
    pub fn temporary(nodes: usize) -> Result<Self, StartError> {
        let mut attempts = 1;
        loop {
            let folder = temporary_folder()?;
            let ports = (0..nodes)
                .map(|_| Ports::free())
                .collect::<Result<_, _>>()?;
            match Self::start_in(&absolute(folder.path())?, ports, "", Some(folder)) {
                Err(StartError::PortsTaken { .. }) if attempts < PORT_ATTEMPTS => attempts += 1,
                result => return result,
            }
        }
    }

    fn start_in(
        data: &Path,
        ports: Vec<Ports>,
        settings: &str,
        temporary: Option<TempDir>,
    ) -> Result<Self, StartError> {
        let server = Server::find()?;
        let cookie = Cookie::random()?;
        let epmd = Epmd::start(&server, temporary.as_ref().map(TempDir::path))?;
        let member = |(number, ports)| {
            let files = Files::new(node_folder(data, number), settings, None);
            let membership = Membership::new(number, epmd.port(), cookie.clone());
            Node::member(files, ports, server.clone(), membership)
        };
        let mut cluster = Self {
            nodes: (1..).zip(ports).map(member).collect(),
            epmd,
            _temporary: temporary,
        };
        cluster.start_again()?;
        Ok(cluster)
    }

    /// Starts all nodes that do not run, with the same data and ports, and returns when the cluster
    /// is whole.
    ///
    /// # Errors
    /// Whatever kept a node from starting, or the cluster from being whole; see [`StartError`].
    pub fn start_again(&mut self) -> Result<(), StartError> {
        // Nodes with data wait for each other, and new ones join the first, if that is there.
        let (others, first): (Vec<_>, Vec<_>) = (0..)
            .zip(&mut self.nodes)
            .partition(|(index, node)| *index > 0 && node.is_new());
        for together in [first, others] {
            let nodes = together.into_iter().map(|(_, node)| node);
            at_the_same_time(nodes, |node| start_beside_others(|| node.start_again()))?;
        }
        self.wait_while(whole::not_joined)?;
        if let Some(node) = self.nodes.first() {
            definitions::import_all(&node.management_url())?;
        }
        self.wait_until_whole()
    }

    /// Returns when the cluster is whole: all nodes run and know each other, every quorum queue has
    /// a leader, and a running member on each node; of three nodes or more, any one can be lost
    /// then. Takes milliseconds if it is so.
    ///
    /// # Errors
    /// [`StartError::NotWhole`] if it is not so in time, as when one of the nodes does not run.
    pub fn wait_until_whole(&self) -> Result<(), StartError> {
        self.wait_while(whole::missing)
    }

    fn wait_while(&self, missing: impl Fn(&[Node]) -> Option<String>) -> Result<(), StartError> {
        let begin = Instant::now();
        while let Some(missing) = missing(&self.nodes) {
            if begin.elapsed() > START_LIMIT {
                return Err(StartError::NotWhole {
                    waited: START_LIMIT,
                    missing,
                });
            }
            thread::sleep(START_POLL);
        }
        Ok(())
    }

    /// The nodes, in the order of their numbers, whether they run or not.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The nodes, to stop, kill and start each by itself.
    pub fn nodes_mut(&mut self) -> &mut [Node] {
        &mut self.nodes
    }

    /// The index of the node that leads the quorum queue `queue` of the virtual host `/`, as one of
    /// the nodes says; `None` while there is none, or none of them answers.
    #[must_use]
    pub fn leader_of(&self, queue: &str) -> Option<usize> {
        let path = format!("queues/%2F/{queue}?columns=leader");
        let said = self.nodes.iter().find_map(|node| {
            node.id()?;
            node.management().get(&path).ok()
        })?;
        let leader = said["leader"].as_str()?;
        self.nodes.iter().position(|node| node.name() == leader)
    }

    /// Stops all nodes in order, at the same time; the data stays.
    ///
    /// # Errors
    /// The operating system refused, which leaves a node as it was.
    pub fn stop(&mut self) -> io::Result<()> {
        at_the_same_time(&mut self.nodes, Node::stop)
    }

    /// What ended by itself, and how: a node, by its name, or the program through which they find
    /// each other. `None` while all runs that was not stopped or killed.
    ///
    /// # Errors
    /// The operating system could not tell.
    pub fn ended(&mut self) -> io::Result<Option<(String, ExitStatus)>> {
        for node in &mut self.nodes {
            if let Some(status) = node.ended()? {
                return Ok(Some((node.name().to_owned(), status)));
            }
        }
        let ended = self.epmd.ended()?;
        Ok(ended.map(|status| ("epmd".to_owned(), status)))
    }
}

/// Starts a node while others of its cluster start, with `start`.
///
/// A node asks those that it sees which features they have, and takes it for an incompatibility
/// when one of them has not got so far that it can tell, and ends. What supervises nodes starts
/// such a one again, and so does this.
fn start_beside_others(
    mut start: impl FnMut() -> Result<(), StartError>,
) -> Result<(), StartError> {
    let mut attempts = 1;
    loop {
        match start() {
            Err(StartError::Ended { log_tail, .. })
                if attempts < FEATURE_ATTEMPTS && log_tail.contains(INCOMPATIBLE) =>
            {
                attempts += 1;
            }
            result => return result,
        }
    }
}

/// Does it with each of the nodes, and returns when it is done with all.
fn at_the_same_time<'a, E: Send>(
    nodes: impl IntoIterator<Item = &'a mut Node>,
    work: impl Fn(&mut Node) -> Result<(), E> + Sync,
) -> Result<(), E> {
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = nodes
            .into_iter()
            .map(|node| scope.spawn(move || work(node)))
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|panic| panic::resume_unwind(panic))
        })
    })
}

fn node_folder(data: &Path, number: usize) -> PathBuf {
    data.join(format!("node-{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often a node is started that writes this last each time, up to the fifteenth.
    fn starts_of_a_node_that_writes(log_tail: &str) -> usize {
        let mut starts = 0;
        let result = start_beside_others(|| {
            starts += 1;
            if starts == 15 {
                return Ok(());
            }
            Err(StartError::Ended {
                status: ExitStatus::default(),
                log: PathBuf::new(),
                log_tail: log_tail.to_owned(),
            })
        });
        assert!(result.is_err());
        starts
    }

    #[test]
    fn a_node_that_asked_the_others_too_early_is_started_again_and_no_other() {
        let too_early = "{rabbit,{{incompatible_feature_flags,{badrpc,{'EXIT',…}}},…}}";
        assert_eq!(starts_of_a_node_that_writes(too_early), FEATURE_ATTEMPTS);
        assert_eq!(
            starts_of_a_node_that_writes("{error,{schema_integrity…}}"),
            1
        );
    }
}
