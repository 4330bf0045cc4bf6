//! Programs that end with the test.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    process::{Command, ExitStatus, Stdio},
};

use tokio::{sync::mpsc, task::spawn_blocking};
use warren_rabbitmq::Child;

use crate::stage::{until, within};

/// One of the project's programs. What the developer's shell sets is not for it.
pub(crate) fn program(path: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("WARREN_") || text.starts_with("OTEL_") || text == "RUST_LOG" {
            command.env_remove(&name);
        }
    }
    command
}

/// A running program, whose output is read line by line.
pub(crate) struct Program {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Program {
    /// Starts `warren-worker` with these arguments; the lines are those of its log.
    pub(crate) fn worker(arguments: &[&str]) -> Self {
        Self::worker_with(arguments, &[])
    }

    /// Starts `warren-worker` with these arguments and environment variables.
    pub(crate) fn worker_with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = program(env!("CARGO_BIN_EXE_warren-worker"));
        Self::serve(command.args(arguments).envs(variables.iter().copied()))
    }

    /// Starts a worker; the lines are those of its log.
    pub(crate) fn serve(command: &mut Command) -> Self {
        command.stderr(Stdio::piped());
        let mut child = Child::spawn(command).expect("the worker was built");
        let stderr = child.take_stderr().expect("it is piped");
        Self {
            lines: read_lines(stderr),
            child,
        }
    }

    /// Starts a program; the lines are those of its standard output.
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdout(Stdio::piped());
        let mut child = Child::spawn(command)
            .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        let stdout = child.take_stdout().expect("it is piped");
        Self {
            lines: read_lines(stdout),
            child,
        }
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.child.id().to_string())
            .status()
            .expect("there is a kill program");
        assert!(status.success());
    }

    /// How long the program has computed, on all cores together, in the kernel's ticks of 10 ms.
    #[cfg(target_os = "linux")]
    pub(crate) fn cpu_ticks(&self) -> u64 {
        let path = format!("/proc/{}/stat", self.child.id());
        let stat = std::fs::read_to_string(path).expect("the program runs");
        // The name, in parentheses, may have spaces in it. The fields after it begin with the
        // third; the fourteenth and fifteenth are the ticks in the program and in the kernel.
        let (_, fields) = stat.rsplit_once(')').expect("the name is in parentheses");
        let ticks = fields.split_whitespace().skip(11).take(2);
        ticks
            .map(|ticks| ticks.parse::<u64>().expect("a number"))
            .sum()
    }

    /// How much memory the program has from the system at this moment, in KiB.
    pub(crate) fn memory_kib(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("the program runs");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|rest| rest.split_whitespace().next());
        kib.expect("a running program has some")
            .parse()
            .expect("a number")
    }

    /// Waits for a line with `text` in it.
    pub(crate) async fn says(&mut self, text: &str) -> String {
        within(text, async {
            loop {
                match self.lines.recv().await {
                    Some(line) if line.contains(text) => return line,
                    Some(_) => {}
                    None => panic!("the program ended without a word of {text:?}"),
                }
            }
        })
        .await
    }

    /// Waits for the end; the lines are those not read yet.
    pub(crate) async fn end(mut self) -> (ExitStatus, Vec<String>) {
        let mut status = None;
        until("the program ends", async || {
            status = self.child.try_wait().expect("it is our child");
            status.is_some()
        })
        .await;
        let lines = self.rest().await;
        (status.expect("it has ended"), lines)
    }

    /// Kills the program; the lines are those not read yet.
    pub(crate) async fn kill(mut self) -> Vec<String> {
        self.child.kill().expect("it is our child");
        self.rest().await
    }

    async fn rest(&mut self) -> Vec<String> {
        within("the output ends", async {
            let mut lines = Vec::new();
            while let Some(line) = self.lines.recv().await {
                lines.push(line);
            }
            lines
        })
        .await
    }
}

fn read_lines(output: impl Read + Send + 'static) -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    spawn_blocking(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Output that no test asks for is still read, so that the program does not block.
            let _ = sender.send(line);
        }
    });
    lines
}
