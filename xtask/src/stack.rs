//! The worker processes that `up` and the end-to-end tests start.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use warren_contract::DEFAULT_SERVICE;
use warren_rabbitmq::Child;

/// What a worker logs, in the tutorial's words, once it takes requests.
const READY: &str = "Awaiting RPC requests";

/// A worker on an idle machine is ready in a fraction of a second.
const READY_LIMIT: Duration = Duration::from_secs(60);

/// How long a worker may take to finish what it computes.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// How many of a worker's last lines a [`WorkerError`] quotes.
const LAST_LINES: usize = 12;

/// How to start a worker.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// The `warren-worker` program.
    pub program: PathBuf,
    /// The broker.
    pub amqp: String,
    /// The service to serve.
    pub queue: String,
    /// What the worker calls itself in its replies.
    pub name: String,
    /// Further arguments of `warren-worker`.
    pub arguments: Vec<OsString>,
    /// What it logs, in the words of `RUST_LOG`. By default it logs, among others, the line that
    /// says it is ready, which nothing given here may leave out.
    pub log: Option<String>,
}

impl WorkerConfig {
    /// A worker called `name` for the default service of the broker at `amqp`.
    pub fn new(
        program: impl Into<PathBuf>,
        amqp: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        Self {
            program: program.into(),
            amqp: amqp.into(),
            queue: DEFAULT_SERVICE.into(),
            name: name.into(),
            arguments: Vec::new(),
            log: None,
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // Not as an argument: any user of the machine can read those, and there is a password.
        command
            .env("WARREN_AMQP", &self.amqp)
            .env_remove("RUST_LOG")
            .args(["--queue", &self.queue, "--name", &self.name])
            .args(&self.arguments);
        if let Some(log) = &self.log {
            command.env("RUST_LOG", log);
        }
        if !io::stderr().is_terminal() {
            command.env("NO_COLOR", "1");
        }
        command
    }
}

/// A running `warren-worker`; it is killed on drop.
#[derive(Debug)]
#[must_use = "the worker is killed on drop"]
pub struct Worker {
    name: String,
    process: Child,
}

impl Worker {
    /// Starts a worker and returns when it takes requests. Each line that it ever logs is given to
    /// `log`, on a thread of its own.
    ///
    /// # Errors
    /// See [`WorkerError`].
    pub fn start(
        config: &WorkerConfig,
        mut log: impl FnMut(&str) + Send + 'static,
    ) -> Result<Self, WorkerError> {
        let cannot_run = |source| WorkerError::Run {
            program: config.program.clone(),
            source,
        };
        let (output, input) = io::pipe().map_err(cannot_run)?;
        let process = {
            // Our copies of the pipe's end go with the command, so that the pipe ends with the
            // worker.
            let mut command = config.command();
            command
                .stdout(input.try_clone().map_err(cannot_run)?)
                .stderr(input);
            Child::spawn(&mut command).map_err(cannot_run)?
        };
        let mut worker = Self {
            name: config.name.clone(),
            process,
        };
        let (lines, said) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                log(&line);
                // Nobody listens any more once the worker is ready; its log goes on.
                let _ = lines.send(line);
            }
        });
        worker.wait_until_ready(&said)?;
        Ok(worker)
    }

    fn wait_until_ready(&mut self, said: &mpsc::Receiver<String>) -> Result<(), WorkerError> {
        let deadline = Instant::now() + READY_LIMIT;
        let mut last_lines = Vec::new();
        loop {
            match said.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(READY) => return Ok(()),
                Ok(line) => {
                    if last_lines.len() == LAST_LINES {
                        last_lines.remove(0);
                    }
                    last_lines.push(line);
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(WorkerError::NotReady {
                        waited: READY_LIMIT,
                        last_lines,
                    });
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status =
                        self.process
                            .stop(STOP_LIMIT)
                            .map_err(|source| WorkerError::Run {
                                program: PathBuf::from(&self.name),
                                source,
                            })?;
                    return Err(WorkerError::Ended { status, last_lines });
                }
            }
        }
    }

    /// What the worker calls itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The worker's process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// How the worker ended by itself; `None` while it runs.
    ///
    /// # Errors
    /// The operating system could not tell.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.process.try_wait()
    }

    /// Holds the worker as it is, as a machine that stalls would, until [`Worker::resume`].
    ///
    /// # Errors
    /// The operating system refused.
    pub fn pause(&self) -> io::Result<()> {
        self.process.pause()
    }

    /// Lets go a worker that [`Worker::pause`] holds.
    ///
    /// # Errors
    /// The operating system refused.
    pub fn resume(&self) -> io::Result<()> {
        self.process.resume()
    }

    /// Lets the worker finish what it computes, and end.
    ///
    /// # Errors
    /// The operating system refused.
    pub fn stop(mut self) -> io::Result<ExitStatus> {
        self.process.stop(STOP_LIMIT)
    }

    /// Ends the worker at once, as a crash would.
    ///
    /// # Errors
    /// The operating system refused.
    pub fn kill(mut self) -> io::Result<ExitStatus> {
        self.process.kill()
    }
}

/// Why a worker did not start.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The program could not be run or watched.
    #[error("cannot run {}: {source}", Path::display(program))]
    Run {
        /// The worker's program.
        program: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// The worker ended before it took requests.
    #[error("the worker ended at start ({status}):\n{}", last_lines.join("\n"))]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// Its last words.
        last_lines: Vec<String>,
    },

    /// The worker runs, but did not say in time that it takes requests.
    #[error("the worker was not ready after {} s:\n{}", waited.as_secs(), last_lines.join("\n"))]
    NotReady {
        /// How long it was waited for.
        waited: Duration,
        /// Its last words.
        last_lines: Vec<String>,
    },
}
