//! Where a page must come from to be let in.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use warren_rabbitmq::{Node, Server, allow_origins};

/// How long the broker may take to answer, on a machine busy with other tests.
const TIMEOUT: Duration = Duration::from_secs(60);

const OWN: &str = "http://127.0.0.1:8080";

#[test]
fn a_page_from_elsewhere_is_refused() {
    let server = Server::find().expect("RabbitMQ is installed");
    let Some(settings) = allow_origins(&server, &[OWN]) else {
        let version = server.version().unwrap_or_else(|| "of this version".into());
        eprintln!("skipped: RabbitMQ {version} does not look at where pages come from");
        return;
    };
    let node = Node::temporary_with(&settings).expect("a broker that knows these settings");
    for (origin, expected) in [
        (Some(OWN), "101"),
        (Some("http://127.0.0.1:8081"), "403"),
        (Some("https://elsewhere.example"), "403"),
        (Some("null"), "403"),
        // No browser leaves it out.
        (None, "101"),
    ] {
        assert_eq!(handshake(&node, origin), expected, "{origin:?}");
    }
}

/// The status of the answer to the opening of a WebSocket (RFC 6455, section 4).
fn handshake(node: &Node, origin: Option<&str>) -> String {
    let address = ("127.0.0.1", node.ports().web_stomp);
    let mut stream = TcpStream::connect(address).expect("Web-STOMP listens");
    stream
        .set_read_timeout(Some(TIMEOUT))
        .expect("it is not zero");
    let origin = origin.map(|origin| format!("Origin: {origin}\r\n"));
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: v12.stomp\r\n{}\r\n",
        origin.unwrap_or_default()
    );
    stream.write_all(request.as_bytes()).expect("it is open");
    let mut line = String::new();
    BufReader::new(stream)
        .read_line(&mut line)
        .expect("an answer");
    line.split(' ').nth(1).expect("a status").to_owned()
}
