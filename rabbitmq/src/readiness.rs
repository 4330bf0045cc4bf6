//! When a node is ready: its AMQP listener, the last thing that RabbitMQ starts, answers.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

/// The header that opens a connection (AMQP 0-9-1, section 4.2.2).
const PROTOCOL_HEADER: &[u8; 8] = b"AMQP\x00\x00\x09\x01";

/// How long one try may wait for the answer. A busy machine may need a while; the tries together
/// are bounded by the caller.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How much of the end of a log an error quotes.
const TAIL_BYTES: u64 = 4_000;

/// Whether an AMQP server answers on `port` of 127.0.0.1.
pub(crate) fn answers(port: u16) -> bool {
    exchange_headers(port).is_ok()
}

fn exchange_headers(port: u16) -> io::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_TIMEOUT)?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    stream.write_all(PROTOCOL_HEADER)?;
    stream.read_exact(&mut [0])
}

/// The last lines of the log at `path`, as far as they can be read.
pub(crate) fn log_tail(path: &Path) -> String {
    read_tail(path).unwrap_or_else(|error| format!("(no log: {error})"))
}

fn read_tail(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let tail = String::from_utf8_lossy(&tail);
    // The first line is most likely cut.
    let whole_lines = tail.split_once('\n').map_or("", |(_, rest)| rest);
    Ok(if length > TAIL_BYTES {
        whole_lines.to_owned()
    } else {
        tail.into_owned()
    })
}
