//! One private node.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use std::{env, io, thread};

use tempfile::TempDir;

use crate::child::Child;
use crate::definitions::{self, VhostError};
use crate::error::StartError;
use crate::files::Files;
use crate::ports::Ports;
use crate::readiness::{answers, log_tail};
use crate::server::Server;
use crate::tls::Tls;

/// A start takes 4 s on an idle machine with two cores; tests start several at once.
const START_LIMIT: Duration = Duration::from_secs(120);

/// How often a starting node is asked whether it is ready.
const START_POLL: Duration = Duration::from_millis(50);

/// A stop takes 6 s, most of which RabbitMQ 3.10 spends waiting for itself.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// How often [`Node::temporary`] looks for other ports when somebody was faster.
const PORT_ATTEMPTS: usize = 5;

/// Without epmd, nodes find each other by port alone, so all of them can have the same name.
const NAME: &str = "warren@localhost";

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
        Self::start_in(Files::new(absolute(data)?, "", None), ports, None)
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
            let folder = tempfile::Builder::new()
                .prefix("warren-rabbitmq-")
                .tempdir()
                .map_err(|source| StartError::Write {
                    path: env::temp_dir(),
                    source,
                })?;
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
            temporary,
        };
        node.start_again()?;
        Ok(node)
    }

    /// Starts the node with the same data and ports, after [`Node::stop`] or [`Node::kill`]; does
    /// nothing if it runs.
    ///
    /// # Errors
    /// Whatever kept it from starting; see [`StartError`].
    pub fn start_again(&mut self) -> Result<(), StartError> {
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
        self.files.write(&self.ports)?;
        let mut command = self.command()?;
        let folder = self.temporary.as_ref().map(TempDir::path);
        let process = Child::spawn_with_folder(&mut command, folder)
            .map_err(|source| self.cannot_run(source))?;
        self.process = Some(process);
        let started = self.wait_until_ready();
        if started.is_err() {
            self.process = None;
        }
        started
    }

    fn wait_until_ready(&mut self) -> Result<(), StartError> {
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
        definitions::import(&self.management_url(), name)
    }

    /// Where AMQP clients connect: as `guest`, to the virtual host `/`.
    #[must_use]
    pub fn amqp_url(&self) -> String {
        self.amqp_url_of("/")
    }

    /// Where AMQP clients connect: as `guest`, to the virtual host `vhost`, whose name must need no
    /// encoding in a URL, except for slashes.
    #[must_use]
    pub fn amqp_url_of(&self, vhost: &str) -> String {
        format!(
            "amqp://guest:guest@127.0.0.1:{}/{}",
            self.ports.amqp,
            vhost.replace('/', "%2f")
        )
    }

    /// Where Warren's workers connect: as `worker`, who may do what they need and no more.
    #[must_use]
    pub fn worker_amqp_url(&self) -> String {
        format!("amqp://worker:worker@127.0.0.1:{}/%2f", self.ports.amqp)
    }

    /// Where STOMP clients connect over WebSocket.
    #[must_use]
    pub fn ws_url(&self) -> String {
        format!("ws://127.0.0.1:{}/ws", self.ports.web_stomp)
    }

    /// Where AMQP clients connect over TLS: as `guest`, to the virtual host `/`. Only a node with
    /// [`Tls`] listens there.
    #[must_use]
    pub fn amqps_url(&self) -> String {
        format!("amqps://guest:guest@localhost:{}/%2f", self.ports.amqps)
    }

    /// Where STOMP clients connect over WebSocket and TLS. Only a node with [`Tls`] listens there.
    #[must_use]
    pub fn wss_url(&self) -> String {
        format!("wss://localhost:{}/ws", self.ports.web_stomps)
    }

    /// Where the management page and HTTP API are, without a slash at the end.
    #[must_use]
    pub fn management_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.management)
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

    /// The node's log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.files.log()
    }

    fn command(&self) -> Result<Command, StartError> {
        let path = self.files.log();
        let log = OpenOptions::new().create(true).append(true).open(&path);
        let (log, errors) = log
            .and_then(|log| Ok((log.try_clone()?, log)))
            .map_err(|source| StartError::Write { path, source })?;
        let distribution = self.ports.distribution;
        let mut command = self.server.command();
        // What the environment says about another node of this machine is not about ours.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("RABBITMQ_") || text.starts_with("ERL_") {
                command.env_remove(&name);
            }
        }
        command
            // A node that is killed may leave a dump where it was started.
            .current_dir(self.files.data())
            .env("HOME", self.files.data())
            .env("ERL_INETRC", self.files.resolver())
            .env("ERL_CRASH_DUMP_BYTES", "0")
            .env("RABBITMQ_NODENAME", NAME)
            .env("RABBITMQ_CONF_ENV_FILE", self.files.environment())
            .env("RABBITMQ_CONFIG_FILE", self.files.configuration().join("none"))
            .env("RABBITMQ_CONFIG_FILES", self.files.configuration())
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", self.files.enabled_plugins())
            .env("RABBITMQ_MNESIA_BASE", self.files.database())
            .env("RABBITMQ_LOG_BASE", self.files.data())
            .env("RABBITMQ_LOGS", "-")
            .env("RABBITMQ_DIST_PORT", distribution.to_string())
            // Makes the start script replace itself with the Erlang VM, which then is our child
            // and gets our signals.
            .env("RUNNING_UNDER_SYSTEMD", "true")
            // A VM that is told its name and port at once asks no epmd, and starts none, which
            // would stay behind; and it listens for other nodes on the loopback address only.
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                format!(
                    "-sname {NAME} -start_epmd false -erl_epmd_port {distribution} \
                     -kernel inet_dist_listen_min {distribution} inet_dist_listen_max {distribution} \
                     -kernel inet_dist_use_interface {{127,0,0,1}}"
                ),
            )
            .stdout(log)
            .stderr(errors);
        Ok(command)
    }

    fn cannot_run(&self, source: io::Error) -> StartError {
        StartError::Run {
            program: self.server.program().to_owned(),
            source,
        }
    }
}

/// RabbitMQ needs absolute paths: it changes its working directory.
fn absolute(data: &Path) -> Result<PathBuf, StartError> {
    std::path::absolute(data).map_err(|source| StartError::Write {
        path: data.to_path_buf(),
        source,
    })
}
