//! Why a node, or a cluster, did not start.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use crate::definitions::VhostError;
use crate::ports::NoFreePorts;
use crate::server::ServerNotFound;

/// Why a node, or a cluster of them, did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// RabbitMQ is not installed where it could be found.
    #[error(transparent)]
    ServerNotFound(#[from] ServerNotFound),

    /// There were no ports for it.
    #[error(transparent)]
    NoFreePorts(#[from] NoFreePorts),

    /// A file or folder that the node needs could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// What could not be written.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// The server's program could not be run or watched.
    #[error("cannot run {}: {source}", program.display())]
    Run {
        /// The server's program.
        program: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// Somebody else listens on ports that the node was to have.
    #[error("RabbitMQ cannot have port {}: taken", ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", "))]
    PortsTaken {
        /// The ports concerned.
        ports: Vec<u16>,
    },

    /// The node ended before it was ready.
    #[error("RabbitMQ ended at start ({status}); its last words, in {}:\n{log_tail}", log.display())]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// The node's log.
        log: PathBuf,
        /// The last lines of that log.
        log_tail: String,
    },

    /// The node runs, but did not answer on its AMQP port in time.
    #[error("RabbitMQ was not ready after {} s; its last words, in {}:\n{log_tail}", waited.as_secs(), log.display())]
    NotReady {
        /// How long it was waited for.
        waited: Duration,
        /// The node's log.
        log: PathBuf,
        /// The last lines of that log.
        log_tail: String,
    },

    /// The nodes of a cluster have no secret by which to know each other.
    #[error("no random bits for the cluster's cookie: {0}")]
    Cookie(#[from] getrandom::Error),

    /// The topology cannot be set up; a node by itself reads it as it starts.
    #[error("the topology cannot be set up: {0}")]
    Definitions(#[from] VhostError),

    /// The nodes run, but are not one cluster, or its queues are not on all of them.
    #[error("the cluster was not whole after {} s: {missing}", waited.as_secs())]
    NotWhole {
        /// How long it was waited for.
        waited: Duration,
        /// What is missing, as one of the nodes says.
        missing: String,
    },
}
