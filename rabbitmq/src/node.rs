//! One private node. Where to find it is in `addresses`.

mod addresses;

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use std::{env, io, thread};

use tempfile::TempDir;

use crate::child::Child;
use crate::definitions::{self, VhostError};
use crate::error::StartError;
use crate::files::Files;
use crate::membership::Membership;
use crate::ports::Ports;
use crate::readiness::{answers, log_tail};
use crate::server::Server;
use crate::tls::Tls;
use crate::vm;

/// A start takes 4 s on an idle machine with two cores; tests start several at once.
pub(crate) const START_LIMIT: Duration = Duration::from_secs(120);

/// How often a starting node is asked whether it is ready.
pub(crate) const START_POLL: Duration = Duration::from_millis(50);

/// A stop takes 6 s, most of which RabbitMQ 3.10 spends waiting for itself.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// How often other ports are looked for when somebody was faster.
pub(crate) const PORT_ATTEMPTS: usize = 5;

/// A running RabbitMQ node; it is killed on drop.
///
/// `rabbitmqctl` does not find it; its management page does what that could do.
#[derive(Debug)]
#[must_use = "the node is killed on drop"]
pub struct Node {
    // Before the folder: fields are dropped in order, and the node writes there until it is dead.
    process: Option<Child>,
    files: Files,
    ports: Ports,
    server: Server,
    membership: Option<Membership>,
    temporary: Option<TempDir>,
}

/// The node that all tests of this process share; the first call starts it.
///
/// It is killed, and its folder deleted, when the process ends.
///
/// # Errors
/// What [`Node::temporary`] said at the first call.
pub fn shared() -> Result<&'static Node, &'static StartError> {
    static SHARED: LazyLock<Result<Node, StartError>> = LazyLock::new(Node::temporary);
    SHARED.as_ref()
}

impl Node {
    /// Starts a node with the data in the folder `data`, which is created if need be, and returns
    /// when clients can connect.
    ///
    /// # Errors
    /// Whatever kept it from starting; see [`StartError`].
    pub fn start(data: &Path, ports: Ports) -> Result<Self, StartError> {
        Self::start_with(data, ports, "")
    }

    /// Like [`Node::start`], with `settings` as in [`Node::temporary_with`].
    ///
    /// # Errors
    /// Whatever kept it from starting; see [`StartError`].
    pub fn start_with(data: &Path, ports: Ports, settings: &str) -> Result<Self, StartError> {
        Self::start_in(Files::new(absolute(data)?, settings, None), ports, None)
    }

    /// Starts a node on free ports, in a temporary folder that goes when the node goes.
    ///
    /// # Errors
    /// Whatever kept it from starting; see [`StartError`].
    pub fn temporary() -> Result<Self, StartError> {
        Self::temporary_with("")
    }

    /// Like [`Node::temporary`], with `settings` as further lines of `rabbitmq.conf`; they win over
    /// the lines that are there.
    ///
    /// # Errors
    /// Whatever kept it from starting; see [`StartError`].
    pub fn temporary_with(settings: &str) -> Result<Self, StartError> {
        Self::temporary_from(settings, None, None)
    }

    /// Like [`Node::temporary_with`], with a further plugin of those that come with RabbitMQ.
    ///
    /// # Errors
    /// Whatever kept it from starting; see [`StartError`].
    pub fn temporary_with_plugin(plugin: &str, settings: &str) -> Result<Self, StartError> {
        Self::temporary_from(settings, None, Some(plugin))
    }

    /// Like [`Node::temporary`], listening for TLS connections besides: see [`Node::amqps_url`] and
    /// [`Node::wss_url`].
    ///
    /// # Errors
    /// Whatever kept it from starting; see [`StartError`].
    pub fn temporary_with_tls(tls: &Tls) -> Result<Self, StartError> {
        Self::temporary_from("", Some(tls), None)
    }

    fn temporary_from(
        settings: &str,
        tls: Option<&Tls>,
        plugin: Option<&str>,
    ) -> Result<Self, StartError> {
        let mut attempts = 1;
        loop {
            let folder = temporary_folder()?;
            let mut files = Files::new(absolute(folder.path())?, settings, tls.cloned());
            files.plugin = plugin.map(str::to_owned);
            match Self::start_in(files, Ports::free()?, Some(folder)) {
                Err(StartError::PortsTaken { .. }) if attempts < PORT_ATTEMPTS => attempts += 1,
                result => return result,
            }
        }
    }

    fn start_in(
        files: Files,
        ports: Ports,
        temporary: Option<TempDir>,
    ) -> Result<Self, StartError> {
        let mut node = Self {
            process: None,
            files,
            ports,
            server: Server::find()?,
            membership: None,
            temporary,
        };
        node.start_again()?;
        Ok(node)
    }

    /// A node of a cluster, which is not started yet.
    pub(crate) fn member(
        files: Files,
        ports: Ports,
        server: Server,
        membership: Membership,
    ) -> Self {
        Self {
            process: None,
            files,
            ports,
            server,
            membership: Some(membership),
            temporary: None,
        }
    }

    /// Whether it has never run with its data.
    pub(crate) fn is_new(&self) -> bool {
        !self.files.database().join(self.name()).exists()
    }

