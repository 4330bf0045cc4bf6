//! Asking another worker how it is: in its container there is no other program that could.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

/// How long each step of asking may take. The other one is on the same machine.
const LIMIT: Duration = Duration::from_secs(3);

/// Whether the worker that answers at `address` for its `--metrics` takes requests.
pub(crate) fn is_ready(address: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&reachable(address), LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n")?;
    let mut status = *b"HTTP/1.x 000";
    stream.read_exact(&mut status)?;
    Ok(status.ends_with(b" 200"))
}

/// Who listens on all addresses is on the loopback address, too.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    address
}
