//! Where RabbitMQ is installed, and how it is run there.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The environment variable that names the `rabbitmq-server` to use instead of searching.
pub const SERVER_VARIABLE: &str = "WARREN_RABBITMQ_SERVER";

/// The environment variable that names the root folder of another Linux system, such as
/// debootstrap makes, whose RabbitMQ is to be used; [`SERVER_VARIABLE`] is passed over then.
///
/// Only root can run it. Neither that folder nor a node's data may lie below `/usr` or `/etc`.
pub const ROOT_VARIABLE: &str = "WARREN_RABBITMQ_ROOT";

const PROGRAM: &str = "rabbitmq-server";

/// Erlang's own program, which every installation of Erlang brings on PATH.
const EPMD: &str = "epmd";

/// Debian's `/usr/sbin/rabbitmq-server` switches to the user `rabbitmq`, or refuses to run; this
/// is the script behind it, so it comes before anything on PATH.
const BEHIND_DEBIANS: &str = "/usr/lib/rabbitmq/bin";

/// Homebrew's folders, which are often not on PATH.
const AFTER_PATH: [&str; 2] = ["/opt/homebrew/sbin", "/usr/local/sbin"];

/// In another system's root folder: the folder of a folder that is named by RabbitMQ's version.
const LIBRARY: &str = "usr/lib/rabbitmq/lib";

/// Runs the program `$2…` with the `/usr` and `/etc` of the system in `$1` in place of the
/// machine's, which is all that it takes: data, `/proc`, `/dev` and the network are the machine's.
/// The two mounts are those of this process and its children alone, and go with them. `exec` keeps
/// the process id, so that signals reach the Erlang VM.
const IN_ROOT: &str = r#"
    mount --bind "$1/etc" /etc
    mount --bind "$1/usr" /usr
    shift
    exec "$@"
"#;

/// A RabbitMQ that can be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    program: PathBuf,
    root: Option<PathBuf>,
}

impl Server {
    /// Finds the RabbitMQ that the environment names, or the one that is installed.
    ///
    /// # Errors
    /// [`ServerNotFound`] with the places that were looked at: if [`ROOT_VARIABLE`] or
    /// [`SERVER_VARIABLE`] is set, the one that it names alone.
    pub fn find() -> Result<Self, ServerNotFound> {
        if let Some(root) = env::var_os(ROOT_VARIABLE) {
            return Self::in_root(Path::new(&root));
        }
        match env::var_os(SERVER_VARIABLE) {
            Some(program) => Self::first_of(vec![PathBuf::from(program)]),
            None => Self::first_of(usual_places()),
        }
    }

    /// The RabbitMQ of the system whose root folder is `root`.
    ///
    /// # Errors
    /// [`ServerNotFound`] if there is none.
    pub fn in_root(root: &Path) -> Result<Self, ServerNotFound> {
        let program = Path::new(BEHIND_DEBIANS).join(PROGRAM);
        let outside = root.join(program.strip_prefix("/").unwrap_or(&program));
        match std::path::absolute(root) {
            Ok(root) if outside.is_file() => Ok(Self {
                program,
                root: Some(root),
            }),
            _ => Err(ServerNotFound {
                looked_at: vec![outside],
            }),
        }
    }

    fn first_of(candidates: Vec<PathBuf>) -> Result<Self, ServerNotFound> {
        match candidates.iter().find(|program| program.is_file()) {
            Some(program) => Ok(Self {
                program: program.clone(),
                root: None,
            }),
            None => Err(ServerNotFound {
                looked_at: candidates,
            }),
        }
    }

    /// The program that starts a node, as it is called where it runs.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Its version, such as `4.3.6`; `None` if it does not tell.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        match &self.root {
            Some(root) => version_in(root),
            None => {
                let tool = self.program.with_file_name("rabbitmqctl");
                let output = Command::new(tool).arg("version").output().ok()?;
                let version = String::from_utf8(output.stdout).ok()?;
                output.status.success().then(|| version.trim().to_owned())
            }
        }
    }

    /// What starts a node.
    pub(crate) fn command(&self) -> Command {
        self.run(&self.program)
    }

    /// What tells the nodes of a cluster each other's ports; it comes with the server's Erlang.
    pub(crate) fn epmd(&self) -> Command {
        self.run(Path::new(EPMD))
    }

    fn run(&self, program: &Path) -> Command {
        let Some(root) = &self.root else {
            return Command::new(program);
        };
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--propagation", "private", "--"])
            .args(["/bin/sh", "-e", "-c", IN_ROOT, PROGRAM])
            .arg(root)
            .arg(program);
        command
    }
}

/// RabbitMQ's version in another system, read without running anything of it.
fn version_in(root: &Path) -> Option<String> {
    let entries = fs::read_dir(root.join(LIBRARY)).ok()?;
    entries.flatten().find_map(|entry| {
        let name = entry.file_name();
        let version = name.to_str()?.strip_prefix("rabbitmq_server-")?;
        Some(version.to_owned())
    })
}

fn usual_places() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    [BEHIND_DEBIANS]
        .iter()
        .map(PathBuf::from)
        .chain(env::split_paths(&path))
        .chain(AFTER_PATH.iter().map(PathBuf::from))
        .map(|folder| folder.join(PROGRAM))
        .collect()
}

/// There is no RabbitMQ in any of the places where it usually is, or in the one that was named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no RabbitMQ found; looked at {}", list(looked_at))]
pub struct ServerNotFound {
    /// The files that would have been it.
    pub looked_at: Vec<PathBuf>,
}

fn list(paths: &[impl AsRef<Path>]) -> String {
    paths
        .iter()
        .map(|path| path.as_ref().display().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn another_systems_rabbitmq_is_found_with_its_version() {
        let root = tempfile::tempdir().expect("a folder");
        let program = root.path().join("usr/lib/rabbitmq/bin/rabbitmq-server");
        let missing = ServerNotFound {
            looked_at: vec![program.clone()],
        };
        assert_eq!(Server::in_root(root.path()), Err(missing));

        for folder in ["bin", "lib/rabbitmq_server-4.3.6"] {
            let folder = root.path().join("usr/lib/rabbitmq").join(folder);
            fs::create_dir_all(folder).expect("a folder");
        }
        fs::write(program, "").expect("a file");
        let server = Server::in_root(root.path()).expect("there is one");
        assert_eq!(server.version().as_deref(), Some("4.3.6"));
        let command = server.command();
        let arguments: Vec<_> = command.get_args().collect();
        assert!(
            arguments.ends_with(&[
                root.path().as_os_str(),
                OsStr::new("/usr/lib/rabbitmq/bin/rabbitmq-server"),
            ]),
            "{command:?}"
        );
    }
}