    /// Starts the node with the same data and ports, after [`Node::stop`] or [`Node::kill`]; does
    /// nothing if it runs.
    ///
    /// A node of a cluster finds the others, and is ready before its queues have caught up: see
    /// [`Cluster::wait_until_whole`](crate::Cluster::wait_until_whole). Most of them must be
    /// running, so that [`Cluster::start_again`](crate::Cluster::start_again) is for more than one.
    ///
    /// # Errors
    /// Whatever kept it from starting; see [`StartError`].
    pub fn start_again(&mut self) -> Result<(), StartError> {
        self.launch()?;
        self.wait_until_ready()
    }

    /// Starts the process, unless it runs.
    fn launch(&mut self) -> Result<(), StartError> {
        if let Some(process) = &mut self.process
            && let Ok(None) = process.try_wait()
        {
            return Ok(());
        }
        self.process = None;
        let taken = self.ports.taken();
        if !taken.is_empty() {
            return Err(StartError::PortsTaken { ports: taken });
        }
        let membership = self.membership.as_ref();
        self.files.write(&self.ports, membership)?;
        let mut command = vm::command(&self.server, &self.files, &self.ports, membership)?;
        let folder = self.temporary.as_ref().map(TempDir::path);
        let process = Child::spawn_with_folder(&mut command, folder)
            .map_err(|source| self.cannot_run(source))?;
        self.process = Some(process);
        Ok(())
    }

    /// Waits until clients can connect to the node that was launched; kills it if they cannot.
    fn wait_until_ready(&mut self) -> Result<(), StartError> {
        let ready = self.become_ready();
        if ready.is_err() {
            self.process = None;
        }
        ready
    }

    fn become_ready(&mut self) -> Result<(), StartError> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.ended().map_err(|source| self.cannot_run(source))? {
                let taken = self.ports.taken();
                return Err(if taken.is_empty() {
                    StartError::Ended {
                        status,
                        log: self.files.log(),
                        log_tail: log_tail(&self.files.log()),
                    }
                } else {
                    StartError::PortsTaken { ports: taken }
                });
            }
            if answers(self.ports.amqp) {
                return Ok(());
            }
            if begin.elapsed() > START_LIMIT {
                return Err(StartError::NotReady {
                    waited: START_LIMIT,
                    log: self.files.log(),
                    log_tail: log_tail(&self.files.log()),
                });
            }
            thread::sleep(START_POLL);
        }
    }

    /// Stops the node in order; the data stays.
    ///
    /// # Errors
    /// The operating system refused, which leaves the node as it was.
    pub fn stop(&mut self) -> io::Result<()> {
        match &mut self.process {
            Some(process) => process.stop(STOP_LIMIT).map(|_| self.process = None),
            None => Ok(()),
        }
    }

    /// Kills the node, as a power cut would; the data stays as it is.
    ///
    /// # Errors
    /// The operating system refused, which leaves the node as it was.
    pub fn kill(&mut self) -> io::Result<()> {
        match &mut self.process {
            Some(process) => process.kill().map(|_| self.process = None),
            None => Ok(()),
        }
    }

    /// Holds the node, as one that hangs: it says nothing more, and its connections stay open, until
    /// [`Node::resume`]. A node that does not run stays so.
    ///
    /// # Errors
    /// The operating system refused.
    pub fn pause(&self) -> io::Result<()> {
        self.process.as_ref().map_or(Ok(()), Child::pause)
    }

    /// Lets go what [`Node::pause`] holds.
    ///
    /// # Errors
    /// The operating system refused.
    pub fn resume(&self) -> io::Result<()> {
        self.process.as_ref().map_or(Ok(()), Child::resume)
    }

    /// How the node ended by itself; `None` while it runs, and after [`Node::stop`] or
    /// [`Node::kill`].
    ///
    /// # Errors
    /// The operating system could not tell.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        match &mut self.process {
            Some(process) => process.try_wait(),
            None => Ok(None),
        }
    }

    /// Adds a virtual host with the topology of `definitions.json` and its users' permissions, so
    /// that tests which share a node do not meet. Takes milliseconds.
    ///
    /// # Errors
    /// The management API refused, or did not answer.
    pub fn add_vhost(&self, name: &str) -> Result<(), VhostError> {
        definitions::import_vhost(&self.management_url(), name, self.membership.is_some())
    }

    /// The process id of the node's Erlang VM; `None` after [`Node::stop`] or [`Node::kill`].
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// The node's ports.
    #[must_use]
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// What RabbitMQ calls the node, such as `warren-1@localhost`.
    #[must_use]
    pub fn name(&self) -> &str {
        vm::name(self.membership.as_ref())
    }

    /// The node's log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.files.log()
    }

    fn cannot_run(&self, source: io::Error) -> StartError {
        StartError::Run {
            program: self.server.program().to_owned(),
            source,
        }
    }
}

/// A folder that goes when the value is dropped.
pub(crate) fn temporary_folder() -> Result<TempDir, StartError> {
    tempfile::Builder::new()
        .prefix("warren-rabbitmq-")
        .tempdir()
        .map_err(|source| StartError::Write {
            path: env::temp_dir(),
            source,
        })
}

/// RabbitMQ needs absolute paths: it changes its working directory.
pub(crate) fn absolute(data: &Path) -> Result<PathBuf, StartError> {
    std::path::absolute(data).map_err(|source| StartError::Write {
        path: data.to_path_buf(),
        source,
    })
}
