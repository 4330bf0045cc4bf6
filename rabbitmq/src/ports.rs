//! Ports for one node, chosen so that nodes started at the same time do not collide.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Below the ports that operating systems hand out for outgoing connections (from 32768 on Linux,
/// from 49152 elsewhere): whoever connects to somewhere meanwhile takes none of ours.
const FIRST: u16 = 20_000;

/// How many blocks of [`BLOCK`] ports there are to choose from.
const BLOCKS: u16 = 1_000;

/// The ports of one block: the reservation, and those of the node.
const BLOCK: u16 = 8;

/// How many blocks are tried before [`NoFreePorts`].
const ATTEMPTS: usize = 200;

/// How long a connection on the loopback address may take to tell whether somebody listens.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(200);

/// The ports of one node, all on 127.0.0.1.
///
/// [`Ports::free`] also listens on one more port for as long as this value lives. Other callers,
/// in this process or another, take that for a sign to leave the whole block alone: the node can
/// be stopped and started again without losing its ports to them.
#[derive(Debug)]
pub struct Ports {
    /// AMQP 0-9-1.
    pub amqp: u16,
    /// Web-STOMP, that is STOMP over WebSocket.
    pub web_stomp: u16,
    /// The management page and HTTP API.
    pub management: u16,
    /// AMQP 0-9-1 over TLS, if the node has certificates.
    pub amqps: u16,
    /// Web-STOMP over TLS, if the node has certificates.
    pub web_stomps: u16,
    pub(crate) distribution: u16,
    /// Where the nodes of a cluster ask for each other's ports. Not a node's: a cluster has a
    /// block of ports for this one alone.
    pub(crate) epmd: u16,
    #[expect(dead_code, reason = "held, never used: listening is what it is for")]
    reservation: TcpListener,
}

impl Ports {
    /// Picks ports that nobody listens on, and reserves them.
    ///
    /// # Errors
    /// [`NoFreePorts`] if none of many random choices was free.
    pub fn free() -> Result<Self, NoFreePorts> {
        (0..ATTEMPTS)
            .find_map(|_| Self::reserve(FIRST + BLOCK * fastrand::u16(..BLOCKS)))
            .ok_or(NoFreePorts {
                attempts: ATTEMPTS,
                first: FIRST,
                last: FIRST + BLOCK * BLOCKS - 1,
            })
    }

    fn reserve(first: u16) -> Option<Self> {
        let reservation = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).ok()?;
        (first + 1..first + BLOCK).all(is_free).then_some(Self {
            amqp: first + 1,
            web_stomp: first + 2,
            management: first + 3,
            distribution: first + 4,
            amqps: first + 5,
            web_stomps: first + 6,
            epmd: first + 7,
            reservation,
        })
    }

    /// Those of the node's ports that somebody listens on.
    pub(crate) fn taken(&self) -> Vec<u16> {
        [
            self.amqp,
            self.web_stomp,
            self.management,
            self.distribution,
            self.amqps,
            self.web_stomps,
        ]
        .into_iter()
        .filter(|&port| !is_free(port))
        .collect()
    }
}

/// Every block of ports that was tried had a port that somebody listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no free ports: tried {attempts} places between {first} and {last}")]
pub struct NoFreePorts {
    /// How many places were tried.
    pub attempts: usize,
    /// The lowest port that was a candidate.
    pub first: u16,
    /// The highest port that was a candidate.
    pub last: u16,
}

/// Whether a server can listen on `port` of 127.0.0.1 at this moment.
#[must_use]
pub fn is_free(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    // Where a server listens on all addresses, macOS still lets another bind this one.
    TcpListener::bind(address).is_ok()
        && TcpStream::connect_timeout(&address, CONNECT_TIMEOUT).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_takes_its_port() {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a free port");
        let port = listener.local_addr().expect("it listens").port();
        assert!(!is_free(port));
        drop(listener);
        assert!(is_free(port));
    }

    #[test]
    fn reserved_ports_are_not_given_out_twice() {
        let first = Ports::free().expect("free ports");
        let block = first.amqp - 1;
        assert!(Ports::reserve(block).is_none());
        drop(first);
        assert!(Ports::reserve(block).is_some());
    }

    #[test]
    fn a_block_with_a_taken_port_is_passed_over() {
        let ports = Ports::free().expect("free ports");
        let block = ports.amqp - 1;
        let stranger = TcpListener::bind((Ipv4Addr::LOCALHOST, ports.management));
        assert_eq!(ports.taken(), [ports.management]);
        drop(ports);
        assert!(Ports::reserve(block).is_none());
        drop(stranger);
    }
}
