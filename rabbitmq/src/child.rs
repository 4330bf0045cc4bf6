//! A child process that cannot outlive this one.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{self, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// How often a wait with a time limit looks whether the process has ended.
const POLL: Duration = Duration::from_millis(10);

/// A process in a process group of its own, which is killed when this is dropped.
///
/// The group keeps a terminal's Ctrl-C away from the process, so that its owner can stop it in
/// order. When the owner itself dies without running destructors (a signal, an abort, a test
/// binary that ends with the node in a static), a watchdog does the killing: a shell that waits
/// for the end of a pipe that only the owner holds.
#[derive(Debug)]
#[must_use = "the process is killed on drop"]
pub struct Child {
    process: process::Child,
    watchdog: process::Child,
}

impl Child {
    /// Starts `command` without standard input.
    ///
    /// # Errors
    /// The program, or the shell for the watchdog, could not be started.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        Self::spawn_with_folder(command, None)
    }

    /// Starts `command`; should this process die, `folder` is deleted after the child's death.
    pub(crate) fn spawn_with_folder(
        command: &mut Command,
        folder: Option<&Path>,
    ) -> io::Result<Self> {
        let mut process = command.stdin(Stdio::null()).process_group(0).spawn()?;
        match start_watchdog(process.id(), folder) {
            Ok(watchdog) => Ok(Self { process, watchdog }),
            Err(error) => {
                kill_group(&mut process)?;
                Err(error)
            }
        }
    }

    /// The process id; it is the id of the process group as well.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What the process writes to its standard output, if the command asked for a pipe.
    pub fn take_stdout(&mut self) -> Option<process::ChildStdout> {
        self.process.stdout.take()
    }

    /// What the process writes to its standard error, if the command asked for a pipe.
    pub fn take_stderr(&mut self) -> Option<process::ChildStderr> {
        self.process.stderr.take()
    }

    /// How the process ended, or `None` while it runs.
    ///
    /// # Errors
    /// The operating system could not tell.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.process.try_wait()
    }

    /// Asks the process to end (SIGTERM), waits for that at most `patience`, then kills its group.
    ///
    /// # Errors
    /// The operating system refused the signal, or could not tell how the process ended.
    pub fn stop(&mut self, patience: Duration) -> io::Result<ExitStatus> {
        if let Some(status) = self.try_wait()? {
            return Ok(status);
        }
        // Not to the group: the Erlang VM takes the loss of its helper processes for a crash.
        kill_process(pid(&self.process)?, Signal::TERM)?;
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if let Some(status) = self.try_wait()? {
                return Ok(status);
            }
            thread::sleep(POLL);
        }
        self.kill()
    }

    /// Holds the process and its group (SIGSTOP), until [`Child::resume`].
    ///
    /// # Errors
    /// The operating system refused the signal.
    pub fn pause(&self) -> io::Result<()> {
        Ok(kill_process_group(pid(&self.process)?, Signal::STOP)?)
    }

    /// Lets go what [`Child::pause`] holds (SIGCONT).
    ///
    /// # Errors
    /// The operating system refused the signal.
    pub fn resume(&self) -> io::Result<()> {
        Ok(kill_process_group(pid(&self.process)?, Signal::CONT)?)
    }

    /// Kills the process and its group (SIGKILL), as a crash would.
    ///
    /// # Errors
    /// The operating system refused the signal, or could not tell how the process ended.
    pub fn kill(&mut self) -> io::Result<ExitStatus> {
        kill_group(&mut self.process)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // The watchdog first: it must not find another group under the same number later.
        // Errors have nowhere to go from here; each of them means that there is nothing to kill.
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
        let _ = kill_group(&mut self.process);
    }
}

/// Kills the whole group, of which the leader may be gone already, and reaps the leader.
fn kill_group(process: &mut process::Child) -> io::Result<ExitStatus> {
    match kill_process_group(pid(process)?, Signal::KILL) {
        // No such group: all of it ended by itself. macOS says "not permitted" of zombies.
        Ok(()) | Err(rustix::io::Errno::SRCH | rustix::io::Errno::PERM) => process.wait(),
        Err(error) => Err(error.into()),
    }
}

fn pid(process: &process::Child) -> io::Result<Pid> {
    i32::try_from(process.id())
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))
}

fn start_watchdog(group: u32, folder: Option<&Path>) -> io::Result<process::Child> {
    // Deleting is tried again, because the dying process may still be writing.
    const SCRIPT: &str = r#"
        trap '' INT TERM HUP
        read -r _
        kill -s KILL -- "-$1"
        [ -n "$2" ] || exit 0
        for _ in 1 2 3 4 5; do rm -rf -- "$2" && exit 0; sleep 1; done
    "#;
    Command::new("/bin/sh")
        .args(["-c", SCRIPT, "warren-watchdog"])
        .arg(group.to_string())
        .arg(folder.unwrap_or(Path::new("")))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}
