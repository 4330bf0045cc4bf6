//! The program through which the nodes of a cluster find each other's ports.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{io, thread};

use crate::child::Child;
use crate::error::StartError;
use crate::ports::Ports;
use crate::server::Server;

/// It takes milliseconds.
const START_LIMIT: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(10);

/// An epmd of one cluster, on a port of its own of 127.0.0.1; it is killed on drop.
///
/// See <https://www.erlang.org/doc/apps/erts/epmd_cmd>.
#[derive(Debug)]
pub(crate) struct Epmd {
    process: Child,
    ports: Ports,
}

impl Epmd {
    /// Starts it. Should this process die, `folder` is deleted.
    pub(crate) fn start(server: &Server, folder: Option<&Path>) -> Result<Self, StartError> {
        let ports = Ports::free()?;
        let port = ports.epmd;
        let mut command = server.epmd();
        command
            .args(["-address", "127.0.0.1", "-port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process = Child::spawn_with_folder(&mut command, folder).map_err(cannot_run)?;
        let mut epmd = Self { process, ports };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let begin = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = epmd.ended().map_err(cannot_run)?;
            if ended.is_some() || begin.elapsed() > START_LIMIT {
                return Err(StartError::PortsTaken { ports: vec![port] });
            }
            thread::sleep(POLL);
        }
        Ok(epmd)
    }

    pub(crate) fn port(&self) -> u16 {
        self.ports.epmd
    }

    /// How it ended by itself; `None` while it runs.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.process.try_wait()
    }
}

fn cannot_run(source: io::Error) -> StartError {
    StartError::Run {
        program: PathBuf::from("epmd"),
        source,
    }
}
