//! Where RabbitMQ is installed.

use std::env;
use std::path::{Path, PathBuf};

/// The environment variable that names the `rabbitmq-server` to use instead of searching.
pub const SERVER_VARIABLE: &str = "WARREN_RABBITMQ_SERVER";

const PROGRAM: &str = "rabbitmq-server";

/// Debian's `/usr/sbin/rabbitmq-server` switches to the user `rabbitmq`, or refuses to run; this
/// is the script behind it, so it comes before anything on PATH.
const BEFORE_PATH: [&str; 1] = ["/usr/lib/rabbitmq/bin"];

/// Homebrew's folders, which are often not on PATH.
const AFTER_PATH: [&str; 2] = ["/opt/homebrew/sbin", "/usr/local/sbin"];

/// Finds the program that starts a RabbitMQ node.
///
/// # Errors
/// [`ServerNotFound`] with the places that were looked at: the one in [`SERVER_VARIABLE`] alone if
/// that is set.
pub fn find_server() -> Result<PathBuf, ServerNotFound> {
    let candidates = match env::var_os(SERVER_VARIABLE) {
        Some(program) => vec![PathBuf::from(program)],
        None => usual_places(),
    };
    match candidates.iter().find(|program| program.is_file()) {
        Some(program) => Ok(program.clone()),
        None => Err(ServerNotFound {
            looked_at: candidates,
        }),
    }
}

fn usual_places() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    BEFORE_PATH
        .iter()
        .map(PathBuf::from)
        .chain(env::split_paths(&path))
        .chain(AFTER_PATH.iter().map(PathBuf::from))
        .map(|folder| folder.join(PROGRAM))
        .collect()
}

/// There is no RabbitMQ in any of the places where it usually is.
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
